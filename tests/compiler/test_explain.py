"""What a program says of its lines is true: each formula, in numbers, is what the line computes."""

import pickle
import random
import re

import numpy as np
import pytest

from autograd_mini import (
    Value,
    clip,
    compile,
    dot,
    exp,
    fsum,
    maximum,
    sigmoid,
    softmax,
    tanh,
    where,
)
from autograd_mini.compiler import chain_rule, explain, scalar_formulas, symbols
from autograd_mini.primitives import TABLE
from nn import MLP
from nn.losses import cross_entropy, hinge, l2

NAME = r"\w+(?:\[[\d, ]+\])?"  # z1[0, 2]
FUNCTIONS = {str(f): f for f in TABLE.values()}


def moons(backend="numpy"):
    random.seed(1)
    model = MLP(2, [2, 1])
    return compile(
        lambda x, y: hinge(model(x), y) + 1e-2 * l2(model.parameters()),
        x=2,
        y=(),
        parameters=model,
        backend=backend,
    )


def classifier(backend="numpy"):
    random.seed(2)
    model = MLP(2, [2, 3], activation="tanh")
    return compile(
        lambda x, y: cross_entropy(model(x), y), x=2, y=3, parameters=model, backend=backend
    )


def attention(backend="numpy"):
    rng = random.Random(3)
    query, key = ([[Value(rng.gauss(0, 1)) for _ in range(2)] for _ in range(2)] for _ in "qk")

    def loss(x, y):
        keys = [[dot(row, v) for row in key] for v in x]
        total = []
        for v in x:
            q = [dot(row, v) for row in query]
            weights = softmax([dot(q, k) / 2 for k in keys])
            total.append((dot(weights, [v[0] for v in x]) - y) ** 2)
        return fsum(total)

    return compile(loss, x=(2, 2), y=(), backend=backend)


def labelled(backend="numpy"):
    w, b = Value(0.7, "w"), Value(-0.2, "b")

    def loss(x, y):
        h = tanh(w * x + b)
        h.label = "h"
        return (sigmoid(h * w) - y) ** 2 / (1 + h * h)

    return compile(loss, x=(), y=(), reduction="sum", backend=backend)


def branches(backend="numpy"):
    w = Value(0.8, "w")

    def loss(x):
        a, b, c = [where(v > 0.1, w * v, exp(w * v) - 1) for v in x]
        return maximum(a * b, w) + clip(c, -0.2, 3) * abs(a) + b**3 / (2 + c**2) + b**-0.5

    return compile(loss, x=3, backend=backend)


PROGRAMS = [branches, moons, classifier, attention, labelled]


# a total, grad(z), or a local derivative, d(h)/d[z]
DERIVATIVE = rf"grad\(({NAME})\)|\bd\(({NAME})\)/d\[({NAME})\]"


def upper_and_lower(match):
    return ("loss", match[1]) if match[1] else (match[2], match[3])


class Run:
    """The arrays of a program run on one example, and what its formulas come to."""

    def __init__(self, program):
        rng = np.random.default_rng(0)
        inputs = {
            name: rng.uniform(0.2, 2.0, size=(1, *s))
            for name, s in program._compiled.inputs.items()
        }
        scope = {}
        source = program.source.replace("@jax.jit\n", "")
        exec(source.replace("\n    return ", "\n    return locals(), "), scope)
        run = scope[program._compiled.name]
        arrays = run(**inputs, **program.arrays, **program.constants)[0]
        lines = program._compiled.origin.own_listing.lines
        self.lines = {line.name: line for line in lines}
        self.names = {name: self.of_the_example(name, np.asarray(x)) for name, x in arrays.items()}
        self.derivatives = {}  # ("z1[0]", "x[1]") -> number

    def of_the_example(self, name, x):
        shape = self.lines[name].shape if name in self.lines else ()
        return x[tuple(0 if n == -1 else slice(None) for n in shape)]

    def number(self, formula):
        formula = formula.split(", where ")[0].split(", the loss")[0].split(", what ")[0]
        formula = re.sub(r"  \(.*\)$", "", formula)  # the label
        formula = re.sub(
            r"sum over the examples of |(mean|sum) of | over the examples", "", formula
        )
        formula = re.sub(DERIVATIVE, self.derivative, formula)
        names = {**FUNCTIONS, "where": lambda holds, a, b: a if holds else b, **self.names, "n": 1}
        return float(eval(formula, names))

    def derivative(self, match):
        upper, lower = upper_and_lower(match)
        known = self.derivatives.get((upper, lower))
        return f"({self.named(f'd{lower}') if known is None else known!r})"

    def named(self, name):
        return float(eval(name, self.names))

    def define(self, name, number):
        """Take a formula for a name that has no line."""
        stem, *index = re.findall(r"\w+", name)
        if not index:
            self.names[stem] = number
        elif stem not in self.lines:
            place = tuple(map(int, index)) if len(index) > 1 else int(index[0])
            self.names.setdefault(stem, {})[place] = number


def check_formulas(program):
    """Every formula of the explanation, the innermost first; returns how many there were."""
    run = Run(program)
    explained = program.explain()
    count = 0
    for line, texts in zip(explained.lines, explained.texts):
        formulas = [text.strip().split(" = ", 1) for text in texts if " = " in text]
        run.derivatives.clear()
        for left, right in reversed(formulas):
            left = left.split(": ")[-1]
            number = run.number(right)
            derivative = re.fullmatch(DERIVATIVE, left)
            if derivative:
                upper, lower = upper_and_lower(derivative)
                array = lower.split("[")[0]
                same_shape = array not in run.lines or run.lines[array].shape == line.shape
                if upper == "loss" and line.name == f"d{array}" and same_shape:
                    assert number == pytest.approx(run.named(f"d{lower}"), rel=1e-9, abs=1e-12)
                run.derivatives[upper, lower] = number
            elif left.split("[")[0] in run.lines:
                assert number == pytest.approx(run.named(left), rel=1e-9, abs=1e-12), (left, right)
            else:
                run.define(left, number)
            count += 1
    return count


@pytest.fixture
def unabridged(monkeypatch):
    """All scalars of every line, and all terms of a sum."""
    monkeypatch.setattr(explain, "FIRST", 10**6)
    monkeypatch.setattr(chain_rule, "TERMS", 10**6)
    monkeypatch.setattr(chain_rule, "EXPANDED", 10**6)
    monkeypatch.setattr(scalar_formulas, "LONGEST", 10**6)
    monkeypatch.setattr(symbols, "FEW", 10**6)
    monkeypatch.setattr(symbols, "DIGITS", 17)


@pytest.mark.usefixtures("unabridged")
@pytest.mark.parametrize("made", PROGRAMS)
def test_every_formula_is_what_the_line_computes(made):
    assert check_formulas(made()) > 10


@pytest.mark.usefixtures("unabridged")
@pytest.mark.parametrize("made", PROGRAMS)
def test_with_jax_these_are_the_lines_of_its_own_source(made):
    pytest.importorskip("jax")
    from autograd_mini.compiler.backends.jax import enable_x64

    program = made("jax")
    with enable_x64(True):
        assert check_formulas(program) > 10
    assert all(
        line.code in program.source for line in program.explain().lines if "\n" not in line.code
    )


@pytest.mark.parametrize("made", PROGRAMS)
def test_with_numba_these_are_the_lines_of_its_loops(made):
    """What is the same scalars as an array for NumPy is explained alike."""
    pytest.importorskip("numba")
    program, beside = made("numba"), made().explain()
    shown = {line.code: texts for line, texts in zip(*program.explain())}
    every = {texts[1:] for texts in beside.texts}
    alike = 0
    for number, text in enumerate(program.source.splitlines(), 1):
        if text.strip() in shown:
            assert str(program.explain(number)).startswith(text.strip())
            alike += shown[text.strip()][1:] in every
    assert alike > 1
    assert any(re.match(r"\(\): \w+ = ", texts[0]) for texts in shown.values())  # the loss


@pytest.mark.parametrize("made", PROGRAMS)
def test_the_scalars_of_a_gradient_are_those_of_the_array_it_is_named_after(made):
    lines = {line.name: line for line in made()._compiled.origin.lines}
    known = {name for name, line in lines.items() if line.scalars is not None}
    named = [name for name in known if f"d{name}" in known]
    assert named
    for name in named:
        one, other = lines[name].scalars, lines[f"d{name}"].scalars
        assert set(one.ravel()) == set(other.ravel())


def test_a_line_as_text():
    random.seed(0)
    model = MLP(2, [16, 16, 1])
    program = compile(lambda x, y: hinge(model(x), y), x=2, y=(), parameters=model)
    assert (
        str(program.explain("z1"))
        == """\
z1 = x @ W1.T + b1
    (n, 16): 16 scalars of each example
    z1[0] = W1[0, 0] * x[0] + W1[0, 1] * x[1] + b1[0]
    z1[1] = W1[1, 0] * x[0] + W1[1, 1] * x[1] + b1[1]
    .. 14 more like these"""
    )
    text = str(program.explain("dz1"))
    assert (
        "grad(z1[0]) = grad(h1[0]) * d(h1[0])/d[z1[0]]\n"
        "        d(h1[0])/d[z1[0]] = step(z1[0])" in text
    )
    assert "d(z2[0])/d[h1[0]] = W2[0, 0]\n" in text
    assert "+ .. 13 more .. +" in text
    assert str(program.explain("W2")).endswith("W2[i, j] is layers.1.neurons.i.w.j")
    assert "z2[0] = W2[0, 0] * h1[0] + W2[0, 1] * h1[1] + .. 14 more .. + b2[0]" in str(
        program.explain("z2")
    )


def test_a_line_by_its_number():
    program = moons()
    for number, text in enumerate(program.source.splitlines(), 1):
        match = re.match(r"    (\w+) = ", text)
        if match and match[1] not in ("n", "ones"):
            assert str(program.explain(number)) == str(program.explain(match[1]))
            assert str(program.explain(number)).startswith(text.strip())
    assert len(program.explain().lines) == sum(
        str(program.explain(line.name)) in str(program.explain())
        for line in program.explain().lines
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [(0, "lines 1 to"), (999, "lines 1 to"), (1, "assigns no array"), ("z9", "no array is called")],
)
def test_no_such_line(line, message):
    with pytest.raises(ValueError, match=message):
        moons().explain(line)


def test_a_line_is_a_number_or_a_name():
    with pytest.raises(TypeError, match="a number or a name"):
        moons().explain(1.5)


@pytest.mark.parametrize("made", PROGRAMS)
@pytest.mark.parametrize("first", [False, True], ids=["pickled first", "explained first"])
def test_the_explanation_survives_pickling(made, first):
    program = made()
    text = first and str(program.explain())
    again = pickle.loads(pickle.dumps(program))
    assert str(again.explain()) == (text or str(program.explain()))


def test_labels_name_arrays():
    program = labelled()
    assert program.parameters == ["w", "b"]
    assert "    h = np.tanh(x * w + b)\n" in program.source
    assert "('h')" in str(program.explain("h"))


def test_another_program_of_one_shape_keeps_its_labels():
    def made(name):
        w = Value(1.0, name)
        return compile(lambda x: (w * x - 1) ** 2, x=())

    assert [made(name).parameters for name in ("left", "right")] == [["left"], ["right"]]


def test_reshaped_scalars_are_followed():
    """The rows of several positions are multiplied at once; their scalars are still known."""
    program = attention()
    lines = {line.name: line for line in program._compiled.origin.lines}
    rows = [
        line for line in lines.values() if line.name.endswith("_rows") and line.scalars is not None
    ]
    assert rows
    text = str(program.explain(rows[0].name))
    assert f"{rows[0].name}[0, 0] = x[0, 0]" in text


def test_a_gradient_along_one_of_two_views_is_no_gradient_of_the_scalars():
    """a and b, of four scalars h, overlap: what each passes back is a part of grad(h)."""
    w = Value(0.3, "w")

    def loss(x):
        h = [tanh(w * v) for v in x]
        for k, node in enumerate(h):
            node.label = f"h[{k}]"
        return fsum([h[0] * h[1], h[1] * h[2], h[2] * h[3]])

    program = compile(loss, x=4)
    lines = {line.name: line for line in program._compiled.origin.lines}
    wholes = [x for x in lines.values() if x.is_gradient and x.scalars is not None]
    assert any(set(x.scalars.ravel()) == set(lines["h"].scalars.ravel()) for x in wholes)
    assert "a step on the way to dh" in str(program.explain())


@pytest.mark.usefixtures("unabridged")
def test_outputs_are_explained():
    random.seed(0)
    model = MLP(2, [2, 2])
    program = compile(lambda x: model(x), x=2, parameters=model)
    assert check_formulas(program) >= 4


@pytest.mark.usefixtures("unabridged")
def test_a_program_without_inputs():
    w = Value(0.5, "w")
    program = compile((w * w - 1) ** 2)
    assert check_formulas(program) > 0
