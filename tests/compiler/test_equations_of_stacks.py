"""Arrays of more than two axes as mathematics: stacks of matrices, with letters for the examples
and heads. What the equations say is computed, and compared with the program."""

import re
from random import Random

import numpy as np
import pytest
from test_equations import ABOVE, ZOO, N, computed

import nn
from autograd_mini import Value, compile, fsum
from examples.scalar_gpt import GPT

ATTENTION = [
    "self_attention", "causal_attention", "grouped_query_attention", "latent_attention",
    "cross_attention", "relative_bias", "gpt_block", "perceiver", "lora", "kronecker",
    "lenet", "depthwise_separable", "network_in_network", "masked_graph",
    "vision_transformer", "score_matching", "heat_equation", "haar",
]  # fmt: skip


class Deep(GPT):
    """A GPT of several layers, which share their weights but not their numbers."""

    def __init__(self, layers, **rest):
        super().__init__(**rest)
        self.layers = layers

    def masked(self, tokens):
        for _ in range(self.layers - 1):
            tokens = super().masked(tokens)
        return super().masked(tokens)


def gpt(layers):
    size = 3
    model = Deep(layers, block=2, embedding=4, heads=2, rng=Random(0), vocabulary=size)
    for p in model.parameters():
        p.data *= 10
    shapes = {"tokens": (2, size), "targets": (2, size)}
    program = compile(model.masked_loss, parameters=model, shapes=shapes, backend="numpy")
    draw = np.random.default_rng(0)
    one_hot = np.eye(size)[draw.integers(size, size=(2, N, 2))]
    return program, [one_hot[0], one_hot[1] / 2]


def convolution():
    model = nn.Sequential(nn.Conv2d(2, 2, 2, activation="tanh"), nn.flatten)
    program = compile(
        lambda x: fsum([v * v for v in model(x)]), x=(2, 3, 3), parameters=model, backend="numpy"
    )
    return program, [np.random.default_rng(1).normal(size=(N, 2, 3, 3))]


def of_zoo(key):
    program = ZOO[key].compiled("numpy")
    examples = ZOO[key].examples(N)
    return program, [np.array([x[name] for x in examples], float) for name in program.inputs]


CODED = (
    "gpt_block",
    "perceiver",
    "relative_bias",
    "vision_transformer",
    "heat_equation",
    "haar",
)  # parts of which are code
PROGRAMS = {
    "gpt of 1 layer": lambda: gpt(1),
    "gpt of 2 layers": lambda: gpt(2),
    "convolution": convolution,
    **{key: lambda key=key: of_zoo(key) for key in ATTENTION},
}


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_equations_give_the_loss_and_the_gradients(name, columns):
    program, inputs = PROGRAMS[name]()
    page, known = computed(program, inputs, columns)
    loss, gradients = program.value_and_grad(*inputs)
    assert np.ravel(known["L"])[0] == pytest.approx(loss, rel=1e-10)
    left = {e.name: re.sub(ABOVE, "", e.latex.split(" = ", 1)[0]) for e in page.every}
    compared = 0
    for parameter, gradient in zip(program.parameters, gradients):
        found = known.get(left.get(f"d{parameter}"))
        if found is not None:
            scale = np.abs(gradient).max()
            assert np.ravel(found) == pytest.approx(np.ravel(gradient), rel=1e-9, abs=1e-11 * scale)
            compared += 1
    assert 2 * compared >= len(gradients)  # some have a number, such as gains2


@pytest.mark.parametrize("name", [n for n in PROGRAMS if n not in CODED])
def test_all_of_it_is_mathematics(name):
    program, _ = PROGRAMS[name]()
    code = [e.latex for e in program.equations().every if r"\mathtt" in e.latex]
    assert all("zeros" in text for text in code)  # but gradients that are put side by side


# -- as textbooks write it ------------------------------------------------------------------------


def written(every):
    """name -> equation, without the marks that only typeset it."""
    found = {}
    for equation in every:
        text = re.sub(
            r"\\frac\{\\partial L\}\{\\partial (.*?\}?)\}(?= |$|\\|\^)", r"d\1", equation.latex
        )
        text = text.replace(r"\mathrm", "").replace(r"\mathbf", "").replace(r"\,", "")
        text = re.sub(r"\^\{(\([\w,]*\))\\top\}", r"^{\1}'", text).replace(r"^{\top}", "'")
        text = re.sub(r"\\(operatorname|Delta)", lambda m: "D" * (m[1] == "Delta"), text)
        found[equation.name] = re.sub(r" +", " ", re.sub(r"[{}]|\^(?=\{?\()", "", text))
    return found


def test_attention_with_heads_is_a_textbook_s():
    page = of_zoo("causal_attention")[0].equations()
    equations = written(page.every)
    assert [equations[name] for name in ("z7", "z6", "s", "p", "z8", "s2", "z5")] == [
        "Z_7(i,h) = X(i) Q(h)'",
        "Z_6(i,h) = X(i) K(h)'",
        "S(i,h) = Z_7(i,h) Z_6(i,h)'",
        "P(i,h) = softmax(H_2(i,h))",
        "Z_8(i,h) = X(i) V(h)'",
        "S_2(i,h) = P(i,h) Z_8(i,h)",
        r"Z_5(i) = \sum_h=1^2 S_2(i,h) O(h)' - Y(i)",
    ]
    assert r"\frac1\sqrt2 S(i,h)" in equations["h2"]
    assert [equations[name] for name in ("ds2", "dz8", "dz7", "dz6")] == [
        "dS_2(i,h) = D_5,2(i) O(h)",
        "D_8(i,h) = P(i,h)' dS_2(i,h)",
        "D_7(i,h) = G_2(i,h) Z_6(i,h)",
        "D_6(i,h) = G_2(i,h)' Z_7(i,h)",
    ]
    assert equations["dQ"] == r"dQ(h) = \sum_i=1^n D_7(i,h)' X(i)"
    [z7] = [e for e in page.every if e.name == "z7"]
    assert z7.place == r"\mathbb{R}^{4 \times 2}, \quad i = 1, \ldots, n, \ h = 1, \ldots, 2"
    assert z7.part == "[i - 1, :, h - 1, :]"


def test_the_where_list_says_which_part_belongs_to_a_head():
    page = of_zoo("causal_attention")[0].equations()
    symbol, shape, about = page.where["Q[2 * h - 2:2 * h, :]"]
    assert (symbol, shape) == (r"\mathbf{Q}^{(h)}", r"\mathbb{R}^{2 \times 4}")
    assert r"h = 1, \ldots, 2" in about
    assert page.where["O[:, 2 * h - 2:2 * h]"][0] == r"\mathbf{O}^{(h)}"
    assert page.note.endswith("counted from 1, say which")
    assert of_zoo("causal_attention")[0].equations(True).note.endswith("of one example is a row")


def test_a_convolution_is_of_patches():
    program = of_zoo("lenet")[0]
    where = {symbol: code for code, (symbol, _, _) in program.equations().where.items()}
    assert where[r"\mathrm{picture}^{(i,h,j)}"] == "picture[i - 1, h - 1:h + 2, j - 1:j + 2]"
    text = str(program.equations())
    assert r"\langle \mathbf{W}_{1}^{(k)}, " in text


def test_rows_are_normed_one_by_one():
    equations = written(gpt(1)[0].equations().every)
    normed = [text for text in equations.values() if "sqrt" in text and "10^-5" in text]
    assert len(normed) == 3
    assert all(
        re.search(r"\(\w+\(i\)\)\^\\odot 2 1|\(\w+(_\d+)?\(i\)\)\^\\odot 2 1", t) for t in normed
    )


def test_a_row_less_is_written_with_all_its_letters():
    """A contraction that is not a product of matrices."""
    A = [[[Value(0.1 * (i + 2 * j - k)) for k in range(3)] for j in range(2)] for i in range(4)]

    def loss(x, y):
        return fsum([fsum([A[i][j][k] * x[k] * y[j] for j in range(2) for k in range(3)]) ** 2
                     for i in range(4)])  # fmt: skip

    program = compile(loss, x=3, y=2, parameters={"A": A}, backend="numpy")
    draw = np.random.default_rng(2)
    inputs = [draw.normal(size=(N, 3)), draw.normal(size=(N, 2))]
    _, known = computed(program, inputs, False)
    assert known["L"].item() == pytest.approx(program.value_and_grad(*inputs)[0])


# -- the page -------------------------------------------------------------------------------------


def test_a_page_shows_letters_typeset(tmp_path):
    html = of_zoo("causal_attention")[0].save(tmp_path / "heads.html").read_text()
    assert "<mtext>\\" not in html
    assert html.count("<math") > 30


def test_a_model_of_sequences_can_be_pickled_with_its_equations():
    import pickle

    program = of_zoo("self_attention")[0]
    assert pickle.loads(pickle.dumps(program)).equations() == program.equations()
