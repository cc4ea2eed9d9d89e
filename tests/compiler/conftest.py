"""What the tests of several backends share."""

import pytest


@pytest.fixture(scope="module")
def cache_of_its_own(tmp_path_factory):
    """Numba's machine code, kept for these tests alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
