"""The JAX backend: the same program as jax.numpy source, on one device or over many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

try:
    import jax
except ModuleNotFoundError as error:
    raise ImportError('backend="jax" takes JAX: pip install "autograd-mini[jax]"') from error
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ...rules import Primitive
from ..arrays import Array
from ..compiled import Compiled, Function
from ..expression import ATOM, Expression
from ..parameter_arrays import Arrays
from ..pipeline import lower_with_loops
from . import module, source
from .numpy import elementwise
from .scan import Scan

DTYPES = ("float64", "float32")

# so that program.arrays is a dict for JAX, too
jax.tree_util.register_pytree_with_keys(
    Arrays,
    lambda arrays: ([(jax.tree_util.DictKey(k), x) for k, x in arrays.items()], tuple(arrays)),
    lambda names, parts: Arrays(zip(names, parts)),
)

try:
    from jax import enable_x64
except ImportError:  # before JAX 0.8
    from jax.experimental import enable_x64


class JaxSource(source.Source):
    library = "jnp"
    loops = Scan
    spellings = {  # noqa: RUF012
        **source.spellings("jnp"),
        "step": ("jnp.heaviside({}, 0)", ATOM),
        "erf": ("special.erf({})", ATOM),
        "erfc": ("special.erfc({})", ATOM),
        **{
            name: (f"jax.nn.{name}({{}})", ATOM)
            for name in ("relu", "sigmoid", "softplus", "log_sigmoid", "silu", "mish")
        },
        "leaky_relu": ("jax.nn.leaky_relu({}, {})", ATOM),
        "elu": ("jax.nn.elu({}, {})", ATOM),
        "gelu": ("jax.nn.gelu({}, approximate=False)", ATOM),
    }
    imports = {  # noqa: RUF012
        "partial": "from functools import partial\n",
        "jax": "import jax",
        "jnp": "import jax.numpy as jnp",
        "lax": "from jax import lax",
        "optimization_barrier": "from jax.lax import optimization_barrier",
        "special": "from jax.scipy import special",
    }

    def decorators(self) -> list[str]:
        names = [f'"{name}"' for name, x in self.constants.items() if isinstance(x, Primitive)]
        static = f"[{', '.join(names)}]"
        return [f"@partial(jax.jit, static_argnames={static})" if names else "@jax.jit"]

    def _of(self, x: Any) -> Expression:
        if source.is_extreme(x):
            return Expression(self._constant_named("c", np.array(x)), ATOM, 0)
        return super()._of(x)

    def _matmul(self, x: Array) -> Expression:
        """A sum over the examples, dz.T @ x: XLA is slow where the left factor is transposed as it
        is multiplied, and fast where that is done before."""
        expression = super()._matmul(x)
        left, right = expression.text.split(" @ ")
        if left.endswith(".T") and x.args[0].operands[0].shape[0] < 0:
            text = f"optimization_barrier({left}) @ {right}"
            return expression._replace(text=text)
        return expression

    def _added(self, name: str, index: str, text: str) -> str:
        return f"{name} = {name}.at[{index}].add({text})"


written = partial(source.written, JaxSource)
lower = partial(lower_with_loops, written)
emit = partial(source.emit, JaxSource)


def checked(devices: Any) -> tuple[Any, ...]:
    """The devices that share a batch, in their order.

    Raises:
        ValueError: they are not a list of devices.
    """
    is_list = isinstance(devices, (list, tuple)) and len(devices) > 0
    if not is_list or not all(isinstance(device, jax.Device) for device in devices):
        raise ValueError(f"devices is a list of JAX's, such as jax.devices(), got {devices!r}")
    return tuple(devices)


def function(compiled: Compiled, devices: tuple[Any, ...] = ()) -> Function:
    """The function that the source defines, of the inputs and parameters, from NumPy to NumPy.

    It computes in the program's own dtype, whether JAX's flag jax_enable_x64 is set or not. Where
    it is not, JAX would round float64 arrays to float32 without a word as soon as they are used
    elsewhere; as NumPy arrays they stay what they are.
    """
    run = _run(compiled)
    if devices:
        called = [name for name, x in compiled.constants.items() if isinstance(x, Primitive)]
        if called:  # calls of Python would wait for each other, for ever
            raise ValueError(
                f"devices cannot share a function of floats: {', '.join(called)}; compose it of "
                "the library's functions, or leave devices= out"
            )
        run = _shared(run, compiled, devices)

    def computed(*arrays: Any) -> Any:
        with enable_x64(compiled.dtype == "float64"):
            return jax.tree.map(lambda x: np.array(x, compiled.dtype), run(*arrays))

    return computed


def pure(compiled: Compiled) -> Function:
    """The function that the source defines, from what JAX takes for arrays to its arrays."""
    # only gradients are behind barriers, which older JAX cannot differentiate
    run = _run(compiled._replace(source=compiled.source.replace("optimization_barrier(", "(")))
    return lambda *arrays: run(*map(jnp.asarray, arrays))


def _run(compiled: Compiled) -> Function:
    constants = {
        name: _callback(x, compiled.dtype) if isinstance(x, Primitive) else x
        for name, x in compiled.constants.items()
    }
    return partial(module.function(compiled.name, compiled.source), **constants)


def _shared(run: Function, compiled: Compiled, devices: Sequence[Any]) -> Function:
    """`run`, its batch split over the devices: one program, to which XLA adds the sums over them.

    With many processes each gives examples of its own, and gets the loss and the gradient of all,
    or the outputs of its own.
    """
    inputs = len(compiled.inputs)
    if inputs == 0:
        raise ValueError("devices share the examples of a batch, but this program has no inputs")
    mesh = Mesh(np.array(devices), ("batch",))
    split, whole = NamedSharding(mesh, PartitionSpec("batch")), NamedSharding(mesh, PartitionSpec())
    shardings: Any = split
    if compiled.reduction:
        shardings = ((whole, split) if compiled.has_aux else whole), whole
    run = jax.jit(run, out_shardings=shardings)
    own = sum(device.process_index == jax.process_index() for device in devices)

    def shared(*arrays: Any) -> Any:
        _check_divides(own, len(arrays[0]))
        placed = [
            jax.make_array_from_process_local_data(split if i < inputs else whole, x)
            for i, x in enumerate(arrays)
        ]
        return jax.tree.map(_here, run(*placed))

    return shared


def _check_divides(devices: int, examples: int) -> None:
    if rest := examples % devices:
        fewer = next(n for n in range(devices, 0, -1) if examples % n == 0)
        raise ValueError(
            f"{devices} devices share a batch equally: expected a multiple of {devices} examples, "
            f"got {examples}; give {examples - rest or devices}, or compile for {fewer} of the "
            "devices"
        )


def _here(x: Any) -> Any:
    """What this process has of an array."""
    if x.is_fully_addressable or x.is_fully_replicated:
        return x
    parts = sorted(x.addressable_shards, key=lambda part: part.index[0].start)
    return np.concatenate([part.data for part in parts])


def _callback(primitive: Primitive, dtype: str) -> Callable[..., Any]:
    """A function of floats that the rule table does not compose: Python is called for it."""
    compute = elementwise(primitive, dtype)

    def called(*arrays: Any) -> Any:
        result = jax.ShapeDtypeStruct(jnp.broadcast_shapes(*map(jnp.shape, arrays)), dtype)
        return jax.pure_callback(lambda *xs: compute(*xs), result, *arrays)

    return called
