"""Decides where the runs of an item come from: the executor, the cache, or fine-tunings in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.cache.cached_runs import SharedTraining, cached_runs, require_training
from pytest_glue.config.search_space import DEFAULT, plain_space
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.study import OnTrial, SearchConfig
from pytest_glue.progress.events import TrainingProgress
from pytest_glue.session.eligibility import is_overridden, runs_remotely, tasks_sharing_training, uncacheable_reason
from pytest_glue.session.session import GlueSession
from pytest_glue.session.tracking import reporting_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.config.options import Options
    from pytest_glue.core.runs import RunSource
    from pytest_glue.execution.evaluate_only import EvaluatedRuns
    from pytest_glue.execution.fine_tuning import TrainerRuns
    from pytest_glue.progress.events import ProgressCallback
    from pytest_glue.search.search import Search

DISPATCHER = "glue-dispatcher"
"""The name of the plugin object that makes runs on an executor; not registered for the local executor."""


def runs_of(request: pytest.FixtureRequest, spec: EvaluationSpec) -> RunSource:
    """Return the runs of the item that the fixture request belongs to.

    Raises:
        GlueError: data or checkpoint cannot be found.
        CacheError: `--glue-cache=only` is given, and the item's runs cannot be cached.
    """
    item, options = request.node, spec.options
    dispatcher: Any = request.config.pluginmanager.get_plugin(DISPATCHER)
    if dispatcher is not None and runs_remotely(item, options):
        remote_runs: RunSource = dispatcher.runs_of(item, spec)
        return remote_runs
    session = GlueSession.of(request.config)
    on_progress = session.progress.callback(item, options.seeds)

    def make_runs() -> TrainerRuns | EvaluatedRuns:
        on_progress(TrainingProgress("loading"))
        if options.evaluate_only:
            return _evaluated_runs(request, spec, on_progress)
        return _trainer_runs(request, spec, on_progress)

    if options.cache is CachePolicy.OFF:
        note = "the cache is off" if options.resume else ""
    elif (reason := uncacheable_reason(item, options)) is None:
        sharing = SharedTraining(tasks_sharing_training(item, spec), session.test_run)
        return cached_runs(spec, make_runs, session.command, sharing)
    else:
        require_training(options.cache, reason)
        note = f"the cache is not used: {reason}"
    runs = make_runs()
    if note:
        runs.add_note(note + (", so a killed run starts over" if options.resume else ""))
    return runs


def _trainer_runs(request: pytest.FixtureRequest, spec: EvaluationSpec, on_progress: ProgressCallback) -> TrainerRuns:
    """Return the item's fine-tunings; this sets up every other fixture and imports torch."""
    from pytest_glue.execution.pipeline import make_trainer_runs
    from pytest_glue.training.callbacks.progress import RunMonitor

    config, options, name = request.config, spec.options, request.node.callspec.id
    request.getfixturevalue("_glue_preserved_state")  # also for a trainer of the user's own
    trainer = request.getfixturevalue("glue_trainer")
    data = request.getfixturevalue("glue_data")
    tokenizer = request.getfixturevalue("glue_tokenizer")
    on_trial = GlueSession.of(config).progress.on_trial(name, options.trials, on_progress)
    search = search_of(options, name, config.rootpath, on_trial, verbose=config.get_verbosity() > 0)
    monitor = RunMonitor(name, on_progress, options.timeout)
    runs = make_trainer_runs(spec, trainer, data, tokenizer, monitor, search)
    if not is_overridden(request.node, "glue_trainer"):  # another one may not use this fixture
        runs.passing_notes = getattr(request.getfixturevalue("glue_encoded_data"), "notes", ())
    runs.reporting = reporting_of(request, spec)
    _add_texts(request, spec, runs)
    return runs


def _add_texts(request: pytest.FixtureRequest, spec: EvaluationSpec, runs: TrainerRuns | EvaluatedRuns) -> None:
    """Let the runs predict golden examples and unlabelled texts too, if the item has them."""
    from pytest_glue.core.golden import GOLDEN
    from pytest_glue.data.golden import require_golden
    from pytest_glue.data.schema import require_unlabelled
    from pytest_glue.data.submission import encoded_files

    if spec.task.golden:
        encoded = request.getfixturevalue("glue_encoded_data")
        require_golden(encoded, spec.task, "glue_encoded_data")
        runs.golden = encoded[GOLDEN]
    if spec.is_certified:
        encoded = request.getfixturevalue("glue_encoded_data")
        require_unlabelled(encoded, spec.task, "glue_encoded_data")
        runs.unlabelled = encoded[spec.task.unlabelled_split]
    if spec.is_submitted:
        runs.submission = encoded_files(request.getfixturevalue("glue_encoded_data"), spec.task)


def _evaluated_runs(
    request: pytest.FixtureRequest, spec: EvaluationSpec, on_progress: ProgressCallback
) -> EvaluatedRuns:
    """Return the run of an item that is evaluated only; of the fixtures, those of a training are not set up."""
    from pytest_glue.execution.pipeline import make_evaluated_runs, make_predictor
    from pytest_glue.training.callbacks.progress import RunMonitor

    request.getfixturevalue("_glue_preserved_state")
    names = ("glue_data", "glue_tokenizer", "glue_encoded_data", "glue_model_init", "glue_compute_metrics")
    data, tokenizer, encoded, model_init, compute_metrics = map(request.getfixturevalue, names)
    monitor = RunMonitor(request.node.callspec.id, on_progress, spec.options.timeout)
    predictor = make_predictor(spec, model_init, tokenizer)
    runs = make_evaluated_runs(spec, predictor, data, encoded, compute_metrics, monitor)
    runs.passing_notes = getattr(encoded, "notes", ())
    _add_texts(request, spec, runs)
    return runs


def search_of(options: Options, name: str, root: Path, on_trial: OnTrial, *, verbose: bool) -> Search | None:
    """Return the search that precedes an item's runs; None without `--glue-search`.

    Args:
        options: of the item.
        name: of the item; a part of the study's name.
        root: the folder of the user's own modules.
        on_trial: called after each trial.
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
