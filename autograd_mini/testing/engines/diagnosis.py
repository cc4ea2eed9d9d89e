"""Which known fault explains all that an engine has answered."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ...primitives import TABLE
from ...rules import Primitive
from .abilities import Ask
from .corpus import COMMON, corpus, repeated
from .evidence import Evidence, Pair, Suspect, is_once, made_of, names_of
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
from .measuring import Measured, wrong_operations

MISSING = ("missing", "TypeError", "AttributeError", "NotImplementedError", "AssertionError")
FEW = 3  # operations that are wrong, of which all combinations are tried
PROBES = 60  # random programs that an engine is asked, besides those of textbooks


class Diagnosis(NamedTuple):
    """Why an engine is wrong."""

    ids: tuple[str, ...]  # of the faults, mostly one
    sentence: str  # "your engine answers exactly as one that .."
    section: str  # the notebook that explains it, and the heading there


RIGHT = Suspect((), "", BASE, {})


def diagnose(
    asked: Sequence[Pair],
    ask: Ask,
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
    >>> engine = made_of(source(ZOO[0]))
    >>> question = corpus()[1]
    >>> print(diagnose([(question, ask(engine, question))], lambda q: ask(engine, q)).sentence)
    your engine answers exactly as one that overwrites .grad instead of adding to it, on all ...
    """
    once = [pair for pair in asked if is_once(pair[0])]
    later = [pair for pair in asked if not is_once(pair[0])]
    probes = _probes(asked, ask) if probing else ()
    evidence = Evidence([*once, *probes], tolerance, check_time)
    found = _explanation(evidence, ask, probing) if evidence.wrong else RIGHT
    if found and later:
        evidence = Evidence([*later, *evidence.all], tolerance, check_time)
        found = _explanation_of_later(evidence, found, ask)
    if not found or not found.ids:
        return None
    does, count = found.does, evidence.explained_by(found)
    sentence = f"your engine answers exactly as one that {does}, on all {count} programs asked"
    return Diagnosis(found.ids, sentence, section(found.ids[0]))


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


def _explanation(evidence: Evidence, ask: Ask, probing: bool) -> Suspect | None:
    """The simplest faulty engine that answers so."""
    candidates = _candidates(evidence, ask, probing)
    return next(filter(None, (_engine_with(evidence, *some) for some in candidates)), None)


def _candidates(
    evidence: Evidence, ask: Ask, probing: bool
) -> Iterator[tuple[Fault | None, Sequence[Measured]]]:
    """A fault of the zoo, operations as measured, or both; the simplest first."""
    # few programs may not tell a fault of one operation from one of backward():
    zoo = ZOO if probing else sorted(ZOO, key=lambda fault: not fault.operation)
    yield from ((fault, ()) for fault in zoo)
    wrong = list(wrong_operations(evidence.all, ask))
    # with more than a few wrong operations a table of them would explain anything
    most = FEW if len(wrong) <= FEW else 1
    sets = [x for size in range(1, most + 1) for x in itertools.combinations(wrong, size)]
    yield from ((None, some) for some in sets)
    yield from ((fault, ()) for kind in PARTIAL for fault in _partly(kind, evidence))
    structural = [fault for fault in ZOO if not fault.operation]
    yield from itertools.product(structural, sets if len(wrong) <= FEW else ())


def _engine_with(
    evidence: Evidence, fault: Fault | None, measured: Sequence[Measured]
) -> Suspect | None:
    """The engine with this fault and these operations that answers so, however it is built."""
    ids = (*((fault.id,) if fault else ()), *(id for x in measured for id in x.ids))
    does = ", and ".join([*([fault.does] if fault else []), *(x.does for x in measured)])
    rules = {x.primitive: x.rule for x in measured}
    names = {x.primitive.name for x in measured}
    if fault and fault.operation and not evidence.is_of(fault.operation):
        return None
    for order in fault.orders if fault else ("left first",):
        own = Suspect(ids, does, source(fault, "own", order), rules)
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
        engine = made_of(source(partial(kind, ()), construction, order))
        for pair in pairs:
            names = names_of(pair[0]) | {"+", "*"}
            names |= {"**"} if "/" in names else set()
            more = [{(x, at) for at in some} for some in places for x in sorted(names)]
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


def _explanation_of_later(evidence: Evidence, found: Suspect, ask: Ask) -> Suspect | None:
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
            engine = Suspect(ids, does, text, found.rules)
            if evidence.explained_by(engine):
                engines.append(engine)
        if len({engine.ids for engine in engines}) > 1:  # asked more, one may be better
            others = [(question, ask(question)) for question in repeated()]
            return max(engines, key=lambda engine: evidence.agreement(engine, others))
        if engines:
            return engines[0]
    return None
