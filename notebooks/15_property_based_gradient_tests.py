# %% [markdown]
# # Finding wrong gradients with property tests
#
# A wrong gradient is a quiet bug. Nothing crashes. The loss may still fall, only not as far as it
# could, and one starts to blame the learning rate.
#
# In this notebook we write an operation with a mistake in its backward rule. One test by hand
# does not see it. A property test finds it, and shrinks it to a small graph that is wrong. Then we
# write an operation of our own and prove it. At the end we look at what numerical checks cannot
# see.
#
# **You will be able to** test an operation of your own with random programs, and say what a
# numerical check cannot see.
#
# **You need** [the chain rule](04_chain_rule_by_hand.ipynb), and decorators in Python.
# [Hypothesis](https://hypothesis.readthedocs.io) draws the random examples; the extra `testing`
# brings it.

# %% [markdown]
# ## An operation with a mistake in it
#
# An operation is a function and its local derivatives, here called *partials*: the derivative of
# the result y by each operand. For $y = x_1 x_2$ they are
#
# $$\frac{\partial y}{\partial x_1} = x_2, \qquad \frac{\partial y}{\partial x_2} = x_1.$$
#
# `primitive` makes an operation of the two. Somebody wrote the second partial by copying the first:

# %%
from autograd_mini import Value, primitive

product = primitive(
    "product",
    lambda x1, x2: x1 * x2,
    partials=(
        lambda x1, x2, y: x2,
        lambda x1, x2, y: x2,  # copied from the line above, and not changed
    ),
)

# %% [markdown]
# They tested it, too. The area of a square with side 3 is 9, and it grows by $2 \cdot 3 = 6$ for
# every unit of the side.

# %%
side = Value(3.0, "side")
area = product(side, side)
area.label = "area"
area.backward()
area

# %% tags=["guard"]
assert area.data == 9.0
assert side.grad == 6.0

# %% [markdown]
# All is well, it seems. The number on an edge of the picture is the partial along it, and both
# edges say 3.
#
# The test passes because both operands are the same. We could now try other numbers. But which?
# Whoever wrote the bug also chose the test, and did not think of that case either time.

# %% [markdown]
# ## Ten lines that find it
#
# A property test says what is true of *every* program: its gradients agree with numerical
# differentiation. `expressions` draws random programs from a list of operations.
# `check_gradients` compares the gradients. `@given(..)` makes a test that is run for up to 200
# such programs. (`show_error` only prints an error, in short lines.)

# %% tags=["hide-input"] jupyter={"source_hidden": true}
from textwrap import fill

from autograd_mini.testing import GradientError


def show_error(check, *arguments, **options):
    """Print what a check says that has to fail."""
    try:
        check(*arguments, **options)
    except GradientError as error:
        print(fill(str(error), 95))
    else:
        raise AssertionError("nothing was found")


# %% tags=["explores"]
from hypothesis import given, settings

from autograd_mini import draw_dot, sin
from autograd_mini.primitives import add
from autograd_mini.testing import check_gradients, expressions

repeatable = settings(derandomize=True, database=None, deadline=None, max_examples=200)
failing = []


@repeatable
@given(expressions(primitives=[product, add, sin], max_nodes=10))
def test_gradients(f):
    try:
        check_gradients(f, *f.inputs)
    except GradientError:
        failing.append(f)
        raise


show_error(test_gradients)

# %% [markdown]
# The error names the input, the gradient found and the right one. Its last part is the step of
# backprop whose partial is the worst: there the bug is. (#1 is a result without a name. What a
# *complex step* is, you will see below.)
#
# The recipe is `@given(expressions())` and `check_gradients(f, *f.inputs)`. The lines around it
# keep the programs that failed, so that we can look at them. (`repeatable` makes Hypothesis draw
# the same programs on every run. Leave it out in your own tests. Then every run tries something
# new.)
#
# ## Watching it shrink
#
# The first program that failed is a random one. It is not pleasant to debug:

# %% tags=["explores"]
first = failing[0]
draw_dot(first(*map(Value, first.inputs)), rankdir="TB")

# %% [markdown]
# Hypothesis does not stop there. It takes operations away, makes numbers simpler, and keeps what
# still fails: it *shrinks* the program. Here is every failing program that it met, in order.

# %%
import matplotlib.pyplot as plt

sizes = [len(f.nodes) for f in failing]
figure, axes = plt.subplots(figsize=(6, 2.6))
axes.step(range(1, len(sizes) + 1), sizes, where="mid", color="#0b5394")
axes.set(xlabel="failing program", ylabel="operations", ylim=(0, None))
axes.locator_params(integer=True)
figure.tight_layout()

# %% [markdown]
# It stops when nothing that it tries makes the program simpler. What is left prints as Python:

# %% tags=["explores"]
smallest = failing[-1]
print(smallest)

# %% [markdown]
# And here is its graph, after a backward pass:

# %% tags=["explores"]
leaves = [Value(x, name) for x, name in zip(smallest.inputs, "abcd")]
y = smallest(*leaves)
y.label = "y"
y.backward()
y

# %% [markdown]
# Look at the edges. A product's partial by its second operand is the first operand. So the number
# on the second edge should be the number in the first box. It is that in the second.
#
# Every detail is needed. With `product(x, x)`, or with two zeros, the mistake gives the right
# answer by luck. So the shrunk example is not only short. It says *when* the gradient is wrong:
# when the operands differ.

# %% [markdown]
# ## The repair

# %%
product = primitive(
    "product",
    lambda x1, x2: x1 * x2,
    partials=(lambda x1, x2, y: x2, lambda x1, x2, y: x1),
)


@repeatable
@given(expressions(primitives=[product, add, sin], max_nodes=10))
def test_gradients_again(f):
    check_gradients(f, *f.inputs)


test_gradients_again()

a, b = Value(1.0, "a"), Value(0.0, "b")
y = product(a, b)
y.label = "y"
y.backward()
y

# %% [markdown]
# 200 programs, and no error; and the second edge says 1. Keep the shrunk program as a test of its
# own. It runs in no time, and says in one line what was wrong once.

# %% [markdown]
# ## An operation of your own, and a proof of it
#
# A *Gaussian* is an activation with a bump in the middle. Networks of such bumps are called *radial
# basis function networks* (Broomhead and Lowe, 1988). The rule is short, since the derivative
# contains the function itself:
#
# $$y = e^{-x^2/2}, \qquad \frac{dy}{dx} = -x\,e^{-x^2/2} = -x\,y.$$

# %%
from autograd_mini import exp

# the formula is what pictures and equations show; #1 is the operand
gaussian = primitive(
    "gaussian",
    lambda x: exp(-x * x / 2),
    partials=(lambda x, y: -x * y,),
    latex=r"e^{-#1^2/2}",
)

# %% [markdown]
# `check_primitive` tries a rule at points of its domain. It checks the second derivative as well;
# here we ask for the third, too. They need no rules of their own: the partial is made of the
# library's operations, so it is differentiated as any other expression is. The check prints
# nothing if it finds nothing.

# %%
from autograd_mini.testing import check_primitive

check_primitive(gaussian, order=3)

# %% [markdown]
# Numbers persuade, but they are not a proof. [SymPy](https://www.sympy.org) is an algebra
# program: it differentiates formulas. Our partial is an ordinary function, so it runs on SymPy's
# symbols as it runs on numbers. The difference to SymPy's derivative has to be exactly 0.

# %%
import sympy

s = sympy.Symbol("x", real=True)
bump = sympy.exp(-(s**2) / 2)
[partial] = gaussian.partials
difference = sympy.simplify(sympy.diff(bump, s) - partial(s, bump))
print(f"SymPy's derivative: {sympy.diff(bump, s)}, ours: {partial(s, bump)}")
print("difference:", difference)

# %% tags=["guard"]
assert difference == 0

# %% [markdown]
# That is true for every real x, and not only where we looked. [How far to trust
# it](../docs/trust.md) says which rules of the library's own table are proved in this way.
#
# The new operation goes wherever an activation goes. `networks` draws small MLPs.
# `Network(inputs, weights, activation)` is one of them with an activation of our choice. Each layer
# of `weights` has a row for each neuron: its weights, and then its bias.

# %%
from autograd_mini.testing import Network, networks


@repeatable
@given(networks())
def test_networks(f):
    radial = Network(f.inputs, f.weights, gaussian)
    check_gradients(radial, *radial.inputs)


test_networks()

# %% [markdown]
# Here is a small one, with two inputs and two bumps:

# %%
radial = Network([0.5, -1.0], [[[1.0, 2.0, 0.5], [-1.0, 0.5, 0.5]], [[1.5, -1.0, 0.0]]], gaussian)
a, b = Value(0.5, "a"), Value(-1.0, "b")
output = radial(a, b)
output.label = "output"
output.backward()
draw_dot(output, rankdir="TB")

# %% [markdown]
# ## What differences cannot see
#
# A numerical check has to be trusted itself. So let us write the simplest one, the central
# difference, and look for ways to fool it:
#
# $$f'(x) \approx \frac{f(x+h) - f(x-h)}{2h}.$$

# %%
from math import cos


def central(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)


print(f"{central(sin, 1.0):.12f}  central difference of sin at 1")
print(f"{cos(1.0):.12f}  cos(1)")

# %% [markdown]
# ### 1. The step: too large, or too small
#
# Taylor's formula says $f(x \pm h) = f(x) \pm h f'(x) + \frac{h^2}{2} f''(x) \pm \frac{h^3}{6}
# f'''(x) + \ldots$ So the central difference is off by about $\frac{h^2}{6} f'''(x)$, the
# *truncation error*. A smaller h makes that smaller. But then the two numbers that are subtracted
# have almost all their digits in common, and what is left is rounding. This is *cancellation*. Its
# error grows as $1/h$.
#
# There is a way around it. Put $ih$ for h in Taylor's formula, with $i^2 = -1$. The imaginary part
# is then $h f'(x) - \frac{h^3}{6} f'''(x) + \ldots$ So $f'(x) \approx \operatorname{Im} f(x + ih) /
# h$. This is the *complex step* (Squire and Trapp, 1998). Its truncation error has the same size.
# But nothing is subtracted in it, so h may be as small as one likes.

# %%
steps = [10 ** (-k / 4) for k in range(2, 58)]
differences = [central(sin, 1.0, h) for h in steps]
complex_steps = [sin(complex(1.0, h)).imag / h for h in steps]


def errors(derivatives):
    return [max(abs(d - cos(1.0)), 1e-17) for d in derivatives]  # a logarithm has no place for 0


figure, axes = plt.subplots(figsize=(6, 3.2))
axes.loglog(steps, errors(differences), ".-", color="#0b5394", label="central difference")
axes.loglog(steps, errors(complex_steps), ".-", color="#a63a00", label="complex step")
axes.annotate("truncation", (2e-3, 1e-4), ha="right")
axes.annotate("cancellation", (3e-9, 1e-4), ha="left")
axes.set(xlabel="h", ylabel="error", title="the derivative of sin at 1")
axes.legend(loc="lower right")
figure.tight_layout()

# %% [markdown]
# At their best, central differences have 11 digits of 16 right. A check cannot see a mistake that
# is smaller than its own error. Here is a rule for erf that is wrong in the seventh digit, because
# somebody typed $2/\sqrt\pi \approx 1.128379$.

# %%
from math import pi, sqrt

from autograd_mini import erf


def slope(x):
    return 1.128379 * exp(-x * x)


right = 2 / sqrt(pi) * exp(-0.25)
print(f"error of the rule at 0.5:          {abs(slope(0.5) - right):.1e}")
print(f"error of the difference, h = 1e-3: {abs(central(erf, 0.5, 1e-3) - right):.1e}")

# %% [markdown]
# `check_gradients` takes the complex step where the function can be run on complex numbers. erf
# cannot. Then it takes differences with several steps, and computes from them what they tend to as
# h goes to 0: it *extrapolates* (exercise 4). That is enough here:

# %%
show_error(check_gradients, erf, 0.5, gradient=slope)

# %% [markdown]
# ### 2. A kink between the two points
#
# relu is 0 on the left and x on the right. Its slope at 1e-7 is 1. The central difference has one
# point on either side, and gives something in between. A right gradient looks wrong.

# %%
from autograd_mini import grad, relu

print(f"gradient {grad(relu)(1e-7)}, central difference {central(relu, 1e-7):.3f}")

# %% [markdown]
# `check_gradients` looks for a kink before it calls a gradient wrong:

# %%
show_error(check_gradients, relu, 1e-7)

# %% [markdown]
# *At* the kink there is no derivative, only a convention. The library's is PyTorch's: 0 for relu
# at 0. A convention is tested by an example, and not by differences. The strategy `expressions`
# stays away from kinks for this reason.
#
# ### 3. A flat region
#
# Far to the right the sigmoid is so close to 1 that a float cannot tell. Its true slope at 40 is
# $e^{-40} \approx 4 \cdot 10^{-18}$. The difference says 0. And a tolerance of, say, 1e-9 lets
# every rule pass that gives something tiny, right or not:

# %%
from autograd_mini import sigmoid

print(central(sigmoid, 40.0))
check_gradients(sigmoid, 40.0, gradient=lambda x: 7 * exp(-x))

# %% [markdown]
# Seven times too large, and no error. Set the absolute tolerance to 0, so that only digits
# count, and give the function in a form that the complex step can follow:


# %%
def logistic(x):
    return 1 / (1 + exp(-x))


show_error(check_gradients, logistic, 40.0, gradient=lambda x: 7 * exp(-x), atol=0.0)

# %% [markdown]
# ### 4. A branch not taken
#
# A check speaks of the points it was made at. This function bends at -5, and its slope there is
# forgotten. `check_primitive` draws its points between -3 and 3. It passes:

# %%
from autograd_mini import where

lazy = primitive(
    "lazy",
    lambda x: where(x > -5, x, -5 + 0.1 * (x + 5)),
    partials=(lambda x, y: 1 + 0 * x,),  # right above -5 only
    kinks=(-5.0,),
)
check_primitive(lazy)

# %% [markdown]
# Only somebody who reads the code knows that there are two branches. Give each its point:

# %%
show_error(check_primitive, lazy, (2.0,), (-10.0,))

# %% [markdown]
# ### In short
#
# | what hides a bug, or invents one | what to do |
# |---|---|
# | truncation, cancellation | a complex step, or extrapolation: `check_gradients` |
# | a kink within reach | move the point; test the convention at the kink by an example |
# | a flat region | `atol=0`, and a form that keeps its digits |
# | a branch not taken | give each branch a point of its own |
# | all operands equal, zeros, ones | random programs: `expressions` |
# | points that were never tried | a proof, where there is a formula |

# %% [markdown]
# ## More rules to try
#
# In this rule for $x_1 / x_2$ a sign is missing. Which failing program do you expect to be left
# after shrinking?

# %%
quotient = primitive(
    "quotient",
    lambda x1, x2: x1 / x2,
    partials=(lambda x1, x2, y: 1 / x2, lambda x1, x2, y: y / x2),
    domain=("(-inf, inf)", "(0, inf)"),
)

# %% [markdown]
# `find` gives the shrunk example directly:

# %% tags=["explores"]
from hypothesis import find


def fails(f):
    try:
        check_gradients(f, *f.inputs)
    except GradientError:
        return True
    return False


print(find(expressions(primitives=[quotient, add, sin]), fails, settings=repeatable))

# %% [markdown]
# (Shrinking goes step by step, and can stop before the smallest one: here one input is enough. See
# exercise 1.)
#
# The next operation has a right first derivative, and a wrong second one. Its partial is computed
# with plain numbers. As a number it is right. But it does not remember where it came from, so its
# own derivative is 0. `check_primitive` finds it:


# %%
def number(x):
    return x.data if isinstance(x, Value) else x


frozen = primitive("frozen", exp, partials=(lambda x, y: exp(number(x)),))
check_primitive(frozen, (0.5,), order=1)
show_error(check_primitive, frozen, (0.5,))

# %% [markdown]
# Some properties need no numerical derivative at all. If all inputs of `logsumexp` grow by t, so
# does the result: $f(x_1 + t, \ldots, x_n + t) = f(x_1, \ldots, x_n) + t$. Differentiate by t on
# both sides, at t = 0. On the left the chain rule gives the sum of all partials, on the right
# there is 1. The strategy `values` draws leaves.

# %%
from hypothesis import strategies as st

from autograd_mini import fsum, gradients, logsumexp
from autograd_mini.testing import values


@repeatable
@given(st.lists(values(), min_size=1, max_size=6))
def test_gradients_sum_to_1(xs):
    assert abs(fsum(gradients(logsumexp(xs), xs)) - 1) < 1e-12


test_gradients_sum_to_1()

# %% [markdown]
# And $\tanh(x) = 2\sigma(2x) - 1$, so a network gives the same value and the same gradients with
# either. `assert_same_gradients(f, g, *inputs)` compares two functions. Write the second form as a
# function, and let random networks use both:

# %%
from autograd_mini import tanh
from autograd_mini.testing import assert_same_gradients


def tanh_by_sigmoid(x):
    return 2 * sigmoid(2 * x) - 1


@repeatable
@given(networks())
def test_two_forms_of_tanh(f):
    one, other = (Network(f.inputs, f.weights, form) for form in (tanh, tanh_by_sigmoid))
    assert_same_gradients(one, other, *f.inputs, rtol=1e-9, atol=1e-9)


test_two_forms_of_tanh()

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("15")

# %% [markdown]
# **1.** One input is enough to show the missing sign: $x / x$ is 1 everywhere, so its derivative is
# 0. What does the wrong rule give as the derivative at x = 4?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Two edges lead from x to the quotient, and each brings its
# partial.</details>
# <details><summary>Answer</summary>
#
# $1/x$ along one edge and $y/x$ along the other, with y = 1. Their sum is $2/x$.
# `my_answer = 1 / 4 + 1 / 4`
#
# </details>
#
# **2.** Which of these tests can *miss* a wrong derivative: A a proof by algebra for every x; B
# central differences with a tolerance of 1e-9 in a flat region; C complex steps at the very point
# where it is wrong; D a hundred random points, all on one side of a branch?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Where is too small a number, or the wrong place, looked
# at?</details>
# <details><summary>Answer</summary>
#
# B lets everything tiny pass, and D does not see the other branch. `my_answer = "BD"`
#
# </details>
#
# **3.** If all inputs of $f(x_1, x_2) = \sqrt{x_1^2 + x_2^2}$ are multiplied by a positive t, so is
# the result. Find the property of its gradient that this gives, without the formula of the
# gradient. What does $x_1 \frac{\partial f}{\partial x_1} + x_2 \frac{\partial f}{\partial x_2}$
# come to at (3, 4)?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Differentiate f(t x1, t x2) = t f(x1, x2) by t on both sides, at t
# = 1.</details>
# <details><summary>Answer</summary>
#
# On the left the chain rule gives the sum that is asked for, on the right there is $f(x_1, x_2)$.
# (This is Euler's theorem on homogeneous functions.) `my_answer = 5`
#
# </details>
#
# **4.** The central difference $D(h)$ is off by about $c\,h^2$, with a c that does not depend on h.
# So $D(h/2)$ is off by a quarter of that. Combine the two so that this error cancels: write
# `extrapolated(f, x, h)`.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Look for a D(h) + b D(h/2) with a + b = 1 and a + b/4 =
# 0.</details>
# <details><summary>Answer</summary>
#
# $b = 4/3$ and $a = -1/3$. (This is Richardson's extrapolation.)
#
# ```python
# def extrapolated(f, x, h):
#     def central(h):
#         return (f(x + h) - f(x - h)) / (2 * h)
#
#     return (4 * central(h / 2) - central(h)) / 3
#
#
# my_answer = extrapolated
# ```
#
# </details>
#
# **5.** Invent a wrong rule for the product that no test with equal operands finds: a function of
# x1 and x2 that gives both partials, right wherever x1 = x2, and wrong for 2 and 5. (Not the one of
# this page.)

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>What is 0 when both are equal?</details>
# <details><summary>Answer</summary>
#
# For example the mean of both operands, twice.
# `my_answer = lambda x1, x2: [(x1 + x2) / 2, (x1 + x2) / 2]`
#
# </details>
