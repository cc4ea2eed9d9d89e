"""The toolkit: it passes what is right, finds what is planted, and says where it is."""

import itertools
import math
import random

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from autograd_mini import (
    Value,
    acosh,
    clip,
    cos,
    dot,
    exp,
    fsum,
    gradients,
    log,
    maximum,
    primitive,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
    topological_order,
    where,
)
from autograd_mini.primitives import BRANCHES, TABLE
from autograd_mini.testing import (
    Expression,
    GradientError,
    Network,
    assert_same_gradients,
    check_gradients,
    check_primitive,
    expressions,
    networks,
    programs,
    values,
)
from autograd_mini.testing.numerics import ComplexStep, compare, differentiate
from autograd_mini.testing.points import is_smooth_at, operand_intervals, sample_operands
from autograd_mini.testing.programs import CLEARANCE

# The same in every profile, and so many that what is searched is found, whatever is drawn first.
SEARCH = settings(
    max_examples=200, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)

triple = primitive("triple", lambda x: 3 * x, partials=(lambda x, y: 3,))
wrong_sine = primitive("wrong_sine", sin, partials=(lambda x, y: -cos(x),))
wrong_product = primitive(
    "wrong_product", lambda x1, x2: x1 * x2, partials=(lambda x1, x2, y: x2, lambda x1, x2, y: x2)
)
# right in value, wrong when differentiated again: 1 - y*y with y cut off from x
stiff_tanh = primitive("stiff_tanh", math.tanh, partials=(lambda x, y: 1 - math.tanh(number(x)),))
frozen_exp = primitive("frozen_exp", math.exp, partials=(lambda x, y: math.exp(number(x)),))
my_log = primitive("my_log", math.log, partials=(lambda x, y: 1 / x,), domain="(0, inf)")


def number(x):
    return x.data if isinstance(x, Value) else x


def shrinks(strategy, condition, size, last):
    """Whether what meets the condition shrinks to so few inputs and nodes, the last one of `last`:
    in one of five searches, since Hypothesis is now and then stuck at a larger program."""
    for seed in range(5):
        f = find(strategy, condition, settings=SEARCH, random=random.Random(seed))
        if len(f.inputs) + len(f.nodes) <= size and f.nodes[-1][0] in last:
            return True
    return False


def refusal(check, *args, **options):
    with pytest.raises(GradientError) as info:
        check(*args, **options)
    assert isinstance(info.value, AssertionError)
    return str(info.value)


# -- check_gradients: what is right passes ------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (lambda x: sin(x) * exp(x), (0.5,)),
        (lambda x, y: x / y + y**3, (0.5, -1.5)),
        (lambda x: x[0] * x[1][0] * tanh(x[1][1]), ([0.5, [2.0, -0.3]],)),
        (lambda ws, x: dot(ws, [x, x * x], 1.0), ([0.5, 2.0], 1.5)),
        (lambda x: relu(x) * x * x + abs(x - 5), (0.7,)),  # no complex step
        (lambda x, y: maximum(x, y) ** 3, (0.7, 0.2)),
        (lambda x: 3.0, (0.7,)),
        (lambda x, y: y, (0.7, 0.2)),
        (lambda x: log(x), (0.01,)),
        (lambda p: p[0] * p[1], ((2.0, 3.0),)),
        (lambda x: exp(x), (20.0,)),
        (lambda x: x * x, (1e-9,)),
    ],
)
def test_right_gradients_pass(f, inputs, order):
    check_gradients(f, *inputs, order=order)


@settings(max_examples=100)
@given(expressions())
def test_gradients_of_random_programs_pass(f):
    check_gradients(f, *f.inputs)


@settings(max_examples=20)
@given(expressions(max_nodes=8))
def test_second_derivatives_of_random_programs_pass(f):
    check_gradients(f, *f.inputs, order=2, rtol=1e-6, atol=1e-6)


@pytest.mark.smoke
@given(networks())
def test_gradients_of_random_networks_pass(f):
    check_gradients(f, *f.inputs)


def test_the_inputs_may_be_an_array():
    np = pytest.importorskip("numpy")
    check_gradients(lambda x: x[0][0] * x[1][1], np.array([[1.0, 2.0], [3.0, 4.0]]))


def test_an_order_below_1_is_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        check_gradients(sin, 1.0, order=0)


def test_a_function_of_floats_alone_is_checked_with_a_gradient_of_its_own():
    check_gradients(math.sin, 0.5, gradient=math.cos)
    check_gradients(math.hypot, 3.0, 4.0, gradient=lambda x, y: (x / 5, y / 5))


def test_a_complex_step_has_the_methods_of_a_value_and_no_others():
    for name in TABLE:
        assert hasattr(ComplexStep, name) == TABLE[name].is_method, name
    assert ComplexStep(0.5).exp().log().data == pytest.approx(0.5)
    with pytest.raises(TypeError, match="elu has no complex form"):
        ComplexStep(0.5).elu(alpha=2.0)


def test_complex_step_where_it_can_be_had_else_differences():
    assert differentiate(lambda x: sin(x) / x, 1.0).method == "complex step"
    for f in (abs, math.sin, lambda x: x if x > 0 else -x, lambda x: 2.0, relu):
        assert differentiate(f, 1.0).method == "extrapolated differences"


@given(expressions(max_nodes=10))
def test_complex_step_and_differences_agree(f):
    x = f.inputs[0]
    along = f if len(f.inputs) == 1 else lambda t: f(t, *f.inputs[1:])
    one = differentiate(along, x)
    other, _, agrees = compare(one.derivative, lambda t: along(float(t)), x, rtol=1e-6, atol=1e-7)
    assert other.method == "extrapolated differences"
    assert agrees


# -- check_gradients: what is wrong is named ----------------------------------------------------


def test_a_planted_wrong_partial_is_named_with_place_numbers_and_step():
    message = refusal(check_gradients, lambda x, y: [0, y[0] + wrong_sine(x[1])][1], [1, 2.0], [3])
    right, wrong = math.cos(2.0), -math.cos(2.0)
    head, error, step = message.split("; ")
    assert head.startswith(f"the derivative by inputs[0][1] = 2.0 is {wrong}, but numerically")
    assert str(right)[:12] in head
    assert "(complex step)" in head
    assert error.startswith(f"the error {abs(right - wrong):.3g} is above the tolerance 4.26e-08")
    assert step.startswith("the worst step is grad(inputs[0][1]) += ")
    assert "d wrong_sine([inputs[0][1]])/d[inputs[0][1]]" in step
    assert step.endswith(f" = {wrong}, where {wrong} should be {right:.9g}")


def test_the_input_of_the_wrong_partial_is_named_and_no_other():
    message = refusal(check_gradients, lambda a, b: wrong_product(a, b) * 2, 5.0, 7.0)
    assert message.startswith("the derivative by inputs[1] = 7.0 is 14.0, but numerically 10.0")
    assert "where 7.0 should be 5" in message


def test_the_worst_step_is_the_wrong_one_among_many():
    def f(x):
        y = x
        for _ in range(20):
            y = tanh(y) + x
        y = wrong_sine(y * y)
        for _ in range(20):
            y = exp(-y * x)
        return y

    step = refusal(check_gradients, f, 0.7).split("the worst step is ")[1]
    x = 0.7
    for _ in range(20):
        x = math.tanh(x) + 0.7
    assert f"where {-math.cos(x * x)} should be {math.cos(x * x):.9g}" in step


def test_differences_find_it_too():
    message = refusal(check_gradients, lambda x: wrong_sine(x) * abs(x), 1.0)
    assert "(extrapolated differences)" in message
    assert "worst step" in message


def test_a_gradient_dropped_on_the_way_is_found():
    assert "is 3.0, but numerically 6.0" in refusal(check_gradients, lambda x: x * number(x), 3.0)


@pytest.mark.parametrize("order", [2, 3])
def test_a_wrong_second_derivative_is_found_by_a_second_order_alone(order):
    check_gradients(frozen_exp, 0.5)
    message = refusal(check_gradients, lambda x: frozen_exp(x) * 2, 0.5, order=order)
    assert "is 0.0, but numerically 3.2974" in message


def test_a_relative_error_above_the_tolerance_is_found_and_below_it_passes():
    for size in (1e-3, 1e-6):

        def gradient(x, size=size):
            return 2 * x * (1 + size)

        refusal(check_gradients, lambda x: x * x, 3.0, gradient=gradient)
        check_gradients(lambda x: x * x, 3.0, gradient=gradient, rtol=2 * size)
        check_gradients(lambda x: x * x, 3.0, gradient=gradient, rtol=0, atol=7 * size)


# -- a gradient written by hand -----------------------------------------------------------------


def test_a_gradient_written_by_hand_passes_in_any_of_its_shapes():
    def f(w, b):
        return w[0] * w[1][0] + w[1][1] * b * b

    def gradient(w, b):
        return [w[1][0], (w[0], b * b)], 2 * w[1][1] * b

    check_gradients(f, [2.0, [3.0, 5.0]], 7.0, gradient=gradient, order=2)
    check_gradients(f, (2.0, (3.0, 5.0)), 7.0, gradient=lambda w, b: [list(gradient(w, b)[0]), 70])
    check_gradients(lambda x: x[0] * x[1], [2.0, 3.0], gradient=lambda x: [x[1], x[0]])
    check_gradients(lambda x: x[0] * x[1], [2.0, 3.0], gradient=lambda x: (x[1], x[0]))


def test_an_error_in_a_gradient_written_by_hand_is_named():
    message = refusal(
        check_gradients,
        lambda x, y: x[0] * x[1] * y,
        [2.0, 3.0],
        5.0,
        gradient=lambda x, y: ([x[1] * y, x[0] * y], x[0]),
    )
    assert message.startswith("the derivative by inputs[1] = 5.0 is 2.0, but numerically 6.0")
    assert "worst step" not in message  # there are no steps


def test_a_wrong_second_derivative_of_a_gradient_written_by_hand_is_found():
    def gradient(x):
        return 12 + 0 * x  # right at 2 alone

    check_gradients(lambda x: x**3, 2.0, gradient=gradient)
    # the slope of the gradient is compared with itself, so order 2 is about the third derivative
    check_gradients(lambda x: x**3, 2.0, gradient=lambda x: 3 * x * x, order=2)


@pytest.mark.parametrize("gradient", [lambda x: [1.0], lambda x: [1.0, 1.0, 1.0], lambda x: 1.0])
def test_a_gradient_of_another_size_is_told_as_such(gradient):
    message = refusal(check_gradients, fsum, [1.0, 2.0], gradient=gradient)
    assert "but the inputs have 2" in message


# -- kinks and edges ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x"),
    [(relu, 0.0), (relu, 1e-7), (abs, 1e-7), (lambda x: clip(x, 1.0, 2.0), 1.0)],
)
def test_at_a_kink_the_gradient_is_not_blamed(f, x):
    message = refusal(check_gradients, lambda t: 2 * f(t), x)
    assert "cannot be checked: a kink is within" in message
    assert "on its left" in message
    assert "on its right" in message
    assert "numerically" not in message


@pytest.mark.parametrize("distance", [0.1, 1e-2, 1e-3, 1e-4, 3e-5, 1e-5, 3e-6])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("at", [0.0, 0.5])
def test_near_a_kink_what_is_right_passes_and_what_is_wrong_does_not(distance, sign, at):
    def f(x):
        return abs(x - at) + x * x

    x = at + sign * distance
    check_gradients(f, x)
    wrong = refusal(check_gradients, f, x, gradient=lambda x: 2 * x + 1.1 * sign)
    assert "numerically" in wrong or "kink" in wrong


@pytest.mark.parametrize(("f", "x"), [(sqrt, 0.0), (math.sqrt, 0.0), (math.asin, 1.0)])
def test_at_an_edge_of_the_domain_the_gradient_is_not_blamed(f, x):
    message = refusal(check_gradients, f, x, gradient=lambda x: math.inf)
    assert "cannot be checked: the edge of the domain is within" in message


@pytest.mark.parametrize(
    ("f", "gradient", "x"),
    [
        (math.sqrt, lambda x: 0.5 / math.sqrt(x), 1e-9),
        (math.log, lambda x: 1 / x, 1e-9),
        (math.log, lambda x: 1 / x, 1e-3),
        (math.asin, lambda x: 1 / math.sqrt(1 - x * x), 1 - 1e-6),
    ],
)
def test_near_an_edge_what_is_right_passes_and_what_is_wrong_does_not(f, gradient, x):
    check_gradients(f, x, gradient=gradient)
    refusal(check_gradients, f, x, gradient=lambda x: 1.01 * gradient(x))


@pytest.mark.parametrize(("f", "x"), [(sqrt, 1e-9), (log, 1e-9), (log, 1e-30), (acosh, 1 + 1e-9)])
def test_near_an_edge_the_complex_step_needs_no_room(f, x):
    check_gradients(f, x)


def test_a_hole_in_the_domain_within_reach_of_the_differences_does_no_harm():
    def f(x):  # defined at both ends of the first step, but not between
        return math.log(1 + math.sin(x))

    assert 1 + math.sin(157.9 - 3.158) > 0.1  # 0.02 * 157.9 away
    assert 1 + math.sin(157.9 + 3.158) > 0.1
    check_gradients(f, 157.9, gradient=lambda x: math.cos(x) / (1 + math.sin(x)))


def test_a_function_too_rough_to_differentiate_is_told_as_such():
    rng = random.Random(0)
    message = refusal(check_gradients, lambda x: rng.random(), 1.0, gradient=lambda x: 0.0)
    assert "cannot be checked" in message


# -- check_primitive ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_every_row_of_the_table_passes(name):
    check_primitive(TABLE[name], samples=10)


def test_an_operation_of_the_users_own_passes_at_points_of_the_users_own():
    check_primitive(triple)
    check_primitive(my_log, order=3, samples=5)
    check_primitive(my_log, (0.5,), (2.0,))


@pytest.mark.parametrize("wrong", [wrong_sine, wrong_product, stiff_tanh])
def test_a_wrong_partial_is_found_with_the_operation_and_the_point(wrong):
    message = refusal(check_primitive, wrong, order=1)
    assert message.startswith(f"{wrong.name} at (")
    assert "the derivative by inputs[" in message
    assert "should be" in message


def test_a_wrong_second_derivative_of_a_primitive_is_found():
    check_primitive(frozen_exp, order=1)
    assert refusal(check_primitive, frozen_exp, (1.0,)).startswith("frozen_exp at (1.0,): ")


def test_the_points_are_decided_by_the_seed_and_inside_the_domain():
    draws = [sample_operands(acosh, random.Random(seed)) for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    for name, row in TABLE.items():
        point = sample_operands(row, random.Random(name))
        assert is_smooth_at(row, point), name


def test_a_domain_without_a_smooth_point_is_told():
    kinked = primitive("kinked", abs, partials=(lambda x, y: 1,), kinks=(lambda x: 0.0,))
    with pytest.raises(Exception, match="kinked: found no point"):
        check_primitive(kinked)


# -- assert_same_gradients ----------------------------------------------------------------------


def test_two_implementations_of_one_function_are_the_same():
    assert_same_gradients(tanh, lambda x: 2 * sigmoid(2 * x) - 1, 0.3)
    assert_same_gradients(
        lambda w, x: dot(w, x), lambda w, x: w[0] * x[0] + w[1] * x[1], [1, 2], [3, 4]
    )
    assert_same_gradients(lambda x: math.nan * x, lambda x: math.nan * x * x, 1.0)
    assert_same_gradients(lambda x: math.inf * x, lambda x: math.inf * x, 1.0)


@pytest.mark.parametrize(
    ("g", "told"),
    [
        (lambda x, y: x[0] * y + 1e-9, "the value is 15.0 for the first function, 15.000000001"),
        (lambda x, y: wrong_product(x[0], y), "the derivative by inputs[1] = 5.0 is 3.0"),
        (lambda x, y: y * wrong_product(1.0, x[0]), "the derivative by inputs[0][0] = 3.0 is 5.0"),
        (lambda x, y: x[0] * y + (x[1] - 1) * 1e-9, "the derivative by inputs[0][1] = 1.0 is 0.0"),
        (lambda x, y: x[0] * y * math.nan, "the value is 15.0 for the first function, nan"),
    ],
)
def test_two_that_differ_are_told_apart(g, told):
    message = refusal(assert_same_gradients, lambda x, y: x[0] * y, g, [3.0, 1.0], 5.0)
    assert told in message
    assert message.endswith("for the second")


@given(expressions(max_nodes=15))
def test_a_program_is_the_same_as_itself(f):
    assert_same_gradients(f, f, *f.inputs)


# -- expressions --------------------------------------------------------------------------------


@given(expressions())
def test_programs_stay_in_the_domains_and_away_from_the_kinks(f):
    scalars = list(f.inputs)
    for row, operands in f.nodes:
        point = [scalars[x] if isinstance(x, int) else x for x in operands]
        for x, interval in zip(point, operand_intervals(row, len(point) // 2), strict=False):
            assert interval.low + CLEARANCE < x < interval.high - CLEARANCE
        assert all(abs(kink(*point)) > CLEARANCE for kink in row.kinks)
        scalars.append(row.apply(point))
        assert math.isfinite(scalars[-1])


@given(expressions())
def test_programs_run_on_scalars_of_any_kind(f):
    leaves = [Value(x) for x in f.inputs]
    y, root = f(*f.inputs), f(*leaves)
    assert type(y) is float
    assert type(root) is Value
    assert root.data == y
    assert {x for x in topological_order(root) if x.is_leaf} <= set(leaves)
    assert len([x for x in topological_order(root) if not x.is_leaf]) == len(f.nodes)
    assert all(map(math.isfinite, gradients(root, leaves)))


@given(expressions(primitives=[TABLE[n] for n in ("multiply", "sin", "log", "dot", "tanh")]))
def test_analytic_programs_run_on_the_complex_step(f):
    y = f(*[ComplexStep(complex(x, 1e-100 * (i == 0))) for i, x in enumerate(f.inputs)])
    leaves = [Value(x) for x in f.inputs]
    [dx] = gradients(f(*leaves), leaves[:1])
    assert math.isclose(y.data.imag / 1e-100, dx, rel_tol=1e-9, abs_tol=1e-9)


@settings(max_examples=100)
@given(expressions())
def test_a_program_prints_as_python_that_gives_its_value(f):
    *body, call = repr(f).splitlines()
    scope = {}
    exec("\n".join([*body, f"result = {call}"]), scope)
    assert scope["result"] == f(*f.inputs)
    assert gradients_of(scope["f"], f.inputs) == gradients_of(f, f.inputs)


def gradients_of(f, inputs):
    leaves = [Value(x) for x in inputs]
    return gradients(f(*leaves), leaves)


def test_operations_of_the_users_own_print_with_their_import():
    f = find(
        expressions(primitives=[triple, my_log]),
        lambda f: {triple, my_log} <= {row for row, _ in f.nodes},
        settings=SEARCH,
    )
    text = repr(f)
    assert f"from {__name__} import " in text
    assert "from autograd_mini" not in text or "fsum" in text


@given(st.data(), st.integers(1, 6), st.integers(1, 5))
def test_the_arguments_of_expressions_are_kept(data, size, inputs):
    rows = [TABLE["tanh"], TABLE["multiply"], TABLE["log"]]
    f = data.draw(expressions(size, rows, inputs))
    assert 1 <= len(f.nodes) <= size
    assert len(f.inputs) == inputs
    assert {row for row, _ in f.nodes} <= {*rows, fsum}
    assert all(row is not fsum or i == len(f.nodes) - 1 for i, (row, _) in enumerate(f.nodes))


@pytest.mark.parametrize("rule", [*TABLE.values(), *BRANCHES], ids=lambda row: row.__name__)
@pytest.mark.parametrize("inputs", [None, 1])
def test_programs_can_be_drawn_of_one_operation_alone(rule, inputs):
    find(
        expressions(5, [rule], inputs),
        lambda f: rule in [row for row, _ in f.nodes],
        settings=settings(SEARCH, phases=[Phase.generate]),
    )  # raises where there is none


@given(expressions())
def test_every_node_and_every_drawn_input_is_used(f):
    used = {x for _, operands in f.nodes for x in operands if isinstance(x, int)}
    count = len(f.inputs)
    assert used == set(range(count + len(f.nodes) - 1))
    assert 1 <= count <= 4


def test_an_input_of_an_operation_that_gives_way_to_the_sum_is_left_out():
    made = [(sin, (0,)), (cos, (0,)), (tanh, (3,))]
    scalars = [programs._Scalar(0.5, 1.0, made=node) for node in (None, *made[:2], None, made[2])]
    f = programs._expression(scalars, [fsum], max_nodes=3, keep_inputs=False)
    assert f.inputs == (0.5,)
    assert f.nodes == [(sin, (0,)), (cos, (0,)), (fsum, (1, 2))]


@pytest.mark.parametrize("names", [("multiply", "tanh"), ("add", "multiply", "log")])
def test_a_program_has_only_the_operations_asked_for_and_one_root(names):
    rows = [TABLE[n] for n in names]

    @settings(max_examples=100)
    @given(expressions(max_nodes=6, primitives=rows))
    def check(f):
        assert 1 <= len(f.nodes) <= 6
        assert {primitive for primitive, _ in f.nodes} <= set(rows)
        used = {x for _, operands in f.nodes for x in operands if isinstance(x, int)}
        assert used == set(range(len(f.inputs) + len(f.nodes) - 1))

    check()


def test_an_operation_of_ones_own_that_is_called_dot_takes_one_list():
    mine = primitive("dot", sum, lambda i, xs, y: 1.0, nary=True)
    assert len(operand_intervals(mine, 3)) == 3
    assert len(operand_intervals(dot, 3)) == 7


def test_a_call_with_too_few_inputs_is_refused():
    f = Expression([1.0, 2.0], [(TABLE["add"], (0, 1))])
    with pytest.raises(TypeError, match="expected 2 inputs, got 1"):
        f(1.0)
    assert f(1.0, 2.0) == 3.0


@pytest.mark.parametrize("holds", [True, False])
def test_where_is_drawn_and_prints_as_it_is_written(holds):
    f = Expression([2.0], [(BRANCHES[not holds], (0, 3.0))])
    assert repr(f).splitlines()[:3] == [
        "from autograd_mini import where",
        "def f(x0):",
        f"    v0 = where({holds}, x0, 3.0)",
    ]
    assert f(2.0) == where(holds, 2.0, 3.0)
    assert str(f(Value(2.0)).op) == "where"


@pytest.mark.parametrize(
    "rule", [*(TABLE[n] for n in ("multiply", "acosh", "dot")), BRANCHES[0]], ids=str
)
def test_a_failing_program_shrinks_to_the_operation_that_fails_and_few_others(rule):
    assert shrinks(expressions(), lambda f: rule in [row for row, _ in f.nodes], 6, [rule])


@pytest.mark.parametrize("planted", [wrong_sine, wrong_product])
def test_a_planted_bug_shrinks_to_a_graph_of_a_node_or_two(planted):
    rows = [*TABLE.values(), planted, planted, planted]

    def fails(f):
        try:
            check_gradients(f, *f.inputs)
        except GradientError:
            return True
        return False

    assert shrinks(expressions(8, rows), fails, 4, [planted])


def test_a_bug_that_needs_a_shared_node_shrinks_to_one():
    def fails(f):  # as if backprop went from the root depth first, and on at once
        def naive(root, leaf):
            return sum(
                d * (1.0 if x is leaf else naive(x, leaf) * count)
                for (x, d), count in zip(
                    zip(root.parents, root.partials), itertools.count(1), strict=False
                )
                if x is leaf or not x.is_leaf
            )

        leaves = [Value(x) for x in f.inputs]
        root = f(*leaves)
        right = gradients(root, leaves)
        return any(abs(naive(root, x) - g) > 1e-6 for x, g in zip(leaves, right, strict=True))

    rows = [TABLE[n] for n in ("add", "multiply", "sin")]
    assert shrinks(expressions(8, rows), fails, 5, rows)


# -- networks and values ------------------------------------------------------------------------


@given(networks(max_layers=2, max_width=3))
def test_networks_are_small_and_run_on_scalars_of_any_kind(f):
    sizes = [len(f.inputs), *map(len, f.weights)]
    assert all(1 <= n <= 3 for n in sizes)
    assert 1 <= len(f.weights) <= 2
    for n, layer in itertools.pairwise([len(f.inputs), *map(len, f.weights)]):
        assert len(layer_of(f, n, layer)) == layer
    leaves = [Value(x) for x in f.inputs]
    assert f(*leaves).data == f(*f.inputs)
    assert f.activation.name in repr(f)


def layer_of(f, n, m):
    """The layer from n to m: its rows have n weights and a bias."""
    [layer, *_] = [
        rows for rows in f.weights if len(rows) == m and all(len(row) == n + 1 for row in rows)
    ]
    return layer


def test_a_network_is_what_its_weights_say():
    f = Network([2.0], [[[3.0, 0.5]], [[4.0, 1.0], [1.0, 0.0]]], tanh)
    h = math.tanh(6.5)
    assert f(2.0) == math.fsum([4 * h + 1, h])
    assert repr(f) == "Network((2.0,), [[[3.0, 0.5]], [[4.0, 1.0], [1.0, 0.0]]], tanh)"


@given(values(), values(0.5, 2.0))
def test_values_are_leaves_within_bounds(x, y):
    assert type(x) is type(y) is Value
    assert x.is_leaf
    assert -10 <= x.data <= 10
    assert 0.5 <= y.data <= 2.0
    assert x.grad == y.grad == 0.0


def test_values_shrink_to_zero():
    assert find(values(), lambda x: True, settings=SEARCH).data == 0.0


def test_what_oscillates_within_the_first_reach_is_not_called_wrong():
    def wave(x):  # of math's own, so that it is differentiated by differences
        return math.sin(348.5 * x)

    x = -18.461
    misled = differentiate(wave, x)
    assert misled.error < 1e-6 < abs(misled.derivative - 348.5 * math.cos(348.5 * x))
    check_gradients(wave, x, gradient=lambda x: 348.5 * math.cos(348.5 * x))
    with pytest.raises(GradientError):
        check_gradients(wave, x, gradient=lambda x: 348.6 * math.cos(348.5 * x))


def test_programs_do_not_magnify_roundings():
    """tan(atan(x)) is x, but near pi/2 the tangent makes 1e6 of a rounding."""
    for x, is_drawn in ((1.0, True), (922.0, False)):
        angle = programs._result(TABLE["atan"], (0,), [programs._input(x)])
        back = programs._result(TABLE["tan"], (0,), [angle])
        assert (back is not None) == is_drawn
