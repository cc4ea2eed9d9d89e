"""Hypothesis profiles: "ci" draws the same examples on every run, "dev" is quick and explores.

HYPOTHESIS_PROFILE=night explores for a night; "few" is "ci" with few examples, where they do not
matter: under coverage.
"""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],  # says how slow a machine is, not what is wrong
)
settings.register_profile("few", settings.get_profile("ci"), max_examples=5)
settings.register_profile(
    "dev", deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "night",
    deadline=None,
    max_examples=20_000,
    stateful_step_count=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


def pytest_ignore_collect(collection_path, config):
    """`pytest -m smoke` reads no file without such a test: to read them all would take longer."""
    if config.option.markexpr == "smoke" and collection_path.suffix == ".py":
        return "mark.smoke" not in collection_path.read_text(encoding="utf-8") or None
    return None


LONG = {"test_notebooks.py", "test_museum.py", "test_against_eager.py", "test_fuzz_backends.py"}


def pytest_collection_modifyitems(items):
    """What takes long comes first: of several processes, none then works alone in the end."""
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_collection_finish():
    """What was imported is not garbage: without it every collection of it is ten times as quick."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter):
    """The table of random programs, summed over the tests that drew them, on whatever process."""
    parts = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "random programs" and report.when == "call"
    ]
    if parts:
        import random_programs  # and with it the library, which no other test needs for its start

        terminalreporter.section("random programs")
        terminalreporter.write_line(random_programs.table(random_programs.merged(parts)))


@pytest.fixture
def one_dot(monkeypatch):
    """One and the same dot everywhere, since each draws in its own way; graphviz is left alone."""
    from graphviz.backend import dot_command as backend
    from pictures import PURE

    monkeypatch.setattr(backend, "DOT_BINARY", backend.DOT_BINARY)
    if PURE is not None:
        monkeypatch.setenv("AUTOGRAD_MINI_DOT", PURE)
