"""The page of trust begins with the figures that its sections record."""

from pathlib import Path

import summary

DOCS = Path(__file__).parents[2] / "docs"

TRUST = """# Trust

## Random programs

|  |  |
| --- | --- |
| operations covered | 2 of 2 |
| programs tried | 20,000 |

## Random programs on other libraries

| library | version | programs | largest deviation |
| --- | --- | --- | --- |
| PyTorch | 2.0 | 500 | 1e-15 |
| JAX | not installed |  |  |

## Rules

The bound is 4 ulp.

| rule | partials | points | ulp | at | derivatives: ulp | at | measured against |
| --- | --- | --- | --- | --- | --- | --- | --- |
| `add` | proven | 2,400 | 0.5 |  | 3.5 | `1` | itself |
| `dot` | sampled | 2,400 | inf | `2` | 0 |  | itself |

## Endurance

|  |  |
| --- | --- |
| threads | 8, 100 graphs differentiated, 0 wrong |
| chain | 1,000,000 built |
"""
MUTATION = """
| file | mutants | killed | score |
| --- | --- | --- | --- |
| `a.py` | 10 | 8 | 80.0% |
| total | 10 | 8 | 80.0% |
"""


def test_every_figure_is_read_from_the_page_that_records_it():
    assert dict(summary.summary(TRUST, MUTATION)) == {
        "rules proven": "1 of 2",
        "worst error of a function or derivative": "3.5 ulp; 1 rule worse, explained below",
        "operations covered by random programs": "2 of 2",
        "random programs tried in one run": "20,000",
        "libraries agreed with": "PyTorch 2.0 on 500 programs",
        "mutation score": "80.0%",
        "threads survived": "8, 100 graphs differentiated, 0 wrong",
        "depth survived": "1,000,000 built",
    }


def test_what_no_page_records_is_not_measured():
    assert {figure for _, figure in summary.summary("", "")} == {"not measured"}


def test_the_page_begins_with_its_summary():
    trust = (DOCS / "trust.md").read_text()
    mutation = DOCS / "mutation.md"
    text = mutation.read_text() if mutation.exists() else ""
    for what, figure in summary.summary(trust, text):
        line = f"| {what} | {figure} |"
        assert line in trust.partition("\n## ")[0], "run python tools/trust.py Summary"
