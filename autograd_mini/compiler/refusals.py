"""What needs the number of a placeholder is refused, by an error that names the user's line."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from ..errors import TraceError

PACKAGES = tuple(str(Path(__file__).parents[2] / name) for name in ("autograd_mini", "nn"))


def refuse(reason: str, remedy: str) -> NoReturn:
    """Raise a TraceError that points to the user's line."""
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith(PACKAGES):
        frame = frame.f_back
    where = ""
    if frame:
        file, line = frame.f_code.co_filename, frame.f_lineno
        code = linecache.getline(file, line).strip()
        where = f"{file}:{line}: {code}: " if code else f"{file}:{line}: "
    raise TraceError(f"{where}{reason}; use {remedy}")


def refusal(reason: str, remedy: str) -> Any:
    def method(*_: Any) -> NoReturn:
        refuse(reason, remedy)

    return method


# of traced numbers: names of methods and attributes, why they are refused, and what to use
# fmt: off
REFUSED = (
    ("__bool__", "a branch on a traced number would be the same for every example",
        "where(condition, a, b); (0 < x) & (x < 1) for `and` and for 0 < x < 1; maximum(*xs) or "
        "minimum(*xs) for max and min"),
    ("__float__", "float() and the functions of math need a number",
        "the function of the same name from autograd_mini, such as exp(x)"),
    ("__int__ __round__ __trunc__ __floor__ __ceil__", "int() and round() need a number",
        "where, or, for an index, pick(xs, k) or a one-hot input"),
    ("__index__", "an index has to be known when the program is compiled",
        "pick(xs, k), or a one-hot input and dot"),
    ("__mod__ __rmod__ __floordiv__ __rfloordiv__ __divmod__ __rdivmod__", "% and // jump",
        "an input for their result, computed outside of the function"),
    ("__and__ __rand__ __or__ __ror__ __xor__ __rxor__ __invert__", "& | ^ ~ take conditions",
        "comparisons in brackets, such as (a > 0) & (b > 0)"),
    ("__pick__", "pick with an index that was computed", "an input for the index, or a one-hot"),
    ("data", "a traced number has no .data, and a parameter's will change",
        "x itself, x.detach(), or the function from autograd_mini that you need; or parameters=, "
        "without the Values that are constants"),
    ("grad backward zero_grad", "a traced number has no .grad, nor backward()",
        "grad(f)(x) or gradients(y, [x], create_graph=True); outside, program.backward(..) and the "
        "parameters' .grad"),
)
# fmt: on
