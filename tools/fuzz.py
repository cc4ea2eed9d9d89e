"""Fuzzes what reads foreign input: expressions, tables, model files.

Atheris (libFuzzer) mutates inputs towards code that no input has reached yet. A reader may raise
the errors that its docstring lists, and no other; what it accepts has to be usable.

    pip install atheris && python tools/fuzz.py [SECONDS]        in all, 60 by default
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

Target = Callable[[bytes], None]  # raises where the input has found a fault

# -- targets: imports are made inside, once Atheris watches them --------------------------------


def expressions() -> Target:
    """The command line's parser, on text as it comes from a shell."""
    from autograd_mini import DomainError, gradients
    from autograd_mini.expressions import ExpressionError, parse

    def read(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        variables = {name: x for name, x in (("x", 0.5), ("y", -2.0)) if name in text}
        try:
            root = parse(text, variables)
        except (ExpressionError, DomainError, ZeroDivisionError, OverflowError):
            pass
        else:
            gradients(root, [root])

    return read


def tables() -> Target:
    """The reader of CSV files, to train on and to classify."""
    from nn.coding import Choices, Coding
    from nn.data import DataError, read_examples
    from nn.tables import read_table

    path = Path(tempfile.mkdtemp(), "table.csv")

    def read(data: bytes) -> None:
        path.write_bytes(data)
        missing = ("", "drop", "mean")[len(data) % 3]
        coding = Coding(["x1", "x2"], ["any"], {}, "", missing)
        try:
            table, _ = read_examples(path, Choices(missing=missing))
        except DataError:
            pass
        else:
            coding = table.coding
            assert {len(row) for row in table.rows} == {len(table.columns)}
            assert not table.classes or {*table.labels} == {*range(len(table.classes))}
        try:
            rows, targets, _ = coding.read(read_table(path, coding.columns), training=False)
        except DataError:
            pass
        else:
            assert {len(row) for row in rows} == {len(coding.inputs)}
            assert len(targets) in (0, len(rows))

    return read


MODEL = {
    "format": '"autograd-mini classifier"',
    "version": "1",
    "columns": '["x1"]',
    "classes": '["no", "yes"]',
    "means": "[0.5]",
    "deviations": "[2.0]",
    "kind": '"classification"',
    "one_hot": "{}",
    "target": '"y"',
    "missing": '"mean"',
    "hidden": "[]",
    "activation": '"tanh"',
    "parameters": '{"layers.0.neurons.0.w.0": 0.5, "layers.0.neurons.0.b": 0, '
    '"layers.0.neurons.1.w.0": -1, "layers.0.neurons.1.b": 1e-3}',
}


def models() -> Target:
    """The reader of model.json. The first byte says which entry of a good one is replaced by the
    rest; 0, that the rest is the file."""
    from nn.classifier import Classifier, ModelError

    path = Path(tempfile.mkdtemp(), "model.json")

    def read(data: bytes) -> None:
        which, rest = data[0] if data else 0, data[1:]
        entries = {name: text.encode() for name, text in MODEL.items()}
        if which:
            entries[list(MODEL)[which % len(MODEL)]] = rest
            rest = b"{%s}" % b", ".join(b'"%s": %s' % (k.encode(), v) for k, v in entries.items())
        path.write_bytes(rest)
        try:
            classifier = Classifier.load(path)
        except ModelError:
            return
        assert classifier.classify([0.0] * len(classifier.coding.inputs)) in classifier.classes

    return read


class Fuzzed(NamedTuple):
    """A reader, the inputs to start from, and the words that its mutations are made of."""

    target: Callable[[], Target]
    seeds: list[bytes]
    words: list[str]


FUZZED = {
    "expressions": Fuzzed(
        expressions,
        [
            b"tanh(x*0.5 + y)",
            b"where(x > 1, log(x), pick(softmax([x, y, 1]), 0))",
            b"-x**2/(y - 1e3)",
        ],
        ["**", "sqrt(", "dot(", "pick([", "fsum([", "<=", "lambda", "'", "1e400", "[", "pi"],
    ),
    "tables": Fuzzed(
        tables,
        [
            b"a,b,kind\n1,2,no\n3,4,yes\n",
            b"a;b\n1,5;2\nNA;4,25\n",
            b'1;2\n"3,\n",4\n',
            b"\xef\xbb\xbf1,no\r\n2,yes\r\n",
        ],
        ['"', ",", "\r\n", "nan", "1e999", "\ufeff", "\0", "x1", "\u0661"],
    ),
    "models": Fuzzed(
        models,
        [b"\0{}", *(bytes([i]) + text.encode() for i, text in enumerate(MODEL.values(), 9))],
        ["[", "]", "NaN", "1e999", "null", "true", "{}", '"relu"', '"layers.0', "100000", "-0"],
    ),
}

# -- running them -------------------------------------------------------------------------------


class Found(NamedTuple):
    """What a run of the fuzzer came to.

    Attributes:
        target: the name of what was fuzzed.
        seconds: for how long.
        inputs: how many inputs it was given.
        fault: the end of the report on the input that failed, itself in it; "" where none did.
    """

    target: str
    seconds: int
    inputs: int
    fault: str


def fuzz(name: str, seconds: int) -> Found:
    """Fuzz one target in a process of its own, which libFuzzer ends."""
    with tempfile.TemporaryDirectory() as folder:
        box = Path(folder)
        (box / "corpus").mkdir()
        for i, seed in enumerate(FUZZED[name].seeds):
            (box / "corpus" / str(i)).write_bytes(seed)
        quoted = ("".join(f"\\x{byte:02x}" for byte in w.encode()) for w in FUZZED[name].words)
        (box / "words").write_text("".join(f'"{word}"\n' for word in quoted))
        run = subprocess.run(
            [
                *(sys.executable, __file__, "--target", name, f"-max_total_time={seconds}"),
                *("-timeout=20", "-max_len=400", "-print_final_stats=1"),
                *(f"-dict={box / 'words'}", f"-artifact_prefix={box}/", str(box / "corpus")),
            ],
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "TMPDIR": folder},
        )
    inputs = re.search(r"number_of_executed_units: (\d+)", run.stderr)
    report = [line for line in run.stderr.splitlines() if not line.startswith(("#", "INFO"))]
    fault = "" if run.returncode == 0 else "\n".join((run.stdout.splitlines() + report)[-60:])
    return Found(name, seconds, int(inputs[1]) if inputs else 0, fault)


def run_target(name: str, options: list[str]) -> None:
    """The process that does the fuzzing; it does not return."""
    import atheris

    with atheris.instrument_imports(include=["autograd_mini", "nn"]):
        target = FUZZED[name].target()
    atheris.Setup([__file__, *options], target)
    atheris.Fuzz()


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--target"]:
        run_target(arguments[1], arguments[2:])
    seconds = int(arguments[0]) if arguments else 60
    status = 0
    for name in FUZZED:
        found = fuzz(name, seconds // len(FUZZED))
        result = "nothing found" if not found.fault else f"a fault:\n{found.fault}"
        print(f"{name:12} {found.seconds:4} s {found.inputs:10,} inputs  {result}", flush=True)
        status |= bool(found.fault)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
