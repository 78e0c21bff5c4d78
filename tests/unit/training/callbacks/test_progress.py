"""Telling: what is heard of a real training, and that it is the same training."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from transformers import Trainer

from pytest_glue.core.choices import Batching
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.progress.events import TrainingProgress
from pytest_glue.training.callbacks import progress as module
from pytest_glue.training.callbacks.progress import telling
from pytest_glue.training.fine_tune import fine_tune
from pytest_glue.training.metrics import LabelMapping

COLA = GLUE["cola"]
METRIC = COLA.headline_metric


def heard(trainer: Trainer, seed: int = 7) -> tuple[list[TrainingProgress], Run]:
    """Return what a training told of itself, and its run."""
    events: list[TrainingProgress] = []
    with telling(trainer, events.append, seed, METRIC):
        return events, fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed)


def test_the_end_of_each_epoch_is_told(tiny_trainer: Callable[..., Trainer]) -> None:
    """A short training tells of its begin and of each epoch's end, with what the run's history says of them."""
    events, run = heard(tiny_trainer())
    assert [(0, 8, 0.0, 2.0), (4, 8, 1.0, 2.0), (8, 8, 2.0, 2.0)] == [
        (each.step, each.steps, each.epoch, each.epochs) for each in events
    ]
    assert {("training", 7)} == {(each.stage, each.seed) for each in events}
    assert [None, *(epoch.metrics[METRIC] for epoch in run.history)] == [each.score for each in events]
    assert events[-1].score


def test_time_left_follows_from_the_steps(tiny_trainer: Callable[..., Trainer]) -> None:
    """Nothing is known at first; after half of the steps as much is left as has passed; at the end nothing."""
    (begin, middle, end), _run = heard(tiny_trainer())
    assert (None, middle.elapsed_s, 0.0) == (begin.left_s, middle.left_s, end.left_s)
    assert 0 < middle.elapsed_s < end.elapsed_s


def test_steps_and_evaluations_are_told_at_an_interval(
    tiny_trainer: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an interval each step and each batch of an evaluation is heard of."""
    monkeypatch.setattr(module, "_INTERVAL_S", 0.0)
    events, _run = heard(tiny_trainer())
    assert [1, 2, 3, 4] == sorted({each.step for each in events if each.stage == "training" and 0 < each.epoch <= 1})
    assert {4, 8} == {each.step for each in events if each.stage == "evaluating"}


@pytest.mark.parametrize("batching", ["packed", "plain"])
@pytest.mark.parametrize("accumulated", [1, 2])
def test_the_loss_is_the_batches_own(
    tiny_trainer: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch, batching: str, accumulated: int
) -> None:
    """The mean of the batches' losses of an epoch is the loss that the trainer logs for it."""
    monkeypatch.setattr(module, "_INTERVAL_S", 0.0)
    trainer = tiny_trainer(Batching(batching), num_train_epochs=1, gradient_accumulation_steps=accumulated)
    seen: list[float] = []
    step = trainer.training_step

    def watched(*args: Any, **kwargs: Any) -> Any:
        loss = step(*args, **kwargs)
        seen.append(trainer.last_loss)  # type: ignore[attr-defined]
        return loss

    monkeypatch.setattr(trainer, "training_step", watched)
    events, run = heard(trainer)
    (epoch,) = run.history
    assert 4 == len(seen)
    assert epoch.loss == pytest.approx(sum(seen) / len(seen), abs=1e-3)
    assert seen[-1] == events[-1].loss


def test_telling_changes_nothing(tiny_trainer: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that tells of each step has the scores, losses and predictions of one that tells nobody."""
    expected = replace(fine_tune(tiny_trainer(), LabelMapping(COLA, (0, 1)), 7), duration_s=0.0)
    monkeypatch.setattr(module, "_INTERVAL_S", 0.0)
    _events, run = heard(tiny_trainer())
    assert expected == replace(run, duration_s=0.0)


def test_nobody_is_told_afterwards(tiny_trainer: Callable[..., Trainer]) -> None:
    """The next training of the same trainer tells those that asked for it."""
    trainer = tiny_trainer(num_train_epochs=1)
    first, _run = heard(trainer)
    count = len(first)
    second, _run = heard(trainer, seed=8)
    assert (count, {8}) == (len(first), {each.seed for each in second})


def test_a_tiny_trainer_the_users_own_tells_what_it_logged(
    tiny_trainer: Callable[..., Trainer], tmp_path: Path
) -> None:
    """Of a plain `Trainer` the loss is the last that was logged."""
    own = tiny_trainer()
    plain = Trainer(
        model_init=own.model_init,
        args=own.args,
        train_dataset=own.train_dataset,
        eval_dataset=own.eval_dataset,
        processing_class=own.processing_class,
        compute_metrics=own.compute_metrics,
    )
    events, run = heard(plain)
    assert run.history[0].loss in [each.loss for each in events]
    assert None is events[0].loss
