"""Bugs of public repositories: check_engine finds each, and knows what it is."""

import pytest

from autograd_mini.testing import check_engine
from autograd_mini.testing.engines.museum import museum

EXHIBITS = museum()
each_exhibit = pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.thread)


def test_there_are_threads_from_many_places():
    assert len({exhibit.thread for exhibit in EXHIBITS}) == len(EXHIBITS) >= 8
    assert len({exhibit.thread.partition("#")[0] for exhibit in EXHIBITS}) >= 8


@each_exhibit
def test_a_bug_that_was_there_is_found_and_named(exhibit):
    report = check_engine(exhibit.engine(), examples=0, time_limit=300)
    told = [verdict.id for verdict in (*report.failures, *report.findings)]
    assert exhibit.requirement in told
    assert (report.diagnosis or "") == exhibit.id
