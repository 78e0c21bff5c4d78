"""What holds for all tests."""

import gc
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from tests.tracing import coverage_interrupted

_MANY_MODULES = 100


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "untraced: long, and coverage sees nothing that other tests do not show it")


@pytest.fixture(autouse=True)
def _untraced(request: pytest.FixtureRequest) -> Iterator[None]:
    with coverage_interrupted() if request.node.get_closest_marker("untraced") else nullcontext():
        yield


@dataclass
class _Frozen:
    """What is exempt from garbage collection."""

    n_modules: int = 0


@pytest.fixture(scope="session")
def _frozen() -> _Frozen:
    return _Frozen()


@pytest.fixture(autouse=True)
def _libraries_are_not_collected(_frozen: _Frozen) -> Iterator[None]:
    """Exempt the objects of imported libraries from garbage collection.

    `Trainer` collects garbage after each fine-tuning. With all libraries imported that takes a quarter of a second, as
    long as a fine-tuning of these tests.
    """
    yield
    if len(sys.modules) > _frozen.n_modules + _MANY_MODULES:
        _frozen.n_modules = len(sys.modules)
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Append nothing to the summary of the CI job that runs these tests; lines are as long as in a pipe.

    Workers of xdist can have COLUMNS, which `readline` sets for child processes.
    """
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
