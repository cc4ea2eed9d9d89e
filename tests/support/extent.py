"""How much runs: more in CI, and all of it with AUTOGRAD_MINI_TESTS=whole, as `.ci/run --full` sets
it."""

import os

IN_CI = bool(os.environ.get("CI"))
WHOLE = os.environ.get("AUTOGRAD_MINI_TESTS") == "whole"
