"""Tables of captions and numbers, in Graphviz's HTML, with cells of known sizes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ..palette import BACKWARD, FORWARD, INK, KINDS, MUTED, PAPER, QUIET, ink_on
from ..value import Value
from .labels import escaped, text_width

LINE, SPACE = 1.4, 0.45  # the height of a row, and the space beside texts, in font sizes
MOST, SHOWN = 12, 6  # cards of a layer and rows of a card; if there are more, so many are shown
WIDEST = 180  # in font sizes: wider pictures have several lines
# Positive and negative weights differ in their lines as well as in colour.
POSITIVE = {"color": FORWARD, "style": "solid"}
NEGATIVE = {"color": BACKWARD, "style": "dashed"}


class Row(NamedTuple):
    """A row of a card: a caption, then numbers and their gradients in turn."""

    texts: Sequence[str]
    kind: str = (
        ""  # "title", "heads", "weight", "bias", "z", "y", "local", "grad", "examples" or ""
    )
    into: Sequence[Any] = ()  # where the edges come from that end here
    nodes: Sequence[Any] = ()  # whose number and gradient it shows; the first is their weight
    hidden: Sequence[Value] = ()  # what it stands for besides
    is_bare: bool = False  # without gradients

    @property
    def has_gradient(self) -> bool:
        """Whether every other text is a gradient, or its heading."""
        return len(self.texts) > 2 and self.kind != "title" and not self.is_bare


def line_row(what: str, largest: str = "") -> str:
    """What the lines of a picture mean, with a line of each kind, as a row of a legend."""
    words = (
        ("——", POSITIVE["color"], f"positive {what}"),
        ("– –", NEGATIVE["color"], f"negative {what}"),
        ("wide:", INK, f"large{largest}"),
    )
    cells = [
        f'<TD><FONT COLOR="{ink}">{word}</FONT> <FONT COLOR="{QUIET}">&#160;{text}</FONT></TD>'
        for word, ink, text in words
    ]
    return f"<TR>{''.join(cells)}</TR>"


def sign_style(number: Any) -> dict[str, str]:
    """How an edge with this number is drawn."""
    return NEGATIVE if number < 0 else POSITIVE


def visible(rows: Sequence[Row], hide: Collection[str]) -> list[Row]:
    """The rows without what is hidden."""
    shown = [row for row in rows if row.kind not in hide]
    if "grad" not in hide:
        return shown
    return [
        row._replace(texts=[row.texts[0], *row.texts[1::2]], is_bare=True)
        if row.has_gradient
        else row
        for row in shown
    ]


# Graphviz rounds the sizes of cells to whole points, and so do these


def height_of(rows: Sequence[Row], size: float) -> int:
    return len(rows) * round(LINE * size) + 2


def width_of(widths: Sequence[float], size: float) -> float:
    return sum(widths) + 2 * round(SPACE * size) + 2


def middle_of(k: int, size: float) -> float:
    """How far the middle of a row is below the top of its table."""
    return 1 + (k + 0.5) * round(LINE * size)


def cell_widths(rows: Sequence[Row], size: float) -> list[float]:
    """The widths of the cells of tables of one width. The first cell of a short row is wider."""
    widths = [0.0] * max((len(row.texts) for row in rows), default=0)
    firsts: list[tuple[int, float]] = []
    for row in rows:
        bold = row.kind in ("title", "y")
        first, *others = [(text_width(text, bold) + 2 * SPACE) * size for text in row.texts]
        firsts.append((len(others), first))
        for k, width in enumerate(reversed(others), 1):
            widths[-k] = max(widths[-k], width)
    for after, width in firsts:
        widths[0] += max(width - sum(widths[: len(widths) - after]), 0)
    return [float(round(width)) for width in widths]


def table(
    rows: Sequence[Row],
    widths: Sequence[float],
    size: float,
    look: tuple[str, str],
    filled: str = "",
    on_path: bool | None = None,
) -> str:
    """A label: the rows as a table. Edges end at its ports r0, r1, .., and begin at o0, o1, ..

    Its look is the fill of its title and its outline; it may be filled with another colour.
    """
    fill, outline = look
    body, inks = PAPER, (INK, QUIET, BACKWARD)
    if filled:
        body = fill = filled
        inks = (ink_on(filled),) * 3
    border = 3 if on_path else 2 if look == KINDS["root"] else 1
    outline = MUTED if on_path is False else outline
    spare = len(widths) - max(len(row.texts) for row in rows)
    widths = [sum(widths[: spare + 1]), *widths[spare + 1 :]]
    lines, before = [], "title"
    for k, row in enumerate(rows):
        if row.kind in ("z", "y", "sum") and before not in ("title", "heads", "z"):
            lines.append("<HR/>")
        lines.append(f"<TR>{''.join(_cells(row, k, widths, size, inks, fill))}</TR>")
        before = row.kind
    return (
        f'<<TABLE BORDER="{border}" COLOR="{outline}" BGCOLOR="{body}" CELLBORDER="0" '
        f'CELLSPACING="0" CELLPADDING="0">{"".join(lines)}</TABLE>>'
    )


def _cells(
    row: Row, k: int, widths: Sequence[float], size: float, inks: Sequence[str], fill: str
) -> list[str]:
    ink, quiet, backward = inks
    strong, heads = row.kind in ("title", "y"), row.kind in ("heads", "sum")
    after, n = len(row.texts) - 1, len(widths)
    common = f'HEIGHT="{round(LINE * size)}" FIXEDSIZE="TRUE"'
    common += f' BGCOLOR="{fill}"' if row.kind == "title" else ""
    common += ' VALIGN="BOTTOM"' if strong else ""  # Graphviz raises bold type
    space = f'WIDTH="{round(SPACE * size)}" {common}'
    cells = [f'<TD PORT="r{k}" {space}></TD>']
    for j, text in enumerate(row.texts):
        span = n - after if j == 0 else 1
        width = sum(widths[:span]) if j == 0 else widths[n - after + j - 1]
        is_gradient = row.kind == "grad" or (row.has_gradient and j > 0 and j % 2 == 0)
        colour = quiet if heads or not (j or strong) else backward if is_gradient else ink
        shown = f"<B>{escaped(text)}</B>" if strong else escaped(text)
        shown = f'<FONT COLOR="{colour}">{shown}</FONT>' if text else ""
        side = "RIGHT" if j else "LEFT"
        cells.append(
            f'<TD COLSPAN="{span}" WIDTH="{width:.0f}" {common} ALIGN="{side}">{shown}</TD>'
        )
    return [*cells, f'<TD PORT="o{k}" {space}></TD>']
