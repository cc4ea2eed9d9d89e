# %% [markdown]
# # Optimizers: batches, rates that change, and curvature
#
# [The first part](10_optimizers.ipynb) walked down simple losses, with the exact gradient. Training
# has a gradient that is only an estimate, from a few examples. Here we see what that does to the
# walk, and how a falling rate and a bound for the gradient help. Then come three optimizers that
# know more than the gradient: how the valley bends, or how much the answers change.
#
# **You will be able to** choose the size of a batch and a schedule for the rate; clip a gradient;
# and say what Newton's method, BFGS and the natural gradient do, and what they cost.
#
# **You need** [the first part](10_optimizers.ipynb). The last section also needs
# [the likelihood](09_losses_and_likelihood.ipynb), and the product of a matrix and a vector.

# %%
import random
from math import hypot, sqrt

import matplotlib.pyplot as plt
from toolbox import between, draw_walk, walk

from autograd_mini import Value, grad, hessian
from nn import losses, optimizers

BLUE, RED, GREEN, PURPLE, GREY = "#0b5394", "#a63a00", "#38761d", "#7a3e9d", "#7f7f7f"

# %% [markdown]
# ## Stochastic gradients and minibatches
#
# The loss of a data set is a mean over its n examples, and so is the gradient:
#
# $$\nabla L = \frac1n \sum_{i=1}^n \nabla \ell_i.$$
#
# For a million examples that is a lot of work for one step. But a few of them, drawn at random,
# give an *estimate* that is right on average. With one example a step this is called *stochastic*
# gradient descent. Several examples are a *minibatch*, and once through all of them is an *epoch*.
#
# Here are 64 points along a line, to be fitted by $\hat y = w x + b$.

# %%
rng = random.Random(10)
xs = [rng.uniform(-1, 2) for _ in range(64)]
points = [(x, 1.5 * x - 0.5 + rng.gauss(0, 0.5)) for x in xs]


def error_of(parameters, batch):
    """The mean of the half squared errors of w x + b."""
    w, b = parameters
    predictions, targets = [w * x + b for x, _ in batch], [y for _, y in batch]
    return losses.mean_squared_error(predictions, targets) / 2


def minibatches(batch_size, rng):
    """All points, in random order, in batches."""
    order = list(points)
    rng.shuffle(order)
    return [order[k : k + batch_size] for k in range(0, len(order), batch_size)]


def train(batch_size, epochs, rate=0.15, seed=0):
    """The places that training visits."""
    parameters, rng = [Value(-1.0), Value(1.5)], random.Random(seed)
    optimizer = optimizers.SGD(parameters, lr=rate)
    places = [[p.data for p in parameters]]
    for _ in range(epochs):
        for batch in minibatches(batch_size, rng):
            optimizer.zero_grad()
            error_of(parameters, batch).backward()
            optimizer.step()
            places.append([p.data for p in parameters])
    return places


# the best line, by the formula of least squares
mean_x, mean_y = (sum(numbers) / 64 for numbers in zip(*points))
best_w = sum((x - mean_x) * (y - mean_y) for x, y in points)
best_w /= sum((x - mean_x) ** 2 for x, _ in points)
best_line = [best_w, mean_y - best_w * mean_x]

runs = {size: train(size, epochs=5) for size in (64, 8, 1)}
figure, axes = plt.subplots(1, 3, figsize=(10, 3.3), sharex=True, sharey=True)
lines = [0.15, 0.3, 0.6, 1, 1.5, 2.2, 3, 4]
for axis, (size, places) in zip(axes, runs.items()):
    plane = between(-1.3, 2.4, 31), between(-1.2, 1.8, 31), lines
    draw_walk(axis, lambda p: error_of(p, points), places, *plane)
    axis.plot(*best_line, "*", color=GREEN, markersize=10, zorder=3)
    axis.set(title=f"batches of {size}: {len(places) - 1} steps", xlabel="w")
axes[0].set_ylabel("b")
figure.tight_layout()

# %% tags=["guard"]
assert max(map(abs, grad(lambda p: error_of(p, points))(best_line))) < 1e-12

# %% [markdown]
# The star is the best line. All three walks have seen every point five times. The full gradient
# took five steps, on a smooth way. Batches of 8 took 40 steps. Single points took 320. They soon
# came near the star, and then went to and fro around it: each point pulls the line its own way.
#
# **Right on average.** The mean of the gradients of all points is the gradient of the mean loss.
# The larger the batch, the less its gradient differs from that: for batches of B points the
# standard deviation falls as $1/\sqrt{B}$. So four times the work is half the noise. Here it is for
# the derivative by w, at w = b = 0.5, from 3000 batches each:

# %%
from statistics import pstdev

at = [0.5, 0.5]
each = [grad(lambda p, pt=point: error_of(p, [pt]))(at) for point in points]
rng = random.Random(0)
slopes = [g[0] for g in each]
for size in (1, 4, 16, 64):
    measured = pstdev(sum(rng.choices(slopes, k=size)) / size for _ in range(3000))
    by_formula = pstdev(slopes) / sqrt(size)
    print(f"batches of {size:2}: deviation {measured:.3f}, by the formula {by_formula:.3f}")

# %% tags=["guard"]
full = grad(lambda p: error_of(p, points))(at)
for j in (0, 1):
    assert abs(sum(g[j] for g in each) / 64 - full[j]) < 1e-12

# %% [markdown]
# `nn.fit` is the loop of this section, for any model. With the same random generator it takes the
# batches in the same order, and makes the same steps:

# %%
from nn import Neuron, fit

neuron = Neuron(1, activation=None)
neuron.w[0].data, neuron.b.data = -1.0, 1.5
fit(
    neuron,
    losses.half_squared_error,
    [([x], y) for x, y in points],
    optimizer=optimizers.SGD(neuron.parameters(), lr=0.15),
    epochs=5,
    batch_size=8,
    rng=random.Random(0),
)
print("by fit:      ", [round(p.data, 6) for p in neuron.parameters()])
print("by our loop: ", [round(number, 6) for number in runs[8][-1]])

# %% tags=["guard"]
assert all(abs(p.data - wanted) < 1e-12 for p, wanted in zip(neuron.parameters(), runs[8][-1]))

# %% [markdown]
# ## Learning-rate schedules
#
# A large rate to get there, a small one to come to rest: let the rate fall while training goes on.
# A *schedule* says by which factor the rate is multiplied. It is a function of the share of
# training that is done.

# %%
from nn import schedules

plans = {
    "constant": None,
    "linear_decay": schedules.linear_decay,
    "cosine_decay": schedules.cosine_decay,
    "step_decay()": schedules.step_decay(),
    "warmup(0.1, cosine_decay)": schedules.warmup(0.1, schedules.cosine_decay),
}
shares = [i / 400 for i in range(400)]
figure, axes = plt.subplots(figsize=(6.4, 2.9))
for (name, plan), colour in zip(plans.items(), [GREY, BLUE, RED, GREEN, PURPLE]):
    axes.plot(shares, [plan(s) if plan else 1.0 for s in shares], color=colour, label=name)
axes.set(xlabel="share of training done", ylabel="factor of the rate")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
figure.tight_layout()

# %% [markdown]
# How far from the best line does training with single points end? Here is the mean over 10 runs:


# %%
def distance_left(schedule, seed):
    neuron = Neuron(1, activation=None)
    neuron.w[0].data, neuron.b.data = -1.0, 1.5
    fit(
        neuron,
        losses.half_squared_error,
        [([x], y) for x, y in points],
        optimizer=optimizers.SGD(neuron.parameters(), lr=0.15),
        epochs=10,
        batch_size=1,
        rng=random.Random(seed),
        schedule=schedule,
    )
    return hypot(*(p.data - b for p, b in zip(neuron.parameters(), best_line)))


left = {
    name: sum(distance_left(plan, seed) for seed in range(10)) / 10 for name, plan in plans.items()
}
for name, distance in left.items():
    print(f"{name:26} {distance:.4f}")

# %% tags=["guard"]
assert all(left[name] < left["constant"] / 3 for name in plans if name != "constant")

# %% [markdown]
# The shape matters little here: with each of the four, training ends at least three times as near.
# A *warmup* is meant for the start. It keeps the first steps short, when the gradients are large or
# Adam's means have seen only a few of them.
#
# ## Clipping: the cliff
#
# A loss can have cliffs if one weight is used many times (Pascanu, Mikolov and Bengio, 2013). Take
# eight layers that all multiply by the same w, and should give 1:
#
# $$L(w) = \tfrac12 \left(w^8 - 1\right)^2.$$
#
# At w = 2 the gradient is $255 \cdot 8 \cdot 2^7 = 261120$. Even at a small rate a step leads far
# away. *Clipping* shortens a gradient that is longer than some bound, and keeps its direction.


# %%
def cliff(p):
    return losses.half_squared_error(p[0] ** 8, 1.0)


class Clipped(optimizers.SGD):
    """SGD on gradients of a length of at most 1."""

    def step(self):
        optimizers.clip_gradients(self.parameters, 1.0)
        super().step()


unclipped = walk(cliff, [2.0], lambda ps: optimizers.SGD(ps, lr=0.01), 1)
clipped = walk(cliff, [2.0], lambda ps: Clipped(ps, lr=0.01), 130)
print(
    f"without clipping, one step: from 2 to {unclipped[1][0]:.1f}, loss {cliff(unclipped[1]):.2g}"
)
print(f"with clipping, 130 steps:   from 2 to {clipped[-1][0]:.4f}, loss {cliff(clipped[-1]):.4f}")

line = between(0.4, 2.05)
figure, axes = plt.subplots(figsize=(6, 3))
axes.semilogy(line, [max(cliff([w]), 1e-4) for w in line], color=GREY, linewidth=1)
shown = [w for [w] in clipped[::6]]
axes.semilogy(shown, [max(cliff([w]), 1e-4) for w in shown], "o", color=RED, markersize=4)
axes.set(xlabel="w; every sixth step is shown", ylabel="loss")
figure.tight_layout()

# %% tags=["guard"]
assert grad(cliff)([2.0]) == [261120.0]
assert abs(clipped[-1][0] - 1) < 1e-3

# %% [markdown]
# `fit(.., max_gradient_norm=1.0)` clips in training.
#
# ## Newton's method and BFGS
#
# Gradient descent does not know how the valley bends. The *Hessian* H, the matrix of all second
# derivatives, does. At the place where we are, a parabola with the same value, gradient and H fits
# the loss best. Newton's method goes to the bottom of this parabola:
#
# $$w \leftarrow w - H^{-1} \nabla L.$$
#
# With one weight this is $w - L' / L''$. With more of them one solves the equations $H d = \nabla
# L$ for the step d. The narrow valley of the first part *is* a parabola. So one step leads to the
# bottom, from any place:

# %%
import numpy as np


def valley(w):
    return (w[0] ** 2 + 25 * w[1] ** 2) / 2


for start in [-4.0, 1.0], [3.0, 2.0], [-100.0, 0.5]:
    step = np.linalg.solve(hessian(valley)(start), grad(valley)(start))
    print("from", start, "to", ((start - step).round(9) + 0.0).tolist())

# %% [markdown]
# But for n weights H has $n^2$ entries, and n equations must be solved at every step. *BFGS*
# (Broyden, Fletcher, Goldfarb and Shanno, 1970) needs no second derivatives. It has an estimate of
# $H^{-1}$, and looks at how the gradient changed over the last step. Then it corrects the estimate
# so that
#
# $$H^{-1} \cdot \text{change of the gradient} = \text{change of the weights}.$$
#
# Let us try it on Rosenbrock's function, $(1 - w_1)^2 + 100\,(w_2 - w_1^2)^2$. It is a bent valley
# with its bottom at (1, 1), in which gradient descent creeps.


# %%
def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


far = [-1.2, 1.0]
w = [Value(number) for number in far]
tried = []


def loss():
    tried.append([wi.data for wi in w])
    return rosenbrock(w)


result = optimizers.bfgs(w, loss)

slow = {
    "gradient descent": walk(rosenbrock, far, lambda ps: optimizers.SGD(ps, lr=0.0015), 2000),
    "Adam": walk(rosenbrock, far, lambda ps: optimizers.Adam(ps, lr=0.02), 2000),
}
for name, places in slow.items():
    print(f"{name}: loss {rosenbrock(places[-1]):.1e} after 2000 steps")
print("BFGS: loss below 1e-10 after fewer than 60 evaluations of the loss and its gradient")

figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharex=True, sharey=True)
for axis, (name, places) in zip(axes, [*slow.items(), ("BFGS", tried)]):
    lines = [0.5, 2, 8, 30, 100, 300, 900]
    draw_walk(axis, rosenbrock, places, between(-1.7, 1.6), between(-0.8, 2.2), lines)
    axis.plot(1, 1, "*", color=GREEN, markersize=10, zorder=3)
    axis.set(title=name, xlabel="$w_1$", xlim=(-1.7, 1.6), ylim=(-0.8, 2.2))
axes[0].set_ylabel("$w_2$")
figure.tight_layout()

# %% tags=["guard"]
assert result.converged
assert all(abs(wi.data - 1) < 1e-6 for wi in w)
assert len(tried) < 60
assert rosenbrock(tried[-1]) < 1e-10

# %% [markdown]
# (The points beside the valley are places that BFGS tried and did not take.) It is not for large
# networks: its estimate has $n^2$ entries as well. And it needs the exact loss. It cannot tell the
# noise of minibatches from curvature.
#
# ## The natural gradient
#
# "Steepest" means: the loss falls most over a step of a given length. But what is the length of a
# step, if one weight is per hour and another per lecture? Change the units, and another direction
# is the steepest.
#
# A model that gives probabilities has a better measure of length: how much its *answers* change.
# How far new probabilities q are from old ones p is measured by the *Kullback-Leibler divergence*,
# $\sum_k p_k \ln (p_k / q_k)$. It is 0 if they are equal, and else larger. For a small step d of
# the weights, the mean divergence over n examples is
#
# $$\mathrm{KL} \approx \tfrac12\, \mathbf{d}^\top \mathbf{F} \mathbf{d}, \qquad
# \mathbf{F} = \frac1n \sum_{\mathbf{x}} \sum_k p(k \mid \mathbf{x})\; \mathbf{g}\, \mathbf{g}^\top,
# \qquad \mathbf{g} = \nabla \ln p(k \mid \mathbf{x}).$$
#
# F is the *Fisher information matrix*. Row i and column j of $\mathbf{g}\, \mathbf{g}^\top$ is
# $g_i g_j$. Steepest descent in this measure is the *natural gradient* (Amari, 1998):
# $w \leftarrow w - \eta F^{-1} \nabla L$.
#
# As in notebook 09, students pass or fail. For each we have the hours spent on a project, and the
# share of the lectures that the student came to. The model is logistic regression, $p(1 \mid
# \mathbf{x}) = \sigma(z)$ with $z = \mathbf{w} \cdot \mathbf{x} + b$.

# %%
from autograd_mini import gradients, log_sigmoid, sigmoid

rng = random.Random(4)
students = []
for _ in range(40):
    hours, visited = rng.uniform(0, 40), rng.random()
    chance = sigmoid(0.15 * (hours - 20) + 5 * (visited - 0.5))
    students.append(([hours, visited], int(rng.random() < chance)))
labels = [label for _, label in students]


def log_probabilities(model, units=(1.0, 1.0)):
    """For each student the list of ln p(k | x), for k = 0 and k = 1."""
    logits = [model([xi * u for xi, u in zip(x, units)]) for x, _ in students]
    return [[log_sigmoid(-z), log_sigmoid(z)] for z in logits]


def mean_nll(log_ps):
    return -sum(log_p[label] for log_p, label in zip(log_ps, labels)) / len(labels)


def zeros():
    model = Neuron(2, activation=None)
    for p in model.parameters():
        p.data = 0.0
    return model


def fisher_matrix(model):
    parameters = model.parameters()
    fisher = np.zeros((3, 3))
    for log_ps in log_probabilities(model):
        for log_p in log_ps:
            g = np.array(gradients(log_p, parameters))
            fisher += np.exp(log_p.data) * np.outer(g, g) / len(students)
    return fisher


model = zeros()
F = fisher_matrix(model)
for row in F:
    print("  ".join(f"{entry:9.4f}" for entry in row))

# %% [markdown]
# On the diagonal are the entries of both weights and the bias. That of the hours is more than 1000
# times as large as that of the share: the answers change that much more with it. Does the formula
# with F hold? We take a small step and compute the divergence itself:

# %%
before = [[log_p.data for log_p in log_ps] for log_ps in log_probabilities(model)]
d = np.array([1e-4, -2e-3, 1e-3])
for p, change in zip(model.parameters(), d):
    p.data += float(change)
after = [[log_p.data for log_p in log_ps] for log_ps in log_probabilities(model)]
divergence = 0.0
for old, new in zip(before, after):
    divergence += sum(np.exp(o) * (o - n) for o, n in zip(old, new)) / len(students)
print(f"divergence {divergence:.4e}, by the Fisher matrix {d @ F @ d / 2:.4e}")

# %% tags=["guard"]
assert abs(divergence / (d @ F @ d / 2) - 1) < 1e-3

# %% [markdown]
# `NaturalGradient` computes F and takes the step. Beside it we let gradient descent run, at about
# the largest rate at which it converges. Then both again with the project in *minutes*:


# %%
def by_natural_gradient(units, steps):
    model = zeros()
    optimizer = optimizers.NaturalGradient(model.parameters(), damping=0.0)
    return [optimizer.step(log_probabilities(model, units), labels) for _ in range(steps)]


def by_gradient_descent(units, steps, rate):
    model = zeros()
    optimizer = optimizers.SGD(model.parameters(), lr=rate)
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = mean_nll(log_probabilities(model, units))
        loss.backward()
        optimizer.step()
        seen.append(loss.data)
    return seen


HOURS, MINUTES = (1.0, 1.0), (60.0, 1.0)
natural = by_natural_gradient(HOURS, 12)
natural_in_minutes = by_natural_gradient(MINUTES, 12)

figure, axes = plt.subplots(figsize=(6.4, 3.2))
axes.plot(by_gradient_descent(HOURS, 100, 0.015), ":", color=GREY, label="gradient descent, hours")
axes.plot(
    by_gradient_descent(MINUTES, 100, 0.015 / 3600),
    "--",
    color=RED,
    label="gradient descent, minutes",
)
axes.plot(natural, ".-", color=BLUE, label="natural gradient, either")
axes.set(xlabel="step", ylabel="mean negative log-likelihood")
axes.legend()
figure.tight_layout()
print("natural gradient, hours:  ", [round(loss, 6) for loss in natural[:6]])
print("natural gradient, minutes:", [round(loss, 6) for loss in natural_in_minutes[:6]])

# %% tags=["guard"]
assert all(abs(a - b) < 1e-9 for a, b in zip(natural, natural_in_minutes))

# %% [markdown]
# The natural gradient does not depend on the units: its losses are the same. And it is quick. For
# logistic regression the Fisher matrix is the Hessian of the loss, so a step is one of Newton's.
# Here is the Hessian at the start, to compare with F above:


# %%
def nll_of(parameters):
    w1, w2, b = parameters
    return sum(
        losses.binary_cross_entropy_with_logits(w1 * hours + w2 * visited + b, label)
        for (hours, visited), label in students
    ) / len(students)


for row in hessian(nll_of)([0.0, 0.0, 0.0]):
    print("".join(f"{number:10.4f}" for number in row))

# %% tags=["guard"]
assert np.allclose(hessian(nll_of)([0.0, 0.0, 0.0]), F, atol=1e-12)

# %% [markdown]
# Take care with a shortcut. In F the sum goes over *all* answers k, each weighted with its
# probability. With only the labels that were seen one gets the *empirical* Fisher matrix. It is
# another matrix, and its steps are others. (Kunstner, Balles and Hennig, 2019, say what it misses.)
# Only the first step is the same here: at the start all weights are 0, and the model gives both
# answers the same probability.

# %%
model = zeros()
optimizer = optimizers.NaturalGradient(model.parameters(), damping=0.0, fisher="empirical")
empirical = [optimizer.step(log_probabilities(model), labels) for _ in range(7)]
print("empirical:", [round(loss, 6) for loss in empirical])

# %% tags=["guard"]
assert abs(empirical[1] - natural[1]) < 1e-12
assert abs(empirical[2] - natural[2]) > 1e-3

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("10b")

# %% [markdown]
# **1.** With batches of 10 examples the deviation of a gradient is 0.6. How large must the batches
# be for a deviation of 0.2?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Four times the work is half the noise.</details>
# <details><summary>Answer</summary>
#
# It has to be a third of what it was, so the batch is $3^2 = 9$ times as large. `my_answer = 90`
#
# </details>
#
# **2.** Write a schedule `plan(share)`: from 0 it rises along a line to 1 at the share 0.2, and
# from there it falls along a line to 0 at the share 1.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The first line has the slope 1 / 0.2, and the second has the slope
# -1 / 0.8.</details>
# <details><summary>Answer</summary>
#
# It is `warmup(0.2, linear_decay)`, written out.
#
# ```python
# def plan(share):
#     return share / 0.2 if share < 0.2 else (1 - share) / 0.8
#
#
# my_answer = plan
# ```
#
# </details>
#
# **3.** The gradient is [3, -4, 12]. It is clipped to the length 1. What is it then?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>How long is it? The direction stays.</details>
# <details><summary>Answer</summary>
#
# The length is $\sqrt{9 + 16 + 144} = 13$, and each entry is divided by it.
# `my_answer = [3 / 13, -4 / 13, 12 / 13]`
#
# </details>
#
# **4.** To which place does one step of Newton's method lead from w = 3, for the loss $L(w) = w^4$?

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>With one weight the Hessian is the second derivative.</details>
# <details><summary>Answer</summary>
#
# $L' = 4w^3 = 108$ and $L'' = 12 w^2 = 108$, so the step is 1. This loss is not a parabola, and one
# step is not enough. `my_answer = 2`
#
# </details>
#
# **5.** A model has one weight w and no inputs: $p(1) = \sigma(w)$ and $p(0) = 1 - \sigma(w)$. Its
# Fisher matrix is a single number. What is it at w = 0?

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The derivative of ln σ(w) is 1 - σ(w), and that of ln (1 - σ(w))
# is -σ(w).</details>
# <details><summary>Answer</summary>
#
# $F = \sum_k p(k)\, g^2 = \frac12 \cdot \left(\frac12\right)^2 + \frac12 \cdot
# \left(-\frac12\right)^2$. `my_answer = 0.25`
#
# </details>
