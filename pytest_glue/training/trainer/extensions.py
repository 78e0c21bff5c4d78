"""What runs use of a trainer beyond the interface of `Trainer`, which a user's own trainer may lack."""

from collections.abc import Callable
from typing import Protocol

from datasets import Dataset
from transformers import Trainer
from transformers.trainer_utils import EvalLoopOutput

from pytest_glue.training.trainer.glue_trainer import GlueTrainer
from pytest_glue.training.trainer.resume_state import ResumeState


class TrainerExtensions(Protocol):
    """What runs use of a trainer beyond the interface of `Trainer`."""

    resume_state: ResumeState | None
    """Where the next training is resumed from, and saved after each epoch; None for neither."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the evaluation should know about how it was computed."""
        ...

    @property
    def seconds_before(self) -> float:
        """How long the last training had taken when it was interrupted; 0 if it was not."""
        ...

    @property
    def final_output(self) -> EvalLoopOutput | None:
        """Output of the trained model for the evaluation examples; None if it has to be computed."""
        ...

    @property
    def evaluate_extra(self) -> Callable[[Dataset], EvalLoopOutput] | None:
        """Evaluates other examples without a change to the training; None if the trainer cannot."""
        ...

    def use_all_embeddings(self) -> None:
        """Give the model all its embeddings until the next step."""
        ...


class PlainTrainer:
    """The extensions of a trainer that has none."""

    notes = ()
    seconds_before = 0.0
    final_output = None
    evaluate_extra = None

    def __init__(self) -> None:
        self.resume_state: ResumeState | None = None
        """Is not used."""

    def use_all_embeddings(self) -> None:
        """Do nothing: its model has them."""


def extensions_of(trainer: Trainer) -> TrainerExtensions:
    """Return the trainer's own extensions, or those of a trainer that has none."""
    return trainer if isinstance(trainer, GlueTrainer) else PlainTrainer()
