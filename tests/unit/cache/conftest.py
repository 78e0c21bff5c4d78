"""Fixtures over `factories`, and an empty cache."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_glue.cache.entry import Entry
from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache
from tests.factories import make_entry, make_key


@pytest.fixture
def key_of() -> Callable[..., Key]:
    """Make the cache key of a run."""
    return make_key


@pytest.fixture
def entry_of() -> Callable[..., Entry]:
    """Make the cache entry of a run on three examples."""
    return make_entry


@pytest.fixture
def run_cache(tmp_path: Path) -> RunCache:
    """An empty cache, whose folder does not exist yet."""
    return RunCache(tmp_path / "runs")
