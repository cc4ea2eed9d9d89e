"""Pictures of the computation graph, drawn by Graphviz.

Every Value is a box with its name, its number and its gradient. In front of it stands the
operation that made it, small and dark, and on the edges into the operation the local derivatives:
all that the chain rule multiplies can be read off the picture.

    x ─ 3 ─> (×) ──> v1        v1 = x * 3, so dv1/dx = 3

Drawing takes the package graphviz, and that takes a program called dot: one that the environment
variable AUTOGRAD_MINI_DOT names, the one that is installed, or the one in graphviz-pure.
"""

from __future__ import annotations

from contextlib import contextmanager
from numbers import Rational
from threading import RLock

from .backprop import node_names, topological_order
from .errors import AutogradError
from .primitives import dot
from .rules import NaryPrimitive
from .value import NO_GRADIENT, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Literal, overload

    import graphviz

# Leaf, intermediate and root differ in outline as well as in colour. What belongs to the backward
# pass, gradients and local derivatives, has a colour of its own. All text has a contrast of at
# least 4.5 to what it stands on.
INK, QUIET, BACKWARD, PAPER = "#1a1a1a", "#595959", "#a63a00", "#ffffff"
VALUES = {
    "leaf": {"style": "filled", "fillcolor": "#dcebf9", "color": "#0b5394"},
    "intermediate": {"style": "rounded,filled", "fillcolor": PAPER, "color": QUIET},
    "root": {"style": "filled", "fillcolor": "#fff2cc", "color": "#7f4f00", "peripheries": "2"},
}
OPERATION = {"fillcolor": "#404040", "color": "#404040", "fontcolor": PAPER}
SIGN = {"shape": "circle", "style": "filled", "fixedsize": "true", "fontsize": "16"}
WORD = {"shape": "box", "style": "rounded,filled", "margin": "0.1,0.02"}
CONSTANT = {"shape": "plaintext", "margin": "0.05,0.02", "fontcolor": QUIET}
# One font name: graphviz-pure takes a list of them for Times.
FONT = {"fontname": "Helvetica", "fontsize": "12"}

_ONE_AT_A_TIME = RLock()

CROWD = 8  # an operation with more edges than this gets more room, and flat boxes for its leaves
SIDES = {"LR": "e", "RL": "w", "TB": "s", "BT": "n"}  # where edges leave a box

_NO_DOT = (
    "to see the graph as a picture: pip install graphviz-pure, or install Graphviz from "
    "https://graphviz.org/download and put its dot on PATH or in AUTOGRAD_MINI_DOT"
)


def draw_dot(
    root: Value,
    format: str = "svg",
    rankdir: Literal["LR", "TB", "RL", "BT"] = "LR",
    *,
    max_nodes: int | None = 300,
    gradients: Mapping[Value, Any] | None = None,
) -> graphviz.Digraph:
    """The graph that made `root`, as a Graphviz picture; a notebook shows it.

    Args:
        root: the node to draw, with all it was made from.
        format: what .render() writes: "svg", "png", ..
        rankdir: the direction in which the graph grows; "LR" is from left to right.
        max_nodes: the largest number of Values drawn; None for no limit.
        gradients: what to show as the nodes' gradients instead of their own .grad.

    Returns:
        A graphviz.Digraph. In the picture node-3 is the id of the fourth node in topological
        order, op-3 that of its operation, edge-3-0 that of the edge from its first operand;
        constant-3-0 is that operand where it is a plain number.

    Raises:
        TypeError: `root` is no Value.
        AutogradError: the graph has more than `max_nodes` nodes.

    >>> x = Value(2.0, "x")
    >>> picture = draw_dot(x * 3)
    >>> "n0 -> op1 [label=3" in picture.source
    True
    >>> picture.render("graph", cleanup=True)  # doctest: +SKIP
    'graph.svg'
    """
    if not isinstance(root, Value):
        remedy = "; draw one of them" if isinstance(root, (list, tuple)) else ""
        raise TypeError(f"a picture is of one Value, got {type(root).__name__}{remedy}")
    if rankdir not in SIDES:
        raise ValueError(f"rankdir is 'LR', 'TB', 'RL' or 'BT', got {rankdir!r}")
    order = topological_order(root)
    if max_nodes is not None and len(order) > max_nodes:
        raise AutogradError(
            f"the graph has {len(order):,} nodes, and a picture of more than {max_nodes:,} is hard "
            f"to read; draw a part with draw_dot(node) of an intermediate node, or a smaller "
            f"model, or all of it with draw_dot(root, max_nodes=None)"
        )
    names = node_names(root)
    index = {node: i for i, node in enumerate(order)}
    crowded = {x for node in order if len(node.parents) > CROWD for x in node.parents}
    picture = _new_picture(format, rankdir, ranksep="0.8" if crowded else "0.35")
    for node in order:
        kind = "root" if node is root else "leaf" if node.is_leaf else "intermediate"
        flat = node in crowded and node.is_leaf
        gradient = _gradient(node) if gradients is None else gradients.get(node)
        _draw_value(picture, index[node], node, gradient, names[node], kind, flat)
        if not node.is_leaf:
            _draw_operation(picture, index, node, names)
    return picture


if TYPE_CHECKING:

    @overload
    def render(root: Value, format: Literal["svg"] = "svg", **options: Any) -> str: ...
    @overload
    def render(root: Value, format: str, **options: Any) -> str | bytes: ...


def render(root: Value, format: str = "svg", **options: Any) -> str | bytes:
    """The picture itself: the text of an SVG, or the bytes of a PNG.

    Args:
        root: the node to draw.
        format: "svg", "png", "dot", or what else the dot at hand can write.
        options: of draw_dot.

    Raises:
        AutogradError: there is no dot, or the graph is too large.
        graphviz.CalledProcessError: the dot at hand cannot write that format.

    >>> x = Value(2.0, "x")
    >>> render(x * x)[:4]
    '<svg'
    """
    drawn: bytes = draw_dot(root, format=format, **options).pipe()
    if format == "svg":
        # without the XML prologue, which is in the way inside a page of HTML
        return drawn[drawn.index(b"<svg") :].decode()
    return drawn.decode() if format == "dot" else drawn


def mimebundle(root: Value) -> dict[str, str]:
    """What a notebook shows: the picture where there can be one, and always the text.

    Front ends drop the picture from a notebook that is not trusted, and show the text. No dot,
    or a graph too large to draw, is said in a line under the text.
    """
    from subprocess import SubprocessError

    text = repr(root)
    try:
        return {"image/svg+xml": render(root), "text/plain": text}
    except (AutogradError, ImportError, OSError, SubprocessError) as error:
        return {"text/plain": f"{text}\n({error})"}


def dot_command() -> str | None:
    """The path of the dot that draws: AUTOGRAD_MINI_DOT, else one on PATH, else graphviz-pure's.

    None if there is none.

    Raises:
        AutogradError: AUTOGRAD_MINI_DOT is set, and names nothing that can be run.
    """
    import os
    from importlib import metadata
    from shutil import which

    wanted = os.environ.get("AUTOGRAD_MINI_DOT")
    if wanted:
        found = which(wanted)
        if found is None:
            raise AutogradError(f"AUTOGRAD_MINI_DOT is {wanted!r}, which is no program")
        return found
    found = which("dot")
    if found is not None:
        return found
    try:
        files = metadata.files("graphviz-pure") or ()
    except metadata.PackageNotFoundError:
        return None
    programs = [str(f.locate()) for f in files if f.stem == "graphviz-pure"]
    return next(filter(None, map(which, programs)), None)


def format_number(x: Any) -> str:
    """A number in about four digits, for a picture or a table.

    >>> [format_number(x) for x in (2.0, 2 / 3, 12345.6, 0.0001234, 1.2e-7, float("inf"))]
    ['2', '0.6667', '12346', '0.0001234', '1.2e-07', 'inf']
    >>> from fractions import Fraction
    >>> format_number(Fraction(1, 3)), format_number(Fraction(10**9, 7))
    ('1/3', '1.429e+08')
    """
    if isinstance(x, Rational):
        above, below = int(x.numerator), int(x.denominator)
        if max(abs(above), below) < 10_000 or (below == 1 and abs(above) < 1_000_000):
            return str(x)
        from decimal import Decimal  # since a float may overflow, and str() refuses 4,300 digits

        number = Decimal(above) / below
        if not 1e-300 < abs(number) < 1e300:
            return f"{number.normalize():.4g}"
        x = float(number)
    return f"{x:.0f}" if 9_999.5 <= abs(x) < 999_999.5 else f"{x:.4g}"


# -- the parts of a picture ---------------------------------------------------------------------


def _new_picture(format: str, rankdir: str, ranksep: str) -> Any:
    """An empty Digraph, which finds its dot whenever it is rendered."""
    import graphviz
    from graphviz.backend import dot_command as backend

    @contextmanager
    def our_dot() -> Iterator[None]:
        """graphviz knows one dot for the whole process: it gets its own back."""
        program = dot_command()
        if program is None:
            raise AutogradError(_NO_DOT)
        with _ONE_AT_A_TIME:
            others, backend.DOT_BINARY = backend.DOT_BINARY, program
            try:
                yield
            except BrokenPipeError:
                raise AutogradError(f"{program} ended before it had read the graph") from None
            finally:
                backend.DOT_BINARY = others

    class Picture(graphviz.Digraph):  # type: ignore[misc]
        # quiet, since graphviz-pure warns of every character outside Latin-1

        def pipe(self, *args: Any, **options: Any) -> Any:
            with our_dot():
                return super().pipe(*args, **{"quiet": True, **options})

        def render(self, *args: Any, **options: Any) -> Any:
            with our_dot():
                return super().render(*args, **{"quiet": True, **options})

        def __repr__(self) -> str:  # the same each time, since notebooks store it
            return "<picture of a graph; .source is its DOT text, .render(name) writes it>"

        def _repr_mimebundle_(self, *args: Any, **options: Any) -> Any:
            try:
                return super()._repr_mimebundle_(*args, **options)
            except AutogradError as error:
                return {"text/plain": f"{self.source}({error})"}

    return Picture(
        format=format,
        graph_attr={"rankdir": rankdir, "ranksep": ranksep, "nodesep": "0.2", "bgcolor": PAPER},
        node_attr={**FONT, "fontcolor": INK, "width": "0", "height": "0"},
        edge_attr={
            **FONT,
            "fontcolor": BACKWARD,
            "color": QUIET,
            "arrowsize": "0.6",
            "tailport": SIDES[rankdir],
        },
    )


def _draw_value(
    picture: Any, i: int, node: Value, gradient: Any, name: str, kind: str, flat: bool
) -> None:
    """A box of name, data and gradient: below each other, or side by side where it is flat."""
    shown = _escaped(_shortened(name, 40)) or " "
    title = f"<B>{shown}</B>" if node.label else f'<FONT COLOR="{QUIET}"><I>{shown}</I></FONT>'
    cells = [f"<TD>{title}</TD>" if flat else f'<TD COLSPAN="2">{title}</TD>']
    for what, number, colour in (
        ("data", format_number(node.data), INK),
        ("grad", "–" if gradient is None else format_number(gradient), BACKWARD),
    ):
        cells.append(
            f'<TD ALIGN="LEFT"><FONT POINT-SIZE="10" COLOR="{QUIET}">{what}</FONT></TD>'
            f'<TD ALIGN="RIGHT"><FONT COLOR="{colour}">{number}</FONT></TD>'
        )
    rows = ("" if flat else "</TR><TR>").join(cells)
    slope = "none yet" if gradient is None else _exact(gradient)
    exact = f"{_exact(node.data)}, gradient {slope}"
    picture.node(
        f"n{i}",
        f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2"><TR>{rows}</TR></TABLE>>',
        id=f"node-{i}",
        shape="box",
        margin="0.06,0.03",
        penwidth="1.5",
        tooltip=_tooltip(f"{name} = {exact}"),
        **VALUES[kind],
    )


def _draw_operation(
    picture: Any, index: dict[Value, int], node: Value, names: dict[Value, str]
) -> None:
    """The operation in front of its value, and its operands' edges into it."""
    i, name = index[node], names[node]
    symbol = _symbol(node, names)
    picture.node(
        f"op{i}",
        _escaped(symbol),
        id=f"op-{i}",
        width="0.35",
        height=f"{min(0.35 + 0.05 * max(0, len(node.parents) - CROWD), 4):.2f}",
        ordering="in",  # the operands as they were written, from top to bottom
        tooltip=_tooltip(f"{name} = {_formula(node, names, 100)}"),
        **OPERATION,
        **(SIGN if len(symbol) == 1 else WORD),
    )
    picture.edge(f"op{i}", f"n{i}", id=f"edge-{i}", weight="10", tooltip=_tooltip(name))
    operands, partials, numbers = node.operands, iter(node.partials), []
    if node.op is dot and operands[-1].__class__ is int and operands[-1] == 0:
        operands = operands[:-1]  # the bias that nobody gave
    for k, operand in enumerate(operands):
        if isinstance(operand, Value):
            partial = next(partials)
            says = _tooltip(f"local derivative d{name}/d{names[operand]} = {_exact(partial)}")
            picture.edge(
                f"n{index[operand]}",
                f"op{i}",
                format_number(partial),
                id=f"edge-{i}-{k}",
                tooltip=says,
                labeltooltip=says,
            )
        elif isinstance(node.op, NaryPrimitive):
            numbers.append(operand)
        else:
            _draw_constant(picture, i, str(k), format_number(operand), _exact(operand))
    if numbers:  # of a list, in one piece
        few = ", ".join(map(format_number, numbers[:4]))
        shown = f"[{few}]" if len(numbers) <= 4 else f"[{few}, .. {len(numbers)} numbers]"
        exact = _shortened(", ".join(map(_exact, numbers)), 400)
        _draw_constant(picture, i, "numbers", shown, f"[{exact}]")


def _draw_constant(picture: Any, i: int, k: str, shown: str, exact: str) -> None:
    """A plain number among the operands: no node of the graph, and no gradient flows to it."""
    says = _tooltip(f"{exact}, a plain number")
    picture.node(f"c{i}_{k}", _escaped(shown), id=f"constant-{i}-{k}", tooltip=says, **CONSTANT)
    picture.edge(
        f"c{i}_{k}", f"op{i}", id=f"edge-{i}-{k}", tooltip=says, style="dashed", arrowhead="none"
    )


# -- text ---------------------------------------------------------------------------------------

_SIGNS = {"*": "×", "-": "−"}
_CONDITIONS = {"_where_true": "True", "_where_false": "False"}
_SYMMETRIC = {"+", "*", "maximum", "minimum", "hypot"}


def _symbol(node: Value, names: dict[Value, str]) -> str:
    """What the operation says: its sign, or the formula where the order of operands matters."""
    op = str(node.op)
    if isinstance(node.op, NaryPrimitive) or len(node.operands) == 1 or op in _SYMMETRIC:
        return _SIGNS.get(op, op)
    return _formula(node, names, 12)


def _formula(node: Value, names: dict[Value, str], width: int) -> str:
    """The operation with its operands, each name in at most `width` characters."""
    op = str(node.op)
    operands = [
        _shortened(names[x], width) if isinstance(x, Value) else format_number(x)
        for x in node.operands
    ]
    if len(operands) == 2 and not op.isidentifier():
        return f" {_SIGNS.get(op, op)} ".join(
            f"({x})" if x.startswith("-") else x for x in operands
        )
    if node.op.__name__ in _CONDITIONS:  # which is no operand
        operands.insert(0, _CONDITIONS[node.op.__name__])
    return f"{op}({_shortened(', '.join(operands), 200)})"


def _gradient(node: Value) -> Any:
    """Its gradient; None where no backward pass has reached it. A Fraction's 0 is not told from
    that."""
    waiting = node.grad is NO_GRADIENT or (node.grad.__class__ is not float and node.grad == 0)
    return None if waiting else node.grad


def _exact(x: Any) -> str:
    try:
        return str(x)
    except ValueError:  # an int of more than 4,300 digits
        return format_number(x)


# control characters, surrogates and the two others that XML has no way to write
_UNWRITABLE = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd"
)


def _clean(text: str) -> str:
    """`text` on one line."""
    return " ".join(text.split()).translate(_UNWRITABLE)


def _shortened(text: str, width: int) -> str:
    """`text` in at most `width` characters; the middle is left out, since ends tell names apart."""
    text = _clean(text)
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


# "]" as well, since Graphviz 2.43 stumbles over one at the end of a text in HTML
_ESCAPES = str.maketrans({"\\": r"\\", "&": "&amp;", "<": "&lt;", ">": "&gt;", "]": "&#93;"})


def _escaped(text: str) -> str:
    r"""`text` as a label that shows it letter by letter: to Graphviz <b>, &lt; and \N mean more."""
    return _clean(text).translate(_ESCAPES)


def _tooltip(text: str) -> str:
    """The same for a tooltip, in which Graphviz reads backslashes twice."""
    return _escaped(text.replace("\\", r"\\"))
