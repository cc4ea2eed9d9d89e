"""autograd-mini train: its progress bar, and Ctrl-C."""

import io
import math
import os
import re
import signal
import subprocess
import sys

import pytest
from shell import FILES, QUICK, command, environment, percentages, tree

from nn.classifier import Classifier
from nn.data import read_csv
from nn.losses import cross_entropy


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_a_bar_with_loss_and_accuracy(run, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert run(*QUICK, "--epochs", "3", "--out", "out").status == 0
    first, *_, last = terminal.getvalue().strip("\r").split("\r")
    assert "| 0/3 [" in first
    assert re.search(r"\| 3/3 \[.*, loss=[\d.]+, accuracy=[\d.]+\]\n$", last)
    assert terminal.getvalue().count("\n") == 1


def test_without_tqdm_it_trains_and_says_what_to_install(here, run, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "tqdm"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("autograd_mini.cli.train.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    done = run(*QUICK, "--out", "out")
    assert (done.status, done.err) == (0, "")
    assert re.search(r"no progress bar.*pip install tqdm", done.out)
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES


def stopping_after(n, error):
    """cross_entropy, but its n-th call raises, or gives a loss that is not a number."""
    calls = iter(range(1, 10**9))

    def loss(outputs, label):
        if next(calls) == n:
            if error is not None:
                raise error
            return cross_entropy(outputs, label) * math.nan
        return cross_entropy(outputs, label)

    return loss


def test_ctrl_c_keeps_what_was_learned(here, run, monkeypatch):
    run(*QUICK, "--epochs", "9", "--out", "whole")
    per_epoch = len(read_csv("points.csv").rows)  # trained on, or measured on after the epoch
    monkeypatch.setattr(
        "nn.classifier.cross_entropy", stopping_after(3 * per_epoch + 1, KeyboardInterrupt)
    )
    done = run(*QUICK, "--epochs", "9", "--out", "out")
    assert (done.status, done.err) == (0, "")
    assert "interrupted after epoch 3; what was learned is kept" in done.out
    assert percentages(done.out)
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES
    state = (here / "out" / "model.json").read_text(encoding="utf-8")
    assert Classifier.load(here / "out" / "model.json").to_json() == state
    assert state != (here / "whole" / "model.json").read_text(encoding="utf-8")


def test_ctrl_c_before_the_first_epoch_ends_writes_nothing(here, run, monkeypatch):
    before = tree(here)
    monkeypatch.setattr("nn.classifier.cross_entropy", stopping_after(2, KeyboardInterrupt))
    done = run(*QUICK, "--out", "out")
    assert (done.status, done.err) == (130, "autograd-mini: interrupted\n")
    assert tree(here) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, None], ids=["interrupt", "divergence"])
def test_what_follows_a_bar_stands_on_a_line_of_its_own(run, monkeypatch, error):
    both = Terminal()
    monkeypatch.setattr(sys, "stderr", both)
    monkeypatch.setattr(sys, "stdout", both)
    monkeypatch.setattr("nn.classifier.cross_entropy", stopping_after(25, error))
    run(*QUICK, "--epochs", "9", "--out", "out")
    assert re.search(r"\n(interrupted after|autograd-mini: training diverged)", both.getvalue())


def on_a_terminal(*arguments, interrupt_at=None):
    """(status, all that a terminal shows); with SIGINT as soon as it shows a certain text."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    # The tests may have been started where SIGINT is ignored, as in a shell's background; a child
    # inherits that, and none of the handlers.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=environment()
    )
    signal.signal(signal.SIGINT, handler)
    os.close(theirs)
    shown, sent = b"", interrupt_at is None
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says so that the other end was closed
            break
        if not piece:
            break
        shown += piece
        if not sent and interrupt_at in shown:
            process.send_signal(signal.SIGINT)
            sent = True
    os.close(ours)
    assert sent, shown
    return process.wait(), shown.decode()


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
def test_on_a_real_terminal_there_is_a_bar(here):
    status, shown = on_a_terminal(*QUICK, "--epochs", "3", "--out", "out")
    assert status == 0
    assert re.search(r"\| 3/3 \[.*, loss=[\d.]+, accuracy=[\d.]+\]\r\n", shown)
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
def test_sigint_on_a_real_terminal_keeps_what_was_learned(here):
    status, shown = on_a_terminal(
        *QUICK, "--epochs", "9999", "--out", "out", interrupt_at=b"/s, loss="
    )
    assert status == 0
    assert re.search(r"interrupted after epoch \d+; what was learned is kept", shown)
    assert "Traceback" not in shown
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES
    Classifier.load(here / "out" / "model.json")
