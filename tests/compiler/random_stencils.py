"""Random equations of cells in a row, written in scalars: each step makes every cell of its
neighbours, and something is beyond the border."""

import random
from typing import NamedTuple

from agreement import vector
from hypothesis import strategies as st

from autograd_mini import dot, tanh

BORDERS = ("kept", "parameter", "number", "zero", "ring", "mirror", "repeat")
FORMS = ("numbers", "rate", "kernel", "rates", "cells", "product", "tanh", "twice")


class Stencil(NamedTuple):
    """What a program is like.

    Attributes:
        cells, steps: how many cells, with those that stay what they are, and how many steps.
        left, right: how many neighbours of a cell are read.
        borders: what is beyond the first and the last cell: that of an array of parameters, a
            number, the other end, or the cells inside, backwards or the last one again; or the
            outermost cells are kept as they are.
        form: what the neighbours are multiplied by, and what is made of them.
        start: whether the first cells are an "input" or a "parameter".
        before: whether a cell also depends on what it was a step earlier, as a wave does.
        backwards: whether the cells are computed from the last to the first.
    """

    cells: int
    steps: int
    left: int
    right: int
    borders: tuple
    form: str
    start: str
    before: bool
    backwards: bool
    seed: int

    def program(self):
        """(loss, parameters, shapes)."""
        rng = random.Random(self.seed)
        n, width = self.cells, self.left + 1 + self.right
        used = {
            "k": vector(rng, 1),
            "w": vector(rng, width, 0.4),
            "separate": {f"k{j}": vector(rng, 1, 0.4)[0] for j in range(width)},
            "each": vector(rng, n),
            "ends": vector(rng, self.left + self.right),
        }
        c = [rng.choice([1.0, -2.0, 0.5, 1.0, -1.0]) for _ in range(width)]
        if self.start == "parameter":
            used["u"] = vector(rng, n)

        def distance(u, y):
            before = u = list(u)
            for _ in range(self.steps):
                before, u = u, self._step(u, before, used, c)
            return sum((a - b) ** 2 for a, b in zip(u, y))

        if self.start == "parameter":
            return lambda y: distance(used["u"], y), used, {"y": (n,)}
        return lambda u, y: distance(u, y), used, {"u": (n,), "y": (n,)}

    def _step(self, u, before, used, c):
        n, (left, right) = self.cells, self.borders
        lost = self.left if left == "kept" else 0
        end = n - self.right if right == "kept" else n
        padded = [
            *self._beyond(left, u, used["ends"][: self.left], self.left),
            *u,
            *self._beyond(right, u[::-1], used["ends"][self.left :], self.right)[::-1],
        ]
        offset = self.left - (0 if left != "kept" else self.left)
        new = list(u)
        cells = range(lost, end)
        for i in reversed(cells) if self.backwards else cells:
            at = i + offset
            window = padded[at - self.left : at + self.right + 1]
            new[i] = self._cell(i, u[i], window, used, c)
            if self.before:
                new[i] = new[i] - 0.5 * before[i]
        return new

    def _beyond(self, border, u, ends, reach):
        """From the outermost on to the first cell."""
        return {
            "kept": [],
            "parameter": list(ends),
            "number": [0.5 + j for j in range(reach)],
            "zero": [0.0] * reach,
            "ring": list(u[::-1][:reach][::-1]),
            "mirror": list(u[1 : reach + 1][::-1]),
            "repeat": [u[0]] * reach,
        }[border]

    def _cell(self, i, u, window, used, c):
        [k] = used["k"]
        total = sum(a * b for a, b in zip(c, window))
        if self.form == "numbers":
            return u + 0.25 * total
        if self.form == "rate":
            return u + 0.2 * k * total
        if self.form == "kernel":
            return dot(used["w"], window)
        if self.form == "rates":
            return sum(a * b for a, b in zip(used["separate"].values(), window))
        if self.form == "cells":
            return u + 0.1 * used["each"][i] * total
        if self.form == "product":
            return u - 0.1 * u * total + 0.1 * k * (window[0] - u)
        if self.form == "tanh":
            return tanh(u + k * total)
        difference = window[-1] - window[0]
        return u + 0.1 * tanh(total) - k * difference * difference


@st.composite
def stencils(draw):
    borders = draw(
        st.one_of(
            st.just(("ring", "ring")),
            st.tuples(*[st.sampled_from(BORDERS).filter("ring".__ne__)] * 2),
        )
    )
    return Stencil(
        cells=draw(st.integers(5, 12)),
        steps=draw(st.integers(1, 6)),
        left=draw(st.integers(0, 2)),
        right=draw(st.integers(0, 2)),
        borders=borders,
        form=draw(st.sampled_from(FORMS)),
        start=draw(st.sampled_from(["input", "parameter"])),
        before=draw(st.booleans()),
        backwards=draw(st.booleans()),
        seed=draw(st.integers(0, 9)),
    )
