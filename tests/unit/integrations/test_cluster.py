"""The Ray cluster that a user names, and the variables that its workers get."""

import os

import pytest

from pytest_glue.core.openmp import SHORT_SPINS
from pytest_glue.integrations.cluster import cluster_address, forwarded_variables
from pytest_glue.integrations.trackers import VARIABLES


def test_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table beats the variable; without both, Ray starts on this machine."""
    monkeypatch.setenv("RAY_ADDRESS", "ray://variable:1")
    assert "ray://table:1" == cluster_address({"address": "ray://table:1"})
    assert "ray://variable:1" == cluster_address({})
    monkeypatch.delenv("RAY_ADDRESS")
    assert None is cluster_address({})


def test_variables_of_trackers_are_forwarded_if_there_are_trackers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some are secrets, which the workers get only if they need them."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name in ("HF_TOKEN", "HF_HOME", "WANDB_API_KEY", "MLFLOW_TRACKING_URI", "HOME", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, name.lower())
    assert {"HF_TOKEN": "hf_token", "OMP_WAIT_POLICY": "omp_wait_policy"} == forwarded_variables(())
    assert ["HF_TOKEN", "MLFLOW_TRACKING_URI", "OMP_WAIT_POLICY", "WANDB_API_KEY"] == list(
        forwarded_variables(VARIABLES)
    )


def test_threads_of_workers_spin_for_a_short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the user has chosen how long."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    assert SHORT_SPINS == forwarded_variables(())
