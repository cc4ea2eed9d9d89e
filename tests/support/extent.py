"""How much runs: all of it with AUTOGRAD_MINI_TESTS=whole, as `.ci/run --full` sets it."""

import os

WHOLE = os.environ.get("AUTOGRAD_MINI_TESTS") == "whole"
