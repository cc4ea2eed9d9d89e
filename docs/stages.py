"""What each stage of the compiler makes of a loss, as text: compiler.md shows two."""

import numpy as np

from autograd_mini import Value, compile
from autograd_mini.compiler.arrays import Array, written_shape
from autograd_mini.compiler.blocks import parameter_blocks
from autograd_mini.compiler.canonical import Graph
from autograd_mini.compiler.given import leaves
from autograd_mini.compiler.layout import Layout
from autograd_mini.compiler.lower import lower
from autograd_mini.compiler.nodes import INPUT, LEAVES, NONE, PARAMETER
from autograd_mini.compiler.pipeline import lower_arrays
from autograd_mini.compiler.simplify import reachable
from autograd_mini.compiler.task import Task
from autograd_mini.compiler.trace import Trace, Traced, placeholders
from autograd_mini.compiler.two_traces import in_order
from autograd_mini.primitives import fsum


def show(loss, parameters, **inputs):
    """Print what every stage makes of a loss, whose inputs have these shapes."""
    values, names = leaves(parameters)
    names = [_element(*name.split(".")) for name in names]
    trace = Trace(inputs)
    root = loss(**{name: placeholders(name, shape, trace) for name, shape in inputs.items()})
    graph = Graph(values)
    [form] = graph.enter(in_order(trace, [root]), [root])
    nodes = graph.needed([graph.as_node(form)])
    blocks = parameter_blocks(graph, leaves(parameters)[1], nodes, inputs)
    layout = Layout(graph, inputs, blocks)
    lower(layout, nodes)
    task = Task(graph, [np.array(form, object)], leaves(parameters)[1], inputs, "mean", "float64")
    lowered = lower_arrays(task)
    forward = [*_arrays(lowered.as_written[:1])]
    program = compile(loss, parameters=parameters, **inputs)
    for stage, lines in {
        "tracing": _trace(trace, dict(zip(values, names))),
        "canonical form": _nodes(graph, nodes, names),
        "parameter arrays": [f"{b.name} {b.shape} is {b.about}" for b in blocks],
        "addresses": _addresses(layout, names),
        "array program": forward,
        "with its gradient": [a for a in _arrays(lowered.as_written) if a not in forward],
        "source": [line[4:] for line in program.source.splitlines() if line.startswith("    ")],
    }.items():
        print(f"{stage}:", *[f"    {line}" for line in lines], sep="\n")


def _element(name, *index):
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def _trace(trace, names):
    def written(x):
        if isinstance(x, Traced):
            return _element(*x.operands) if x.is_leaf else f"t{x.position}"
        return names.get(x) or f"{x.data:g}" if isinstance(x, Value) else f"{x:g}"

    for node in trace:
        if not node.is_leaf:
            yield f"t{node.position} = {node.op}({', '.join(map(written, node.operands))})"


def _called(graph, i, names):
    """A node: a leaf by its name, another by its number."""
    op, args = graph.ops[i], graph.args[i]
    if op is PARAMETER:
        return names[args[0]]
    return _element(*args) if op is INPUT else f"n{i}"


def _nodes(graph, nodes, names):
    for i in nodes:
        op, args = graph.ops[i], graph.args[i]
        if op is fsum:
            factors = [
                [f"{c:g}"] * (c != 1) + [_called(graph, x, names) for x in pair if x != NONE]
                for c, *pair in zip(*args[1:])
            ]
            constant = [f"{args.constant:g}"] * (args.constant != 0)
            made = " + ".join(constant + [" * ".join(term) for term in factors])
        elif op not in LEAVES:
            made = f"{op}({', '.join(_called(graph, x, names) for x in args)})"
        if op not in LEAVES:
            yield f"class {graph.classes[i]}: n{i} = {made}"


def _addresses(layout, names):
    for array, start, nodes in zip(layout.arrays, layout.starts, layout.nodes):
        elements = ", ".join(_called(layout.graph, node, names) for node in nodes)
        yield f"{written_shape(array.shape)} from {start} on: {elements}"


def _arrays(outputs):
    number = {x: i for i, x in enumerate(reachable(outputs))}
    for x, i in number.items():
        args = [f"a{number[a]}" if a.__class__ is Array else f"{a:g}" for a in x.args]
        info = [] if x.info is None else [repr(x.info)]
        made = f"a{i} = {x.op}({', '.join(args + info)})"
        yield f"{made:45} {written_shape(x.shape)}"
