"""why_nan: where a nan or an infinite number comes from, forward and backward, and what to do."""

from __future__ import annotations

import inspect
import linecache
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .graph import check_is_value, ieee_node, node_names, topological_order
from .nested import flatten, paths, unflatten
from .primitives import BRANCHES
from .rules import Primitive
from .signs import edge_text, total_text
from .steps import Step, backprop_steps
from .text import shortened
from .value import Value

PACKAGE = str(Path(__file__).parent)
LONGEST = 80  # characters of an operation that is shown


class NonfiniteReport:
    """What why_nan() found. It prints as sentences; a notebook shows the stepper, too.

    Attributes:
        root: the node that was looked at, such as a loss.
        node: the first node whose data is nan; if there is none, the first whose data is infinite;
            None if all data is finite. First in topological order.
        gradient_node: the same of gradients, in the order of the backward pass.
        step: the step of backprop that gave gradient_node its first such gradient, or None.
        line: the line of code that made `node`; if it is None, the one that made step.node. "" if
            only a graph was given.
        reason: what happened, and a remedy, in a few sentences.
    """

    def __init__(
        self, root: Value, lines: Mapping[Value, str], errors: Mapping[Value, str]
    ) -> None:
        self.root, self._names = root, node_names(root)
        self._lines, self._errors = lines, errors
        self._order = topological_order(root)
        self._steps = backprop_steps(root)
        self.node = _first(self._order, lambda node: node.data)
        self.step = _first(self._steps, lambda step: step.after)
        self.gradient_node = _receiver(self.step) if self.step else None
        at = self.step.node if self.node is None and self.step else self.node
        self.line = self._lines.get(at, "")
        self.reason = ""
        if self.node is not None:
            self.reason = self._forward(self.node)
        elif self.step is not None:
            self.reason = self._backward(self.step)

    def _forward(self, node: Value) -> str:
        """Why an operation gave nan or an infinite number."""
        name = self._names[node]
        if node.is_leaf:
            return (
                f"{name} is a leaf, and its data is {node.data}. Look at where that number comes "
                "from: an input, or a step of training that was too large."
            )
        numbers = [x.data if isinstance(x, Value) else x for x in node.operands]
        made = f"{name} = {self._call(node)} = {_text(node.op, numbers)} is {node.data}"
        made += f" ({self._lines[node]})" if node in self._lines else ""
        if node in self._errors:
            return f"{made}: {self._errors[node]}."
        if all(map(math.isfinite, numbers)):
            return (
                f"{made}: the result is beyond the largest float, 1.8e308. Make the numbers "
                "smaller; or use a function that does not overflow on the way, such as logsumexp, "
                "log_softmax or softplus."
            )
        source = next(x for x in self._order if not math.isfinite(x.data))
        if source is node:
            return f"{made}: a constant in it is not finite."
        return f"{made}: inf - inf, 0 * inf and inf / inf have no value.\n{self._forward(source)}"

    def _backward(self, step: Step) -> str:
        """Why a step of backprop gave nan or an infinite number; all data is finite."""
        to = _receiver(step)
        told = f"{total_text(self._names[to])} is {step.after}: {shortened(step.text, 200)}"
        told += f" ({self._lines[step.node]})." if step.node in self._lines else "."
        if math.isfinite(step.upstream) and not math.isfinite(step.local):
            local = edge_text(step.node, step.edge or 0, self._names)
            return (
                f"{told} {local} is {step.local} at {self._names[to]} = {to.data}. "
                f"{self._remedy(step)}"
            )
        source = next(s for s in self._steps if not math.isfinite(s.after))
        if source is not step:
            return f"{told} It follows from an earlier step:\n{self._backward(source)}"
        return (
            f"{told} The product is beyond the largest float, 1.8e308. Make the numbers smaller, "
            "for example by another scale of the inputs."
        )

    def _remedy(self, step: Step) -> str:
        """What to do about an infinite local derivative."""
        operand = self._names[_receiver(step)]
        if step.upstream == 0 and self._is_in_unused_branch(step.node):
            return (
                "It is in a branch of where() that was not taken: its gradient is 0, and 0 * inf "
                "is nan. Keep its operand inside the domain as well, as in "
                f"{step.node.op.name}(where(condition, {operand}, 1.0))."
            )
        zero = " Upstream is 0, and 0 * inf is nan." if step.upstream == 0 else ""
        return f"Keep {operand} away from this point, for example by adding 1e-12 to it.{zero}"

    def _is_in_unused_branch(self, node: Value) -> bool:
        """Whether a node's gradient of 0 comes from a branch of where() that was not taken."""
        reached = {node}
        for step in reversed(self._steps):  # a step to a node comes before those from it
            if step.parent in reached:
                if step.node.op in BRANCHES and step.local == 0:
                    return True
                reached.add(step.node)
        return False

    def _call(self, node: Value) -> str:
        return _text(node.op, [self._names.get(x, x) for x in node.operands])

    def stepper(self) -> Any:
        """The stepper of the graph; its page opens at the step in question."""
        from .stepper import step_through

        return step_through(self.root, title="Where it is no longer finite")

    def __repr__(self) -> str:
        return self.reason


def why_nan(f: Value | Callable[..., Any], *inputs: Any) -> NonfiniteReport | None:
    """Find where a nan or an infinite number comes from, forward and backward, and say why.

    Args:
        f: a Value, such as a loss; or a function that gives one. Where an operation of the function
            would raise, it gives nan or inf here; and the report names the lines of code.
        inputs: what to call the function on: numbers, Values, and nested lists of them.

    Returns:
        A report with .node, .gradient_node, .step, .line and .reason; None if all is finite.

    Raises:
        TypeError: `f` is neither a Value nor a function that gives one.

    >>> from autograd_mini import Value, sqrt, where
    >>> x = Value(0.0, "x")
    >>> report = why_nan(where(x > 0, sqrt(x), 0.0))
    >>> report.node, report.gradient_node.label
    (None, 'x')
    >>> print(report.reason.split(". ")[0])
    grad(x) is nan: grad(x) += grad(#1) * d sqrt([x])/d[x] = 0.0 * inf = nan
    """
    lines: dict[Value, str] = {}
    errors: dict[Value, str] = {}
    root = f
    if not isinstance(f, Value):
        if not callable(f):
            check_is_value(f, "why_nan")
        root = f(*_watched(_named(f, inputs), lines, errors))
        check_is_value(root, "why_nan")
    report = NonfiniteReport(root, lines, errors)  # type: ignore[arg-type]
    return None if report.node is None and report.step is None else report


def _named(f: Callable[..., Any], inputs: Sequence[Any]) -> list[tuple[str, Any]]:
    """(the name of f's parameter, input) for each input."""
    names = [f"inputs[{i}]" for i in range(len(inputs))]
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # of some callables that are not written in Python
        return list(zip(names, inputs))
    own = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return list(zip([*own, *names[len(own) :]], inputs))


def _watched(
    inputs: Sequence[tuple[str, Any]], lines: dict[Value, str], errors: dict[Value, str]
) -> list[Any]:
    """The inputs as leaves that keep the line of every operation on them."""

    class Watched(Value):
        __slots__ = ()

        @classmethod
        def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Value:
            try:
                made = super().__apply_primitive__(primitive, operands)
            except (ArithmeticError, ValueError) as error:
                made = ieee_node(primitive, operands)
                errors[made] = str(error)
            made.__class__ = cls
            lines[made] = _callers_line()
            return made

    Watched.__name__ = "Value"  # as it prints

    def leaf(name: str, x: Any) -> Value:
        return Watched(x.data, x.label or name) if isinstance(x, Value) else Watched(x, name)

    return [
        unflatten(tree, [leaf(name, x) for name, x in zip(paths(tree, whole), flatten(tree))])
        for whole, tree in inputs
    ]


def _callers_line() -> str:
    """The innermost line outside this package: 'net.py, line 12: loss = log(p)'."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    code = linecache.getline(name, number).strip()
    return f"{Path(name).name}, line {number}" + (f": {code}" if code else "")


def _receiver(step: Step) -> Value:
    """The node whose gradient a step changes."""
    return step.node if step.parent is None else step.parent


def _first(items: Sequence[Any], number: Callable[[Any], Any]) -> Any:
    """The first of the items whose number is nan; if there is none, the first infinite one."""
    infinite = None
    for item in items:
        x = number(item)
        if x != x:
            return item
        if infinite is None and x - x != 0:  # isfinite overflows on a large Fraction
            infinite = item
    return infinite


def _text(op: Primitive, operands: Sequence[Any]) -> str:
    return shortened(op.call_text([str(x) for x in operands]), LONGEST)
