"""autograd-mini check-tests: which faulty engines would a course's tests let pass?"""

from __future__ import annotations

import sys

from ..testing.engines.suites import SuiteReport, check_tests
from .output import say, say_table
from .parser import CommandError, Parser, positive


def run(arguments: list[str]) -> int:
    """Run a test suite against the zoo; the status is 1 if a fault passes."""
    parser = Parser(
        prog="autograd-mini check-tests",
        usage="autograd-mini check-tests [options] TESTS .. --engine FILE.py:NAME",
        description="Run a course's pytest suite against faulty engines, each in the place of the "
        "class that it tests, and say which faults it lets pass.",
    )
    add = parser.add_argument
    add("tests", nargs="+", metavar="TESTS", help="folders and files of tests, as for pytest")
    what = "FILE.py:NAME or MODULE:NAME (default name: Value)"
    add("--engine", required=True, metavar="ENGINE", help=what)
    what = "seconds for one run of the tests (default: 60)"
    add("--time-limit", type=positive, default=60.0, metavar="SECONDS", help=what)
    what = "only faults with this in their ids, such as wrong-sign or tanh"
    add("--only", action="append", default=[], metavar="WORD", help=what)
    add("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    module, colon, name = options.engine.rpartition(":")
    if not colon:
        module, name = options.engine, "Value"
    if not module or not name.isidentifier():
        raise CommandError(f"expected FILE.py:NAME or MODULE:NAME, got {options.engine!r}")
    limit, words = options.time_limit, options.only
    report = check_tests(options.tests, module, name, time_limit=limit, words=words, tell=_progress)
    if options.json:
        say(report.json())
    else:
        _say(report)
    return 1 if report.passing else 0


def _progress(done: int, count: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == count else ""
        print(f"\r{done} of {count} faulty engines", end=end, file=sys.stderr, flush=True)


def _say(report: SuiteReport) -> None:
    for test in report.left_out:
        say(f"left out: {test} does not pass with another right engine, either")
    rows = [("fault", "", "an engine that")]
    rows += [(x.fault.id, "caught" if x.caught else "PASSES", x.fault.does) for x in report.tried]
    say_table(rows)
    for x in report.passing:
        say(f"\n{x.fault.id}: your tests pass with an engine that {x.fault.does}.")
        say("This would catch it:\n")
        say("\n".join(f"    {line}" for line in x.program.splitlines()))
    caught = len(report.tried) - len(report.passing)
    say(f"\n{caught} of {len(report.tried)} faults caught by {report.tests} tests")
