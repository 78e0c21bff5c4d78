"""Fixtures over `factories`, and an empty cache."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_glue.cache.cached_runs import CachedRuns, SharedTraining
from pytest_glue.cache.entry import Entry, PredictedTexts
from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.tasks import GLUE, Task
from tests.factories import make_entry, make_key
from tests.trainings import NAMED, EntryOf, TrainerRunSource


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


@pytest.fixture
def trainings(entry_of: EntryOf) -> TrainerRunSource:
    """The source of fine-tunings, without any so far."""
    return TrainerRunSource(entry_of)


@pytest.fixture
def runs_of(run_cache: RunCache, entry_of: EntryOf, trainings: TrainerRunSource) -> Callable[..., CachedRuns]:
    """Make an item's runs with the seeds 1, 2 and 3."""

    def make(
        policy: CachePolicy = CachePolicy.USE,
        task: Task = GLUE["rte"],
        folder: Path = run_cache.folder,
        named: Checkpoint = NAMED,
        *,
        sharing: SharedTraining = SharedTraining(test_run="this"),  # noqa: B008 - frozen
        resume: bool = False,
        unlabelled: str = "",
        golden: str = "",
        submission: str = "",
    ) -> CachedRuns:
        options = Options(cache=policy, cache_dir=folder, seeds=(1, 2, 3), resume=resume)
        spec = EvaluationSpec(options, task, named)
        trainings.has_unlabelled, trainings.has_golden = bool(unlabelled), bool(golden)
        trainings.has_submission = bool(submission)
        command = "pytest suites/"
        texts = PredictedTexts(unlabelled, golden, submission)
        return CachedRuns(spec, lambda each: entry_of(task=each.name).key, lambda: trainings, command, sharing, texts)

    return make
