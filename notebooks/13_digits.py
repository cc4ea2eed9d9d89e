# %% [markdown]
# # Reading handwritten digits
#
# The network in this notebook reads digits that people wrote by hand. It is written in nothing but
# scalars: every number in it is a `Value`. After three passes over the pictures it is right at
# least 19 times out of 20.
#
# Then we look inside: at its mistakes, at what its neurons look for, and at how the loss of one
# single picture becomes a gradient for every weight, and for every pixel.
#
# **You will be able to** train a network on real data, count its mistakes, and say what one example
# teaches it.
#
# **You need** [the training loop](05_train_moons.ipynb) and, for the last part, [backprop in
# matrices](12_matrix_form_of_backprop.ipynb). The pictures come with
# [scikit-learn](https://scikit-learn.org), which the extra `notebook` installs.

# %% [markdown]
# ## The pictures
#
# 1797 digits, each of 8 by 8 pixels. A pixel is a number from 0, paper, to 16, ink. There are
# ten classes, and each has about 180 pictures.

# %%
import random

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

pictures, digits = load_digits(return_X_y=True)
pictures, digits = pictures.tolist(), digits.tolist()


def show(axis, picture, title="", **options):
    """A list of 64 numbers as a picture; dark is large."""
    rows = [picture[i : i + 8] for i in range(0, 64, 8)]
    axis.imshow(rows, **({"cmap": "Greys"} | options))
    axis.set_title(title, fontsize=9)
    axis.set(xticks=[], yticks=[])


figure, axes = plt.subplots(2, 10, figsize=(9, 2.3))
for axis, picture, digit in zip(axes.flat, pictures, digits):
    show(axis, picture, digit)
figure.tight_layout()

# %% [markdown]
# To the network a picture is a list of 64 numbers. We move them to the range from -1 to 1, so that
# paper and ink count alike. A quarter of the pictures is put aside. The network is trained on the
# others, and in the end these tell whether it has learned to read, or just learned by heart.
# `split` takes a quarter of each digit.

# %%
from nn.data import Dataset, split

rows = [[pixel / 8 - 1 for pixel in picture] for picture in pictures]
names = [f"pixel {i}" for i in range(64)]
data = Dataset(names, [str(k) for k in range(10)], rows, digits)

rng = random.Random(0)
training, test = (list(zip(part.rows, part.labels)) for part in split(data, 0.25, rng))
print(len(training), "pictures to train on,", len(test), "to test on")

# %% [markdown]
# ## The network
#
# 64 inputs, 32 hidden neurons with relu, 10 outputs. The outputs are *logits*, one for each
# digit. The softmax makes probabilities of them:
#
# $$\hat y_k = \frac{e^{z_k}}{\sum_j e^{z_j}}.$$
#
# The loss of a picture is the *cross entropy*, $-\ln \hat y_y$ where y is the right digit. Somebody
# who guesses gives each digit one tenth, and pays $\ln 10 \approx 2.3$.

# %%
from nn import MLP, fit, losses, metrics, optimizers, schedules

model = MLP(64, [32, 10], rng=rng)
print(model, "with", len(model.parameters()), "parameters")

some = test[:100]
mean = sum(losses.cross_entropy(model.predict(x), y) for x, y in some) / len(some)
print(f"mean loss before training: {mean:.1f}")

# %% [markdown]
# ## Training
#
# Three *epochs*: each picture comes up three times. After every 32 pictures, a *batch*, the
# optimizer makes one step. The optimizer is Adam. It starts at a rate of 0.01, and the rate
# falls to 0 along a line. (`compiled=True` does the same arithmetic on arrays, so that it takes
# less time: [notebook 14](14_from_scalars_to_arrays.ipynb).)

# %%
history = fit(
    model,
    losses.cross_entropy,
    training,
    optimizer=optimizers.Adam(model.parameters(), lr=0.01),
    epochs=3,
    batch_size=32,
    rng=rng,
    schedule=schedules.linear_decay,
    compiled=True,
    metrics={"accuracy": metrics.accuracy},
    validation=test,
)
for epoch in history.epochs:
    print(
        f"epoch {epoch.number}: {epoch.metrics['accuracy']:.0%} of the training pictures right,"
        f" and {epoch.validation['accuracy']:.0%} of the test pictures"
    )

# %% [markdown]
# (In the first epoch the test pictures do better. That is no mistake: a training picture is
# counted when it comes up, a test picture at the end of the epoch, when the network has learned
# more.)
#
# ## Which digits are taken for which
#
# The *confusion matrix* counts. Its row is what the digit was, and its column what the network
# said. What is right is on the diagonal.

# %%
from autograd_mini import softmax

outputs = [model.predict(x) for x, _ in test]
said = [metrics.predicted_class(logits) for logits in outputs]
was = [digit for _, digit in test]
table = metrics.confusion_matrix(said, was, 10)

right = sum(table[k][k] for k in range(10))
print(f"{right} of {len(test)} right, {right / len(test):.1%}")

figure, axes = plt.subplots(figsize=(4.6, 4.2))
mistakes = [[0 if i == j else table[i][j] for j in range(10)] for i in range(10)]
axes.imshow(mistakes, cmap="Oranges", vmax=2 * max(map(max, mistakes)))
for i in range(10):
    for j in range(10):
        if table[i][j]:
            weight = "normal" if i == j else "bold"
            axes.text(j, i, table[i][j], ha="center", va="center", fontsize=9, weight=weight)
axes.set(xlabel="said", ylabel="was", xticks=range(10), yticks=range(10))
figure.tight_layout()

# %% tags=["guard"]
assert right >= 0.95 * len(test)

# %% [markdown]
# ## The mistakes
#
# Here they are. Above each picture stands what it is, and below what the network said, and how
# sure it was.

# %%
wrong = [i for i in range(len(test)) if said[i] != was[i]]
figure, axes = plt.subplots(2, 10, figsize=(9, 2.9))
for axis in axes.flat:
    axis.axis("off")
for axis, i in zip(axes.flat, wrong):
    axis.axis("on")
    show(axis, test[i][0], f"a {was[i]}")
    axis.set_xlabel(f"{said[i]}? {softmax(outputs[i])[said[i]]:.0%}", fontsize=9, color="#a63a00")
figure.tight_layout()

# %% [markdown]
# How many of these can you read? The network's doubt is worth something: if it may leave out the
# pictures of which it is least sure, it makes fewer mistakes in the others.

# %%
surest = sorted(range(len(test)), key=lambda i: max(softmax(outputs[i])), reverse=True)
for share in (1.0, 0.9, 0.8):
    answered = surest[: round(share * len(test))]
    errors = sum(said[i] != was[i] for i in answered)
    print(f"of the surest {share:4.0%}: {errors:2} wrong in {len(answered)}")
kept = surest[: round(0.8 * len(test))]

# %% tags=["guard"]
assert sum(said[i] != was[i] for i in kept) < len(wrong) / 2

# %% [markdown]
# ## What the neurons look like
#
# A hidden neuron has one weight for each pixel. So its weights are a picture, too. Where it is
# red, ink excites the neuron; where it is blue, ink holds it back.

# %%
hidden, output = model.layers
weights = [[w.data for w in neuron.w] for neuron in hidden.neurons]
most = max(max(map(abs, row)) for row in weights)
figure, axes = plt.subplots(4, 8, figsize=(8, 4.2))
for axis, row in zip(axes.flat, weights):
    show(axis, row, cmap="RdBu_r", vmin=-most, vmax=most)
figure.tight_layout()

# %% [markdown]
# Nobody told them what to look for. Some have a spot or a stroke that can be recognised, and others
# look like noise; in part they are, for the weights were random at first. A pixel at the left edge
# is paper in nearly every picture. So it tells the neuron nothing, and its weight is one more bias.

# %%
left = [x[8 * row] for x, _ in training for row in range(8)]
print(f"of the pixels at the left edge {sum(p == -1 for p in left) / len(left):.1%} are paper")

# %% [markdown]
# Can a relu neuron be dead, off for every picture? `dead_neurons` looks:

# %%
from nn.diagnostics import dead_neurons

dead = dead_neurons(model, [x for x, _ in training[:300]])
print("dead neurons in each layer:", [len(layer) for layer in dead])

# %% [markdown]
# These are off for all of these pictures. No gradient passes them, so no picture of these can bring
# them back. The others do the work without them.

# %% [markdown]
# ## One picture, step by step
#
# Let us take a picture on which the network is wrong, and see what it would learn from it. We
# begin at the logits. They are ten numbers, and we give each a name.

# %%
from autograd_mini import Value, step_through

x, y = test[wrong[0]]
z = [Value(logit, f"z[{k}]") for k, logit in enumerate(model.predict(x))]
loss = losses.cross_entropy(z, y)
loss.label = "loss"
step_through(loss, title=f"The loss of a {y} that was taken for a {said[wrong[0]]}")

# %% [markdown]
# The cross entropy is the `logsumexp` of all logits, minus the logit of the right digit. The
# local derivatives of `logsumexp` are the probabilities. So the gradients at the logits, which are
# the *error terms* of the output neurons, come to
#
# $$\delta_k = \frac{\partial L}{\partial z_k} = \hat y_k - y_k,$$
#
# where $y_k$ is 1 for the right digit, and 0 for the others. Whoever got too much has to give it
# back, and the right digit gets it.

# %%
loss.backward()
p = softmax([zk.data for zk in z])
delta = [zk.grad for zk in z]
for k in range(10):
    assert abs(delta[k] - (p[k] - (k == y))) < 1e-12

figure, (left, middle) = plt.subplots(1, 2, figsize=(7, 2.6), width_ratios=[1, 2.6])
show(left, x, f"a {y}, taken for a {said[wrong[0]]}")
middle.bar(range(10), delta, color=["#a63a00" if d > 0 else "#0b5394" for d in delta])
middle.axhline(0, color="black", linewidth=0.8)
middle.set(xlabel="digit k", xticks=range(10), title=r"error terms $\delta_k = \hat{y}_k - y_k$")
figure.tight_layout()

# %% tags=["guard"]
assert abs(sum(delta)) < 1e-12

# %% [markdown]
# The next step back is the last layer, $\mathbf{z} = \mathbf{W} \mathbf{h} + \mathbf{b}$, with the
# 32 outputs h of the hidden neurons. Its gradient is an outer product, and so is that of the first
# layer, with the error terms that come through W and relu:
#
# $$\frac{\partial L}{\partial \mathbf{W}^{[2]}} = \delta \, \mathbf{h}^\top, \qquad
# \delta^{[1]} = (\mathbf{W}^{[2]})^\top \delta \odot \mathrm{relu}'(\mathbf{z}^{[1]}), \qquad
# \frac{\partial L}{\partial \mathbf{W}^{[1]}} = \delta^{[1]} \mathbf{x}^\top, \qquad
# \frac{\partial L}{\partial \mathbf{x}} = (\mathbf{W}^{[1]})^\top \delta^{[1]}.$$
#
# We compute these by hand from the δ above, and compare with a backward pass through the whole
# network:

# %%
pixels = [Value(xi) for xi in x]
model.zero_grad()
losses.cross_entropy(model(pixels), y).backward()

h = hidden.predict(x)
arriving = [sum(d * n.w[j].data for d, n in zip(delta, output.neurons)) for j in range(32)]
delta_1 = [a if hj > 0 else 0.0 for a, hj in zip(arriving, h)]
to_pixels = [sum(d * n.w[i].data for d, n in zip(delta_1, hidden.neurons)) for i in range(64)]

by_hand = {
    "W2": [d * hj for d in delta for hj in h],
    "W1": [d * xi for d in delta_1 for xi in x],
    "x": to_pixels,
}
by_engine = {
    "W2": [w.grad for neuron in output.neurons for w in neuron.w],
    "W1": [w.grad for neuron in hidden.neurons for w in neuron.w],
    "x": [pixel.grad for pixel in pixels],
}
for name, gradient in by_hand.items():
    same = all(abs(a - b) < 1e-12 for a, b in zip(gradient, by_engine[name]))
    print(f"the {len(gradient)} derivatives by {name} are the same: {same}")
print(sum(hj == 0 for hj in h), "of 32 hidden neurons are off, and learn nothing from this picture")

# %% [markdown]
# Here is the gradient of the last layer, one row for each digit. Two kinds of stripes can be
# seen. A row is strong where the digit's error term is large. A column is white where the hidden
# neuron is off.

# %%
figure, axes = plt.subplots(figsize=(8, 2.9))
table = [[w.grad for w in neuron.w] for neuron in output.neurons]
most = max(max(map(abs, row)) for row in table)
axes.imshow(table, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
axes.set(xlabel="hidden neuron", ylabel="digit", yticks=range(10))
figure.tight_layout()

# %% [markdown]
# The gradient does not have to stop at the weights. It goes on to the pixels, and shows what the
# network objects to. Less ink where it is red, more where it is blue, and the loss falls:

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(5, 2.6))
show(left, x, "the picture")
most = max(map(abs, to_pixels))
show(right, to_pixels, "its gradient", cmap="RdBu_r", vmin=-most, vmax=most)
figure.tight_layout()

# %% [markdown]
# ## Is the hidden layer needed?
#
# Without it this is *softmax regression*. It does well, too; but not as well.


# %%
def share_right(model, examples):
    return sum(metrics.accuracy(model.predict(x), y) for x, y in examples) / len(examples)


rng = random.Random(1)
linear = MLP(64, [10], rng=rng)
fit(
    linear,
    losses.cross_entropy,
    training,
    optimizer=optimizers.Adam(linear.parameters(), lr=0.01),
    epochs=3,
    batch_size=32,
    rng=rng,
    schedule=schedules.linear_decay,
    compiled=True,
)
print(f"{share_right(linear, test):.0%} without, {share_right(model, test):.0%} with hidden layer")

# %% tags=["guard"]
assert 0.8 < share_right(linear, test) < share_right(model, test)

# %% [markdown]
# ## One pixel to the right
#
# Move all test pictures one pixel to the right. How many are read now? Fewer than half. To this
# network a picture is a list of 64 numbers, in which the
# neighbours of a pixel mean nothing. What it learned about one place it does not know of the next.
# Networks with *convolutions* share what they learn between all places.


# %%
def moved(picture):
    """One pixel to the right, with paper coming in."""
    return [pixel for i in range(0, 64, 8) for pixel in [-1.0, *picture[i : i + 7]]]


share = share_right(model, [(moved(x), y) for x, y in test])
print(f"{share:.0%} of the moved pictures are read")

# %% tags=["guard"]
assert share < 0.5

# %% [markdown]
# ## To fool it
#
# Take a picture that is read correctly. Change its pixels a little *along* the gradient, step by
# step, until it is taken for something else. Does it look like that to you? Such a picture is
# called an *adversarial example*. A little change in each of 64 pixels, all in the worst direction,
# adds up to a large one in the logits.

# %%
x, y = next((x, y) for i, (x, y) in enumerate(test) if said[i] == y == 8)
fooled = list(x)
while (answer := metrics.predicted_class(model.predict(fooled))) == y:
    pixels = [Value(xi) for xi in fooled]
    losses.cross_entropy(model(pixels), y).backward()
    largest = max(abs(pixel.grad) for pixel in pixels)
    steps = (pixel.data + 0.05 * pixel.grad / largest for pixel in pixels)
    fooled = [min(1.0, max(-1.0, step)) for step in steps]

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(6, 2.4))
show(left, x, f"an {y}", vmin=-1, vmax=1)
show(middle, [b - a for a, b in zip(x, fooled)], "the change", cmap="RdBu_r", vmin=-2, vmax=2)
show(right, fooled, f"taken for a {answer}", vmin=-1, vmax=1)
figure.tight_layout()

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("13")

# %% [markdown]
# **1.** A network that knows nothing gives each of the ten digits the same probability. What is its
# loss?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Minus the logarithm of one tenth.</details>
# <details><summary>Answer</summary>
#
# $-\ln 0.1 = \ln 10$.
#
# ```python
# from math import log
#
# my_answer = log(10)
# ```
#
# </details>
#
# **2.** With three classes a network gives the probabilities 0.1, 0.7 and 0.2, and the third is
# right. What are the three error terms?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Prediction minus label.</details>
# <details><summary>Answer</summary>
#
# Only the right class has the label 1. `my_answer = [0.1, 0.7, -0.8]`
#
# </details>
#
# **3.** How many parameters has the network with 64 inputs, 32 hidden neurons and 10 outputs?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Each neuron has a weight for each of its inputs, and a
# bias.</details>
# <details><summary>Answer</summary>
#
# $32 \cdot 65 + 10 \cdot 33$. `my_answer = 32 * 65 + 10 * 33`
#
# </details>
#
# **4.** Write a function `left(picture)` that moves a picture, a list of 64 numbers, row by row,
# one pixel to the left. Paper, -1, comes in.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The first pixel of each row goes, and one comes in at its
# end.</details>
# <details><summary>Answer</summary>
#
# Eight rows of eight.
#
# ```python
# def left(picture):
#     rows = [picture[i : i + 8] for i in range(0, 64, 8)]
#     return [pixel for row in rows for pixel in [*row[1:], -1.0]]
#
#
# my_answer = left
# ```
#
# </details>
#
# **5.** Here is another way to fool a network: move every pixel by the *same* step, up where the
# gradient of the loss is positive, down where it is negative, and not at all where it is 0. Write
# `fool(x, gradient, step)`. No pixel may leave the range from -1 to 1.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>(g > 0) - (g < 0) is the sign of g.</details>
# <details><summary>Answer</summary>
#
# This is the *fast gradient sign method* (Goodfellow, Shlens and Szegedy, 2015).
#
# ```python
# def fool(x, gradient, step):
#     signs = [(g > 0) - (g < 0) for g in gradient]
#     return [min(1.0, max(-1.0, xi + step * s)) for xi, s in zip(x, signs)]
#
#
# my_answer = fool
# ```
#
# </details>
