"""The command line in a process of its own, and what its tests share."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import NamedTuple

FILES = ["graph.svg", "model.json", "steps.html", "training.svg"]
POINTS = "width,height,kind\n" + "".join(
    f"{x + dx},{y + dy},{kind}\n"
    for kind, x, y in (("here", 0, 0), ("right", 5, 0), ("above", 0, 5))
    for dx, dy in ((0, 0.5), (0.5, 0), (1, 0.25), (0.25, 1))
)
QUICK = ["train", "--data", "points.csv", "--hidden", "2", "--epochs", "2"]
LINE = ["tanh(w*x + b)", "w=0.5", "x=2", "b=0.1"]


class Done(NamedTuple):
    status: int
    out: str
    err: str


def environment(**changes):
    unwanted = {"PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONUTF8", "COLUMNS", "LINES"}
    return {**{k: v for k, v in os.environ.items() if k not in unwanted}, **changes}


def command(*arguments, options=()):
    return [sys.executable, *options, "-m", "autograd_mini", *map(str, arguments)]


def run_process(*arguments, options=(), stdout=subprocess.PIPE, cwd=None, **changes):
    """The command line in a process of its own, without a terminal."""
    done = subprocess.run(
        command(*arguments, options=options),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=environment(**changes),
        timeout=120,
    )
    return Done(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


def tree(folder):
    """Every file below a folder, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def check_refused(done, *told):
    """One clear line, and exit status 2."""
    assert done.status == 2
    assert re.fullmatch(r"autograd-mini[^\n]*: [^\n]+\n", done.err), done.err
    assert "Traceback" not in done.err
    for part in told:
        assert part in done.err


def texts(svg):
    """What stands in a picture."""
    return [text.strip() for text in ET.fromstring(svg).itertext() if text.strip()]


def percentages(out):
    """{part: how many of how many} from the lines that tell the accuracies."""
    found = {}
    for part, percent, n in re.findall(r"^(\w+) accuracy ([\d.]+)% of (\d+)$", out, re.M):
        right = round(float(percent) / 100 * int(n))
        assert f"{right / int(n):.1%}" == f"{percent}%"
        found[part] = (right, int(n))
    return found


def table(out, title):
    """The rows of a table, as lists of cells."""
    lines = out[out.index(title) :].split("\n\n")[0].splitlines()[1:]
    return [re.split(r"\s{2,}", line.strip()) for line in lines]


def told_gradients(out):
    """{leaf: gradient} from the last table."""
    return {
        re.fullmatch(r"grad\((\S+)\)", what).group(1): float(number)
        for what, _, number in table(out, "gradients")
    }
