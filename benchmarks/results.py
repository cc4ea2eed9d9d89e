"""What was measured, in a file: all rows, and where they were measured."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import NamedTuple

from .side_by_side import Row

SUITES = {  # name: (what gives its rows, what that cannot do without)
    "engine": ("engine.rows", "micrograd"),
    "compile": ("compile.rows", "numpy"),
    "draw": ("waiting.draw", "micrograd"),
    "step": ("waiting.step", "micrograd"),
    "check": ("waiting.check", "micrograd"),
    "transforms": ("transforms.rows", "nn"),
    "import": ("imports.rows", "nn"),
    "zoo": ("zoo.rows", "numpy"),
    "parts": ("parts.rows", "numpy"),
}


class Results(NamedTuple):
    """Rows by "suite/name", on one Python and machine."""

    python: str
    machine: str
    rows: dict[str, list[Row]]

    @classmethod
    def here(cls) -> Results:
        """None yet, on this Python and machine."""
        return cls(platform.python_version(), platform.machine(), {})

    @classmethod
    def read(cls, path: Path) -> Results:
        """Those of a file.

        Raises:
            ValueError: it holds something else.
        """
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            rows = {key: [_row(**line) for line in lines] for key, lines in kept["rows"].items()}
            return cls(kept["python"], kept["machine"], rows)
        except (ValueError, TypeError, AttributeError, KeyError):
            raise ValueError(f"{path} does not hold results of benchmarks") from None

    def text(self) -> str:
        """As read() reads it: a line for each row, in the order of the suites."""
        suites = list(SUITES)
        keys = sorted(self.rows, key=lambda key: suites.index(key.split("/")[0]))
        lines = [
            f"{json.dumps(key)}: "
            + json.dumps([{k: v for k, v in row._asdict().items() if v} for row in self.rows[key]])
            for key in keys
        ]
        about = json.dumps({"python": self.python, "machine": self.machine})
        return f'{about[:-1]}, "rows": {{\n' + ",\n".join(lines) + "\n}}\n"

    def notes(self) -> str:
        return f"CPython {self.python} on {self.machine}. Ratio: the median over the rounds."


def _row(numbers: list[float] | None = None, **texts: str) -> Row:
    return Row(**texts, numbers=tuple(numbers) if numbers else None)  # type: ignore[arg-type]
