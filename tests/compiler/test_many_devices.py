"""The page on many devices says what is so: its programs print what it shows."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "many_devices.md").read_text(encoding="utf-8")
SHARE, HOSTS = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
SHARED, OF_EACH = re.findall(r"^```output\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def started(program, devices, *arguments):
    """The program in a process of its own, on so many simulated devices."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_eight_devices_share_a_batch():
    printed, _ = started(SHARE, 8).communicate(timeout=100)
    assert printed == SHARED


BESIDE = """
import jax, numpy as np
from autograd_mini import Value, compile, dot

w = [Value(0.5), Value(-1.0)]
loss = lambda x: (dot(w, x) ** 2, {"h": x, "w": (w[0], [w[1] * x[0]])})
X = np.arange(12.0).reshape(6, 2)
options = {"x": 2, "has_aux": True, "backend": "jax"}
found = compile(loss, devices=jax.devices(), **options).value_and_grad(X)
expected = compile(loss, **options).value_and_grad(X)
alike = jax.tree.map(np.allclose, found, expected)
print(len(jax.devices()), all(jax.tree.leaves(alike)), len(jax.tree.leaves(alike)))
"""


def test_what_is_beside_a_loss_is_shared_as_examples_are():
    printed, _ = started(BESIDE, 2).communicate(timeout=100)
    assert printed == "2 True 5\n"


def test_two_processes_share_a_batch():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    program = HOSTS.replace("9876", str(port))
    processes = [started(program, 4, str(place)) for place in range(2)]
    for process in processes:
        printed, _ = process.communicate(timeout=100)
        assert OF_EACH in printed


OUTPUTS = """
import jax, numpy as np
from autograd_mini import compile, primitive
from nn import MLP
model = MLP(3, [5, 2])
batch = np.random.default_rng(0).normal(size=(16, 3))
double = primitive("double", lambda x: 2.0 * float(x), partials=(lambda x, y: 2.0,))
for f in (model, lambda x: [x[0] + 1, x[1]], lambda x: [1.0, x[0]]):
    alone = compile(f, x=3, parameters=model)
    shared = compile(f, x=3, parameters=model, backend="jax", devices=jax.devices())
    np.testing.assert_allclose(shared.predict(batch), alone.predict(batch), rtol=1e-14)
for devices in ([], 8, ["cpu"]):
    try:
        compile(model, x=3, backend="jax", devices=devices)
    except ValueError as error:
        print(error)
for f, x in ((sum(model.parameters()), {}), (lambda x: double(x), {"x": ()})):
    try:
        compile(f, backend="jax", devices=jax.devices(), **x)
    except ValueError as error:
        print(error)
"""


def test_outputs_and_errors():
    printed, _ = started(OUTPUTS, 8).communicate(timeout=100)
    assert printed.splitlines() == [
        *(
            f"devices is a list of JAX's, such as jax.devices(), got {given}"
            for given in ("[]", "8", "['cpu']")
        ),
        "devices share the examples of a batch, but this program has no inputs",
        "devices cannot share a function of floats: double; compose it of the library's "
        "functions, or leave devices= out",
    ]
