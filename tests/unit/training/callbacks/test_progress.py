"""The progress that a real training reports, and that reporting it changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from transformers import Trainer

from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.progress.events import TrainingProgress
from pytest_glue.training.callbacks import progress as module
from pytest_glue.training.callbacks.progress import ReportProgress, RunMonitor
from pytest_glue.training.fine_tune import fine_tune
from pytest_glue.training.metrics import LabelMapping

COLA = GLUE["cola"]
METRIC = COLA.headline_metric


def reported(trainer: Trainer, clock: Callable[[], float], seed: int = 7) -> tuple[list[TrainingProgress], Run]:
    """Return what a training reports with this clock, and its run."""
    events: list[TrainingProgress] = []
    trainer.add_callback(ReportProgress(events.append, seed, METRIC, clock))
    return events, fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed)


def every(interval_s: float) -> Callable[[], float]:
    """Return a clock that moves on by this interval each time it is read."""
    return map(interval_s.__mul__, count()).__next__


def test_each_step_is_reported_if_it_takes_a_second(tiny_trainer: Callable[..., Trainer]) -> None:
    """The start and each of 8 steps are reported, with the loss and the score that the epochs before have logged."""
    events, run = reported(tiny_trainer(), every(1.0))
    assert [step / 8 for step in range(9)] == [each.share for each in events]
    assert [step / 4 for step in range(9)] == [each.epoch for each in events]
    assert {("training", 7, 2.0)} == {(each.stage, each.seed, each.epochs) for each in events}
    first = run.history[0]
    assert [None] * 5 + [first.metrics[METRIC]] * 4 == [each.score for each in events]
    assert [None] * 5 + [first.loss] * 4 == [each.loss for each in events]


def test_progress_is_reported_at_most_once_a_second(tiny_trainer: Callable[..., Trainer]) -> None:
    """With 0.4 s for a step, the start and every third step are reported."""
    events, _run = reported(tiny_trainer(), every(0.4))
    assert [0.0, 3 / 8, 6 / 8] == [each.share for each in events]


def test_time_left_follows_from_the_steps(tiny_trainer: Callable[..., Trainer]) -> None:
    """Time is unknown at the start; each further step is expected to take as long as those before; 0 s at the end."""
    events, _run = reported(tiny_trainer(), every(2.0))
    elapsed = [each.elapsed_s for each in events]
    assert elapsed == sorted(elapsed)
    assert None is events[0].left_s
    assert (events[4].elapsed_s, 0.0) == (events[4].left_s, events[8].left_s)


@pytest.mark.parametrize(("value", "shown"), [(float("nan"), None), (float("inf"), None), (2, 2.0)])
def test_a_loss_that_is_not_finite_is_not_reported(
    tiny_trainer: Callable[..., Trainer], value: float, shown: float | None
) -> None:
    """A status file is JSON, which has no NaN."""
    trainer, events = tiny_trainer(), list[TrainingProgress]()
    trainer.state.log_history = [{"loss": 0.5}, {"loss": value}, {f"eval_{METRIC}": value}]
    trainer.state.max_steps = 1
    ReportProgress(events.append, 7, METRIC).on_step_end(trainer.args, trainer.state, trainer.control)
    assert (shown, shown) == (events[0].loss, events[0].score)


def test_reporting_changes_nothing(tiny_trainer: Callable[..., Trainer]) -> None:
    """A training that reports each step has the scores, losses and predictions of one that reports nothing."""
    expected = replace(fine_tune(tiny_trainer(), LabelMapping(COLA, (0, 1)), 7), duration_s=0.0)
    _events, run = reported(tiny_trainer(), every(1.0))
    assert expected == replace(run, duration_s=0.0)


def test_a_monitor_watches_one_run(tiny_trainer: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run of a trainer reports once, with its own seed."""
    monkeypatch.setattr(module, "INTERVAL_S", 0.0)
    trainer, events = tiny_trainer(num_train_epochs=1), list[TrainingProgress]()
    monitor = RunMonitor("cola-tiny", events.append)
    for seed in (7, 8):
        with monitor.watch(trainer, seed, METRIC):
            fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed)
    assert [7] * 5 + [8] * 5 == [each.seed for each in events]


def test_a_plain_trainer_reports_the_same(tiny_trainer: Callable[..., Trainer]) -> None:
    """A user's own `Trainer` reports its loss and score as the package's trainer does."""
    own = tiny_trainer()
    arguments: dict[str, Any] = {
        "model_init": own.model_init,
        "args": own.args,
        "train_dataset": own.train_dataset,
        "eval_dataset": own.eval_dataset,
        "processing_class": own.processing_class,
        "compute_metrics": own.compute_metrics,
    }
    events, run = reported(Trainer(**arguments), every(1.0))
    assert (None, run.history[0].loss) == (events[0].loss, events[-1].loss)
    assert run.history[0].metrics[METRIC] == events[-1].score
