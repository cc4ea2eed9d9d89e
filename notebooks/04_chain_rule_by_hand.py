# %% [markdown]
# # The chain rule by hand
#
# Everything that backprop does is the chain rule. So it is worth doing by hand once: on paper
# first, and then with the engine, which shows the same terms in the same places. If the two
# disagree, one of them is wrong, and it is good to know which.
#
# **You will be able to** differentiate nested functions by hand, find all ways from an input to a
# result, and check what you found.
#
# **You need** the derivatives of powers, of the logarithm, and of sine.

# %%
from autograd_mini import Value, chain_rule, grad


def compare(f, by_hand, points):
    """Compare the engine's derivative with a formula found on paper."""
    for x in points:
        found, wanted = grad(f)(x), by_hand(x)
        print(f"x = {x:5}   engine {found:10.6f}   paper {wanted:10.6f}")


# %% [markdown]
# ## One function inside another
#
# Leibniz wrote it so that one can remember it. If z depends on y, and y depends on x, then
#
# $$\frac{dz}{dx} = \frac{dz}{dy} \cdot \frac{dy}{dx}.$$
#
# If y moves three times as fast as x, and z moves twice as fast as y, then z moves six times as
# fast as x.
#
# **Example.** $f(x) = (2x - 3)^3$. Call the inner part $u = 2x - 3$. Then $f = u^3$, and on paper
#
# $$\frac{df}{dx} = \frac{df}{du} \cdot \frac{du}{dx} = 3u^2 \cdot 2 = 6\,(2x - 3)^2.$$
#
# Now the engine, at x = 2.5:

# %%
x = Value(2.5, "x")
u = 2 * x - 3
u.label = "u"
f = u**3
f.label = "f"
f.backward()
f

# %% [markdown]
# On the edges of the picture stand the *local* derivatives, each of one small operation. Follow
# the arrows from x to f and multiply: that is the chain rule. `chain_rule` writes it out.

# %%
chain_rule(f, x)

# %% [markdown]
# The engine takes smaller steps than we did. To it, $2x - 3$ is a product and a subtraction, so
# there is one factor more, and it is 1. The first line is the rule, the second has the formulas,
# the third the numbers at x = 2.5. On the left, grad(x) is $df/dx$. Each fraction is the derivative
# of one operation by the operand in brackets, all others being fixed
# ([the notation](../docs/notation.md)).
#
# The gradient in the picture is the same number. And the formula from paper holds at other
# points:

# %%
print("in the picture", x.grad, "  by the chain rule", chain_rule(f, x).total)
compare(lambda x: (2 * x - 3) ** 3, lambda x: 6 * (2 * x - 3) ** 2, [-1.0, 0.0, 1.5, 2.5])

# %% [markdown]
# **Example.** $z = \ln y$ with $y = x^2$. On paper:
#
# $$\frac{dz}{dx} = \frac{1}{y} \cdot 2x = \frac{1}{x^2} \cdot 2x = \frac{2}{x}.$$

# %%
from autograd_mini import log

x = Value(4.0, "x")
y = x**2
y.label = "y"
z = log(y)
z.label = "z"
chain_rule(z, x)

# %%
compare(lambda x: log(x**2), lambda x: 2 / x, [-2.0, 0.5, 4.0])

# %% [markdown]
# The engine never finds out that $\frac{1}{x^2} \cdot 2x$ is $\frac{2}{x}$. It does not simplify
# formulas; it multiplies numbers. That is the difference between *automatic* differentiation and
# *symbolic* differentiation.

# %% [markdown]
# ## Two ways from u to z
#
# Now z depends on v and on w, and both depend on u: $z = f(v(u), w(u))$. A small change of u
# reaches z on two ways. What arrives is the sum:
#
# $$\frac{\partial z}{\partial u} =
# \frac{\partial z}{\partial v} \cdot \frac{\partial v}{\partial u} +
# \frac{\partial z}{\partial w} \cdot \frac{\partial w}{\partial u}.$$
#
# This is the *multivariate chain rule*. Along a way one multiplies, and over the ways one adds.
#
# **Example.** $v = u^2$, $w = \sin u$, $z = v w$. On paper:
#
# $$\frac{\partial z}{\partial u} = w \cdot 2u + v \cdot \cos u = 2u \sin u + u^2 \cos u.$$

# %%
from autograd_mini import cos, sin

u = Value(2.0, "u")
v, w = u**2, sin(u)
v.label, w.label = "v", "w"
z = v * w
z.label = "z"
z.backward()
z

# %%
chain_rule(z, u)

# %%
compare(lambda u: u**2 * sin(u), lambda u: 2 * u * sin(u) + u**2 * cos(u), [-1.0, 0.5, 2.0])

# %% [markdown]
# Why a sum? Let us take each way alone. First u moves for v only, and w stays what it was. Then
# the other way round. The two changes together are, for a small step, the change of z.

# %%
step = 1e-6


def move(of_v, of_w):
    """How much z changes, per unit of the step, when u moves for v and for w by so much."""
    return ((2 + of_v) ** 2 * sin(2 + of_w) - 2**2 * sin(2.0)) / step


by_v, by_w, by_both = move(step, 0), move(0, step), move(step, step)
print(f"by v {by_v:.4f}, by w {by_w:.4f}, sum {by_v + by_w:.4f}; both at once {by_both:.4f}")

# %% [markdown]
# ## Why backprop does not follow the paths
#
# Every path from a leaf to the root is a term of the sum. That is a fine way to do it by hand.
# But here is a graph in which each node uses the one before it twice:

# %%
from textwrap import fill

from autograd_mini import AutogradError, backprop_steps

x = Value(1.0, "x")
y = x
for _ in range(20):
    y = y + y
try:
    chain_rule(y, x)
except AutogradError as error:
    print(fill(str(error), 95))
print("steps of backprop:", len(backprop_steps(y)))

# %% [markdown]
# A million paths, but only 40 edges. Backprop adds up at every node *before* it goes on, so it
# passes each edge once: one step to start with, and one for each edge. It is the same sum, in a
# better order.

# %% [markdown]
# ## The same with matrices
#
# (You may skip this section. Notebook 12 comes back to it.)
#
# If g takes n numbers to m numbers, all its derivatives are a table, the *Jacobian*: row i,
# column j is $\partial g_i / \partial x_j$. The sum over the ways is then a product of matrices:
# $J_{h \circ g} = J_h \, J_g$.

# %%
from autograd_mini import exp, jacobian


def g(x):
    return [x[0] * x[1], sin(x[0])]


def h(v):
    return [exp(v[1]), v[0] + 2 * v[1], v[0] ** 2]


at = [0.5, -2.0]
inner, outer = jacobian(g)(at), jacobian(h)(g(at))
product = [[sum(a * b for a, b in zip(row, column)) for column in zip(*inner)] for row in outer]
whole = jacobian(lambda x: h(g(x)))(at)
for row, same in zip(product, whole):
    print("product", *(f"{a:8.4f}" for a in row), "   at once", *(f"{a:8.4f}" for a in same))

# %% [markdown]
# ## tanh is a sigmoid in disguise
#
# Both squash any number into an interval: $\sigma(x) = \frac{1}{1 + e^{-x}}$ into (0, 1), and
# tanh into (-1, 1). They are the same curve, moved and stretched:
#
# $$\tanh(x) = 2\,\sigma(2x) - 1.$$
#
# The sigmoid is $1 / u$ with $u = 1 + e^{-x}$, so its derivative is $-u^{-2} \cdot (-e^{-x})$,
# which is $\frac{1}{u} \cdot \frac{u - 1}{u}$. In short, $\sigma' = \sigma (1 - \sigma)$. Then that
# of tanh follows from the chain rule. Write t for $\tanh(x)$ and s for $\sigma(2x)$, so that
# $s = (1 + t) / 2$:
#
# $$\frac{dt}{dx} = 2 \cdot s (1 - s) \cdot 2 =
# 4 \cdot \frac{1 + t}{2} \cdot \frac{1 - t}{2} = 1 - t^2.$$
#
# The engine has the rule $1 - t^2$ for tanh, and $s \cdot \sigma(-x)$ for the sigmoid:
# $\sigma(-x)$ is $1 - \sigma(x)$, without the digits that a difference loses. It finds the same
# number on both roads. (#1 is a result without a name, here 2x.)

# %%
from autograd_mini import sigmoid, tanh

x = Value(0.5, "x")
s = sigmoid(2 * x)
s.label = "s"
t = 2 * s - 1
t.label = "t"
chain_rule(t, x)

# %%
t = tanh(x)
t.label = "t"
chain_rule(t, x)

# %%
compare(lambda x: 2 * sigmoid(2 * x) - 1, lambda x: 1 - tanh(x) ** 2, [-2.0, 0.0, 0.5])

# %% [markdown]
# ## A neuron and its loss
#
# A neuron with one input answers $\hat y = \tanh(w x + b)$. It should have said y, so it pays the
# loss $L = (\hat y - y)^2$. Which way should w go? We write z for $wx + b$. Then
#
# $$\frac{\partial L}{\partial w} = \frac{\partial L}{\partial \hat y} \cdot
# \frac{\partial \hat y}{\partial z} \cdot \frac{\partial z}{\partial w} =
# 2 (\hat y - y) \cdot (1 - \hat y^2) \cdot x.$$

# %%
w, x, b, y = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b"), Value(1.0, "y")
z = w * x + b
z.label = "z"
y_hat = tanh(z)
y_hat.label = "ŷ"
L = (y_hat - y) ** 2
L.label = "L"
chain_rule(L, w)

# %%
L.backward()
by_hand = 2 * (y_hat.data - 1) * (1 - y_hat.data**2) * 2
print(f"by the engine {w.grad:.6f}, by hand {by_hand:.6f}")

# %% [markdown]
# The gradient is negative: a larger w makes a smaller loss. The first two factors are the same for
# b, since w and b both reach the loss through z. In backprop they are computed once for both.

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("04")

# %% [markdown]
# **1.** What is the derivative of $f(x) = \sqrt{1 + x^2}$? Give a formula in x as a text, such as
# `"2*x + exp(3*x)"`.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The inner part is u = 1 + x². The derivative of the root of u is 1
# / (2 sqrt(u)).</details>
# <details><summary>Answer</summary>
#
# $\frac{1}{2 \sqrt u} \cdot 2x = \frac{x}{\sqrt{1 + x^2}}$. `my_answer = "x / sqrt(1 + x**2)"`
#
# </details>
#
# **2.** The derivative of $f(x) = x^2 e^{3x}$. Count first how many ways lead from x to f.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>First x moves for the first factor only, then for the
# second.</details>
# <details><summary>Answer</summary>
#
# Two, one through each factor: $2x \cdot e^{3x} + x^2 \cdot 3 e^{3x}$.
# `my_answer = "2*x * exp(3*x) + x**2 * 3*exp(3*x)"`
#
# </details>
#
# **3.** The derivative of $f(x) = x^x$, for x > 0. The power rule does not help, and neither does
# the rule for $e^x$. Or do they both?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>x comes in twice. Let f = p^q with p = q = x.</details>
# <details><summary>Answer</summary>
#
# The power rule gives the way through the base, $q\,p^{q-1} = x^x$. The exponential's gives the way
# through the exponent, $p^q \ln p = x^x \ln x$. Together: $x^x (1 + \ln x)$.
# `my_answer = "x**x * (1 + log(x))"`
#
# </details>
#
# **4.** The derivative of $f(x) = \ln(1 + e^x)$, which is called *softplus*.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The derivative of ln u is 1/u.</details>
# <details><summary>Answer</summary>
#
# $\frac{1}{1 + e^x} \cdot e^x$, which is the sigmoid. `my_answer = "exp(x) / (1 + exp(x))"`
#
# </details>
#
# **5.** Write the chain rule as a function: `chain(steps, x)` gives the derivative of $f_k(\dots
# f_2(f_1(x)))$ at x. `steps` is a list of pairs, each of a function and its derivative, $f_1$
# first.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Each derivative is taken at what the functions before it
# gave.</details>
# <details><summary>Answer</summary>
#
# Carry two numbers along: where we are, and the product so far.
#
# ```python
# def chain(steps, x):
#     product = 1.0
#     for f, derivative in steps:
#         product *= derivative(x)
#         x = f(x)
#     return product
#
#
# my_answer = chain
# ```
#
# </details>
#
# **6.** Now backwards: find a function f, not 0, with $f'(x) = f(x) \cos x$ for every x. Give a
# formula.

# %%
my_answer = ...
check(6, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Which function is its own derivative? What is to be inside
# it?</details>
# <details><summary>Answer</summary>
#
# The chain rule gives $e^{u}$ the derivative $e^{u} \cdot u'$. So u has to be a function with the
# derivative cos x. Any multiple is right as well. `my_answer = "exp(sin(x))"`
#
# </details>
