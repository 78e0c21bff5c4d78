"""The fixtures: each returns one step of an evaluation, and a fixture of the same name in a `conftest.py` overrides it.

Every pytest run loads this file, so a fixture imports what it needs when it is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datasets import DatasetDict
    from transformers import EvalPrediction, PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments

    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.evaluation import Evaluation
    from pytest_glue.core.tasks import Task


F = TypeVar("F", bound="Callable[..., Any]")


def own(function: F) -> F:
    """Mark a fixture function of the plugin, so that an overridden fixture is recognised.

    The mark is the function itself, which a wrapper that copies the attributes cannot have.
    """
    vars(function)["own"] = function
    return function


@pytest.fixture
@own
def glue_options(request: pytest.FixtureRequest) -> Options:
    """The options of this test, from command line, marker, ini file and table."""
    from pytest_glue.session.start import start_session

    return start_session(request.config).options_of(request.node)


@pytest.fixture
@own
def glue_task(request: pytest.FixtureRequest, glue_options: Options) -> Task:
    """The task of this item. The test runs once for each task of `--glue-tasks`."""
    from pytest_glue.core.tasks import find_task
    from pytest_glue.data.source import resolved

    return resolved(find_task(request.param, glue_options.known_tasks))


@pytest.fixture
@own
def glue_checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    """The checkpoint of this item. The test runs once for each checkpoint of `--glue-checkpoints`."""
    from pytest_glue.core.checkpoints import Checkpoint

    return Checkpoint.parse(request.param) if isinstance(request.param, str) else request.param


@pytest.fixture
@own
def glue_data(glue_options: Options, glue_task: Task) -> DatasetDict:
    """The task's raw splits, cut to `--glue-max-train-samples` and `--glue-max-eval-samples`."""
    from pytest_glue.execution.pipeline import load_data

    return load_data(glue_options, glue_task)


@pytest.fixture
@own
def glue_tokenizer(glue_checkpoint: Checkpoint) -> PreTrainedTokenizerBase:
    """The checkpoint's fast tokenizer, or the slow one if there is no fast one."""
    from pytest_glue.execution.pipeline import load_tokenizer

    return load_tokenizer(glue_checkpoint)


@pytest.fixture
@own
def glue_encoded_data(
    glue_options: Options,
    glue_task: Task,
    glue_checkpoint: Checkpoint,
    glue_data: DatasetDict,
    glue_tokenizer: PreTrainedTokenizerBase,
) -> DatasetDict:
    """The training and the evaluation split, tokenized and truncated, with labels in the model's order."""
    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.execution.pipeline import encode_data

    return encode_data(EvaluationSpec(glue_options, glue_task, glue_checkpoint), glue_data, glue_tokenizer)


@pytest.fixture
@own
def glue_model_init(
    glue_options: Options, glue_task: Task, glue_checkpoint: Checkpoint, glue_tokenizer: PreTrainedTokenizerBase
) -> Callable[..., PreTrainedModel]:
    """A callable that makes a new model each time, as `Trainer(model_init=...)` takes it."""
    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.execution.pipeline import make_model_init

    return make_model_init(EvaluationSpec(glue_options, glue_task, glue_checkpoint), glue_tokenizer)


@pytest.fixture
@own
def glue_compute_metrics(
    glue_options: Options, glue_task: Task, glue_checkpoint: Checkpoint
) -> Callable[[EvalPrediction], dict[str, float]]:
    """The task's metrics of a model's output, as `Trainer(compute_metrics=...)` takes them."""
    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.execution.pipeline import make_compute_metrics

    return make_compute_metrics(EvaluationSpec(glue_options, glue_task, glue_checkpoint))


@pytest.fixture
def _glue_preserved_state() -> Iterator[None]:
    """Restore after the item what its fine-tuning changes in the process."""
    from pytest_glue.training.process_state import preserved_state

    with preserved_state():
        yield


@pytest.fixture
@own
def glue_training_arguments(
    request: pytest.FixtureRequest,
    glue_options: Options,
    glue_task: Task,
    _glue_preserved_state: None,
) -> Iterator[TrainingArguments]:
    """The recipe with the first seed. Its output folder is temporary, unless the recipe names an `output_dir`."""
    from pytest_glue.execution.pipeline import make_training_arguments
    from pytest_glue.session.hooks import with_changed_recipe

    options = with_changed_recipe(request.node, glue_options, glue_task)
    with make_training_arguments(options, glue_task, request.node.callspec.id) as arguments:
        yield arguments


@pytest.fixture
@own
def glue_trainer(  # noqa: PLR0913, PLR0917 - a fixture's parameters are the fixtures that it uses
    _glue_preserved_state: None,
    glue_options: Options,
    glue_task: Task,
    glue_model_init: Callable[..., PreTrainedModel],
    glue_training_arguments: TrainingArguments,
    glue_encoded_data: DatasetDict,
    glue_tokenizer: PreTrainedTokenizerBase,
    glue_compute_metrics: Callable[[EvalPrediction], dict[str, float]],
) -> Trainer:
    """The trainer, ready to train. An evaluation trains it once for each seed, from the pretrained weights."""
    from pytest_glue.training.fine_tune import EncodedData, make_trainer

    data = EncodedData(glue_encoded_data, glue_tokenizer)
    return make_trainer(
        glue_task, glue_model_init, glue_training_arguments, data, glue_compute_metrics, glue_options.batching
    )


@pytest.fixture
@own
def glue_evaluation(
    request: pytest.FixtureRequest, glue_options: Options, glue_task: Task, glue_checkpoint: Checkpoint
) -> Iterator[Evaluation]:
    """The item's runs, score and verdict. `glue_evaluation.check()` fails the test if the verdict is red."""
    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.session.evaluation import evaluate_item
    from pytest_glue.session.unchecked import WatchedEvaluation, require_check

    watched = WatchedEvaluation.of(evaluate_item(request, EvaluationSpec(glue_options, glue_task, glue_checkpoint)))
    yield watched
    require_check(request.node, watched, glue_options.unchecked)
