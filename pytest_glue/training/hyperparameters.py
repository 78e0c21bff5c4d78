"""Hyperparameters of a trainer that already exists."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from transformers import Trainer

from pytest_glue.core.study import Hyperparameters


def set_hyperparameters(trainer: Trainer, values: Hyperparameters) -> None:
    """Set fields of the trainer's `TrainingArguments`, as `Trainer.hyperparameter_search` does for a trial.

    The batch size is copied by the trainer, and gradient accumulation by its accelerator, when they are made.
    """
    for name, value in values.items():
        setattr(trainer.args, name, value)
    trainer._train_batch_size = trainer.args.train_batch_size
    trainer.create_accelerator_and_postprocess()


@contextmanager
def borrowed(trainer: Trainer, **attributes: Any) -> Iterator[Trainer]:
    """Lend a trainer with other attributes and a copy of its arguments; what was there before is restored."""
    # Not a second TrainingArguments, which would reset accelerate's state under the living trainer.
    lent = {**attributes, "args": copy(trainer.args)}
    before = {name: getattr(trainer, name) for name in lent}
    callbacks = list(trainer.callback_handler.callbacks)
    for name, value in lent.items():
        setattr(trainer, name, value)
    try:
        yield trainer
    finally:
        for name, value in before.items():
            setattr(trainer, name, value)
        trainer.callback_handler.callbacks[:] = callbacks
        set_hyperparameters(trainer, {})
