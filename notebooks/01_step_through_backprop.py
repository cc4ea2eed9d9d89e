# %% [markdown]
# # Step through backprop
#
# A neural network is a long formula with many numbers in it that can be changed, its *weights*.
# To train it we ask of every weight: if it were a little larger, would the error grow or fall,
# and how fast? The answer is a derivative. *Backpropagation* finds all of them in one pass.
#
# Here you watch it, one multiplication after another: in a single neuron, then in a small network.
#
# **You will be able to** run a forward and a backward pass by hand, say why a gradient is a sum,
# and make a step of gradient descent.
#
# **You need** the derivative of $x^2$, and the chain rule from school:
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
#
# ## One neuron
#
# A neuron multiplies each input with a weight, adds them up, and adds a bias. The result is its
# *pre-activation* z. An *activation function* bends it into the output $\hat y$ (say: y hat); here
# it is tanh, which gives numbers between -1 and 1. Its derivative is $\tanh'(z) = 1 - \tanh^2(z)$
# ([notebook 04](04_chain_rule_by_hand.ipynb) derives it).
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
#
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
# Every step of backpropagation is this step:
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
for name, gradient, product in [
    ("w1", w1.grad, delta * x1.data),
    ("w2", w2.grad, delta * x2.data),
    ("b ", b.grad, delta),
]:
    print(f"{name}   gradient {gradient:.4f}   delta times input {product:.4f}")

# %% tags=["guard"]
assert abs(w1.grad - chain_rule(L, w1).total) < 1e-12
assert abs(w1.grad - -1.5) < 1e-12
assert [w1.grad, w2.grad, b.grad] == [delta * x1.data, delta * x2.data, delta]

# %% [markdown]
# δ is negative: the loss falls when z grows, for $\hat y$ is too small. The gradient of $w_1$ is
# negative as well, so a larger $w_1$ helps. The gradient of $w_2$ is positive, since its input
# $x_2$ is negative: there a *smaller* weight helps. And $w_1$ has twice the gradient of $w_2$,
# because its input is twice as large.
#
# ## The gradient is a slope
#
# Now turn the weight yourself. The curve is the loss for every $w_1$, the blue dot is where we
# are, and the gradient of $w_1$ is the slope of the straight line. Move the slider, or drag the
# number of $w_1$ in its box to and fro; the whole computation follows.
#
# - Where the line leads downhill to the right, the gradient is negative: a larger weight helps.
# - Far to the left the loss is at its largest, and the gradient is nearly 0. tanh is flat there,
#   and a training that starts there hardly moves.
# - Drag b or an input: then the curve is another.

# %%
from autograd_mini.flipbook import drag

drag(step_through(L, start=99), w1, -3.0, 3.0, title="The loss, if the weight is dragged")

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
# $$\operatorname{grad}(u) =
# \operatorname{grad}(v) \cdot \frac{\partial (2 \cdot [u])}{\partial [u]} +
# \operatorname{grad}(w) \cdot \frac{\partial [u]^2}{\partial [u]}.$$

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

# %% tags=["guard"]
assert chain_rule(L, u).total == 6 * 3.0**2 == 54.0

# %% [markdown]
# On paper: $L = 2u \cdot u^2 = 2u^3$, and $6u^2$ at u = 3 is 54.
#
# A node passes its gradient on only when all of it has arrived. What goes wrong otherwise is a
# story of its own: [Why topological order?](03_why_topological_order.ipynb)
#
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
#
# The forward pass: we could write `model(x)`. To have the pre-activations z and the outputs h of
# the hidden layers at hand, we go layer by layer.


# %%
def forward():
    """(the loss, the outputs of the hidden layers)"""
    hidden, inputs = [], x
    for layer in model.layers[:-1]:
        inputs = layer(inputs)
        hidden.append(inputs)
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
# Watch h1.1 to h1.4, the outputs of the first hidden layer. Each goes into all four
# neurons of the second. So four contributions have to arrive before its gradient is complete:
# here the paths meet. If δ is the error term of a neuron, then
#
# $$\frac{\partial L}{\partial h^{[1]}_i} = \sum_j \delta^{[2]}_j \, w^{[2]}_{j,i}, \qquad
# \delta^{[1]}_i = \frac{\partial L}{\partial h^{[1]}_i} \cdot \bigl(1 - (h^{[1]}_i)^2\bigr).$$
#
# In words: errors come back through the same weights by which the outputs went forward. Textbooks
# write it with matrices ([notebook 12](12_matrix_form_of_backprop.ipynb)). The engine knows no such
# formula. It knows one rule for one edge, and the formula comes out:

# %%
L.backward()
deltas = [[h.parents[0].grad for h in outputs] for outputs in hidden]
for i, h in enumerate(hidden[0]):
    weights = [neuron.w[i].data for neuron in model.layers[1].neurons]
    arrived = [delta * w for delta, w in zip(deltas[1], weights)]
    terms = "  ".join(f"{a:+.4f}" for a in arrived)
    print(f"h1.{i + 1}: {terms}   sum {h.grad:+.4f}   error term {deltas[0][i]:+.4f}")

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

# %% [markdown]
# It fell. By how much should it have? If the loss were a straight line in each parameter, each
# would contribute its gradient times its move, $-\eta\,(\partial L / \partial p)^2$:

# %%
predicted = -rate * sum(p.grad**2 for p in model.parameters())
print(f"predicted {predicted:.4f}, measured {after - before:.4f}")

# %% [markdown]
# Close, and not the same: the loss is curved. With a tenth of the step the two come closer:

# %%
for p in model.parameters():
    p.data += 0.9 * rate * p.grad
print(f"predicted {predicted / 10:.5f}, measured {forward()[0].data - before:.5f}")
for p in model.parameters():
    p.data -= 0.9 * rate * p.grad  # and forward again

# %% [markdown]
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
#
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("01")

# %% [markdown]
# **1.** What are the gradients of $w_1$, $w_2$ and b in the first neuron of this page, if $x_1 =
# 0$, $x_2 = -1$, and both weights and the bias are 0.5? The label is 1 again. Give a list of three
# numbers.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>What are z and ŷ here? Then find δ, and multiply it with the
# inputs.</details>
# <details><summary>Answer</summary>
#
# $z = 0.5 \cdot 0 - 0.5 + 0.5 = 0$, so $\hat y = 0$ and $e = -1$. Then $\delta = 2e\,(1 - \hat y^2)
# = -2$, and the gradients are $\delta x_1$, $\delta x_2$ and $\delta$. A weight whose input is 0
# has no say in the output, so it does not move. `my_answer = [0.0, 2.0, -2.0]`
#
# </details>
#
# **2.** The same three gradients with the activation $\mathrm{relu}(z) = \max(0, z)$, for $x_1 =
# 2$, $x_2 = -1$, $w_1 = -2$, $w_2 = 0.5$, b = 0.5.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Which side of 0 is z on? What is the slope of relu
# there?</details>
# <details><summary>Answer</summary>
#
# z is -4. The slope of relu is 0 there, and 0 times anything is 0: no error comes through, however
# large it is. If that happens for each input, the neuron is called *dead*.
# `my_answer = [0.0, 0.0, 0.0]`
#
# </details>
#
# **3.** Let $q = x \cdot x$ and $f = q \cdot x$, and x = 2. Which contributions arrive at x? Give
# them as a list, one for each edge that leaves x.

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>One of the edges leads to f, and two lead to q.</details>
# <details><summary>Answer</summary>
#
# From f comes $1 \cdot q = 4$. From q comes its gradient x = 2 times the local derivative x = 2,
# twice. Together they are 12, and that is $3x^2$.
#
# ```python
# from autograd_mini import Value, backprop_steps
#
# x = Value(2.0, "x")
# q = x * x
# my_answer = [s.contribution for s in backprop_steps(q * x) if s.parent is x]
# ```
#
# </details>
#
# **4.** A *linear* neuron has no activation function: $\hat y = w_1 x_1 + w_2 x_2 + b$. Make one
# step of gradient descent on $(\hat y - y)^2$ with $x_1 = 2$, $x_2 = -1$. For which learning rate
# is the loss 0 after it? (The weights and y are not given. They do not matter; why?)

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>By how much do w1, w2 and b change? By how much does that change
# ŷ?</details>
# <details><summary>Answer</summary>
#
# The step changes $w_i$ by $-\eta \cdot 2 e x_i$, and b by $-\eta \cdot 2 e$. So $\hat y$ changes
# by $-2 \eta e\,(x_1^2 + x_2^2 + 1) = -12\,\eta e$, and the new error is $(1 - 12 \eta)\,e$. It is
# 0 for $\eta = 1/12$. At 1/6 we come out as far on the other side, and beyond that farther.
# `my_answer = 1 / 12`
#
# </details>
#
# **5.** Write a function `descend(parameters, rate)` that makes one step of gradient descent with
# the gradients that are there, and then clears them.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The parameters are Values. Change p.data, and then set
# p.grad to 0.</details>
# <details><summary>Answer</summary>
#
# The step goes *against* the gradient. Without clearing, the next `backward()` would add to it.
#
# ```python
# def descend(parameters, rate):
#     for p in parameters:
#         p.data -= rate * p.grad
#         p.zero_grad()
#
#
# my_answer = descend
# ```
#
# </details>
#
# **6.** Invent a graph with a leaf called u at which three contributions arrive: none of them is 0,
# and their sum is. The answer is the root.

# %%
my_answer = ...
check(6, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>A sum passes its gradient on unchanged. What does a product with a
# number do?</details>
# <details><summary>Answer</summary>
#
# There are many. In $(u + u) - 2u$ the contributions are 1, 1 and -2.
#
# ```python
# from autograd_mini import Value
#
# u = Value(3.0, "u")
# my_answer = (u + u) - 2 * u
# ```
#
# </details>
