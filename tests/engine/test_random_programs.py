"""Random programs: 20,000 in `.ci/run --full`, 4,000 in CI, 2,000 elsewhere; and their checks."""

import os

import pytest
import random_programs
from extent import WHOLE

from autograd_mini import Value, cos, log, primitive, sin
from autograd_mini.primitives import BRANCHES, TABLE
from autograd_mini.testing import Expression, GradientError

CHUNKS = random_programs.CHUNKS if WHOLE else 4 if os.environ.get("CI") else 2


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_gradients_of_random_programs(chunk, record_property):
    """What holds of every chunk holds of all programs."""
    drawn = random_programs.check_chunk(chunk)
    record_property("random programs", drawn.to_json())  # for the table at the end
    assert drawn.programs == random_programs.CHUNK == 1_000
    assert drawn.rejected <= 0.1 * drawn.programs
    assert drawn.median >= 20
    assert max(drawn.sizes) == 50
    assert set(drawn.rules) == {*TABLE, *(branch.__name__ for branch in BRANCHES)}
    assert min(drawn.rules.values()) >= 200
    assert drawn.features[random_programs.SHARED] >= 500
    assert drawn.features[random_programs.REPEATED] >= 400
    assert drawn.features[random_programs.CONSTANT] >= 500
    for tail in (random_programs.EDGE, random_programs.HUGE, random_programs.TINY):
        assert drawn.features[tail] >= 150
    assert drawn.twice >= 100


def test_there_are_twenty_thousand():
    assert random_programs.CHUNKS * random_programs.CHUNK >= 20_000


# -- what is wrong is found -----------------------------------------------------------------------

wrong_sine = primitive("wrong_sine", sin, partials=(lambda x, y: -cos(x),))
frozen_log = primitive("frozen_log", log, partials=(lambda x, y: 1 / number(x),))


def number(x):
    return x.data if isinstance(x, Value) else x


def one(rule, x):
    return Expression([x], [(rule, (0,))])


def test_a_wrong_rule_is_found():
    with pytest.raises(GradientError, match="numerically"):
        random_programs.check(one(wrong_sine, 0.5))
    assert random_programs.check(one(sin, 0.5)) == 0.0


def test_a_wrong_second_derivative_is_found():
    random_programs.check(one(frozen_log, 0.5))
    with pytest.raises(GradientError, match=r"second derivative along \[1.0\] is 0.0"):
        random_programs.check_second(one(frozen_log, 0.5))
    random_programs.check_second(one(log, 0.5))


def test_a_wrong_sweep_is_found(monkeypatch):
    twice = Expression([0.5], [(TABLE["sin"], (0,)), (TABLE["multiply"], (1, 1))])
    random_programs.check(twice)
    monkeypatch.setattr(random_programs, "gradients", lambda root, leaves: [0.25])
    with pytest.raises(GradientError, match=r"reverse mode gives 0\.25, forward 0\.84"):
        random_programs.check(twice)


def test_a_graph_of_other_numbers_than_the_floats_give_is_found():
    class Tampered(Expression):
        def __call__(self, *inputs):
            return super().__call__(*inputs) + (1e-15 if isinstance(inputs[0], Value) else 0)

    with pytest.raises(GradientError, match="the graph holds"):
        random_programs.check(Tampered([0.5], [(sin, (0,))]))


# -- what is counted ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "nodes", "expected"),
    [
        ([1.0], [("sin", (0,))], set()),
        ([1.0], [("sin", (0,)), ("add", (1, 1))], {"SHARED", "REPEATED"}),
        ([1.0], [("sin", (0,)), ("cos", (1,)), ("add", (1, 2))], {"SHARED"}),
        ([1.0], [("add", (0, 2.0))], {"CONSTANT"}),
        ([0.02], [("log", (0,))], {"EDGE"}),
        ([0.98], [("asin", (0,))], {"EDGE"}),
        ([1.0], [("maximum", (0, 1.01))], {"EDGE", "CONSTANT"}),
        ([101.0], [("sin", (0,))], {"HUGE"}),
        ([1e-4], [("sin", (0,))], {"TINY"}),
        ([0.0], [("sin", (0,))], set()),
    ],
)
def test_features(inputs, nodes, expected):
    program = Expression(inputs, [(TABLE[name], operands) for name, operands in nodes])
    assert random_programs.features(program) == {
        getattr(random_programs, name) for name in expected
    }


def test_parts_are_merged_and_shown():
    one_part = random_programs.Drawn()
    one_part.add(Expression([1.0], [(TABLE["sin"], (0,))]))
    other = random_programs.Drawn(error=1e-16)
    other.add(Expression([1.0], [(TABLE["add"], (0, 0)), (TABLE["sin"], (1,))]))
    whole = random_programs.merged([one_part.to_json(), other.to_json()])
    assert whole.sizes == {1: 1, 2: 1}
    assert whole.rules == {"sin": 2, "add": 1}
    assert whole.error == 1e-16
    lines = random_programs.table(whole).splitlines()
    assert lines[0].split("  ")[-1].strip() == f"2 of {len(TABLE) + 2}"
    assert any(line.startswith("programs tried") and line.endswith(" 2") for line in lines)
