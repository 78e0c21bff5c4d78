"""Descriptions of studies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.search_space import Choices, Numbers
from pytest_glue.search.backend import StudySpec


@pytest.fixture
def spec(tmp_path: Path) -> Callable[..., StudySpec]:
    """Return a function that makes a study's description, with the changes of a test."""

    def make(**changes: Any) -> StudySpec:
        defaults: dict[str, Any] = {
            "name": "rte-sample-0",
            "storage": str(tmp_path / "studies"),
            "space": {
                "learning_rate": Numbers(1e-5, 1e-4, log=True),
                "num_train_epochs": Numbers(2, 4, whole=True),
                "per_device_train_batch_size": Choices((8, 16)),
                "weight_decay": Numbers(0.0, 0.3, 0.1),
            },
            "trials": 6,
            "epochs": 5.0,
            "seed": 42,
            "identity": {"task": "rte"},
            "resources": {},
            "root": tmp_path,
            "verbose": False,
        }
        return StudySpec(**{**defaults, **changes})

    return make
