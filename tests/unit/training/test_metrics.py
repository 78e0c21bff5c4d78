"""From a model's output and a trainer's log to predictions, scores and history, without a training."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import EvalPrediction, TrainerControl, TrainerState, TrainingArguments

from pytest_glue.core.metrics import METRICS
from pytest_glue.core.own_metrics import know_metrics
from pytest_glue.core.runs import Epoch
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.statistics.logits import decode_logits
from pytest_glue.training.callbacks.undefined_scores import UndefinedScores
from pytest_glue.training.metrics import LabelMapping, compute_metrics, history, kept_logits

LOGITS = np.array([[3.0, 1.0, 2.0], [0.0, 9.0, 1.0], [0.0, 1.0, 2.0], [5.0, 5.0, 1.0]], dtype=np.float32)


def mapping(label_ids: tuple[int, ...]) -> LabelMapping:
    """Return the mapping of a model with these label ids; of a regression if there are none."""
    return LabelMapping(GLUE["mnli" if label_ids else "stsb"], label_ids)


@pytest.mark.parametrize(
    ("label_ids", "expected"),
    [((0, 1, 2), [0, 1, 2, 0]), ((2, 1, 0), [2, 1, 0, 2]), ((1, 2, 0), [2, 0, 1, 2])],
    ids=["same-order", "reversed", "rotated"],
)
def test_the_largest_logit_is_the_prediction(label_ids: tuple[int, ...], expected: list[float]) -> None:
    """The label with the largest logit becomes the task's class."""
    assert expected == mapping(label_ids).to_predictions(LOGITS).tolist()


@pytest.mark.parametrize("label_ids", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_labels_come_back_in_the_tasks_order(label_ids: tuple[int, ...]) -> None:
    """Labels that encoding mapped to the model's order are mapped back."""
    assert [0, 1, 2, 2] == mapping(label_ids).to_task_labels([label_ids[label] for label in (0, 1, 2, 2)]).tolist()


def test_a_regressions_numbers_are_left_as_they_are() -> None:
    """A regression's outputs become one number for each example; its labels stay."""
    assert [0.5, -1.0] == mapping(()).to_predictions(np.array([[0.5], [-1.0]])).tolist()
    assert [0.5, -1.0] == mapping(()).to_predictions(np.array([0.5, -1.0])).tolist()
    assert [2.5, 0.0] == mapping(()).to_task_labels([2.5, 0.0]).tolist()


def test_of_several_outputs_the_first_is_the_logits() -> None:
    """If a model returns several outputs, the first are the logits."""
    assert [0, 1, 2, 0] == mapping((0, 1, 2)).to_predictions((LOGITS, np.zeros((4, 7)))).tolist()


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_broken_logits_are_no_prediction(broken: float) -> None:
    """A row with a logit that is not finite predicts NaN, not class 0. Other rows are unaffected."""
    logits = LOGITS.copy()
    logits[1, 0] = broken
    assert np.array_equal([0, np.nan, 2, 0], mapping((0, 1, 2)).to_predictions(logits), equal_nan=True)
    assert np.array_equal([broken], mapping(()).to_predictions(np.array([[broken]])), equal_nan=True)


@pytest.mark.parametrize(
    ("task", "label_ids", "logits", "labels", "expected"),
    [
        ("rte", (1, 0), [[9, 0], [0, 9], [0, 9]], [0, 1, 0], {"accuracy": 2 / 3}),
        ("mrpc", (1, 0), [[9, 0], [0, 9], [0, 9]], [0, 0, 1], {"accuracy": 2 / 3, "f1": 2 / 3}),
        ("stsb", (), [[1.0], [2.0], [3.0]], [0.0, 2.0, 4.0], {"pearson": 1.0, "spearmanr": 1.0}),
    ],
    ids=["swapped-labels", "swapped-f1-is-of-the-tasks-class-1", "regression"],
)
def test_metrics_are_computed_in_the_tasks_order(
    task: str, label_ids: tuple[int, ...], logits: Any, labels: Any, expected: dict[str, float]
) -> None:
    """Logits and labels in the model's order give the scores of the task's classes."""
    output = EvalPrediction(np.array(logits, dtype=float), np.array(labels))
    assert expected == pytest.approx(compute_metrics(GLUE[task], label_ids)(output))


def test_probabilities_are_those_of_the_tasks_order() -> None:
    """Logits are turned into the task's order before the area under the ROC curve is computed, and are kept so."""
    task = replace(GLUE["rte"], metrics=("roc_auc", "accuracy"))
    logits = np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.0]])
    output = EvalPrediction(logits, np.array([0, 0, 1, 1]))
    assert compute_metrics(task, (1, 0))(output) == {"roc_auc": 1.0, "accuracy": 0.75}
    assert compute_metrics(task, (0, 1))(output) == {"roc_auc": 1.0, "accuracy": 0.75}
    kept = kept_logits(LabelMapping(task, (1, 0)), logits)
    assert kept is not None
    np.testing.assert_array_equal(decode_logits(kept, 4), logits[:, ::-1])
    assert kept_logits(LabelMapping(GLUE["rte"], (1, 0)), logits) is None


def test_a_logit_that_is_not_finite_leaves_no_score() -> None:
    """A metric of probabilities is undefined too."""
    task = replace(GLUE["rte"], metrics=("log_loss",))
    output = EvalPrediction(np.array([[1.0, np.nan], [1.0, 0.0]]), np.array([0, 1]))
    assert np.isnan(compute_metrics(task, (0, 1))(output)["log_loss"])


def test_undefined_metrics_are_nan() -> None:
    """An undefined score is NaN."""
    output = EvalPrediction(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 1]))
    assert np.isnan(compute_metrics(GLUE["cola"], (0, 1))(output)["matthews_correlation"])


def test_history_has_one_entry_for_each_evaluation() -> None:
    """An entry has an evaluation and the training loss of its epoch, without timings."""
    log: list[dict[str, Any]] = [
        {"loss": 0.7, "grad_norm": 1.0, "learning_rate": 1e-5, "epoch": 1.0, "step": 2},
        {
            "eval_loss": 0.6,
            "eval_f1": 0.5,
            "eval_log_loss": 0.75,
            "eval_runtime": 0.1,
            "eval_samples_per_second": 3.0,
            "epoch": 1.0,
            "step": 2,
        },
        {"loss": float("nan"), "epoch": 2.0},
        {"eval_loss": 0.5, "eval_f1": float("nan"), "eval_model_preparation_time": 0.1, "epoch": 2.0},
        {"eval_loss": float("inf"), "eval_f1": 1.0, "epoch": 2.5},
        {"train_runtime": 2.0, "train_loss": 0.6, "epoch": 3.0},
    ]
    assert history(log) == (
        Epoch(1.0, 0.7, 0.6, {"f1": 0.5, "log_loss": 0.75}),
        Epoch(2.0, None, 0.5, {"f1": None}),
        Epoch(2.5, None, None, {"f1": 1.0}),
    )


def test_an_undefined_error_counts_as_the_worst() -> None:
    """Where lower is better, an undefined score of 0 would be the best one."""
    metrics = {"eval_mse": float("nan")}
    UndefinedScores("mse").on_evaluate(TrainingArguments(), TrainerState(), TrainerControl(), metrics=metrics)
    assert 1e300 < metrics["eval_mse"] < float("inf")


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"eval_f1": float("nan"), "eval_accuracy": 0.5}, {"eval_f1": 0.0, "eval_accuracy": 0.5}),
        ({"eval_f1": 0.25}, {"eval_f1": 0.25}),
        ({"eval_accuracy": 0.5}, {"eval_accuracy": 0.5}),
    ],
    ids=["undefined", "defined", "not-there"],
)
def test_an_undefined_headline_score_counts_as_zero(metrics: dict[str, float], expected: dict[str, float]) -> None:
    """An undefined score becomes 0 for the choice of the best epoch, so that a later epoch can be better."""
    state, control = TrainerState(), TrainerControl()
    UndefinedScores("f1").on_evaluate(TrainingArguments(), state, control, metrics=metrics)
    assert expected == metrics


def test_own_metrics_are_known_where_the_function_is_sent(tmp_path: Path) -> None:
    """A trial of Ray computes the metrics in a process that has read no options."""
    function = "def gap(predictions, references):\n    return abs(predictions - references).max()\n"
    (tmp_path / "largest_gap.py").write_text(function)
    before = dict(METRICS)
    try:
        know_metrics(["largest_gap:gap"], tmp_path)
        compute = compute_metrics(Task("mine", "mine", ("text",), (), ("largest_gap:gap",)), ())
        del METRICS["largest_gap:gap"]
        output = EvalPrediction(np.array([[1.0], [5.0]]), np.array([1.5, 2.0]))
        assert {"largest_gap:gap": 3.0} == compute(output)
    finally:
        METRICS.clear()
        METRICS.update(before)
