"""The interpreter of tapes: one function, compiled once, that runs them all.

A row of a tape is an operation's code and the slots of its operands. The interpreter computes the
rows of a block of examples, one row after another, and then passes the gradient back along them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ...primitives import TABLE, divide
from ..arithmetic import RELATIONS, SELECT
from ..names import FUNCTIONS
from .jit import HEADER, file_of, load

CACHE = 2**18  # numbers that stay near the processor: of the rows of a block of examples
SUM, LOGSUMEXP, COPY = range(3)
CODES: dict[Any, int] = {
    p: code
    for code, p in enumerate(
        [divide, *[TABLE[f] for f in ("absolute", "power", *FUNCTIONS)], *SELECT.values()], COPY + 1
    )
}

_INTERPRETER = '''

@jit
def forward(m, codes, operands, numbers, factors, lefts, rights, v):
    """Compute the rows from their operands, for m examples."""
    for y in range(len(codes)):
        code = codes[y]
        a, b, c, d = operands[y, 0], operands[y, 1], operands[y, 2], operands[y, 3]
        if code == 0:
            for lane in range(m):
                v[y, lane] = numbers[y]
            for t in range(a, b):
                left, right, factor = lefts[t], rights[t], factors[t]
                if right < 0:
                    for lane in range(m):
                        v[y, lane] += factor * v[left, lane]
                else:
                    for lane in range(m):
                        v[y, lane] += factor * v[left, lane] * v[right, lane]
        elif code == 1:
            for lane in range(m):
                largest = -inf
                for t in range(a, b):
                    largest = maximum(largest, v[lefts[t], lane])
                shift = where(abs(largest) < inf, largest, 0.0)
                s = 0.0
                for t in range(a, b):
                    s += exp(v[lefts[t], lane] - shift)
                v[y, lane] = shift + log(s)
        elif code == 2:
            for lane in range(m):
                v[y, lane] = v[a, lane]
{operations}

@jit
def backward(m, codes, operands, factors, lefts, rights, active, edges, pairs, v, dv):
    """Add upstream * partial along every edge."""
    for row in range(len(active)):
        y = active[row]
        if codes[y] == 0:
            for t in range(operands[y, 0], operands[y, 1]):
                left, right, factor = lefts[t], rights[t], factors[t]
                if right < 0:
                    for lane in range(m):
                        dv[left, lane] += factor * dv[y, lane]
                else:
                    for lane in range(m):
                        upstream = factor * dv[y, lane]
                        dv[left, lane] += upstream * v[right, lane]
                        dv[right, lane] += upstream * v[left, lane]
        else:
            for e in range(edges[row, 0], edges[row, 1]):
                x, partial = pairs[e, 0], pairs[e, 1]
                for lane in range(m):
                    dv[x, lane] += dv[y, lane] * v[partial, lane]


@jit
def run(
    codes, operands, numbers, factors, lefts, rights, active, edges, pairs, columns, weights,
    roots, inputs, parameters, results, gradient, v, dv,
):
    """Run a tape on all examples, as many at a time as v and dv have columns: fill the results, and
    add to the gradient if there is one."""
    n, size = results.shape[1], v.shape[1]
    for y in range(len(codes)):
        if codes[y] < 0:
            v[y] = numbers[y]
    for slot, place in weights:
        v[slot] = parameters[place]
    for begin in range(0, n, size):
        m = min(size, n - begin)
        for slot, place in columns:
            for lane in range(m):
                v[slot, lane] = inputs[place, begin + lane]
        forward(m, codes, operands, numbers, factors, lefts, rights, v)
        for r in range(len(roots)):
            for lane in range(m):
                results[r, begin + lane] = v[roots[r], lane]
        if len(gradient):
            dv[:] = 0.0
            dv[roots[0]] = 1.0
            backward(m, codes, operands, factors, lefts, rights, active, edges, pairs, v, dv)
            for slot, place in weights:
                for lane in range(m):
                    gradient[place] += dv[slot, lane]
'''


def examples_at_once(rows: int) -> int:
    """How many examples a tape of so many rows is run on at once."""
    return min(64, max(8, CACHE // max(rows, 1) // 8 * 8))


@cache
def interpreter() -> Callable[..., Any]:
    """The function that runs tapes."""
    return load(source())["run"]  # type: ignore[no-any-return]


def how_it_is_made() -> str:
    """What the next call of interpreter() does: "made" is what it gives; or it has to be "loaded"
    or "compiled", as far as files tell."""
    if interpreter.cache_info().currsize:
        return "made"
    return "loaded" if file_of(source()).exists() else "compiled"


@cache
def source() -> str:
    """The module that it is in."""
    lines = []
    for op, code in CODES.items():
        x = [f"v[{c}, lane]" for c in "abcd"]
        if op in RELATIONS:
            text = f"where({x[0]} {RELATIONS[op]} {x[1]}, {x[2]}, {x[3]})"
        elif op is divide:
            text = f"{x[0]} / {x[1]}"
        else:
            name = "power" if op.name == "**" else op.name
            text = f"{name}({', '.join(x[: len(op.arguments)])})"
        lines += [
            f"        elif code == {code}:",
            "            for lane in range(m):",
            f"                v[y, lane] = {text}",
        ]
    return HEADER + _INTERPRETER.replace("{operations}", "\n".join(lines))
