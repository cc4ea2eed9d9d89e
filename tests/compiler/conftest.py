"""What the tests of several backends share."""

import os

import pytest


@pytest.fixture(scope="module")
def cache_of_its_own(tmp_path_factory):
    """Numba's machine code, kept for one run of the tests, whose files and processes share it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_CACHE_DIR", str(folder / "cache-of-numba"))
        yield
