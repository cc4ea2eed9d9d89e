"""The progress bar: in a terminal and in a notebook alone, ended however training ends."""

import io
import os
import select
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from autograd_mini import Value
from nn import Module, fit
from nn.losses import half_squared_error
from nn.optimizers import SGD

pytest.importorskip("tqdm")


class Line(Module):
    def __init__(self):
        self.w = Value(0.0)

    def __call__(self, x):
        return self.w * x


def train(epochs=3, **options):
    model = Line()
    optimizer = SGD([model.w], lr=0.5)
    given = {"optimizer": optimizer, "epochs": epochs, "progress": True} | options
    return fit(model, half_squared_error, [(1.0, 1.0)], **given)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def open_terminal(monkeypatch):
    """In the test itself, since pytest gives each phase a stderr of its own."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    return sys.stderr


def test_a_terminal_sees_how_many_epochs_are_done_with_loss_and_metrics(monkeypatch):
    terminal = open_terminal(monkeypatch)
    train(metrics={"accuracy": lambda output, _: 0.5, "size": lambda output, _: 12.3456})
    first, *_, last = terminal.getvalue().strip("\r\n").split("\r")
    assert "0/3" in first
    assert "3/3" in last
    assert "loss=0.0312, accuracy=0.5, size=12.3" in last
    assert terminal.getvalue().endswith("\n")
    assert terminal.getvalue().count("\n") == 1


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
    assert "1/3" in terminal.getvalue().split("\r")[-1]
    assert terminal.getvalue().endswith("\n")


def test_without_a_terminal_there_is_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    train()
    assert sys.stderr.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    train()


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
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
    assert "2/2" in told.decode()
    assert told.endswith(b"\r\n")


@pytest.mark.parametrize("widgets", [True, False], ids=["widgets", "text"])
def test_a_notebook_sees_a_bar_without_a_warning(widgets):
    """Without ipywidgets it is the bar of a terminal."""
    if widgets:
        pytest.importorskip("ipywidgets")
    code = (
        "import sys, warnings\n"
        "warnings.simplefilter('error')\n"
        f"if not {widgets}:\n"
        "    sys.modules['ipywidgets'] = None\n"
        "from nn import Linear, fit, losses, optimizers\n"
        "model = Linear(1, 1)\n"
        "sgd = optimizers.SGD(model.parameters(), lr=0.1)\n"
        "data, loss = [([1.0], [2.0])], losses.half_squared_error\n"
        "history = fit(model, loss, data, optimizer=sgd, epochs=3, progress=True)\n"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    if widgets:
        [output] = outputs
        assert "application/vnd.jupyter.widget-view+json" in output.data
    else:
        assert {output.name for output in outputs} == {"stderr"}
        assert "3/3 [" in "".join(output.text for output in outputs)


def test_without_tqdm_the_error_names_the_extra_before_training(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "tqdm"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    epochs = []
    with pytest.raises(ImportError, match=r'needs tqdm: pip install "autograd-mini\[plot\]"'):
        train(callbacks=[epochs.append])
    assert epochs == []
    assert len(train(progress=False).epochs) == 3
