"""A GPT written in scalars: every weight, every product and every sum is a number of its own.

The architecture is that of Andrej Karpathy's microgpt (2026),
https://gist.github.com/karpathy/8627fe009c40f57531cb18360106ce95: one layer, RMSNorm without a
scale, causal attention, a ReLU MLP, no biases. So that the same code can be compiled into arrays,
the letters are numbers too: a letter is a one-hot list, its target likewise.

The logits are written twice and are the same numbers: `ragged`, as microgpt has it, where each
position looks back on a list of keys and values that grows; and `masked`, as it is written for
arrays, where each position scores all keys and a mask takes away those that come later.

`python -m examples.scalar_gpt` compiles it, trains it on first names, and prints some of its own.

>>> model = GPT(rng=Random(42))
>>> len(model.parameters())
4192
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from importlib.resources import files
from itertools import pairwise
from random import Random
from typing import Any

from autograd_mini import AutogradError, Value, compile, dot, fsum, log_softmax, relu, softmax
from nn import Module
from nn.checkpoints import load, save
from nn.history import Epoch
from nn.progress import progress_bar

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
MARK = len(ALPHABET)  # the token between two documents
VOCABULARY = MARK + 1
MASKED = -1e9  # a score whose exp is 0

Vector = list[Any]  # of scalars of any type
Matrix = list[Vector]  # as a list of rows


# -- the model ----------------------------------------------------------------------------------


class GPT(Module):
    """A transformer of one layer that says, after each token, which comes next.

    Args:
        block: the most tokens it can look back on.
        embedding: how many numbers stand for a token.
        heads: of the attention; they share out the numbers of an embedding among them.
        rng: a random.Random, which draws the weights.
        vocabulary: how many tokens there are.

    >>> model = GPT(block=2, embedding=4, heads=2, rng=Random(0), vocabulary=3)
    >>> tokens = [[1, 0, 0], [0, 0, 1]]
    >>> targets = [[0, 0, 1 / 2], [1 / 2, 0, 0]]  # weights of 1 in all: a mean over 2 positions
    >>> loss, same = model.masked_loss(tokens, targets), model.ragged_loss(tokens, targets)
    >>> round(loss.data, 12) == round(same.data, 12)
    True
    """

    def __init__(
        self,
        block: int = 16,
        embedding: int = 16,
        heads: int = 4,
        *,
        rng: Random,
        vocabulary: int = VOCABULARY,
    ) -> None:
        def matrix(rows: int, columns: int) -> Matrix:
            return [[Value(rng.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.tokens = matrix(vocabulary, embedding)
        self.positions = matrix(block, embedding)
        self.query = matrix(embedding, embedding)
        self.key = matrix(embedding, embedding)
        self.value = matrix(embedding, embedding)
        self.out = matrix(embedding, embedding)
        self.widen = matrix(4 * embedding, embedding)
        self.narrow = matrix(embedding, 4 * embedding)
        self.head = matrix(vocabulary, embedding)
        self.heads = heads

    def ragged(self, tokens: Matrix) -> Matrix:
        """The logits after each token, position by position.

        Args:
            tokens: one-hot lists, at most as many as the block is long.
        """
        keys: Matrix = []
        values: Matrix = []
        logits = []
        for token, position in zip(tokens, self.positions):
            x = self.embed(token, position)
            normed = rms_norm(x)
            keys.append(linear(self.key, normed))
            values.append(linear(self.value, normed))
            x = add(x, self.attend(linear(self.query, normed), keys, values))
            x = add(x, self.perceptron(rms_norm(x)))
            logits.append(linear(self.head, x))
        return logits

    def masked(self, tokens: Matrix) -> Matrix:
        """The same logits, step by step for all positions at once."""
        count = len(tokens)
        mask = [[0.0 if j <= i else MASKED for j in range(count)] for i in range(count)]
        xs = [self.embed(token, position) for token, position in zip(tokens, self.positions)]
        normed = [rms_norm(x) for x in xs]
        queries = [linear(self.query, x) for x in normed]
        keys = [linear(self.key, x) for x in normed]
        values = [linear(self.value, x) for x in normed]
        mixed = [self.attend(query, keys, values, row) for query, row in zip(queries, mask)]
        xs = [add(x, y) for x, y in zip(xs, mixed)]
        xs = [add(x, self.perceptron(rms_norm(x))) for x in xs]
        return [linear(self.head, x) for x in xs]

    def __call__(self, tokens: Matrix) -> Matrix:
        return self.ragged(tokens)

    def embed(self, token: Vector, position: Vector) -> Vector:
        return rms_norm(add(linear(transpose(self.tokens), token), position))

    def attend(
        self, query: Vector, keys: Matrix, values: Matrix, mask: Vector | None = None
    ) -> Vector:
        """In each head a mean of the values, weighted by how well their keys fit the query."""
        size = len(query) // self.heads
        mixed = []
        for start in range(0, len(query), size):
            part = slice(start, start + size)
            scores = [dot(query[part], key[part]) / math.sqrt(size) for key in keys]
            weights = softmax(add(scores, mask) if mask else scores)
            mixed += [dot(weights, column) for column in transpose([v[part] for v in values])]
        return linear(self.out, mixed)

    def perceptron(self, x: Vector) -> Vector:
        return linear(self.narrow, [relu(z) for z in linear(self.widen, x)])

    def ragged_loss(self, tokens: Matrix, targets: Matrix) -> Any:
        return cross_entropy(self.ragged(tokens), targets)

    def masked_loss(self, tokens: Matrix, targets: Matrix) -> Any:
        return cross_entropy(self.masked(tokens), targets)


def linear(weights: Matrix, x: Vector) -> Vector:
    return [dot(row, x) for row in weights]


def add(x: Vector, y: Vector) -> Vector:
    return [a + b for a, b in zip(x, y)]


def transpose(matrix: Matrix) -> Matrix:
    return [list(column) for column in zip(*matrix)]


def rms_norm(x: Vector) -> Vector:
    """x over the root of the mean of its squares."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [scale * a for a in x]


def cross_entropy(logits: Matrix, targets: Matrix) -> Any:
    """The sum of -log p(token), each weighted by its target.

    Args:
        logits: one list a position.
        targets: likewise; with rows that are one-hot over the length of a document, and 0 beyond
            its end, this is the mean over the positions of the document.
    """
    return -fsum([dot(row, log_softmax(z)) for row, z in zip(targets, logits)])


# -- documents ----------------------------------------------------------------------------------


def first_names() -> list[str]:
    """The first names of the census of the United States of 1990, as the package `names` has them.

    Raises:
        ModuleNotFoundError: the package is missing.
    """
    try:
        package = files("names")
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "the names are those of a package: pip install autograd-mini[examples]"
        ) from None
    lists = [package / f"dist.{who}.first" for who in ("female", "male")]
    lines = [line for path in lists for line in path.read_text("ascii").splitlines()]
    return sorted({line.split()[0].lower() for line in lines})


def encode(documents: Sequence[str], block: int = 16) -> tuple[Any, Any]:
    """Documents as two arrays, (documents, block, VOCABULARY) each: tokens and targets.

    A document of n letters is n + 1 pairs of a token and the one that follows, from the mark before
    it to the mark after it, as many of them as a block holds. A target is one-hot over the number
    of pairs; beyond the last of them both arrays are 0.

    >>> tokens, targets = encode(["ab"], block=4)
    >>> tokens[0].argmax(axis=1).tolist(), targets[0].argmax(axis=1).tolist()
    ([26, 0, 1, 0], [0, 1, 26, 0])
    >>> targets[0].max(axis=1).round(2).tolist()
    [0.33, 0.33, 0.33, 0.0]
    """
    import numpy as np

    tokens, targets = np.zeros((2, len(documents), block, VOCABULARY))
    for i, document in enumerate(documents):
        letters = [MARK, *map(ALPHABET.index, document), MARK][: block + 1]
        for position, (token, following) in enumerate(pairwise(letters)):
            tokens[i, position, token] = 1
            targets[i, position, following] = 1 / (len(letters) - 1)
    return tokens, targets


def sample(model: GPT, rng: Random, temperature: float = 0.5) -> str:
    """A document drawn letter by letter; builds no graph.

    Args:
        model: a model of the letters and the mark.
        rng: a random.Random.
        temperature: above 0; below 1 likely letters become likelier still.
    """
    tokens = [one_hot(MARK)]
    while len(tokens) <= len(model.positions):
        logits = model.predict(tokens)[-1]
        weights = softmax([z / temperature for z in logits])
        [token] = rng.choices(range(VOCABULARY), weights)
        if token == MARK:
            break
        tokens.append(one_hot(token))
    return "".join(ALPHABET[token.index(1)] for token in tokens[1:])


def one_hot(token: int) -> Vector:
    return [int(i == token) for i in range(VOCABULARY)]


# -- training -----------------------------------------------------------------------------------


def compile_loss(model: GPT) -> Any:
    """The program of the mean loss of documents, as encode() gives them, and of its gradient.

    It is NumPy's, with Numba installed, too: its numbers are the same to the last bit.
    """
    shape = (len(model.positions), VOCABULARY)
    return compile(
        model.masked_loss, tokens=shape, targets=shape, parameters=model, backend="numpy"
    )


def train(
    model: GPT,
    documents: Sequence[str],
    rng: Random,
    steps: int = 1000,
    batch: int = 8,
    program: Any = None,
) -> Generator[float, None, None]:
    """Compile the model's loss, and train it by Adam. In the end the Values are set, also if the
    end is Ctrl-C, or close().

    The numbers are microgpt's: a learning rate of 0.01 that falls to 0, betas of 0.85 and 0.99.

    Args:
        model: a model of the letters and the mark.
        documents: of letters from a to z.
        rng: a random.Random, which chooses the documents of each step.
        steps: how often the weights are changed.
        batch: documents a step.
        program: what compile_loss(model) gave, if it is there already.

    Yields:
        The loss of each step's batch, before its change.
    """
    import numpy as np

    block = len(model.positions)
    program = program or compile_loss(model)
    means = squares = [0.0] * len(program.arrays)
    try:
        for step in range(steps):
            loss, gradients = program.value_and_grad(*encode(rng.sample(documents, batch), block))
            means = [m + (1 - 0.85) * (g - m) for m, g in zip(means, gradients)]
            squares = [s + (1 - 0.99) * (g * g - s) for s, g in zip(squares, gradients)]
            rate = 0.01 * (1 - step / steps) / (1 - 0.85 ** (step + 1))
            changed = {
                name: w - rate * m / (np.sqrt(s / (1 - 0.99 ** (step + 1))) + 1e-8)
                for (name, w), m, s in zip(program.arrays.items(), means, squares)
            }
            program.arrays.update(changed)  # all or none of them, if Ctrl-C comes meanwhile
            yield loss
    finally:
        program.sync()


# -- the command line ---------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile, train, and print names; the exit status. Ctrl-C ends training early."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.scalar_gpt",
        description="Train a GPT written in scalars on first names, compiled into arrays, and let "
        "it make up names. Ctrl-C ends training early; what was learned is kept.",
    )
    whole, positive = _number(int, 0), _number(int, 1)
    parser.add_argument("--steps", type=whole, default=1000, help="of Adam (%(default)s)")
    parser.add_argument("--batch", type=positive, default=8, help="names a step (%(default)s)")
    parser.add_argument("--samples", type=whole, default=20, help="names to print (%(default)s)")
    parser.add_argument(
        "--temperature",
        type=_number(float, 0.01),
        default=0.5,
        help="how bold the names are (%(default)s)",
    )
    parser.add_argument("--seed", type=int, default=42, help="of all random numbers (%(default)s)")
    parser.add_argument("--load", metavar="FILE", help="a checkpoint to begin with")
    parser.add_argument("--save", metavar="FILE", help="a checkpoint to write in the end")
    options = parser.parse_args(arguments)
    rng = Random(options.seed)
    model = GPT(rng=rng)
    try:
        names = first_names()
        if options.load:
            load(options.load, model)
        if options.batch > len(names):
            parser.error(f"--batch expected at most {len(names)}, the number of names")
        losses = _train_visibly(
            train(model, names, rng, options.steps, options.batch), options.steps
        )
        if losses:
            latest = losses[-100:]
            print(f"loss {sum(latest) / len(latest):.3f} after {len(losses)} steps", flush=True)
        for _ in range(options.samples):
            print(sample(model, rng, options.temperature), flush=True)
        if options.save:
            save(options.save, model)
    except (AutogradError, ImportError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
    return 0


def _train_visibly(training: Generator[float, None, None], steps: int) -> list[float]:
    """Train with a progress bar, to the last step or to Ctrl-C; gives the losses."""
    losses: list[float] = []
    with progress_bar(steps, "step") as show:
        try:
            for loss in training:
                losses.append(loss)
                show(Epoch(len(losses), loss, {}, {}))
        except KeyboardInterrupt:
            if not losses:
                raise
            training.close()  # the model holds what it learned
    return losses


def _number(kind: type, least: float) -> Callable[[str], Any]:
    """A type of argparse: such a number, and not below the least."""

    def number(text: str) -> Any:
        with suppress(ValueError):
            if least <= kind(text) < math.inf:
                return kind(text)
        what = "a whole number" if kind is int else "a number"
        raise argparse.ArgumentTypeError(f"expected {what} of at least {least}, got {text!r}")

    return number


if __name__ == "__main__":
    sys.exit(main())
