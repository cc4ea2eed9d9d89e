"""The ratios as a picture: a range for each row, on a logarithmic scale, an SVG."""

from __future__ import annotations

import re
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from autograd_mini.palette import FONTS, PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .side_by_side import Row

WIDTH, LEFT, RIGHT, LINE, TOP = 700, 290, 20, 19, 50
BATCH = re.compile(r", B=\d+")


def picture(rows: Mapping[str, Sequence[Row]]) -> str:
    """All rows beside another library; those that differ in nothing but the batch share a line."""
    suites: dict[str, dict[str, list[tuple[float, float, float]]]] = {}
    for key, lines in rows.items():
        for row in lines:
            suite = key.split("/")[0]
            if row.rival and row.numbers and suite != "transforms":  # those are beside our own
                line = suites.setdefault(suite, {}).setdefault(BATCH.sub("", row.what), [])
                line.append(row.numbers)
    ends = [x for suite in suites.values() for ranges in suite.values() for r in ranges for x in r]
    low, high = floor(log10(min(ends, default=1))), ceil(log10(max(ends, default=10)))

    def at(ratio: float) -> str:
        x = LEFT + (log10(ratio) - low) / (high - low) * (WIDTH - LEFT - RIGHT)
        return f"{x:.1f}"

    y, parts = TOP, []
    for name, drawn in suites.items():
        y += LINE
        parts.append(f'<text class="suite" x="10" y="{y}">{name}</text>')
        for what, ranges in drawn.items():
            y += LINE
            parts.append(f'<text x="{LEFT - 12}" y="{y}" text-anchor="end">{escape(what)}</text>')
            for least, middle, most in sorted(ranges):
                parts.append(f'<path class="range" d="M{at(least)} {y - 4}H{at(most)}"/>')
                parts.append(f'<circle cx="{at(middle)}" cy="{y - 4}" r="3.5"/>')
        y += LINE // 2
    scale = []
    for power in range(low, high + 1):
        x = at(10.0**power)
        kind = "one" if power == 0 else "grid"
        scale.append(f'<path class="{kind}" d="M{x} {TOP}V{y}"/>')
        number = f"{10**power:,}" if power > 0 else f"1/{10**-power:,}" if power else "rival = 1"
        scale.append(f'<text x="{x}" y="{TOP - 8}" text-anchor="middle">{number}</text>')
    title = "How many times as fast, or as small, as the rival: the median, between the quartiles"
    height = y + 10
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" \
height="{height}" role="img" aria-label="{title}">
<style>
{style(0)}
@media (prefers-color-scheme: dark) {{
{style(1)}
}}
text {{ font: 12px {FONTS} }}
.suite {{ font-weight: bold }}
.range {{ stroke-width: 5; stroke-linecap: round; opacity: 0.45 }}
.one {{ stroke-width: 2 }}
</style>
<rect class="paper" width="100%" height="100%"/>
<text x="10" y="18">{title}</text>
{chr(10).join([*scale, *parts])}
</svg>
"""


def style(dark: int) -> str:
    """Colours in a light page (0), or in a dark one (1)."""
    ink, paper, line, blue = (PAGE[name][dark] for name in ("ink", "paper", "line", "forward"))
    return (
        f".paper {{ fill: {paper} }} text {{ fill: {ink} }} circle {{ fill: {blue} }}\n"
        f".range {{ stroke: {blue} }} .one {{ stroke: {ink} }} .grid {{ stroke: {line}; "
        "stroke-opacity: 0.4 }"
    )
