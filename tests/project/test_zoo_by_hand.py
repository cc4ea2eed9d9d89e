"""What the compiled zoo is measured against computes the same as the eager engine does."""

import importlib.util
import math
from pathlib import Path

import pytest
from test_rivals import assert_equal

from benchmarks import zoo
from benchmarks.problems import parameter_arrays
from benchmarks.results import Results
from benchmarks.side_by_side import Row
from benchmarks.zoo import RIVALS

every_rival = pytest.mark.parametrize("key", RIVALS)


def moved(key):
    """(loss, model), where no parameter is the 0 or the 1 that it starts from."""
    loss, model = zoo.pair(key).entry.made()
    for number, p in enumerate(model.parameters(), start=1):
        p.data += 0.1 * math.sin(number)
    return loss, model


def eager(loss, model, examples):
    """(loss, gradients) over the examples, in scalars."""
    total = 0.0
    for example in examples:
        root = loss(**example) / len(examples)
        root.backward()
        total += root.data
    return total, parameter_arrays(model, "grad")


@every_rival
@pytest.mark.parametrize("count", [1, 5])
def test_a_rival_computes_what_the_engine_does(key, count):
    one, (loss, model) = zoo.pair(key), moved(key)
    answer = RIVALS[key](parameter_arrays(model), *one.batch(count))
    assert_equal(answer, eager(loss, model, one.entry.examples(count)))


@every_rival
def test_a_rival_keeps_nothing_between_calls_and_what_it_is_given_as_it_is(key):
    one, (loss, model) = zoo.pair(key), moved(key)
    parameters, batch = parameter_arrays(model), one.batch(5)
    first = RIVALS[key](parameters, *batch)
    RIVALS[key](parameters, *(array[:3] for array in batch))
    assert_equal(first, eager(loss, model, one.entry.examples(5)))
    for now, before in zip([*parameters, *batch], [*parameter_arrays(model), *one.batch(5)]):
        assert (now == before).all()


@pytest.mark.parametrize("key", ["heat_equation", "digits"])  # scalars and lists, an MLP
def test_a_row_is_measured_once_both_sides_are_equal(key, monkeypatch):
    monkeypatch.setattr(pytest.importorskip("numba").config, "DISABLE_JIT", True)
    asked = []

    def timing(what, ours, theirs):
        asked.append(what)
        assert float(ours()[0]) == pytest.approx(float(theirs()[0]), rel=1e-12)
        return [(3.0, 2.0), (4.0, 2.5)]

    rows = zoo.beside(timing, key, 2)
    what = f"{key.replace('_', ' ')}, B=2"
    assert asked == [row.what for row in rows]
    assert asked == [f"{what}, arrays, beside NumPy", f"{what}, as it runs, beside NumPy"]
    assert [(row.minima, row.reached) for row in rows] == [("1.50", "NO")] * 2
    one = zoo.pair(key)
    assert [*one.chosen._function.made] == ["arrays", "loops"]

    def wrong(*batch):
        loss, gradients = one.rival(*batch)
        return loss, [1.001 * gradient for gradient in gradients]

    monkeypatch.setattr(zoo, "pair", lambda key: one._replace(rival=wrong))
    with pytest.raises(AssertionError, match="gradients differ by"):
        zoo.beside(timing, key, 2)
    assert len(asked) == 2


def test_there_is_a_row_for_each_size():
    assert len(zoo.rows(quick=True)) == 3 * len(RIVALS) == 45
    assert {"lstm-1", "lstm-64", "lstm-1024"} <= {*zoo.rows(quick=False)}


@pytest.fixture(scope="module")
def zoo_table():
    pytest.importorskip("numba")
    place = Path(__file__).parents[2] / "tools" / "zoo_table.py"
    spec = importlib.util.spec_from_file_location("zoo_table", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_the_zoo_follows_from_the_results(zoo_table):
    [shown] = zoo_table.BY_HAND.findall(zoo_table.PAGE.read_text(encoding="utf-8"))
    assert shown == "".join(f"{line}\n" for line in zoo_table.by_hand())


def test_its_table_has_a_line_a_program_and_a_column_a_size(zoo_table, monkeypatch, tmp_path):
    monkeypatch.setattr(zoo_table, "RESULTS", tmp_path)
    assert [*zoo_table.by_hand()] == []
    row = Row("what", minima="1.50", quartiles="1.40 .. 1.60")
    rows = {
        "zoo/lstm-64": [row, row._replace(minima="0.50")],
        "draw/x": [row, row],
        "zoo/lstm-8": [row, row],
        "zoo/gru-64": [row, row],
        "zoo/gru-8": [Row("zoo/gru-8", reached="failed: AssertionError")],
    }
    (tmp_path / "3.99.json").write_text(Results("3.99", "a machine", rows).text())
    *_, head, _, lstm, gru = zoo_table.by_hand()
    assert head == "| program | B=8 | as it runs | B=64 | as it runs |"
    same, half = "1.50 (1.40 .. 1.60)", "0.50 (1.40 .. 1.60)"
    assert lstm == f"| LSTM | {same} | {same} | {same} | {half} |"
    assert gru == f"| GRU |  |  | {same} | {same} |"
