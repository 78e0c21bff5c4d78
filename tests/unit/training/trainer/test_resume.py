"""A resumed training has the result of one that was not interrupted."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import DatasetDict
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerBase, TrainerCallback

from pytest_glue.core.choices import Batching
from pytest_glue.core.recipe import RecipeValue
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.sample.examples import sample_dataset
from pytest_glue.training.arguments import training_arguments
from pytest_glue.training.fine_tune import EncodedData, fine_tune, make_trainer
from pytest_glue.training.metrics import LabelMapping, compute_metrics
from pytest_glue.training.tokenization import encode
from pytest_glue.training.trainer.embedding_subset import IgnoresWeights
from pytest_glue.training.trainer.glue_trainer import GlueTrainer
from pytest_glue.training.trainer.resume_state import ResumeState

SIZE: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
RECIPE: dict[str, RecipeValue] = {"learning_rate": 1e-3, "per_device_train_batch_size": 8, "num_train_epochs": 4}
RTE = GLUE["rte"]
LABELS = LabelMapping(RTE, (0, 1))
TWO_LABELS: dict[str, Any] = {"num_labels": 2}

Make = Callable[..., GlueTrainer]


class StoppedError(BaseException):
    """Interrupts a training as Ctrl-C does, without an explanation."""


class Stop(IgnoresWeights, TrainerCallback):
    """Interrupts a training within an epoch."""

    def __init__(self, epoch: float) -> None:
        self._epoch = epoch

    def on_step_end(self, *given: Any, **_: Any) -> None:
        """Called by the trainer after each update."""
        if given[1].epoch > self._epoch:
            raise StoppedError


@pytest.fixture
def make(tmp_path: Path, sample_tokenizer: PreTrainedTokenizerBase) -> Make:
    """Make trainers of a small new model with dropout: seven batches an epoch."""
    made: list[GlueTrainer] = []

    def trainer_of(batching: str = "auto", **recipe: RecipeValue) -> GlueTrainer:
        def new_model() -> BertForSequenceClassification:
            return BertForSequenceClassification(BertConfig(vocab_size=len(sample_tokenizer), **TWO_LABELS, **SIZE))

        raw = sample_dataset("rte")
        parts = DatasetDict({name: raw[name].select(range(52)) for name in ("train", "validation")})
        encoded = encode(parts, RTE, sample_tokenizer, 48, (0, 1))
        output_dir = tmp_path / f"run-{len(made)}"
        arguments = training_arguments(RTE, {**RECIPE, **recipe}, 42, output_dir, temporary=True)
        compute = compute_metrics(RTE, (0, 1))
        torch.manual_seed(len(made))
        data = EncodedData(encoded, sample_tokenizer)
        made.append(make_trainer(RTE, new_model, arguments, data, compute, Batching(batching)))
        return made[-1]

    return trainer_of


def seen(trainer: GlueTrainer, run: Run) -> tuple[Any, ...]:
    """Return the result of a training without durations and weights."""
    clocks = ("runtime", "per_second", "flos", "train_loss")
    log = [
        {name: value for name, value in entry.items() if not name.endswith(clocks)}
        for entry in trainer.state.log_history
    ]
    return (log, trainer.state.best_metric, trainer.state.best_global_step, replace(run, duration_s=0.0))


def stop_in(trainer: GlueTrainer, epoch: float, resume_state: ResumeState) -> None:
    """Train until the middle of an epoch."""
    trainer.add_callback(Stop(epoch))
    with pytest.raises(StoppedError):
        fine_tune(trainer, LABELS, 3, resume_state)


WAYS: dict[str, dict[str, Any]] = {
    "packed": {"batching": "packed"},
    "micro": {"batching": "micro"},
    "plain": {"batching": "plain"},
    "accumulation": {"gradient_accumulation_steps": 3},
    "half-precision": {"bf16": True, "use_cpu": True},
    "optimizer": {"optim": "adafactor", "lr_scheduler_type": "cosine", "warmup_steps": 9},
    "the-last-epoch": {"load_best_model_at_end": False},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("epoch", [1.4, 3.4])
def test_the_same_run(make: Make, tmp_path: Path, way: str, epoch: float) -> None:
    """Weights, losses, scores and predictions are those of an uninterrupted run, with each layout and recipe."""
    whole, stopped, resumed = (make(**WAYS[way]) for _ in range(3))
    expected = fine_tune(whole, LABELS, 3)
    fixed = whole.micro_batches.fixed_cost
    stopped.micro_batches.fixed_cost = fixed  # measured by a clock
    stop_in(stopped, epoch, ResumeState(tmp_path / "run", "key"))
    resume_state = ResumeState(tmp_path / "run", "key")
    found = fine_tune(resumed, LABELS, 3, resume_state)
    assert fixed == resumed.micro_batches.fixed_cost
    assert (f"resumed after epoch {int(epoch)}, where it had been interrupted",) == resume_state.notes
    assert seen(whole, expected) == seen(resumed, found)
    assert whole.model
    assert resumed.model
    weights = resumed.model.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in whole.model.state_dict().items())


@pytest.mark.parametrize("scores", [(0.9, 0.1, 0.5, 0.5), (0.1, 0.9, 0.5, 0.5), (0.1, 0.2, 0.5, 0.9)], ids=str)
def test_the_best_epoch_is_kept(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scores: tuple[float, ...]
) -> None:
    """The best epoch is the result, whether it lies before the interruption or after."""
    trainers = [make(), make(), make()]
    for trainer, begins in zip(trainers, (0, 0, 2), strict=True):
        given = chain(scores[begins:], repeat(scores[scores.index(max(scores))]))
        monkeypatch.setattr(trainer, "compute_metrics", lambda _, given=given: {"accuracy": next(given)})
    whole, stopped, resumed = trainers
    expected = fine_tune(whole, LABELS, 3)
    stop_in(stopped, 2.4, ResumeState(tmp_path / "run", "key"))
    found = fine_tune(resumed, LABELS, 3, ResumeState(tmp_path / "run", "key"))
    assert seen(whole, expected) == seen(resumed, found)
    assert 7 * (1 + scores.index(0.9)) == resumed.state.best_global_step
    assert whole.model
    assert resumed.model
    weights = resumed.model.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in whole.model.state_dict().items())


def test_the_time_before_counts(make: Make, tmp_path: Path) -> None:
    """The duration of a resumed run includes the time before the interruption."""
    stop_in(make(), 2.4, ResumeState(tmp_path / "run", "key"))
    state = ResumeState(tmp_path / "run", "key")
    trainer = make()
    run = fine_tune(trainer, LABELS, 3, state)
    assert 0 < trainer.seconds_before < run.duration_s
    fine_tune(trainer, LABELS, 4)
    assert 0 == trainer.seconds_before


def test_nothing_is_saved_unless_it_is_asked_for(make: Make, tmp_path: Path) -> None:
    """Without a `ResumeState`, no state is written."""
    trainer = make()
    trainer.add_callback(Stop(2.4))
    with pytest.raises(StoppedError):
        fine_tune(trainer, LABELS, 3)
    assert [] == list(tmp_path.rglob("*.pt"))


def test_a_folder_that_cannot_be_written(make: Make, tmp_path: Path) -> None:
    """The training continues, and a note says that no state was saved."""
    (tmp_path / "file").write_text("", "utf-8")
    resume_state = ResumeState(tmp_path / "file" / "run", "key")
    expected, found = fine_tune(make(), LABELS, 3), fine_tune(make(), LABELS, 3, resume_state)
    assert expected.predictions == found.predictions
    reason = f"{tmp_path / 'file' / 'run'} cannot be written (Not a directory)"
    assert (f"was not saved after each epoch, since {reason}",) == resume_state.notes


def test_a_full_disk(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The training also continues after the RuntimeError that torch raises on a full disk."""

    def full(*_: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc] . PytorchStreamWriter failed writing file")

    resume_state = ResumeState(tmp_path / "run", "key")
    monkeypatch.setattr(torch, "save", full)
    fine_tune(make(num_train_epochs=2), LABELS, 3, resume_state)
    (note,) = resume_state.notes
    assert "cannot be written ([enforce fail" in note


@pytest.mark.parametrize("recipe", [{"logging_strategy": "steps"}, {"save_strategy": "no"}], ids=str)
def test_a_recipe_that_does_not_save_by_epoch(make: Make, tmp_path: Path, recipe: dict[str, RecipeValue]) -> None:
    """If a resumed run would differ, no state is saved, and a note says why."""
    resume_state = ResumeState(tmp_path / "run", "key")
    fine_tune(make(num_train_epochs=2, load_best_model_at_end=False, **recipe), LABELS, 3, resume_state)
    expected = "cannot be resumed if it is interrupted, since the recipe does not save and log by epoch"
    assert ((expected,), False) == (resume_state.notes, resume_state.folder.exists())
