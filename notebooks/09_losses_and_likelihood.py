# %% [markdown]
# # Losses and likelihood
#
# A *loss* is one number that says how wrong a prediction is. Training sees nothing else. So it
# matters which loss one takes, and it matters even more what its *gradient* is: that is the push
# that every weight of the network gets.
#
# In this notebook we meet the usual losses and their gradients. We see that several of them are one
# and the same idea, maximum likelihood. We compute them so that nothing overflows. And on the way
# we let the engine catch four mistakes that stood on lecture slides.
#
# **You will be able to** choose a loss for a task, derive it from a likelihood, and write it so
# that it does not overflow.
#
# **You need** the chain rule ([notebook 04](04_chain_rule_by_hand.ipynb)), and it helps to have
# seen [regression](07b_regression.ipynb). The letters are those of [the table of
# symbols](../docs/notation.md#symbols); a score of labels -1 and 1 is called s here, and one of
# labels 0 and 1 is z. (`show_error` below only prints an error, in short lines.)

# %%
from textwrap import fill

from autograd_mini import Value, chain_rule, exp, grad, jacobian, log, sigmoid, softmax
from autograd_mini.testing import GradientError, check_gradients
from nn import losses


def show_error(check, *arguments, **options):
    """Print what a check says that has to fail."""
    try:
        check(*arguments, **options)
    except GradientError as error:
        print(fill(str(error), 95))
    else:
        raise AssertionError("nothing was found")


# %% [markdown]
# ## Squared error
#
# The prediction is a number $\hat y$, and the truth is a number y. The squared error is
#
# $$L = (\hat y - y)^2.$$
#
# It is 0 where the prediction is right. Twice the error costs four times as much. For many
# predictions one takes the mean: `mean_squared_error`. Others take half the sum:
# `half_squared_error`. The half is there for the derivative's sake:
#
# $$L = \tfrac12 (\hat y - y)^2, \qquad \frac{dL}{d\hat y} = \hat y - y.$$
#
# **Prediction minus target.** This gradient will come back.

# %%
prediction = [2.5, 0.0, -1.0]
target = [3.0, -0.5, -1.0]

mean = grad(losses.mean_squared_error)(prediction, target)
half = grad(losses.half_squared_error)(prediction, target)
print("gradient of the mean:", [round(g, 6) for g in mean])
print("gradient of the half:", half)

# %% tags=["guard"]
assert half == [p - t for p, t in zip(prediction, target)]

# %% [markdown]
# ## Squared error of a line
#
# In linear regression the prediction is $\hat y = w x + b$. The chain rule takes the gradient on to
# the parameters:
#
# $$\frac{\partial L}{\partial w} = \frac{\partial L}{\partial \hat y} \cdot
# \frac{\partial \hat y}{\partial w} = 2(\hat y - y) \cdot x, \qquad
# \frac{\partial L}{\partial b} = 2(\hat y - y).$$

# %%
w, b, x, y = Value(2.0, "w"), Value(0.5, "b"), 3.0, 5.0
yhat = w * x + b
yhat.label = "ŷ"
L = (yhat - y) ** 2
L.label = "L"
L.backward()
L

# %% tags=["guard"]
assert (b.grad, w.grad) == (2 * (yhat.data - y), 2 * (yhat.data - y) * x)

# %%
chain_rule(L, w)

# %% [markdown]
# ## A slip: the sign of the gradient
#
# One lecture minimises $L = \frac12 (y - \hat y)^2$, and writes the gradient as $\partial L /
# \partial w = (y - \hat y)\, \partial \hat y / \partial w$. Is that right? `check_gradients`
# compares a gradient with numerical differentiation, by a very exact difference that it calls
# *complex step* ([notebook 15](15_property_based_gradient_tests.ipynb) explains it). We give it the
# slide's gradient:


# %%
def slide(parameters):
    """The slide's gradient of half the squared error, by w and by b."""
    w, b = parameters
    error = y - (w * x + b)
    return [error * x, error * 1.0]


def half_error(parameters):
    w, b = parameters
    return losses.half_squared_error(w * x + b, y)


show_error(check_gradients, half_error, [2.0, 0.5], gradient=slide)

# %% [markdown]
# The number is right but for its sign. The derivative of $y - \hat y$ by $\hat y$ is -1, and that
# factor was lost. Does it matter? With the update rule
#
# $$w \leftarrow w - \eta\, \frac{\partial L}{\partial w}$$
#
# a wrong sign walks uphill:

# %%
for name, gradient in ("the slide's gradient", slide), ("the engine's gradient", grad(half_error)):
    parameters = [2.0, 0.5]
    found = []
    for _ in range(5):
        found.append(half_error(parameters))
        parameters = [p - 0.05 * g for p, g in zip(parameters, gradient(parameters))]
    print(f"{name:22}", "  ".join(f"{loss:9.4f}" for loss in found))

# %% [markdown]
# (The rule $w \leftarrow w + \eta\, (y - \hat y)\, \partial \hat y / \partial w$ is right: two
# signs, and both changed. It is a good habit to write $\hat y - y$ and to keep the minus in the
# update.)

# %% [markdown]
# ## Yes or no: the perceptron's cost, and the hinge
#
# Now the answer is yes or no. The model gives a *score* s, and its sign is the answer. Call the
# labels y = 1 and y = -1. Then $m = y s$ is the *margin*: positive where the answer is right, and
# large where it is right by far.
#
# What we want is few mistakes. But their number is not a loss to train with. It jumps at m = 0 and
# is flat everywhere else, so its gradient is 0. These losses have a slope:
#
# - the perceptron's cost, $L = \mathbb I\{y \ne \mathrm{sgn}(s)\}\, |s| = \max(0, -m)$;
# - the hinge, $L = \max(0, 1 - m)$, which also wants a margin of 1;
# - the logistic loss, $L = \ln(1 + e^{-m})$, of which more below.
#
# Above are the losses, below their derivatives by m, from the engine.

# %%
import matplotlib.pyplot as plt

margins = [-3 + 6 * i / 240 for i in range(241)]
by_margin = {
    "mistakes": lambda m: 1.0 if m < 0 else 0.0,
    "perceptron": lambda m: losses.perceptron_cost(m, 1),
    "hinge": lambda m: losses.hinge(m, 1),
    "logistic": lambda m: losses.binary_cross_entropy_with_logits(m, 1),
}
styles = dict(
    zip(by_margin, [("#7f7f7f", ":"), ("#0b5394", "-"), ("#a63a00", "--"), ("#38761d", "-.")])
)

figure, (top, bottom) = plt.subplots(2, 1, figsize=(6, 5), sharex=True)
for name, loss in by_margin.items():
    colour, line = styles[name]
    top.plot(margins, [loss(m) for m in margins], line, color=colour, label=name)
    if name != "mistakes":
        slopes = [grad(loss)(m) for m in margins]
        bottom.plot(margins, slopes, line, color=colour, label=name)
top.set(ylabel="loss")
top.legend()
bottom.set(xlabel="margin y s", ylabel="derivative by the margin")
figure.tight_layout()

# %% [markdown]
# The perceptron's cost pushes only where there is a mistake, and with the same force at each. One
# step of gradient descent on it, at rate 1, is Rosenblatt's rule of 1958: after a mistake add $y x$
# to the weights.

# %%
from autograd_mini import dot

w, x, label = [0.5, -1.0], [1.0, 2.0], 1
gradient = grad(lambda w: losses.perceptron_cost(dot(w, x), label))(w)
stepped = [wi - 1.0 * gi for wi, gi in zip(w, gradient)]
print("gradient", gradient, "weights after the step", stepped)

# %% tags=["guard"]
assert dot(w, x) < 0  # a mistake
assert stepped == [wi + label * xi for wi, xi in zip(w, x)]

# %% [markdown]
# At their corner these losses have no derivative. The library says 0 there, as PyTorch does. (So
# a perceptron that starts with all weights 0 has score 0 and would never move. `nn.Perceptron`
# counts a score of 0 as a mistake for that reason.)

# %%
print("perceptron's cost, at m = 0:", grad(losses.perceptron_cost)(0.0, 1))
print("hinge, at m = 1:", grad(losses.hinge)(1.0, 1), " just before:", grad(losses.hinge)(0.999, 1))

# %% [markdown]
# ## From a score to a probability: the sigmoid
#
# A score of 3 is a surer yes than a score of 0.1. How sure? The *sigmoid* turns any number into
# one between 0 and 1, which can be read as a probability:
#
# $$\hat y = \sigma(z) = \frac{1}{1 + e^{-z}} = P(y = 1 \mid x).$$
#
# The score z is then called a *logit*, and the labels are now 0 and 1. The derivative is
#
# $$\sigma'(z) = \frac{e^{-z}}{(1 + e^{-z})^2} = \sigma(z)\,(1 - \sigma(z))
# = \sigma(z)\,\sigma(-z).$$

# %%
for z in [-4.0, -1.0, 0.0, 1.0, 4.0]:
    s = sigmoid(z)
    print(
        f"z {z:4}   probability {s:.4f}   engine {grad(sigmoid)(z):.4f}   formula {s * (1 - s):.4f}"
    )

# %% [markdown]
# ## A slip: the sigmoid without its minus
#
# On one slide the sigmoid is $f(z) = 1 / [1 + \exp(z)]$. Some pages later, its derivative is
# $\exp(-z) / [1 + \exp(-z)]^2$. They cannot both be right:


# %%
def slide_sigmoid(z):
    return 1 / (1 + exp(z))


def slide_derivative(z):
    return exp(-z) / (1 + exp(-z)) ** 2


show_error(check_gradients, slide_sigmoid, 0.5, gradient=slide_derivative)

# %% [markdown]
# The derivative belongs to the sigmoid with its minus. The other function falls as the score
# rises: it is the probability of *no*.

# %%
check_gradients(sigmoid, 0.5, gradient=slide_derivative)
print(f"sigmoid {sigmoid(0.5):.4f}, without the minus {slide_sigmoid(0.5):.4f}")

# %% tags=["guard"]
assert abs(slide_sigmoid(0.5) - (1 - sigmoid(0.5))) < 1e-15

# %% [markdown]
# ## Will I pass?
#
# Here are 60 students of an imaginary course: how many hours each spent on the project, how many
# of the 12 lectures each came to, and who passed. We make them up by a rule that we then forget.

# %%
import random

rng = random.Random(9)


def student():
    hours, lectures = rng.uniform(0, 40), rng.randint(0, 12)
    chance = sigmoid(0.15 * (hours - 20) + 0.4 * (lectures - 6))
    return [hours, float(lectures)], int(rng.random() < chance)


students = [student() for _ in range(60)]
passed = [x for x, label in students if label]
failed = [x for x, label in students if not label]


def plot_students(axes):
    axes.scatter(*zip(*failed), c="#a63a00", marker="x", s=28, label="failed", zorder=3)
    axes.scatter(*zip(*passed), c="#0b5394", marker="o", s=24, label="passed", zorder=3)
    axes.set(xlabel="hours spent on the project", ylabel="lectures visited")


figure, axes = plt.subplots(figsize=(5.4, 3.6))
plot_students(axes)
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
figure.tight_layout()
print(f"{len(passed)} of {len(students)} passed")

# %% [markdown]
# No line separates the two: there is luck in exams. So we do not ask *who* passes, but how likely
# each is to pass.
#
# ## Maximum likelihood
#
# First without looking at hours or lectures. Say that everybody passes with the same probability
# p. How likely is it then that just those passed who did? The students do not depend on each
# other, so their probabilities multiply. That product is the *likelihood* of p. A good p is one
# that makes what we saw likely, and the best is the one that makes it *most* likely:
#
# $$\max_p \prod_i P_p(y_i), \qquad
# P_p(y_i) = p^{y_i} (1 - p)^{1 - y_i} =
# \begin{cases} p & \text{if } y_i = 1 \\ 1 - p & \text{if } y_i = 0. \end{cases}$$
#
# Then one changes the problem twice, without changing the answer:
#
# $$\max_p \prod_i P_p(y_i) \quad\longrightarrow\quad
# \max_p \sum_i \ln P_p(y_i) \quad\longrightarrow\quad
# \min_p\, - \sum_i \ln P_p(y_i).$$
#
# The logarithm rises, so what is largest stays largest, and it makes a sum of the product. The
# minus turns the mountain upside down. What we get is a loss: the *negative log-likelihood*.

# %%
from math import prod

labels = [label for _, label in students]


def likelihood(p):
    return prod(p if label else 1 - p for label in labels)


def nll(p):
    return sum(losses.negative_log_likelihood(p, label) for label in labels)


places = [0.2 + 0.6 * i / 200 for i in range(201)]
views = {
    "likelihood": [likelihood(p) for p in places],
    "log-likelihood": [log(likelihood(p)) for p in places],
    "negative log-likelihood": [nll(p) for p in places],
}
figure, axes = plt.subplots(1, 3, figsize=(9.5, 2.8))
for axis, (name, heights) in zip(axes, views.items()):
    axis.plot(places, heights, color="#0b5394")
    axis.axvline(len(passed) / len(students), color="#a63a00", linestyle="--")
    axis.set(title=name, xlabel="p")
figure.tight_layout()

# %% [markdown]
# All three have their best place at the dashed line. It is where one would expect it, at the
# share of those who passed. The derivative of the loss is 0 there:

# %%
share = len(passed) / len(students)
for chance in (share - 0.1, share, share + 0.1):
    print(f"at p = {chance:.3f} the derivative is {round(grad(nll)(chance), 6) + 0.0:9.4f}")

# %% tags=["guard"]
assert abs(grad(nll)(share)) < 1e-12
assert grad(nll)(share - 0.1) < 0 < grad(nll)(share + 0.1)

# %% [markdown]
# There is a second reason for the logarithm. Look at the numbers beside the left picture: the
# likelihood of 60 students is tiny already. That of 1,100 is too small for a float:

# %%
print("product:", prod([0.5] * 1100))
print("sum of logarithms:", round(sum(map(log, [0.5] * 1100)), 4))

# %% [markdown]
# ## The negative log-likelihood as a loss
#
# Written for one example, with $\hat y$ for the probability of label 1, it is
#
# $$L(\hat y, y) = -\left[\, y \ln \hat y + (1 - y) \ln (1 - \hat y) \,\right].$$
#
# Only one of the two terms is there, the other one is multiplied by 0. `negative_log_likelihood`
# is that formula. Its derivative is $-1/\hat y$ for label 1, and $1/(1 - \hat y)$ for label 0.


# %%
for p in (0.1, 0.5, 0.9):
    costs = [losses.negative_log_likelihood(p, label) for label in (1, 0)]
    print(f"told {p:.0%}:  it happened, cost {costs[0]:.4f};  it did not, cost {costs[1]:.4f}")

# %% tags=["guard"]
for p in (0.1, 0.5, 0.9):
    for label in (0, 1):
        by_formula = -(label * log(p) + (1 - label) * log(1 - p))
        assert abs(losses.negative_log_likelihood(p, label) - by_formula) < 1e-15
        slope = grad(losses.negative_log_likelihood)(p, label)
        assert abs(slope - (-1 / p if label else 1 / (1 - p))) < 1e-12

# %% [markdown]
# To be wrong is not so bad, as long as one was not sure.
#
# ## Logistic regression: prediction minus target, again
#
# Now every student gets a probability of their own: $\hat y_i = \sigma(w^\top x_i + b)$. This is
# *logistic regression*, a perceptron with a sigmoid. Its gradient looks nasty, with a logarithm,
# a quotient and an exponential in it. But follow the chain rule for label 1:
#
# $$\frac{dL}{dz} = \frac{dL}{d\hat y} \cdot \frac{d\hat y}{dz} =
# -\frac{1}{\hat y} \cdot \hat y\,(1 - \hat y) = \hat y - 1.$$
#
# For label 0 it is $\frac{1}{1 - \hat y} \cdot \hat y\, (1 - \hat y) = \hat y$. In one line:
#
# $$\frac{dL}{dz} = \hat y - y.$$

# %%
z = Value(0.8, "z")
yhat = sigmoid(z)
yhat.label = "ŷ"
loss = -log(yhat)  # the label is 1
loss.label = "L"
chain_rule(loss, z)


# %%
def nll_of_logit(z, label):
    return losses.negative_log_likelihood(sigmoid(z), label)


for z in (-3.0, 0.0, 0.8):
    for label in (0, 1):
        found = f"engine {grad(nll_of_logit)(z, label):7.4f}   formula {sigmoid(z) - label:7.4f}"
        print(f"z {z:4}, label {label}:   {found}")

# %% [markdown]
# `binary_cross_entropy_with_logits(z, y)` is the two steps in one. It takes the logit and never
# computes the probability. Below we see why that is better. For training we measure hours and
# lectures in units in which they are neither large nor small.

# %%
from nn import Neuron, fit, optimizers

data = [([(hours - 20) / 10, (lectures - 6) / 3], label) for (hours, lectures), label in students]
model = Neuron(2, activation=None, rng=random.Random(5))
optimizer = optimizers.SGD(model.parameters(), lr=0.6)
history = fit(
    model,
    losses.binary_cross_entropy_with_logits,
    data,
    optimizer=optimizer,
    epochs=200,
    rng=random.Random(0),
)
right = sum((model.predict(x) > 0) == label for x, label in data)
print(f"mean loss {history.epochs[-1].loss:.4f}, {right} of {len(data)} told right")
history

# %% [markdown]
# The lines are where the model says 10 %, 50 % and 90 %.


# %%
def probability(hours, lectures):
    return sigmoid(model.predict([(hours - 20) / 10, (lectures - 6) / 3]))


across, up = list(range(-1, 42)), [i / 4 for i in range(-2, 51)]
chances = [[probability(hours, lectures) for hours in across] for lectures in up]

figure, axes = plt.subplots(figsize=(6.4, 3.6))
shades = axes.contourf(
    across, up, chances, levels=[i / 10 for i in range(11)], cmap="RdBu", alpha=0.5
)
lines = axes.contour(
    across, up, chances, levels=[0.1, 0.5, 0.9], colors="#404040", linestyles=["--", "-", "--"]
)
axes.clabel(lines, fmt=lambda p: f"{p:.0%}", manual=[(8.5, 1.8), (17, 7), (30, 9)])
plot_students(axes)
figure.colorbar(shades, label="probability to pass")
figure.tight_layout()

# %% [markdown]
# The gradient by the weights is the mean of $(\hat y_i - y_i)\, x_i$, and by the bias the mean of
# $\hat y_i - y_i$. At the best parameters it is 0. So the mean of all probabilities *is* the
# share of those who passed, though nobody asked for that.

# %%
errors = [sigmoid(model.predict(x)) - label for x, label in data]
by_hand = [sum(e * x[j] for e, (x, _) in zip(errors, data)) / len(data) for j in (0, 1)]
by_hand.append(sum(errors) / len(data))
model.zero_grad()
for x, label in data:
    losses.binary_cross_entropy_with_logits(model(x), label).backward(1 / len(data))

mean_chance = sum(sigmoid(model.predict(x)) for x, _ in data) / len(data)
print(f"mean probability {mean_chance:.4f}, share of those who passed {share:.4f}")

# %% tags=["guard"]
assert abs(mean_chance - share) < 1e-6
for parameter, found in zip(model.parameters(), by_hand):
    assert abs(parameter.grad - found) < 1e-12
    assert abs(found) < 1e-6

# %% [markdown]
# **The bias as a weight.** One may put a 1 at the end of every x, and b at the end of w. Then
# $w^\top x + b$ is just $w^\top x$, and the formulas need no extra case for b:

# %%
x, (w1, w2, b) = data[0][0], [p.data for p in model.parameters()]
print(f"w x + b             {dot([w1, w2], x, b):.6f}")
print(f"with b as a weight  {dot([w1, w2, b], [*x, 1.0]):.6f}")

# %% tags=["guard"]
assert dot([w1, w2, b], [*x, 1.0]) == dot([w1, w2], x, b) == model.predict(x)

# %% [markdown]
# ## The squared error is a likelihood, too
#
# Say that the truth is the prediction and some noise, and that the noise follows the normal
# distribution with variance 1. Then the density of y is
# $\frac{1}{\sqrt{2\pi}} e^{-(y - \hat y)^2 / 2}$, and its negative logarithm is
#
# $$-\ln p(y) = \tfrac12 (\hat y - y)^2 + \tfrac12 \ln 2\pi.$$
#
# The last term is a constant. So whoever minimises the squared error maximises a likelihood.

# %%
from math import pi, sqrt


def normal_nll(yhat, y):
    return -log(exp(-((yhat - y) ** 2) / 2) / sqrt(2 * pi))


for yhat, y in (0.3, 1.0), (2.0, -1.0):
    difference = normal_nll(yhat, y) - losses.half_squared_error(yhat, y)
    print(f"difference {difference:.6f}, gradient {grad(normal_nll)(yhat, y):.4f}")

# %% tags=["guard"]
assert abs(difference - log(2 * pi) / 2) < 1e-12

# %% [markdown]
# ## Why not the squared error of a probability?
#
# One could take $\frac12 (\hat y - y)^2$ with $\hat y = \sigma(z)$. Then the factor
# $\sigma'(z) = \hat y\,(1 - \hat y)$ stays in the gradient:
#
# $$\frac{dL}{dz} = (\hat y - y) \cdot \hat y\,(1 - \hat y).$$
#
# Look at the left end of the picture, where the label is 1 and the model is sure of 0. It could
# not be more wrong, and the squared error hardly pushes at all.

# %%
logits = [-8 + 16 * i / 200 for i in range(201)]


def squared(z):
    return losses.half_squared_error(sigmoid(z), 1)


def cross(z):
    return losses.binary_cross_entropy_with_logits(z, 1)


figure, axes = plt.subplots(figsize=(6, 3))
for name, loss in ("squared error", squared), ("negative log-likelihood", cross):
    colour, line = ("#a63a00", "--") if loss is squared else ("#0b5394", "-")
    axes.plot(logits, [grad(loss)(z) for z in logits], line, color=colour, label=name)
axes.set(xlabel="logit z, where the label is 1", ylabel="gradient by z")
axes.legend(loc="lower right")
figure.tight_layout()

# %% tags=["guard"]
assert abs(grad(squared)(-8.0)) < 4e-4 < 0.999 < abs(grad(cross)(-8.0))

# %% [markdown]
# ## Many classes: softmax
#
# With m classes there are m logits. *Softmax* makes them probabilities that sum to 1:
#
# $$\hat y_i = \frac{e^{z_i}}{\sum_j e^{z_j}}.$$
#
# Only differences count: if all logits grow by the same number, nothing changes. And for two
# classes it is the sigmoid of their difference.

# %%
z = [2.0, 1.0, -1.0]
print([round(p, 4) for p in softmax(z)])

# %% tags=["guard"]
assert abs(sum(softmax(z)) - 1) < 1e-15
assert all(abs(p - q) < 1e-15 for p, q in zip(softmax(z), softmax([zi + 5 for zi in z])))
assert abs(softmax([0.7, -0.4])[0] - sigmoid(0.7 - -0.4)) < 1e-15

# %% [markdown]
# Each probability depends on every logit. So the derivative is a matrix, the Jacobian, and the
# quotient rule gives
#
# $$\frac{\partial \hat y_i}{\partial z_i} = \hat y_i\,(1 - \hat y_i), \qquad
# \frac{\partial \hat y_k}{\partial z_i} = - \hat y_k\, \hat y_i \quad (k \ne i).$$

# %%
p = softmax(z)
for k, row in enumerate(jacobian(softmax)(z)):
    formula = [(p[k] if k == i else 0) - p[k] * p[i] for i in range(3)]
    print("engine", *(f"{found:8.4f}" for found in row), end="")
    print("   formula", *(f"{found:8.4f}" for found in formula))

# %% [markdown]
# ## Two slips: the derivative of softmax
#
# One lecture writes
#
# $$\frac{\partial}{\partial z_i} y_i = \frac{e^{z_i}\, e^{\sum_{j \ne i} z_j}}
# {\left(\sum_j e^{z_j}\right)^2}, \qquad
# \frac{\partial}{\partial z_i} y_k = \frac{e^{z_i + z_k}}{\left(\sum_j e^{z_j}\right)^2}.$$
#
# We take probability 0, and write down its gradient by all logits:


# %%
def slide_gradient(z):
    squared_sum = sum(map(exp, z)) ** 2
    own = exp(z[0]) * exp(sum(z[1:])) / squared_sum
    others = [exp(z[0] + zi) / squared_sum for zi in z[1:]]
    return [own, *others]


def first(z):
    return softmax(z)[0]


show_error(check_gradients, first, [2.0, 1.0, -1.0], gradient=slide_gradient)

# %% [markdown]
# The first formula has the exponential of a sum where the sum of the exponentials belongs:
# $e^{z_i} \sum_{j \ne i} e^{z_j}$. Somebody who tries it with two classes will not notice. Then
# the sum has one term only, and both are the same. The check of two classes gets past the first
# input, and stops at the second:

# %%
show_error(check_gradients, first, [2.0, 1.0], gradient=slide_gradient)

# %% [markdown]
# There the sign is wrong. If the logit of another class grows, ours has to give way: the
# derivative is negative. With both repaired, there is no complaint:


# %%
def repaired(z):
    squared_sum = sum(map(exp, z)) ** 2
    own = exp(z[0]) * sum(map(exp, z[1:])) / squared_sum
    others = [-exp(z[0] + zi) / squared_sum for zi in z[1:]]
    return [own, *others]


for point in [2.0, 1.0], [2.0, 1.0, -1.0], [0.5, -0.5, 3.0, 1.0]:
    check_gradients(first, point, gradient=repaired)

# %% [markdown]
# ## Cross entropy
#
# The negative log-likelihood of the class that was seen, $-\ln \hat y_k$, is called the *cross
# entropy*. With the one-hot vector y, which is 1 at k and 0 elsewhere, it is
# $-\sum_i y_i \ln \hat y_i$. `cross_entropy` takes the logits, and either k or the vector.

# %%
z, k, one_hot = [2.0, 1.0, -1.0], 1, [0, 1, 0]
loss = losses.cross_entropy(z, k)
print(f"{loss:.6f}")

# %% tags=["guard"]
assert abs(loss - -log(softmax(z)[k])) < 1e-15
assert loss == losses.cross_entropy(z, one_hot)

# %% [markdown]
# And its gradient? Multiply $\partial L / \partial \hat y_k = -1/\hat y_k$ with row k of the
# Jacobian. $\hat y_k$ cancels, and what is left is $\hat y_i - 1$ at the class that was seen, and
# $\hat y_i$ at all others:
#
# $$\frac{\partial L}{\partial z_i} = \hat y_i - y_i.$$
#
# Prediction minus target, for the third time.

# %%
logits = [Value(v, f"z{i}") for i, v in enumerate(z)]
loss = losses.cross_entropy(logits, k)
loss.label = "L"
loss.backward()
print("probabilities", [round(p, 4) for p in softmax(z)])
print("gradient     ", [round(v.grad, 4) for v in logits])
loss

# %% [markdown]
# The gradient sums to 0. What the right class is pulled up, the others are pushed down, each by
# the probability that it was given.

# %% [markdown]
# ## Formulas that overflow
#
# On paper it does not matter how a formula is written. On a computer it does: $e^{710}$ is too
# large for a float.


# %%
def naive_softmax(z):
    return [exp(zi) / sum(map(exp, z)) for zi in z]


try:
    naive_softmax([1000.0, 0.0])
except OverflowError as error:
    print("naive:  ", error)
print("library:", softmax([1000.0, 0.0]))

# %% [markdown]
# The remedy is to subtract the largest logit first. Then the largest exponent is 0. The same
# helps in the logarithm of a sum of exponentials, `logsumexp`, which is a part of the cross
# entropy: $-\ln \hat y_k = \ln \sum_j e^{z_j} - z_k$.
#
# $$\ln \sum_j e^{z_j} = M + \ln \sum_j e^{z_j - M}, \qquad M = \max_j z_j.$$

# %%
from autograd_mini import logsumexp

print(logsumexp([1000.0, 1000.0]), "is 1000 + ln 2")
print(losses.cross_entropy([1000.0, 0.0], 1), grad(losses.cross_entropy)([1000.0, 0.0], 1))

# %% tags=["guard"]
assert logsumexp([1000.0, 1000.0]) == 1000 + log(2)
assert all(abs(g - 0.5) < 1e-12 for g in grad(logsumexp)([1000.0, 1000.0]))

# %% [markdown]
# Overflow is loud. There is a quiet mistake, too. Let the label be 0 and the logit be large. Then
# $\hat y$ is almost 1, and $1 - \hat y$ keeps only the few digits that are left of a number next
# to 1. At 37 nothing is left, and the logarithm of 0 is an error.

# %%
from autograd_mini import DomainError, log1p

wrong_label = [i / 4 for i in range(4, 157)]
truth = [z + log1p(exp(-z)) for z in wrong_label]  # ln(1 + exp(z)), with all its digits


def relative_errors(loss):
    """How far each loss is from the truth, while there is one."""
    found = []
    try:
        for z, true in zip(wrong_label, truth):
            found.append((z, max(abs(loss(z) - true) / true, 1e-17)))
    except DomainError:
        pass
    return found


naive = relative_errors(lambda z: losses.negative_log_likelihood(sigmoid(z), 0))
stable = relative_errors(lambda z: losses.binary_cross_entropy_with_logits(z, 0))

figure, axes = plt.subplots(figsize=(6, 3))
axes.semilogy(*zip(*naive), color="#a63a00", linestyle="--", label="of the probability")
axes.semilogy(*zip(*stable), color="#0b5394", label="of the logit")
axes.axvline(naive[-1][0] + 0.25, color="#7f7f7f", linestyle=":")
axes.annotate("log of 0", (naive[-1][0] - 0.5, 1e-12), ha="right")
axes.set(xlabel="logit z, where the label is 0", ylabel="relative error of the loss")
axes.legend(loc="upper left")
figure.tight_layout()

# %% tags=["guard"]
assert max(error for _, error in stable) < 1e-15
assert max(error for _, error in naive) > 1e-3

# %%
z = Value(40.0, "z")
try:
    losses.negative_log_likelihood(sigmoid(z), 0)
except DomainError as error:
    print(error)
loss = losses.binary_cross_entropy_with_logits(z, 0)
loss.backward()
print("from the logit:", loss.data, "with gradient", z.grad)

# %% tags=["guard"]
assert (loss.data, z.grad) == (40.0, 1.0)

# %% [markdown]
# So let the network give logits, and leave the sigmoid or the softmax to the loss.
#
# ## Which loss for what
#
# | the answer is | the model gives | loss in `nn.losses` | gradient by what the model gives |
# |---|---|---|---|
# | a number | the number | `half_squared_error` | $\hat y - y$ |
# | a number | the number | `mean_squared_error` | $\frac{2}{n} (\hat y - y)$ |
# | -1 or 1 | a score s | `perceptron_cost` | $-y$ at a mistake, else 0 |
# | -1 or 1 | a score s | `hinge` | $-y$ where $y s < 1$, else 0 |
# | 0 or 1 | a probability | `negative_log_likelihood` | $-1/\hat y$ or $1/(1 - \hat y)$ |
# | 0 or 1 | a logit | `binary_cross_entropy_with_logits` | $\sigma(z) - y$ |
# | one of m classes | m logits | `cross_entropy` | $\mathrm{softmax}(z) - y$ |

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("09")

# %% [markdown]
# **1.** You may predict one number c for all of 1, 2, 3 and 10. Which is best by the squared error?
# Give one that is best by the absolute error $|c - y|$ as well, in a list of two.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Where is the derivative of each sum 0?</details>
# <details><summary>Answer</summary>
#
# That of $\sum (c - y_i)^2$ is 0 at the *mean*, 4. That of $\sum |c - y_i|$ counts how many lie
# below c, less how many lie above. It is 0 anywhere between 2 and 3: at the *median*. The 10 pulls
# at the mean, and not at the median. `my_answer = [4, 2.5]`
#
# </details>
#
# **2.** The slip in the sign of softmax's derivative can be found without any numerical derivative.
# What does a row of the right Jacobian sum to?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>What becomes of a probability if all logits grow by the same
# number?</details>
# <details><summary>Answer</summary>
#
# The probabilities do not change, so the row sums to 0. All of the slide's entries are positive.
# `my_answer = 0`
#
# </details>
#
# **3.** The target may be a probability for each class: say 0.7, 0.2, 0.1. How small can the cross
# entropy get?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The gradient is prediction minus target. Where is it 0?</details>
# <details><summary>Answer</summary>
#
# It is smallest where the model gives just these probabilities. The loss is then the *entropy* of
# the target, $-\sum y_i \ln y_i$.
#
# ```python
# from math import log
#
# my_answer = -sum(p * log(p) for p in (0.7, 0.2, 0.1))
# ```
#
# </details>
#
# **4.** A shop counts its customers, hour by hour. Say that they follow the Poisson distribution,
# $P(k) = \lambda^k e^{-\lambda} / k!$, where the mean $\lambda$ has to be positive. So let the
# model give z, and let $\lambda = e^z$. What is the gradient of the loss $-\ln P(k)$ by z? Give a
# formula in z and k.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Write the logarithm as a sum first.</details>
# <details><summary>Answer</summary>
#
# $-\ln P(k) = e^z - k z + \ln k!$, and its derivative is what was predicted, less what was seen.
# That is not an accident: it comes out whenever a distribution of the *exponential family* gets its
# natural parameter from the model (McCullagh and Nelder, *Generalized Linear Models*, 1989).
# `my_answer = "exp(z) - k"`
#
# </details>
#
# **5.** Write a function that gives $\ln \sigma(z)$ for any z, also for 800 and -800, without
# `log_sigmoid`.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>For negative z take e to the z out of the fraction.</details>
# <details><summary>Answer</summary>
#
# $-\ln(1 + e^{-z})$ is right for z above 0, and $z - \ln(1 + e^{z})$ below.
#
# ```python
# from math import exp, log1p
#
#
# def log_of_sigmoid(z):
#     return min(z, 0.0) - log1p(exp(-abs(z)))
#
#
# my_answer = log_of_sigmoid
# ```
#
# </details>
