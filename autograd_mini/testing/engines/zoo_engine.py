"""Engines of the zoo, made from their text and asked as any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...primitives import fsum
from ...rules import Primitive
from .adapters import Engine
from .questions import Answer, Question, ask

Rule = Callable[[Sequence[Any], Sequence[float]], tuple[float, Sequence[float]]]
MOST_STEPS = 20_000  # of a walk
MOST_CHOICES = 6  # 2**6 orders are tried


class TooLong(Exception):
    """A walk along all paths of a graph does not end soon."""


class ZooEngine(Engine):
    """An engine made from a text, such as source() gives.

    Attributes:
        names: what the text defines.

    Args:
        text: of a module in the manner of base.py.
        rules: operations that are not as the text has them: for each a function of the operands
            (scalars and constants) and their numbers that returns the value and the partials.
    """

    def __init__(self, text: str, rules: Mapping[Primitive, Rule] | None = None) -> None:
        names: dict[str, Any] = {"__name__": "zoo"}
        names |= {"chosen": self._chosen, "shuffled": self._shuffled, "tick": self._tick}
        exec(compile(text, "zoo", "exec"), names)
        super().__init__(names["Value"])
        self._value: type = names["Value"]
        self.rules = rules or {}
        self._made = names["made"]
        self.names = names
        self._lists = [names[name] for name in ("SHARED", "TAPE") if name in names]
        self._steps = self._choice = 0
        self._choices: dict[int, tuple[Any, int]] = {}
        for primitive in self.rules:
            self._install(primitive)

    def predictions(self, question: Question) -> Iterator[Answer]:
        """Its answers: one, or one for each order that a set might have.

        Nothing if that is too much to compute.
        """
        choices, self._choice = 1, 0
        while self._choice < choices:
            answer = ask(self, question)
            choices = 2 ** len(self._choices)
            if answer.problem == TooLong.__name__ or choices > 2**MOST_CHOICES:
                return
            yield answer
            self._choice += 1

    def answer(self, question: Question, data: list[float], gradients: list[float | None]) -> None:
        """Each question is answered as if it were the first."""
        self._steps = 0
        self._choices.clear()
        for kept in self._lists:
            kept.clear()
        super().answer(question, data, gradients)

    def _tick(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooLong

    def _bit(self, node: Any) -> int:
        """0 or 1, the same for the same node."""
        at = len(self._choices)
        return self._choices.setdefault(id(node), (node, self._choice >> at & 1))[1]

    def _chosen(self, node: Any) -> Sequence[Any]:
        """The operands of a node in the order of a set. That of leaves does not matter."""
        parents = list(dict.fromkeys(node.parents))
        if sum(bool(x.parents) for x in parents) > 1 and self._bit(node):
            parents.reverse()
        return parents

    def _shuffled(self, node: Any) -> Sequence[Any]:
        parents = list(dict.fromkeys(node.parents))
        return parents[::-1] if len(parents) > 1 and self._bit(node) else parents

    def apply(self, primitive: Primitive, operands: Sequence[Any]) -> Any:
        if primitive is fsum or primitive.operator:
            return super().apply(primitive, operands)
        if primitive not in self.rules and hasattr(self._value, primitive.name):
            return getattr(operands[0], primitive.name)()
        return self._apply_rule(primitive, operands)

    def _install(self, primitive: Primitive) -> None:
        """Give the class the operation, for its own other methods, too."""
        if not primitive.operator:
            setattr(self._value, primitive.name, lambda x: self._apply_rule(primitive, (x,)))
            return
        setattr(
            self._value, f"__{primitive.operator}__", lambda *xs: self._apply_rule(primitive, xs)
        )
        if len(primitive.arguments) == 2:
            name = f"__r{primitive.operator}__"
            setattr(self._value, name, lambda x, y: self._apply_rule(primitive, (y, x)))

    def _apply_rule(self, primitive: Primitive, operands: Sequence[Any]) -> Any:
        numbers = [float(getattr(x, "data", x)) for x in operands]
        if primitive in self.rules:
            value, partials = self.rules[primitive](operands, numbers)
        else:  # an operation that the text does not have
            value = primitive.evaluate(numbers)
            partials = primitive.local_partials(numbers, value, numbers, [True] * len(numbers))
        kept = [(x, d) for x, d in zip(operands, partials) if isinstance(x, self._value)]
        parents, local = zip(*kept)
        return self._made(primitive.name, parents, lambda *_: value, lambda *_: local)

    def data(self, scalar: Any) -> Any:
        return scalar.data

    def gradient(self, scalar: Any) -> Any:
        return scalar.grad

    def backward(self, root: Any) -> None:
        root.backward()

    def functions(self) -> Any:
        return None
