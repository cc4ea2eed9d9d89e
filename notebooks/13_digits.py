# %% [markdown]
# # Reading handwritten digits
#
# The network in this notebook reads digits that people wrote by hand. It is written in nothing but
# scalars: every weight is a `Value`. After three passes over the pictures it reads at least 19 of
# 20 new ones.
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
# There are 1797 pictures of digits, about 180 of each digit. A picture has 8 by 8 pixels. A pixel
# is a number from 0, paper, to 16, ink.

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
# paper and ink count alike. A quarter of the pictures is put aside, the *test* pictures. The
# network is trained on the others. In the end the test pictures tell whether it has learned to
# read, or only learned by heart. `split` puts a quarter of each digit aside.

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
# It has 64 inputs, 32 hidden neurons with relu, and 10 outputs. The outputs are *logits* z, one for
# each digit. The softmax makes probabilities of them:
#
# $$\hat y_k = \frac{e^{z_k}}{\sum_j e^{z_j}}.$$
#
# The loss of a picture is the *cross entropy*, $-\ln \hat y_c$, where c is the right digit.
# Somebody who guesses gives each digit one tenth, and pays $\ln 10 \approx 2.3$.

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
# We train for three *epochs*, so each picture comes up three times. After every 32 pictures, a
# *batch*, the optimizer makes one step. It is [Adam](10_optimizers.ipynb), with a rate that falls
# from 0.01 to 0 along a line. (`compiled=True` does the same arithmetic on arrays, so that it takes
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
# (In the first epoch the test pictures do better. That is not a mistake: a training picture is
# counted when it comes up, a test picture at the end of the epoch, when the network has learned
# more.)
#
# ## Which digits are taken for which
#
# The *confusion matrix* counts the test pictures. Its row is what the digit was, and its column
# what the network said. What is right is on the diagonal.

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
# Here they are. Above each picture stands what the digit was. Below it stands what the network
# said, and which probability it gave that.

# %%
wrong = [i for i in range(len(test)) if said[i] != was[i]]
figure, axes = plt.subplots(2, 10, figsize=(9, 2.9))
for axis in axes.flat:
    axis.axis("off")
for axis, i in zip(axes.flat, wrong):
    axis.axis("on")
    show(axis, test[i][0], f"was {was[i]}")
    sure = softmax(outputs[i])[said[i]]
    axis.set_xlabel(f"said {said[i]}: {sure:.0%}", fontsize=8, color="#a63a00")
figure.tight_layout()

# %% [markdown]
# How many of these can you read? The network's doubt is worth something. Let it leave out the
# pictures of which it is least sure, and it makes fewer mistakes in the others:

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
# Nobody told them what to look for. In some one can see a spot or a stroke. Others look like noise,
# and in part they are: the weights were random at first. A pixel at the left edge is paper in
# nearly every picture. So it tells the neuron nothing, and its weight acts like one more bias.

# %%
left = [x[8 * row] for x, _ in training for row in range(8)]
print(f"of the pixels at the left edge {sum(p == -1 for p in left) / len(left):.1%} are paper")

# %% [markdown]
# A relu neuron can be *dead*: its output is 0 for every picture. `dead_neurons` looks at the first
# 300 training pictures:

# %%
from nn.diagnostics import dead_neurons

dead = dead_neurons(model, [x for x, _ in training[:300]])
print("dead neurons in each layer:", [len(layer) for layer in dead])

# %% [markdown]
# No gradient passes a dead neuron, so none of these pictures can change its weights. The other
# neurons do the work without it.
#
# ## One picture, step by step
#
# Let us take the first picture on which the network is wrong, and see what it would learn from it.
# We begin at the ten logits, and give each a name.

# %%
from autograd_mini import Value, step_through

x, c = test[wrong[0]]
z = [Value(logit, f"z[{k}]") for k, logit in enumerate(model.predict(x))]
loss = losses.cross_entropy(z, c)
loss.label = "loss"
step_through(loss, title=f"The loss of a picture that was {c}; the network said {said[wrong[0]]}")

# %% [markdown]
# Put the softmax into $-\ln \hat y_c$, and what is left is $\ln \sum_j e^{z_j} - z_c$. The first
# part is called `logsumexp`, and its local derivatives are the probabilities. So the gradients at
# the logits, which are the *error terms* of the output neurons, come to
#
# $$\delta_k = \frac{\partial L}{\partial z_k} = \hat y_k - y_k,$$
#
# where $y_k$ is 1 for the right digit, k = c, and 0 for the others. A wrong digit's logit should
# fall, and the more probable the network thought the digit, the more. The right digit's logit
# should rise.

# %%
loss.backward()
delta = [zk.grad for zk in z]

figure, (left, middle) = plt.subplots(1, 2, figsize=(7, 2.6), width_ratios=[1, 2.6])
show(left, x, f"was {c}, said {said[wrong[0]]}")
middle.bar(range(10), delta, color=["#a63a00" if d > 0 else "#0b5394" for d in delta])
middle.axhline(0, color="black", linewidth=0.8)
middle.set(xlabel="digit k", xticks=range(10), title=r"error terms $\delta_k = \hat{y}_k - y_k$")
figure.tight_layout()

# %% tags=["guard"]
assert abs(sum(delta)) < 1e-12
p = softmax([zk.data for zk in z])
assert all(abs(delta[k] - (p[k] - (k == c))) < 1e-12 for k in range(10))

# %% [markdown]
# The next step back is the last layer, $\mathbf{z} = \mathbf{W}^{[2]} \mathbf{h} +
# \mathbf{b}^{[2]}$, with the 32 outputs h of the hidden neurons. Its gradient is an outer product:
# the number in row k and column j is $\delta_k h_j$. Then the error terms go back through
# $\mathbf{W}^{[2]}$ and relu to the hidden neurons:
#
# $$\frac{\partial L}{\partial \mathbf{W}^{[2]}} = \delta \, \mathbf{h}^\top, \qquad
# \delta^{[1]} = (\mathbf{W}^{[2]})^\top \delta \odot \mathrm{relu}'(\mathbf{z}^{[1]}).$$
#
# ($\odot$ multiplies entry by entry.) The first layer is like the last, and its inputs are the
# pixels:
#
# $$\frac{\partial L}{\partial \mathbf{W}^{[1]}} = \delta^{[1]} \mathbf{x}^\top, \qquad
# \frac{\partial L}{\partial \mathbf{x}} = (\mathbf{W}^{[1]})^\top \delta^{[1]}.$$
#
# We compute these from the δ above, without the engine, and compare with a backward pass through
# the whole network:

# %%
pixels = [Value(xi) for xi in x]
model.zero_grad()
losses.cross_entropy(model(pixels), c).backward()

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
# Here is the gradient of the last layer's weights, one row for each digit. Two kinds of stripes can
# be seen. A row has strong colours if the digit's error term is large. A column is white if the
# hidden neuron is off.

# %%
figure, axes = plt.subplots(figsize=(8, 2.9))
table = [[w.grad for w in neuron.w] for neuron in output.neurons]
most = max(max(map(abs, row)) for row in table)
axes.imshow(table, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")  # red is positive
axes.set(xlabel="hidden neuron", ylabel="digit", yticks=range(10))
figure.tight_layout()

# %% [markdown]
# The gradient does not have to stop at the weights. It goes on to the pixels, and shows how the
# picture would have to change. A little less ink where it is red, a little more where it is blue,
# and the loss falls:

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(5, 2.6))
show(left, x, "the picture")
most = max(map(abs, to_pixels))
show(right, to_pixels, "its gradient", cmap="RdBu_r", vmin=-most, vmax=most)
figure.tight_layout()

# %% [markdown]
# ## Is the hidden layer needed?
#
# Without it this is [softmax regression](07b_regression.ipynb). It reads fewer pictures:


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
# Move all test pictures one pixel to the right. How many are read now?


# %%
def moved(picture):
    """One pixel to the right, with paper coming in."""
    return [pixel for i in range(0, 64, 8) for pixel in [-1.0, *picture[i : i + 7]]]


share = share_right(model, [(moved(x), y) for x, y in test])
print(f"{share:.0%} of the moved pictures are read")

# %% tags=["guard"]
assert share < 0.5

# %% [markdown]
# Fewer than half. To this network a picture is a list of 64 numbers, and it does not know which
# pixels are neighbours. What it learned about one place it does not know of the next.
# [Convolutions](07b_regression.ipynb) use the same weights at all places.
#
# ## To fool it
#
# Take a picture that is read correctly. Change its pixels a little *along* the gradient, so that
# the loss grows, again and again until the network says another digit. Such a picture is called an
# *adversarial example* (Szegedy and others, 2014):

# %%
x, c = next((x, c) for i, (x, c) in enumerate(test) if said[i] == c == 8)
fooled = list(x)
while (answer := metrics.predicted_class(model.predict(fooled))) == c:
    pixels = [Value(xi) for xi in fooled]
    losses.cross_entropy(model(pixels), c).backward()
    largest = max(abs(pixel.grad) for pixel in pixels)
    steps = (pixel.data + 0.05 * pixel.grad / largest for pixel in pixels)
    fooled = [min(1.0, max(-1.0, step)) for step in steps]

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(6, 2.4))
show(left, x, f"was {c}, said {c}", vmin=-1, vmax=1)
show(middle, [b - a for a, b in zip(x, fooled)], "the change", cmap="RdBu_r", vmin=-2, vmax=2)
show(right, fooled, f"was {c}, said {answer}", vmin=-1, vmax=1)
figure.tight_layout()

# %% [markdown]
# Does it look like the other digit to you? Each of the 64 pixels changed only a little. But all of
# them changed in the direction that is worst for the network, and so the logits changed a lot.
#
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("13")

# %% [markdown]
# **1.** A network gives the right digit the probability 1/2 in one picture and 1/8 in another. What
# is the mean of the two losses?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The loss of the first picture is ln 2.</details>
# <details><summary>Answer</summary>
#
# $(\ln 2 + \ln 8) / 2 = (\ln 2 + 3 \ln 2) / 2 = 2 \ln 2$.
#
# ```python
# from math import log
#
# my_answer = 2 * log(2)
# ```
#
# </details>
#
# **2.** With three classes a network gives the probabilities 0.1, 0.7 and 0.2, and the third class
# is right. What are the three error terms? Give a list.

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
# **3.** How many parameters does a network have with 64 inputs, *two* hidden layers of 20 neurons
# each, and 10 outputs?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Each neuron has a weight for each of its inputs, and a
# bias.</details>
# <details><summary>Answer</summary>
#
# $20 \cdot 65 + 20 \cdot 21 + 10 \cdot 21$. `my_answer = 20 * 65 + 20 * 21 + 10 * 21`
#
# </details>
#
# **4.** Write a function `left(picture)` that moves a picture one pixel to the left. The picture is
# a list of 64 numbers, row after row. Paper, -1, comes in at the right.

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
# `fool(x, gradient, step)`. It gives the new list of pixels. No pixel may leave the range from -1
# to 1.

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
