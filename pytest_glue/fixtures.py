"""The fixtures: each a step on the way to an evaluation, useful alone, and overridden by one of the same name.

This file is loaded by every pytest run on the machine: whatever a fixture needs is imported inside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_glue.session.run_sources import _data, _encoded_data, runs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datasets import DatasetDict
    from transformers import EvalPrediction, PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments

    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.evaluation import Evaluation
    from pytest_glue.core.tasks import Task


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
    from pytest_glue.training.metrics import compute_metrics
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
    from pytest_glue.training.library_state import isolated_precision

    with TemporaryDirectory(prefix="pytest-glue-") as temporary, isolated_precision():
        kept = glue_options.recipe.get("output_dir")
        folder = Path(str(kept)) / request.node.callspec.id if kept else Path(temporary)
        yield training_arguments(glue_task, glue_options.recipe, glue_options.seeds[0], folder, temporary=not kept)


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
    from pytest_glue.training.fine_tune import EncodedData, make_trainer

    data = EncodedData(glue_encoded_data, glue_tokenizer)
    return make_trainer(
        glue_task, glue_model_init, glue_training_arguments, data, glue_compute_metrics, glue_options.batching
    )


@pytest.fixture
def glue_evaluation(
    request: pytest.FixtureRequest, glue_options: Options, glue_task: Task, glue_checkpoint: Checkpoint
) -> Evaluation:
    """The item's runs, score and verdict; `glue_evaluation.check()` fails the test where the verdict is red."""
    from dataclasses import replace

    from pytest_glue.cache.file_digests import file_digests_of
    from pytest_glue.data.source import open_source
    from pytest_glue.execution.evaluate import SeedPlan, Subject, evaluate
    from pytest_glue.gate.from_options import criteria_of, interim_analyses_of, record
    from pytest_glue.session.session import GlueSession
    from pytest_glue.training.pretrained import identify

    session = GlueSession.of(request.config)
    identified, notes = identify(glue_checkpoint, file_digests_of(glue_options))
    source = open_source(glue_options.data)
    subject = Subject(request.node.nodeid, glue_task, source.description)
    criteria = criteria_of(glue_options, glue_task, glue_checkpoint, identified.label, session.family_size)
    seed_plan = SeedPlan(
        glue_options.all_seeds,
        interim_analyses_of(glue_options),
        glue_options.inconclusive,
        glue_options.stop_when_decided,
    )
    found = evaluate(subject, runs_of(request, glue_options, glue_task, glue_checkpoint), criteria, seed_plan)
    found = replace(found, notes=(*notes, *source.notes, *found.notes))
    evaluation = record(glue_options, glue_task, glue_checkpoint, found)
    session.record(request.node, evaluation)
    return evaluation
