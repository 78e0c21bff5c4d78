"""The best epoch: its output, and its weights in memory or in a file."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from transformers.trainer_utils import EvalLoopOutput

from pytest_glue.training.trainer.best_epoch import BestEpoch, SavedWeights


def output(score: float) -> EvalLoopOutput:
    """Return the output of an evaluation with two outputs of the model."""
    predictions: Any = (np.full((2, 2), score, np.float32), np.zeros((2, 3), np.float32))
    return EvalLoopOutput(predictions, np.array([0, 1]), {"eval_accuracy": score}, 2)


@pytest.mark.parametrize("free", [2**40, 0], ids=["memory", "file"])
def test_weights_are_restored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int) -> None:
    """A copy of the weights is independent of the model, and goes to a file if memory is short."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=free))
    model = torch.nn.Linear(2, 2)
    expected = model.weight.detach().clone()
    saved = SavedWeights.of(model, tmp_path / "run")
    assert (free == 0) == (tmp_path / "run" / "best.pt").exists()
    torch.nn.init.zeros_(model.weight)
    saved.restore(model)
    assert torch.equal(expected, model.weight)


@pytest.mark.parametrize("last_step", [5, 10], ids=["best is last", "best is earlier"])
def test_a_saved_state_is_loaded(tmp_path: Path, last_step: int) -> None:
    """The best epoch's output and weights are the same after saving and loading."""
    model, before = torch.nn.Linear(2, 2), BestEpoch()
    before.record(5, output(0.75))
    before.mark_last_as_best(SavedWeights.of(model, tmp_path))
    torch.save(model.state_dict(), tmp_path / "model.pt")
    before.write_weights(tmp_path, last_step)
    assert (last_step == 10) == (tmp_path / "best.pt").exists()
    torch.save(before.state_dict(), tmp_path / "state.pt")
    after, expected = BestEpoch(), model.weight.detach().clone()
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    after.load_state_dict(state, tmp_path / "model.pt", tmp_path / "resumed")
    assert after.best
    found = after.best.output
    assert (5, {"eval_accuracy": 0.75}, 2) == (after.best.step, found.metrics, found.num_samples)
    assert all(map(np.array_equal, output(0.75).predictions, found.predictions))
    torch.nn.init.zeros_(model.weight)
    after.restore(model)
    assert torch.equal(expected, model.weight)
    assert None is after.best.weights


def test_without_a_best_epoch_nothing_is_loaded(tmp_path: Path) -> None:
    """The state of a training without a best epoch is empty."""
    state, after = BestEpoch().state_dict(), BestEpoch()
    after.load_state_dict(state, tmp_path / "model.pt", tmp_path)
    assert ({}, None) == (state, after.best)
