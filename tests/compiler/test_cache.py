"""The cache of compiled programs: bounded, and the ones that were asked for last are kept."""

import pytest

from autograd_mini.compiler.cache import Cache


def test_what_was_asked_for_last_is_kept():
    cache, made = Cache(size=2), []

    def get(key):
        return cache.get(key, lambda: made.append(key) or key.upper())

    assert [get(key) for key in "abaca"] == ["A", "B", "A", "C", "A"]
    assert made == ["a", "b", "c"]  # b went for c, since a was asked for again
    assert get("b") == "B"
    assert made == ["a", "b", "c", "b"]
    assert len(cache) == 2


def test_what_fails_is_not_kept():
    cache = Cache(size=2)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 / 0)
    assert len(cache) == 0
    assert cache.get("a", lambda: 1) == 1
