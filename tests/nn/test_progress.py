"""The progress bar: on a terminal alone, one line, ended however training ends."""

import io
import os
import re
import select
import sys

import pytest

from autograd_mini import Value
from nn import Module, fit
from nn.losses import half_squared_error
from nn.optimizers import SGD
from nn.progress import ProgressBar
from nn.training import Epoch


class Line(Module):
    def __init__(self):
        self.w = Value(0.0)

    def __call__(self, x):
        return self.w * x


def train(epochs=3, **options):
    model = Line()
    return fit(
        model,
        half_squared_error,
        [(1.0, 1.0)],
        optimizer=SGD([model.w], lr=0.5),
        epochs=epochs,
        progress=True,
        **options,
    )


class Terminal(io.StringIO):
    def isatty(self):
        return True


def open_terminal(monkeypatch):
    """In the test itself, since pytest gives each phase a stderr of its own."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("COLUMNS", "100")
    return sys.stderr


def test_each_epoch_redraws_the_line_and_the_end_ends_it(monkeypatch):
    terminal = open_terminal(monkeypatch)
    train(metrics={"accuracy": lambda output, _: 0.5, "size": lambda output, _: 12.3456})
    first, *lines = terminal.getvalue().split("\r")
    assert first == ""
    assert [re.match(r"epoch (\d)/3 \[(#+) *\] loss 0\.\d{4}", line)[1] for line in lines] == [
        "1",
        "2",
        "3",
    ]
    assert [line.count("#") for line in lines] == [8, 16, 24]
    assert all("accuracy  50.0%  size 12.35" in line for line in lines)
    assert {len(line.rstrip("\n")) for line in lines} == {99}
    assert terminal.getvalue().endswith("\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_end_before_its_time_ends_the_line(monkeypatch, error):
    terminal = open_terminal(monkeypatch)

    def stop(epoch):
        if epoch.number == 2:
            raise error

    try:
        assert train(callbacks=[stop]).interrupted
    except RuntimeError:
        assert error is RuntimeError
    assert terminal.getvalue().count("\r") == 1
    assert terminal.getvalue().endswith("\n")


def test_without_a_terminal_there_is_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    train()
    assert sys.stderr.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    train()


def test_the_time_left_is_that_of_the_epochs_so_far(monkeypatch):
    terminal = open_terminal(monkeypatch)
    now = iter([100.0, 110.0])
    monkeypatch.setattr("nn.progress.time.monotonic", lambda: next(now))
    bar = ProgressBar(5)
    bar.show(Epoch(1, 0.5, {}, {}))
    assert " 40 s left" in terminal.getvalue()  # 10 seconds an epoch


def test_in_a_terminal_of_the_system(monkeypatch):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        train(epochs=2)
        stderr.flush()
        told = b""
        while not told.endswith(b"\n") and select.select([ours], [], [], 5)[0]:
            told += os.read(ours, 10_000)  # as much as has come through by now
    os.close(ours)
    shown = told.decode()
    assert shown.count("\r") == 3, "once an epoch, and the terminal's own at the end of the line"
    assert "epoch 2/2" in shown
    assert shown.endswith("\r\n")
