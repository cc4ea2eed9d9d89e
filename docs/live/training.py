"""A network that learns in a page, some epochs at a time. answers.py runs it in Pyodide."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from autograd_mini import Value, draw_dot, sigmoid, step_through
from nn import MLP, toys
from nn.losses import binary_cross_entropy_with_logits
from nn.optimizers import Adam

GRID = 32  # regions are drawn as GRID x GRID squares
DATA = {
    "moons": lambda rng: toys.moons(60, rng=rng),
    "xor": lambda rng: toys.xor(),
    "circles": lambda rng: toys.circles(60, rng=rng),
}


class Training:
    """A network of two inputs and one logit, and its points: (x1, x2), labels 0 and 1."""

    def __init__(
        self, data: str, hidden: list[int], rate: float, points: list[Any], seed: int
    ) -> None:
        rng = random.Random(seed)
        made = DATA[data](rng) if data in DATA else [((x, y), label) for x, y, label in points]
        self.points = [(list(map(float, x)), int(label > 0)) for x, label in made]
        self.model = MLP(2, [*hidden, 1], activation="tanh", rng=rng)
        self.optimizer = Adam(self.model.parameters(), lr=rate)
        self.losses: list[float] = []

    def loss_of(self, index: int) -> Value:
        """The loss of an example, with names for its nodes."""
        x, label = self.points[index]
        loss = binary_cross_entropy_with_logits(
            self.model([Value(x[0], "x1"), Value(x[1], "x2")]), label
        )
        loss.label = "loss"
        return loss

    def learn(self, seconds: float) -> None:
        """As many epochs as fit into this time, at least one."""
        end = time.monotonic() + seconds
        while True:
            total = 0.0
            self.optimizer.zero_grad()
            for x, label in self.points:
                loss = binary_cross_entropy_with_logits(self.model(x), label)
                loss.backward(1 / len(self.points))
                total += loss.data / len(self.points)
            self.optimizer.step()
            self.losses.append(total)
            if time.monotonic() > end:
                return

    def state(self, low: float, high: float) -> dict[str, Any]:
        """What the page draws: points, losses, accuracy, and probabilities on a grid."""
        places = [low + (high - low) * (k + 0.5) / GRID for k in range(GRID)]
        logits = [self.model.predict(x) for x, _ in self.points]
        right = sum((z > 0) == (label > 0) for z, (_, label) in zip(logits, self.points))
        return {
            "points": [[*x, label] for x, label in self.points],
            "epoch": len(self.losses),
            "losses": self.losses[:: max(1, len(self.losses) // 200)],
            "loss": self.losses[-1] if self.losses else None,
            "accuracy": right / len(self.points),
            "grid": [
                [round(sigmoid(self.model.predict([x, y])), 3) for x in places] for y in places
            ],
        }

    def probability(self, x: float, y: float) -> float:
        """Of class 1 at a place."""
        return round(sigmoid(self.model.predict([x, y])), 3)

    def picture(self, index: int) -> str:
        """The network's cards with an example's numbers and gradients."""
        loss = self.loss_of(index)
        self.optimizer.zero_grad()
        loss.backward()
        return str(draw_dot(loss, model=self.model).pipe(format="svg", encoding="utf-8"))

    def steps(self, index: int) -> str:
        """The stepper of an example."""
        title = f"Example {index + 1}, after {len(self.losses)} epochs"
        loss = self.loss_of(index)
        return str(step_through(loss, model=self.model, level="neurons", title=title).element())


_now: Training | None = None


def train(request: str) -> str:
    """Answer a request, {"start": ..}, {"learn": seconds} or {"example": index}, in JSON."""
    global _now
    asked = json.loads(request)
    if "start" in asked:
        _now = Training(**asked["start"])
    if _now is None:
        raise ValueError("there is no network yet: press Train")
    if "example" in asked:
        return json.dumps({"steps": _now.steps(asked["example"])})
    if asked.get("learn"):
        _now.learn(asked["learn"])
    state = _now.state(*asked["range"])
    if "picture" in asked:
        state["picture"] = _now.picture(asked["picture"])
    return json.dumps(state)
