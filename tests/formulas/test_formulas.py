"""Formulas say what the engine computes: they are read back, and evaluated in 60 digits."""

import math
import random
import re
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from latex_reader import read

from autograd_mini import (
    AutogradError,
    TraceError,
    Value,
    backprop_steps,
    clip,
    cos,
    dot,
    exp,
    fsum,
    gradients,
    latex,
    leaky_relu,
    log,
    log_sigmoid,
    logsumexp,
    node_names,
    primitive,
    relu,
    sin,
    tanh,
    topological_order,
    where,
)
from autograd_mini.formulas import (
    ATOM,
    PRODUCT,
    RELATION,
    SUM,
    Formula,
    Names,
    as_formula,
    latex_name,
    local_derivatives,
    numeral,
    operation_formula,
    operator_name,
    rounded,
    spelled_out,
)
from autograd_mini.mathml import inner_mathml, mathml
from autograd_mini.primitives import TABLE, negate, power
from autograd_mini.rules import NaryPrimitive
from autograd_mini.testing import expressions, networks
from autograd_mini.testing.points import sample_operands

ROWS = pytest.mark.parametrize("row", TABLE.values(), ids=list(TABLE))
FEW = 8  # operations in a random program, whose formula grows with the number of its paths


def close(a, b, tolerance=1e-7):
    return a == b or (a != a and b != b) or abs(a - b) <= tolerance * (1 + abs(b))


def labelled(numbers):
    return [Value(x, f"x_{i + 1}") for i, x in enumerate(numbers)]


def meanings(nodes):
    """What the names of nodes stand for, by their LaTeX."""
    return {latex_name(node.label): node.data for node in nodes}


def balanced(text):
    """Whether the braces balance, escaped ones aside."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text.replace(r"\\", "")):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def points(row, count=20):
    rng = random.Random(row.name)
    return [*row.edges, *(sample_operands(row, rng) for _ in range(count))]


# -- every rule of the table --------------------------------------------------------------------


@ROWS
def test_the_formula_of_every_operation_comes_to_its_value(row):
    for point in points(row):
        operands = labelled(point)
        y = row.apply(operands)
        assert close(read(latex(y), meanings(operands)), y.data), (point, latex(y))
        assert close(read(latex(row.apply([Value(x) for x in point]))), y.data), point


@ROWS
def test_the_partials_of_every_operation_come_to_what_is_stored(row):
    for point in points(row):
        operands = labelled(point)
        y = row.apply(operands)
        y.label = "y"
        names = Names(node_names(y))
        found = local_derivatives(y, names)
        assert len(found) == len(y.partials)
        for rule, partial in zip(found, y.partials):
            assert balanced(rule.text)
            assert close(read(rule.text, meanings([*operands, y])), partial), (point, rule)


@ROWS
def test_partials_of_unknown_numbers_hold_everywhere(row):
    """Then conditions are not decided, and both branches are written, as cases."""
    for point in points(row):
        names = [f"x_{{{i + 1}}}" for i in range(len(point))]
        symbols = [Formula(name) for name in names]
        y = row.evaluate(list(point))
        known = dict(zip(names, point)) | {"y": y}
        for k in range(len(point)):
            rule = as_formula(row.partial(k, symbols, Formula("y")))
            if not row.edges or point not in row.edges:  # of both branches one may be infinite
                assert close(read(rule.text, known), row.local_partial(k, list(point), y)), (
                    point,
                    rule,
                )


@ROWS
def test_an_operand_is_told_apart_wherever_it_stands(row):
    """Each operand in turn a sum, a difference, a product, a quotient, a power or a negation."""
    n = len(points(row, 1)[-1])
    a, b = Value(0.75, "a"), Value(1.25, "b")
    for make in (
        lambda x: (a + b) - (a + b - x),
        lambda x: (x + a) - a,
        lambda x: -(-x * a) / a,
        lambda x: x * b / b,
        lambda x: (x * 4) ** 1,
        lambda x: -(x * -1),
        lambda x: a + (b - (a + b) + x),
    ):
        for point in points(row, 3)[-3:]:
            for k in range(n):
                operands = labelled(point)
                operands[k] = made = make(operands[k])
                if any(math.isnan(x.data) for x in operands):
                    continue
                try:
                    y = row.apply(operands)
                except (ValueError, ArithmeticError):  # it left the domain
                    continue
                leaves = [x for x in topological_order(y) if x.is_leaf and x.label]
                assert made in topological_order(y)
                assert close(read(latex(y), meanings(leaves)), y.data), latex(y)


# -- random programs ----------------------------------------------------------------------------


@pytest.mark.smoke
@given(expressions(max_nodes=FEW))
def test_the_formula_of_a_random_program_comes_to_its_value(program):
    leaves = labelled(program.inputs)
    root = program(*leaves)
    try:
        text = latex(root)
    except AutogradError:
        assume(False)  # too long
    assert balanced(text)
    assert close(read(text, meanings(leaves)), root.data), text


@given(expressions(max_nodes=FEW))
def test_unlabelled_leaves_stand_in_a_formula_by_their_numbers(program):
    root = program(*map(Value, program.inputs))
    try:
        text = latex(root)
    except AutogradError:
        assume(False)
    assert close(read(text), root.data), text


@given(expressions())
def test_every_node_of_a_random_program_by_the_names_of_its_operands(program):
    root = program(*labelled(program.inputs))
    for i, node in enumerate(topological_order(root)):
        node.label = node.label or f"v{i}"
    names = Names(node_names(root))
    for node in topological_order(root):
        if node.is_leaf:
            continue
        known = meanings(node.parents)
        symbols = {x: Formula(latex_name(names[x])) for x in node.parents}
        assert close(read(operation_formula(node, symbols).text, known), node.data)
        assert (
            latex(node, {x: names[x] for x in node.parents})
            == operation_formula(node, symbols).text
        )
        for rule, partial in zip(local_derivatives(node, names), node.partials):
            assert close(read(rule.text, known | meanings([node])), partial), rule


@given(networks())
def test_the_formula_of_a_network_comes_to_its_output(network):
    leaves = labelled(network.inputs)
    root = network(*leaves)
    assume(root.data != 0)
    try:
        text = latex(root)
    except AutogradError:
        assume(False)
    assert close(read(text, meanings(leaves)), root.data)


# -- single formulas ----------------------------------------------------------------------------

A, B, C = (Value(x, name) for x, name in ((0.5, "a"), (2.0, "b"), (3.0, "c")))


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (A + B * C, r"a + b \cdot c"),
        ((A + B) * C, r"(a + b) \cdot c"),
        (A - (B - C), r"a - (b - c)"),
        (A - B - C, r"a - b - c"),
        (A - (-B), r"a - (-b)"),
        (-(A + B), r"-(a + b)"),
        (-(A * B), r"-a \cdot b"),
        (A * -B, r"a \cdot (-b)"),
        (A + -2.0, r"a + (-2.0)"),
        (A / (B / C), r"\frac{a}{\frac{b}{c}}"),
        (A / B * C, r"\frac{a}{b} \cdot c"),
        ((A / B) ** 2, r"{(\frac{a}{b})}^{2}"),
        ((A**B) ** C, r"{(a^{b})}^{c}"),
        (A ** (B**C), r"a^{b^{c}}"),
        (-(A**2), r"-a^{2}"),
        ((-A) ** 2, r"{(-a)}^{2}"),
        (sin(A) ** 2, r"{\sin(a)}^{2}"),
        (exp(A) ** 2, r"{(e^{a})}^{2}"),
        (2.0**A, r"{2.0}^{a}"),
        (2**A, r"2^{a}"),
        (Value(-2.0) ** 2, r"{(-2.0)}^{2}"),
        (Value(1e-20) ** 2, r"{(1 \times 10^{-20})}^{2}"),
        (Value(Fraction(1, 3)) ** 2, r"{(\frac{1}{3})}^{2}"),
        (Value(Fraction(-1, 3), "x") + Fraction(-1, 3), r"x + (-\frac{1}{3})"),
        (abs(A - B), r"\lvert a - b \rvert"),
        (log(A * B), r"\ln(a \cdot b)"),
        (log_sigmoid(A) * B, r"\ln(\sigma(a)) \cdot b"),
        (leaky_relu(A - B), r"\operatorname{leaky\_relu}(a - b; 0.01)"),
        (relu(A) * float("inf"), r"\operatorname{relu}(a) \cdot \infty"),
        (A * float("-inf"), r"a \cdot (-\infty)"),
        (A + float("nan"), r"a + \mathrm{nan}"),
        (fsum([A, -B, C]), "a + (-b) + c"),
        (fsum([A]), "a"),
        (dot([A, 2.0], [B, C]), r"a \cdot b + 2.0 \cdot c"),
        (dot([A], [B], C), r"a \cdot b + c"),
        (dot([A], [A], 0.0), r"a^{2} + 0.0"),
        (dot([A + B], [C], -1), r"(a + b) \cdot c + (-1)"),
        (dot([], [], A), "a"),
        (logsumexp([A, B]), r"\ln(e^{a} + e^{b})"),
        (where(True, A, B) * C, r"a \cdot c"),
        (where(False, A, B) * C, r"b \cdot c"),
        (A, "a"),
        (Value(2.5), "2.5"),
    ],
)
def test_formulas_have_the_parentheses_that_they_need_and_no_others(value, expected):
    value = value if isinstance(value, Value) else Value(value)
    assert latex(value) == expected


def test_the_names_of_nodes_end_the_spelling_out():
    w, x, b = Value(0.5, "w"), Value(2.0, "x_1"), Value(0.1, "b")
    z = w * x + b
    y = tanh(z)
    assert latex(y) == r"\tanh(w \cdot x_{1} + b)"
    z.label = "z"
    assert latex(y) == r"\tanh(z)"
    assert latex(z) == r"w \cdot x_{1} + b"  # what made it: its own name says nothing
    assert latex(y, names={}) == r"\tanh(0.5 \cdot 2.0 + 0.1)"
    assert latex(y, names={b: "bias"}) == r"\tanh(0.5 \cdot 2.0 + \mathrm{bias})"
    assert spelled_out(y, {z: Formula("z")}).text == r"\tanh(z)"


def test_two_numbers_that_look_the_same_are_not_written_as_a_square():
    w, x = Value(1 / 3), Value(0.33333)
    y = dot([w], [x])
    assert (
        operation_formula(y, {w: rounded(w.data), x: rounded(x.data)}).text
        == r"0.3333 \cdot 0.3333"
    )
    assert operation_formula(dot([w], [w]), {w: rounded(w.data)}).text == "{0.3333}^{2}"


def test_a_bias_of_zero_is_there_if_it_is_a_node():
    w, x, b = Value(2.0), Value(3.0), Value(0.0)
    symbols = {v: rounded(v.data) for v in (w, x, b)}
    assert operation_formula(dot([w], [x], b), symbols).text == r"2 \cdot 3 + 0"
    assert operation_formula(dot([w], [x]), symbols).text == r"2 \cdot 3"


def test_the_formula_of_a_step_has_the_numbers_of_the_step():
    w, x, b = Value(-0.5, "w"), Value(-2.0, "x"), Value(math.log(2), "b")
    y = tanh(w * x * b)
    y.label = "y"
    for step in backprop_steps(y):
        told = step.latex.split(" = ")
        assert balanced(step.latex)
        numbers = [part for part in told if "partial" not in part]
        assert close(read(numbers[-1]), step.contribution if step.parent else step.after, 0)
        if step.parent:
            assert read(numbers[0]) == pytest.approx(step.contribution, rel=1e-15)
            assert r"\ln" not in numbers[0]
            by = step.names.latex[step.parent]
            assert step.latex.startswith(rf"\operatorname{{grad}}({by}) \mathrel{{+}}= ")
            assert rf"{{\partial [{by}]}}" in told[0]


# -- numbers ------------------------------------------------------------------------------------


@given(st.floats() | st.integers() | st.fractions())
def test_a_number_is_read_back_to_the_last_bit(x):
    assert close(read(numeral(x).text), float(x), 0)
    assert close(read(as_formula(x).text), float(x), 1e-15)
    assert as_formula(x).number is x


@given(st.floats(allow_nan=False) | st.integers() | st.fractions())
def test_a_rounded_number_is_right_to_four_digits(x):
    assume(abs(x) < 1e300)
    text = rounded(x).text
    assert float(x) == pytest.approx(read(text), rel=1e-3)
    assert len(text) < 40


@given(st.floats(allow_nan=False, allow_infinity=False) | st.fractions())
def test_a_number_keeps_its_own_wherever_it_is_put(x):
    """Squared, negated, subtracted, and to the right of a product."""
    for number in (numeral(x), as_formula(x)):
        value = read(number.text)
        assert close(read(str(Formula("a") - number), {"a": 0.0}), -value, 1e-14)
        assert close(read(str(Formula("a") * number), {"a": 3.0}), 3 * value, 1e-14)
        assert close(read(str(-number)), -value, 0)
        assume(abs(value) < 1e150)
        assert close(read(str(number**2)), value**2, 1e-14)


def test_irrational_numbers_of_the_rules_have_their_names():
    assert as_formula(math.log(2)).text == r"\ln(2)"
    assert numeral(math.log(2)).text == "0.6931471805599453"
    assert as_formula(2).text == "2"


def test_numbers_of_more_digits_than_python_writes():
    huge = 7 * 10**5000
    assert numeral(huge).text == r"7 \times 10^{5000}"
    assert numeral(Fraction(1, huge)).text == r"1.429 \times 10^{-5001}"
    x = Value(Fraction(huge), "x")
    y = x * x
    assert latex(y) == r"x \cdot x"
    assert [str(rule) for rule in local_derivatives(y, Names(node_names(y)))] == ["x", "x"]
    assert latex(Value(Fraction(huge)) * 2) == r"7 \times 10^{5000} \cdot 2"
    for y in (x**2, x**-1, relu(Value(Fraction(10**400), "x"))):
        assert local_derivatives(y, Names(node_names(y)))


# -- conditions ---------------------------------------------------------------------------------


def test_where_is_the_branch_that_holds():
    x = Formula("x", number=2.0)
    assert where(x > 0, x, 7).text == "x"
    assert where(x < 0, x, 7).text == "7"
    assert bool(x > 0) is True
    assert bool(x < 0) is False


def test_where_of_unknown_numbers_is_written_as_cases():
    x = Formula("x")
    y = where(x > 0, x, where(x < -1, -1, 0))
    assert y.text == (
        r"\begin{cases} x & \text{if } x > 0 \\ -1 & \text{if } x < -1 \\ "
        r"0 & \text{otherwise} \end{cases}"
    )
    for number, expected in ((2.0, 2.0), (-0.5, 0.0), (-3.0, -1.0)):
        assert read(y.text, {"x": number}) == expected
    assert read((y * 2).text, {"x": 3.0}) == 6
    assert str(-y).startswith("-")
    assert str(y**2).startswith(r"{(\begin{cases}")


def test_neighbouring_cases_of_one_value_are_one():
    x = Formula("x")
    assert where(x > 0, 5, 5).text == "5"
    y = where(x > 1, 1, where(x < -1, 1, 0))
    assert r"\text{if } x > 1 \text{ or } x < -1" in y.text
    assert [read(y.text, {"x": t}) for t in (2.0, 0.0, -2.0)] == [1, 0, 1]


def test_an_undecided_condition_cannot_be_branched_on():
    with pytest.raises(TraceError, match=r"cannot decide x > 0; write where\(condition"):
        _ = 1 if Formula("x") > 0 else 2


def test_edges_choose_the_conventions_of_the_table():
    for numbers, expected in (((0.0, 0.0, 1.0), 1), ((2.0, 0.0, 1.0), 0)):
        x, low, high = labelled(numbers)
        y = clip(x, low, high)
        assert read(local_derivatives(y, Names(node_names(y)))[0].text) == expected == y.partials[0]


# -- operations of one's own --------------------------------------------------------------------


def own(latex="", name="f", n=1, partials=None):
    forms = {1: (lambda x, y: 3 * x * x,), 2: (lambda x, z, y: 1, lambda x, z, y: 1)}
    forward = {1: lambda x: x**3, 2: lambda x, z: x + z}[n]
    return primitive(name, forward, partials or forms[n], latex=latex)


@pytest.mark.parametrize(
    ("template", "factor", "base", "of_sum"),
    [
        ("#1^3", r"x^3 \cdot y", "{(x^3)}^{2}", "{(a + b)}^3"),
        ("{#1}^3", r"x^3 \cdot y", "{(x^3)}^{2}", "{(a + b)}^3"),
        ("#1!", r"x! \cdot y", "{(x!)}^{2}", "(a + b)!"),
        (r"\sin #1", r"\sin x \cdot y", r"{(\sin x)}^{2}", r"\sin (a + b)"),
        ("2 #1", r"2 x \cdot y", "{(2 x)}^{2}", "2 (a + b)"),
        ("#1 / 2", r"x / 2 \cdot y", "{(x / 2)}^{2}", "(a + b) / 2"),
        ("-#1", r"-x \cdot y", "{(-x)}^{2}", "-(a + b)"),
        ("1 - #1", r"(1 - x) \cdot y", "{(1 - x)}^{2}", "1 - (a + b)"),
        (r"2 \cdot #1", r"2 \cdot x \cdot y", r"{(2 \cdot x)}^{2}", r"2 \cdot (a + b)"),
        (r"e^#1", r"e^x \cdot y", "{(e^x)}^{2}", "e^{a + b}"),
        (r"#1_0", r"x_0 \cdot y", "{(x_0)}^{2}", "{(a + b)}_0"),
        (r"\sin#1", r"\sin x \cdot y", r"{(\sin x)}^{2}", r"\sin (a + b)"),
        ("1 +\n#1", r"(1 + x) \cdot y", "{(1 + x)}^{2}", "1 + a + b"),
        (r"h[#1]", r"h[x] \cdot y", "{h[x]}^{2}", "h[a + b]"),
        (r"#1 > 0", r"(x > 0) \cdot y", "{(x > 0)}^{2}", "a + b > 0"),
        (r"\lvert #1 \rvert_p", r"\lvert x \rvert_p \cdot y", r"{\lvert x \rvert_p}^{2}", None),
    ],
)
def test_a_template_of_ones_own_gets_its_parentheses(template, factor, base, of_sum):
    f = own(template)
    x, y, a, b = (Value(2.0, name) for name in "xyab")
    assert latex(f(x) * y) == factor
    assert latex(f(x) ** 2) == base
    if of_sum:
        assert latex(f(a + b)) == of_sum


def test_an_operation_without_a_template_is_written_by_its_name():
    f = own(name="my_own")
    x = Value(2.0, "x")
    assert latex(f(x + 1)) == r"\operatorname{my\_own}(x + 1)"
    assert latex(own(name="50% #1", n=2)(x, 2)) == r"\operatorname{50\%\ \#1}(x, 2)"
    assert operator_name("a{b}%") == r"\operatorname{a\{b\}\%}"


@pytest.mark.parametrize("name", ["neg", "dot", "fsum", "where", "+", "**", "*"])
def test_an_operation_of_ones_own_may_have_the_name_of_one_of_the_table(name):
    x = Value(2.0, "x")
    assert latex(own(latex=r"\star #1", name=name)(x)) == r"\star x"
    assert latex(own(name=name)(x)) == rf"{operator_name(name)}(x)"


def test_an_operation_of_ten_operands():
    names = [f"x{i}" for i in range(10)]
    one = eval(f"lambda {', '.join(names)}, y: 1")
    total = primitive("total", lambda *xs: sum(xs), (one,) * 10)
    y = total(*(Value(float(i), f"x_{i}") for i in range(10)))
    assert latex(y) == (r"\operatorname{total}(" + ", ".join(f"x_{{{i}}}" for i in range(10)) + ")")


def test_a_rule_that_takes_floats_alone_is_its_number():
    x = Value(0.5, "x")
    y = own(name="f", partials=(lambda x, y: math.cos(x),))(x)
    assert local_derivatives(y, Names(node_names(y)))[0].text == numeral(math.cos(0.5)).text
    branching = own(name="g", partials=(lambda x, y: 1.0 if x > 0 else 0.0,))(x)
    assert local_derivatives(branching, Names(node_names(branching)))[0].text == "1.0"


def test_a_formula_is_a_scalar_of_every_operator():
    x, z = Formula("x"), Formula("z")
    made = (x + 1, 1 + x, x - 1, 1 - x, 2 * x, x / 2, 2 / x, 2**x, -x, abs(x))
    assert [str(y) for y in made] == [
        "x + 1", "1 + x", "x - 1", "1 - x", r"2 \cdot x", r"\frac{x}{2}", r"\frac{2}{x}", "2^{x}",
        "-x", r"\lvert x \rvert",
    ]  # fmt: skip
    assert [str(y) for y in (1 * x, x * 1, x**1, x * x, x * z)] == [
        "x", "x", "x", "x^{2}", r"x \cdot z",
    ]  # fmt: skip
    assert repr(x + z) == "Formula('x + z')"
    assert [(x < z).text, (x > 1).text] == ["x < z", "x > 1"]
    assert [y.level for y in (x, x * z, x**z, x + z)] == [ATOM, PRODUCT, PRODUCT, SUM]
    assert RELATION < SUM
    assert str(cos(x) * power.apply((x, negate.apply((z,))))) == r"\cos(x) \cdot x^{-z}"


# -- names --------------------------------------------------------------------------------------

WILD = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(
    ["<b>", "</script>", r"\text{<b>}", '"', "'", "&lt;", "]]>", "<!--", "\ud800", "\ue000",
     "\x00", "\U000f0000", "\u2028", "a b", "{", "}", "\\", r"\}", "^", "~", "%", "$", "x_", "_1",
     "é", "😀", "e\u0301", "\ufffe", "#1", "w[1]", "w1[2,3]", "x²",
     "١", "x١", "ß", "豈", r"\mathrm{x}"]
)  # fmt: skip


def shown(label):
    """A label as a page can show it: on one line, without characters that XML cannot write."""
    unwritable = r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
    return re.sub(unwritable, "\ufffd", " ".join(label.split()))


ALIKE = ["x", "x2", "x_2", "x[2]", "x_2'", "x2'", "a b", "a  b", "\x00", "\x01"]


def elements(markup):
    """A well-formed piece of MathML."""
    markup.encode()
    return ElementTree.fromstring(markup)


def test_names_of_one_letter_and_an_index_are_mathematics():
    assert [latex_name(name) for name in ("x", "x1", "x_1", "w12", "β", "w0[3,2]", "b[1]")] == [
        "x", "x_{1}", "x_{1}", "w_{12}", "β", "w^{(0)}_{3,2}", "b_{1}",
    ]  # fmt: skip
    assert [latex_name(name) for name in ("loss", "a b", "x_y", "50%")] == [
        r"\mathrm{loss}", r"\mathrm{a\ b}", r"\mathrm{x\_y}", r"\mathrm{50\%}",
    ]  # fmt: skip


@given(st.lists(WILD | st.sampled_from(ALIKE), unique=True))
def test_different_names_are_typeset_differently(names):
    typeset = Names({Value(1.0): name for name in names}).latex.values()
    assert len(set(typeset)) == len(names)
    assert all(map(balanced, typeset))


def test_the_first_of_names_that_look_alike_keeps_its_form():
    nodes = [Value(1.0) for _ in range(5)]
    names = Names(zip(nodes, ["w1", "w_1", "w[1]", "a b", "a  b"]))
    assert list(names.latex.values()) == [
        "w_{1}", r"\mathrm{w\_1}", r"\mathrm{w[1]}", r"\mathrm{a\ b}", r"\mathrm{a\ b'}",
    ]  # fmt: skip
    assert Names({nodes[0]: "w", nodes[1]: "w"}).latex == {nodes[0]: "w", nodes[1]: "w"}


def test_a_formula_and_its_steps_tell_leaves_apart():
    leaves = [Value(float(i), name) for i, name in enumerate(ALIKE)]
    y = dot(leaves, leaves[::-1])
    names = Names(node_names(y)).latex
    assert len(set(names.values())) == len(ALIKE) + 1
    assert close(read(latex(y), {names[x]: x.data for x in leaves}), y.data)
    for step in backprop_steps(y)[1:]:
        assert rf"\partial [{names[step.parent]}]}}" in step.latex


@given(WILD)
def test_a_label_is_one_name_whatever_stands_in_it(label):
    text = latex_name(label)
    assert balanced(text)
    y = Value(2.0, label or "x") ** 2
    assert balanced(latex(y))
    assert close(read(latex(y), meanings(y.parents)), 4.0)


@given(WILD)
@example("<img src=x onerror=alert(1)>")
@example("\U000f0000\U000f0001")
def test_a_label_is_text_in_mathml_and_nothing_else(label):
    plain = elements(mathml(r"\frac{1}{\mathrm{plain}} + \mathrm{nan}"))
    name = latex_name("q" + label)
    wild = elements(mathml(rf"\frac{{1}}{{{name}}} + \mathrm{{nan}}"))
    assert {part.tag for part in wild.iter()} <= {part.tag for part in plain.iter()} | {
        "msub", "msup", "msubsup", "mo",
    }  # fmt: skip
    assert all(set(part.attrib) <= {"display"} for part in wild.iter())
    if name.startswith(r"\mathrm"):
        assert shown("q" + label) in [part.text for part in wild.iter("mi")]


@given(WILD)
def test_a_name_survives_next_to_others(label):
    names = [f"loss {label}", f"{label} cost", "rate"]
    texts = [part.text for part in elements(mathml(" + ".join(map(latex_name, names)))).iter("mi")]
    assert texts == [shown(name) for name in names]


def test_many_names_in_one_formula():
    names = [f"name {i}" for i in range(7000)]
    element = elements(mathml(" + ".join(map(latex_name, names))))
    assert [part.text for part in element.iter("mi")] == names


def test_functions_are_one_identifier_in_mathml():
    element = elements(mathml(r"\operatorname{leaky\_relu}(x_{1}; 0.01)"))
    assert "leaky_relu" in [part.text for part in element.iter("mi")]


@ROWS
def test_mathml_of_every_rule_is_well_formed(row):
    operands = labelled(points(row, 1)[-1])
    y = row.apply(operands)
    for text in (latex(y), *(f.text for f in local_derivatives(y, Names(node_names(y))))):
        element = elements(f"<math>{inner_mathml(text)}</math>")
        assert element.find(".//mtext") is None, text  # it was understood
        assert not re.search(r"\\[a-z]", "".join(element.itertext())), text


@pytest.mark.parametrize(
    "latex", ["y = -x", "y = x + (-2)", r"y = 2 \cdot -x", r"y \mathrel{+}= -x"]
)
def test_a_minus_after_a_sign_is_a_sign(latex):
    assert '<mo form="prefix">−</mo>' in inner_mathml(latex)


@pytest.mark.parametrize("latex", ["y - x", "(x + y) - 2", "x^{2} - 2", r"\frac{1}{x} - 2"])
def test_a_minus_between_operands_is_an_operation(latex):
    assert "<mo>−</mo>" in inner_mathml(latex)


def test_cases_in_mathml_keep_their_alignment():
    x = Formula("x")
    element = elements(mathml(where(x > 0, 1, 0).text, display="block"))
    assert element.get("display") == "block"
    assert any("text-align" in part.get("style", "") for part in element.iter())
    assert "otherwise" in "".join(element.itertext()).replace("\xa0", " ")


def test_what_cannot_be_typeset_is_shown_as_it_is_written():
    assert inner_mathml(r"\left( <b>") == r"<mrow><mtext>\left( &lt;b&gt;</mtext></mrow>"


def test_a_notebook_shows_a_formula_typeset():
    x = Value(2.0, "x")
    bundle = latex(x * x)._repr_mimebundle_()
    assert bundle["text/plain"] == r"x \cdot x"
    assert bundle["text/latex"] == r"$\displaystyle x \cdot x$"
    assert set(bundle) == {"text/latex", "text/plain"}  # HTML would lose its MathML if not trusted


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda f, v: v * f,
        lambda f, v: f * v,
        lambda f, v: f - v,
        lambda f, v: f**v,
        lambda f, v: f > v,
        lambda f, v: where(f > 0, v, f),
        lambda f, v: as_formula(v),
    ],
)
def test_a_value_is_not_a_part_of_a_formula(make):
    refusal = "expected a number, got a Value; write v.data|of one type, got Formula and Value"
    with pytest.raises(TypeError, match=refusal):
        make(Formula("x"), Value(2.0))


@pytest.mark.parametrize("wrong", [2.0, None, [Value(1.0)], "x"])
def test_only_a_value_has_a_formula(wrong):
    with pytest.raises(TypeError, match="latex expected Values, got"):
        latex(wrong)


def test_a_formula_too_long_to_read_is_refused():
    y = Value(1.0, "a")
    for _ in range(20):
        y = y * y
    with pytest.raises(
        AutogradError, match=r"longer than 20,000 characters; label some inner nodes"
    ):
        latex(y)
    y.parents[0].label = "half"
    assert latex(y) == r"\mathrm{half} \cdot \mathrm{half}"


def test_a_long_chain_is_refused_or_written_without_recursion():
    y = x = Value(1.0, "x")
    for _ in range(20_000):
        y = where(True, y, x)
    assert latex(y) == "x"
    for _ in range(20_000):
        y = -y
    with pytest.raises(AutogradError, match="longer than 20,000"):
        latex(y)


def test_making_formulas_touches_no_gradient():
    x = Value(2.0, "x")
    y = tanh(x * x)
    latex(y)
    local_derivatives(y, Names(node_names(y)))
    assert (x.grad, y.grad, gradients(y, [x])[0] != 0) == (0.0, 0.0, True)


def test_lists_are_spelled_out_and_never_fill_a_template():
    assert all("#*" in row.latex for row in TABLE.values() if isinstance(row, NaryPrimitive))
    x, z = labelled([1.0, 2.0])
    for row in ("fsum", "logsumexp"):
        assert "#" not in latex(TABLE[row]([x, z]))
