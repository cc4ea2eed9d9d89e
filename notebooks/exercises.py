"""The exercises of the notebooks, each with its check.

    from exercises import exercises_of

    check = exercises_of("04")
    check(1, my_answer)

says whether an answer is right, and if not, where it goes wrong. Questions, hints and worked
answers stand in the notebooks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any

from checks import (
    EXACT,
    Check,
    Verdict,
    Wrong,
    call,
    chosen,
    difference,
    disagreement,
    evaluated,
    formula,
    function,
    judge,
    near,
    number,
    number_of,
    numbers,
    rows_of,
    slope,
    value_of,
    wrong_if,
)

from autograd_mini import (
    Value,
    backprop_steps,
    chain_rule,
    gradients,
    log_sigmoid,
    softmax,
    topological_order,
)
from nn import MLP, schedules, toys


def exercises_of(notebook: str) -> Callable[[int, Any], Verdict]:
    """check(number, answer) for the exercises of a notebook, such as "04".

    Raises:
        KeyError: there is no such notebook here, or no such exercise in it.
    """
    checks = EXERCISES[notebook]

    def check(number: int, answer: Any) -> Verdict:
        if number not in range(1, len(checks) + 1):
            raise KeyError(f"notebook {notebook} has exercises 1 to {len(checks)}, not {number}")
        return judge(number, checks[number - 1], answer)

    return check


INPUT, ROW = [2.0, 1.0, 1.0], [1.0, 0.0, 3.0]
LARGE = [1000.0, 0.0], [0.0, 4000.0], [-2000.0, -2001.0], [801.0, 800.0]
XS = [(-1.5,), (-0.5,), (0.25,), (1.0,), (2.0,)]
POSITIVE = [(0.25,), (0.5,), (1.0,), (2.0,)]


def descends(answer: Any) -> None:
    """answer(parameters, rate) makes a step of gradient descent, and clears the gradients."""
    parameters = [Value(1.0, "p"), Value(-2.0, "q")]
    (parameters[0] ** 2 * parameters[1]).backward()  # gradients -4 and 1
    call(answer, parameters, 0.1, case="two parameters")
    for p, start, gradient in zip(parameters, (1.0, -2.0), (-4.0, 1.0), strict=True):
        wrong_if(near(p.data, start), f"The parameter {p.label} has not moved: change its .data.")
        if near(p.data, start + 0.1 * gradient):
            raise Wrong(f"{p.label} walked uphill: the loss grows along the gradient.")
        if not near(p.data, start - 0.1 * gradient):
            raise Wrong(f"{p.label} moved, but not by the rate times its gradient.")
        wrong_if(p.grad != 0, "A gradient is still there, and the next backward() would add to it.")


def three_that_cancel(answer: Any) -> None:
    """Three contributions arrive at u, none is 0, and their sum is."""
    steps = [s for s in backprop_steps(value_of(answer)) if s.parent and s.parent.label == "u"]
    wrong_if(not steps, "No edge of this graph leads to a leaf that is called u.")
    wrong_if(len(steps) != 3, f"{len(steps)} contributions arrive at u, not three.")
    wrong_if(any(near(step.contribution, 0) for step in steps), "One of the contributions is 0.")
    wrong_if(abs(steps[-1].after) > 1e-9, f"The three add up to {steps[-1].after:g}, and not to 0.")


A = Value(3.0, "x")
B = A + A


def eight_paths(answer: Any) -> None:
    nodes = topological_order(value_of(answer))
    leaves = [node for node in nodes if not node.parents]
    wrong_if(len(leaves) != 1, f"The graph has {len(leaves)} leaves, not one.")
    wrong_if(len(nodes) != 4, f"The graph has {len(nodes)} nodes, not four.")
    count = len(chain_rule(answer, leaves[0]).paths)
    wrong_if(count != 8, f"{count} paths lead from the leaf to the root, not eight.")


def orders_by_itself(answer: Any) -> None:
    """answer(root) gives the gradient of every node, as a dict."""
    p = A * A
    ladder = reduce(lambda rung, _: rung + rung, range(12), A)
    graphs = {"a leaf alone": A, "y = x * x": p, "p = x * x, y = p + 3 * p": p + 3 * p}
    for name, root in {**graphs, "a ladder of 12 rungs": ladder}.items():
        found = call(answer, root, case=name)
        if not isinstance(found, dict):
            raise Wrong(f"For {name} it gives {type(found).__name__}, not a dict of gradients.")
        nodes = topological_order(root)
        for node, right in zip(nodes, gradients(root, nodes), strict=True):
            what = f"the node {node.label or str(node.op)} with data {node.data:g}"
            wrong_if(node not in found, f"For {name}: {what} has no gradient.")
            if how := difference(number_of(found[node], what), right):
                raise Wrong(f"For {name}: the gradient of {what} {how}.")
    leaf = Node()
    chain = reduce(lambda node, _: Node([node], [1.0]), range(5000), leaf)
    try:
        found = answer(chain)
    except RecursionError:
        raise Wrong("A chain of 5,000 nodes is too deep for your recursion.") from None
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise Wrong(f"On nodes that have .parents and .partials alone it raises {what}.") from None
    wrong_if(found.get(leaf) != 1.0, "At the end of a chain of 5,000 nodes the gradient is not 1.")


class Node:
    """A node that the library's functions do not know."""

    def __init__(self, parents: Sequence[Node] = (), partials: Sequence[float] = ()) -> None:
        self.parents, self.partials = parents, partials


def by_levels(root: Value) -> dict[Value, float]:
    """Each node passes on once, level by level from the root: wrong for some graphs."""
    gradient: dict[Value, float] = {root: 1.0}
    level, done = [root], set()
    while level:
        for node in level:
            done.add(node)
            for parent, local in zip(node.parents, node.partials, strict=True):
                gradient[parent] = gradient.get(parent, 0.0) + gradient[node] * local
        parents = [parent for node in level for parent in node.parents]
        level = [parent for parent in dict.fromkeys(parents) if parent not in done]
    return gradient


def fools_levels(answer: Any) -> None:
    nodes = topological_order(value_of(answer))
    found = by_levels(answer)
    pairs = zip(nodes, gradients(answer, nodes), strict=True)
    if all(near(found[node], right, EXACT) for node, right in pairs):
        raise Wrong("Level by level, all gradients of this graph are right.")


SQUARE = (lambda x: x * x, lambda x: 2 * x)
SINE = (math.sin, math.cos)
LINE = (lambda x: 3 * x + 1, lambda x: 3.0)


def grows_by_cosine(answer: Any) -> None:
    """f' = f cos, and f is not 0."""
    for x in (-2.0, 0.0, 0.5, 3.0):
        f = evaluated(answer, "x", (x,))
        wrong_if(near(f, 0), f"f is 0 at x = {x:g}.")
        if not near(slope(answer, x), f * math.cos(x), EXACT):
            raise Wrong(f"At x = {x:g} the slope is {slope(answer, x):.4g}, not f times cos x.")


def trains(answer: Any) -> None:
    """answer(model, data) leaves a model that is right on nine points."""
    data = [([x1, x2], int(x1 + x2 > 2)) for x1 in (0.0, 1.0, 2.0) for x2 in (0.0, 0.5, 2.5)]
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    before = [p.data for p in model.parameters()]
    call(answer, model, data, case="nine points")
    if before == [p.data for p in model.parameters()]:
        raise Wrong("The parameters of the model have not moved.")
    wrong = sum((model.predict(x) > 0) != (y == 1) for x, y in data)
    what = f"Afterwards {wrong} of the nine points are wrong, and a line could divide them"
    wrong_if(wrong, f"{what}: take more steps, or shorter ones. Is the score above 0 for label 1?")


def twice_in_micrograd(answer: Any) -> None:
    """A second pass, with the gradients of nodes in between kept, does not give twice as much."""
    nodes = topological_order(value_of(answer))
    wrong_if(len(nodes) == 1, "A leaf alone has no node in between.")
    once = dict(zip(nodes, gradients(answer, nodes), strict=True))
    twice = dict.fromkeys(nodes, 0.0)
    for _ in range(2):
        twice[answer] = 1.0
        for node in reversed(nodes):
            for parent, local in zip(node.parents, node.partials, strict=True):
                twice[parent] += twice[node] * local
    if all(near(twice[n], 2 * once[n], EXACT) for n in nodes if not n.parents):
        raise Wrong("Here two passes give each leaf twice its gradient, in micrograd too.")


def xor_by_two_relus(answer: Any) -> None:
    """Rows [w1, w2, b] of two hidden relus, and [v1, v2, c] of the output."""
    first, second, output = rows_of(answer, 3, 3, 3)
    for (x1, x2), y in toys.xor():
        h = [max(0.0, w1 * x1 + w2 * x2 + b) for w1, w2, b in (first, second)]
        found = output[0] * h[0] + output[1] * h[1] + output[2]
        if not near(found, y):
            raise Wrong(f"At ({x1:g}, {x2:g}) it gives {found:g}; the hidden neurons give {h}.")


def one_feature(answer: Any) -> None:
    """A number for each corner; a threshold divides the labels."""
    found: dict[int, list[float]] = {0: [], 1: []}
    for x, y in toys.xor():
        feature = call(answer, list(x), case=f"x = {x}")
        feature = float(feature) if isinstance(feature, bool) else feature  # x[0] != x[1]
        found[y].append(number_of(feature, f"the feature of {x}"))
    what = f"Label 0 gets {found[0]}, label 1 gets {found[1]}"
    wrong_if(overlap(*found.values()), f"{what}: no threshold divides them.")


def overlap(xs: list[float], ys: list[float]) -> bool:
    return min(xs) <= max(ys) and min(ys) <= max(xs)


def never_comes_to_rest(answer: Any) -> None:
    """Four (x, y) pairs, x a number, of both labels; a threshold divides them (or is one)."""
    pairs = rows_of(answer, 2, 2, 2, 2)
    labels = {y for _, y in pairs}
    wrong_if(labels != {0.0, 1.0}, "Both labels, 0 and 1, have to occur, and no others.")
    zeros, ones = ([x for x, y in pairs if y == label] for label in (0, 1))
    divided = max(zeros) <= min(ones) or max(ones) <= min(zeros)
    text = "For these examples there is a best w and b, and training comes to rest."
    wrong_if(not divided or len({x for x, _ in pairs}) == 1, text)


def triangle(answer: Any) -> None:
    """Rows [w1, w2, b] of three hidden steps, and [v1, v2, v3, c] of the output."""
    *hidden, output = rows_of(answer, 3, 3, 3, 4)

    def inside(x1: float, x2: float) -> bool:
        h = [float(w1 * x1 + w2 * x2 + b > 0) for w1, w2, b in hidden]
        return sum(v * z for v, z in zip(output, [*h, 1.0], strict=True)) > 0

    wrong_if(not inside(0.0, 0.0), "The origin is outside.")
    distances = [1.25**k for k in range(-20, 60)]  # from 0.01 to half a million
    for k in range(360):
        c, s = math.cos(math.radians(k)), math.sin(math.radians(k))
        along = [inside(r * c, r * s) for r in distances]
        wrong_if(along[-1], f"It has no end in the direction of {k} degrees.")
        returns = along != sorted(along, reverse=True)
        wrong_if(returns, f"In the direction of {k} degrees one leaves it and comes back.")


TIPS = [(-math.sin(2 * math.pi * k / 5), math.cos(2 * math.pi * k / 5)) for k in range(5)]


def star_by_one_layer(answer: Any) -> None:
    """The output's row [v1, .., v5, c] over the five lines of the pentagram."""
    [output] = rows_of([answer], 6)
    ends = [(TIPS[k], TIPS[(k + 2) % 5]) for k in range(5)]
    rng = random.Random(0)
    for _ in range(1000):
        x1, x2 = rng.uniform(-1, 1), rng.uniform(-1, 1)
        sides = [(q[0] - p[0]) * (x2 - p[1]) > (q[1] - p[1]) * (x1 - p[0]) for p, q in ends]
        found = sum(v * side for v, side in zip(output, [*sides, 1], strict=True)) > 0
        if found != (sum(sides) >= 4):
            place = f"({x1:.2f}, {x2:.2f}), on the inner side of {sum(sides)} lines,"
            raise Wrong(f"{place} is {'inside' if found else 'outside'}, and should not be.")


def logarithm_or_zero(answer: Any) -> None:
    """log(x) where x > 0, else 0, with gradients that are finite."""
    for x, f, df in (2.0, math.log(2), 0.5), (0.5, math.log(0.5), 2.0), (0.0, 0, 0), (-1.0, 0, 0):
        leaf = Value(x, "x")
        root = call(answer, leaf, case=f"x = {x:g}")
        if how := difference(number_of(root, f"the result for x = {x:g}"), f):
            raise Wrong(f"For x = {x:g} the result {how}.")
        found = gradients(value_of(root), [leaf])[0] if isinstance(root, Value) else 0.0
        if how := difference(number_of(found, f"the gradient for x = {x:g}"), df):
            raise Wrong(f"For x = {x:g} the gradient {how}.")


def lets_gradients_through(answer: Any) -> None:
    """f(0) = 0, a slope between 0.1 and 1 from -10 to 10, and not a straight line."""
    wrong_if(not near(evaluated(answer, "x", (0.0,)), 0), "f(0) is not 0.")
    slopes = {x: slope(answer, x) for x in (k / 4 + 0.01 for k in range(-40, 40))}
    for x, s in slopes.items():
        wrong_if(not 0.1 <= s <= 1 + EXACT, f"At x = {x:g} the slope is {s:.3g}.")
    if near(min(slopes.values()), max(slopes.values())):
        raise Wrong("It is a straight line, and layers of those are one layer.")


def best_constants(answer: Any) -> None:
    """The best constant for 1, 2, 3 and 10 by the squared error, and one by the absolute error."""
    [[squared, absolute]] = rows_of([answer], 2)
    wrong_if(how := difference(squared, 4.0), f"The first {how}.")
    wrong_if(not 2 <= absolute <= 3, f"The second is too {'large' if absolute > 3 else 'small'}.")


def opposite_steps(answer: Any) -> None:
    """A loss of w on which gradient descent at rate 1, from 1, jumps between two points."""
    w = 1.0
    places = [w := w - slope(answer, w, "w") for _ in range(4)]
    wrong_if(near(places[0], 1.0), "The gradient at 1 is 0, so gradient descent stays there.")
    if not near(places[1], 1.0, EXACT) or not near(places[3], 1.0, EXACT):
        raise Wrong(f"It goes from 1 to {', '.join(f'{w:.4g}' for w in places)}.")


def adam(w: float, g: float, m: float, v: float, t: int) -> list[float]:
    """The weight and both means after step t of Adam, with the settings of the exercise."""
    m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
    return [w - 0.1 * (m / (1 - 0.9**t)) / math.sqrt(v / (1 - 0.99**t)), m, v]


PICTURE = [k / 32 - 1 for k in range(64)]
MOVED = [PICTURE[k + 1] if k % 8 < 7 else -1.0 for k in range(64)]


def compiles(answer: Any) -> None:
    """answer(x) is the largest of three numbers, and can be compiled."""
    from autograd_mini import compile

    wrong_if(not callable(answer), "Expected a function of a list of three numbers.")
    try:
        program = compile(lambda x: answer(x), x=3)  # compile cannot read what max takes
    except Exception as error:
        raise Wrong(f"compile says: {error}") from None
    for row in [1.0, 2.0, 3.0], [3.0, -1.0, 2.0], [-5.0, -1.0, -2.0]:
        found = program.value_and_grad([row])[0]
        if how := difference(number_of(found, "the program's result"), max(row)):
            raise Wrong(f"For {row} the program's result {how}.")


def wrong_but_for_equal_operands(answer: Any) -> None:
    """answer(x1, x2) gives partials of a product, right where x1 = x2, and not elsewhere."""
    for x1, x2 in ((3.0, 3.0), (-2.0, -2.0), (0.5, 0.5)):
        found = call(answer, x1, x2, case=f"x1 = x2 = {x1:g}")
        if what := disagreement(found, [x2, x1]):
            raise Wrong(f"With both operands {x1:g} a test would find it: {what}.")
    found = call(answer, 2.0, 5.0, case="x1 = 2, x2 = 5")
    wrong_if(not disagreement(found, [5.0, 2.0]), "For x1 = 2 and x2 = 5 the partials are right.")
    wrong_if(not disagreement(found, [5.0, 5.0]), "That is the rule of this page.")


EXERCISES: dict[str, list[Check]] = {
    "01": [
        numbers("w1 w2 b", [0.0, 2.0, -2.0]),
        numbers("w1 w2 b", [0.0, 0.0, 0.0]),
        numbers("first second third", [4.0, 4.0, 4.0]),
        number(
            1 / 12,
            (1 / 6, "After this step the error is as large as before, on the other side."),
            (1 / 24, "This step halves the error."),
        ),
        descends,
        three_that_cancel,
    ],
    "02": [
        numbers("edges a.grad", [2, 24.0], ((1, 24.0), "Both operands of the sum are a.")),
        number(3),
        number(0.5, (0.25, "That is the slope alone."), (2, "That is the weight alone.")),
        function(("a leaf", [A], 0), ("b = a + a", [B], 2), ("c = b * b", [B * B], 4)),
        eight_paths,
    ],
    "03": [
        chosen("AC", "ABCD"),
        number(26, (8, "That is the right gradient. The naive recursion gives another one.")),
        number(
            2**16 - 2,
            (30, "That is how many steps a topological order takes."),
            (2**15, "That is how many paths lead to the leaf; edges further up count as well."),
        ),
        orders_by_itself,
        fools_levels,
    ],
    "04": [
        formula("x", partial(slope, "sqrt(1 + x**2)"), XS),
        formula(
            "x",
            partial(slope, "x**2 * exp(3*x)"),
            XS,
            ("2*x*exp(3*x)", "That is one of the two ways."),
            ("3*x**2*exp(3*x)", "That is one of the two ways."),
            ("2*x*exp(3*x) + x**2*exp(3*x)", "The inner derivative of exp(3*x) is missing."),
            ("2*x*3*exp(3*x)", "The derivative of a product is not the product of derivatives."),
        ),
        formula(
            "x",
            partial(slope, "x**x"),
            POSITIVE,
            ("x * x**(x - 1)", "That is the way through the base. There is another."),
            ("x**x * log(x)", "That is the way through the exponent. There is another."),
        ),
        formula("x", "sigmoid(x)", XS),
        function(
            ("x**2 at 3", [[SQUARE], 3.0], 6.0),
            ("sin(x**2) at 0.5", [[SQUARE, SINE], 0.5], math.cos(0.25)),
            ("3 sin(x)**2 + 1 at 2", [[SINE, SQUARE, LINE], 2.0], 3 * math.sin(4)),
            ("no function, at 2", [[], 2.0], 1.0),
        ),
        grows_by_cosine,
    ],
    "05": [
        number(-0.5, (0.5, "That is the prediction. The error term is prediction minus label.")),
        numbers("delta_j v_j w_j1 w_j2", [-0.36, 0.4, -0.36, -1.08]),
        chosen("BCD", "ABCD"),
        chosen("ABC", "ABCD"),
        trains,
    ],
    "06": [
        numbers("first second", [24.0, 26.0], ((24.0, 2.0), "Leaves add up what arrives.")),
        number(72, (144, "That is what micrograd gives."), (24, "That is one pass.")),
        numbers("spelled-out short", [14, 9]),
        function(
            ("MLP(2, [16, 16, 1])", [2, [16, 16, 1]], 337),
            ("MLP(3, [1])", [3, [1]], 4),
            ("MLP(4, [5, 2])", [4, [5, 2]], 37),
        ),
        twice_in_micrograd,
    ],
    "07a": [
        number(14, (16, "XOR is one of the 16."), (15, "What about the opposite of XOR?")),
        numbers(
            "w1 w2 b",
            [-1.5, -1.25, -0.5],
            ([2.5, 0.75, 1.5], "That is a step towards an example whose label is -1."),
        ),
        function(
            ("a mistake with label 1", [[-1.0, 0.5, 0.0], INPUT, 1], [1.0, 1.5, 1.0]),
            ("a mistake with label -1", [[1.0, 0.5, 0.0], INPUT, -1], [-1.0, -0.5, -1.0]),
            ("an example that is right already", [[1.0, 0.5, 0.0], INPUT, 1], [1.0, 0.5, 0.0]),
            ("a score of exactly 0", [[0.0, 0.0, 0.0], INPUT, 1], [2.0, 1.0, 1.0]),
            ("a score of 0, label -1", [[0.0, 0.0, 0.0], INPUT, -1], [-2.0, -1.0, -1.0]),
        ),
        xor_by_two_relus,
        one_feature,
    ],
    "07b": [
        numbers("probability slope", [0.5, 0.25]),
        number(
            0.24,
            (0.16, "The third label is 0, so its probability is 1 less the model's."),
            (-math.log(0.24), "That is minus its logarithm."),
        ),
        formula("z y", "sigmoid(z) - y", [(-2.0, 0), (-1.0, 1), (0.5, 0), (3.0, 1)]),
        function(
            *((str(z), [z], softmax(z)) for z in ([0.0, 0.0], [1.0, 2.0, 3.0], [-2.0], *LARGE))
        ),
        never_comes_to_rest,
    ],
    "07c": [
        number(
            8,
            (9, "That is how many points there are."),
            (7, "That is how many bends are inside. The first piece has a slope, too."),
        ),
        number(len(MLP(1, [4, 4, 4, 4, 1]).parameters())),
        numbers(
            "row row",
            [[2.0, 4.0], [1.0, 3.0]],
            ([[4.0, 2.0], [1.0, 1.0]], "The second layer comes after the first: it is left."),
        ),
        triangle,
        star_by_one_layer,
    ],
    "08": [
        formula(
            "x",
            partial(slope, "silu(x)"),
            XS,
            ("sigmoid(x)", "That is one of the two ways."),
            ("x * sigmoid(x) * (1 - sigmoid(x))", "That is one of the two ways."),
            (
                "sigmoid(x) * (1 - sigmoid(x))",
                "The derivative of a product is not the product of derivatives.",
            ),
        ),
        numbers(
            "left right",
            [-2.0, 0.0],
            ([0.01, 1.0], "Those are the derivatives by x."),
            ([-0.02, 3.0], "Those are the outputs."),
        ),
        number(
            2,
            (4, "That is the factor of the square of the length."),
            (math.sqrt(8), "Half of the slopes of relu are 0."),
        ),
        number(
            0.25**10,
            (0.25, "That is one neuron."),
            (1e-6, "That is rounded: give the power itself."),
        ),
        logarithm_or_zero,
        lets_gradients_through,
    ],
    "09": [
        best_constants,
        number(0),
        number(-sum(p * math.log(p) for p in (0.7, 0.2, 0.1)), (0, "Only for one-hot targets.")),
        formula("z k", "exp(z) - k", [(-1.0, 0), (0.5, 2), (1.5, 3), (2.0, 9)]),
        function(*((f"z = {z:g}", [z], log_sigmoid(z)) for z in (0.0, 1.5, -3.0, 800.0, -800.0))),
    ],
    "10": [
        number(0.2, (0.1, "That is the best rate. What is the largest?")),
        number(10),
        number(0.1, (-0.1, "It walks against the gradient."), (0.3, "That is a step of SGD.")),
        function(
            ("the first step", [1.0, 3.0, 0.0, 0.0, 1], adam(1.0, 3.0, 0.0, 0.0, 1)),
            ("a second step", [1.0, -1.0, 0.5, 0.3, 2], adam(1.0, -1.0, 0.5, 0.3, 2)),
        ),
        opposite_steps,
    ],
    "10b": [
        number(90, (30, "Three times the work is not yet a third of the noise.")),
        formula(
            "share",
            schedules.warmup(0.2, schedules.linear_decay),
            [(0.0,), (0.05,), (0.15,), (0.2,), (0.5,), (0.75,), (1.0,)],
            ("1 - share", "It starts at 1."),
        ),
        numbers(
            "first second third",
            [3 / 13, -4 / 13, 12 / 13],
            ([1.0, -1.0, 1.0], "That is the sign of each entry, and another direction."),
            ([3 / 12, -4 / 12, 1.0], "The length is not the largest entry."),
            ([3 / 19, -4 / 19, 12 / 19], "The length is not the sum of the sizes."),
        ),
        number(2, (0, "That is the minimum, but this loss is not a parabola.")),
        number(0.25, (0.5, "That is the probability."), (0.125, "That is one of the two answers.")),
    ],
    "11": [
        formula("a", "a / 1.5", XS, ("a - 0.5", "That is the lasso's, for a above 0.5.")),
        formula("a", "sign(a) * maximum(abs(a) - 0.5, 0)", XS),
        number(
            0.2,
            (0.8, "That is the share of the steps in which it stays."),
            (0.25, "That is by how much it grew. What was it divided by?"),
        ),
        function(
            ("w = 2, g = 0", [2.0, 0.0, 0.1, 0.5], 1.9),
            ("w = -1, g = 3", [-1.0, 3.0, 0.1, 0.5], -1.25),
        ),
        function(
            ("losses that fall", [[3.0, 2.0, 1.0], 2], 2),
            ("losses that turn", [[3.0, 2.0, 2.5, 2.6, 1.0], 2], 1),
            ("a bump shorter than the patience", [[3.0, 2.0, 2.5, 1.0], 2], 3),
            ("a loss that falls, but not below the best", [[3.0, 2.0, 2.5, 2.4, 1.0], 2], 1),
        ),
    ],
    "12": [
        numbers("first second", [1.0, -1.0], ((-1.0, -3.0), "That is W times delta.")),
        numbers("row row", [[2.0, 0.0, 6.0], [-1.0, 0.0, -3.0]]),
        numbers("forward backward", [1000, 2100], ((1000, 2000), "And the slopes?")),
        function(
            ("one example", [[[2.0, -1.0]], [ROW]], [[2.0, 0.0, 6.0], [-1.0, 0.0, -3.0]]),
            (
                "two examples",
                [[[2.0, -1.0], [1.0, 1.0]], [ROW, [0.0, 1.0, 1.0]]],
                [[2.0, 1.0, 7.0], [-1.0, 1.0, -2.0]],
            ),
        ),
        function(
            (
                "two neurons",
                [[[1.0, 2.0], [0.0, 3.0]], [1.0, -1.0], [0.0, 0.5]],
                [1.0, -(math.cosh(0.5) ** -2)],
            ),
            (
                "three neurons before one",
                [[[1.0, -2.0, 0.5]], [2.0], [0.1, -0.3, 2.0]],
                [2 * math.cosh(0.1) ** -2, -4 * math.cosh(0.3) ** -2, math.cosh(2) ** -2],
            ),
        ),
    ],
    "13": [
        number(
            math.log(4),
            (math.log(16), "That is the sum of both."),
            (0.3125, "That is the mean probability. The loss is minus a logarithm."),
            (-math.log(0.3125), "That is the loss of the mean probability."),
        ),
        numbers("first second third", [0.1, 0.7, -0.8]),
        number(
            20 * 65 + 20 * 21 + 10 * 21,
            (64 * 20 + 20 * 20 + 20 * 10, "The biases are parameters, too."),
            (20 * 65 + 10 * 21, "There are two hidden layers."),
        ),
        function(("a picture that gets darker", [PICTURE], MOVED)),
        function(
            ("three pixels", [[0.0, 0.5, -0.5], [2.0, -0.01, 0.0], 0.1], [0.1, 0.4, -0.5]),
            ("pixels at their limits", [[1.0, -1.0], [1.0, -1.0], 0.1], [1.0, -1.0]),
        ),
    ],
    "14": [
        chosen("BC", "ABCDE"),
        numbers("H Z Delta_1 dW_1", [[200, 32], [200, 10], [200, 32], [32, 64]]),
        numbers(
            "forward backward",
            [3, 5],
            ((3, 3), "Those are the products for dW. How do the error terms get back?"),
            ((3, 6), "The gradient of x is not asked for."),
        ),
        function(
            (
                "one example",
                [[[1.0, 2.0]], [[1.0, -1.0], [0.5, 3.0], [0.0, 1.0]], [0.1, 0.2, 0.3]],
                [[-0.9, 6.7, 2.3]],
            ),
            (
                "two examples",
                [[[1.0, 2.0], [0.0, -1.0]], [[1.0, -1.0]], [0.5]],
                [[-0.5], [1.5]],
            ),
        ),
        compiles,
    ],
    "15": [
        number(
            0.5,
            (0, "That is the right derivative. What does the wrong rule give?"),
            (0.25, "That is what one of the two edges brings."),
        ),
        chosen("BD", "ABCD"),
        number(5, (1, "The result is multiplied by t: differentiate t f by t.")),
        function(
            ("x**3 at 2, h = 0.5", [lambda x: x**3, 2.0, 0.5], 12.0),
            ("x**5 at 1, h = 1", [lambda x: x**5, 1.0, 1.0], 4.75),
        ),
        wrong_but_for_equal_operands,
    ],
    "20": [
        numbers("first second", [0.75, 0.25]),
        numbers("first second", [0.75, -0.75], ((2.25, -0.25), "The mean is missing.")),
        numbers("weight gradient", [0.5, 0.0]),
        number(2048 / 4192, (2048, "That is their number. What share is it?")),
        function(
            (
                "two keys",
                [[0.7, -0.4, 0.0], [[1.5, 0.5, 2.0], [0.0, 1.0, 3.0]], [3.0, -1.0]],
                4 / (1 + math.exp(-1.25 / math.sqrt(3))) - 1,
            ),
            ("three equal keys", [[1.0, 2.0], [[1.0, 1.0]] * 3, [3.0, 0.0, 0.0]], 1.0),
        ),
    ],
}
