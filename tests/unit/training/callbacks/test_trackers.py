"""Runs that are reported to experiment trackers: what these get, and that nothing else changes."""

import os
import random
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from tensorboardX.proto.event_pb2 import Event
from transformers import Trainer, TrainerCallback

from pytest_glue.core.choices import Tracker
from pytest_glue.core.errors import FineTuningError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.callbacks import trackers as module
from pytest_glue.training.callbacks.trackers import ReportedRun, Reporting
from pytest_glue.training.fine_tune import fine_tune
from pytest_glue.training.metrics import LabelMapping
from pytest_glue.training.trainer.glue_trainer import GlueTrainer

COLA = GLUE["cola"]
MakeTrainer = Callable[..., Trainer]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "TENSORBOARD_"))]:
        monkeypatch.delenv(name)


def reporting_to(folder: Path, *trackers: Tracker) -> Reporting:
    return Reporting(trackers or (Tracker.TENSORBOARD,), "cola-a", folder, {"glue.task": "cola"}, set())


def train(trainer: Trainer, seed: int, reporting: Reporting | None = None) -> tuple[Run, list[str]]:
    """Return a run without its duration, and the notes about trackers."""
    notes: list[str] = []
    if reporting is None:
        return fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed), notes
    with reporting.watch(trainer, seed, notes.append):
        return fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed), notes


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return the steps and values of each tag in the files of TensorBoard below a folder."""
    found: dict[str, list[tuple[int, float]]] = {}
    for file in sorted(folder.rglob("events.out.tfevents.*")):
        content, at = file.read_bytes(), 0
        while at < len(content):
            (length,) = struct.unpack_from("<Q", content, at)
            event = Event.FromString(content[at + 12 : at + 12 + length])
            at += length + 16
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def test_each_seed_is_a_run_of_tensorboard(tiny_trainer: MakeTrainer, tmp_path: Path) -> None:
    """Its folder is named after item and seed, and has the losses and scores of its own epochs only."""
    trainer, reporting = tiny_trainer(), reporting_to(tmp_path / "runs")
    name = trainer.args.run_name
    runs = [train(trainer, seed, reporting) for seed in (1, 2)]
    assert [[], []] == [notes for _, notes in runs]
    folders = sorted((tmp_path / "runs" / "cola-a").iterdir())
    assert ["seed-1", "seed-2"] == [each.name.rpartition("-")[0] for each in folders]
    for (run, _), folder in zip(runs, folders, strict=True):
        found = scalars(folder)
        assert [4, 8] == [step for step, _ in found["train/loss"]]
        assert [epoch.loss for epoch in run.history] == pytest.approx([value for _, value in found["train/loss"]])
        assert [epoch.evaluation_loss for epoch in run.history] == pytest.approx(
            [value for _, value in found["eval/loss"]]
        )
        assert "eval/matthews_correlation" in found
    assert name == trainer.args.run_name


def test_nothing_else_changes(tiny_trainer: MakeTrainer, tmp_path: Path) -> None:
    """The run and the random states after it are those of a run that is not reported."""
    expected, _ = train(tiny_trainer(), 3)
    after = (random.random(), np.random.random(), torch.rand(()).item())  # noqa: NPY002, S311
    trainer = tiny_trainer()
    callbacks = list(trainer.callback_handler.callbacks)
    run, _ = train(trainer, 3, reporting_to(tmp_path))
    assert (expected.metrics, expected.history, expected.predictions) == (run.metrics, run.history, run.predictions)
    assert after == (random.random(), np.random.random(), torch.rand(()).item())  # noqa: NPY002, S311
    assert callbacks == trainer.callback_handler.callbacks


class Counting(TrainerCallback):
    """Counts the model's parameters, as trackers do."""

    def on_train_begin(self, *_: Any, **given: Any) -> None:
        CountingRun.counted.append(given["model"].num_parameters())

    def on_train_end(self, *_: Any, **given: Any) -> None:
        CountingRun.counted.append(given["model"].num_parameters())


class CountingRun:
    """A run in a tracker that counts parameters."""

    variables: Mapping[str, str] = {}
    counted: ClassVar[list[int]] = []

    def __init__(self, _: ReportedRun) -> None:
        self.callback = Counting()

    def finish(self, *, has_failed: bool) -> None:
        """Do nothing."""


def test_trackers_see_the_whole_model(
    tiny_trainer: MakeTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training may use a part of the embeddings only, which is not what a tracker should report or store."""
    monkeypatch.setattr(module, "_KINDS", {Tracker.WANDB: CountingRun})
    trainer = tiny_trainer(load_best_model_at_end=False)
    assert isinstance(trainer, GlueTrainer)
    assert isinstance(trainer.model, torch.nn.Module)
    whole = sum(each.numel() for each in trainer.model.parameters())
    train(trainer, 3, reporting_to(tmp_path, Tracker.WANDB))
    assert [whole, whole] == CountingRun.counted


class Failing(TrainerCallback):
    """Fails when a training logs, after it used random numbers, as the client of a server may."""

    def on_log(self, *_: Any, **__: Any) -> None:
        random.random()  # noqa: S311
        torch.rand(3)
        raise ConnectionError("http://user:secret@host refused\nthe connection")


class FailingRun:
    """A run in a tracker that fails."""

    variables: Mapping[str, str] = {"GLUE_TEST_VARIABLE": "set"}

    def __init__(self, _: ReportedRun) -> None:
        self.callback = Failing()
        self.finished: list[bool] = []
        FailingRun.last = self

    def finish(self, *, has_failed: bool) -> None:
        self.finished.append(has_failed)

    last: "FailingRun"


def test_a_tracker_that_fails(tiny_trainer: MakeTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a note; the run is what it is without it, other trackers go on, and it is not tried again."""
    expected, _ = train(tiny_trainer(), 3)
    monkeypatch.setattr(module, "_KINDS", {**module._KINDS, Tracker.MLFLOW: FailingRun})
    trainer, reporting = tiny_trainer(), reporting_to(tmp_path, Tracker.MLFLOW, Tracker.TENSORBOARD)
    run, notes = train(trainer, 3, reporting)
    assert (expected.metrics, expected.predictions) == (run.metrics, run.predictions)
    cause = "ConnectionError: http://user:***@host refused the connection"
    assert [f"seed 3 is not reported to mlflow completely: {cause}"] == notes
    assert [True] == FailingRun.last.finished
    assert "GLUE_TEST_VARIABLE" not in os.environ
    assert {"train/loss", "eval/loss"} < scalars(tmp_path).keys()
    _, notes = train(trainer, 4, reporting)
    assert ["seed 4 is not reported to mlflow, which failed before"] == notes


def test_a_folder_that_cannot_be_written(tiny_trainer: MakeTrainer, tmp_path: Path) -> None:
    """The writer of TensorBoard fails before the training, which goes on."""
    (tmp_path / "file").touch()
    run, (note,) = train(tiny_trainer(), 3, reporting_to(tmp_path / "file"))
    assert run.predictions
    assert note.startswith("seed 3 is not reported to tensorboard completely: ")


def test_a_training_that_fails(tiny_trainer: MakeTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its run is closed as failed, so that the next one does not continue it."""
    monkeypatch.setattr(module, "_KINDS", {Tracker.WANDB: FailingRun})
    trainer = tiny_trainer(dataloader_drop_last=True, per_device_train_batch_size=16)
    with pytest.raises(FineTuningError, match="nothing would be trained"):
        train(trainer, 3, reporting_to(tmp_path, Tracker.WANDB))
    assert [True] == FailingRun.last.finished


def test_mlflow(tiny_trainer: MakeTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each seed is a finished run with the item's tags; tags of the user stay."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TAGS", '{"team": "nlp", "glue.task": "mine"}')
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    trainer, reporting = tiny_trainer(), reporting_to(tmp_path, Tracker.MLFLOW)
    try:
        runs = [train(trainer, seed, reporting) for seed in (1, 2)]
        assert [[], []] == [notes for _, notes in runs]
        found = mlflow.MlflowClient().search_runs(["0"], order_by=["start_time"])
    finally:
        mlflow.set_tracking_uri(None)
    assert ["cola-a-seed-1", "cola-a-seed-2"] == [each.info.run_name.rpartition("-")[0] for each in found]
    assert {"FINISHED"} == {each.info.status for each in found}
    tags = {"glue.item": "cola-a", "glue.seed": "1", "glue.task": "mine", "team": "nlp"}
    assert tags.items() <= found[0].data.tags.items()
    loss = runs[1][0].history[-1].evaluation_loss
    assert loss == pytest.approx(found[1].data.metrics["eval_loss"])
