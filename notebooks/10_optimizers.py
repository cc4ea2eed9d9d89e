# %% [markdown]
# # Optimizers
#
# Backprop gives the gradient: for every weight, which way the loss rises, and how steeply. To
# train is to walk the other way. But how far? And is the steepest way down the best way? An
# *optimizer* answers these two questions.
#
# In this notebook we watch optimizers walk: first along one dimension, then through a narrow
# valley, then with gradients that are only estimates. The losses are small enough to see
# everything, and to know what should come out.
#
# **You will be able to** say which rates converge and why; write momentum, Adam, AdamW and a step
# of Newton's method; and choose an optimizer.
#
# **You need** gradients ([notebook 04](04_chain_rule_by_hand.ipynb)) and losses
# ([notebook 09](09_losses_and_likelihood.ipynb)).

# %%
import random
from itertools import pairwise
from math import hypot, sqrt

import matplotlib.pyplot as plt

from autograd_mini import Value, grad
from nn import losses, optimizers

BLUE, RED, GREEN, PURPLE, GREY = "#0b5394", "#a63a00", "#38761d", "#7a3e9d", "#7f7f7f"

# %% [markdown]
# ## Gradient descent in one dimension
#
# Find the gradient at the present point, and move a bit in the *opposite* direction:
#
# $$w_{t+1} = w_t - \eta\, \nabla L(w_t).$$
#
# $\eta$ is the *learning rate*; slides also write $\alpha$. Take the parabola $L(w) = w^2$, start
# at w = 4, and try four rates.


# %%
def parabola(w):
    return w**2


def descend(loss, start, rate, steps):
    """The places that gradient descent visits."""
    places = [start]
    for _ in range(steps):
        w = places[-1]
        places.append(w - rate * grad(loss)(w))
    return places


rates = {0.02: "too small", 0.3: "good", 0.95: "too large", 1.03: "much too large"}
line = [-6 + 12 * i / 120 for i in range(121)]
figure, axes = plt.subplots(1, 4, figsize=(10, 2.9), sharey=True)
for axis, (rate, verdict) in zip(axes, rates.items()):
    places = descend(parabola, 4.0, rate, 10)
    axis.plot(line, [parabola(w) for w in line], color=GREY, linewidth=1)
    axis.plot(places, [parabola(w) for w in places], ".-", color=RED)
    axis.plot(places[0], parabola(places[0]), "o", color=BLUE)
    axis.set(title=f"η = {rate}: {verdict}", xlabel="w")
axes[0].set_ylabel("L")
figure.tight_layout()

# %% [markdown]
# Each picture has ten steps in it, from the blue dot on. A small rate creeps. A good one is there
# after a few steps. A large one jumps across the valley and back. And if it is too large, every
# jump ends higher than it began.
#
# Here one can compute all of it. The gradient is $2w$, so a step is
#
# $$w_{t+1} = (1 - 2\eta)\, w_t, \qquad\text{and so}\qquad w_t = (1 - 2\eta)^t\, w_0.$$
#
# It converges if $|1 - 2\eta| < 1$, which is $\eta < 1$. In general the limit is
# $\eta < 2 / L''$: **the more a valley bends, the smaller the rate has to be.**

# %%
curvature = grad(grad(parabola))(4.0)
for rate in rates:
    places = descend(parabola, 4.0, rate, 10)
    for t, w in enumerate(places):
        assert abs(w - (1 - 2 * rate) ** t * 4.0) < 1e-12
    assert (abs(places[-1]) < 4.0) == (rate < 2 / curvature)
    print(f"rate {rate:4}:  factor {1 - 2 * rate:5.2f} a step, w = {places[-1]:8.4f} after 10")

# %% tags=["guard"]
assert curvature == 2.0

# %% [markdown]
# `optimizers.SGD` is this rule, for as many parameters as you like. One takes the gradient with
# `backward()`, and then a `step()`.

# %%
w = Value(4.0, "w")
sgd = optimizers.SGD([w], lr=0.3)
for _ in range(10):
    sgd.zero_grad()
    parabola(w).backward()
    sgd.step()
print(f"{w.data:.6f}")

# %% tags=["guard"]
assert w.data == descend(parabola, 4.0, 0.3, 10)[-1]

# %% [markdown]
# ## Two valleys
#
# The loss of a network has more than one valley: swap two hidden neurons with all their weights,
# and it is the same function at another place. Gradient descent goes down into the one that it
# starts in, be it the deepest or not. Where one starts matters.


# %%
def two_valleys(w):
    return (w**2 - 1) ** 2 + 0.3 * w


line = [-1.7 + 3.4 * i / 120 for i in range(121)]
figure, axes = plt.subplots(figsize=(5.2, 2.9))
axes.plot(line, [two_valleys(w) for w in line], color=GREY, linewidth=1)
for start, colour, mark in (-0.2, BLUE, "s"), (0.3, RED, "o"):
    places = descend(two_valleys, start, 0.05, 60)
    axes.plot(places, [two_valleys(w) for w in places], mark + "-", color=colour, markersize=3)
    assert abs(grad(two_valleys)(places[-1])) < 1e-6  # a flat place: it stays there
    print(f"from {start:4} to {places[-1]:7.4f}, loss {two_valleys(places[-1]):7.4f}")
axes.set(xlabel="w", ylabel="L")
figure.tight_layout()

# %% [markdown]
# ## A narrow valley
#
# With two weights there is a new trouble. This valley bends 25 times as much across as along:
#
# $$L(x, y) = \tfrac12 \left(x^2 + 25\, y^2\right).$$
#
# The rate must be below $2/25$, or y explodes. But then x, whose gradient is small, creeps. The
# ratio of the two curvatures is the *condition number*, here $\kappa = 25$.

# %%
from autograd_mini import hessian


def valley(p):
    x, y = p
    return (x * x + 25 * y * y) / 2


START = [-4.0, 1.0]


def walk(loss, start, make_optimizer, steps):
    """The places that an optimizer visits."""
    parameters = [Value(number) for number in start]
    optimizer = make_optimizer(parameters)
    places = [list(start)]
    for _ in range(steps):
        optimizer.zero_grad()
        loss(parameters).backward()
        optimizer.step()
        places.append([p.data for p in parameters])
    return places


def draw(axis, loss, places, xs, ys, levels, colour=RED):
    """The lines of equal loss, and a walk."""
    heights = [[loss([x, y]) for x in xs] for y in ys]
    axis.contour(xs, ys, heights, levels=levels, colors="#b0b0b0", linewidths=0.7)
    axis.plot(*zip(*places), ".-", color=colour, linewidth=1, markersize=4)
    axis.plot(*places[0], "o", color=BLUE)


def spread(low, high, count=81):
    return [low + (high - low) * i / (count - 1) for i in range(count)]


valley_lines = {
    "xs": spread(-4.6, 1.6),
    "ys": spread(-1.3, 1.3),
    "levels": [0.3, 1, 3, 6, 10, 15, 21],
}
figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.9), sharey=True)
for axis, rate in zip(axes, (0.02, 0.077)):
    places = walk(valley, START, lambda ps, rate=rate: optimizers.SGD(ps, lr=rate), 30)
    draw(axis, valley, places, **valley_lines)
    axis.set(title=f"30 steps of gradient descent, η = {rate}", xlabel="x")
axes[0].set_ylabel("y")
figure.tight_layout()

# %% tags=["guard"]
assert hessian(valley)(START) == [[1, 0], [0, 25]]

# %% [markdown]
# On the left the rate is small, and the walk is not there after 30 steps. On the right it is
# nearly as large as it may be, and the walk zigzags. The best rate is a compromise, $\eta =
# 2/(1 + 25)$. Even with that, each step leaves $\frac{\kappa - 1}{\kappa + 1} = \frac{24}{26}$ of
# the distance.

# %%
best = walk(valley, START, lambda ps: optimizers.SGD(ps, lr=2 / 26), 30)
for (x, y), (next_x, next_y) in pairwise(best):
    assert abs(next_x - 24 / 26 * x) < 1e-12
    assert abs(next_y + 24 / 26 * y) < 1e-12  # across, and back
print(f"what 30 steps leave of the distance: {(24 / 26) ** 30:.4f}")

# %% [markdown]
# Try all of them. Move the slider: on the left are 30 steps of gradient descent at that rate, on
# the right is what is left of the loss, in powers of ten.

# %%
from math import cos, log10, pi, sin

from autograd_mini.flipbook import Chart, FlipBook, Page

circle = [2 * pi * k / 72 for k in range(73)]
pages, rests = [], {}
for rate in (k / 500 for k in range(1, 43)):
    places = walk(valley, START, lambda ps, rate=rate: optimizers.SGD(ps, lr=rate), 30)
    left = [(t, log10(valley(p))) for t, p in enumerate(places)]
    map_ = Chart((-4.6, 1.6), (-1.3, 1.3), "30 steps", ("x", "y"))
    for level in valley_lines["levels"]:
        a, b = sqrt(2 * level), sqrt(2 * level / 25)
        map_.line([(a * cos(t), b * sin(t)) for t in circle], GREY, 0.7)
    map_.line(places, RED).dots(places, RED, 2).dots([START], BLUE, 4)
    curve = Chart((0, 30), (-2, 4), "loss, powers of ten", ("step", "")).line(left, RED)
    rests[rate] = valley(places[-1])
    pages.append(Page(f"{rate:.3f}, loss {rests[rate]:.2g} after 30 steps", [map_, curve]))

valley_book = FlipBook(pages, "rate", "A narrow valley, at 42 rates", start=9)
valley_book

# %% [markdown]
# Up to 0.074 it gets better and better, though the walk begins to jump. Then the jumps across the
# valley take over. Beyond $2/25 = 0.08$ every jump ends higher than it began.

# %% tags=["guard"]
assert min(rests, key=rests.get) == 0.074
assert min(rests[0.082], rests[0.084]) > valley(START)

# %% [markdown]
# ## Momentum
#
# A heavy ball is not easily turned round. It keeps most of its *velocity* v, and the gradient only
# changes that:
#
# $$v \leftarrow \mu v + \nabla L, \qquad w \leftarrow w - \eta v.$$
#
# Across the valley the gradients change their sign at every step, and cancel. Along it they add
# up. *Nesterov's* momentum looks ahead: it takes the gradient as it is where the velocity is
# about to carry the ball. `SGD` has both, in PyTorch's form. There w is the point ahead itself:
# $w \leftarrow w - \eta\, (\nabla L + \mu v)$. It visits the points at which Nesterov's own form
# takes its gradients:


# %%
def points_ahead(rate, mu, steps):
    """Where Nesterov takes the gradients; w is the ball, u how far it moves in a step."""
    w, u = START, [0.0, 0.0]
    ahead = [START]
    for _ in range(steps):
        u = [mu * ui - rate * g for ui, g in zip(u, grad(valley)(ahead[-1]))]
        w = [wi + ui for wi, ui in zip(w, u)]
        ahead.append([wi + mu * ui for wi, ui in zip(w, u)])
    return ahead


def nesterov(ps):
    return optimizers.SGD(ps, lr=1 / 25, momentum=2 / 3, nesterov=True)


for p, q in zip(walk(valley, START, nesterov, 30), points_ahead(1 / 25, 2 / 3, 30)):
    assert max(abs(a - b) for a, b in zip(p, q)) < 1e-12

# %% [markdown]
# ## Adam
#
# Another idea: give each weight a rate of its own. *Adam* keeps a running mean m of each gradient
# g, and a running mean v of its square. It steps by the mean over the root of the mean square:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
# v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \qquad
# w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon},$$
#
# where $\hat m = m / (1 - \beta_1^t)$ and $\hat v = v / (1 - \beta_2^t)$ make up for starting
# from 0.

# %%
ways = {
    "gradient descent": lambda ps: optimizers.SGD(ps, lr=2 / 26),
    "momentum": lambda ps: optimizers.SGD(ps, lr=1 / 9, momentum=4 / 9),
    "Nesterov": nesterov,
    "Adam": lambda ps: optimizers.Adam(ps, lr=0.3),
}
walks = {name: walk(valley, START, way, 300) for name, way in ways.items()}

figure, axes = plt.subplots(2, 2, figsize=(9.5, 5), sharex=True, sharey=True)
for axis, (name, places) in zip(axes.flat, walks.items()):
    draw(axis, valley, places[:31], **valley_lines)
    axis.set_title(f"{name}, 30 steps")
figure.tight_layout()

# %% [markdown]
# Momentum has a rate here that plain gradient descent could not bear: $1/9$ is more than $2/25$.
# So it swings wide at first, and still it is the first one there. Adam goes diagonally, equally
# fast along and across; later it overshoots and comes back. The losses, on a logarithmic scale:

# %%
colours = dict(zip(walks, [GREY, BLUE, GREEN, RED]))
figure, axes = plt.subplots(figsize=(6.4, 3.4))
for (name, places), line in zip(walks.items(), [":", "-", "-.", "--"]):
    axes.semilogy([max(valley(p), 1e-13) for p in places], line, color=colours[name], label=name)
axes.set(xlabel="step", ylabel="loss", xlim=(0, 200), ylim=(1e-12, 100))
axes.legend(loc="upper right")
figure.tight_layout()


def steps_to(loss, places, goal=1e-6):
    """The first step from which on the loss stays below the goal."""
    assert loss(places[-1]) < goal
    return 1 + max(t for t, p in enumerate(places) if loss(p) >= goal)


needed = {name: steps_to(valley, places) for name, places in walks.items()}
for name, steps in needed.items():
    print(f"{name:16} {steps} steps to a loss below 1e-6")

# %% tags=["guard"]
assert needed["momentum"] < needed["Nesterov"] < needed["gradient descent"]

# %% [markdown]
# On such a bowl the theory says by how much momentum helps. In the long run the best rate and the
# best $\mu$ leave
# $\frac{\sqrt\kappa - 1}{\sqrt\kappa + 1} = \frac46$ of the distance per step, where gradient
# descent leaves $\frac{24}{26}$. It is the *root* of the condition number that counts.
#
# Adam is not made for bowls, but for losses whose curvatures one does not know, with gradients of
# very different sizes. Numerator and denominator of its step grow alike, so how large a gradient is
# does not matter. Its first step is $\eta$ long in every direction. And with the loss in other
# units, the walk is the same:

# %%


def exact_adam(ps):
    return optimizers.Adam(ps, lr=0.3, eps=0.0)


plain = walk(valley, START, exact_adam, 30)
scaled = walk(lambda p: 1000 * valley(p), START, exact_adam, 30)
for p, q in zip(plain, scaled):
    assert max(abs(a - b) for a, b in zip(p, q)) < 1e-9
print("first step:", [round(b - a, 6) for a, b in zip(*plain[:2])])

# %% [markdown]
# ## Weight decay, and AdamW
#
# *Weight decay* against [learning by heart](11_regularisation.ipynb) pulls all weights towards 0.
# One way is a penalty $\frac{\lambda}{2} w^2$ in the loss, so that $\lambda w$ is added to the
# gradient. For SGD it is the same as to shrink the weights by the factor $1 - \eta\lambda$.
#
# For Adam it is not. Adam divides by the size of the gradient, and so it divides the penalty's
# gradient, too. Look at a weight that the loss does not need at all:

# %%


def idle_step(make_optimizer):
    """Where one step takes a weight of 1 whose gradient is 0."""
    w = Value(1.0)
    make_optimizer([w]).step()
    return w.data


for decay in (0.01, 1.0):
    by_sgd = idle_step(lambda ps, d=decay: optimizers.SGD(ps, lr=0.1, weight_decay=d))
    by_adam = idle_step(lambda ps, d=decay: optimizers.Adam(ps, lr=0.1, weight_decay=d))
    by_adamw = idle_step(lambda ps, d=decay: optimizers.AdamW(ps, lr=0.1, weight_decay=d))
    assert by_sgd == by_adamw == 1 - 0.1 * decay
    assert abs(by_adam - 0.9) < 1e-6
    print(f"decay {decay:4}:  SGD {by_sgd:.4f}, Adam {by_adam:.4f}, AdamW {by_adamw:.4f}")

# %% [markdown]
# With Adam a hundredfold decay does what the small one does. *AdamW* keeps the two apart: it
# shrinks the weights first, and then takes Adam's step without the penalty (Loshchilov and Hutter,
# 2019).
#
# Here is the same as a walk. The valley is now quite flat along x: the loss says nothing about x,
# and only the decay moves it. It should fade as fast as the decay says, by $1 - \eta\lambda$ a
# step. We try two decays, one ten times the other.


# %%
def trough(p):
    return 25 * (p[1] - 0.8) ** 2 / 2 + 0 * p[0]


def decayed(kind, decay):
    def make(parameters):
        return kind(parameters, lr=0.05, weight_decay=decay)

    return walk(trough, [-4.0, -0.6], make, 70)


figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.9), sharey=True)
for axis, kind in zip(axes, (optimizers.Adam, optimizers.AdamW)):
    for decay, colour, width in (0.2, RED, 6), (0.02, GREEN, 2):
        places = decayed(kind, decay)
        axis.plot(*zip(*places), color=colour, linewidth=width, label=f"decay {decay}")
    draw(axis, trough, places[:1], spread(-4.4, 0.6), spread(-0.9, 1.3), valley_lines["levels"])
    axis.set(title=f"{kind.__name__}, 70 steps", xlabel="x, which the loss does not need")
    axis.legend(loc="lower right")
axes[0].set_ylabel("y")
figure.tight_layout()

strong, weak = decayed(optimizers.Adam, 0.2), decayed(optimizers.Adam, 0.02)
for t, (x, _) in enumerate(decayed(optimizers.AdamW, 0.2)):
    assert abs(x - (1 - 0.05 * 0.2) ** t * -4.0) < 1e-12

# %% tags=["guard"]
assert all(abs(p[0] - q[0]) < 1e-4 for p, q in zip(strong, weak))

# %% [markdown]
# Adam takes x towards 0 at the same speed for both. Only AdamW does as it is told.

# %% [markdown]
# ## Stochastic gradients and minibatches
#
# So far we had the true gradient. The loss of a data set is a mean over its examples, and so is
# the gradient:
#
# $$\nabla L = \frac1n \sum_{i=1}^n \nabla \ell_i.$$
#
# For a million examples that is a lot of work for one step. But a few of them, drawn at random,
# give an *estimate* that is right on average. One example a step is *stochastic* gradient
# descent; some are a *minibatch*; once through all examples is an *epoch*.
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
    draw(
        axis,
        lambda p: error_of(p, points),
        places,
        spread(-1.3, 2.4, 31),
        spread(-1.2, 1.8, 31),
        lines,
    )
    axis.plot(*best_line, "*", color=GREEN, markersize=10, zorder=3)
    axis.set(title=f"batches of {size}: {len(places) - 1} steps", xlabel="w")
axes[0].set_ylabel("b")
figure.tight_layout()

# %% tags=["guard"]
assert max(map(abs, grad(lambda p: error_of(p, points))(best_line))) < 1e-12

# %% [markdown]
# All three have seen every point five times. The full gradient walked straight, and took five
# steps. Batches of 8 took 40 steps. Single points took 320, were at the bottom
# soon, and then they stagger around it without end. Each point pulls the line its own way.
#
# **Right on average.** The mean of the gradients of all points is the gradient of the mean. And
# the larger the batch, the less it strays: its standard deviation falls as $1/\sqrt{B}$. So four
# times the work is half the noise.

# %%
from statistics import pstdev

at = [0.5, 0.5]
each = [grad(lambda p, pt=point: error_of(p, [pt]))(at) for point in points]
full = grad(lambda p: error_of(p, points))(at)
for j in (0, 1):
    assert abs(sum(g[j] for g in each) / 64 - full[j]) < 1e-12

rng = random.Random(0)
slopes = [g[0] for g in each]
for size in (1, 4, 16, 64):
    measured = pstdev(sum(rng.choices(slopes, k=size)) / size for _ in range(3000))
    by_formula = pstdev(slopes) / sqrt(size)
    assert abs(measured / by_formula - 1) < 0.1
    print(f"batches of {size:2}: deviation {measured:.3f}, by the formula {by_formula:.3f}")

# %% [markdown]
# `nn.fit` is the loop of this section, for any model. With the same generator it sees the batches
# in the same order, and makes the same steps:

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
for parameter, wanted in zip(neuron.parameters(), runs[8][-1]):
    assert abs(parameter.data - wanted) < 1e-12
print([round(p.data, 6) for p in neuron.parameters()])

# %% [markdown]
# ## Learning-rate schedules
#
# A large rate to get there, a small one to settle: let the rate fall while training goes on. A
# *schedule* says by which factor. It is a function of the share of training that is done.

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
# How far from the best line does single-point training end? Averaged over 10 runs:


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
# The decay does not depend much on its shape. A *warmup* is for the start: it lets Adam's means
# fill up before the steps become long.

# %% [markdown]
# ## Clipping: the cliff
#
# A weight that is used many times, as in a recurrent network, can make cliffs (Pascanu, Mikolov and
# Bengio, 2013). Eight layers that all multiply by the same w, and should give 1:
#
# $$L(w) = \tfrac12 \left(w^8 - 1\right)^2.$$
#
# At w = 2 the gradient is $255 \cdot 8 \cdot 2^7 = 261120$. A step along it, even at a small rate,
# leaves the map. *Clipping* shortens a gradient that is longer than some bound, and keeps its
# direction.


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

line = spread(0.4, 2.05)
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
# `fit(.., max_gradient_norm=1.0)` does it in training.
#
# ## Newton's method and BFGS
#
# Gradient descent does not know how the valley bends. The *Hessian* H, the matrix of second
# derivatives, does. Newton's method goes to the bottom of the parabola that fits best:
#
# $$w \leftarrow w - H^{-1} \nabla L.$$
#
# Our narrow valley *is* a parabola. One step, and it is at the bottom, wherever it started:

# %%
import numpy as np

for start in START, [3.0, 2.0], [-100.0, 1e-3]:
    step = np.linalg.solve(hessian(valley)(start), grad(valley)(start))
    assert np.allclose(start - step, 0, atol=1e-12)

# %% [markdown]
# But H has $n^2$ entries, and must be solved at every step. *BFGS* (Broyden, Fletcher, Goldfarb,
# Shanno) does without. It looks at how the gradient changed over the last step, and corrects an
# estimate of $H^{-1}$ so that it fits. With s for the step and y for the change of the gradient,
# the estimate then has
#
# $$H^{-1} y = s.$$
#
# Let us take it to Rosenbrock's function, a bent valley with its bottom at (1, 1), in which
# gradient descent creeps.


# %%
def rosenbrock(p):
    x, y = p
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


far = [-1.2, 1.0]
x, y = map(Value, far)
tried = []


def loss():
    tried.append([x.data, y.data])
    return rosenbrock([x, y])


result = optimizers.bfgs([x, y], loss)

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
    draw(axis, rosenbrock, places, spread(-1.7, 1.6), spread(-0.8, 2.2), lines)
    axis.plot(1, 1, "*", color=GREEN, markersize=10, zorder=3)
    axis.set(title=name, xlabel="x", xlim=(-1.7, 1.6), ylim=(-0.8, 2.2))
axes[0].set_ylabel("y")
figure.tight_layout()

# %% tags=["guard"]
assert result.converged
assert abs(x.data - 1) < 1e-6
assert abs(y.data - 1) < 1e-6
assert len(tried) < 60
assert rosenbrock(tried[-1]) < 1e-10

# %% [markdown]
# (The points off the valley are places that BFGS tried and did not take.) For large networks it
# does not do: its estimate has $n^2$ entries as well, and it needs the exact loss, since noise from
# minibatches looks like curvature to it.

# %% [markdown]
# ## The natural gradient
#
# "Steepest" means: falls most over a step of a given length. But what is the length of a step, if
# one weight is per hour and another per lecture? Change the units, and the steepest direction is
# another one.
#
# A probabilistic model has a better measure of length: how much its *answers* change. For a small
# step d the Kullback-Leibler divergence from the old answers to the new ones is
#
# $$\mathrm{KL} \approx \tfrac12\, d^\top F d, \qquad
# F = \frac1n \sum_x \sum_k p(k \mid x)\; s\, s^\top, \qquad s = \nabla \ln p(k \mid x).$$
#
# F is the *Fisher information matrix*. Steepest descent in this measure is the *natural gradient*
# (Amari 1998): $w \leftarrow w - \eta F^{-1} \nabla L$.
#
# Here are students again: hours spent on a project, the share of the lectures that each came to,
# and who passed. The model is logistic regression, $p(1 \mid x) = \sigma(z)$ with $z = w^\top x +
# b$.

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
            score = np.array(gradients(log_p, parameters))
            fisher += np.exp(log_p.data) * np.outer(score, score) / len(students)
    return fisher


model = zeros()
F = fisher_matrix(model)
for row in F:
    print("  ".join(f"{entry:9.4f}" for entry in row))

# %% [markdown]
# The entry of the hours is a thousand times that of the share: the answers are that much more
# sensitive to it. Is F what the formula above says? We take a small step and compute the
# divergence itself:

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
# `NaturalGradient` builds F and takes the step. Beside it we let gradient descent run, at about the
# largest rate that it can bear. Then both again with the project in *minutes*:


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
# The natural gradient does not see the units: its losses are the same to the last digits. And it
# is quick. For logistic regression the Fisher matrix is the Hessian of the loss, so that a step is
# one of Newton's:


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
# Take care with a shortcut (Kunstner, Balles and Hennig, 2019, say what it misses). In F the sum
# goes over *all* answers k, weighted as the model believes in them. With the labels that were seen
# in their place one gets the *empirical* Fisher matrix. It is another matrix, and its steps are
# others. (Only the first step is the same here. At the start all weights are 0, and the model holds
# both answers for equally likely.)

# %%
model = zeros()
optimizer = optimizers.NaturalGradient(model.parameters(), damping=0.0, fisher="empirical")
empirical = [optimizer.step(log_probabilities(model), labels) for _ in range(7)]
print("empirical:", [round(loss, 6) for loss in empirical])

# %% tags=["guard"]
assert abs(empirical[1] - natural[1]) < 1e-12
assert abs(empirical[2] - natural[2]) > 1e-3

# %% [markdown]
# ## Which one to take
#
# | optimizer | remembers, per weight | take it for |
# |---|---|---|
# | `SGD` | nothing | understanding, and convex problems |
# | `SGD(momentum=0.9)` | a velocity | networks, with a tuned rate and a schedule |
# | `SGD(momentum=0.9, nesterov=True)` | a velocity | the same, a bit calmer |
# | `Adam` | two means | networks, when there is no time to tune |
# | `AdamW` | two means | the same, with weight decay |
# | `bfgs` | a row of a matrix | small smooth problems, the exact loss, many digits |
# | `NaturalGradient` | a row of a matrix | small probabilistic models, units that do not fit |
#
# The default rate of Adam and AdamW is 0.001, as in PyTorch. Where you know nothing, begin there,
# then try three times as much and a third of it.

# %% [markdown]
# ## An optimizer of your own
#
# *AdaGrad* divides by the root of the sum of all squared
# gradients so far: $v \leftarrow v + g^2$, $w \leftarrow w - \eta\, g / \sqrt{v}$.
#
# To write it, derive from `Optimizer`. Name the settings for the base class, and in `memory` what
# is to be saved between steps. `zero_grad`, `state_dict` and `load_state_dict` come with it, and
# `fit` takes it.


# %%
class AdaGrad(optimizers.Optimizer):
    """AdaGrad (Duchi et al. 2011)."""

    memory = ("squares",)

    def __init__(self, parameters, lr=0.01):
        super().__init__(parameters, lr=lr)
        self.squares = None

    def step(self):
        squares = self.squares or [0.0] * len(self.parameters)
        self.squares = [v + p.grad**2 for v, p in zip(squares, self.parameters)]
        for p, v in zip(self.parameters, self.squares):
            if v:
                p.data -= self.lr * p.grad / sqrt(v)


places = walk(valley, START, lambda ps: AdaGrad(ps, lr=1.0), 60)
figure, axes = plt.subplots(figsize=(5.6, 2.8))
draw(axes, valley, places, **valley_lines)
figure.tight_layout()

# %% tags=["guard"]
assert valley(places[-1]) < 1e-3

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("10")

# %% [markdown]
# **1.** What is the largest rate at which gradient descent on $L(w) = 5 (w - 1)^2 + 3$ does not
# move away from the minimum?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>How large is the second derivative?</details>
# <details><summary>Answer</summary>
#
# $L'' = 10$, so the limit is $2/10$. Exactly there it jumps between two points.
# `my_answer = 2 / 10`
#
# </details>
#
# **2.** On a slope that is the same everywhere, how many times as fast as plain gradient descent
# does momentum 0.9 become?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Sum the series 1 + 0.9 + 0.81 + ..</details>
# <details><summary>Answer</summary>
#
# The velocity is $g + 0.9\, g + 0.81\, g + \ldots = g / (1 - 0.9)$. So when you switch momentum on,
# make the rate smaller. `my_answer = 10`
#
# </details>
#
# **3.** Adam with $\beta_1 = \beta_2 = 0$, $\varepsilon = 0$ and $\eta = 0.1$ meets a gradient of
# -3. By how much does it change the weight?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The means are the gradient itself, and its square.</details>
# <details><summary>Answer</summary>
#
# $g / \sqrt{g^2}$ is the sign of g. Each weight moves by $\eta$, here up. `my_answer = 0.1`
#
# </details>
#
# **4.** Write a step of AdaGrad for one weight: `step(w, g, v, rate)` gives the new w and the new
# v, the sum of squared gradients so far.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>First v, then w.</details>
# <details><summary>Answer</summary>
#
# The square of this gradient is already in the v that the step is divided by.
#
# ```python
# def step(w, g, v, rate):
#     v += g * g
#     return [w - rate * g / v**0.5, v]
#
#
# my_answer = step
# ```
#
# </details>
#
# **5.** Invent a loss of one weight x on which gradient descent at rate 1, starting from 1, jumps
# between two points for ever. Give a formula in x.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>For a parabola the limit of the rate is 2 / L''.</details>
# <details><summary>Answer</summary>
#
# $L'' = 2$ has its limit at 1, such as $x^2$: from 1 to -1, and back. `my_answer = "x**2"`
#
# </details>
