# %% [markdown]
# # Optimizers
#
# Backprop gives the gradient: for every weight, which way the loss rises, and how steeply. To
# train is to walk the other way. But how far? And is the steepest way down the best way? An
# *optimizer* answers these two questions.
#
# In this notebook we watch optimizers walk: first along one dimension, then through a narrow
# valley. The losses are so simple that one can see everything, and compute what should come out.
# [The second part](10b_batches_and_curvature.ipynb) has gradients that are only estimates, rates
# that change, and steps that know how the valley bends.
#
# **You will be able to** say which rates converge and why; write momentum, Adam and AdamW; and
# choose an optimizer.
#
# **You need** gradients ([notebook 04](04_chain_rule_by_hand.ipynb)) and losses
# ([notebook 09](09_losses_and_likelihood.ipynb)).

# %%
from math import sqrt

import matplotlib.pyplot as plt
from toolbox import between, draw_walk, walk

from autograd_mini import Value, grad
from nn import optimizers

BLUE, RED, GREEN, GREY = "#0b5394", "#a63a00", "#38761d", "#7f7f7f"

# %% [markdown]
# ## Gradient descent in one dimension
#
# Find the gradient at the present point, and move a bit in the *opposite* direction:
#
# $$w_{t+1} = w_t - \eta\, \nabla L(w_t).$$
#
# $\nabla L$ is the gradient, here just the derivative $L'$. $\eta$ is the *learning rate*; slides
# also write $\alpha$. Take the parabola $L(w) = w^2$, start at w = 4, and try four rates.


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
line = between(-6, 6)
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
# It converges if $|1 - 2\eta| < 1$, which is $\eta < 1$. For any parabola the limit is
# $\eta < 2 / L''$, and near its bottom a smooth valley is much like a parabola. **The more a valley
# bends, the smaller the rate has to be.**

# %%
curvature = grad(grad(parabola))(4.0)  # the second derivative
print("the limit is", 2 / curvature)
for rate in rates:
    w, by_formula = descend(parabola, 4.0, rate, 10)[-1], (1 - 2 * rate) ** 10 * 4.0
    print(f"rate {rate:4}: factor {1 - 2 * rate:5.2f}, after 10 steps {w:8.4f} = {by_formula:8.4f}")

# %% tags=["guard"]
assert curvature == 2.0
for rate in rates:
    places = descend(parabola, 4.0, rate, 10)
    assert all(abs(w - (1 - 2 * rate) ** t * 4.0) < 1e-12 for t, w in enumerate(places))
    assert (abs(places[-1]) < 4.0) == (rate < 2 / curvature)

# %% [markdown]
# `optimizers.SGD` is this rule, for as many parameters as you like. `backward()` computes the
# gradients, and `step()` changes the parameters.

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
# The loss of a network has more than one valley. Swap two hidden neurons with all their weights:
# the network computes the same, but its weights are another place. Gradient descent with a small
# rate goes down into the valley that it starts in, even if another one is deeper. So it matters
# where one starts.


# %%
def two_valleys(w):
    return (w**2 - 1) ** 2 + 0.3 * w


line = between(-1.7, 1.7)
figure, axes = plt.subplots(figsize=(5.2, 2.9))
axes.plot(line, [two_valleys(w) for w in line], color=GREY, linewidth=1)
for start, colour, mark in (-0.2, BLUE, "s"), (0.3, RED, "o"):
    places = descend(two_valleys, start, 0.05, 60)
    axes.plot(places, [two_valleys(w) for w in places], mark + "-", color=colour, markersize=3)
    print(f"from {start:4} to {places[-1]:7.4f}, loss {two_valleys(places[-1]):7.4f}")
axes.set(xlabel="w", ylabel="L")
figure.tight_layout()

# %% tags=["guard"]
for start in -0.2, 0.3:  # each ends where it is flat
    assert abs(grad(two_valleys)(descend(two_valleys, start, 0.05, 60)[-1])) < 1e-6

# %% [markdown]
# ## A narrow valley
#
# With two weights there is a new trouble. This valley bends 25 times as much across as along:
#
# $$L(w_1, w_2) = \tfrac12 \left(w_1^2 + 25\, w_2^2\right).$$
#
# The rate must be below $2/25$, or $w_2$ explodes. But then $w_1$, whose gradient is small, creeps.
# The ratio of the two curvatures is the *condition number*, here $\kappa = 25$.
#
# `walk` gives the places that an optimizer visits, and `draw_walk` draws them. (Both are in
# `toolbox.py`, beside the notebooks.) A grey line connects the places of equal loss.


# %%
def valley(w):
    return (w[0] ** 2 + 25 * w[1] ** 2) / 2


def descent(rate):
    """Makes gradient descent at a rate, for the parameters that it gets."""
    return lambda parameters: optimizers.SGD(parameters, lr=rate)


START = [-4.0, 1.0]
MAP = between(-4.6, 1.6), between(-1.3, 1.3), [0.3, 1, 3, 6, 10, 15, 21]
figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.9), sharey=True)
for axis, rate in zip(axes, (0.02, 0.077)):
    draw_walk(axis, valley, walk(valley, START, descent(rate), 30), *MAP)
    axis.set(title=f"30 steps of gradient descent, η = {rate}", xlabel="$w_1$")
axes[0].set_ylabel("$w_2$")
figure.tight_layout()

# %% tags=["guard"]
from autograd_mini import hessian

assert hessian(valley)(START) == [[1, 0], [0, 25]]

# %% [markdown]
# On the left the rate is small, and the walk has not arrived after 30 steps. On the right it is
# nearly as large as it may be, and the walk zigzags. A step multiplies $w_1$ by $1 - \eta$, and
# $w_2$ by $1 - 25\eta$. The best rate makes both factors equally large, but for their signs: $\eta
# = 2/(1 + 25)$. Even then each step leaves $\frac{\kappa - 1}{\kappa + 1} = \frac{24}{26}$ of the
# distance to the bottom.

# %%
from math import hypot

best = walk(valley, START, descent(2 / 26), 30)
left = hypot(*best[-1]) / hypot(*START)
print(f"after 30 steps {left:.4f} of the distance is left; (24/26)^30 is {(24 / 26) ** 30:.4f}")

# %% tags=["guard"]
from itertools import pairwise

for (along, across), (next_along, next_across) in pairwise(best):
    assert abs(next_along - 24 / 26 * along) < 1e-12
    assert abs(next_across + 24 / 26 * across) < 1e-12  # across, and back

# %% [markdown]
# Try other rates. Move the slider: on the left are 30 steps of gradient descent at that rate, on
# the right is the loss after each of them, in powers of ten.

# %%
from math import cos, log10, pi, sin

from autograd_mini.flipbook import Chart, FlipBook, Page

circle = [2 * pi * k / 72 for k in range(73)]
pages, rests = [], {}
for rate in (k / 500 for k in range(1, 43)):
    places = walk(valley, START, descent(rate), 30)
    left = [(t, log10(valley(p))) for t, p in enumerate(places)]
    map_ = Chart((-4.6, 1.6), (-1.3, 1.3), "30 steps", ("w₁", "w₂"))
    for level in MAP[2]:
        a, b = sqrt(2 * level), sqrt(2 * level / 25)
        map_.line([(a * cos(t), b * sin(t)) for t in circle], GREY, 0.7)
    map_.line(places, RED).dots(places, RED, 2).dots([START], BLUE, 4)
    curve = Chart((0, 30), (-2, 4), "loss, powers of ten", ("step", "")).line(left, RED)
    rests[rate] = valley(places[-1])
    pages.append(Page(f"{rate:.3f}, loss {rests[rate]:.2g} after 30 steps", [map_, curve]))

valley_book = FlipBook(pages, "rate", "A narrow valley, at 42 rates", start=9)
valley_book

# %% [markdown]
# Up to 0.074 a larger rate is a better one, though the walk begins to jump. Then the jumps across
# the valley become too long. Beyond $2/25 = 0.08$ every jump ends higher than it began.

# %% tags=["guard"]
assert min(rests, key=rests.get) == 0.074
assert min(rests[0.082], rests[0.084]) > valley(START)

# %% [markdown]
# ## Momentum
#
# A heavy ball is not easily turned round. It keeps most of its *velocity* v, and the gradient only
# changes that (Polyak, 1964):
#
# $$v \leftarrow \mu v + \nabla L, \qquad w \leftarrow w - \eta v.$$
#
# $\mu$, for example 0.9, says how much of the velocity is kept. Across the valley the gradients
# change their sign at every step, and cancel. Along it they add up. *Nesterov's* momentum (1983)
# looks ahead: it takes the gradient not where the ball is, but where the velocity is about to carry
# it. `SGD` has both: `momentum=` is $\mu$, and `nesterov=True` looks ahead.

# %% tags=["guard"]


def points_ahead(rate, mu, steps):
    """Where Nesterov takes the gradients; w is the ball, u how far it moves in a step.

    SGD has PyTorch's form of it, in which the parameter is the point ahead.
    """
    w, u = START, [0.0, 0.0]
    ahead = [START]
    for _ in range(steps):
        u = [mu * ui - rate * g for ui, g in zip(u, grad(valley)(ahead[-1]))]
        w = [wi + ui for wi, ui in zip(w, u)]
        ahead.append([wi + mu * ui for wi, ui in zip(w, u)])
    return ahead


def nesterov(parameters):
    return optimizers.SGD(parameters, lr=1 / 25, momentum=2 / 3, nesterov=True)


for p, q in zip(walk(valley, START, nesterov, 30), points_ahead(1 / 25, 2 / 3, 30)):
    assert max(abs(a - b) for a, b in zip(p, q)) < 1e-12

# %% [markdown]
# ## Adam
#
# Another idea: give each weight a rate of its own. *Adam* (Kingma and Ba, 2015) keeps a running
# mean m of each gradient g, and a running mean v of its square. (This v is not the velocity.) A
# step is the mean, divided by the root of the mean square:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
# v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \qquad
# w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon},$$
#
# where $\hat m = m / (1 - \beta_1^t)$ and $\hat v = v / (1 - \beta_2^t)$ in step t = 1, 2, ... Both
# means start at 0 and are too small at first; these factors make up for that. Usual numbers are
# $\beta_1 = 0.9$ and $\beta_2 = 0.999$. The $\varepsilon = 10^{-8}$ only avoids a division by 0.
#
# Here are all four on the valley. (The first three have the rates that theory gives for such a
# bowl.)

# %%
ways = {
    "gradient descent": descent(2 / 26),
    "momentum": lambda ps: optimizers.SGD(ps, lr=1 / 9, momentum=4 / 9),
    "Nesterov": lambda ps: optimizers.SGD(ps, lr=1 / 25, momentum=2 / 3, nesterov=True),
    "Adam": lambda ps: optimizers.Adam(ps, lr=0.3),
}
walks = {name: walk(valley, START, way, 300) for name, way in ways.items()}

figure, axes = plt.subplots(2, 2, figsize=(9.5, 5), sharex=True, sharey=True)
for axis, (name, places) in zip(axes.flat, walks.items()):
    draw_walk(axis, valley, places[:31], *MAP)
    axis.set_title(f"{name}, 30 steps")
figure.tight_layout()

# %% [markdown]
# Momentum has a rate here with which plain gradient descent would explode: $1/9$ is more than
# $2/25$. So it swings wide at first, and still it arrives first. Adam goes diagonally, equally fast
# along and across. Later it overshoots and comes back. Here are the losses, on a logarithmic scale:

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
    return 1 + max(t for t, p in enumerate(places) if loss(p) >= goal)


needed = {name: steps_to(valley, places) for name, places in walks.items()}
for name, steps in needed.items():
    print(f"{name:16} {steps} steps to a loss below 1e-6")

# %% tags=["guard"]
assert all(valley(places[-1]) < 1e-6 for places in walks.values())
assert needed["momentum"] < needed["Nesterov"] < needed["gradient descent"]

# %% [markdown]
# On such a bowl theory says by how much momentum helps (Polyak, 1964). In the long run a step with
# the best rate and the best $\mu$ leaves $\frac{\sqrt\kappa - 1}{\sqrt\kappa + 1} = \frac46$ of the
# distance, where gradient descent leaves $\frac{24}{26}$. It is the *root* of the condition number
# that counts.
#
# Adam is not the best here. It is made for losses whose curvatures one does not know, with
# gradients of very different sizes. The numerator and the denominator of its step grow alike, so it
# does not matter how large the gradients are. Its first step is $\eta$ long in every direction. And
# if the loss is 1000 times as large, the walk is the same:


# %%
def exact_adam(parameters):
    return optimizers.Adam(parameters, lr=0.3, eps=0.0)


plain = walk(valley, START, exact_adam, 30)
scaled = walk(lambda p: 1000 * valley(p), START, exact_adam, 30)
print("first step:", [round(b - a, 6) for a, b in zip(*plain[:2])])
for name, places in {"L": plain, "1000 L": scaled}.items():
    print(f"30 steps on {name:6} lead to", [round(w, 6) for w in places[-1]])

# %% tags=["guard"]
for p, q in zip(plain, scaled):
    assert max(abs(a - b) for a, b in zip(p, q)) < 1e-9

# %% [markdown]
# ## Weight decay, and AdamW
#
# *Weight decay* pulls all weights towards 0. ([Notebook 11](11_regularisation.ipynb) says what that
# is good for.) One way is a penalty $\frac{\lambda}{2} w^2$ in the loss, so that $\lambda w$ is
# added to the gradient. For SGD each step then also multiplies the weight by $1 - \eta\lambda$.
#
# For Adam it is not so. Adam divides by the size of the gradient, and so it divides the penalty's
# gradient, too. Look at one step of a weight that the loss does not need at all:


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
    print(f"decay {decay:4}:  SGD {by_sgd:.4f}, Adam {by_adam:.4f}, AdamW {by_adamw:.4f}")

# %% [markdown]
# With Adam a decay that is 100 times as large does the same as the small one. *AdamW* keeps the two
# apart: it shrinks the weights first, and then takes Adam's step without the penalty (Loshchilov
# and Hutter, 2019).
#
# Here is the same as a walk. The valley is now quite flat along $w_1$: the loss does not depend on
# it, and only the decay moves it. It should be multiplied by $1 - \eta\lambda$ at each step. We try
# two decays, one ten times the other.


# %%
def trough(w):
    return 25 * (w[1] - 0.8) ** 2 / 2 + 0 * w[0]


def decayed(kind, decay):
    def make(parameters):
        return kind(parameters, lr=0.05, weight_decay=decay)

    return walk(trough, [-4.0, -0.6], make, 70)


figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.9), sharey=True)
for axis, kind in zip(axes, (optimizers.Adam, optimizers.AdamW)):
    for decay, colour, width in (0.2, RED, 6), (0.02, GREEN, 2):
        places = decayed(kind, decay)
        axis.plot(*zip(*places), color=colour, linewidth=width, label=f"decay {decay}")
    draw_walk(axis, trough, places[:1], between(-4.4, 0.6), between(-0.9, 1.3), MAP[2])
    axis.set(title=f"{kind.__name__}, 70 steps", xlabel="$w_1$, which the loss does not need")
    axis.legend(loc="lower right")
axes[0].set_ylabel("$w_2$")
figure.tight_layout()

# %% tags=["guard"]
for decay in (0.01, 1.0):
    assert (
        abs(idle_step(lambda ps, d=decay: optimizers.Adam(ps, lr=0.1, weight_decay=d)) - 0.9) < 1e-6
    )
    for kind in (optimizers.SGD, optimizers.AdamW):
        assert (
            idle_step(lambda ps, k=kind, d=decay: k(ps, lr=0.1, weight_decay=d)) == 1 - 0.1 * decay
        )
strong, weak = decayed(optimizers.Adam, 0.2), decayed(optimizers.Adam, 0.02)
for t, (first, _) in enumerate(decayed(optimizers.AdamW, 0.2)):
    assert abs(first - (1 - 0.05 * 0.2) ** t * -4.0) < 1e-12
assert all(abs(p[0] - q[0]) < 1e-4 for p, q in zip(strong, weak))

# %% [markdown]
# Adam takes $w_1$ towards 0 at the same speed with both. Only AdamW does as it is told.
#
# ## Which one to take
#
# This is common advice; the last two are in [the second part](10b_batches_and_curvature.ipynb).
#
# | optimizer | remembers, per weight | take it for |
# |---|---|---|
# | `SGD` | nothing | understanding, and losses with one valley |
# | `SGD(momentum=0.9)` | a velocity | networks, if you try several rates and let the rate fall |
# | `SGD(momentum=0.9, nesterov=True)` | a velocity | the same; it swings less |
# | `Adam` | two means | networks, if there is no time to try many rates |
# | `AdamW` | two means | the same, with weight decay |
# | `bfgs` | a row of a matrix | small smooth problems, the exact loss, many digits |
# | `NaturalGradient` | a row of a matrix | small models that give probabilities |
#
# The default rate of Adam and AdamW is 0.001, as in PyTorch. If you know nothing else, begin there.
# Then try three times as much, and a third of it.

# %% [markdown]
# ## An optimizer of your own
#
# *AdaGrad* (Duchi, Hazan and Singer, 2011) divides by the root of the sum of all squared gradients
# so far: $v \leftarrow v + g^2$, $w \leftarrow w - \eta\, g / \sqrt{v}$.
#
# To write it, derive from `Optimizer`. Give the settings, here the rate, to the base class.
# `memory` names what is kept from step to step, so that it can be saved. The rest comes with the
# base class, and `fit` takes the new optimizer.


# %%
class AdaGrad(optimizers.Optimizer):
    """Steps get smaller for weights that have had large gradients."""

    memory = ("squares",)

    def __init__(self, parameters, lr=0.01):
        super().__init__(parameters, lr=lr)
        self.squares = None

    def step(self):
        squares = self.squares or [0.0] * len(self.parameters)
        self.squares = [v + p.grad**2 for v, p in zip(squares, self.parameters)]
        for p, v in zip(self.parameters, self.squares):
            if v:  # not before the first gradient
                p.data -= self.lr * p.grad / sqrt(v)


places = walk(valley, START, lambda ps: AdaGrad(ps, lr=1.0), 60)
figure, axes = plt.subplots(figsize=(5.6, 2.8))
draw_walk(axes, valley, places, *MAP)
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
# **1.** Gradient descent on $L(w) = 5 (w - 1)^2 + 3$ converges if the rate is small enough. What is
# the limit for the rate?

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
# **2.** On a slope with the same gradient g everywhere, momentum 0.9 gets faster and faster. How
# many times as fast as plain gradient descent is it in the end?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>After three steps the velocity is g + 0.9 g + 0.81 g.</details>
# <details><summary>Answer</summary>
#
# The velocity is $g + 0.9\, g + 0.81\, g + \ldots = g / (1 - 0.9)$. So when you switch momentum on,
# make the rate smaller. `my_answer = 10`
#
# </details>
#
# **3.** Adam with $\beta_1 = \beta_2 = 0$, $\varepsilon = 0$ and $\eta = 0.1$ meets a gradient of
# -3. By how much does it change the weight? Give the sign, too.

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
# **4.** Write a step of Adam for one weight: `step(w, g, m, v, t)` gives a list of the new w, m and
# v. Take $\eta = 0.1$, $\beta_1 = 0.9$, $\beta_2 = 0.99$ and $\varepsilon = 0$. The first step has
# t = 1.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>First m and v, then w. The hats are only for the step: what is
# returned is m and v themselves.</details>
# <details><summary>Answer</summary>
#
# In the first step $\hat m = g$ and $\hat v = g^2$, as the corrections have it.
#
# ```python
# def step(w, g, m, v, t):
#     m = 0.9 * m + 0.1 * g
#     v = 0.99 * v + 0.01 * g**2
#     m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.99**t)
#     return [w - 0.1 * m_hat / v_hat**0.5, m, v]
#
#
# my_answer = step
# ```
#
# </details>
#
# **5.** Invent a loss of one weight w on which gradient descent at rate 1, starting from w = 1,
# jumps between two points for ever. Give a formula in w, as a text.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>For a parabola the limit of the rate is 2 / L''.</details>
# <details><summary>Answer</summary>
#
# A parabola with $L'' = 2$ has its limit at 1, such as $w^2$: from 1 to -1, and back.
# `my_answer = "w**2"`
#
# </details>
