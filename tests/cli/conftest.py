"""A folder to work in, the command line in this process, and programs and files that fail."""

import pytest
from shell import POINTS, QUICK, Done, run_process

from autograd_mini.cli import main


@pytest.fixture(scope="session", autouse=True)
def _fonts():
    """Matplotlib looks for fonts once, and says so on standard error where that takes long."""
    pytest.importorskip("matplotlib.font_manager")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, but for a small file of examples."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text(POINTS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(here, capsys):
    """The command line in this process."""

    def run_main(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        return Done(status, *capsys.readouterr())

    return run_main


BAD_FILES = {
    "empty.csv": "",
    "header.csv": "p,q,class\n",
    "text.csv": "p,q,class\n1,2,a\n3,four,b\n",
    "gap.csv": "1,2,a\n3,,b\n",
    "infinite.csv": "1,2,a\n3,inf,b\n",
    "short.csv": "1,2,a\n3,4\n",
    "one.csv": "1,2,a\n3,4,a\n",
    "single.csv": "1,2,a\n3,4,a\n5,6,b\n",
    "spaces.csv": "1 2 a\n3 4 b\n",
    "three.csv": "1,2,3,a\n3,4,5,b\n",
    "latin.csv": "1,2,caf\xe9\n3,4,b\n".encode("latin-1"),
    "photo.csv": b"\x89PNG\r\n\x1a\n\0\0\xff",
    "damaged.json": '{"format": "autograd-mini classifier", "version": 1',
    "other.json": '{"format": "another"}',
}


@pytest.fixture
def bad_files(here):
    for name, content in BAD_FILES.items():
        (here / name).write_bytes(content.encode() if isinstance(content, str) else content)
    (here / "folder.csv").mkdir()
    return here


@pytest.fixture(params=["reads", "does not read"])
def failing_dot(request, tmp_path_factory):
    """A program that fails as dot might, before it has read the graph or after."""
    program = tmp_path_factory.mktemp("programs") / "bad-dot"
    reading = "cat > /dev/null\n" if request.param == "reads" else ""
    program.write_text(f"#!/bin/sh\n{reading}echo out of ink >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A run on the small file, in a process of its own: its folder, and what it said."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "points.csv").write_text(POINTS, encoding="utf-8")
    done = run_process(*QUICK, "--seed", "5", "--epochs", "30", "--out", "out", cwd=folder)
    return folder, done
