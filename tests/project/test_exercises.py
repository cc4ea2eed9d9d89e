"""Each exercise's check takes right answers, and says what is wrong with others."""

import importlib.util
import math
import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from exercises import EXERCISES, exercises_of

from autograd_mini import (
    Value,
    exp,
    gradients,
    log,
    maximum,
    sin,
    softmax,
    sqrt,
    tanh,
    topological_order,
    where,
)
from nn.losses import binary_cross_entropy_with_logits

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
WORKED = re.compile(r"<summary>Answer</summary>(.*?)</details>", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```|`(my_answer = [^`]*)`", re.DOTALL)

every_exercise = pytest.mark.parametrize(
    ("notebook", "number"),
    [(name, i) for name, checks in EXERCISES.items() for i in range(1, len(checks) + 1)],
)


def source_of(notebook):
    [path] = NOTEBOOKS.glob(f"{notebook}_*.py")
    return path.read_text(encoding="utf-8")


def worked_answers(notebook):
    """What the folded answers of a notebook define as my_answer."""
    words = re.sub(r"^# ?", "", source_of(notebook), flags=re.MULTILINE)
    for answer in WORKED.findall(words):
        [(block, line)] = CODE.findall(answer)
        names = {}
        exec(block or re.sub(r"\s+", " ", line), names)
        yield names["my_answer"]


u, x = Value(3.0, "u"), Value(1.0, "x")
p = x * x
tripled = x + x + x


def still(parameters, rate):
    pass


def uphill(parameters, rate):
    for q in parameters:
        q.data += rate * q.grad


def without_clearing(parameters, rate):
    for q in parameters:
        q.data -= rate * q.grad


def edges_once(root):
    return sum(len(set(node.parents)) for node in topological_order(root))


def naive(root):
    gradient = {root: 1.0}

    def pass_on(node):
        for parent, local in zip(node.parents, node.partials, strict=True):
            gradient[parent] = gradient.get(parent, 0.0) + gradient[node] * local
            pass_on(parent)

    pass_on(root)
    return gradient


def by_the_library(root):
    nodes = topological_order(root)
    return dict(zip(nodes, gradients(root, nodes), strict=True))


def sorted_by_recursion(root):
    order, seen, gradient = [], set(), {root: 1.0}

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    for node in reversed(order):
        for parent, local in zip(node.parents, node.partials, strict=True):
            gradient[parent] = gradient.get(parent, 0.0) + gradient[node] * local
    return gradient


def trained_badly(model, data):
    model.parameters()[0].data += 1e-3


def trained(model, data):
    for _ in range(300):
        for x, y in data:
            model.zero_grad()
            binary_cross_entropy_with_logits(model(x), y).backward()
            for q in model.parameters():
                q.data -= 0.3 * q.grad


def plain_step(w, g, rate):
    return w - rate * g


def uncorrected_step(w, g, m, v, t):
    m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
    return [w - 0.1 * m / math.sqrt(v), m, v]


def corrected_as_if_first(w, g, m, v, t):
    m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
    return [w - 0.1 * (m / 0.1) / math.sqrt(v / 0.01), m, v]


def patient_after_each_fall(losses, patience):
    best = waited = 0
    for epoch, (before, loss) in enumerate(pairwise(losses), start=1):
        waited = 0 if loss < before else waited + 1
        best = epoch if loss < losses[best] else best
        if waited >= patience:
            break
    return best


def head(query, keys, values, length):
    scores = [sum(map(math.prod, zip(query, key, strict=True))) for key in keys]
    weights = softmax([score / math.sqrt(length) for score in scores])
    return sum(w * v for w, v in zip(weights, values, strict=True))


def transposed(W, delta, z):
    return [sum(w * d for w, d in zip(row, delta, strict=False)) for row in W]


def overflowing(z):
    return [math.exp(zi) / sum(math.exp(zj) for zj in z) for zi in z]


def shifted(z, by):
    return overflowing([zi - by for zi in z])


def unless_the_sign_is_the_label(w, x, y):
    z = sum(a * b for a, b in zip(w, x, strict=True))
    return w if (1 if z > 0 else -1) == y else [a + y * b for a, b in zip(w, x, strict=True)]


# {exercise: [(a wrong answer, what the check says of it)]}
WRONG = {
    ("01", 1): [
        ([0, -2, 2], "w2 has the right size and the wrong sign"),
        ([0, 2], "3 entries are expected (w1, w2, b), and there are 2"),
    ],
    ("01", 2): [([0, 1, 0], "w2 is too large"), (0.0, "(w1, w2, b), not float 0.0")],
    ("01", 3): [([4, 2, 4], "second is too small"), (12, "3 entries")],
    ("01", 4): [(1 / 6, "on the other side"), (0.5, "too large"), (-1 / 12, "wrong sign")],
    ("01", 5): [
        (still, "has not moved"),
        (uphill, "uphill"),
        (without_clearing, "would add to it"),
        (lambda ps: None, "raises TypeError"),
    ],
    ("01", 6): [
        (x + x, "called u"),
        (u + u, "2 contributions"),
        (u + u + u, "add up to 3"),
        ((u + 0 * u) - u, "is 0"),
    ],
    ("02", 1): [([1, 24], "Both operands"), ([2, 12], "a.grad is too small")],
    ("02", 2): [(6, "too large"), (1, "too small")],
    ("02", 3): [(0.25, "slope alone"), (2, "weight alone"), (1, "too large")],
    ("02", 4): [
        (edges_once, "For b = a + a: it gives 1, which is too small"),
        (lambda root: len(topological_order(root)), "For a leaf"),
        (lambda root: 1 / 0, "raises ZeroDivisionError"),
    ],
    ("02", 5): [(x + u, "2 leaves"), (x + x, "2 nodes"), (tripled * x, "4 paths")],
    ("03", 1): [("A", "something is missing"), ("AB", "1 of your 2"), ("E", "none of A, B")],
    ("03", 2): [(8, "right gradient"), (14, "too small")],
    ("03", 3): [(30, "topological"), (2**15, "how many paths"), (2**16, "too large")],
    ("03", 4): [
        (by_the_library, "On nodes that have .parents and .partials alone it raises"),
        (sorted_by_recursion, "too deep for your recursion"),
        (naive, "For p = x * x, y = p + 3 * p: the gradient of the node"),
        (lambda root: {root: 1.0}, "has no gradient"),
        (lambda root: 1.0, "not a dict"),
    ],
    ("03", 5): [(x * x, "are right"), (tanh(p), "are right")],
    ("04", 1): [
        ("1 / (2 * sqrt(1 + x**2))", "At x = -1.5 your formula gives"),
        ("2*x / sqrt(1 + x**2)", "same factor"),
        ("-x / sqrt(1 + x**2)", "wrong sign everywhere"),
        ("x / sqrt(1 + t**2)", "'t' has no number"),
        ("x /", "cannot be read as a formula in x"),
        ("log(x)", "has no value"),
    ],
    ("04", 2): [
        ("2*x*exp(3*x)", "one of the two ways"),
        ("6*x*exp(3*x)", "is not the product"),
        ("2*x*exp(3*x) + x**2*exp(3*x)", "inner derivative"),
        ("2x", "Write 2*x for 2x"),
    ],
    ("04", 3): [("x * x**(x - 1)", "through the base"), ("x**x * log(x)", "the exponent")],
    ("04", 4): [("1 / (1 + exp(x))", "At x = -1.5"), ("exp(x)", "too")],
    ("04", 5): [
        (lambda steps, x: math.prod(df(x) for _, df in steps), "For sin(x**2) at 0.5"),
        (lambda steps, x: sum(df(x) for _, df in steps), "For sin(x**2) at 0.5"),
    ],
    ("04", 6): [("0 * x", "f is 0"), ("exp(x)", "not f times cos x"), (math.exp, "raises")],
    ("05", 1): [(0.5, "prediction minus label"), (-1, "too small")],
    ("05", 2): [([0.36, 0.4, -0.36, -1.08], "delta_j has"), ([-1, 0.4, -1, -3], "delta_j is too")],
    ("05", 3): [("ABCD", "1 of your 4"), ("BC", "something is missing")],
    ("05", 4): [("ABCD", "1 of your 4"), ("C", "something is missing")],
    ("05", 5): [
        (still, "have not moved"),
        (trained_badly, "of the nine points are wrong, and a line could divide them: take more"),
    ],
    ("06", 1): [([24, 2], "add up"), ([12, 14], "first is too small")],
    ("06", 2): [(144, "micrograd"), (24, "one pass"), (48, "too small")],
    ("06", 3): [([14, 14], "short is too large"), ([10, 7], "spelled-out is too small")],
    ("06", 4): [
        (lambda n, sizes: n * sum(sizes), "For MLP(2, [16, 16, 1])"),
        (lambda n, sizes: None, "Expected a number"),
    ],
    ("06", 5): [
        (x * x, "twice its gradient"),
        (x + u, "twice its gradient"),
        (x, "no node in between"),
    ],
    ("07a", 1): [(16, "XOR is one"), (15, "opposite"), (10, "too small")],
    ("07a", 2): [([2.5, 0.75, 1.5], "whose label is -1"), ([-1.5, -1.25, 0.5], "b has")],
    ("07a", 3): [
        (lambda w, x, y: w, "For a mistake with label 1"),
        (
            lambda w, x, y: [a + y * b for a, b in zip(w, x, strict=True)],
            "For an example that is right already",
        ),
        (unless_the_sign_is_the_label, "For a score of 0, label -1"),
    ],
    ("07a", 4): [
        ([[1, 1, -0.5], [-1, -1, 1.5], [1, 1, -1.5]], "At (0, 1) it gives -0.5"),
        ([[1, 1], [1, 1], [1, 1]], "Expected 3 rows of 3 numbers"),
    ],
    ("07a", 5): [
        (lambda x: x[0] * x[1], "no threshold"),
        (lambda x: x, "Expected a number for the feature of [0.0, 0.0], got list"),
        (lambda x: x[0] == 1, "no threshold"),
    ],
    ("07b", 1): [([0.5, 0.5], "slope is too large"), ([0, 0.25], "probability is too small")],
    ("07b", 2): [(0.16, "third label is 0"), (1.427, "its logarithm"), (1.7, "too large")],
    ("07b", 3): [("y - 1/(1 + exp(-z))", "wrong sign everywhere"), ("z - y", "At z = -2, y = 0")],
    ("07b", 4): [
        (overflowing, "For [1000.0, 0.0] it raises OverflowError"),
        (lambda z: z, "For [0.0, 0.0]: entry 0 is too small"),
        (lambda z: shifted(z, z[0]), "For [0.0, 4000.0] it raises OverflowError"),
        (lambda z: shifted(z, sum(z) / len(z)), "For [0.0, 4000.0] it raises OverflowError"),
        (lambda z: shifted(z, max(map(abs, z))), "For [-2000.0, -2001.0] it raises ZeroDivision"),
        (
            lambda z: overflowing([max(-500.0, min(zi, 500.0)) for zi in z]),
            "For [-2000.0, -2001.0]: entry 0 is too small",
        ),
    ],
    ("07b", 5): [
        ([(1, 0), (2, 1), (3, 0), (4, 1)], "comes to rest"),
        ([(1, 0), (2, 0), (3, 0), (4, 0)], "Both labels"),
        ([(2, 0), (2, 0), (2, 1), (2, 1)], "comes to rest"),
        ([(1, 0)], "Expected 4 rows of 2 numbers"),
    ],
    ("07c", 1): [(9, "how many points"), (7, "bends are inside"), (6, "too small")],
    ("07c", 2): [(68, "too small"), (769, "too large")],
    ("07c", 3): [([[4, 2], [1, 1]], "it is left"), ([[2, 4], [1, 1]], "too small")],
    ("07c", 4): [
        ([[0, 1, 1], [-1, -1, 1], [1, -1, 1], [1, 1, 1, -3.5]], "origin is outside"),
        ([[0, 1, 1], [0, 1, 1], [1, -1, 1], [1, 1, 1, -2.5]], "no end in the direction"),
        ([[0, 1, 1], [1, 0, 1], [1, -1, 1], [-1, -1, -1, 3.5]], "direction"),
    ],
    ("07c", 5): [
        ([1, 1, 1, 1, 1, -4.5], "outside"),
        ([1, 1, 1, 1, 1, -2.5], "inside"),
        ([1, 1, 1, 1, 1], "Expected a row of 6 numbers"),
    ],
    ("08", 1): [
        ("x * sigmoid(x)", "At x"),
        ("1/(1 + exp(-x))", "one of the two ways"),
        ("x * sigmoid(x) * (1 - sigmoid(x))", "one of the two ways"),
        ("sigmoid(x) * (1 - sigmoid(x))", "is not the product"),
        ("sigmoid(x)^2", "a power is written **"),
    ],
    ("08", 2): [
        ([0.01, 1], "derivatives by x"),
        ([-0.02, 3], "outputs"),
        ([2, 0], "left has the right size"),
    ],
    ("08", 3): [(4, "the square of the length"), ("sqrt(8)", "Half of the slopes"), (8, "large")],
    ("08", 4): [(0.25, "one neuron"), (1e-6, "rounded"), ("0.25^10", "a power is written **")],
    ("08", 5): [
        (lambda x: where(x > 0, log(x), 0.0), "raises DomainError"),
        (log, "raises DomainError"),
        (lambda x: 0.0, "For x = 2 the result is too small"),
        (lambda x: math.log(x.data) if x.data > 0 else 0.0, "the gradient is too small"),
    ],
    ("08", 6): [
        ("x", "straight line"),
        ("relu(x)", "the slope is 0"),
        ("exp(x)", "f(0) is not 0"),
        ("2 * x", "the slope is 2"),
    ],
    ("09", 1): [([4, 4], "second is too large"), ([2.5, 2.5], "first is too small")],
    ("09", 2): [(1, "too large"), (-0.1, "too small")],
    ("09", 3): [(0, "one-hot"), (-0.8018, "wrong sign"), (1.0986, "too large")],
    ("09", 4): [("k - exp(z)", "wrong sign everywhere"), ("z - k", "At z = -1, k = 0")],
    ("09", 5): [
        (lambda z: -math.log(1 + math.exp(-z)), "For z = -800 it raises OverflowError"),
        (lambda z: z - math.log(1 + math.exp(z)), "For z = 800 it raises OverflowError"),
    ],
    ("10", 1): [(0.1, "best rate"), (2, "too large")],
    ("10", 2): [(9, "too small"), (0.9, "too small")],
    ("10", 3): [(-0.1, "against the gradient"), (0.3, "step of SGD"), (3, "too large")],
    ("10", 4): [
        (plain_step, "For the first step it raises TypeError"),
        (uncorrected_step, "For a second step: entry 0"),
        (corrected_as_if_first, "For a second step: entry 0"),
    ],
    ("10", 5): [("(w - 1)**2", "stays there"), ("0.25 * w**2", "It goes from 1 to 0.5")],
    ("10b", 1): [(30, "not yet a third"), (20, "too small")],
    ("10b", 2): [
        ("1 - share", "It starts at 1"),
        (lambda share: min(share / 0.2, 1.0), "At share = 0.5 your formula gives 1"),
        (lambda share: 1 / 0, "raises ZeroDivisionError"),
    ],
    ("10b", 3): [
        ([1, -1, 1], "another direction"),
        ([0.25, -1 / 3, 1], "the largest entry"),
        ([3 / 19, -4 / 19, 12 / 19], "sum of the sizes"),
        ([3 / 13, 4 / 13, 12 / 13], "second has the right size and the wrong sign"),
    ],
    ("10b", 4): [(0, "not a parabola"), (4, "too large")],
    ("10b", 5): [(0.5, "the probability"), (0.125, "one of the two answers")],
    ("11", 1): [
        ("a - 0.5", "lasso's"),
        ("a / 0.5", "same factor"),
        ("1.5 * a", "same factor"),
        ("0.667 * a", "nearly right"),
    ],
    ("11", 2): [
        ("a - 0.5", "At a = -1.5"),
        ("a / 1.5", "At a = -0.5"),
        ("a - 0.5 * sign(a)", "At a = 0.25"),
    ],
    ("11", 3): [(0.8, "in which it stays"), (0.25, "by how much it grew"), (1, "too large")],
    ("11", 4): [
        (lambda w, g, rate, decay: w - rate * g, "For w = 2, g = 0: it gives 2.0"),
        (lambda w, g, rate, decay: w * (1 - decay) - rate * g, "which is too small"),
        (lambda w, g, rate, decay: (1 - rate * decay) * (w - rate * g), "For w = -1, g = 3"),
    ],
    ("11", 5): [
        (lambda losses, patience: losses.index(min(losses)), "For losses that turn"),
        (lambda losses, patience: 1, "For losses that fall"),
        (patient_after_each_fall, "For a loss that falls, but not below the best"),
    ],
    ("12", 1): [([-1, -3], "W times delta"), ([1, 1], "second has")],
    ("12", 2): [
        ([[2, -1], [0, 0], [6, -3]], "2 entries"),
        ([[2, 0, 6], [1, 0, 3]], "row: entry 0"),
    ],
    ("12", 3): [([1000, 2000], "slopes"), ([1000, 1000], "too small")],
    ("12", 4): [
        (lambda D, X: [[sum(d) for d in D]], "For one example"),
        (lambda D, X: [[d * a for a in X[0]] for d in D[0]], "For two examples"),
    ],
    ("12", 5): [(transposed, "For two neurons"), (lambda W, d, z: d, "For two neurons")],
    ("13", 1): [
        ("-ln(0.3125)", "of the mean probability"),
        (0.3125, "minus a logarithm"),
        ("ln(16)", "the sum"),
    ],
    ("13", 2): [([0.1, 0.7, 0.2], "third is too large"), ([-0.1, 0.7, -0.8], "first has")],
    ("13", 3): [(1880, "biases"), (1510, "two hidden layers"), (1000, "too small")],
    ("13", 4): [(lambda x: [-1.0, *x[:-1]], "entry 0"), (lambda x: [*x[1:], -1.0], "entry 7")],
    ("13", 5): [
        (lambda x, g, s: [a + s * b for a, b in zip(x, g, strict=True)], "For three pixels"),
        (lambda x, g, s: [a - s * (b > 0) + s * (b < 0) for a, b in zip(x, g)], "wrong sign"),
        (lambda x, g, s: [a + s * ((b > 0) - (b < 0)) for a, b in zip(x, g)], "at their limits"),
    ],
    ("14", 1): [("B", "something is missing"), ("BCE", "1 of your 3")],
    ("14", 2): [
        ([[200, 32], [200, 10], [200, 32], [64, 32]], "dW_1: entry 0 is too large"),
        ([200, 32], "4 entries"),
    ],
    ("14", 3): [
        ([3, 3], "How do the error terms"),
        ([3, 6], "not asked for"),
        ([2, 3], "forward is too small"),
    ],
    ("14", 4): [
        (lambda X, W, b: X, "For one example"),
        (lambda X, W, b: [[0.0 for _ in W] for _ in X], "entry 0: entry 0"),
    ],
    ("14", 5): [
        (lambda x: x[0] if x[0] > x[1] else x[1], "compile says: "),
        (max, "a branch on a traced number"),
        (lambda x: x[0] + x[1] + x[2], "is too large"),
    ],
    ("15", 1): [(0, "right derivative"), (0.25, "one of the two edges"), (2, "too large")],
    ("15", 2): [("ABCD", "2 of your 4"), ("B", "something is missing")],
    ("15", 3): [(1, "multiplied by t"), (7, "too large")],
    ("15", 4): [
        (lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h), "For x**3 at 2"),
        (lambda f, x, h: 3 * x**2 if x == 2 else 5 * x**4, "For x**5 at 1, h = 1"),
    ],
    ("15", 5): [
        (lambda x1, x2: (x2, x1), "the partials are right"),
        (lambda x1, x2: (x2, x2), "the rule of this page"),
        (lambda x1, x2: (x1, -x1), "a test would find it: entry 1 has the right size"),
    ],
    ("20", 1): [([0.25, 0.75], "first is too small"), ([0.5, 0.5], "first is too small")],
    ("20", 2): [([2.25, -0.25], "mean is missing"), ([0.75, 0.75], "second has")],
    ("20", 3): [([1, 0], "weight is too large"), ([0.5, 1], "gradient is too large")],
    ("20", 4): [(2048, "What share"), (0.9, "too large")],
    ("20", 5): [
        (lambda q, keys, values: sum(values) / len(values), "For two keys"),
        (lambda q, keys, values: head(q, keys, values, len(keys)), "For two keys"),
        (lambda q, keys, values: 0.0, "too small"),
    ],
}

MORE_RIGHT = {
    ("01", 1): [(Fraction(0), Value(2.0), -2)],
    ("01", 4): [Fraction(1, 12), 0.0833, Value(1 / 12), "1/12"],
    ("03", 1): [["c", "a"], {"A", "C"}, "A, C", "A and C", "a; c"],
    ("04", 1): [lambda x: x / sqrt(1 + x * x), "(1 + x**2)**-0.5 * x"],
    ("04", 6): ["-3 * exp(sin(x))", lambda x: exp(sin(x))],
    ("07a", 5): [
        lambda x: abs(x[0] - x[1]),
        lambda x: 2 * x[0] * x[1] - x[0] - x[1],
        lambda x: x[0] != x[1],
    ],
    ("05", 5): [trained],
    ("09", 1): [(4.0, 2), [4, 3]],
    ("10", 5): ["w**2", lambda w: (w - 5) ** 2, "max(2*w, -2*w)"],
    ("10b", 2): ["where(share < 0.2, share / 0.2, 1.25 * (1 - share))"],
    ("10b", 3): [[0.2308, -0.3077, 0.9231]],
    ("11", 2): ["sign(a) * max(abs(a) - 0.5, 0)", "min(a + 0.5, max(a - 0.5, 0))"],
    ("11", 3): ["1/5", 1 - 2 / 2.5],
    ("13", 1): [1.386, "2 * ln(2)"],
    ("07b", 3): ["σ(z) − y"],
    ("07b", 5): [[[5, 0], [4, 0], [3, 1], [2, 1]], [[1, 0], [2, 0], [2, 1], [3, 1]]],
    ("07c", 4): [[[0, 1, 30], [-1, -1, 90], [1, -1, 90], [1, 1, 1, -2.5]]],
    ("07c", 5): [(2, 2, 2, 2, 2, -7)],
    ("08", 1): ["σ(x) + x * σ(x) * (1 - σ(x))"],
    ("08", 6): [lambda x: where(x > 0, x, 0.2 * x), "leaky_relu(x, 0.5)"],
    ("14", 2): [[(200, 32), (200, 10), (200, 32), (32, 64)]],
    ("14", 5): [lambda x: maximum(*x)],
    ("20", 4): ["2048/4192", 0.4885],
    ("20", 5): [lambda q, keys, values: head(q, keys, values, len(q))],
}

SILLY = [
    None,
    True,
    "",
    "banana",
    "__import__('os')",
    b"x",
    [],
    {},
    [[]],
    [None] * 3,
    math.nan,
    math.inf,
    [math.nan] * 3,
    1j,
    10**400,
    object(),
    Value,
    print,
    lambda: 1,
    lambda *anything: None,
    lambda *anything: [anything],
]


@pytest.mark.parametrize("notebook", EXERCISES)
def test_every_worked_answer_is_right(notebook):
    check = exercises_of(notebook)
    verdicts = [check(i, answer) for i, answer in enumerate(worked_answers(notebook), start=1)]
    assert [verdict.text for verdict in verdicts] == [
        f"Exercise {i}: right." for i in range(1, len(EXERCISES[notebook]) + 1)
    ]
    assert len(verdicts) >= 5


@pytest.mark.parametrize("notebook", EXERCISES)
def test_a_notebook_has_an_empty_cell_a_hint_and_an_answer_for_each_exercise(notebook):
    source, count = source_of(notebook), len(EXERCISES[notebook])
    assert f'check = exercises_of("{notebook}")' in source
    asked = re.findall(
        r"^# %%\nmy_answer = \.\.\.\ncheck\((\d+), my_answer\)$", source, re.MULTILINE
    )
    assert [int(number) for number in asked] == list(range(1, count + 1))
    assert source.count("<details><summary>Hint</summary>") == count
    assert source.count("<details><summary>Answer</summary>") == count
    assert source.count("</details>") == 2 * count


@every_exercise
def test_a_wrong_answer_is_told_where_it_goes_wrong(notebook, number):
    assert len(WRONG[notebook, number]) >= 2
    for answer, told in WRONG[notebook, number]:
        verdict = exercises_of(notebook)(number, answer)
        assert not verdict.right
        assert verdict.text.startswith(f"Exercise {number}: not yet. ")
        assert told in verdict.text


@pytest.mark.parametrize(("notebook", "number"), MORE_RIGHT)
def test_an_answer_may_be_written_otherwise(notebook, number):
    for answer in MORE_RIGHT[notebook, number]:
        verdict = exercises_of(notebook)(number, answer)
        assert verdict.right, verdict.text


@every_exercise
def test_a_silly_answer_is_wrong_and_raises_nothing(notebook, number):
    check = exercises_of(notebook)
    for answer in SILLY:
        verdict = check(number, answer)
        assert not verdict.right, answer
        assert re.fullmatch(rf"Exercise {number}: not yet\. \S.*", verdict.text, re.DOTALL)
        assert len(verdict.text) < 400


def test_a_formula_may_say_ln_and_have_powers_of_ten():
    assert exercises_of("04")(3, "x**x * (ln(x) + 10e-1 + 1e-300*x)").right


def test_no_answer_is_not_a_mistake():
    verdict = exercises_of("01")(1, ...)
    assert (verdict.right, repr(verdict)) == (False, "Exercise 1: no answer yet.")


def test_an_exercise_that_does_not_exist_is_told():
    with pytest.raises(KeyError, match="notebook 01 has exercises 1 to 6, not 7"):
        exercises_of("01")(7, 1.0)
    with pytest.raises(KeyError, match="99"):
        exercises_of("99")


def test_exercises_need_no_more_than_the_library(monkeypatch):
    assert importlib.util.find_spec("exercises").origin == str(NOTEBOOKS / "exercises.py")
    source = (NOTEBOOKS / "checks.py").read_text() + (NOTEBOOKS / "exercises.py").read_text()
    assert not re.search(r"^\s*(import|from) (numpy|matplotlib|torch)", source, re.MULTILINE)
