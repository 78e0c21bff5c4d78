"""Extra evaluations do not change a training, and give the run of a training of their own."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import DatasetDict
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerBase
from transformers.trainer_utils import EvalLoopOutput

from pytest_glue.core.choices import Batching
from pytest_glue.core.recipe import RecipeValue
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.sample.examples import sample_dataset
from pytest_glue.training.arguments import training_arguments
from pytest_glue.training.callbacks.extra_evaluation import ExtraEvaluationCallback
from pytest_glue.training.fine_tune import EncodedData, fine_tune, make_trainer, run_of_extra_evaluation
from pytest_glue.training.metrics import LabelMapping, compute_metrics
from pytest_glue.training.tokenization import encode
from pytest_glue.training.trainer.glue_trainer import GlueTrainer

SIZE: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
LABELS: dict[str, Any] = {"num_labels": 3}
RECIPE: dict[str, RecipeValue] = {"learning_rate": 2e-3, "per_device_train_batch_size": 8, "num_train_epochs": 4}
MNLI, MISMATCHED = GLUE["mnli"], GLUE["mnli-mm"]
IDS = (0, 1, 2)

Make = Callable[..., GlueTrainer]


@pytest.fixture
def encoded(sample_tokenizer: PreTrainedTokenizerBase) -> dict[Task, DatasetDict]:
    """A few examples of two tasks with the same training examples."""
    data = sample_dataset("mnli")

    def few(task: Task, n: int) -> DatasetDict:
        return DatasetDict({"train": data["train"].select(range(52)), task.evaluation_split: some(task, n)})

    def some(task: Task, n: int) -> Any:
        return data[task.evaluation_split].select(range(n))

    return {task: encode(few(task, n), task, sample_tokenizer, 48, IDS) for task, n in ((MNLI, 40), (MISMATCHED, 50))}


@pytest.fixture
def make(tmp_path: Path, sample_tokenizer: PreTrainedTokenizerBase, encoded: dict[Task, DatasetDict]) -> Make:
    """Make the trainer of a task, with a small new model with dropout."""

    def trainer_of(task: Task, batching: str = "auto", **recipe: RecipeValue) -> GlueTrainer:
        def new_model() -> BertForSequenceClassification:
            return BertForSequenceClassification(BertConfig(vocab_size=len(sample_tokenizer), **LABELS, **SIZE))

        arguments = training_arguments(task, {**RECIPE, **recipe}, 42, tmp_path / "run", temporary=True)
        compute = compute_metrics(task, IDS)
        data = EncodedData(encoded[task], sample_tokenizer)
        trainer = make_trainer(task, new_model, arguments, data, compute, Batching(batching))
        trainer.micro_batches.fixed_cost = 64.0  # else measured by a clock
        return trainer

    return trainer_of


def weights(trainer: GlueTrainer) -> dict[str, torch.Tensor]:
    """Return a copy of the trainer's weights."""
    assert trainer.model
    return {name: weight.detach().clone() for name, weight in trainer.model.state_dict().items()}


def seen(trainer: GlueTrainer) -> list[dict[str, Any]]:
    """Return the training's log without durations."""
    clocks = ("runtime", "per_second", "flos", "train_loss")
    return [
        {name: value for name, value in entry.items() if not name.endswith(clocks)}
        for entry in trainer.state.log_history
    ]


def without_times(run: Run | None) -> Run:
    """Return the run without its duration."""
    assert run
    return replace(run, duration_s=0.0)


WAYS: dict[str, dict[str, Any]] = {
    "packed": {"batching": "packed"},
    "micro": {"batching": "micro"},
    "plain": {"batching": "plain"},
    "workers": {"batching": "plain", "dataloader_num_workers": 1, "dataloader_persistent_workers": True},
    "accumulation": {"gradient_accumulation_steps": 3},
    "optimizer": {"optim": "adafactor", "lr_scheduler_type": "cosine", "warmup_steps": 9},
}


@pytest.mark.parametrize("way", WAYS)
def test_both_runs_equal_those_of_separate_trainings(make: Make, encoded: dict[Task, DatasetDict], way: str) -> None:
    """The training is equal to one without the callback, and the second run to one of its own training."""
    plain, own, together = make(MNLI, **WAYS[way]), make(MISMATCHED, **WAYS[way]), make(MNLI, **WAYS[way])
    expected = fine_tune(plain, LabelMapping(MNLI, IDS), 3)
    expected_extra = fine_tune(own, LabelMapping(MISMATCHED, IDS), 3)
    extra_evaluation = ExtraEvaluationCallback(
        together, together.evaluate_extra, encoded[MISMATCHED]["validation_mismatched"], "accuracy"
    )

    found = fine_tune(together, LabelMapping(MNLI, IDS), 3, extra_evaluations=[extra_evaluation])

    assert without_times(expected) == without_times(found)
    assert seen(plain) == seen(together)
    ended = weights(together)
    assert all(torch.equal(weight, ended[name]) for name, weight in weights(plain).items())
    assert without_times(expected_extra) == without_times(
        run_of_extra_evaluation(found, extra_evaluation, LabelMapping(MISMATCHED, IDS))
    )


def test_an_extra_evaluation_changes_no_state(make: Make, encoded: dict[Task, DatasetDict]) -> None:
    """An extra evaluation changes neither the random state nor the trainer's final output."""
    trainer = make(MNLI)
    fine_tune(trainer, LabelMapping(MNLI, IDS), 3)
    state, output = torch.random.get_rng_state(), trainer.final_output
    trainer.is_in_train = True
    trainer.evaluate_extra(encoded[MISMATCHED]["validation_mismatched"])
    assert torch.equal(state, torch.random.get_rng_state())
    assert output is trainer.final_output


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ((0.1, 0.9, 0.9, 0.5), 1),
        ((0.9, 0.1, 0.2, 0.3), 0),
        ((0.1, 0.2, 0.3, 0.4), 3),
        ((float("nan"), -0.5, 0.0, -0.1), 0),
        ((-0.5, float("nan"), 0.0, -0.1), 1),
    ],
    ids=str,
)
def test_the_best_epoch_is_its_own(
    make: Make,
    encoded: dict[Task, DatasetDict],
    monkeypatch: pytest.MonkeyPatch,
    scores: tuple[float, ...],
    best: int,
) -> None:
    """The best epoch is the first with the highest score, with NaN as 0, as in a training of its own."""
    own, together = make(MISMATCHED), make(MNLI)
    sequence = iter(chain(scores, [-1.0]))
    monkeypatch.setattr(own, "compute_metrics", lambda _: {"accuracy": next(sequence)})
    fine_tune(own, LabelMapping(MISMATCHED, IDS), 3)
    extra_evaluation = ExtraEvaluationCallback(
        together, together.evaluate_extra, encoded[MISMATCHED]["validation_mismatched"], "accuracy"
    )
    mine, predictions = iter(scores), []

    def compute(output: Any) -> dict[str, float]:
        if len(output.predictions) == 40:
            return {"accuracy": 0.5}
        predictions.append(output.predictions)
        return {"accuracy": next(mine)}

    monkeypatch.setattr(together, "compute_metrics", compute)
    fine_tune(together, LabelMapping(MNLI, IDS), 3, extra_evaluations=[extra_evaluation])
    assert own.final_output
    assert extra_evaluation.best
    assert predictions[best] is extra_evaluation.best.predictions
    assert (own.final_output.predictions == extra_evaluation.best.predictions).all()


def test_a_missed_evaluation_gives_no_second_run(make: Make, encoded: dict[Task, DatasetDict]) -> None:
    """There is no second run if the callback missed an epoch, as in a resumed training."""
    trainer = make(MNLI)
    extra_evaluation = ExtraEvaluationCallback(
        trainer, trainer.evaluate_extra, encoded[MISMATCHED]["validation_mismatched"], "accuracy"
    )
    run = fine_tune(trainer, LabelMapping(MNLI, IDS), 3, extra_evaluations=[extra_evaluation])
    assert run_of_extra_evaluation(run, extra_evaluation, LabelMapping(MISMATCHED, IDS))
    del extra_evaluation.scores[0]
    assert None is run_of_extra_evaluation(run, extra_evaluation, LabelMapping(MISMATCHED, IDS))


def test_the_next_training_is_without_the_callback(make: Make, encoded: dict[Task, DatasetDict]) -> None:
    """The callback is removed after its training."""
    trainer = make(MNLI, num_train_epochs=1)
    extra_evaluation = ExtraEvaluationCallback(
        trainer, trainer.evaluate_extra, encoded[MISMATCHED]["validation_mismatched"], "accuracy"
    )
    for seed, extra_evaluations in ((3, [extra_evaluation]), (4, [])):
        fine_tune(trainer, LabelMapping(MNLI, IDS), seed, extra_evaluations=extra_evaluations)
    assert 1 == len(extra_evaluation.scores)


@pytest.mark.parametrize(
    ("errors", "best"),
    [
        ((0.9, 0.1, 0.1, 0.5), 1),
        ((0.1, 0.9, 0.8, 0.7), 0),
        ((float("nan"), 2.5, 3.0, 9.0), 1),
        ((9.0, float("nan")), 0),
    ],
    ids=str,
)
def test_the_epoch_with_the_lowest_error_is_the_best(errors: tuple[float, ...], best: int) -> None:
    """Where lower is better, the first of the lowest is kept, and NaN is the worst."""
    outputs = iter([EvalLoopOutput(np.zeros(1), None, {"eval_mse": error}, 1) for error in errors])
    evaluated: list[EvalLoopOutput] = []

    def evaluate(_: Any) -> EvalLoopOutput:
        evaluated.append(next(outputs))
        return evaluated[-1]

    callback = ExtraEvaluationCallback(Any, evaluate, Any, "mse")  # type: ignore[arg-type]
    for _ in errors:
        callback.on_evaluate()
    assert evaluated[best] is callback.best
