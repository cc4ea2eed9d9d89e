"""autograd-mini steps: the forward and the backward pass of an expression, as tables."""

from __future__ import annotations

from pathlib import Path

from ..graph import node_names, topological_order
from ..signs import total_text
from ..stepper import step_through
from ..stepper.frames import gradients_after
from ..steps import Step, backprop_steps
from ..text import format_number
from ..value import Value
from .output import say, say_table
from .parser import ExpressionParser


def run(arguments: list[str]) -> None:
    """Print the tables, and write a page if one is asked for."""
    parser = ExpressionParser("steps", "Print the forward pass and every step of the backward pass")
    parser.add_argument(
        "--order",
        choices=("topological", "depth_first"),
        default="topological",
        help="depth_first is the naive recursion, which is wrong if a node is used twice",
    )
    page = "also write a page to step through"
    parser.add_argument("--html", type=Path, metavar="FILE", help=page)
    options, text, root = parser.parse_expression(arguments)
    if options.html:  # first, because it may fail
        step_through(root, order=options.order, title=text).save(options.html)
    names = node_names(root)
    _say_forward(root, names)
    say("\nbackward pass" + (", depth first" if options.order == "depth_first" else ""))
    _say_backward(root, names, backprop_steps(root, options.order))
    if options.html:
        say(f"\nwrote {options.html}")


def _say_forward(root: Value, names: dict[Value, str]) -> None:
    def formula(node: Value) -> str:
        shown = [names[x] if isinstance(x, Value) else str(x) for x in node.operands]
        return "" if node.is_leaf else node.op.call_text(shown)

    say("forward pass")
    rows = [(names[node], formula(node), str(node.data)) for node in topological_order(root)]
    say_table([("node", "made by", "data"), *rows])


def _say_backward(root: Value, names: dict[Value, str], steps: list[Step]) -> None:
    """The steps, and the gradients at their end; a wrong one is marked."""
    rows = [(str(step.number), step.text, str(step.after)) for step in steps]
    say_table([("step", "chain rule", "sum so far"), *rows])

    found, right = gradients_after(steps), gradients_after(backprop_steps(root))

    def verdict(x: Value) -> str:
        same = format_number(found[x]) == format_number(right[x])  # up to rounding
        return "" if same else f"wrong: {right[x]} is right"

    say("\ngradients")
    leaves = [node for node in topological_order(root) if node.is_leaf]
    say_table([(total_text(names[x]), "=", str(found[x]), verdict(x)) for x in leaves])
