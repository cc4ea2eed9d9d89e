"""benchmarks/side_by_side.py: which times are compared, and what the table says about them."""

from random import Random

import pytest

from benchmarks.side_by_side import (
    Row,
    alone,
    cost_row,
    duration,
    interleaved,
    markdown_table,
    plain_table,
    timed_row,
)

TIMES = [(1.0, 2.0), (2.0, 2.5), (4.0, 16.0)]


class Clock:
    """A clock on which only the two sides take time, and a note of which ran when."""

    def __init__(self):
        self.now = 0.0
        self.ran = ""

    def side(self, name, seconds):
        def run():
            self.now += seconds
            self.ran += name

        return run

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("lasting", "repeats", "a", "b"), [(0, 1, 1, 1), (12, 1, 6, 2), (0, 3, 3, 3)]
)
def test_both_sides_are_timed_in_each_round_in_random_order(lasting, repeats, a, b):
    clock = Clock()
    ours, rival = clock.side("a", 2.0), clock.side("b", 6.0)
    options = {"repeats": repeats, "lasting": lasting, "collect": False, "clock": clock}
    times = interleaved("", ours, rival, rounds=20, rng=Random(0), **options)
    assert times == [(2.0, 6.0)] * 20
    rounds = clock.ran[4 if lasting else 2 :]
    one, other = "a" * a + "b" * b, "b" * b + "a" * a
    assert rounds.count(one) + rounds.count(other) >= 20
    assert one in rounds
    assert other in rounds


def test_how_much_faster_is_the_median_over_the_rounds():
    row = timed_row("what", TIMES, bar=2)
    texts = ("what", "2.00 s", "2.50 s", "2.00x", "1.62 .. 3.00", "2.00x", "2x", "yes")
    assert row == Row(*texts, numbers=(1.625, 2, 3))
    assert timed_row("what", TIMES, bar=2.01).reached == "NO"


def test_what_we_cost_is_the_ratio_of_the_minima():
    row = cost_row("what", TIMES, bar=0.5)
    texts = ("what", "2.00 s", "2.50 s", "0.50", "0.38 .. 0.65", "0.50", "<= 0.5", "yes")
    assert row == Row(*texts, numbers=(1.625, 2, 3))
    assert cost_row("what", [(1.1, 2.0), (0.9, 1.6)], bar=0.5).reached == "NO"


def test_without_a_rival_a_row_says_what_a_run_takes():
    clock = Clock()
    row = alone("what", clock.side("a", 2.0), rounds=3, clock=clock)
    assert row == Row("what", "2.00 s", quartiles="2.00 s .. 2.00 s", numbers=(2, 2, 2))


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.3e-5, "43.0 us"), (0.0123, "12.3 ms"), (2.0, "2.00 s")]
)
def test_durations_have_the_unit_that_suits_them(seconds, text):
    assert duration(seconds) == text


def test_a_table_has_the_columns_that_are_used():
    rows = [Row("one", "1 s", bar="2 s"), Row("another", ratio="3x")]
    assert plain_table(rows).splitlines() == [
        "         ours  ratio  bar",
        "one       1 s         2 s",
        "another           3x     ",
    ]
    assert markdown_table(rows).splitlines()[1:3] == [
        "| --- | ---: | ---: | ---: |",
        "| one | 1 s |  | 2 s |",
    ]
