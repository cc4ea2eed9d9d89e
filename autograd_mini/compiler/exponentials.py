"""Exponentials that do not overflow: logsumexp, softplus, sigmoid and softmax, found in what was
written by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..primitives import absolute, exp, fsum, logsumexp, sigmoid, softplus
from .nodes import CONSTANT, NONE, Form, Term, total

if TYPE_CHECKING:
    from .canonical import Graph


def quotient(graph: Graph, above: Any, below: int) -> Any:
    """exp(z1) / (exp(z1) + .. + exp(zn) + c) as exp(z1 - logsumexp(z)), and what is divided by
    1 + exp(z) by a sigmoid, which cannot overflow; None for another quotient.

    A shift of all logits by a constant, which is what people write against overflow, goes.
    """
    logits, constant = _logits(graph, below)
    if (1.0, above, NONE) in _terms(graph, below) and logits:
        z = graph.args[above][0]
        shifts = {graph.args[x].constant if graph.ops[x] is fsum else 0.0 for x in logits}
        if not constant and len(shifts) == 1 and shifts != {0.0}:
            sums = [graph.args[x] for x in (z, *logits)]
            z, *logits = [graph.made(Form(0.0, list(zip(*columns)))) for _, *columns in sums]
        log_sum = _logsumexp(graph, logits, constant)
        difference = Form(0.0, [(1.0, z, NONE), (-1.0, log_sum, NONE)])
        return graph.node(exp, (graph.made(difference),))
    if len(logits) != 1 or constant != 1:
        return None
    opposite = graph.made(graph.scaled(logits[0], -1.0))
    return graph.product(above, graph.node(sigmoid, (opposite,)))


def logarithm(graph: Graph, x: Any, more: float) -> int | None:
    """log(x + more) of a sum of exponentials by logsumexp and softplus, which cannot overflow;
    None for another logarithm, or if no exponential is larger than 1."""
    logits, constant = _logits(graph, x, more)
    if not logits or (constant and all(_is_at_most_0(graph, z) for z in logits)):
        return None
    if constant != 1:
        return _logsumexp(graph, logits, constant)
    return graph.node(softplus, (_logsumexp(graph, logits, 0.0),))


def _logsumexp(graph: Graph, logits: Sequence[int], constant: float) -> int:
    """log(exp(z1) + .. + exp(zn) + constant)."""
    rest = [graph.node(CONSTANT, (math.log(constant),))] if constant else []
    terms = (*logits, *rest)
    return graph.node(logsumexp, terms) if len(terms) > 1 else terms[0]


def _logits(graph: Graph, x: Any, constant: float = 0.0) -> tuple[list[int], float]:
    """z1, .., zn and c, where x + constant is exp(z1) + .. + exp(zn) + c; or none."""
    logits = []
    for c, *factors in _terms(graph, x):
        powers = [e for e in factors if e != NONE]
        if not powers:
            constant += c
        elif 0 < c < math.inf and all(graph.ops[e] is exp for e in powers):
            parts = [graph.args[e][0] for e in powers]
            logits.append(graph.made(total([*parts, math.log(c)] if c != 1 else parts)))
        else:
            return [], 0.0
    return (logits, constant) if 0 <= constant < math.inf else ([], 0.0)


def _terms(graph: Graph, x: Any, is_inside: bool = False) -> Iterator[Term]:
    """The terms of a sum, of multiples of sums in it too; a constant is a term of no factor."""
    constant, terms = 0.0, iter([(1.0, x, NONE)])
    if x.__class__ is Form:
        constant, terms = x.constant, iter(x.terms)
    elif graph.ops[x] is fsum:
        constant, *columns = graph.args[x]
        terms = zip(*columns)
    if constant:
        yield constant, NONE, NONE
    for c, a, b in terms:
        if b == NONE and graph.ops[a] is fsum and not is_inside:
            yield from ((c * d, e, f) for d, e, f in _terms(graph, a, True))
        else:
            yield c, a, b


def _is_at_most_0(graph: Graph, z: int) -> bool:
    """Whether it is minus squares and absolute values, or a logarithm of a softmax."""
    terms = list(_terms(graph, z, True))
    match terms:
        case [(1.0, logit, -1), (-1.0, log_sum, -1)]:
            return graph.ops[log_sum] is logsumexp and logit in graph.args[log_sum]
    sizes = [a == b or (b == NONE and graph.ops[a] is absolute) for _, a, b in terms]
    return all(sizes) and all(c <= 0 for c, _, _ in terms)
