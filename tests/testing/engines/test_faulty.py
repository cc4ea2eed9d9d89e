"""The zoo: a right base engine, and faults that are changes to its text."""

import json
import random
import re
from pathlib import Path

import pytest

from autograd_mini import Value
from autograd_mini.testing.engines.adapters import Engine
from autograd_mini.testing.engines.corpus import COMMON, corpus, repeated
from autograd_mini.testing.engines.evidence import same
from autograd_mini.testing.engines.faulty import (
    BASE,
    CONSTRUCTIONS,
    ORDERS,
    ZOO,
    FaultError,
    changed,
    exists,
    partial,
    section,
    source,
)
from autograd_mini.testing.engines.questions import ask
from autograd_mini.testing.engines.zoo_engine import ZooEngine

RIGHT = ZooEngine(BASE)
PROMISED = [
    "overwrites-gradient",
    "no-topological-order",
    "order-not-reversed",
    "forgets-upstream",
    "parents-in-a-set",
    "late-binding",
    "keeps-gradients",
    "seed-missing",
    "recursion",
]
WITH_OPERATION = [
    "wrong-value",
    "wrong-derivative",
    "wrong-sign",
    "swapped-operands",
    "only-first-operand",
    "mutates-operand",
    "reflected-operator",
]


def test_zoo_is_large_and_has_the_public_ids():
    ids = {fault.id for fault in ZOO}
    assert len(ids) >= 40
    assert ids >= set(PROMISED)
    assert {id.partition(":")[0] for id in ids if ":" in id} == set(WITH_OPERATION)
    assert len(set(ZOO)) == len(ZOO)


def test_operations_are_written_as_the_rule_table_writes_them():
    names = {primitive.name for question in corpus() for primitive, _ in question.program.nodes}
    assert {fault.operation for fault in ZOO} - {""} <= names
    assert len(names) == len(COMMON)


@pytest.mark.parametrize("id", sorted({fault.id for fault in ZOO}))
def test_a_notebook_explains_the_fault(id):
    file, heading = section(id).split(": ", 1)
    notebook = Path(__file__).parents[3] / "notebooks" / f"{file}.py"
    assert f"# ## {heading}" in notebook.read_text(encoding="utf-8").splitlines()


def test_sentences_go_on_from_the_words_before_them():
    for fault in ZOO:
        assert re.match(r"[a-z]+s |never ", fault.does), fault.does
        assert not fault.does.endswith(".")


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_base_engine_is_right_in_every_construction(construction):
    ours = Engine(Value, __import__("autograd_mini"))
    engine = ZooEngine(source(None, construction))
    for question in random.Random(1).sample(corpus(), 25):
        assert same(ask(engine, question), ask(ours, question), 1e-9), question


@pytest.mark.parametrize("order", ORDERS)
def test_base_engine_is_right_in_every_order(order):
    engine = ZooEngine(source(None, "own", order))
    for question in corpus()[-40:]:
        predictions = list(engine.predictions(question))
        if order != "by hash":  # which is for engines that compare nodes by their numbers
            assert all(same(x, ask(RIGHT, question), 1e-12) for x in predictions)


def test_base_engine_is_right_after_one_backward():
    ours = Engine(Value, __import__("autograd_mini"))
    for question in repeated():
        if question.scenario != "second order":
            assert same(ask(RIGHT, question), ask(ours, question)), question


def test_a_change_has_to_fit_exactly_once():
    assert changed("a b", [("a", "c"), ("c b", "d")]) == "d"
    with pytest.raises(FaultError, match="is 0 times"):
        changed("a b", [("c", "d")])
    with pytest.raises(FaultError, match="is 2 times"):
        changed("a a", [("a", "d")])


def test_every_fault_exists_and_those_of_built_operations_only_where_they_are_not_built():
    for fault in ZOO:
        assert exists(fault, "own"), fault
        for construction in CONSTRUCTIONS:
            if fault.operation not in construction.split(", ") and ":" in fault.id:
                built = [f"2 {fault.operation}" in construction, "reflected" in fault.id]
                assert exists(fault, construction) or all(built), (fault, construction)


def first_failure(engine):
    for question in [*corpus(), *repeated()]:
        predictions = list(engine.predictions(question))
        if predictions and not same(predictions[0], ask(RIGHT, question)):
            return question
    return None


def test_every_fault_shows_in_a_small_program():
    sizes = {}
    for fault in ZOO:
        for order in {fault.orders[0], fault.orders[-1]}:
            found = first_failure(ZooEngine(source(fault, "own", order)))
            assert found, (fault, order)
            sizes[fault, order] = len(found.program.nodes)
    small = [size for size in sizes.values() if size <= 2]
    assert len(small) >= 0.9 * len(sizes), [x[0].id for x, size in sizes.items() if size > 2]


def test_a_fault_of_some_edges_alone():
    fault = partial("overwrites-gradient", {("*", 1), ("exp", 0), ("exp", 1)})
    assert fault.does.endswith("in * for its second operand and exp")
    engine = ZooEngine(source(fault))
    x = engine.make(3.0)
    (x * x).backward()
    assert x.grad == 3.0  # the second operand's share alone
    x = engine.make(3.0)
    (x + x).backward()
    assert x.grad == 2.0


def test_corpus_is_sorted_and_the_same_every_time():
    sizes = [len(question.program.nodes) for question in corpus()]
    assert sizes == sorted(sizes)
    assert sizes[0] == 1
    texts = [repr(question.program) for question in corpus()]
    assert len(set(texts)) == len(texts)
    corpus.cache_clear()
    assert [repr(question.program) for question in corpus()] == texts
    json.dumps([question.program.inputs for question in corpus()])  # plain numbers


def test_walk_along_all_paths_stops():
    naive = next(fault for fault in ZOO if fault.id == "no-topological-order")
    engine = ZooEngine(source(naive))
    (primitive, _), *_ = corpus()[0].program.nodes
    from autograd_mini.testing import Expression
    from autograd_mini.testing.engines.questions import Question

    doubling = Expression([1.0], [(primitive, (i, i)) for i in range(60)])
    assert list(engine.predictions(Question(doubling))) == []
