"""To ONNX: a file that other programs run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

try:
    import onnx
except ModuleNotFoundError as error:
    raise ImportError('to_onnx takes onnx: pip install "autograd-mini[onnx]"') from error
import numpy as np
from onnx import TensorProto, helper, numpy_helper

from autograd_mini.files import write_atomically

from ..module import Module
from .steps import FORMS, Step, steps

TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}


def to_onnx(path: str | Path, model: Module, *, dtype: str = "float32") -> None:
    """Write the model as an ONNX file, in evaluation mode; if it fails, the old file stays.

    Its input is called x, its output y. Both have an axis for a batch of any size: x is (batch, n),
    also where a model begins with flatten, or (batch, channels, ..) where it begins with a
    convolution. An MLP(2, [1]) gives (batch, 1).

    Args:
        path: of the file, such as "model.onnx".
        model: a Sequential, an MLP or a layer, as for to_torch.
        dtype: "float32", or "float64", which not every program has for every layer: onnxruntime
            has it for linear layers, but not for convolutions.

    Raises:
        TypeError: a module or a function is not one that ONNX has; it is named.
        ValueError: the dtype is another; or a layer has neurons of different kinds.
        ImportError: onnx is not installed.
    """
    if dtype not in TYPES:
        raise ValueError(f"dtype is 'float32' or 'float64', got {dtype!r}")
    nodes: list[Any] = []
    weights: dict[str, Any] = {}
    described, now = steps(model), "x"
    for step in described:
        start = now
        arrays = {f"{step.path}.{k}".lstrip("."): x for k, x in step.numbers.items()}
        weights |= {k: numpy_helper.from_array(np.array(x, dtype), k) for k, x in arrays.items()}
        for operator in FORMS[step.kind][1].split():
            inputs = [now, *arrays, *[start] * (operator == "Mul")]
            now = f"v{len(nodes) + 1}"
            nodes.append(helper.make_node(operator, inputs, [now], **_attributes(step, operator)))
    nodes.append(helper.make_node("Identity", [now], ["y"]))
    sizes = next((step.shape for step in described if step.shape), ("m", "n"))
    shape = ["batch", sizes[1], "height", "width"][: len(sizes)]
    x = helper.make_tensor_value_info("x", TYPES[dtype], shape)
    y = helper.make_tensor_value_info("y", TYPES[dtype], None)
    graph = helper.make_graph(nodes, type(model).__name__, [x], [y], [*weights.values()])
    opsets = [helper.make_opsetid("", 20)]  # the first with Gelu
    file = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    file = onnx.shape_inference.infer_shapes(file, strict_mode=True)  # that of y, too
    onnx.checker.check_model(file)
    write_atomically(Path(path), file.SerializeToString())


def _attributes(step: Step, operator: str) -> dict[str, Any]:
    axes, options = len(step.shape) - 2, step.options
    if operator == "Conv":
        return {"strides": [options["stride"]] * axes, "pads": [options["padding"]] * axes * 2}
    if operator in ("LeakyRelu", "Elu"):
        return {"alpha": options["slope" if operator == "LeakyRelu" else "alpha"]}
    if operator == "Gelu":
        return {"approximate": "tanh" if step.kind == "gelu_tanh" else "none"}
    return {"transB": 1} if operator == "Gemm" else {}
