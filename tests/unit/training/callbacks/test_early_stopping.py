"""The callback that ends a training once its score is good enough."""

from pathlib import Path

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from pytest_glue.training.callbacks.early_stopping import StopAtScore


@pytest.mark.parametrize(
    ("metric", "target", "score", "best_before", "stops"),
    [
        ("f1", 0.8, 0.8, None, True),
        ("f1", 0.8, 0.7, None, False),
        ("f1", 0.8, 0.7, 0.9, True),
        ("f1", None, 1.0, None, False),
        ("mse", 0.8, 0.8, None, True),
        ("mse", 0.8, 0.9, None, False),
        ("mse", 0.8, 0.9, 0.7, True),
        ("mse", None, 0.0, None, False),
    ],
)
def test_a_training_ends_at_its_target(
    tmp_path: Path, metric: str, target: float | None, score: float, best_before: float | None, *, stops: bool
) -> None:
    """The target is reached from below, or from above where lower is better, by this epoch or an earlier one."""
    assert stops is _stops(tmp_path, StopAtScore(metric, target), metric, score, best_before)


@pytest.mark.parametrize(("metric", "score"), [("f1", 1.0), ("mse", 0.0)])
def test_a_training_whose_result_is_another_epoch_does_not_end(tmp_path: Path, metric: str, score: float) -> None:
    """If the recipe chooses the worst epoch, a later one can be worse."""
    assert not _stops(tmp_path, StopAtScore(metric, 0.5), metric, score, None, greater_is_better=metric == "mse")


def _stops(
    folder: Path,
    callback: StopAtScore,
    metric: str,
    score: float,
    best_before: float | None,
    *,
    greater_is_better: bool | None = None,
) -> bool:
    arguments = TrainingArguments(
        output_dir=str(folder),
        eval_strategy="epoch",
        save_strategy="epoch",
        load_best_model_at_end=True,
        metric_for_best_model=metric,
        greater_is_better=metric == "f1" if greater_is_better is None else greater_is_better,
    )
    state, control = TrainerState(global_step=3, max_steps=9, best_metric=best_before), TrainerControl()
    callback.on_evaluate(arguments, state, control, metrics={f"eval_{metric}": score})
    assert callback.stopped is control.should_training_stop
    return callback.stopped
