"""The cores of a machine, shared by workers."""

import os

import pytest
import torch

from pytest_glue.session.worker_resources import VARIABLE, cores, share_cores


@pytest.fixture(autouse=True)
def _threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: os.environ.update(TOLD=str(count)))
    monkeypatch.setenv("TOLD", "nothing")


def test_each_worker_has_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four workers on eight cores have two threads each, also where torch is there already."""
    monkeypatch.setattr("pytest_glue.session.worker_resources.cores", lambda: 8)
    share_cores(4)
    assert ("2", "2") == (os.environ[VARIABLE], os.environ["TOLD"])


def test_a_worker_has_at_least_one_thread() -> None:
    """More workers than cores have a thread each."""
    share_cores(10_000)
    assert "1" == os.environ[VARIABLE]


def test_what_the_environment_says_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets the number of threads has it."""
    monkeypatch.setenv(VARIABLE, "7")
    share_cores(2)
    assert ("7", "nothing") == (os.environ[VARIABLE], os.environ["TOLD"])


def test_there_is_a_core() -> None:
    """The cores that this process may use are counted, not those of the machine."""
    assert 1 <= cores() <= (os.cpu_count() or 1)
