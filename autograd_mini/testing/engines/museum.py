"""Bugs of public repositories, each with its thread, rebuilt as a change to the text of base.py."""

from __future__ import annotations

from typing import NamedTuple

from .faulty import ZOO, Change, Fault


class Exhibit(NamedTuple):
    """A bug that was there.

    Attributes:
        thread: owner/name#number, on GitHub.
        year: when it was reported.
        story: what was wrong there, and how it came out.
        fault: the same in the engine of base.py, with the id that its diagnosis has.
    """

    thread: str
    year: int
    story: str
    fault: Fault

    @property
    def address(self) -> str:
        """Where the thread is. GitHub leads to a pull request from the number of an issue, too."""
        return f"https://github.com/{self.thread.replace('#', '/issues/')}"


_ADD = "parent.grad += partial * node.grad"
_SWEEP = "        for node in order:\n            pass_on(node)\n"


def _walk(*lines: str) -> Change:
    """In place of the sweep: a recursive function from the result on."""
    head = ("def visit(node):", *(f"    {line}" for line in lines), "visit(self)")
    return _SWEEP, "".join(f"        {line}\n" for line in head)


def _exhibit(thread: str, year: int, story: str, id: str, *changes: Change) -> Exhibit:
    return Exhibit(thread, year, story, Fault(id, story, changes))


MUSEUM = (
    _exhibit(
        "callummcdougall/ARENA_2.0#18",
        2023,
        "A course's solution adds a second contribution to the first. A learner replaced that by an "
        "assignment, and every test of the chapter passed. A test was added.",
        "overwrites-gradient",
        (_ADD, "parent.grad = partial * node.grad"),
    ),
    _exhibit(
        "karpathy/micrograd#2",
        2020,
        "micrograd's first version passed gradients on by recursion, along every path, with all that "
        "had arrived so far. The toy problem of its demo had converged all the same.",
        "no-topological-order",
        _walk("pass_on(node)", "for x in node.parents:", "    visit(x)"),
    ),
    _exhibit(
        "sebgao/cTensor#5",
        2021,
        "A node that is used twice passed its gradient on twice, the second time together with the "
        "first: 7 where 6 is right.",
        "no-topological-order",
        _walk(
            "for parent, partial in zip(node.parents, node.partials()):",
            f"    {_ADD}",
            "    visit(parent)",
        ),
    ),
    _exhibit(
        "TrenTorch/TrenTorch#182",
        2026,
        "A node forgot how it was made once it had passed its gradient on, so that only the first "
        "branch counted: 6 where 21 is right, without an error, for every residual connection.",
        "no-topological-order",
        _walk(
            "for parent, partial in zip(node.parents, node.partials()):",
            f"    {_ADD}",
            "    if parent not in seen:",
            "        seen.add(parent)",
            "        visit(parent)",
        ),
        ("        self.grad += 1.0\n", "        self.grad, seen = self.grad + 1.0, {self}\n"),
    ),
    _exhibit(
        "karpathy/micrograd#96",
        2025,
        "A question: why not visit the operands first, and then call the node's own step? Then every "
        "node takes its step before its gradient has come.",
        "order-not-reversed",
        ("    return order[::-1]", "    return order"),
    ),
    _exhibit(
        "KhawajaAbaid/micrograd_c#1",
        2024,
        "The minus of d(a - b)/db was forgotten in a port of micrograd to C.",
        "wrong-sign:-",
        ("lambda a, b, y: (1.0, -1.0)", "lambda a, b, y: (1.0, 1.0)"),
    ),
    _exhibit(
        "tenstorrent/tt-metal#52144",
        2026,
        "c ** x was differentiated as if it were x ** c. Nobody had noticed in two years.",
        "wrong-derivative:**",
        (
            "wrap(other) ** self",
            'made("**", (self,), lambda a: other**a, lambda a, y: (other * a ** (other - 1),))',
        ),
    ),
    _exhibit(
        "apache/tvm#7340",
        2021,
        "Brackets were missing in tanh's rule: g * 1 - t * t, where g is the gradient from above. "
        "With g = 1 that is right. The tests were given another g together with the repair.",
        "wrong-derivative:tanh",
        (_ADD, "d = node.grad - node.data**2 if node.op == 'tanh' else partial * node.grad\n"
               "        parent.grad += d"),
    ),
    _exhibit(
        "OpenMined/PySyft#2148",
        2019,
        "The new rules of tanh and sigmoid did not multiply by the gradient from above. It was seen "
        "in review.",
        "forgets-upstream",
        (_ADD, "d = partial if node.op in ('tanh', 'sigmoid') else partial * node.grad\n"
               "        parent.grad += d"),
    ),
    _exhibit(
        "apache/singa#484",
        2019,
        "The new rule of a / b gave a the gradient over a, and b the gradient times b. It was seen "
        "in review, and a test of the backward pass asked for.",
        "wrong-derivative:/",
        ("(1 / b, -y / b)", "(1 / a, b)"),
    ),
    _exhibit(
        "harvard-edge/cs249r_book#1341",
        2026,
        "A textbook's framework recorded every activation but tanh, so that gradients stopped "
        "there. Tests by finite differences, the first ones, brought it out.",
        "wrong-derivative:tanh",
        ('made("tanh", (self,), math.tanh, lambda a, y: (1 - y * y,))', "Value(math.tanh(self.data))"),
    ),
    _exhibit(
        "karpathy/micrograd#76",
        2024,
        "A proposal: 2 + x as `other + self`, in its natural order. Then Python asks the 2 again, "
        "and so on without an end.",
        "reflected-operator:+",
        ("return self + other", "return other + self"),
    ),
    _exhibit(
        "TangleSpace/hotstepper#4",
        2021,
        "c / x multiplied by -x instead of by x to the power of -1.",
        "reflected-operator:/",
        ("wrap(other) / self", "wrap(other) * (self * -1.0)"),
    ),
    _exhibit(
        "karpathy/micrograd#74",
        2024,
        "tanh as (exp(2x) - 1) / (exp(2x) + 1), as in the lecture: an OverflowError at 1000.",
        "wrong-value:tanh",
        ("math.tanh, ", "lambda a: (math.exp(2 * a) - 1) / (math.exp(2 * a) + 1), "),
    ),
    _exhibit(
        "karpathy/micrograd#90",
        2025,
        "The nodes are sorted by recursion, which ends at Python's limit of 1,000 calls.",
        "recursion",
        next(fault for fault in ZOO if fault.id == "recursion").changes[0],
    ),
    _exhibit(
        "karpathy/micrograd#53",
        2023,
        "backward() twice on one graph gives 3 times the gradient, for a chain of two operations: "
        "the nodes in between keep theirs, and pass them on again.",
        "keeps-gradients",
        ("            if node.parents:\n", "            if False:\n"),
        ("        self.grad += 1.0\n", "        self.grad = 1.0\n"),
    ),
)  # fmt: skip
