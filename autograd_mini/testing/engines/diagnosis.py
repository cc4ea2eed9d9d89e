"""Which known fault explains all that an engine has answered."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from ...primitives import TABLE, fsum
from ...rules import Primitive
from ..programs import Expression
from .adapters import constant
from .corpus import COMMON, corpus, repeated
from .faulty import (
    BASE,
    CONSTRUCTIONS,
    LATER,
    PARTIAL,
    SORTS,
    ZOO,
    Edge,
    Fault,
    FaultError,
    changed,
    exists,
    partial,
    section,
    source,
)
from .questions import Answer, Question
from .questions import ask as ask_engine
from .zoo_engine import Rule, ZooEngine

Ask = Callable[[Question], Answer]
Pair = tuple[Question, Answer]
MISSING = ("missing", "TypeError", "AttributeError", "NotImplementedError", "AssertionError")
UNDECIDED = ("hang", "crash", "exit", "memory")  # no engine of the zoo does these
FEW = 3  # operations that are wrong, of which all combinations are tried
LONG = 1_000  # a program of more operations is about depth
PROBES = 60  # random programs that an engine is asked, besides those of textbooks


class Diagnosis(NamedTuple):
    """Why an engine is wrong.

    Attributes:
        ids: of the faults, mostly one.
        sentence: "your engine answers exactly as one that ..".
        section: the notebook that explains it, and the heading there.
    """

    ids: tuple[str, ...]
    sentence: str
    section: str


class Engine(NamedTuple):
    """A faulty engine: what is wrong with it, and how it is made."""

    ids: tuple[str, ...]
    does: str
    text: str
    rules: Mapping[Primitive, Rule]


RIGHT = Engine((), "", BASE, {})


def diagnose(
    asked: Sequence[Pair],
    ask: Callable[[Question], Answer],
    tolerance: float = 1e-6,
    check_time: Callable[[], None] = lambda: None,
    probing: bool = True,
) -> Diagnosis | None:
    """The fault that predicts every answer of an engine; None if no known one does.

    Args:
        asked: questions, and the engine's answers.
        ask: to ask it more.
        tolerance: how far two numbers may be apart, relative to the larger, or to 1.
        check_time: called often; it may raise an exception, to end this.
        probing: whether small programs of all kinds are asked, too; if not, a part of the engine
            is explained that may be right while others are not written yet.

    >>> from autograd_mini.testing.engines.questions import ask
    >>> engine = ZooEngine(source(ZOO[0]))
    >>> question = corpus()[1]
    >>> print(diagnose([(question, ask(engine, question))], lambda q: ask(engine, q)).sentence)
    your engine answers exactly as one that overwrites .grad instead of adding to it, on all ...
    """
    once = [pair for pair in asked if _is_once(pair[0])]
    later = [pair for pair in asked if not _is_once(pair[0])]
    probes = _probes(asked, ask) if probing else ()
    evidence = Evidence([*once, *probes], tolerance, check_time)
    found = _explanation(evidence, ask, probing) if evidence.wrong else RIGHT
    if found and later:
        evidence = Evidence([*later, *evidence.all], tolerance, check_time)
        found = _explanation_of_later(evidence, found, ask)
    if not found or not found.ids:
        return None
    count = evidence.explained_by(found)
    sentence = (
        f"your engine answers exactly as one that {found.does}, on all {count} programs asked"
    )
    return Diagnosis(found.ids, sentence, section(found.ids[0]))


def _is_once(question: Question) -> bool:
    return question.scenario == "once" and len(question.program.nodes) <= LONG


def _probes(asked: Sequence[Pair], ask: Ask) -> Iterator[Pair]:
    """Answers about small programs of the operations that the engine has."""
    used = {p for question, _ in asked for p, _ in question.program.nodes}
    rows = [p for name, p in TABLE.items() if p in used or name in COMMON]
    given = {repr(question.program) for question, _ in asked}
    missing: set[Primitive] = set()
    for question in corpus(tuple(rows), PROBES):
        names = {p for p, _ in question.program.nodes}
        if names.isdisjoint(missing) and repr(question.program) not in given:
            answer = ask(question)
            if answer.problem not in MISSING:
                yield question, answer
            elif [operands for _, operands in question.program.nodes] == [(0,)]:
                missing |= names


class Evidence:
    """Questions with an engine's answers; those first that a right engine answers otherwise."""

    def __init__(
        self, pairs: Iterable[Pair], tolerance: float, check_time: Callable[[], None]
    ) -> None:
        self.tolerance, self.check_time = tolerance, check_time
        by_size = sorted(pairs, key=lambda pair: len(pair[0].program.nodes))
        differs = [
            answer.problem not in UNDECIDED and not same(answer, _right(question), tolerance)
            for question, answer in by_size
        ]
        self.wrong = [pair for pair, wrong in zip(by_size, differs) if wrong]
        self.all = self.wrong + [pair for pair, wrong in zip(by_size, differs) if not wrong]
        # what - and / and negation are built of does not matter here:
        self.plain = [pair for pair in self.all if not {"-", "/", "neg"} & _names(pair[0])]

    def explained_by(self, engine: Engine, pairs: Sequence[Pair] | None = None) -> int:
        """How many answers are those of an engine of the zoo; 0 if one is not.

        Some answers would take too long to compute. That of the smallest wrong one must not.
        """
        tried, count = _made(engine), 0
        for pair in self.all if pairs is None else pairs:
            verdict = self.agrees(tried, *pair)
            if verdict is False or (verdict is None and not count):
                return 0
            count += bool(verdict)
        return count

    def agreement(self, engine: Engine, pairs: Sequence[Pair]) -> int:
        """How many answers are those of an engine of the zoo."""
        return sum(bool(self.agrees(_made(engine), *pair)) for pair in pairs)

    def agrees(self, engine: ZooEngine, question: Question, answer: Answer) -> bool | None:
        """Whether an engine of the zoo answers so; None if that is too much to compute."""
        self.check_time()
        if answer.problem in UNDECIDED:
            return None
        some = False
        for predicted in engine.predictions(question):
            if same(answer, predicted, self.tolerance):
                return True
            some = True
        return False if some else None


@lru_cache(maxsize=4096)
def _right(question: Question) -> Answer:
    return ask_engine(_engine(BASE), question)


@cache
def _engine(text: str) -> ZooEngine:
    return ZooEngine(text)


def _made(engine: Engine) -> ZooEngine:
    return ZooEngine(engine.text, engine.rules) if engine.rules else _engine(engine.text)


def _names(question: Question) -> set[str]:
    """The operations of a program; sum() is made of +."""
    return {"+" if row is fsum else row.name for row, _ in question.program.nodes}


def same(a: Answer, b: Answer, tolerance: float = 1e-6) -> bool:
    """Whether two answers are equal, up to rounding; a gradient of None is equal to any number.

    >>> same(Answer((2.0,), (None,)), Answer((2.0,), (1.0,)))
    True
    """
    if a.problem != b.problem or (len(a.data) != len(b.data) and not a.problem):
        return False  # where both raise, one may do so in backward()
    if not all(_close(x, y, tolerance) for x, y in zip(a.data, b.data)):
        return False
    gradients = zip(a.gradients, b.gradients)
    return all(x is None or y is None or _close(x, y, tolerance) for x, y in gradients)


def _close(x: float, y: float, tolerance: float) -> bool:
    near = abs(x - y) <= tolerance * max(1.0, abs(x), abs(y)) and math.isfinite(x - y)
    return near or x == y or (x != x and y != y)


def _explanation(evidence: Evidence, ask: Ask, probing: bool) -> Engine | None:
    """The simplest faulty engine that answers so."""
    candidates = _candidates(evidence, ask, probing)
    found = (_engine_with(evidence, fault, some) for fault, some in candidates)
    return next(filter(None, found), None)


def _candidates(
    evidence: Evidence, ask: Ask, probing: bool
) -> Iterator[tuple[Fault | None, Sequence[_Measured]]]:
    """A fault of the zoo, operations as measured, or both; the simplest first."""
    # few programs may not tell a fault of one operation from one of backward():
    zoo = ZOO if probing else sorted(ZOO, key=lambda fault: not fault.operation)
    yield from ((fault, ()) for fault in zoo)
    wrong = list(_wrong_operations(evidence, ask))
    # with more than a few wrong operations a table of them would explain anything
    most = FEW if len(wrong) <= FEW else 1
    sets = [x for size in range(1, most + 1) for x in itertools.combinations(wrong, size)]
    yield from ((None, some) for some in sets)
    yield from ((fault, ()) for kind in PARTIAL for fault in _partly(kind, evidence))
    structural = [fault for fault in ZOO if not fault.operation]
    yield from itertools.product(structural, sets if len(wrong) <= FEW else ())


class _Measured(NamedTuple):
    """An operation as the engine has it: ids of what is wrong, what it does, its rule."""

    primitive: Primitive
    ids: tuple[str, ...]
    does: str
    rule: Rule


def _engine_with(
    evidence: Evidence, fault: Fault | None, measured: Sequence[_Measured]
) -> Engine | None:
    """The engine with this fault and these operations that answers so, however it is built."""
    ids = (*((fault.id,) if fault else ()), *(id for x in measured for id in x.ids))
    does = ", and ".join([*([fault.does] if fault else []), *(x.does for x in measured)])
    rules = {x.primitive: x.rule for x in measured}
    names = {x.primitive.name for x in measured}
    wrong = [pair for pair in evidence.wrong if pair in evidence.plain][:9]
    if fault and fault.operation and any(fault.operation not in _names(q) for q, _ in wrong):
        return None  # it would be right there
    for order in fault.orders if fault else ("left first",):
        own = Engine(ids, does, source(fault, "own", order), rules)
        if evidence.plain and not evidence.explained_by(own, evidence.plain):
            continue
        for construction in CONSTRUCTIONS:
            if names.isdisjoint(construction.split(", ")) and (
                not fault or exists(fault, construction)
            ):
                engine = own._replace(text=source(fault, construction, order))
                if evidence.explained_by(engine):
                    return engine
    return None


def _partly(kind: str, evidence: Evidence) -> Iterator[Fault]:
    """Faults of some operations alone: overwriting .grad in exp, say."""
    alike = [x for x in CONSTRUCTIONS if ("-" in x) == ("2 -" in x) and ("/" in x) == ("2 /" in x)]
    pairs = sorted(evidence.all, key=lambda pair: len(pair[0].program.nodes))
    ways = ((0, 1), (0,), (1,)), ((0,), (1,), (0, 1))
    for places, order, construction in itertools.product(ways, SORTS[2:], alike):
        edges: frozenset[Edge] = frozenset()
        engine = _engine(source(partial(kind, ()), construction, order))
        for pair in pairs:
            names = sorted(
                _names(pair[0]) | {"+", "*"} | ({"**"} if "/" in _names(pair[0]) else set())
            )
            more = [{(x, at) for at in some} for some in places for x in names]
            for tried in (edges, *(edges | new for new in more if not new <= edges)):
                engine.names["EDGES"] = tried
                if evidence.agrees(engine, *pair) is not False:
                    edges = tried
                    break
            else:
                break
        else:
            yield partial(kind, edges)
        engine.names["EDGES"] = frozenset()


def _explanation_of_later(evidence: Evidence, found: Engine, ask: Ask) -> Engine | None:
    """The same engine, and at most three faults that show after backward() was called once."""
    for size in range(4):
        engines = []
        for faults in itertools.combinations(LATER, size):
            try:
                text = changed(found.text, [c for fault in faults for c in fault.changes])
            except FaultError:
                continue
            ids = (*found.ids, *(fault.id for fault in faults))
            does = ", and ".join(filter(None, [found.does, *(fault.does for fault in faults)]))
            engine = Engine(ids, does, text, found.rules)
            if evidence.explained_by(engine):
                engines.append(engine)
        if len({engine.ids for engine in engines}) > 1:  # asked more, one may be better
            others = [(question, ask(question)) for question in repeated()]
            return max(engines, key=lambda engine: evidence.agreement(engine, others))
        if engines:
            return engines[0]
    return None


def _wrong_operations(evidence: Evidence, ask: Ask) -> Iterator[_Measured]:
    """Operations that are wrong in programs of this operation alone."""
    rows = {pair[0].program.nodes[0][0]: None for pair in evidence.all}
    for primitive in rows:
        uses = [_use(*pair) for pair in evidence.all if _is_alone(pair[0], primitive)]
        kinds = _kinds(uses)
        if kinds:
            ids = tuple(f"{kind}:{primitive.name}" for kind, _ in kinds)
            does = ", and ".join(_told(primitive, example) for _, example in kinds)
            yield _Measured(primitive, ids, does, _measured(primitive, ask))


def _is_alone(question: Question, primitive: Primitive) -> bool:
    (row, operands), *more = question.program.nodes
    return (
        row is primitive and not more and len(set(operands)) == len(operands) and _is_once(question)
    )


class _Use(NamedTuple):
    """One operation on numbers: what it should give, and what it gives."""

    point: tuple[float, ...]
    constant_first: bool
    value: float
    partials: list[float]  # by the operands that are not constants
    got: float
    slopes: list[float]
    problem: str


def _use(question: Question, answer: Answer) -> _Use:
    row, operands = question.program.nodes[0]
    inputs = question.program.inputs
    point = tuple(inputs[x] if isinstance(x, int) else x for x in operands)
    value = row.evaluate(point)
    partials = row.local_partials(point, value, point, [isinstance(x, int) for x in operands])
    count = len(inputs)
    got = answer.data[count] if len(answer.data) > count else math.nan
    places = [x for x in operands if isinstance(x, int)]  # x1 - x0 has them in another order
    found = [answer.gradients[x] if answer.gradients else None for x in places]
    slopes = [math.nan if x is None else x for x in found]
    kept = [d for d, x in zip(partials, operands) if isinstance(x, int)]
    return _Use(point, not isinstance(operands[0], int), value, kept, got, slopes, answer.problem)


def _kinds(uses: Sequence[_Use]) -> list[tuple[str, _Use]]:
    """What is wrong with an operation, each with an example; a constant on the left apart."""
    wrong = [x for x in uses if not _all_close([x.got, *x.slopes], [x.value, *x.partials])]
    left = [x for x in wrong if x.constant_first]
    others = [x for x in wrong if not x.constant_first]
    found = [_kind([x for x in uses if not x.constant_first], others)] if others else []
    wrong_values = [x for x in left if not _close(x.got, x.value, 1e-6)]
    if left and not others and len(left) < len(uses):
        found = [("reflected-operator", left[0])]
    elif left and not others:
        found = [_kind(uses, left)]
    elif wrong_values and found[0][0] != "wrong-value":
        found = [("reflected-operator", wrong_values[0]), *found]
    return found


def _kind(uses: Sequence[_Use], wrong: Sequence[_Use]) -> tuple[str, _Use]:
    """What is wrong with an operation, and an example. That it raises counts if it always does."""
    uses, wrong = ([x for x in some if not x.problem] or some for some in (uses, wrong))
    values = [x for x in wrong if not _close(x.got, x.value, 1e-6)]
    if values:
        return "wrong-value", values[0]
    pairs = [x for x in uses if len(x.partials) == 2]
    if pairs and all(_all_close(x.slopes, x.partials[::-1]) for x in pairs):
        return "swapped-operands", wrong[0]
    if pairs and all(_all_close(x.slopes, [x.partials[0], 0.0]) for x in pairs):
        return "only-first-operand", wrong[0]
    if all(_all_close(map(abs, x.slopes), map(abs, x.partials)) for x in uses):
        return "wrong-sign", wrong[0]
    return "wrong-derivative", wrong[0]


def _all_close(xs: Iterable[float], ys: Iterable[float]) -> bool:
    return all(_close(x, y, 1e-6) for x, y in zip(xs, ys, strict=True))


def _told(primitive: Primitive, use: _Use) -> str:
    """A clause about a use that is wrong."""
    names = [str(x) for x in map(constant, use.point)]
    call = primitive.call_text(names)
    if use.problem:
        return f"fails at {call} with {use.problem}"
    if not _close(use.got, use.value, 1e-6):
        return f"computes {call} as {use.got:.6g}, where {use.value:.6g} is right"
    places = range(len(use.partials))
    i = next(i for i in places if not _close(use.slopes[i], use.partials[i], 1e-6))
    which = ("first", "second", "third")[i : i + 1] or [f"{i + 1}th"]
    by = f" by its {which[0]} operand" if len(use.point) > 1 and len(use.partials) > 1 else ""
    got, right = use.slopes[i], use.partials[i]
    return f"has {got:.6g} as the derivative of {call}{by}, where {right:.6g} is right"


def _measured(primitive: Primitive, ask: Ask) -> Rule:
    """The rule of an operation, found by asking the engine at the very operands."""
    known: dict[Any, tuple[float, Sequence[float]]] = {}

    def rule(operands: Sequence[Any], numbers: Sequence[float]) -> tuple[float, Sequence[float]]:
        is_constant = [isinstance(x, (int, float)) for x in operands]
        key = (*is_constant, *numbers)
        if key not in known:
            inputs = [x for x, c in zip(numbers, is_constant) if not c]
            places = itertools.count()
            node = tuple(x if c else next(places) for x, c in zip(numbers, is_constant))
            answer = ask(Question(Expression(inputs, [(primitive, node)])))
            if answer.problem:
                raise type(answer.problem, (Exception,), {})(answer.message)
            slopes = iter(answer.gradients)
            partials = [0.0 if c else next(slopes) or 0.0 for c in is_constant]
            known[key] = answer.data[-1], partials
        return known[key]

    return rule
