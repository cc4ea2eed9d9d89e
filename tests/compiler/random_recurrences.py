"""Random recurrences, written in scalars: states that depend on those of some steps before.

One step may differ from the others by a constant, by two states that change places, or by an
operation: it looks alike, and is not.
"""

import random
from typing import NamedTuple

from agreement import matrix, vector
from hypothesis import strategies as st

from autograd_mini import dot, logsumexp, sigmoid, sin, tanh

ACTIVATIONS = (tanh, sigmoid, sin, lambda x: x, lambda x: x * x / (1 + x * x))
ODD = ("", "constant", "wire", "operation")


class Recurrence(NamedTuple):
    """What a program is like.

    Attributes:
        steps, width, read: how many steps, numbers in a state, and numbers read in a step.
        states: of each what it is made of, (what, from which state, how many steps before), and
            its activation.
        first: what the first values are: "zero", "parameter" or "input".
        layers: whether each step has weights of its own.
        losses: "last", "each" (a loss for every step) or "all" (one of the states of all steps).
        odd: how the odd step differs, and which it is.
    """

    steps: int
    width: int
    read: int
    states: tuple
    first: str
    layers: bool
    losses: str
    odd: tuple
    reverse: bool
    seed: int

    def program(self):
        """(loss, parameters, shapes)."""
        rng = random.Random(self.seed)
        n, count = self.width, len(self.states)
        start = [vector(rng, n) for _ in range(count)]
        sets = [self._weights(rng) for _ in range(self.steps if self.layers else 1)]
        out = vector(rng, n)
        used = {"weights": sets, "out": out}
        if self.first == "parameter":
            used["start"] = start

        def loss(x, s, y):
            firsts = {"zero": [[0.0] * n] * count, "parameter": start, "input": [s] * count}
            history = [firsts[self.first]] * 3
            total, kept = 0.0, []
            for t, row in enumerate(x[::-1] if self.reverse else x):
                weights = sets[t] if self.layers else sets[0]
                history.append(self._step(t, history, row, weights))
                kept.append(dot(out, history[-1][0]))
                total += (kept[-1] - y) ** 2
            if self.losses == "each":
                return total / self.steps
            if self.losses == "all":
                return (logsumexp(kept) - y) ** 2 + kept[0] * kept[-1]
            return (kept[-1] - y) ** 2

        return loss, used, {"x": (self.steps, self.read), "s": (n,), "y": ()}

    def _weights(self, rng):
        n = self.width
        return [
            [matrix(rng, n, n), matrix(rng, n, self.read), vector(rng, n), vector(rng, n)]
            for _ in self.states
        ]

    def _step(self, t, history, row, weights):
        odd, place = self.odd
        is_odd = place % self.steps == t and odd
        new = []
        for i, (parts, activation) in enumerate(self.states):
            z = [0.25 * b for b in weights[i][2]]
            for what, source, lag in parts:
                source %= len(self.states)
                if is_odd == "wire":
                    source = (source + 1) % len(self.states)
                state = new[source] if lag == 0 and source < i else history[-max(lag, 1)][source]
                term = _term(what, state, row, z, weights[i])
                scale = 0.75 if is_odd == "constant" else 0.5
                z = [zj + scale * hj for zj, hj in zip(z, term)]
            f = ACTIVATIONS[(activation + (is_odd == "operation")) % len(ACTIVATIONS)]
            new.append([f(zj) for zj in z])
        return new


@st.composite
def recurrences(draw):
    part = st.tuples(
        st.sampled_from(["matrix", "diagonal", "self", "gate", "input"]),
        st.integers(0, 2),
        st.integers(0, 2),
    )
    state = st.tuples(st.lists(part, min_size=1, max_size=3), st.integers(0, len(ACTIVATIONS) - 1))
    return Recurrence(
        steps=draw(st.integers(3, 7)),
        width=draw(st.integers(1, 3)),
        read=draw(st.integers(1, 2)),
        states=tuple(draw(st.lists(state, min_size=1, max_size=3))),
        first=draw(st.sampled_from(["zero", "parameter", "input"])),
        layers=draw(st.booleans()),
        losses=draw(st.sampled_from(["last", "each", "all"])),
        odd=(draw(st.sampled_from(ODD)), draw(st.integers(0, 6))),
        reverse=draw(st.booleans()),
        seed=draw(st.integers(0, 9)),
    )


def _term(what, h, row, z, weights):
    U, W, _, d = weights
    if what == "matrix":
        return [dot(u, h) for u in U]
    if what == "diagonal":
        return [dj * hj for dj, hj in zip(d, h)]
    if what == "gate":
        return [hj * sigmoid(zj) for hj, zj in zip(h, z)]
    return h if what == "self" else [dot(w, row) for w in W]
