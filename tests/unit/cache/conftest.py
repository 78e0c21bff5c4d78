"""Keys, entries and an empty cache."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cache.entry import Entry
from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.runs import Epoch, Run, RunConditions
from pytest_glue.core.tasks import GLUE

DIGEST = f"sha256:{'1' * 64}"


@pytest.fixture
def key_of() -> Callable[..., Key]:
    """Make a key from options; task, checkpoint, data and seed have defaults."""

    def make(*, task: str = "rte", digest: str = DIGEST, data: str = "sample rte", seed: int = 42, **asked: Any) -> Key:
        checkpoint = Checkpoint("a/b", Origin.HUB, "main", digest)
        return Key.of(EvaluationSpec(Options(**asked), GLUE[task], checkpoint), data, seed)

    return make


@pytest.fixture
def entry_of(key_of: Callable[..., Key]) -> Callable[..., Entry]:
    """Make an entry of a run on three examples."""

    def make(seed: int = 42, **parts: Any) -> Entry:
        key = key_of(seed=seed, **parts)
        scores = {"accuracy": 2 / 3, "f1": None}
        run = Run(seed, scores, (Epoch(1.0, 0.7, None, scores),), (0.0, 1.0, float("inf")), duration_s=61.5)
        checkpoint = Checkpoint("a/b", Origin.HUB, "main", DIGEST)
        recipe = {"num_train_epochs": 1, "optim": "adafactor", "lr_scheduler_kwargs": {"power": 2}}
        return Entry(
            key, RunConditions(checkpoint, 8, 3, DIGEST, recipe, key.device, (0.0, 1.0, 1.0), ("a note",)), run
        )

    return make


@pytest.fixture
def run_cache(tmp_path: Path) -> RunCache:
    """An empty cache, whose folder does not exist yet."""
    return RunCache(tmp_path / "runs")
