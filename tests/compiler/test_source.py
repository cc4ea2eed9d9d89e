"""The source: it runs by itself, is wrapped as a formatter would, and has no line too many."""

import ast
import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from agreement import flat
from hypothesis import given, settings
from random_nets import nets

import nn
from autograd_mini import Value, atan2, compile, dot, fsum, softmax, tanh
from autograd_mini.compiler.backends.module import statement as _statement

WIDTH = 88
RUFF = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def sources():
    """Programs of many kinds: name -> Program."""
    model = nn.MLP(6, [5, 4, 3])
    wide = nn.Module()
    for i in range(14):
        setattr(wide, f"a_rather_long_name_{i}", Value(0.1 * i))
    w = [Value(0.3 * i) for i in range(4)]
    convolution = nn.Sequential(nn.Conv2d(1, 2, 2, activation="tanh"), nn.flatten)
    return {
        "classifier": compile(
            lambda x, y: nn.losses.cross_entropy(model(x), y), x=6, y=3, parameters=model
        ),
        "index": compile(
            lambda x, k: nn.losses.cross_entropy(model(x), k), x=6, k=(), parameters=model
        ),
        "outputs": compile(lambda x: model(x), x=6, parameters=model),
        "many parameters": compile(
            lambda x: fsum([tanh(p * x) ** i for i, p in enumerate(wide.parameters())]),
            x=(), parameters=wide,
        ),
        "convolution": compile(
            lambda x: fsum([v * v for v in convolution(x)]), x=(1, 3, 3), parameters=convolution
        ),
        "physics": compile(
            lambda x: (w[0] * x[0] ** 3 - tanh(w[1] / x[1])) ** 2 / (1 + w[2] * w[3] * x[2]) - 1,
            x=3, backend="numpy",
        ),
        "no inputs": compile(dot(w, w) ** 2),
    }  # fmt: skip


@pytest.fixture(scope="module")
def programs():
    made = sources()
    assert list(made) == NAMES
    return made


NAMES = [
    "classifier", "index", "outputs", "many parameters", "convolution", "physics", "no inputs"
]  # fmt: skip


def are_side_by_side(line):
    with contextlib.suppress(SyntaxError):
        things = ast.parse(f"({line.strip()})", mode="eval").body
        return line.endswith(",") and isinstance(things, ast.Tuple) and len(things.elts) > 1
    return False


def formatted(source):
    """As the formatter has it; but many things in brackets stay side by side."""
    skipped = "  # fmt: skip"
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            last = node.end_lineno
            if hasattr(node, "body"):  # of a compound statement the line with the colon
                last = next(i for i in range(node.lineno, last) if lines[i - 1].endswith(":"))
            if any(map(are_side_by_side, lines[node.lineno - 1 : last])):
                lines[last - 1] += skipped
    text = subprocess.run(
        [RUFF, "format", "--isolated", "--line-length", str(WIDTH), "-"],
        input="\n".join(lines), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return text.replace(skipped, "")


@pytest.mark.skipif(RUFF is None, reason="takes ruff")
@pytest.mark.parametrize("name", NAMES)
def test_it_is_formatted(programs, name):
    source = programs[name].source
    assert formatted(source) == source


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_long_and_none_is_for_nothing(programs, name):
    check_lines(programs[name].source)


def check_lines(source):
    assert max(map(len, source.splitlines())) <= WIDTH, source
    assert source.endswith("\n")
    assert not source.endswith("\n\n")
    [function] = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    made = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    assert made <= read | {"_"}, made - read
    arguments = [a.arg for a in function.args.args]
    assert not made & set(arguments)
    assert len(set(arguments)) == len(arguments)


LONG = [
    "z = np.concatenate([z1[:, :, :, None], g5, g3.swapaxes(-1, -2)[:, :, :, None]], axis=3)",
    "g9[:, i14] = np.add.reduceat(g6.transpose(2, 0, 1, 3).reshape(-1, 18)[:, i12], i13, axis=1)",
    f"c = np.concatenate([{', '.join(f'row_{i}[:, None]' for i in range(8))}], axis=1)",
    f"for {', '.join('abcdefgh')} in zip({', '.join(f'({x}0, {x}1, {x}2)' for x in 'abcdefghi')}):",
    f"saved.append(({', '.join(f'row_{i}' for i in range(20))}))",
    f"{', '.join(f'row_{i}' for i in range(20))} = saved[t]",
    f"{', '.join(f'row_{i}' for i in range(11))} = saved[t]",
]


@pytest.mark.skipif(RUFF is None, reason="takes ruff")
@pytest.mark.parametrize("room", range(40, 84))
def test_a_list_in_two_brackets_fits_at_any_width(room):
    """Also where it would fit with one bracket less."""
    text = f"np.stack(({', '.join(f'h{i}' for i in range(14))}))"
    lines = _statement(text, room)
    assert max(map(len, lines)) <= room
    assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse(text))


@pytest.mark.parametrize("statement", LONG)
def test_a_long_statement_takes_several_lines(statement):
    lines = _statement(statement, WIDTH)
    text = "\n".join(lines) + "\n    pass" * lines[-1].startswith("):")
    assert formatted(text).splitlines() == text.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert ast.dump(ast.parse(text)) == ast.dump(
        ast.parse(statement + "\n    pass" * statement.endswith(":"))
    )


@pytest.mark.smoke
@settings(max_examples=25)
@given(nets(most_layers=4))
def test_random_nets(net):
    program = compile(
        lambda **inputs: net(**inputs),
        parameters=net.given_parameters,
        backend="numpy",
        shapes=net.shapes,
    )
    check_lines(program.source)


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_by_itself(programs, name):
    """Pasted into a file, on arrays and the constants that it names."""
    program = programs[name]
    scope = {}
    exec(program.source, scope)
    rng = np.random.default_rng(0)
    shapes = {
        "x": {"convolution": (1, 3, 3), "many parameters": (), "physics": (3,)}.get(name, (6,))
    }
    if name == "classifier":
        shapes["y"] = (3,)
    if name == "no inputs":
        shapes = {}
    batch = [rng.uniform(0.5, 1, (4, *shape)) for shape in shapes.values()]
    if name == "index":
        batch.append(np.array([0.0, 1.0, 2.0, 1.0]))
    own = "predict" if name == "outputs" else "value_and_grad"
    constants = program.constants.values()
    found = scope[own](*batch, *program.arrays.values(), *constants)
    expected = getattr(program, own)(*batch)
    if own == "predict":
        assert np.array_equal(found, expected)
        return
    assert found[0] == expected[0]
    for g, same, array in zip(found[1], expected[1], program.arrays.values(), strict=True):
        assert np.array_equal(g, same)
        assert np.shape(g) == array.shape


def test_what_it_is_called_and_what_it_takes(programs):
    source = programs["classifier"].source
    assert "def value_and_grad(x, y, W1, b1, W2, b2, W3, b3):" in source
    assert "h1 = np.maximum(x @ W1.T + b1, 0)" in source or "z1 = x @ W1.T + b1" in source
    assert source.index("# forward") < source.index("# backward")
    assert "return loss, (dW1, db1, dW2, db2, dW3, db3)" in source
    outputs = programs["outputs"].source
    assert "def predict(x, W1, b1, W2, b2, W3, b3):" in outputs
    assert "backward" not in outputs


def test_one_gradient_is_a_tuple():
    w = Value(2.0)
    program = compile(lambda x: w * x, x=())
    _, gradients = program.value_and_grad([1.0, 3.0])
    assert len(gradients) == 1
    assert np.asarray(gradients[0]).tolist() == 2.0


def test_constants_of_a_gradient_are_floats():
    w = [Value(1.0), Value(2.0)]
    program = compile(lambda x: fsum(w) + x, x=(), reduction="sum", backend="numpy")
    _, gradients = program.value_and_grad([1.0, 3.0])
    assert [np.asarray(g).tolist() for g in gradients] == [[2.0, 2.0]]
    root = compile(fsum(w), parameters=w, backend="numpy")
    assert all(np.asarray(g).dtype == float for g in root.value_and_grad()[1])
    assert flat([[1], 2]) == [1, 2]


def test_a_negative_zero_keeps_its_sign():
    program = compile(lambda x: atan2(x, -0.0), x=())
    assert program.value_and_grad([0.0])[0] == atan2(0.0, -0.0) > 3


# -- views instead of index arrays ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda w, x: dot(w[::-1], x), "[:, ::-1]"),
        (lambda w, x: dot(w[:3], x[::2]), ""),
        (lambda w, x: dot(w[:3], x[5::-2]), ""),
        (lambda w, x: dot(w[:2], [x[3], x[2]]), "[:, 3:1:-1]"),
        (lambda w, x: fsum([tanh(dot(w[:3], x[i : i + 3])) for i in range(4)]),
         "sliding_window_view(x, 3, axis=1)"),
        (lambda w, x: fsum([tanh(dot(w[:2], x[i : i + 2])) for i in (0, 2, 4)]), "reshape"),
        (lambda w, x: fsum([tanh(dot(w[:3], x[i : i + 3])) for i in (0, 2)]),
         "sliding_window_view(x[:, :5], 3, axis=1)[:, ::2]"),
    ],
)  # fmt: skip
def test_what_runs_in_steps_or_overlaps_is_no_index_array(f, text):
    w = [Value(0.1 * i - 0.2) for i in range(6)]
    program = compile(lambda x: f(w, x) ** 2, x=6, parameters={"w": w}, backend="numpy")
    assert text in program.source
    assert not program.constants
    x = np.random.default_rng(0).normal(size=(3, 6))
    loss, [dw] = program.value_and_grad(x)
    for v in w:
        v.zero_grad()
    losses = [f(w, row) ** 2 for row in x.tolist()]
    total = fsum(losses) / 3
    total.backward()
    assert loss == pytest.approx(total.data)
    assert dw == pytest.approx([v.grad for v in w])


def test_attention_is_a_textbook_s():
    """softmax(Q K' / 2) V: a row of scores for each query, and one exponential of each."""

    def attention(q, k, v):
        weights = [softmax([dot(a, b) / 2 for b in k[: i + 1]]) for i, a in enumerate(q)]
        mixed = [[dot(row, column) for column in zip(*v[: len(row)])] for row in weights]
        return sum(x * x for row in mixed for x in row)

    source = compile(attention, q=(3, 4), k=(3, 4), v=(3, 4)).source
    assert re.search(r"q @ k\.swapaxes\(-1, -2\) / 2", source), source
    assert source.count("np.exp") == 1
