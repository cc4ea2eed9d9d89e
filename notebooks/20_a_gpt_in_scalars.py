# %% [markdown]
# # A GPT in scalars
#
# A language model says what comes next; ours says which letter. Ask it again and again, and it
# writes. Many large ones are *transformers* (Vaswani and others, *Attention Is All You Need*,
# 2017). The one in this notebook is a transformer, too. It is so small that every number in it is
# a `Value`, and all of it is a page of Python.
#
# We read that page, and step through its central part, the *attention*. Then `compile` turns the
# scalars into matrix products, and the model learns to make up first names.
#
# The architecture is that of Andrej Karpathy's
# [microgpt](https://gist.github.com/karpathy/8627fe009c40f57531cb18360106ce95).
#
# **You will be able to** write attention in scalars, step through it, and find it in the compiled
# program.
#
# **You need** [softmax and cross entropy](09_losses_and_likelihood.ipynb), and for the second half
# [From scalars to arrays](14_from_scalars_to_arrays.ipynb). The code is `examples/scalar_gpt.py`,
# and the names come with a package that the extra `examples` installs.

# %%
import math
import random

import matplotlib.pyplot as plt
import numpy as np

from examples import scalar_gpt
from examples.scalar_gpt import ALPHABET, GPT, MARK, compile_loss, encode, first_names, one_hot

names = first_names()
dice = random.Random(7)
print(f"{len(names)} names:", *dice.sample(names, 10), "..")

# %% [markdown]
# ## A name is a list of questions
#
# The model reads *tokens*. There are 27: the letters, and a mark that stands before and after a
# name. A name of four letters is five questions. Which letter begins it? Which follows the first?
# And at last: is it over?

# %%
tokens, targets = encode(["mary"])
signs = [*ALPHABET, "."]
asked = [signs[k] for k in tokens[0, :5].argmax(axis=1)]
wanted = [signs[k] for k in targets[0, :5].argmax(axis=1)]
for position in range(5):
    print(f"{''.join(asked[: position + 1]):>6}  then  {wanted[position]}")

# %% [markdown]
# A token is a list of 27 numbers, a 1 in its place and else 0: it is *one-hot*. (An index would
# have to be known when the code is compiled.) So a name is a table. It has 16 rows; those below a
# shorter name are 0. The targets are the same tokens, one position earlier.

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 3))
for axis, table, title in zip(axes, (tokens[0], targets[0] > 0), ("tokens", "targets")):
    axis.imshow(table, cmap="Blues", vmax=1.3)
    axis.set(title=title, ylabel="position", yticks=range(0, 16, 5))
    axis.set_xticks(range(27), signs, fontsize=7)
figure.tight_layout()

# %% [markdown]
# ## The tools
#
# Here is the code, piece by piece. A `Vector` is a list of numbers, and a `Matrix` a list of rows.
# `dot`, `relu` and `softmax` are the library's, and `transpose` exchanges rows and columns.
#
# First three little functions. A layer without bias is `linear`: a product with each row of a
# matrix. `add` adds lists number by number.
#
# ```python
# def linear(weights: Matrix, x: Vector) -> Vector:
#     return [dot(row, x) for row in weights]
#
#
# def add(x: Vector, y: Vector) -> Vector:
#     return [a + b for a, b in zip(x, y)]
# ```
#
# And `rms_norm` gives all lists one size: the mean of the squares becomes 1. (The 1e-5 is there so
# that a list of zeros is not divided by 0.)
#
# ```python
# def rms_norm(x: Vector) -> Vector:
#     """x over the root of the mean of its squares."""
#     scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
#     return [scale * a for a in x]
# ```
#
# ## What stands for a token
#
# Each of the 27 tokens has 16 numbers of its own, its *embedding*: a row of weights, learned like
# all others. The product with a one-hot list picks it. Each position has 16 numbers, too, so
# that the model can tell the first letter from the last. Both are added.
#
# ```python
#     def embed(self, token: Vector, position: Vector) -> Vector:
#         return rms_norm(add(linear(transpose(self.tokens), token), position))
# ```
#
# ## Attention
#
# So far each position knows of its own token only. In attention they look at one another. Each
# position makes three lists, by three matrices:
#
# - a *query* $\mathbf{q}$: what am I looking for?
# - a *key* $\mathbf{k}$: what have I got?
# - a *value* $\mathbf{v}$: what do I tell whoever looks at me? (The word is the usual one. It has
#   nothing to do with the class `Value`.)
#
# A position i gives a score to each position j up to itself. It is the product of the query of i
# and the key of j, over the root of their length d. The softmax makes weights $a_{ij}$ of the
# scores. The result $\mathbf{o}_i$ is the mean of the values, weighted by these:
#
# $$s_{ij} = \frac{\mathbf{q}_i^\top \mathbf{k}_j}{\sqrt{d}}, \qquad
# a_{ij} = \frac{e^{s_{ij}}}{\sum_{m \le i} e^{s_{im}}}, \qquad
# \mathbf{o}_i = \sum_{j \le i} a_{ij} \mathbf{v}_j.$$
#
# There are four *heads* that do so side by side, each with 4 of the 16 numbers, so d is 4. What
# they give is put together, and goes through one more matrix. In scalars (the mask is for later):
#
# ```python
#     def attend(
#         self, query: Vector, keys: Matrix, values: Matrix, mask: Vector | None = None
#     ) -> Vector:
#         """In each head a mean of the values, weighted by how well their keys fit the query."""
#         size = len(query) // self.heads
#         mixed = []
#         for start in range(0, len(query), size):
#             part = slice(start, start + size)
#             scores = [dot(query[part], key[part]) / math.sqrt(size) for key in keys]
#             weights = softmax(add(scores, mask) if mask else scores)
#             mixed += [dot(weights, column) for column in transpose([v[part] for v in values])]
#         return linear(self.out, mixed)
# ```
#
# ## One head, step by step
#
# Take a smaller model: two positions, 4 numbers a token, two heads, three tokens. Its code is the
# same. We look at the second position, in its first head. It has a query of two numbers. It looks
# at two keys and two values: its own, and those of the position before. (A new model's weights are
# so small that all scores are near 0. So we enlarge them first.)

# %%
from autograd_mini import Value, dot, draw_dot, softmax, step_through

tiny = GPT(block=2, embedding=4, heads=2, vocabulary=3, rng=random.Random(3))
for p in tiny.parameters():
    p.data *= 15
xs = [tiny.embed(x, p) for x, p in zip([[1, 0, 0], [0, 1, 0]], tiny.positions)]
normed = [scalar_gpt.rms_norm(x) for x in xs]


def leaves(matrix, x, name):
    """The part of `matrix x` that belongs to the first head, as leaves with names."""
    product = scalar_gpt.linear(matrix, x)[:2]
    return [Value(y.data, f"{name},{i}]") for i, y in enumerate(product)]


query = leaves(tiny.query, normed[1], "q[1")
keys = [leaves(tiny.key, x, f"k[{j}") for j, x in enumerate(normed)]
values = [leaves(tiny.value, x, f"v[{j}") for j, x in enumerate(normed)]

scores = [dot(query, key) / math.sqrt(2) for key in keys]
weights = softmax(scores)
mixed = dot(weights, [value[0] for value in values])

mixed.label = "o[1,0]"
for j in range(2):
    scores[j].label, weights[j].label = f"s[1,{j}]", f"a[1,{j}]"
step_through(mixed, title="The second position looks at the first, and at itself")

# %% [markdown]
# (The softmax subtracts the larger score from both, so that exp cannot overflow.) Names are
# s[position, the one it looks at], and v[position, number]. The output $o = a_0 v_0 + a_1
# v_1$ is a mean of two numbers. So the gradient of a value is its weight, and that of a weight is
# its value. And a score? More of it raises its own weight and lowers the other. With the softmax's
# derivatives, $a_j (1 - a_j)$ and $-a_j a_m$, the sum over both paths comes to
#
# $$\frac{\partial o}{\partial s_j} = a_j \, (v_j - o).$$

# %%
mixed.backward()
for j in range(2):
    a, v = weights[j].data, values[j][0].data
    print(f"position {j}: weight {a:.3f}, value {v:.3f}, gradient of the value", end=" ")
    print(
        f"{values[j][0].grad:.3f}, of the score {scores[j].grad:.3f} = {a * (v - mixed.data):.3f}"
    )

# %% [markdown]
# Here is the whole head with all its gradients, those of the query and the keys at the top, too:

# %%
picture = draw_dot(mixed, rankdir="TB")
picture.attr(size="8.2,9")
picture

# %% [markdown]
# Say that the loss falls when o grows. Then training raises the scores of the positions whose value
# is above the mean, and lowers the others. That is how attention learns where to look.
#
# ## The rest
#
# After the attention a small network works on each position by itself: 16 numbers are widened to
# 64, cut off by relu, and brought back to 16.
#
# ```python
#     def perceptron(self, x: Vector) -> Vector:
#         return linear(self.narrow, [relu(z) for z in linear(self.widen, x)])
# ```
#
# What attention and network give is *added* to what was there before. Such a *residual connection*
# gives gradients a short way back: a sum passes them on unchanged. Here is the whole model,
# position by position:
#
# ```python
#         for token, position in zip(tokens, self.positions):
#             x = self.embed(token, position)
#             normed = rms_norm(x)
#             keys.append(linear(self.key, normed))
#             values.append(linear(self.value, normed))
#             x = add(x, self.attend(linear(self.query, normed), keys, values))
#             x = add(x, self.perceptron(rms_norm(x)))
#             logits.append(linear(self.head, x))
# ```
#
# The lists of keys and values grow as it goes. No position can look ahead, since what comes later
# is not there yet. At the end there are 27 logits for each position. The loss is the mean of their
# cross entropies, with the token that did come as the label.

# %%
from autograd_mini import topological_order

model = GPT(rng=random.Random(42))
example = tokens[0].tolist(), targets[0].tolist()
loss = model.ragged_loss(*example)
loss.backward()

order = topological_order(loss)
single = sum(max(1, len(node.operands) - 1) for node in order)
print(f"{len(model.parameters()):,} parameters")
print(f"{len(order):,} nodes; if each product and each sum had its own, {single:,}")

# %% [markdown]
# That is all of it: a GPT. Before training, all tokens are about equally likely after `mar`:


# %%
def next_letter(model, start):
    """The probabilities of the 27 tokens after the start of a name."""
    read = [one_hot(MARK), *(one_hot(ALPHABET.index(letter)) for letter in start)]
    return softmax(model.predict(read)[-1])


def draw_next(axis, model, start):
    axis.bar(range(27), next_letter(model, start), color="#0b5394")
    axis.set_xticks(range(27), signs, fontsize=8)
    axis.set(ylim=(0, 1), title=f"after {start or 'the mark'}", ylabel="probability")


figure, axis = plt.subplots(figsize=(7, 2.2))
draw_next(axis, model, "mar")

# %% [markdown]
# ## What the compiler finds
#
# `compile` gets the loss of one name, and turns it into a program for many, in NumPy. No part of it
# knows what attention is. (The program is long. You need not read it now: we take out some lines
# below.)

# %%
from autograd_mini import compile

shape = (16, 27)  # a name: 16 positions, 27 tokens
program = compile(model.ragged_loss, tokens=shape, targets=shape, parameters=model, backend="numpy")
program

# %%
print(program.summary())

# %% [markdown]
# It looks like what people write by hand for such a model. Look for these:
#
# - **One product for all positions.** The scalar code multiplies with the matrix of the queries
#   position by position. In the program all positions of all names go through it at once.
# - **Heads are an axis.** The scalar code loops over slices. In the program the scores are one
#   array, with the axes names, heads, positions, positions. They are a *stacked* product: one
#   matrix for each name and each head.
# - **A triangle.** Position i has i + 1 scores, a list that grows. The compiler has completed these
#   lists to a square, and cut off what was not there, by a mask that it made itself:

# %%
[mask] = program.constants.values()
figure, axis = plt.subplots(figsize=(2.8, 2.8))
axis.imshow(mask, cmap="Blues", vmax=1.6)
axis.set(
    xlabel="looks at position", ylabel="position", xticks=[0, 5, 10, 15], yticks=[0, 5, 10, 15]
)
figure.tight_layout()

# %% tags=["guard"]
assert (mask == np.tri(16)).all()

# %% [markdown]
# Which array holds the scores? The one that the mask is applied to; the 2 in its line is
# $\sqrt{d}$. We ask what is in it:

# %%
[line] = [line.strip() for line in program.source.splitlines() if "where(mask" in line]
scores = line.partition(" = ")[0]
program.explain(scores)

# %% [markdown]
# Each score is half a product of four numbers with four: those of a query, at [head, position,
# number], and those of a key, at [position, head, number].
#
# People who write transformers for arrays put the mask in themselves: every position scores every
# other, and -1000000000 is added where j > i, so that the softmax makes 0 of it. `masked_loss` is
# written that way, and `compile_loss` compiles it. Its program does as much work as the other:

# %%
masked = compile_loss(model)
for each in (program, masked):
    print(next(line for line in each.summary().splitlines() if line.startswith("work")))

# %% tags=["guard"]
explained = str(program.explain(scores)).splitlines()
assert explained[1].startswith("    (n, 4, 16, 16)")
assert explained[2:4] == [
    f"    {scores}[0, 0, 0] = 0.5 * u4[0, 0, 0]",
    "    u4[0, 0, 0] = " + " + ".join(f"z[0, 0, {i}] * z3[0, 0, {i}]" for i in range(4)),
]
assert program.summary().split("work")[1].split("inputs")[0] in masked.summary()

# %% [markdown]
# ## The same numbers, and how fast
#
# The gradients of the scalar graph and of both programs agree:

# %%
expected = np.array([p.grad for p in model.parameters()])
for each in (program, masked):
    model.zero_grad()
    each.backward(tokens, targets)
    found = np.array([p.grad for p in model.parameters()])
    same = abs(found - expected) < 1e-12 * abs(expected).max()
    print(f"{same.sum():,} of {len(found):,} gradients are the same to 12 digits")

# %% [markdown]
# microgpt comes with an engine of its own, much like micrograd. We time both on one name.

# %%
from time import perf_counter

from benchmarks import microgpt


def seconds(call, times):
    """For one call: the shortest of some."""

    def once():
        started = perf_counter()
        call()
        return perf_counter() - started

    return min(once() for _ in range(times))


theirs = microgpt.GPT(microgpt.Value)
engine = seconds(lambda: theirs.loss("mary").backward(), times=2)
ours = seconds(lambda: program.value_and_grad(tokens, targets), times=20)
print("compiled, a name takes less than a hundredth of the engine's time")

# %% tags=["guard"]
assert engine > 100 * ours

# %% [markdown]
# (And the engine reads five tokens, while the program reads all 16 rows of the table.)
#
# ## Training
#
# A thousand steps of [Adam](10_optimizers.ipynb), each with 8 names. `train` gives the loss of each
# step:

# %%
from examples.scalar_gpt import sample, train

curve = list(train(model, names, random.Random(42), steps=1000, batch=8, program=masked))

# %% [markdown]
# How good is that? Here are three simple models to compare with. The first guesses among 27. The
# second knows how frequent each letter is. The third knows which letter follows which: it looks
# back on one letter. Their mean losses follow from counting.

# %%
X, Y = encode(names)
pairs = np.einsum("nti,ntj->ij", X, Y) / len(names)  # how often j follows i
letters = pairs.sum(axis=0)
given = pairs / pairs.sum(axis=1, keepdims=True)
simple = {
    "guess": math.log(27),
    "frequencies": -(letters * np.log(letters)).sum(),
    "pairs of letters": -(pairs * np.log(np.where(pairs > 0, given, 1))).sum(),
}


def mean_loss(program):
    """The mean loss of all names, 16 at a time: what fits into the cache is quick."""
    batches = [(X[i : i + 16], Y[i : i + 16]) for i in range(0, len(X), 16)]
    return sum(program.value_and_grad(x, y)[0] * len(x) for x, y in batches) / len(X)


learned = mean_loss(masked)

figure, axis = plt.subplots(figsize=(8, 3.6))
axis.plot(curve, color="#0b5394", alpha=0.25, linewidth=0.8)
smooth = np.convolve(curve, np.ones(50) / 50, mode="valid")
axis.plot(range(25, 25 + len(smooth)), smooth, color="#0b5394")
for name, value in simple.items():
    axis.axhline(value, color="#a63a00", linewidth=0.8)
    axis.text(1005, value, f"{name} {value:.2f}", va="center", color="#a63a00", fontsize=9)
axis.text(1005, learned, f"this model {learned:.2f}", va="center", color="#0b5394", fontsize=9)
axis.set(xlabel="step", ylabel="loss", xlim=(0, 1000), ylim=(1.9, 3.5))
axis.spines[["top", "right"]].set_visible(False)
figure.tight_layout()

# %% tags=["guard"]
assert learned < simple["pairs of letters"] - 0.2

# %% [markdown]
# (The pale line is the loss of each step's names, the dark one the mean of 50 steps. The number is
# the mean over all names, after training.) The model is better than what one can know from the
# last letter alone.
#
# The same network, written by hand in JAX and trained in the same way, has the same loss at every
# one of the thousand steps: the largest difference is below $10^{-9}$.
# `tests/project/test_rivals.py` does that.
#
# ## It makes up names
#
# The model gives probabilities, and one token is drawn by them. Then it is read, and the next one
# is asked for, until the mark comes. Names that are not in the list of training are in **bold**.

# %%
from IPython.display import Markdown

dice = random.Random(1)
drawn = [sample(model, dice) for _ in range(16)]
known = set(names)
Markdown(", ".join(name if name in known else f"**{name}**" for name in drawn))

# %% [markdown]
# `sample` divides the logits by a *temperature* before the softmax. A low one makes likely letters
# likelier, and the names more alike. A high one makes all letters more equal.

# %%
for temperature in (0.1, 0.5, 1.0, 2.0):
    dice = random.Random(3)
    print(f"{temperature}:", *(sample(model, dice, temperature) for _ in range(5)))

# %% [markdown]
# ## What it has learned
#
# Here are its probabilities at the beginning, after `q`, after `mar`, and after `mary`, where the
# name may be over:

# %%
figure, axes = plt.subplots(2, 2, figsize=(9, 4.2))
for axis, start in zip(axes.flat, ("", "q", "mar", "mary")):
    draw_next(axis, model, start)
figure.tight_layout()

# %% [markdown]
# Each letter has 16 numbers, its embedding. We draw them in the plane that shows most of their
# differences (their first two *principal components*, by NumPy's `svd`). The vowels, in red, are
# close together. Nobody told the model what a vowel is.

# %%
embeddings = np.array([[weight.data for weight in row] for row in model.tokens])
centred = embeddings - embeddings.mean(axis=0)
directions = np.linalg.svd(centred)[2][:2]
directions *= np.sign(directions @ centred[ALPHABET.index("a")])[:, None]  # a to the upper right
places = centred @ directions.T

vowels = set("aeiouy")
figure, axis = plt.subplots(figsize=(5.2, 3.8))
for sign, place in zip(signs, places):
    axis.text(
        *place, sign, ha="center", color="#a63a00" if sign in vowels else "#0b5394", fontsize=12
    )
low, high = places.min(axis=0) - 0.15, places.max(axis=0) + 0.15
axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
figure.tight_layout()

# %% tags=["guard"]
middle = places[[signs.index(vowel) for vowel in "aeiou"]].mean(axis=0)
near = sorted(signs, key=lambda sign: math.dist(places[signs.index(sign)], middle))
assert set(near[:6]) == vowels

# %% [markdown]
# And where do the four heads look? A row is a position, and dark is much weight. In this name head
# 2 looks mostly at the letter itself and at the one before, and head 1 back to the beginning.


# %%
def attention(model, name):
    """For each head a table: how much position i looks at position j."""
    read = [one_hot(MARK), *(one_hot(ALPHABET.index(letter)) for letter in name)]
    normed = [scalar_gpt.rms_norm(model.embed(x, p)) for x, p in zip(read, model.positions)]
    queries, keys = (
        [[y.data for y in scalar_gpt.linear(matrix, x)] for x in normed]
        for matrix in (model.query, model.key)
    )
    size = len(queries[0]) // model.heads
    for start in range(0, len(queries[0]), size):
        part = slice(start, start + size)
        rows = [
            softmax([dot(query[part], key[part]) / math.sqrt(size) for key in keys[: i + 1]])
            for i, query in enumerate(queries)
        ]
        yield [row + [math.nan] * (len(read) - len(row)) for row in rows]


name = "christina"
tables = list(attention(model, name))

figure, axes = plt.subplots(1, 4, figsize=(10, 2.9))
for head, (axis, table) in enumerate(zip(axes, tables)):
    axis.imshow(table, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(name) + 1), f".{name}")
    axis.set_yticks(range(len(name) + 1), f".{name}")
    axis.set_title(f"head {head}", fontsize=10)
figure.tight_layout()

# %% tags=["guard"]
assert sum(tables[2][i][i] + tables[2][i][i - 1] for i in range(1, 10)) / 9 > 0.5
assert sum(tables[1][i][0] + tables[1][i][1] for i in range(2, 10)) / 8 > 0.5

# %% [markdown]
# At a terminal, `python -m examples.scalar_gpt` trains the model and makes up names. Ctrl-C ends
# training early, and it makes up names with what it has learned by then.

# %% [markdown]
# ## What is attention worth?
#
# Let each position look at itself only, and train again. All that is left is the last letter, and
# how many came before it. That helps, too: after six letters a name may soon end. The difference to
# the whole model is what attention is worth.


# %%
class Shortsighted(GPT):
    """Each position looks at its own key and value only."""

    def attend(self, query, keys, values, mask=None):
        return super().attend(query, keys[-1:], values[-1:])

    def masked(self, tokens):
        return self.ragged(tokens)


shortsighted = Shortsighted(rng=random.Random(42))
program = compile_loss(shortsighted)
list(train(shortsighted, names, random.Random(42), steps=1000, batch=8, program=program))
alone = mean_loss(program)
print(f"pairs of letters    {simple['pairs of letters']:.2f}")
print(f"letter and position {alone:.2f}")
print(f"with attention      {learned:.2f}")

# %% tags=["guard"]
assert learned + 0.05 < alone < simple["pairs of letters"]

# %% [markdown]
# ## Where its parameters sit
#
# Nearly half of all are in the small network after the attention:

# %%
sizes = {}
for name, _ in model.named_parameters():
    matrix = name.split(".")[0]
    sizes[matrix] = sizes.get(matrix, 0) + 1
figure, axis = plt.subplots(figsize=(6, 2.4))
axis.barh(list(sizes), list(sizes.values()), color="#0b5394")
axis.invert_yaxis()
axis.set(xlabel="parameters")
figure.tight_layout()

# %% tags=["guard"]
assert sizes["widen"] + sizes["narrow"] > 0.45 * sum(sizes.values())

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("20")

# %% [markdown]
# **1.** Two scores are ln 3 and 0. What are the weights that the softmax makes of them? Give a list
# of two numbers.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>e to the power of ln 3 is 3.</details>
# <details><summary>Answer</summary>
#
# $3 / (3 + 1)$ and $1 / (3 + 1)$. `my_answer = [0.75, 0.25]`
#
# </details>
#
# **2.** The weights are those of exercise 1, and the values are 3 and -1. What are the gradients of
# the output by the two scores? Give a list of two numbers.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>First the mean o, then the formula above.</details>
# <details><summary>Answer</summary>
#
# $o = 0.75 \cdot 3 - 0.25 = 2$. So they are $0.75\,(3 - 2)$ and $0.25\,(-1 - 2)$.
# `my_answer = [0.75, -0.75]`
#
# </details>
#
# **3.** In a head with two positions let both keys be the same list. What is each weight, and what
# is the gradient of the output by the first number of the query? Give a list of these two numbers.

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>How do the scores change when the query does?</details>
# <details><summary>Answer</summary>
#
# The scores are equal, so each weight is one half. A query changes both scores alike, and then the
# weights stay. `my_answer = [0.5, 0.0]`
#
# </details>
#
# **4.** Which share of the 4,192 parameters is in the two matrices of the small network after the
# attention? Give a number between 0 and 1, to three digits.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>16 numbers are widened to 64, and brought back.</details>
# <details><summary>Answer</summary>
#
# $2 \cdot 16 \cdot 64 = 2048$. `my_answer = 2 * 16 * 64 / 4192`
#
# </details>
#
# **5.** Write one head: `attend(query, keys, values)` gives its output for plain numbers. The query
# is a list, keys is a list of lists, and values has one number for each position.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Scores, softmax, mean.</details>
# <details><summary>Answer</summary>
#
# The largest score is taken off before exp.
#
# ```python
# from math import exp, sqrt
#
#
# def attend(query, keys, values):
#     scores = [sum(q * k for q, k in zip(query, key)) / sqrt(len(query)) for key in keys]
#     powers = [exp(score - max(scores)) for score in scores]
#     return sum(p * v for p, v in zip(powers, values)) / sum(powers)
#
#
# my_answer = attend
# ```
#
# </details>
