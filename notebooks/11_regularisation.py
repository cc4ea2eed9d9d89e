# %% [markdown]
# # Regularisation
#
# A network with enough weights can learn labels by heart, also wrong ones. Then it is perfect on
# the examples it was trained on, and poor on all others. This is *overfitting*.
#
# *Regularisation* is what one does against it. In this notebook a network learns coin tosses by
# heart. Then we try three remedies, all on the same problem: early stopping, weight decay and
# dropout.
#
# **You will be able to** see from curves that a network overfits, and to use each of the three.
#
# **You need** [the training loop](05_train_moons.ipynb). The optimizer is
# [Adam](10_optimizers.ipynb).

# %% [markdown]
# ## A problem with a simple rule
#
# An example has ten numbers. Only the first three count: if their sum is above 0 the label is 1,
# else it is 0. The other seven are noise. The network does not know this. It has 20 hidden
# neurons, and 241 weights and biases. (`compiled=True` does the same arithmetic on arrays, so that
# it takes less time: [notebook 14](14_from_scalars_to_arrays.ipynb).)

# %%
import random

import matplotlib.pyplot as plt

from nn import MLP, fit, losses, metrics, optimizers

INPUTS = 10
BLUE, RED, GREEN = "#0072b2", "#d55e00", "#009e73"


def draw(count, rng):
    """Labelled examples."""
    rows = [[rng.gauss(0, 1) for _ in range(INPUTS)] for _ in range(count)]
    return [(x, int(sum(x[:3]) > 0)) for x in rows]


def network(seed=1):
    return MLP(INPUTS, [20, 1], rng=random.Random(seed))


def train(model, examples, epochs, weight_decay=0.0, **options):
    """Train with Adam, in batches of 10; gives the history."""
    adam = optimizers.Adam(model.parameters(), lr=0.01, weight_decay=weight_decay)
    return fit(
        model,
        losses.binary_cross_entropy_with_logits,
        examples,
        optimizer=adam,
        epochs=epochs,
        batch_size=10,
        rng=random.Random(0),
        compiled=True,
        **options,
    )


def share_right(model, examples):
    right = sum(metrics.binary_accuracy(model.predict(x), y) for x, y in examples)
    return right / len(examples)


rng = random.Random(1)
clean, test = draw(200, rng), draw(300, rng)
print(len(network().parameters()), "parameters")

# %% [markdown]
# ## Learning chance by heart
#
# First we take the rule away. The labels of 50 examples are tossed with a coin. There is nothing in
# them to learn.

# %%
coin = [(x, rng.randint(0, 1)) for x, _ in clean[:50]]
tossed_test = [(x, rng.randint(0, 1)) for x, _ in test]

memoriser = network()
train(memoriser, coin, epochs=150)
print(f"examples it was trained on: {share_right(memoriser, coin):.0%} right")
print(f"new coin tosses:            {share_right(memoriser, tossed_test):.0%} right")

# %% tags=["guard"]
assert share_right(memoriser, coin) == 1.0
assert abs(share_right(memoriser, tossed_test) - 0.5) < 0.1

# %% [markdown]
# All 50 right, and on new ones no better than a coin. So a small training loss says nothing by
# itself (Zhang and others, *Understanding deep learning requires rethinking generalization*, 2017).
# Here the network works like a list of examples in which one looks up the nearest.
#
# How, then, can such a network ever learn a rule? Let us look at what it learns first.

# %% [markdown]
# ## Mistakes in the labels
#
# Now the rule is back, for 200 examples. But somebody was careless: about one label in five is
# flipped. We watch three shares as training goes on:
#
# - of the examples with a *right* label, how many are learned;
# - of those with a *wrong* label, how many are learned, mistake and all;
# - how many of the test examples, whose labels are all right, are classified correctly.
#
# (The `validation` examples are for the next section.)

# %%
flipped = [rng.random() < 0.2 for _ in clean]
noisy = [(x, 1 - y if flip else y) for (x, y), flip in zip(clean, flipped)]
right_labels = [example for example, flip in zip(noisy, flipped) if not flip]
wrong_labels = [example for example, flip in zip(noisy, flipped) if flip]
validation = [(x, 1 - y if rng.random() < 0.2 else y) for x, y in draw(100, rng)]


def watched(model, epochs=61, **options):
    """Train on the noisy labels; gives (history, [(epoch, three shares)] every fifth epoch)."""
    seen = []

    def look(epoch):
        if epoch.number % 5 == 1:
            parts = (right_labels, wrong_labels, test)
            seen.append((epoch.number, [share_right(model, part) for part in parts]))

    # fit calls each callback at the end of each epoch
    return train(model, noisy, epochs, callbacks=[look], **options), seen


def plot_shares(axes, seen, title):
    epochs = [epoch for epoch, _ in seen]
    names = ("right labels learned", "wrong labels learned", "test examples right")
    for k, (name, colour, line) in enumerate(zip(names, (BLUE, RED, GREEN), ("-", "--", "-."))):
        axes.plot(epochs, [shares[k] for _, shares in seen], line, color=colour, label=name)
    axes.set(title=title, xlabel="epoch", ylim=(0, 1.03))
    axes.grid(alpha=0.3)


def name_curves(axes):
    """The legend, beside the picture; and what the curves are."""
    axes.set_ylabel("share")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))


plain = network()
history, seen = watched(plain, validation=validation)
figure, axes = plt.subplots(figsize=(8, 3.4))
plot_shares(axes, seen, "no regularisation")
name_curves(axes)
figure.tight_layout()

# %% [markdown]
# There are two phases here, as Arpit and others saw them in larger networks (*A closer look at
# memorization in deep networks*, 2017). At first the network learns the right labels, and *refuses*
# the wrong ones: they contradict the rule that it finds in the others. The test examples go up with
# the right labels. Later nearly all right labels are learned, and what is left to gain are the
# exceptions. The network learns more and more of the wrong labels, and fewer test examples are
# right.
#
# A network that has learned the right labels, and has not yet learned the wrong ones, has found the
# rule. So the best moment to stop is in the first phase.

# %%
best = max(shares[2] for _, shares in seen)
last = seen[-1][1]
print(f"test examples right: {best:.0%} at best, {last[2]:.0%} in the end")
print(f"wrong labels learned in the end: {last[1]:.0%}")

# %% tags=["guard"]
assert min(shares[1] for _, shares in seen) < 0.35
assert last[1] > 0.7
assert best - last[2] > 0.04

# %% [markdown]
# ## Early stopping
#
# In practice one does not know which labels are wrong. But one can put some examples aside, a
# *validation set*, and watch the loss on these. Its labels may have mistakes as well; here one in
# five has. The training loss falls and falls. The validation loss turns:

# %%
figure, axes = plt.subplots(figsize=(6, 3.2))
numbers = [epoch.number for epoch in history.epochs]
validation_losses = [epoch.validation["loss"] for epoch in history.epochs]
turn = min(numbers, key=lambda number: validation_losses[number - 1])
axes.plot(numbers, [epoch.loss for epoch in history.epochs], color=BLUE, label="training")
axes.plot(numbers, validation_losses, "--", color=RED, label="validation")
axes.axvline(turn, color="#595959", linestyle=":")
axes.annotate("  the turn", (turn, 0.05))
axes.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
axes.legend()
figure.tight_layout()

# %% [markdown]
# `EarlyStopping` waits for the turn. When the validation loss has not improved for `patience`
# epochs, it ends training. Then it gives the parameters the numbers back that they had at the best
# epoch.

# %%
from nn import EarlyStopping

stopped = network()
history, _ = watched(stopped, validation=validation, early_stopping=EarlyStopping(patience=8))
print(f"stopped after {len(history.epochs)} epochs, back to epoch {turn}")

# %% tags=["guard"]
assert history.stopped_early
assert len(history.epochs) == turn + 8

# %% [markdown]
# Here is the table that we are going to fill: how each remedy does on the same problem. The last
# column is how large the weights are: the root of the mean of their squares.

# %%
results = {}


def note(name, model):
    shares = [share_right(model, part) for part in (right_labels, wrong_labels, test)]
    parameters = model.parameters()
    results[name] = [*shares, (sum(p.data**2 for p in parameters) / len(parameters)) ** 0.5]


def print_results():
    print(f"{'':20}right labels   wrong labels   test   weights")
    for name, (right, wrong, tested, size) in results.items():
        print(f"{name:20}{right:12.0%}{wrong:15.0%}{tested:7.0%}{size:10.2f}")


note("no regularisation", plain)
note("early stopping", stopped)
print_results()

# %% [markdown]
# ## Weight decay
#
# To bend around an exception a network needs large weights: the network that learned the exceptions
# has larger ones than the one that was stopped. So let large weights cost something. We add a
# penalty to the loss L:
#
# $$J = L + \frac{\lambda}{2} \sum_i w_i^2, \qquad
# \frac{\partial J}{\partial w_i} = \frac{\partial L}{\partial w_i} + \lambda w_i.$$
#
# A step of gradient descent is then $w \leftarrow (1 - \eta \lambda) w - \eta \, \partial L /
# \partial w$. Every weight shrinks a little at each step, hence *weight decay*. A weight that the
# examples do not need fades away. `weight_decay=` tells an optimizer what λ is. For `SGD` and
# `Adam` it is the same as the penalty. ([AdamW](10_optimizers.ipynb) is another matter.) Here is
# one step with each:

# %%
from autograd_mini import Value

rate, decay = 0.1, 0.3


def one_step(weight_decay, penalty):
    w = [Value(0.5), Value(-2.0)]
    sgd = optimizers.SGD(w, lr=rate, weight_decay=weight_decay)
    loss = losses.half_squared_error(w[0] * w[1], 1.0) + penalty / 2 * losses.l2(w)
    loss.backward()
    sgd.step()
    return [wi.data for wi in w]


built_in, by_penalty = one_step(decay, 0.0), one_step(0.0, decay)
print("weight_decay=:", [round(w, 6) for w in built_in])
print("by a penalty: ", [round(w, 6) for w in by_penalty])

# %% tags=["guard"]
assert all(abs(a - b) < 1e-12 for a, b in zip(built_in, by_penalty))

# %% [markdown]
# How much decay does it take? We try two strengths:

# %%
figure, axes = plt.subplots(1, 2, figsize=(11, 3.2), sharey=True)
for axis, decay in zip(axes, (0.001, 0.1)):
    decayed = network()
    _, seen = watched(decayed, weight_decay=decay)
    plot_shares(axis, seen, f"weight decay {decay}")
    note(f"weight decay {decay}", decayed)
axes[0].set_ylabel("share")
axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1))
figure.tight_layout()
print_results()

# %% tags=["guard"]
sizes = {name: size for name, (*_, size) in results.items()}
assert sizes["weight decay 0.1"] < sizes["early stopping"] < sizes["no regularisation"] / 1.5
assert results["weight decay 0.001"][1] > 0.6
assert results["weight decay 0.1"][1] < 0.35
assert results["weight decay 0.1"][2] > results["no regularisation"][2] + 0.04

# %% [markdown]
# With a decay of 0.001 nearly all wrong labels are learned all the same. Zhang and others found
# this in large networks: the weight decay that was usual did not keep them from memorising. A decay
# of 0.1 does it here. The rule is simple, and small weights are enough for it.

# %% [markdown]
# ## Ridge and lasso
#
# With the squares the penalty is called *ridge* (Hoerl and Kennard, 1970). With the sizes,
# $\lambda \sum_i |w_i|$, it is called *lasso* (Tibshirani, 1996). What is the difference? Look at
# the slopes:
#
# $$\frac{\partial}{\partial w} \frac{\lambda}{2} w^2 = \lambda w, \qquad
# \frac{\partial}{\partial w} \lambda |w| = \pm \lambda.$$
#
# The nearer a weight is to 0, the less the ridge pulls, and so no weight gets there. The lasso
# pulls with the same force to the end. If the slope of the loss at 0 is smaller than λ, the weight
# goes to 0 altogether.
#
# We see it best in a linear model. There are eight inputs, and only the first two count:
# $y = 2 x_1 - x_2$ plus noise.

# %%
import numpy as np

from nn import Linear, schedules

rng = random.Random(1)
rows = [[rng.gauss(0, 1) for _ in range(8)] for _ in range(30)]
line = [(x, [2 * x[0] - x[1] + rng.gauss(0, 1)]) for x in rows]


def linear_weights(penalty, schedule=None):
    """Weights of the mean half squared error plus a penalty, by gradient descent."""
    model = Linear(8, 1, rng=random.Random(0))
    weights = model.neurons[0].w
    model.neurons[0].b.data = 0.0
    fit(
        model,
        lambda out, y: losses.half_squared_error(out, y) + penalty(weights),
        line,
        optimizer=optimizers.SGD(weights, lr=0.3),
        epochs=150,
        rng=random.Random(0),
        schedule=schedule,
    )
    return [w.data for w in weights]


lam = 0.4
free = linear_weights(lambda weights: 0.0)
ridge = linear_weights(lambda weights: lam / 2 * losses.l2(weights))
lasso = linear_weights(lambda weights: lam * losses.l1(weights), schedules.linear_decay)

figure, axes = plt.subplots(figsize=(7.5, 3))
kinds = (("no penalty", free, "#7f7f7f"), ("ridge", ridge, BLUE), ("lasso", lasso, RED))
for k, (name, weights, colour) in enumerate(kinds):
    places = [i + 1 + 0.27 * (k - 1) for i in range(8)]
    axes.bar(places, weights, width=0.25, color=colour, label=name)
axes.axhline(0, color="black", linewidth=0.8)
axes.set(xlabel="weight", xticks=range(1, 9))
axes.legend()
figure.tight_layout()

# %% [markdown]
# Both make the large weights smaller. But the lasso also *chooses*: what is left are the inputs
# that count. (Gradient descent does not quite stop at 0. It jumps over it and back, each time by
# the learning rate times λ. That is why we let the rate fall.)
#
# For the ridge there is a formula, so we can check the training. With n examples, one in each row
# of $\mathbf{X}$, and with the identity matrix $\mathbf{I}$, it is $\mathbf{w} = (\mathbf{X}^\top
# \mathbf{X} + n \lambda \mathbf{I})^{-1} \mathbf{X}^\top \mathbf{y}$.

# %%
X, targets = np.array(rows), np.array([y for _, [y] in line])
solved = np.linalg.solve(X.T @ X + len(X) * lam * np.eye(8), X.T @ targets)
print("ridge, trained:       ", np.round(ridge, 4))
print("ridge, by the formula:", np.round(solved, 4))
print("weights nearer to 0 than 0.01:", end=" ")
for name, weights, _ in kinds:
    print(f"{name} {sum(abs(w) < 0.01 for w in weights)}", end="; " if name != "lasso" else "\n")

# %% tags=["guard"]
assert np.abs(solved - ridge).max() < 1e-9
assert all(abs(w) < 0.01 for w in lasso[2:])
assert all(abs(w) > 0.3 for w in lasso[:2])

# %% [markdown]
# ## Dropout
#
# *Dropout* (Srivastava and others, 2014) makes training harder. At every step each hidden output is
# replaced by 0 with the probability p. So no neuron can rely on one other neuron, and an exception
# cannot be stored in a few of them.
#
# The outputs that stay are divided by 1 - p, so that the mean is what it was. After training,
# `eval()` switches dropout off. `predict` never uses it.

# %%
from nn import Dropout

layer = Dropout(0.5, rng=random.Random(0))
print("training:  ", layer([1.0, 2.0, 3.0, 4.0]))
print("once more: ", layer([1.0, 2.0, 3.0, 4.0]))
print("evaluation:", layer.eval()([1.0, 2.0, 3.0, 4.0]))

# %% [markdown]
# `Sequential` puts it between the layers. The last part takes the one output out of its list.

# %%
from operator import itemgetter

from nn import Layer, Sequential

rng = random.Random(1)
dropped = Sequential(
    Layer(INPUTS, 20, activation="relu", rng=rng),
    Dropout(0.5, rng=rng),
    Linear(20, 1, rng=rng),
    itemgetter(0),
)
_, seen = watched(dropped)
note("dropout 0.5", dropped)
print_results()

figure, axes = plt.subplots(figsize=(8, 3.4))
plot_shares(axes, seen, "dropout 0.5")
name_curves(axes)
figure.tight_layout()

# %% tags=["guard"]
assert results["dropout 0.5"][1] < results["no regularisation"][1] - 0.2
assert results["dropout 0.5"][2] > results["no regularisation"][2]
assert results["dropout 0.5"][3] < results["no regularisation"][3]

# %% [markdown]
# All three help here: fewer wrong labels are learned, more of the test examples are right, and the
# weights are smaller. They work in different ways, and can be combined.
#
# ## Learning curves
#
# A remedy of another kind is more examples. A *learning curve* shows how good a model gets with how
# many of them. Now all labels are right again.

# %%
rng = random.Random(3)
many = draw(400, rng)
counts = [12, 25, 50, 100, 200, 400]
curves = {0.0: [], 0.1: []}
for decay, points in curves.items():
    for count in counts:
        model = network()
        train(model, many[:count], epochs=max(8, 2000 // count), weight_decay=decay)
        points.append([share_right(model, many[:count]), share_right(model, test)])

figure, axes = plt.subplots(1, 2, figsize=(8.5, 3.2), sharey=True)
for axis, (decay, points) in zip(axes, curves.items()):
    axis.semilogx(counts, [p for p, _ in points], "o-", color=BLUE, label="training")
    axis.semilogx(counts, [p for _, p in points], "^--", color=RED, label="test")
    axis.set(title=f"weight decay {decay}", xlabel="number of examples", ylim=(0.45, 1.03))
    axis.set_xticks(counts, counts)
    axis.minorticks_off()
    axis.grid(alpha=0.3)
axes[0].set_ylabel("share right")
axes[0].legend(loc="lower right")
figure.tight_layout()

# %% tags=["guard"]
for points in curves.values():
    assert points[-1][1] > points[0][1] + 0.15
    assert points[0][0] - points[0][1] > 2 * abs(points[-1][0] - points[-1][1])

# %% [markdown]
# With few examples there is a wide gap between the two curves: everything is learned by heart, and
# little of it is the rule. With more examples the gap closes. If your own curves look like the left
# end, regularise, or find more examples. If they have met and are still too low, neither will help.
# Then the model is too small, or the inputs do not say enough.

# %% [markdown]
# ## One weight, two penalties
#
# A single weight w has the loss $\frac12 (w - a)^2$, with the minimum at a. Where does the penalty
# of the ridge move it, and where that of the lasso, both with λ = 0.5? Here is the answer for some
# a, found by trying. (Exercises 1 and 2 ask for the formulas.)


# %%
def minimum(a, penalty):
    """By trying places 0.001 apart."""
    places = [k / 1000 for k in range(-3000, 3001)]
    return min(places, key=lambda w: (w - a) ** 2 / 2 + penalty(w))


lam = 0.5
for a in (-2.0, -0.3, 0.0, 0.4, 1.5):
    ridge = minimum(a, lambda w: lam / 2 * w * w)
    lasso = minimum(a, lambda w: lam * abs(w))
    print(f"a = {a:4}   ridge {ridge:6.3f}   lasso {lasso:6.3f}")

# %% tags=["guard"]
for a in (-2.0, -0.3, 0.0, 0.4, 1.5):
    soft = max(abs(a) - lam, 0) * (1 if a > 0 else -1)
    assert abs(minimum(a, lambda w: lam / 2 * w * w) - a / (1 + lam)) <= 0.001
    assert abs(minimum(a, lambda w: lam * abs(w)) - soft) <= 0.001

# %% [markdown]
# ## The mean over all masks
#
# Dropout does not change the mean output of a linear neuron. A *mask* says which inputs stay. With
# n inputs there are $2^n$ masks. `Dropout` takes a mask of one's own, so we can try all of them:

# %%
from itertools import product

from nn import Neuron

neuron = Neuron(4, activation=None, rng=random.Random(4))
x, p = [1.0, -2.0, 0.5, 3.0], 0.3
layer, mean = Dropout(p), 0.0
for kept in product([0, 1], repeat=4):
    probability = (1 - p) ** sum(kept) * p ** (4 - sum(kept))
    mean += probability * neuron.predict(layer(x, mask=[k / (1 - p) for k in kept]))
print(f"mean over 16 masks {mean:.6f}, without dropout {neuron.predict(x):.6f}")

# %% tags=["guard"]
assert abs(mean - neuron.predict(x)) < 1e-12

# %% [markdown]
# ## How much can one neuron learn by heart?
#
# A single neuron has eleven parameters here. Can it learn ten coin tosses? Yes: in ten dimensions a
# plane can divide ten points in any way, unless they lie in some special position. But it cannot
# learn fifty. How much a model can memorise depends on how many parameters it has.

# %%
for count in (10, 50):
    single = MLP(INPUTS, [1], rng=random.Random(0))
    train(single, coin[:count], epochs=4000 // count)
    print(f"{count} coin tosses: {share_right(single, coin[:count]):.0%} learned")

# %% tags=["guard"]
assert share_right(single, coin[:50]) < 0.8

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("11")

# %% [markdown]
# **1.** A single weight has the loss $\frac12 (w - a)^2$. Where is the minimum with the ridge's
# penalty $\frac{\lambda}{2} w^2$ for $\lambda = 0.5$? Give a formula in a, as a text such as
# `"a**2 - 1"`.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Set the derivative of the sum to 0.</details>
# <details><summary>Answer</summary>
#
# $w - a + \lambda w = 0$, so $w = a / (1 + \lambda)$. `my_answer = "a / 1.5"`
#
# </details>
#
# **2.** And with the lasso's penalty $\lambda |w|$, for any a, and again for $\lambda = 0.5$?
# `sign(a)`, `abs(a)`, `max(.., ..)` and `min(.., ..)` may be in the formula.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Where w > 0 it is a - λ, as long as that is above 0. And
# below?</details>
# <details><summary>Answer</summary>
#
# Likewise on the other side, and in between the minimum is at 0. This is called *soft
# thresholding*. `my_answer = "sign(a) * maximum(abs(a) - 0.5, 0)"`
#
# </details>
#
# **3.** In training, a neuron's output 2 stayed, and `Dropout` made 2.5 of it. With which
# probability p does it leave an output out?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>By what is an output divided that stays?</details>
# <details><summary>Answer</summary>
#
# $2 / (1 - p) = 2.5$, so $1 - p = 0.8$. `my_answer = 0.2`
#
# </details>
#
# **4.** Write a step of gradient descent with weight decay: `step(w, g, rate, decay)` gives the new
# w, if g is the gradient of the loss alone.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The penalty's gradient is decay times w.</details>
# <details><summary>Answer</summary>
#
# $w - \eta\,(g + \lambda w)$.
#
# ```python
# def step(w, g, rate, decay):
#     return w - rate * (g + decay * w)
#
#
# my_answer = step
# ```
#
# </details>
#
# **5.** Write early stopping: `best(losses, patience)` gets a list, the validation loss of each
# epoch. It gives the epoch, counted from 0, that training goes back to. Training ends when
# `patience` epochs in a row were not better than the best before them. It knows nothing of the
# epochs after that.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Keep the best epoch so far. How long ago was it?</details>
# <details><summary>Answer</summary>
#
# The losses after the end do not count, even if they are lower.
#
# ```python
# def best(losses, patience):
#     found = 0
#     for epoch, loss in enumerate(losses):
#         if loss < losses[found]:
#             found = epoch
#         elif epoch - found >= patience:
#             break
#     return found
#
#
# my_answer = best
# ```
#
# </details>
