"""Pictures of computation graphs and of networks, drawn by Graphviz.

graph.py draws the graph, boxes.py its parts, with labels.py for their texts and leaves.py for the
numbers of leaves; cards.py draws neurons as cards, tables.py their tables, and neurons.py finds
them; modules.py finds the nodes of each neuron and layer, sketch.py draws many nodes as one box;
mlp.py draws a network as columns of neurons; program.py finds and runs the dot that lays them out.
"""

from ..text import format_number
from .cards import names_of
from .graph import draw_dot, mimebundle, render
from .mlp import draw_mlp
from .program import dot_command, set_renderer

__all__ = [
    "dot_command",
    "draw_dot",
    "draw_mlp",
    "format_number",
    "mimebundle",
    "names_of",
    "render",
    "set_renderer",
]
