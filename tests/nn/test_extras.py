"""What needs another library is loaded when it is used, and says which extra installs it."""

import subprocess
import sys

import pytest

import nn

LIBRARIES = ("torch", "onnx", "safetensors", "sklearn", "jax")


def printed(missing, code):
    """What a program prints to which these libraries are not installed."""
    code = f"import sys; sys.modules.update(dict.fromkeys({missing}))\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nn_loads_without_them():
    code = "from nn import *\nimport nn\nprint(hasattr(nn, 'no_such_name'), len(dir(nn)) > 30)"
    assert printed(LIBRARIES, code) == "False True\n"


@pytest.mark.parametrize(
    ("use", "library", "extra"),
    [
        ("nn.to_torch", "torch", "torch"),
        ("nn.torch_source", "torch", "torch"),
        ("nn.from_torch", "torch", "torch"),
        ("nn.to_onnx", "onnx", "onnx"),
        ("nn.estimators", "sklearn", "sklearn"),
        ("nn.save('m.safetensors', nn.Linear(1, 1))", "safetensors", "safetensors"),
        ("nn.load('m.safetensors', nn.Linear(1, 1))", "safetensors", "safetensors"),
    ],
)
def test_the_error_names_the_extra(use, library, extra):
    code = f"import nn\ntry:\n    {use}\nexcept ImportError as error:\n    print(error)"
    assert f'pip install "autograd-mini[{extra}]"\n' in printed([library], code)


def test_they_are_found_by_tab():
    names = {"estimators", "from_torch", "to_onnx", "to_torch", "torch_source"}
    assert names <= set(dir(nn))
    assert names.isdisjoint(nn.__all__)  # a star would ask for all of them
