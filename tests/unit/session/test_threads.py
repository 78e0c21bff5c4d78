"""Workers share the cores of a machine."""

import os

import pytest
import torch

from pytest_glue.session.worker_resources import THREADS_VARIABLE, share_cores


@pytest.fixture(autouse=True)
def _threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS_VARIABLE, "1")
    monkeypatch.delenv(THREADS_VARIABLE)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: os.environ.update(TORCH_THREADS=str(count)))
    monkeypatch.setenv("TORCH_THREADS", "unset")


def test_each_worker_has_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four workers on eight cores have two threads each, also if torch is imported already."""
    monkeypatch.setattr("pytest_glue.session.worker_resources.cores", lambda: 8)
    share_cores(4)
    assert ("2", "2") == (os.environ[THREADS_VARIABLE], os.environ["TORCH_THREADS"])


def test_a_worker_has_at_least_one_thread() -> None:
    """With more workers than cores, each has one thread."""
    share_cores(10_000)
    assert "1" == os.environ[THREADS_VARIABLE]


def test_a_set_variable_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OMP_NUM_THREADS` beats the worker's share."""
    monkeypatch.setenv(THREADS_VARIABLE, "7")
    share_cores(2)
    assert ("7", "unset") == (os.environ[THREADS_VARIABLE], os.environ["TORCH_THREADS"])


@pytest.mark.parametrize(("allowed", "expected"), [(os.cpu_count(), (None, "unset")), (1_000, ("1000", "1000"))])
def test_one_process_uses_what_it_may(monkeypatch: pytest.MonkeyPatch, allowed: int, expected: tuple[str, str]) -> None:
    """A process without workers has a limit of its own where a control group allows it another number of cores."""
    monkeypatch.setattr("pytest_glue.session.worker_resources.cores", lambda: allowed)
    share_cores()
    assert expected == (os.environ.get(THREADS_VARIABLE), os.environ["TORCH_THREADS"])
