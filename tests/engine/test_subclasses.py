"""Subclasses of Value: what they add is kept, and what they interpret is theirs."""

import copy
import operator
import pickle

import pytest

from autograd_mini import Value, dot, exp, fsum, hypot, primitive, relu
from autograd_mini.operators import Operators
from autograd_mini.primitives import TABLE


class Unit(Value):
    """A Value with a unit."""

    def __init__(self, data, unit, label=""):
        super().__init__(data, label)
        self.unit = unit


class Slotted(Value):
    __slots__ = ("unit",)


class Counting(Value):
    """A Value that sees every operation."""

    __slots__ = ()
    seen = ()

    @classmethod
    def __apply_primitive__(cls, primitive, operands):
        Counting.seen += (primitive,)
        made = super().__apply_primitive__(primitive, operands)
        made.__class__ = cls
        return made


@pytest.fixture(autouse=True)
def nothing_seen():
    Counting.seen = ()


@pytest.mark.parametrize("name", [n for n, row in TABLE.items() if len(row.arguments) <= 2])
def test_a_subclass_that_interprets_operations_sees_every_one(name):
    row, x = TABLE[name], Counting(0.5)
    if name in ("fsum", "logsumexp"):
        calls = [lambda: row([x, 1.0])]
    elif name == "dot":
        calls = [lambda: row([x], [Value(1.0)]), lambda: row([Value(1.0)], [x], 2.0)]
    elif row.operator:
        other = (2.0,) * (len(row.arguments) - 1)
        operation = getattr(operator, row.operator)
        calls = [lambda: operation(x, *other), lambda: row(x, *other)]
        if other:
            calls += [lambda: operation(2.0, x), lambda: operation(Value(2.0), x)]
    else:
        other = (0.25,) * (len(row.arguments) - len(row.defaults) - 1)
        calls = [lambda: row(x + 1 if name == "acosh" else x, *other)]
        if row.is_method:
            calls += [lambda: getattr(x + 1 if name == "acosh" else x, name)()]
    for call in calls:
        Counting.seen = ()
        assert type(call()) is Counting
        assert Counting.seen[-1] is row


def test_it_is_called_once_for_an_operation_and_the_chain_rule_is_the_same():
    x, y = Counting(2.0), Value(2.0)
    for v in (x, y):
        (relu(v) * exp(v) + hypot(v, 1) - v**2 / 3).backward()
    assert x.grad == y.grad
    assert len(Counting.seen) == 8


def test_operators_on_a_subclass_that_only_adds_attributes_give_plain_values():
    x = Unit(2.0, "m")
    for y in (x * x, 1 + x, -x, exp(x), relu(x), fsum([x, 1.0]), dot([x], [x]), x.tanh()):
        assert type(y) is Value
    (x * x).backward()
    assert x.grad == 4.0


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_keeps_the_class_and_its_attributes(again):
    x, s = Unit(2.0, ["m"], "x"), Slotted(3.0)
    s.unit = "kg"
    x.grad = 0.5
    y = again(x * s + 1.0)
    x2, s2 = y.parents[0].parents
    assert (type(x2), x2.unit, x2.label, x2.data, x2.grad) == (Unit, ["m"], "x", 2.0, 0.5)
    assert (type(s2), s2.unit, s2.data) == (Slotted, "kg", 3.0)
    assert x2.unit is not x.unit
    leaf = again(x)
    assert (type(leaf), leaf.unit, leaf.data) == (Unit, ["m"], 2.0)


def test_siblings_that_interpret_nothing_themselves_mix():
    assert (Unit(2.0, "m") * Slotted(3.0)).data == 6.0


def test_another_scalar_type_is_refused_by_name():
    from autograd_mini.formulas import Formula

    with pytest.raises(TypeError, match=r"expected scalars of one type, got Formula and Value"):
        Value(2.0) * Formula("x")


class Matrix:
    """A class of one's own that knows what to do with a Value."""

    def __rmul__(self, other):
        return ("scaled", other)

    def __radd__(self, other):
        return NotImplemented


def test_a_class_of_ones_own_is_asked():
    v = Value(2.0)
    assert v * Matrix() == ("scaled", v)
    with pytest.raises(TypeError, match="unsupported operand"):
        v + Matrix()
    with pytest.raises(TypeError, match="expected a number, got Matrix"):
        v - Matrix()
    for other, told in (("3", "float\\('3'\\)"), ([1.0], "write"), (None, "return missing")):
        with pytest.raises(TypeError, match=told):
            v * other


def test_a_partial_that_is_not_a_number_is_named():
    from fractions import Fraction

    rules = (lambda a, b, c, y: 1, lambda a, b, c, y: None, lambda a, b, c, y: 100)
    f = primitive("f", lambda a, b, c: a + b + c, partials=rules)
    for number in (1.0, Fraction(1)):
        with pytest.raises(TypeError, match=r"a partial of f is not a number: .*return missing"):
            f(*[Value(number)] * 3)


def test_a_scalar_type_without_an_interpretation_says_so():
    class Empty(Operators):
        pass

    with pytest.raises(NotImplementedError, match="Empty does not define __apply_primitive__"):
        Empty() + 1.0


class Owned(Value):
    """Slots of any form, and an owner that leads back to the node."""

    __slots__ = ("__secret", "owner")  # the first is mangled

    def keep(self, secret):
        self.__secret = secret
        return self

    def kept(self):
        return self.__secret


class Tagged(Value):
    __slots__ = "tag"


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_what_is_added_may_lead_back_to_the_node(again):
    x = Owned(2.0).keep("s")
    x.owner = {"w": x}
    x2 = again(x)
    assert (type(x2), x2.data, x2.kept()) == (Owned, 2.0, "s")
    assert x2.owner["w"] is x2
    x.owner = x * x
    x2 = again(x)
    assert x2.owner.parents == (x2, x2)
    tagged = Tagged(3.0)
    tagged.tag = "t"
    assert again(tagged * x).parents[0].tag == "t"


class Interprets:
    """A mixin that interprets operations."""

    @classmethod
    def __apply_primitive__(cls, primitive, operands):
        Counting.seen += (primitive,)
        return Value.__apply_primitive__.__func__(cls, primitive, operands)


class Mixed(Interprets, Value):
    __slots__ = ()


def test_an_interpretation_may_come_from_a_mixin():
    v = Mixed(1.5)
    for operation in (lambda: v + 1, lambda: v * v, lambda: exp(v), lambda: -v, lambda: v**2):
        before = len(Counting.seen)
        operation()
        assert len(Counting.seen) == before + 1
