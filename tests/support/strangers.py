"""Engines with mistakes, each a change to the text of a right one."""

from autograd_mini.testing.engines.faulty import BASE, changed

ADD = "def __add__(self, other):\n"  # a line after it runs whenever two scalars are added
ACCUMULATES = "parent.grad += partial * node.grad", "parent.grad = partial * node.grad"


def text(*changes):
    """The text of an engine; each change is (what is replaced, what comes in its place)."""
    return changed(BASE, changes)


def adding(line):
    """The text of an engine that runs a line whenever two scalars are added."""
    return text((ADD, f"{ADD}        {line}\n"))


def engine(source, name="Value"):
    """The class that a text defines."""
    module = {"__name__": "__main__"}
    exec(source, module)
    return module[name]
