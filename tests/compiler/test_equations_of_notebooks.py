"""The matrix equations that notebooks 12 and 14 write by hand, and those that the compiler finds:
each formula of the text is read, and computed from the matrices of the program's equations."""

import re
from pathlib import Path

import numpy as np
import pytest
from test_equations import N, Reader, computed

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def told(name, start, stop):
    """The words of a notebook between two of its phrases; and what its cells define by then."""
    [path] = NOTEBOOKS.glob(f"{name}_*.py")
    source = path.read_text(encoding="utf-8")
    words = re.sub(r"^# ?", "", source, flags=re.MULTILINE).split(start)[1].split(stop)[0]
    pytest.importorskip("matplotlib").use("agg")
    names = {"__name__": name}
    for cell in re.split(r"^# %%", source.split("program.equations(")[0], flags=re.MULTILINE):
        if not cell.startswith(" [markdown]"):
            exec(cell.partition("\n")[2], names)
    return words, names


def value(latex, known, axis=0):
    """What a formula comes to."""
    latex = re.sub(r"^(.*) / n$", r"\\frac{1}{n} \1", latex)
    text = re.sub(r"\\bigl|\\bigr|\\Bigl|\\Bigr", "", latex).replace(r"^\top", r"^{\top}")
    return Reader(known, axis)(text)


def pieces(program, inputs, columns):
    """The matrices of the program's equations, by short names such as W1, Z1, D1 and dW1."""
    _, known = computed(program, inputs, columns)
    forward = {f"{a}{k}": known[rf"\mathbf{{{a}}}_{{{k}}}"] for a in "WZ" for k in (1, 2)}
    forward |= {f"b{k}": known[rf"\mathbf{{b}}_{{{k}}}"] for k in (1, 2)}
    backward = {f"D{k}": known[rf"\Delta_{{{k}}}"] for k in (1, 2)}
    for p in ("W1", "W2", "b1", "b2"):
        backward[f"d{p}"] = known[rf"\frac{{\partial L}}{{\partial \mathbf{{{p[0]}}}_{{{p[1]}}}}}"]
    every = {"H1": known[r"\mathbf{H}_{1}"], "P": known[r"\mathbf{P}"], **forward, **backward}
    return every | {"X": known[r"\mathbf{X}"], "Y": known[r"\mathbf{Y}"], "L": known["L"]}


def test_the_formulas_for_one_hidden_layer():
    words, names = told("12", "As on some slides,", "The softmax and the cross entropy have long")
    x, y, slope = names["x"], names["y"], lambda m: 1 - m["H1"] ** 2
    program = names["compile"](
        lambda x, y: names["losses"].cross_entropy(names["net"](x), y),
        x=3, y=3, parameters=names["net"],
    )  # fmt: skip
    m = pieces(program, [np.tile(x.T, (N, 1)), np.tile(y.T, (N, 1))], columns=True)
    one = {k: a[:, [0]] for k, a in m.items() if k in ("X", "Y", "P", "H1", "Z1", "Z2")}
    delta = {1: N * m["D2"][:, [0]].T, 2: N * m["D1"][:, [0]].T}  # rows, counted from the output
    known = {
        r"\mathbf{W}_1": m["W1"], r"\mathbf{W}_2": m["W2"], r"\mathbf{x}": one["X"],
        r"\mathbf{y}": one["Y"], r"\hat{\mathbf{y}}": one["P"], r"\mathbf{h}_1": one["H1"],
        r"\phi'(\mathbf{z}_1)": slope(one), r"\delta_1": delta[1], r"\delta_2": delta[2],
    }  # fmt: skip
    by_program = {
        r"\delta_1": delta[1], r"\delta_2": delta[2], "W_2": m["dW2"], "b_2": m["db2"],
        "W_1": m["dW1"], "b_1": m["db1"],
    }  # fmt: skip
    formulas = [f for block in re.findall(r"\$\$(.*?)\$\$", words, re.DOTALL)
                for f in re.split(r",\s*\\q?quad", block)]  # fmt: skip
    compared = []
    for formula in formulas:
        left, *_, right = re.split(r"\s=\s", formula.strip().rstrip(".,"))
        parameter = re.search(r"partial \\mathbf\{(\w)\}(_\d)?\}", left)
        name = "".join(filter(None, parameter.groups())) if parameter else left.strip()
        found = value(right.strip(), known)
        if name == "x":  # the program's inputs have no gradient
            found_there = names["engine_gradients"](names["net"], names["inputs"])["x"]
        else:
            found_there = by_program[name]
        assert found == pytest.approx(np.array(found_there), rel=1e-9), formula
        compared.append(name)
    assert compared == [r"\delta_1", r"\delta_2", "W_2", "b_2", "W_1", "b_1", "x"]


@pytest.mark.parametrize("columns", [True, False], ids=["one example", "rows"])
def test_the_table_of_textbook_and_program(columns):
    words, names = told("14", "| one example, as a column |", "The program writes the middle")
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(N, 2)), np.eye(2)[rng.integers(2, size=N)]]
    if columns:  # N times the same, since a gradient is a mean
        rows = [np.tile(a[:1], (N, 1)) for a in rows]
    program = names["compile"](names["loss_of"], x=2, y=2, parameters=names["model"])
    m = pieces(program, rows, columns)
    scale = N if columns else 1
    if columns:
        m = {k: a[:, [0]] if k in ("X", "Y", "P", "H1", "Z1", "Z2", "D1", "D2") else a
             for k, a in m.items()}  # fmt: skip
    known = {rf"\mathbf{{{a}}}^{{[{k}]}}": m[f"{a}{k}"] for a in "Wb" for k in (1, 2)}
    known |= {rf"\mathbf{{W}}^{{[{k}]\top}}": m[f"W{k}"].T for k in (1, 2)}
    known |= {rf"\{d}^{{[{k}]}}": scale * m[f"D{k}"] for k in (1, 2) for d in ("delta", "Delta")}
    known |= {rf"\Delta^{{[{k}]\top}}": m[f"D{k}"].T for k in (1, 2)}
    letters = {"x": "X", "h": "H1", "z": "Z2", "y": "Y"}
    known |= {rf"\mathbf{{{a}}}": m[k] for a, k in letters.items()}
    known |= {rf"\mathbf{{{a.upper()}}}": m[k] for a, k in letters.items()}
    known |= {r"\hat{\mathbf{y}}": m["P"], r"\hat{\mathbf{Y}}": m["P"], "n": float(N)}
    wanted = {
        "h": m["H1"], "z": m["Z2"], r"\delta^{[2]}": scale * m["D2"], "W2": m["dW2"],
        "b2": m["db2"], r"\delta^{[1]}": scale * m["D1"], "W1": m["dW1"], "b1": m["db1"],
    }  # fmt: skip
    compared = []
    for line in words.splitlines()[2:]:
        cells = re.split(r"(?<!\\)\|", line.strip())
        if len(cells) < 4:
            continue
        left = cells[1].strip(" $").split(" = ")[0]
        parameter = re.search(r"partial \\mathbf\{(\w)\}\^\{\[(\d)\]\}", left)
        single = re.fullmatch(r"\\mathbf\{(\w)\}", left)
        name = "".join(parameter.groups()) if parameter else single[1] if single else left
        formula = cells[1 if columns else 2].strip(" $").split(" = ")[-1]
        if name not in wanted or " the " in f" {formula}":
            continue  # the softmax and the loss are sums; and some cells are words
        assert value(formula, known) == pytest.approx(wanted[name], rel=1e-9), formula
        compared.append(name)
    every = ["h", "z", r"\delta^{[2]}", "W2", "b2", r"\delta^{[1]}", "W1", "b1"]
    assert compared == (every if columns else [name for name in every if name[0] != "b"])
