"""The command line as a whole: help, exit status, and standard output of every kind."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from shell import (
    FILES,
    LINE,
    POINTS,
    QUICK,
    check_refused,
    command,
    environment,
    percentages,
    run_process,
)

import autograd_mini
import nn


@pytest.mark.parametrize("arguments", [[], ["fly"], ["Train"], ["--fly"]])
def test_a_command_is_needed(here, run, arguments):
    check_refused(run(*arguments))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--help"], ["train", "predict", "draw", "steps", "worksheet"]),
        (
            ["train", "--help"],
            ["--data", "--hidden", "--activation", "--epochs", "--rate", "--batch", "--seed"],
        ),
        (["predict", "--help"], ["model.json", "--data"]),
        (["draw", "--help"], ["NAME=NUMBER", "--out"]),
        (["steps", "--help"], ["NAME=NUMBER"]),
        (["worksheet", "--help"], ["--level", "--seed", "--count", "--out"]),
    ],
)
def test_help_names_all_there_is(run, arguments, told):
    done = run(*arguments)
    assert (done.status, done.err) == (0, "")
    for part in told:
        assert part in done.out


def test_bad_input_is_exit_status_2_of_the_process(here):
    check_refused(run_process("train", "--data", "missing.csv"), "missing.csv")


def test_the_installed_script_is_the_module(here):
    script = Path(sys.executable).with_name("autograd-mini")
    if not script.exists():
        pytest.skip("the script is not installed beside this Python")
    done = subprocess.run(
        [script, "steps", *LINE], capture_output=True, text=True, env=environment(), timeout=120
    )
    assert done.returncode == 0
    assert done.stdout == run_process("steps", *LINE).out


@pytest.fixture
def pipe_without_reader():
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("arguments", [["steps", *LINE], ["--help"], ["train", "--help"]])
def test_a_reader_who_has_gone_is_not_an_error(here, pipe_without_reader, arguments):
    done = run_process(*arguments, stdout=pipe_without_reader)
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_who_has_gone_costs_no_training(here, pipe_without_reader, unbuffered):
    done = run_process(
        *QUICK, "--out", "out", stdout=pipe_without_reader, PYTHONUNBUFFERED=unbuffered
    )
    assert (done.status, done.err) == (0, "")
    assert (here / "out" / "model.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_one_line(here):
    with open("/dev/full", "wb") as full:
        check_refused(run_process("steps", *LINE, stdout=full), "No space left")


@pytest.mark.skipif(os.name != "posix", reason="descriptors are closed by a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_give_no_traceback(here, closed):
    done = subprocess.run(
        ["sh", "-c", f'"$0" "$@" {closed}', *command(*QUICK, "--out", "out")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        timeout=120,
    )
    assert done.stderr == b""
    assert done.returncode == 0
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES


def test_a_terminal_that_lacks_a_letter_costs_no_training(here):
    (here / "greek.csv").write_text(POINTS.replace("here", "ἐνθάδε"), encoding="utf-8")
    done = run_process(
        *("train", "--data", "greek.csv", "--hidden", "2", "--epochs", "1", "--out", "out"),
        PYTHONIOENCODING="ascii",
    )
    assert (done.status, done.err) == (0, "")
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES
    assert percentages(done.out)


@pytest.mark.parametrize(
    ("error", "told"),
    [(ImportError("No module named 'graphviz'"), "'graphviz'"), (MemoryError(), "MemoryError")],
)
def test_a_missing_package_and_a_want_of_memory_are_one_line(run, monkeypatch, error, told):
    def fails(*arguments, **options):
        raise error

    monkeypatch.setattr("autograd_mini.cli.draw.render", fails)
    check_refused(run("draw", *LINE), told)


# -- what is loaded -----------------------------------------------------------------------------


def test_help_loads_nothing_that_no_command_needs(here):
    code = """
import sys
from autograd_mini.cli import main
try:
    main(["--help"])
except SystemExit:
    unwanted = {"graphviz", "latex2mathml", "matplotlib", "nn", "numpy"}
    sys.exit(", ".join(unwanted & {name.partition(".")[0] for name in sys.modules}) or None)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The two packages as in a checkout: not installed, and nothing else is."""
    folder = tmp_path_factory.mktemp("checkout")
    for package in (autograd_mini, nn):
        source = Path(package.__file__).parent
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, folder / source.name, ignore=ignored)
    return folder


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--version"], r"autograd-mini \(not installed\)\n"),
        (["--help"], r"usage: autograd-mini .*"),
        (["steps", *LINE], r"forward pass\n.*"),
        (["worksheet", "--out", "sheet.tex"], r"wrote sheet\.tex\n"),
        (["train", "--epochs", "1"], r"iris: .*there is no graph\.svg: .*wrote model\.json to .*"),
    ],
)
def test_a_checkout_that_is_not_installed_runs_all_that_needs_no_package(checkout, arguments, told):
    done = run_process(*arguments, options=["-S"], cwd=checkout, PYTHONPATH="")
    assert (done.status, done.err) == (0, "")
    assert re.fullmatch(told, done.out, re.DOTALL)


def test_without_graphviz_the_package_a_picture_is_one_line(checkout):
    done = run_process("draw", *LINE, options=["-S"], cwd=checkout, PYTHONPATH="")
    check_refused(done, "graphviz")


def test_the_version_is_unknown_where_nothing_is_installed(checkout):
    code = "import autograd_mini; print(autograd_mini.__version__)"
    told = subprocess.check_output([sys.executable, "-S", "-c", code], cwd=checkout, text=True)
    assert told == "unknown\n"


def test_the_version_is_that_of_the_distribution(run):
    assert run("--version").out == f"autograd-mini {version('autograd-mini')}\n"
