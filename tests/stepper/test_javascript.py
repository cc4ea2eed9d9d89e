"""The rules in JavaScript: what a page computes is what the engine computes."""

import json
import math
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_mini
from autograd_mini import AutogradError, primitive, sin, tanh, where
from autograd_mini.javascript import SPELLINGS, Library, Script
from autograd_mini.primitives import BRANCHES, TABLE
from autograd_mini.rules import NaryPrimitive
from autograd_mini.text import format_number

ARITHMETIC = Path(autograd_mini.__file__).parent / "javascript/arithmetic.js"
SINGLE = [row for row in TABLE.values() if not isinstance(row, NaryPrimitive)] + list(BRANCHES)
LISTS = [(TABLE[name], n) for name in ("fsum", "logsumexp", "dot") for n in (1, 3, 9)]


def run(script):
    """What a script prints, by Node.js; infinite numbers and nan as they are."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node, to run JavaScript: apt-get install nodejs")
    source = ARITHMETIC.read_text(encoding="utf-8") + script
    done = subprocess.run([node, "-"], input=source, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def computed(points):
    """[value, partials] at each of these (operation, numbers), by JavaScript."""
    library = Library()
    calls = [[library.add(op, len(xs)), list(xs)] for op, xs in points]
    show = "(_, x) => (Number.isFinite(x) || typeof x !== 'number' ? x : `${x}`)"
    found = run(f"""
        const rules = ({library.source()})(autogradArithmetic);
        const found = {json.dumps(calls)}.map(([k, x]) => {{
            const y = rules[k][0](x);
            return [y, rules[k][1](x, y)];
        }});
        console.log(JSON.stringify(found, {show}));""")
    number = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}
    return [(number.get(y, y), [number.get(d, d) for d in slopes]) for y, slopes in found]


def expected(op, xs):
    y = op.evaluate(xs)
    return y, op.local_partials(xs, y, xs, [True] * len(xs))


def random_points(seed):
    """For each operation, points all over its domain where it has a value."""
    rng = random.Random(seed)
    operations = [(row, len(row.arguments)) for row in SINGLE] + LISTS
    for op, n in operations:
        domain = list(op.domain) * n if isinstance(op, NaryPrimitive) else op.domain
        for _ in range(40):
            scale = rng.choice([1e-3, 1.0, 1.0, 5.0])
            xs = [rng.gauss(0, scale) for _ in range(n)]
            xs = [
                x if x in i else min(max(x, i.low + 0.1), i.high - 0.1) for x, i in zip(xs, domain)
            ]
            try:
                yield op, xs, expected(op, xs)
            except (ArithmeticError, ValueError):
                continue


def agree(found, wanted, what):
    if math.isnan(wanted) or math.isinf(wanted):
        assert str(found) == str(wanted), what
    else:
        assert abs(found - wanted) <= 1e-12 * max(abs(wanted), 1e-3), (*what, found, wanted)


@pytest.mark.parametrize("seed", range(3))
def test_every_operation_is_the_engines_at_random_points(seed):
    points = list(random_points(seed))
    assert {op for op, *_ in points} == {*TABLE.values(), *BRANCHES}
    for (op, xs, (y, slopes)), told in zip(points, computed([p[:2] for p in points]), strict=True):
        for found, wanted in zip([told[0], *told[1]], [y, *slopes], strict=True):
            agree(found, wanted, (op, xs))


def test_at_their_edges_the_derivatives_are_the_engines():
    points = [(row, list(map(float, edge))) for row in SINGLE for edge in row.edges]
    for (op, xs), (y, slopes) in zip(points, computed(points), strict=True):
        for found, wanted in zip([y, *slopes], [expected(op, xs)[0], *expected(op, xs)[1]]):
            agree(found, wanted, (op, xs))


@pytest.mark.parametrize("x", [0.0, 0.5, 0.99, 1.01, 2.0, 5.9, 6.1, 12.0, 26.0, -0.3, -3.0, -9.0])
def test_the_tails_of_erfc_keep_their_digits(x):
    [(erf, _), (erfc, _)] = computed([(TABLE["erf"], [x]), (TABLE["erfc"], [x])])
    assert erf == pytest.approx(math.erf(x), rel=1e-12, abs=0)
    assert erfc == pytest.approx(math.erfc(x), rel=1e-12, abs=0)


def test_a_sum_is_rounded_once():
    xs = [1e100, 1.0, -1e100, 1e-16, 3e-17, -1e50, 1e50]
    [(total, _)] = computed([(TABLE["fsum"], xs)])
    assert total == math.fsum(xs)


def test_every_operation_is_spelled_or_composed_of_others():
    library = Library()
    for row in SINGLE:
        library.add(row)
    for row, n in LISTS:
        library.add(row, n)
    composed = [row for row in TABLE.values() if row not in SPELLINGS]
    for row in SPELLINGS:  # none is one too many
        if not row.operator and row not in [*BRANCHES, *(row for row, _ in LISTS)]:
            with pytest.raises((TypeError, AttributeError)):
                row.forward(*[Script("x")] * 3)
    assert len(composed) > 8


def test_operations_of_ones_own():
    wave = primitive("wave", lambda x: sin(x) / x, (lambda x, y: x - y,), domain="(0, inf)")
    bent = primitive("bent", lambda x, a: where(x > a, wave(x), a * x), (
        lambda x, a, y: where(x > a, 1, a), lambda x, a, y: tanh(x)))  # fmt: skip
    mean = primitive("mean", lambda xs: sum(xs) / len(xs), lambda i, xs, y: 1 / len(xs), nary=True)
    points = [(wave, [2.0]), (bent, [1.0, 2.0]), (bent, [3.0, 2.0]), (mean, [1.0, 2.0, 4.5])]
    for (op, xs), (y, slopes) in zip(points, computed(points), strict=True):
        for found, wanted in zip([y, *slopes], [expected(op, xs)[0], *expected(op, xs)[1]]):
            agree(found, wanted, (op, xs))


@pytest.mark.parametrize(
    ("forward", "partial"),
    [
        (math.gamma, lambda x, y: y),
        (lambda x: x if x > 0 else -x, lambda x, y: 1),
        (lambda x: x, lambda x, y: math.cos(x)),
    ],
)
def test_a_function_of_python_is_refused(forward, partial):
    own = primitive("own", forward, (partial,))
    with pytest.raises(AutogradError, match="own is a function of Python, or one of its partials"):
        Library().add(own)


@given(st.lists(st.floats() | st.integers(-(10**6), 10**6).map(lambda n: n / 2**9), min_size=50))
@settings(max_examples=5, deadline=None)
def test_numbers_are_written_as_everywhere_else(numbers):
    """Ties, such as 1.0625, included: they go to the even digit."""
    source = (ARITHMETIC.parent.parent / "stepper/view/numbers.js").read_text(encoding="utf-8")
    finite = [x for x in numbers if math.isfinite(x)]
    written = run(f"{source}; const given = {json.dumps(finite)};"
                  "console.log(JSON.stringify(given.map(autogradNumbers.format)))")  # fmt: skip
    assert written == [format_number(x) for x in finite]
    others = run(f"{source}; console.log(JSON.stringify([Infinity, -Infinity, NaN]"
                 ".map(autogradNumbers.format)))")  # fmt: skip
    assert others == ["inf", "-inf", "nan"]
