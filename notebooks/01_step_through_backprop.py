# %% [markdown]
# # Step through backprop
#
# A neural network is a long formula with many numbers in it that can be changed, its *weights*.
# To train it we ask of every weight: if it were a little larger, would the error grow or fall,
# and how fast? The answer is a derivative. *Backpropagation* finds all of them in one pass.
#
# Here you watch it do so, one multiplication after another: first in a single neuron, then in a
# small network. You need the derivative of $x^2$, and the chain rule of school:
#
# $$\frac{dz}{dx} = \frac{dz}{dy} \cdot \frac{dy}{dx}.$$

# %% [markdown]
# ## A number that remembers
#
# A `Value` is a number that knows how it was made.

# %%
from autograd_mini import Value

a, b = Value(2.0, "a"), Value(3.0, "b")
c = a * b
c.label = "c"
print(c.data, "is", str(c.op), "of", [parent.label for parent in c.parents])

# %% [markdown]
# `a` and `b` are *leaves*: nobody computed them. They are the *parents* of `c`. (The second
# argument of `Value` is a name. An intermediate result gets its name afterwards.)
#
# A `Value` also knows its *local derivatives*: how fast it moves when one of its parents does.
# For $c = ab$ they are $\partial c / \partial a = b$ and $\partial c / \partial b = a$.

# %%
c.partials

# %% [markdown]
# We can measure that. Nudge `a` a little, and see how far `c` moves for each unit of the nudge:

# %%
nudge = 0.001
print(((2.0 + nudge) * 3.0 - 6.0) / nudge)

# %% [markdown]
# At the end of a cell a `Value` draws its *graph*: all that it was made from.

# %%
c

# %% [markdown]
# Each box is a `Value`, with its number and, below it, its gradient. There is none yet, so there
# is a dash. The dark circle is the operation. The red numbers on the edges are the local
# derivatives.

# %% [markdown]
# ## One neuron
#
# A neuron multiplies each input with a weight, adds them up, and adds a bias. The result is its
# *pre-activation* z. An *activation function* bends it into the output $\hat y$ (say: y hat); here
# it is tanh, which gives numbers between -1 and 1.
#
# $$z = w_1 x_1 + w_2 x_2 + b, \qquad \hat y = \tanh(z).$$
#
# The output should have been y = 1. What it is short of that is the error e, and the *loss* is its
# square: $e = \hat y - y$, $L = e^2$. (These letters are the same in all notebooks:
# [the table of symbols](../docs/notation.md#symbols).)
#
# We write this in small steps and give each one a name. The bias is chosen so that $\hat y$ comes
# out as one half.

# %%
from autograd_mini import atanh, tanh

x1, x2 = Value(2.0, "x1"), Value(-1.0, "x2")
w1, w2 = Value(0.5, "w1"), Value(0.5, "w2")
b = Value(atanh(0.5) - 0.5, "b")

p1, p2 = w1 * x1, w2 * x2
s = p1 + p2
z = s + b
y_hat = tanh(z)
e = y_hat - 1
L = e**2

for node, name in zip((p1, p2, s, z, y_hat, e, L), ("p1", "p2", "s", "z", "ŷ", "e", "L")):
    node.label = name
L

# %% [markdown]
# Reading from left to right is the *forward pass*: every box has its number as soon as its
# parents have theirs. The loss is 0.25.
#
# ## The question, and a slow answer
#
# How fast does L move when $w_1$ does? That is $\partial L / \partial w_1$, the *gradient* of
# $w_1$. Again we can measure it. We nudge $w_1$ and compute everything anew:

# %%
before = L.data
after = (tanh((0.5 + nudge) * 2.0 + 0.5 * -1.0 + b.data) - 1) ** 2
print((after - before) / nudge)

# %% [markdown]
# About -1.5. That is a fine check, but a slow way. A network with a million weights would take a
# million forward passes and one, and each answer is only nearly right.
#
# The chain rule gives the exact answer. Follow the edges from $w_1$ to L:

# %%
from autograd_mini import draw_dot

draw_dot(L, highlight=w1)

# %% [markdown]
# Multiply the local derivatives along the way. `chain_rule` writes that down: the rule, its
# formulas, the numbers.

# %%
from autograd_mini import chain_rule

chain_rule(L, w1)

# %% [markdown]
# Now write down the same for $w_2$ and for b. Many factors are the same again: for $w_2$ all from L
# down to s. Backpropagation computes what they share once. It starts at L, walks to the
# leaves, and carries along the product so far.

# %% [markdown]
# ## Step through it
#
# Here is the whole computation. Press **→** for the next step, **←** for the one before, and
# space to play. You can click on a box or an edge to go to the step that finished it.

# %%
from autograd_mini import step_through

step_through(L)

# %% [markdown]
# (Where scripts do not run, such as on a page that only shows notebooks, you see a picture. The
# same steps stand in words below.)
#
# The first steps are the forward pass. Then the backward pass begins.
#
# $\operatorname{grad}(\hat y)$ is short for $\partial L / \partial \hat y$: how L moves with
# $\hat y$, by all that lies between them.
#
# **The seed.** It starts with $\operatorname{grad}(L) = 1$: if L moves by one, L moves by one.
#
# **One step for each edge.** Take the step from $\hat y$ to z. The panel says:
#
# - *upstream gradient*: $\operatorname{grad}(\hat y) = -1$,
# - *local derivative*: $\partial \tanh([z]) / \partial [z] = 1 - \hat y^2 = 0.75$,
# - *their product*: $-1 \cdot 0.75 = -0.75$,
# - *sum so far*: $\operatorname{grad}(z) = 0 + (-0.75) = -0.75$.
#
# The upstream gradient says how L moves with $\hat y$. It was finished in the step before. The
# local derivative says how $\hat y$ moves with z. It belongs to this one operation, and does not
# depend on what comes after it. Their product says how L moves with z along this edge. It is
# *added* to what has arrived at z so far. Here that was nothing, since z is used only once.
#
# That is all. Every step of backpropagation is this step:
#
# $$\operatorname{grad}(\text{parent}) \mathrel{+}= \operatorname{grad}(\text{node}) \cdot
# \frac{\partial\,\text{operation}}{\partial\,[\text{parent}]}.$$
#
# The brackets mark the operand that moves; the others are kept fixed
# ([the notation](../docs/notation.md)).

# %%
from autograd_mini import backprop_steps

for step in backprop_steps(L):
    print(f"{step.number:2}  {step.text}")

# %% [markdown]
# Eleven edges, eleven multiplications, and all gradients are there: the one of $w_1$, which we had
# measured, and all others. `backward()` does the same without telling, and leaves each gradient
# in `.grad`:

# %%
L.backward()
assert abs(w1.grad - chain_rule(L, w1).total) < 1e-12
assert abs(w1.grad - -1.5) < 1e-12
L

# %% [markdown]
# ## What the gradients say
#
# The gradient at the pre-activation z has a name in textbooks: it is the *error term* of the
# neuron, δ. Look at the steps from there on. A sum has the local derivative 1, so δ goes through
# s, $p_1$, $p_2$ and b unchanged. A product has the *other* factor. So
#
# $$\frac{\partial L}{\partial w_i} = \delta\,x_i, \qquad \frac{\partial L}{\partial b} = \delta.$$

# %%
delta = z.grad
assert [w1.grad, w2.grad, b.grad] == [delta * x1.data, delta * x2.data, delta]
print(f"delta {delta:.4f}")

# %% [markdown]
# δ is negative: the loss falls when z grows, for $\hat y$ is too small. The gradient of $w_1$ is
# negative as well, so a larger $w_1$ helps. The gradient of $w_2$ is positive, since its input
# $x_2$ is negative: there a *smaller* weight helps. And $w_1$ has twice the gradient of $w_2$,
# because its input is twice as large.

# %% [markdown]
# ## Where several paths meet
#
# In the neuron every result was used once. Here u is used twice:
#
# $$v = 2u, \qquad w = u^2, \qquad L = v\,w.$$
#
# A small move of u reaches L on two paths, through v and through w. The two effects add up. This
# is the *multivariate chain rule*:
#
# $$\operatorname{grad}(u)
# = \operatorname{grad}(v) \cdot \frac{\partial (2 \cdot [u])}{\partial [u]}
# + \operatorname{grad}(w) \cdot \frac{\partial [u]^2}{\partial [u]}.$$

# %%
u = Value(3.0, "u")
v, w = 2 * u, u**2
v.label, w.label = "v", "w"
L = v * w
L.label = "L"
step_through(L)

# %% [markdown]
# Go to the end, and then back one step. After the first of the two contributions the table says
# that u is not complete: one of two has arrived. After the second it is. That is why the
# rule has a += in it, and not an =.

# %%
chain_rule(L, u)

# %% [markdown]
# On paper: $L = 2u \cdot u^2 = 2u^3$, and $6u^2$ at u = 3 is 54.

# %%
assert chain_rule(L, u).total == 6 * 3.0**2 == 54.0

# %% [markdown]
# A node passes its gradient on only when all of it has arrived. What goes wrong otherwise is a
# story of its own: [Why topological order?](03_why_topological_order.ipynb)

# %% [markdown]
# ## A network
#
# A *layer* is a row of neurons that all see the same inputs. A *multi-layer perceptron* (MLP) is
# layers one after another: the outputs of one are the inputs of the next. Ours has 3 inputs, two
# hidden layers of 4 neurons, and one neuron at the end without an activation function.

# %%
import random

from autograd_mini import draw_mlp
from nn import MLP

model = MLP(3, [4, 4, 1], activation="tanh", rng=random.Random(4))
x, y = [1.0, 0.5, -1.0], 1.0
print(model, "has", len(model.parameters()), "parameters")
draw_mlp(model, x=x)

# %% [markdown]
# Each circle is a neuron like the one above, with its output in it. Each line is a weight: the
# wider, the larger, and dashed if it is negative. The weights are random, and for this x the last
# neuron should say 1.

# %% [markdown]
# The forward pass: we could write `model(x)`. To have the pre-activations z and the outputs h of
# the hidden layers at hand, we go layer by layer, and name them.


# %%
def forward():
    """(the loss, the outputs of the hidden layers)"""
    hidden, inputs = [], x
    for k, layer in enumerate(model.layers[:-1]):
        inputs = layer(inputs)
        hidden.append(inputs)
        for j, h in enumerate(inputs):
            [z] = h.parents  # h = tanh(z)
            z.label, h.label = f"z{k}[{j}]", f"h{k}[{j}]"
    [y_hat] = model.layers[-1](inputs)
    e = y_hat - y
    loss = e**2
    y_hat.label, e.label, loss.label = "ŷ", "e", "L"
    return loss, hidden


L, hidden = forward()
print(f"the loss is {L.data:.4f}")

# %% [markdown]
# And its backward pass. With `model=` each neuron gets a card, and the parameters get names:
# w1.4.3 is the weight of layer 1, neuron 4, input 3, and z1.4 is that neuron's sum. (They are
# counted from 1, as most textbooks do; in Python the weight is `model.layers[0].neurons[3].w[2]`.)
#
# One thing is new: the sum $w_1 x_1 + \dots + w_n x_n + b$ is one operation here, called `dot`. Its
# local derivative by a weight is the input, and by an input the weight.

# %%
step_through(L, model=model)

# %% [markdown]
# Nothing else is new. There are more edges, but each step is the same multiplication.
#
# Watch the boxes h0[0] to h0[3], the outputs of the first hidden layer. Each goes into all four
# neurons of the second. So four contributions have to arrive before its gradient is complete:
# here the paths meet. If δ is the error term of a neuron, then
#
# $$\frac{\partial L}{\partial h^{(0)}_i} = \sum_j \delta^{(1)}_j \, w^{(1)}_{j,i}, \qquad
# \delta^{(0)}_i = \frac{\partial L}{\partial h^{(0)}_i} \cdot \bigl(1 - (h^{(0)}_i)^2\bigr).$$
#
# In words: errors come back through the same weights by which the outputs went forward. Textbooks
# write it with matrices, $\delta^{(0)} = (W^{(1)})^\top \delta^{(1)} \odot \tanh'(z^{(0)})$. The
# engine knows no such formula. It knows one rule for one edge, and the formula comes out:

# %%
L.backward()
deltas = [[h.parents[0].grad for h in outputs] for outputs in hidden]
for i, h in enumerate(hidden[0]):
    weights = [neuron.w[i].data for neuron in model.layers[1].neurons]
    arrived = [delta * w for delta, w in zip(deltas[1], weights)]
    assert abs(sum(arrived) * (1 - h.data**2) - deltas[0][i]) < 1e-12
    terms = "  ".join(f"{a:+.4f}" for a in arrived)
    print(f"h0[{i}]: {terms}   sum {h.grad:+.4f}   error term {deltas[0][i]:+.4f}")

# %% [markdown]
# ## One step downhill
#
# We know of every parameter in which direction the loss grows, and how fast. So we move each one
# a little in the *opposite* direction. This is *gradient descent*:
#
# $$p \leftarrow p - \eta \, \frac{\partial L}{\partial p}.$$
#
# The factor η is the *learning rate*. It says how far we go.

# %%
rate = 0.02
before = L.data
for p in model.parameters():
    p.data -= rate * p.grad
after = forward()[0].data
print(f"loss before {before:.4f}, after {after:.4f}")
assert after < before

# %% [markdown]
# It fell. By how much should it have? If the loss were a straight line in each parameter, each
# would contribute its gradient times its move, $-\eta\,(\partial L / \partial p)^2$:

# %%
predicted = -rate * sum(p.grad**2 for p in model.parameters())
print(f"predicted {predicted:.4f}, measured {after - before:.4f}")

# %% [markdown]
# Close, and not the same: the loss is curved. With a smaller step the two come closer.
#
# Now again and again. A graph keeps the numbers that it was built with. So each time we build
# a new one, set the gradients back to 0, because `backward()` adds to them, and go one step:

# %%
for step in range(1, 11):
    loss, _ = forward()
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= rate * p.grad
    print(f"step {step:2}   loss {loss.data:.6f}")

# %% [markdown]
# That is the training loop: forward, backward, a step, and again. In
# [Train on two moons](05_train_moons.ipynb) it learns something.

# %% [markdown]
# ## Exercises
#
# **1.** What are the gradients of the neuron's weights if $x_1$ is 0?
#
# **2.** Take the activation $\mathrm{relu}(z) = \max(0, z)$, and weights that make z negative. What
# are the gradients then?
#
# **3.** Let $q = x \cdot x$ and $y = q \cdot x$. How many contributions arrive at x, and what are
# they at x = 2?
#
# **4.** What is in `.grad` after two calls of `backward()`? Why does a training loop set gradients
# to 0?
#
# **5.** A *linear* neuron has no activation function: $y = w_1 x_1 + w_2 x_2 + b$. Make one step
# of gradient descent with $x_1 = 2$, $x_2 = -1$. For which learning rate is the loss 0 after it?
# From which rate on does it grow?

# %% [markdown]
# ## Answers
#
# **1.** $\delta x_1 = 0$ for $w_1$: a weight whose input is 0 has no say in the output, so it does
# not move. $w_2$ has $\delta x_2$ as before, with a new δ.


# %%
def neuron(x1, x2, w1=0.5, w2=0.5, b=0.5, activation=tanh):
    """(loss, w1, w2, b) of the neuron, with the target 1."""
    w1, w2, b = Value(w1, "w1"), Value(w2, "w2"), Value(b, "b")
    loss = (activation(w1 * x1 + w2 * x2 + b) - 1) ** 2
    return loss, w1, w2, b


loss, w1, w2, b = neuron(0.0, -1.0)
loss.backward()
assert w1.grad == 0.0
assert w2.grad == -b.grad != 0.0
print(f"w1 {w1.grad:.4f}, w2 {w2.grad:.4f}, b {b.grad:.4f}")

# %% [markdown]
# **2.** All are 0. The local derivative of relu is 0 there, and 0 times anything is 0. No error
# comes through, however large it is. If that happens for every input, the neuron is called
# *dead*.

# %%
from autograd_mini import relu

loss, *parameters = neuron(2.0, -1.0, w1=-2.0, activation=relu)
loss.backward()
assert [p.grad for p in parameters] == [0.0, 0.0, 0.0]
print("loss", loss.data, " gradients", [p.grad for p in parameters])

# %% [markdown]
# **3.** Three, one for each edge that leaves x. One comes from y, with the local derivative q = 4.
# Two come from q, with the upstream gradient x = 2 and the local derivative x = 2. Together they
# are 4 + 4 + 4 = 12, and that is $3x^2$.

# %%
x = Value(2.0, "x")
q = x * x
q.label = "q"
y = q * x
y.label = "y"
arrived = [step for step in backprop_steps(y) if step.parent is x]
assert [step.contribution for step in arrived] == [4.0, 4.0, 4.0]
for step in arrived:
    print(step.text, "  so far", step.after)

# %% [markdown]
# **4.** Twice the gradient: each call adds its own. Without `zero_grad()` a step would follow the
# sum of all gradients so far, and all but the last belong to older weights.

# %%
loss, w1, _, _ = neuron(2.0, -1.0)
loss.backward()
once = w1.grad
loss.backward()
assert w1.grad == 2 * once
print(f"once {once:.4f}, twice {w1.grad:.4f}")

# %% [markdown]
# **5.** The step changes $w_i$ by $-\eta \cdot 2 e x_i$, and b by $-\eta \cdot 2 e$. So y
# changes by $-2 \eta e\,(x_1^2 + x_2^2 + 1) = -12\,\eta e$, and the new error is $(1 - 12
# \eta)\,e$. It is 0 for η = 1/12. At η = 1/6 we come out as far on the other side, and beyond
# that farther. A larger step is not always a better one.

# %%
for part in (24, 12, 8, 6, 4):
    start, *parameters = neuron(2.0, -1.0, w1=1.5, activation=lambda z: z)
    start.backward()
    moved = [p.data - p.grad / part for p in parameters]
    end, *_ = neuron(2.0, -1.0, *moved, activation=lambda z: z)
    print(f"rate 1/{part:<2}   loss before {start.data:.4f}, after {end.data:.4f}")
