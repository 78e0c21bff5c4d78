"""Where the runs of an item come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.config.search_space import DEFAULT, plain_space
from pytest_glue.core.study import OnTrial, SearchConfig

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from datasets import DatasetDict
    from transformers import PreTrainedTokenizerBase, Trainer

    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.runs import RunSource
    from pytest_glue.core.tasks import Task
    from pytest_glue.execution.fine_tuning import TrainerRuns
    from pytest_glue.progress.events import ProgressCallback
    from pytest_glue.search.search import Search


def runs_of(request: pytest.FixtureRequest, options: Options, task: Task, checkpoint: Checkpoint) -> RunSource:
    """Return the item's runs: what the store has, and fine-tunings, made when the first is needed, for the rest.

    Raises:
        GlueError: data or checkpoint cannot be found.
        CacheError: nothing may be trained, and these runs cannot be in the store.
    """
    from pytest_glue.cache.cached_runs import cached_runs, require_training
    from pytest_glue.core.choices import CachePolicy
    from pytest_glue.progress.events import TrainingProgress
    from pytest_glue.session.eligibility import runs_remotely, tasks_sharing_training, uncacheable_reason
    from pytest_glue.session.session import GlueSession

    session = GlueSession.of(request.config)
    if session.dispatch is not None and runs_remotely(request.node, options):
        return session.dispatch.runs_of(request.node, options, task, checkpoint)

    def fine_tunings() -> TrainerRuns:
        on_progress(TrainingProgress("loading"))
        return _fine_tunings(request, options, task, checkpoint, on_progress)

    on_progress = session.on_progress(request.node, options.seeds)
    resumes_not = ", so a run that is stopped begins anew" if options.resume else ""
    if options.cache is CachePolicy.OFF:
        runs = fine_tunings()
        if options.resume:
            runs.add_note(f"the store of finished runs is off{resumes_not}")
        return runs
    if (reason := uncacheable_reason(request.node, options)) is None:
        shared_tasks = tasks_sharing_training(request.node, options, task)
        return cached_runs(options, task, checkpoint, fine_tunings, session.command, shared_tasks, session.test_run)
    require_training(options.cache, reason)
    runs = fine_tunings()
    runs.add_note(f"the store of finished runs is not used: {reason}{resumes_not}")
    return runs


def _fine_tunings(
    request: pytest.FixtureRequest, options: Options, task: Task, checkpoint: Checkpoint, on_progress: ProgressCallback
) -> TrainerRuns:
    """Return the item's fine-tunings, none of which has happened yet; it takes every other fixture, and torch."""
    from pytest_glue.data.fingerprint import digest_of_task
    from pytest_glue.execution.fine_tuning import Examples, TrainerRuns, conditions_of
    from pytest_glue.session.session import GlueSession
    from pytest_glue.training.callbacks.progress import RunMonitor
    from pytest_glue.training.metrics import LabelMapping
    from pytest_glue.training.model import label_ids
    from pytest_glue.training.pretrained import resolve

    trainer: Trainer = request.getfixturevalue("glue_trainer")
    data: DatasetDict = request.getfixturevalue("glue_data")
    tokenizer: Any = request.getfixturevalue("glue_tokenizer")
    pretrained = resolve(checkpoint)
    labels, digest = LabelMapping(task, label_ids(pretrained, task)), digest_of_task(data, task)
    slow = () if tokenizer.is_fast else ("slow tokenizer: the checkpoint has no fast one",)
    conditions = conditions_of(trainer, pretrained.checkpoint, labels, digest, options.max_length, slow)
    name, config = request.node.callspec.id, request.config
    on_trial, is_verbose = (
        GlueSession.of(config).on_trial(name, options.trials, on_progress),
        config.get_verbosity() > 0,
    )
    search = search_of(options, name, config.rootpath, on_trial, verbose=is_verbose)

    def examples_of(shared_task: Task) -> Examples:
        raw = _data(options, shared_task)
        encoded = _encoded_data(options, shared_task, checkpoint, raw, tokenizer)
        return Examples(encoded[shared_task.evaluation_split], digest_of_task(raw, shared_task))

    monitor = RunMonitor(name, on_progress, options.timeout)
    return TrainerRuns(trainer, labels, conditions, monitor, search, examples_of)


def _data(options: Options, task: Task) -> DatasetDict:
    from pytest_glue.data.source import limited, open_source
    from pytest_glue.training.library_state import silence_libraries

    with silence_libraries():
        data = open_source(options.data).load(task)
    return limited(data, task, options.max_train_samples, options.max_eval_samples)


def _encoded_data(
    options: Options, task: Task, checkpoint: Checkpoint, data: DatasetDict, tokenizer: PreTrainedTokenizerBase
) -> DatasetDict:
    from pytest_glue.training.library_state import silence_libraries
    from pytest_glue.training.model import label_ids
    from pytest_glue.training.pretrained import resolve
    from pytest_glue.training.tokenization import encode, max_length

    pretrained = resolve(checkpoint)
    length = max_length(tokenizer, pretrained, options.max_length)
    with silence_libraries():
        return encode(data, task, tokenizer, length, label_ids(pretrained, task))


def search_of(options: Options, name: str, root: Path, on_trial: OnTrial, *, verbose: bool) -> Search | None:
    """Return the search that comes before an item's runs; None where there is none.

    Args:
        options: of the item.
        name: of the item, as a part of the study's name.
        root: below which the user's own modules lie.
        on_trial: told of each trial that has ended.
        verbose: whether the backend may log.
    """
    if options.search is None:
        return None
    from pytest_glue.search.search import Search

    space = options.space or DEFAULT
    terms = SearchConfig(
        options.search, options.trials, options.search_fraction, options.search_split, plain_space(space)
    )
    return Search(terms, space, options.search_storage, options.ray, root, verbose, name, on_trial)
