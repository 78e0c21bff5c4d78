"""What runs use of a trainer beyond `Trainer`'s interface."""

from collections.abc import Callable
from typing import Any

import pytest
from transformers import Trainer, TrainerCallback

from pytest_glue.training.callbacks.early_stopping import StopAtScore
from pytest_glue.training.trainer.embedding_subset import ignores_weights
from pytest_glue.training.trainer.extensions import extensions_of


def test_a_plain_trainer_has_no_extensions(tiny_trainer: Callable[..., Trainer]) -> None:
    """Our trainer has its own extensions; a plain one gets neutral values, and may be given a resume state."""
    ours: Any = tiny_trainer()
    assert ours is extensions_of(ours)
    plain: Any = extensions_of(Trainer.__new__(Trainer))
    plain.resume_state = None
    found = plain.notes, plain.seconds_before, plain.final_output, plain.evaluate_extra
    assert ((), 0.0, None, None) == found


class Subclass(StopAtScore):
    """A subclass of one of our callbacks."""


@pytest.mark.parametrize(
    ("callback", "expected"), [(StopAtScore("f1", 1), True), (Subclass("f1", 1), True), (TrainerCallback(), False)]
)
def test_callbacks_that_ignore_weights(callback: TrainerCallback, *, expected: bool) -> None:
    """A type says whether a callback reads weights; unknown ones may."""
    assert expected is ignores_weights(callback)
