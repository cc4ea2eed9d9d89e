"""Import this before NumPy, JAX and PyTorch, and each of them keeps to one thread."""

import os
import sys

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

if late := sorted({"jax", "numpy", "torch"} & sys.modules.keys()):
    raise ImportError(f"one_thread is to be imported before {', '.join(late)}")
