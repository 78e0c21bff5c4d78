"""The fixtures: each a step on the way to an evaluation, useful alone, and overridden by one of the same name.

This file is loaded by every pytest run on the machine: whatever a fixture needs is imported inside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datasets import DatasetDict
    from transformers import EvalPrediction, PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments

    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.evaluation import Evaluation
    from pytest_glue.core.tasks import Task
    from pytest_glue.execution.evaluate import Runs
    from pytest_glue.execution.fine_tuning import FineTunings
    from pytest_glue.progress.events import Tell


@pytest.fixture
def glue_options(request: pytest.FixtureRequest) -> Options:
    """What was asked for, from the command line, ini, table and the test's marker."""
    from pytest_glue.session.session import GlueSession

    return GlueSession.of(request.config).options_of(request.node)


@pytest.fixture
def glue_task(request: pytest.FixtureRequest) -> Task:
    """The task of this item; the test runs once for each task that was asked for."""
    from pytest_glue.core.tasks import find_task

    return find_task(request.param)


@pytest.fixture
def glue_checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    """The checkpoint of this item; the test runs once for each checkpoint that was asked for."""
    from pytest_glue.core.checkpoints import Checkpoint

    return Checkpoint.parse(request.param) if isinstance(request.param, str) else request.param


@pytest.fixture
def glue_data(glue_options: Options, glue_task: Task) -> DatasetDict:
    """The task's raw splits, cut to `--glue-max-train-samples` and `--glue-max-eval-samples`."""
    return _data(glue_options, glue_task)


@pytest.fixture
def glue_tokenizer(glue_checkpoint: Checkpoint) -> PreTrainedTokenizerBase:
    """The checkpoint's tokenizer: the fast one, or the slow one where there is no fast one."""
    from pytest_glue.training.pretrained import resolve
    from pytest_glue.training.tokenization import load_tokenizer

    return load_tokenizer(resolve(glue_checkpoint))


@pytest.fixture
def glue_encoded_data(
    glue_options: Options,
    glue_task: Task,
    glue_checkpoint: Checkpoint,
    glue_data: DatasetDict,
    glue_tokenizer: PreTrainedTokenizerBase,
) -> DatasetDict:
    """The training and the evaluation split, tokenized and truncated, with labels in the model's order."""
    return _encoded_data(glue_options, glue_task, glue_checkpoint, glue_data, glue_tokenizer)


@pytest.fixture
def glue_model_init(
    glue_task: Task, glue_checkpoint: Checkpoint, glue_tokenizer: PreTrainedTokenizerBase
) -> Callable[..., PreTrainedModel]:
    """A callable that makes the model anew, as `Trainer(model_init=...)` takes it."""
    from pytest_glue.training.model import model_init
    from pytest_glue.training.pretrained import resolve

    return model_init(resolve(glue_checkpoint), glue_task, glue_tokenizer)


@pytest.fixture
def glue_compute_metrics(glue_task: Task, glue_checkpoint: Checkpoint) -> Callable[[EvalPrediction], dict[str, float]]:
    """The task's metrics of a model's output, as `Trainer(compute_metrics=...)` takes them."""
    from pytest_glue.training.fine_tune import compute_metrics
    from pytest_glue.training.model import label_ids
    from pytest_glue.training.pretrained import resolve

    return compute_metrics(glue_task, label_ids(resolve(glue_checkpoint), glue_task))


@pytest.fixture
def glue_training_arguments(
    request: pytest.FixtureRequest, glue_options: Options, glue_task: Task
) -> Iterator[TrainingArguments]:
    """The recipe, with the first of the seeds.

    What a run saves goes away with the item; where the recipe names an `output_dir`, it stays there in a folder of the
    item's own.
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from pytest_glue.training.arguments import training_arguments
    from pytest_glue.training.compat import own_precision
    from pytest_glue.training.trainer.glue_trainer import SCRATCH

    with TemporaryDirectory(prefix=SCRATCH) as temporary, own_precision():
        kept = glue_options.recipe.get("output_dir")
        folder = Path(str(kept)) / request.node.callspec.id if kept else Path(temporary)
        yield training_arguments(glue_task, glue_options.recipe, glue_options.seeds[0], folder)


@pytest.fixture
def glue_trainer(
    glue_options: Options,
    glue_task: Task,
    glue_model_init: Callable[..., PreTrainedModel],
    glue_training_arguments: TrainingArguments,
    glue_encoded_data: DatasetDict,
    glue_tokenizer: PreTrainedTokenizerBase,
    glue_compute_metrics: Callable[[EvalPrediction], dict[str, float]],
) -> Trainer:
    """The trainer, ready to train; an evaluation trains it once for each seed, from the pretrained weights."""
    from pytest_glue.training.fine_tune import make_trainer

    return make_trainer(
        glue_task,
        glue_model_init,
        glue_training_arguments,
        glue_encoded_data,
        glue_tokenizer,
        glue_compute_metrics,
        glue_options.batching,
    )


@pytest.fixture
def glue_evaluation(
    request: pytest.FixtureRequest, glue_options: Options, glue_task: Task, glue_checkpoint: Checkpoint
) -> Evaluation:
    """The item's runs, score and verdict; `glue_evaluation.check()` fails the test where the verdict is red."""
    from dataclasses import replace

    from pytest_glue.cache.file_digests import digests_of
    from pytest_glue.data.source import open_source
    from pytest_glue.execution.evaluate import Plan, Subject, evaluate
    from pytest_glue.gate.from_options import criteria_of, looks_of, record
    from pytest_glue.session.session import GlueSession
    from pytest_glue.training.pretrained import identify

    session = GlueSession.of(request.config)
    identified, notes = identify(glue_checkpoint, digests_of(glue_options))
    source = open_source(glue_options.data)
    subject = Subject(request.node.nodeid, glue_task, source.description)
    criteria = criteria_of(glue_options, glue_task, glue_checkpoint, identified.label, session.family_size)
    plan = Plan(
        glue_options.all_seeds, looks_of(glue_options), glue_options.inconclusive, glue_options.stop_when_decided
    )
    found = evaluate(subject, runs_of(request, glue_options, glue_task, glue_checkpoint), criteria, plan)
    found = replace(found, notes=(*notes, *source.notes, *found.notes))
    evaluation = record(glue_options, glue_task, glue_checkpoint, found)
    session.record(request.node, evaluation)
    return evaluation


def runs_of(request: pytest.FixtureRequest, options: Options, task: Task, checkpoint: Checkpoint) -> Runs:
    """Return the item's runs: what the store has, and fine-tunings, made when the first is needed, for the rest.

    Raises:
        GlueError: data or checkpoint cannot be found.
        CacheError: nothing may be trained, and these runs cannot be in the store.
    """
    from pytest_glue.cache.cached_runs import kept_runs, require_training
    from pytest_glue.core.policy import CachePolicy
    from pytest_glue.progress.events import Moment
    from pytest_glue.session.dispatcher import happens_elsewhere
    from pytest_glue.session.eligibility import not_keepable
    from pytest_glue.session.session import GlueSession
    from pytest_glue.session.siblings import siblings_of

    session = GlueSession.of(request.config)
    if session.dispatch is not None and happens_elsewhere(request.node, options):
        return session.dispatch.runs_of(request.node, options, task, checkpoint)

    def fine_tunings() -> FineTunings:
        on_moment(Moment("loading"))
        return _fine_tunings(request, options, task, checkpoint, on_moment)

    on_moment = session.on_moment(request.node, options.seeds)
    resumes_not = ", so a run that is stopped begins anew" if options.resume else ""
    if options.cache is CachePolicy.OFF:
        runs = fine_tunings()
        if options.resume:
            runs.add_note(f"the store of finished runs is off{resumes_not}")
        return runs
    if (reason := not_keepable(request.node, options)) is None:
        siblings = siblings_of(request.node, options, task)
        return kept_runs(options, task, checkpoint, fine_tunings, session.command, siblings, session.test_run)
    require_training(options.cache, reason)
    runs = fine_tunings()
    runs.add_note(f"the store of finished runs is not used: {reason}{resumes_not}")
    return runs


def _fine_tunings(
    request: pytest.FixtureRequest, options: Options, task: Task, checkpoint: Checkpoint, on_moment: Tell
) -> FineTunings:
    """Return the item's fine-tunings, none of which has happened yet; it takes every other fixture, and torch."""
    from pytest_glue.data.fingerprint import digest_of_task
    from pytest_glue.execution.fine_tuning import Examples, FineTunings, conditions_of
    from pytest_glue.gate.from_options import search_of
    from pytest_glue.session.session import GlueSession
    from pytest_glue.training.callbacks.watch import Watch
    from pytest_glue.training.model import label_ids
    from pytest_glue.training.pretrained import resolve

    trainer: Trainer = request.getfixturevalue("glue_trainer")
    data: DatasetDict = request.getfixturevalue("glue_data")
    tokenizer: Any = request.getfixturevalue("glue_tokenizer")
    pretrained = resolve(checkpoint)
    order, digest = label_ids(pretrained, task), digest_of_task(data, task)
    slow = () if tokenizer.is_fast else ("slow tokenizer: the checkpoint has no fast one",)
    conditions = conditions_of(trainer, pretrained.checkpoint, order, digest, options.max_length, slow)
    name, config = request.node.callspec.id, request.config
    on_trial, is_verbose = GlueSession.of(config).on_trial(name, options.trials, on_moment), config.get_verbosity() > 0
    search = search_of(options, name, config.rootpath, on_trial, verbose=is_verbose)

    def examples_of(sibling: Task) -> Examples:
        raw = _data(options, sibling)
        encoded = _encoded_data(options, sibling, checkpoint, raw, tokenizer)
        return Examples(encoded[sibling.evaluation_split], digest_of_task(raw, sibling))

    watch = Watch(name, on_moment, options.timeout)
    return FineTunings(trainer, task, order, conditions, watch, search, examples_of)


def _data(options: Options, task: Task) -> DatasetDict:
    from pytest_glue.data.limits import limited
    from pytest_glue.data.source import open_source
    from pytest_glue.training.library_state import quiet

    with quiet():
        data = open_source(options.data).load(task)
    return limited(data, task, options.max_train_samples, options.max_eval_samples)


def _encoded_data(
    options: Options, task: Task, checkpoint: Checkpoint, data: DatasetDict, tokenizer: PreTrainedTokenizerBase
) -> DatasetDict:
    from pytest_glue.training.library_state import quiet
    from pytest_glue.training.model import label_ids
    from pytest_glue.training.pretrained import resolve
    from pytest_glue.training.tokenization import encode, max_length

    pretrained = resolve(checkpoint)
    length = max_length(tokenizer, pretrained, options.max_length)
    with quiet():
        return encode(data, task, tokenizer, length, label_ids(pretrained, task))
