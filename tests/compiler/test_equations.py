"""A program as mathematics. What the LaTeX says is computed here by a reader of its own, which
knows matrices, and compared with the program and with the matrix equations of lecture slides."""

import pickle
import re
from functools import lru_cache
from itertools import groupby, product
from operator import eq, ge, gt, le, lt
from random import Random

import numpy as np
import pytest
from extent import IN_CI, WHOLE
from zoo import zoo

import nn
from autograd_mini import Value, asin, compile, dot, exp, fsum, sigmoid, softplus, sqrt
from nn import losses

N = 5  # examples
ZOO = zoo()
EVERY = [*ZOO] if WHOLE else [*ZOO][:: 3 if IN_CI else 7]

# -- a reader of LaTeX ----------------------------------------------------------------------------

ONES, TURNED = object(), object()
FUNCTIONS = {
    "tanh": np.tanh,
    "exp": np.exp,
    "ln": np.log,
    "sigma": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: np.maximum(z, 0),
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "arccos": np.arccos,
    "arcsin": np.arcsin,
    "arctan": np.arctan,
    "sgn": np.sign,
    "softplus": lambda z: np.logaddexp(0, z),
    "silu": lambda z: z / (1 + np.exp(-z)),
}

READ = {"softmax", "logsumexp", "relu", "sgn", "where", "clip"}
LISTED = re.compile(r"\[(:,\\ )?i\d*\]")
RELATIONS = {"<": lt, ">": gt, r"\le": le, r"\ge": ge, "=": eq}
SEVERAL = {
    "max": np.maximum,
    "min": np.minimum,
    "where": np.where,
    "clip": lambda x, low, high: np.clip(x, low, high),
}


NAME = r"(?:\\math(?:bf|rm)\{[^{}]*\}|\\[dD]elta|[A-Za-z])"
INDEXED = NAME + r"_\{(?:[\d,]+,)?(?:[a-z](?:[+-]\d+)?|\d+)\}'*"  # H_{t}, H_{2,t-1}, H_{6}
INDEXED = rf"\\frac\{{\\partial L\}}\{{\\partial {INDEXED}\}}'*|{INDEXED}"


def at_step(symbol, letter, t):
    """The symbol with a number in place of its index."""
    place = rf"(?:(?<=_\{{)|(?<=,)){letter}([+-]\d+)?(?=\}})"
    return re.sub(place, lambda match: str(t + int(match[1] or 0)), symbol)


def tokens(symbols):
    """What LaTeX with these symbols is made of."""
    symbols = sorted(map(re.escape, symbols), key=len, reverse=True)
    return re.compile("|".join([INDEXED, *symbols, r"\\\\|\\[A-Za-z]+|\\,|\d+\.?\d*|\S"]))


FRACTION = r"\\frac\{\\partial L\}\{\\partial "
ABOVE = r"\^\{\(([\w,]+)\)(\\top)?\}"  # letters


class Stacks:
    """Arrays, and what parts of them symbols with letters are.

    Attributes:
        arrays: symbol -> array.
        parts: (symbol, how many letters) -> letters, and an index in Python that has them.
    """

    def __init__(self):
        self.arrays, self.parts = {}, {}

    def name(self, symbol, code):
        """Say what part of an array a symbol with letters is."""
        base, letters = self.split(symbol)
        self.parts[base, len(letters)] = letters, code

    @staticmethod
    def split(symbol):
        match = re.search(ABOVE, symbol)
        return symbol.replace(match[0], ""), match[1].split(",")

    def read(self, base, of_any_step, letters, index):
        numbers = [index[c] for c in letters]
        none = self.parts.get((of_any_step, len(letters)), ("", ""))
        own, code = self.parts.get((base, len(letters)), none)
        if (array := self.arrays.get(base)) is None:
            array = self.arrays[base.rstrip("'")]
        if code:
            places = [i for i, at in enumerate(code[1:].split(",")) if at.strip(" ]") == "i - 1"]
            if array.ndim == 2 and places and array.shape[places[0]] != N:  # an example a column
                array = array.T
            value = eval(f"array{code}", {"array": array, "n": N, **dict(zip(own, numbers))})
        else:
            value = array[tuple(np.array(numbers) - 1)]
        value = np.squeeze(value) if np.ndim(value) > 2 else value
        return np.reshape(value, (-1, 1)) if code.endswith(".T") and np.ndim(value) == 1 else (
            np.atleast_2d(value)
        )  # fmt: skip

    def write(self, base, letters, code, values):
        """The array, from the values of its parts, for numbers in place of the letters."""
        index = re.findall(r"\[(.*)\]", code)[0].split(", ")
        turned, places = code.endswith(".T"), []
        for numbers, value in values.items():
            value = value.T if turned else value
            sizes = [n for n, i in zip(value.shape[::-1], [i for i in index[::-1] if ":" in i])]
            at, sizes = [], sizes[::-1]
            for i in index:
                bounds = [eval(p, dict(zip(letters, numbers))) if p else None for p in i.split(":")]
                size = sizes.pop(0) if ":" in i else 1
                first = bounds[0] or 0
                at.append(slice(first, first + size) if ":" in i else first)
            places.append((tuple(at), value))
        shape = [
            max(at[d].stop if at[d].__class__ is slice else at[d] + 1 for at, _ in places)
            for d in range(len(index))
        ]
        array = self.arrays[base] = np.zeros(shape)
        for at, value in places:
            array[at] = np.reshape(value, array[at].shape)


class Reader:
    """Computes a formula of matrices.

    Args:
        known: symbol in LaTeX -> matrix.
        axis: along which an example lies.
        index: letters -> numbers.
        pattern: of its tokens, if they are more.
    """

    def __init__(self, known, axis, index=(), pattern=None, parts=None):
        self.known, self.axis, self.index = known, axis, dict(index)
        self.pattern = pattern or tokens(known)
        self.parts = parts

    def __call__(self, text):
        self.places = []
        text = re.sub(rf"({FRACTION}.*?){ABOVE}(\}}'*)", r"\1\4^{(\2)\3}", text)
        text = re.sub(ABOVE, self.place, text)
        self.tokens = [t for t in self.pattern.findall(text) if t != r"\,"]
        value = self.sum()
        assert not self.tokens, self.tokens
        return value

    def place(self, match):
        """Letters above a symbol, as two tokens after it."""
        self.places.append(match[1].split(","))
        return f"@{chr(0xE000 + len(self.places) - 1)}" + r"^{\top}" * bool(match[2])

    def peek(self):
        return self.tokens[0] if self.tokens else ""

    def take(self, *expected):
        token = self.tokens.pop(0)
        assert not expected or token in expected, (token, expected, self.tokens)
        return token

    def sum(self):
        sign = -1 if self.peek() == "-" and self.take() else 1
        value = sign * self.hadamard()
        while self.peek() in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            value = value + sign * self.hadamard()
        return value

    def hadamard(self):
        value = self.product()
        while self.peek() in (r"\odot", r"\oslash"):
            value = value * self.product() if self.take() == r"\odot" else value / self.product()
        return value

    def product(self):
        factors = [self.power()]
        while self.peek() and self.peek() not in (
            "+", "-", "&", r"\\", r"\end", r"\right", r"\odot", r"\oslash", ")", "]", "}", ",",
            *RELATIONS, r"\rangle", r"\rVert", r"\rvert",
        ):  # fmt: skip
            factors.append(self.power())
        is_single = [x is not ONES and x is not TURNED and np.size(x) == 1 for x in factors]
        rest = [x for x, one in zip(factors, is_single) if not one]
        for k in range(len(rest) - 1, 1, -1):  # A 1 b: the sums of A's rows come first
            if rest[k - 1] is ONES:
                rest[k - 2 : k] = [rest[k - 2].sum(axis=1, keepdims=True)]
        if rest and (rest[0] is ONES or rest[-1] is TURNED):  # 1' a, of a single a
            rest, is_single = factors, []
        single = [x for x, one in zip(factors, is_single) if one]
        value = rest.pop() if rest else 1.0
        while rest:
            value = self.times(rest.pop(), value)
        for x in single:
            value = value * x
        return value

    def times(self, a, b):
        if a is TURNED:
            return b.sum(axis=0, keepdims=True)
        if b is ONES:
            return a.sum(axis=1, keepdims=True)
        return a * b if 1 in (np.size(a), np.size(b)) else a @ b

    def power(self):
        value = self.atom()
        while self.peek() == "^":
            self.take("^"), self.take("{")
            if self.peek() == r"\top":
                self.take()
                value = TURNED if value is ONES else np.transpose(value)
            else:
                if self.peek() == r"\odot":
                    self.take()
                else:
                    assert np.size(value) == 1
                value = value ** self.sum()
            self.take("}")
        return value

    def sum_over_steps(self):
        assert [self.take() for _ in "_{"] == ["_", "{"]
        letter = self.take()
        first = [self.take() for _ in "=1}^{"][1]
        last = self.take()
        self.take("}")
        total, tokens = 0.0, self.tokens
        for t in range(int(first), (N if last == "n" else int(last)) + 1):
            self.tokens, self.index[letter] = [*tokens], t
            total = total + self.product()
        del self.index[letter]
        return total

    def item(self):
        """One of a list, counted from 1."""
        self.take("(")
        items = [self.sum()]
        while self.take(",", r"\right") == ",":
            items.append(self.sum())
        assert [self.take() for _ in ")_{"] == [")", "_", "{"]
        at = ""
        while self.peek() != "}":
            at += self.take()
        self.take("}")
        return items[eval(at, dict(self.index)) - 1]

    def group(self, opening="{", closing="}"):
        self.take(opening)
        value = self.sum()
        self.take(closing)
        return value

    def atom(self):
        token = of_any_step = self.take()
        for letter, t in self.index.items():
            token = at_step(token, letter, t)
        if self.peek() == "@":
            self.take("@")
            letters = self.places[ord(self.take()) - 0xE000]
            return self.parts.read(token, of_any_step, letters, self.index)
        if token in self.known:
            return self.known[token]
        if token == r"\left":
            return self.item()
        if token == r"\sum":
            return self.sum_over_steps()
        if token == "e":
            return np.e
        if token == "{":
            value = self.sum()
            self.take("}")
            if self.peek() != "_":
                return value
            assert [self.take() for _ in range(3)] == ["_", "{", "["]  # a part of a matrix
            inside = ""
            while self.peek() != "]":
                inside += self.take()
            self.take("]"), self.take("}")
            parts = [p if ":" in p else eval(p, dict(self.index)) for p in inside.split(",")]
            index = [p if p.__class__ is str else f"{p}:{p + 1}" for p in parts]
            at = [slice(*[int(i) if i else None for i in part.split(":")]) for part in index]
            if len(at) == 1:  # of a row or a column
                at = (
                    at * 2
                    if np.size(value) == 1
                    else [at[0] if n > 1 else slice(None) for n in value.shape]
                )
            return value[tuple(at)]
        if token[0].isdigit():
            if self.peek() != r"\times":
                return float(token)
            assert [self.take() for _ in range(4)] == [r"\times", "10", "^", "{"]
            sign = self.take() if self.peek() == "-" else ""
            number = float(f"{token}e{sign}{self.take()}")
            self.take("}")
            return number
        if token == r"\lvert":
            value = np.abs(self.sum())
            self.take(r"\rvert")
            return value
        if token == "(":
            value = self.sum()
            self.take(")")
            return value
        if token == "[":
            left = self.sum()
            relation = RELATIONS[self.take(*RELATIONS)]
            right = self.sum()
            self.take("]")
            return relation(left, right) * 1.0
        if token == r"\begin":
            assert [self.take() for _ in "{bmatrix}"] == [*"{bmatrix}"]
            rows = [[self.sum()]]
            while self.peek() in ("&", r"\\"):
                rows[-1:] = [rows[-1], []] if self.take() == r"\\" else [rows[-1]]
                rows[-1].append(self.sum())
            assert [self.take() for _ in r"_{bmatrix}"] == [r"\end", *"{bmatrix}"]
            return np.block(rows)
        if token == r"\frac":
            return self.group() / self.group()
        if token == r"\mathbf":
            [_, number, _] = [self.take() for _ in "{0}"]
            if number == "1":
                return ONES
            assert [number, *[self.take() for _ in "_{"]] == ["0", "_", "{"]
            rows, _, columns, _ = (self.take() for _ in range(4))
            return np.zeros([N if size == "n" else int(size) for size in (rows, columns)])
        if token == r"\langle":
            left = self.sum()
            self.take(",")
            right = self.sum()
            self.take(r"\rangle")
            assert left.shape == right.shape
            return np.array([[np.sum(left * right)]])
        if token == r"\lVert":
            value = self.sum()
            assert [self.take() for _ in range(5)] == [r"\rVert", "^", "{", "2", "}"]
            return np.array([[np.sum(value**2)]])
        if token == r"\operatorname":
            self.take("{")
            token = "\\"
            while self.peek() != "}":
                token += self.take()
            self.take("}")
        if token == r"\sqrt":
            return np.sqrt(self.group())
        self.take("(")
        xs = [self.sum()]
        while self.peek() == ",":
            self.take()
            xs.append(self.sum())
        self.take(")")
        x = xs[0]
        if len(xs) > 1:
            return SEVERAL[token[1:]](*xs)
        if token in (r"\softmax", r"\logsumexp"):
            e = np.exp(x)
            total = e.sum(axis=self.axis, keepdims=True)
            return e / total if token == r"\softmax" else np.log(total)
        return FUNCTIONS[token[1:]](x)


def computed(program, inputs, columns):
    """Every symbol of the equations -> its matrix, from those of the inputs and parameters."""
    page = program.equations(columns=columns)
    given = dict(zip(program.inputs, inputs))
    arrays = {**given, **program.arrays, **program.constants}
    known = {"n": float(N)}
    stacks = Stacks()
    for name, (symbol, shape, _) in page.where.items():
        if name in arrays and np.ndim(arrays[name]) < 3:
            array, batched = np.asarray(arrays[name]), name in given
            matrix = np.reshape(array, as_rows(array, batched))
            known[symbol] = matrix.T if columns and (batched or array.ndim == 1) else matrix
            assert_is_in(known[symbol], shape)
    for code, (symbol, shape, about) in page.where.items():
        if "[" in code and not re.search(ABOVE, symbol):  # what a loop reads in each step
            letter, *_ = found = re.search(r"(\w) = (\d+), .ldots, (\d+)", about).groups()
            for t in range(int(found[1]), int(found[2]) + 1):
                array = np.asarray(eval(code, {**arrays, letter: t}))
                batched = re.match(r"\w+", code)[0] in given
                stacks.arrays[at_step(symbol, letter, t)] = array
                if array.ndim > 2:
                    continue
                matrix = np.reshape(array, as_rows(array, batched))
                is_turned = columns and (batched or array.ndim == 1)
                known[at_step(symbol, letter, t)] = matrix.T if is_turned else matrix
                assert_is_in(known[at_step(symbol, letter, t)], shape)
    named = {}
    for name, (symbol, _, _) in page.where.items():
        if name in arrays:
            stacks.arrays[symbol] = array = np.asarray(arrays[name])
            if array.ndim > 2 and (few := np.squeeze(array)).ndim < 3:
                known[symbol] = np.atleast_2d(few)
        elif re.search(ABOVE, symbol):
            stacks.name(symbol, name[name.index("[") :])
    every = [re.sub(ABOVE, "", e.latex.split(" = ", 1)[0]) for e in page.every]
    pattern = tokens({*known, *every, *stacks.arrays, *[base for base, _ in stacks.parts]})
    for steps, equations in groupby(page.every, key=lambda equation: equation.steps):
        group, indices = list(equations), [()]
        if steps:
            letter, first, last = re.fullmatch(r"(\w) = (\d+), .ldots, (\d+)", steps).groups()
            step = 1 if int(first) <= int(last) else -1
            indices = [[(letter, t)] for t in range(int(first), int(last) + step, step)]
        for index in indices:
            for equation in group:
                symbol, text = equation.latex.split(" = ", 1)
                for pair in index:
                    symbol = at_step(symbol, *pair)
                if r"\mathtt" in text:
                    array = run_code(text, {**arrays, **named})
                    named[equation.name] = stacks.arrays[symbol] = array
                    if np.ndim(array) < 3:
                        matrix = np.reshape(array, as_rows(array, "n" in equation.shape))
                        turned = columns and ("n" in equation.shape or array.ndim == 1)
                        known[symbol] = matrix.T if turned else matrix
                    continue
                if equation.shape.count(r"\times") > 1 and not equation.letters:  # the first value
                    sizes = re.findall(r"\^\{(.*)\}", equation.shape)[0].split(r" \times ")
                    sizes = [N if s == "n" else int(s) for s in sizes]
                    first = stacks.arrays.get(text)
                    stacks.arrays[symbol] = np.zeros(sizes) if first is None else first
                    assert first is not None or text == "0"
                    continue
                ranges = re.findall(r"(\w) = 1, .ldots, (\w+)", equation.letters)
                if ranges:
                    base, letters = Stacks.split(symbol)
                    stacks.name(symbol, equation.part)
                    values = {}
                    for numbers in product(
                        *[range(1, (N if m == "n" else int(m)) + 1) for _, m in ranges]
                    ):
                        own = [*index, *zip(letters, numbers)]
                        value = Reader(known, 1, own, pattern, stacks)(text)
                        values[numbers] = np.atleast_2d(value)
                        assert_is_in(values[numbers], equation.shape)
                    stacks.write(base, letters, equation.part, values)
                    named[equation.name] = known[base] = stacks.arrays[base]
                    if np.ndim(named[equation.name]) < 3:
                        array, batched = named[equation.name], equation.part.startswith("[i - 1")
                        matrix = np.reshape(array, as_rows(array, batched))
                        known[base] = (
                            matrix.T if columns and (batched or array.ndim == 1) else matrix
                        )
                    continue
                value = Reader(known, 0 if columns else 1, index, pattern, stacks)(text)
                value = known[symbol] = as_in(value, equation.shape, columns)
                assert_is_in(value, equation.shape)
                is_vector = equation.shape.count(r"\times") == 0
                array = np.transpose(value) if columns and "n" in equation.shape else value
                named[equation.name] = np.ravel(value) if is_vector and np.ndim(value) else array
                if not re.search(r"\^", equation.shape):
                    named[equation.name] = np.ravel(value)[0]
                stacks.arrays[symbol] = named[equation.name]
    return page, known


def run_code(text, names):
    """What the code of an equation gives."""
    [(before, code)] = re.findall(r"(.*?)\\mathtt\{(.*)\}$", text)
    assert not before, "a sum that goes on in code"
    code = re.sub(r"\\([#$%&_{} ])", r"\1", code)
    first, *more = code.split("; ")
    names = {
        "np": np,
        "n": N,
        "ones": np.ones(N),
        "logsumexp": lambda z: np.log(np.exp(z).sum(-1)),
        **names,
    }
    array = eval(first, names)
    for statement in more:
        names[re.match(r"\s*(\w+)", statement)[1]] = array
        exec(statement.strip(), names)
    return array


def as_in(value, shape, columns):
    """A single number that stands for a matrix, such as H_0 = 0."""
    sizes = re.findall(r"\^\{(.*)\}", shape)
    if not sizes or np.size(value) > 1:
        return value
    sizes = [N if s == "n" else int(s) for s in sizes[0].split(r" \times ")]
    if len(sizes) == 1:
        sizes = (*sizes, 1) if ("n" in shape) != columns else (1, *sizes)
    return np.full(sizes, value)


def as_rows(array, batched):
    if np.ndim(array) == 2:
        return array.shape
    return (-1, 1) if batched and np.ndim(array) == 1 else (1, -1)


def assert_is_in(matrix, shape):
    """A vector of n may be a row or a column."""
    if isinstance(matrix, float):
        return
    sizes = re.findall(r"\^\{(.*)\}", shape)
    sizes = [N if s == "n" else int(s) for s in sizes[0].split(r" \times ")] if sizes else []
    found = [n for n in np.shape(matrix) if n != 1] if len(sizes) < 2 else [*np.shape(matrix)]
    assert found == [n for n in sizes if n != 1] if len(sizes) < 2 else found == sizes, (
        found,
        sizes,
    )


# -- programs -------------------------------------------------------------------------------------


def classifier(activation):
    model = nn.MLP(3, [4, 2], activation=activation, rng=Random(1))
    return model, lambda x, y: losses.cross_entropy(model(x), y), {"x": 3, "y": 2}


def regression():
    model = nn.MLP(3, [4, 4, 2], activation="sigmoid", rng=Random(2))
    return model, lambda x, y: losses.mean_squared_error(model(x), y), {"x": 3, "y": 2}


def hinge():
    model = nn.MLP(2, [4, 3, 1], rng=Random(3))

    def loss(x, y):
        return losses.hinge(model(x), y) + 1e-4 * losses.l2(model.parameters())

    return model, loss, {"x": 2, "y": ()}


def logistic():
    model = nn.Neuron(3, activation=None, rng=Random(4))

    def loss(x, y):
        return losses.binary_cross_entropy_with_logits(model(x), y)

    return model, loss, {"x": 3, "y": ()}


def parabola():
    w = [Value(0.5), Value(-0.25)]
    return {"w": w}, lambda x, y: (w[0] * x * x + w[1] * x - y) ** 2, {"x": (), "y": ()}


def scores():
    """Vectors, rows by columns, sums along both axes, and quotients."""
    A = [[Value(0.3 * i - 0.2 * j) for j in range(3)] for i in range(2)]
    u = [Value(0.4), Value(-0.6)]

    def loss(x):
        h = [sigmoid(dot(row, x)) for row in A]
        s = fsum(h)
        return exp(-s) * sqrt(1 + dot(u, u)) + fsum([a / (1 + b * b) for a, b in zip(h, u)])

    return {"A": A, "u": u}, loss, {"x": 3}


PROGRAMS = {
    "tanh": lambda: classifier("tanh"),
    "relu": lambda: classifier("relu"),
    "softplus": lambda: classifier(softplus),
    "regression": regression,
    "hinge": hinge,
    "logistic": logistic,
    "parabola": parabola,
    "scores": scores,
}


def made(name):
    parameters, loss, shapes = PROGRAMS[name]()
    program = compile(loss, parameters=parameters, shapes=shapes, backend="numpy")
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(N, *np.atleast_1d(s)) if s != () else N) for s in shapes.values()]
    if name in ("tanh", "relu", "softplus"):
        inputs[1] = np.eye(2)[rng.integers(2, size=N)]
    if name in ("hinge", "logistic"):
        inputs[1] = rng.integers(2, size=N) * (2.0 if name == "hinge" else 1.0) - (name == "hinge")
    return program, inputs


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_equations_give_the_loss_and_the_gradients(name, columns):
    program, inputs = made(name)
    page, known = computed(program, inputs, columns)
    loss, gradients = program.value_and_grad(*inputs)
    assert known["L"].item() == pytest.approx(loss, rel=1e-12)
    symbols = {e.name: re.sub(ABOVE, "", e.latex.split(" = ", 1)[0]) for e in page.every}
    for parameter, gradient in zip(program.parameters, gradients):
        found = known[symbols[f"d{parameter}"]]
        assert np.ravel(found) == pytest.approx(np.ravel(gradient), rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_of_it_is_mathematics(name):
    program, _ = made(name)
    assert r"\mathtt" not in str(program.equations())


def test_an_array_that_is_its_own_gradient():
    """z, of half of the squares: so that it is Z' X, and the array is called z."""
    W = [[Value(0.1 * i + j) for j in range(3)] for i in range(2)]

    def loss(x, y):
        return sum((dot(w, x) - t) ** 2 for w, t in zip(W, y)) / 2

    options = {"parameters": {"W": W}, "reduction": "sum", "backend": "numpy"}
    program = compile(loss, x=3, y=2, **options)
    assert written(program)["dW"] == r"\frac\partial L\partial W = Z' X"
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(N, 3)), rng.normal(size=(N, 2))]
    page, known = computed(program, inputs, False)
    value, [gradient] = program.value_and_grad(*inputs)
    assert np.ravel(known["L"])[0] == pytest.approx(value, rel=1e-12)
    [symbol] = [e.latex.split(" = ")[0] for e in page.every if e.name == "dW"]
    assert np.ravel(known[symbol]) == pytest.approx(np.ravel(gradient), rel=1e-12)


def test_the_squares_of_a_partial_are_elementwise():
    w = [Value(0.1), Value(0.2)]
    program = compile(lambda x: sum(asin(a * b) for a, b in zip(w, x)), x=2, parameters={"w": w})
    text = str(program.equations())
    assert r"\sqrt{1 - {" in text
    assert "}^2" not in text
    assert r"}^{\odot 2}" in text


@lru_cache(maxsize=1)
def compiled(key):
    return ZOO[key].compiled("numpy")


@pytest.mark.parametrize("columns", [False, True])  # the two of a program follow each other
@pytest.mark.parametrize("key", EVERY)
def test_programs_of_the_zoo(key, columns):
    """Those of functions that the reader knows; what is shown as code is run, unless it is a
    loop's or reads a list of places."""
    program = compiled(key)
    page = program.equations(columns)
    text = str(page)
    if set(re.findall(r"\\operatorname\{([\w\\]+)", text)) - READ or r"\mathrm{erf}" in text:
        return
    if r"\mathtt" in text and (any(e.steps for e in page.every) or LISTED.search(text)):
        return
    examples = ZOO[key].examples(N)
    inputs = [np.array([x[name] for x in examples], float) for name in program.inputs]
    with np.errstate(all="ignore"):
        page, known = computed(program, inputs, columns)
    loss, gradients = program.value_and_grad(*inputs)
    assert np.ravel(known["L"])[0] == pytest.approx(loss, rel=1e-9)
    symbols = {e.name: re.sub(ABOVE, "", e.latex.split(" = ", 1)[0]) for e in page.every}
    for name, gradient in zip(program.parameters, gradients):
        if f"d{name}" in symbols:
            found = np.ravel(known[symbols[f"d{name}"]])
            assert np.allclose(found, np.ravel(gradient), rtol=1e-8, atol=1e-10)


# -- as textbooks write it ------------------------------------------------------------------------


def written(program, columns=False):
    """name -> its equation, without the marks that only typeset it."""
    page = program.equations(columns=columns)
    plain = {r"\mathbf{": "", r"\,": "", r"^{\top}": "'", r"\odot": "*", r"\operatorname{": ""}
    found = {}
    for equation in page.every:
        text = equation.latex
        for mark, instead in plain.items():
            text = text.replace(mark, instead)
        found[equation.name] = re.sub(r" +", " ", re.sub(r"[{}]|\\(?=tanh)", "", text))
    return found


def test_a_layer_with_softmax_cross_entropy_is_a_textbook_s():
    program, _ = made("tanh")
    assert written(program) == {
        "z1": "Z_1 = X W_1' + b_1",
        "h1": "H_1 = tanh(Z_1)",
        "z2": "Z_2 = H_1 W_2' + b_2",
        "v": "v = logsumexp(Z_2)",
        "p": "P = softmax(Z_2)",
        "loss": r"L = \frac1' v - \langle Z_2, Y \ranglen",
        "dz2": r"\Delta_2 = \frac1n (P - Y)",
        "db2": r"\frac\partial L\partial b_2 = 1' \Delta_2",
        "dW2": r"\frac\partial L\partial W_2 = \Delta_2' H_1",
        "dz1": r"\Delta_1 = \Delta_2 W_2 * (1 - H_1^* 2)",
        "db1": r"\frac\partial L\partial b_1 = 1' \Delta_1",
        "dW1": r"\frac\partial L\partial W_1 = \Delta_1' X",
    }
    columns = written(program, columns=True)
    assert columns["z1"] == "Z_1 = W_1 X + b_1"
    assert columns["dz1"] == r"\Delta_1 = W_2' \Delta_2 * (1 - H_1^* 2)"
    assert columns["dW1"] == r"\frac\partial L\partial W_1 = \Delta_1 X'"


def test_the_page_says_what_the_names_are():
    program, _ = made("tanh")
    where = program.equations(True).where
    assert where["x"] == (r"\mathbf{X}", r"\mathbb{R}^{3 \times n}", "an input")
    assert where["W1"] == (
        r"\mathbf{W}_{1}",
        r"\mathbb{R}^{4 \times 3}",
        "layers.0.neurons.i.w.j",
    )
    assert where["dz1"][0::2] == (r"\Delta_{1}", "the gradient of the loss by z1")
    text = str(program.equations())
    assert text.startswith(r"\begin{aligned}")
    assert program.equations()._repr_mimebundle_() == {
        "text/latex": f"$${text}$$",
        "text/plain": text,
    }


def test_what_is_no_expression_of_matrices_is_code():
    program = compile(
        lambda x: dot([x[3], x[0], x[2], x[4], x[1]], x), x=5, parameters={}, backend="numpy"
    )
    assert r"\mathtt{np.vdot(x,\ x[:,\ i])" in str(program.equations())


def test_a_pickled_program_has_its_equations():
    program, _ = made("hinge")
    same = pickle.loads(pickle.dumps(program))
    for columns in (False, True):
        assert same.equations(columns) == program.equations(columns)


# -- lecture slides -------------------------------------------------------------------------------


def test_the_slides_on_a_layer_and_cross_entropy():
    """delta_1 = y^ - y,  delta_2 = W2' delta_1 * phi'(z1),  dW2 = delta_1 h1',  dW1 = delta_2 x',
    db = delta, for one example as a column."""
    model, loss, shapes = classifier("tanh")
    program = compile(loss, parameters=model, shapes=shapes, backend="numpy")
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(N, 3)), np.eye(2)[rng.integers(2, size=N)]]
    _, known = computed(program, inputs, columns=True)
    W1, b1, W2, b2 = program.arrays.values()
    sums = dict.fromkeys(["W1", "b1", "W2", "b2"], 0.0)
    for i, (x, y) in enumerate(zip(*inputs)):
        x, y = x[:, None], y[:, None]
        z1 = W1 @ x + b1[:, None]
        h1 = np.tanh(z1)
        z2 = W2 @ h1 + b2[:, None]
        y_hat = np.exp(z2) / np.exp(z2).sum()
        delta_1 = y_hat - y
        delta_2 = W2.T @ delta_1 * (1 - np.tanh(z1) ** 2)
        for symbol, expected in (
            (r"\mathbf{Z}_{1}", z1), (r"\mathbf{H}_{1}", h1), (r"\mathbf{Z}_{2}", z2),
            (r"\mathbf{P}", y_hat), (r"\Delta_{2}", delta_1 / N), (r"\Delta_{1}", delta_2 / N),
        ):  # fmt: skip
            assert known[symbol][:, [i]] == pytest.approx(expected)
        for name, g in (
            ("W2", delta_1 @ h1.T), ("b2", delta_1), ("W1", delta_2 @ x.T), ("b1", delta_2),
        ):  # fmt: skip
            sums[name] = sums[name] + g / N
    for name, expected in sums.items():
        symbol = rf"\frac{{\partial L}}{{\partial \mathbf{{{name[0]}}}_{{{name[1]}}}}}"
        assert known[symbol] == pytest.approx(expected)


def test_the_slides_on_regularisation():
    """J = l(o, y) + lambda/2 (|W1|^2 + |W2|^2) with o = W2 phi(W1 x):
    dJ/dW2 = dJ/do h' + lambda W2,  dJ/dW1 = (W2' dJ/do * phi'(W1 x)) x' + lambda W1."""
    strength, rng = 0.125, np.random.default_rng(1)
    arrays = {"U": rng.normal(size=(4, 3)), "V": rng.normal(size=(2, 4))}
    parameters = {k: np.vectorize(Value, otypes=[object])(a).tolist() for k, a in arrays.items()}

    def loss(x, y):
        h = [sigmoid(dot(row, x)) for row in parameters["U"]]
        o = [dot(row, h) for row in parameters["V"]]
        squares = fsum([w * w for W in parameters.values() for row in W for w in row])
        return losses.half_squared_error(o, y) + strength / 2 * squares

    program = compile(loss, x=3, y=2, parameters=parameters, backend="numpy")
    inputs = [rng.normal(size=(N, 3)), rng.normal(size=(N, 2))]
    _, known = computed(program, inputs, columns=True)
    U, V = arrays.values()
    X, Y = (a.T for a in inputs)
    h = 1 / (1 + np.exp(-(U @ X)))
    o = V @ h
    do = (o - Y) / N
    dU = (V.T @ do * (h * (1 - h))) @ X.T + strength * U
    dV = do @ h.T + strength * V
    penalty = strength / 2 * ((U**2).sum() + (V**2).sum())
    assert known["L"].item() == pytest.approx(((o - Y) ** 2).sum() / 2 / N + penalty)
    assert known[r"\frac{\partial L}{\partial \mathbf{U}}"] == pytest.approx(dU)
    assert known[r"\frac{\partial L}{\partial \mathbf{V}}"] == pytest.approx(dV)


def test_the_slides_on_logistic_regression():
    """l = -(y log s(w'x + b) + (1 - y) log(1 - s(w'x + b)));  its gradient is (s - y) x."""
    program, inputs = made("logistic")
    _, known = computed(program, inputs, columns=True)
    w, b = program.arrays.values()
    X, y = inputs
    s = 1 / (1 + np.exp(-(X @ w + b)))
    assert known["L"].item() == pytest.approx(-np.mean(y * np.log(s) + (1 - y) * np.log(1 - s)))
    [symbol] = [k for k in known if re.fullmatch(r"\\frac\{\\partial L\}.*\{w\}.*", k)]
    assert np.ravel(known[symbol]) == pytest.approx((s - y) @ X / N)


# -- the page -------------------------------------------------------------------------------------


def sections(html):
    """heading -> the keys of its blocks."""
    parts = re.findall(r'<section aria-label="(\w+)">(.*?)</section>', html, re.DOTALL)
    return {
        head: [k.split() for k in re.findall(r'data-of="([^"]*)"', text)] for head, text in parts
    }


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_page_links_source_equations_and_scalars(tmp_path, backend):
    pytest.importorskip(backend)
    model, loss, shapes = classifier("tanh")
    program = compile(loss, parameters=model, shapes=shapes, backend=backend)
    file = program.save(tmp_path / "mlp.html", columns=True)
    html = file.read_text()
    found = sections(html)
    assert list(found) == ["Source", "Equations", "Scalars"]
    equations = {key for keys in found["Equations"] for key in keys}
    assert {e.name for e in program.equations().every} <= equations
    for head in ("Source", "Scalars"):
        assert {"h1", "dz1", "dW1", "loss", "m"} <= {keys[0] for keys in found[head]}
        assert all(equations & {*keys} for keys in found[head])  # each line lights an equation
    assert ["z1", "h1"] in found["Equations"]  # it has no line of its own
    assert html.count("<math") == len(found["Equations"])
    assert "<title>mlp</title>" in html
    assert "http" not in html.replace("http://www.w3.org", "")
