"""Checks, on a few examples, that a faster forward pass gives the loss and logits of the plain one."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from transformers import PreTrainedModel

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.batch_layout import BatchLayout, ForwardPass
from pytest_glue.training.trainer.flat_batch import FlatBatch
from pytest_glue.training.trainer.packing import packed, unpackable
from pytest_glue.training.trainer.pooling import POOLINGS, Pooling

FAILURES = (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError)
"""Exceptions that a model raises for inputs that it does not support."""


def choose_layout(asked: Batching, forward: ForwardPass, examples: FlatBatch) -> BatchLayout:
    """Return the fastest layout that gives the plain layout's loss and logits for the examples.

    The random states and the model's mode stay as they are.

    Args:
        asked: auto, packed or micro.
        forward: of the trainer.
        examples: a few, of several lengths.
    """
    model, size = forward.model, len(examples)
    with torch.random.fork_rng(), torch.no_grad(), _evaluation_mode(model):
        loss, output = forward.loss(examples.padded(forward.padding), size)
        logits = _only_logits(output, model)
        if logits is None or logits.shape[:1] != examples.labels.shape[:1]:
            return BatchLayout(Batching.PLAIN, "the model returns more than logits")
        singles = [examples.part(slice(index, index + 1)) for index in range(size)]
        losses = torch.stack([forward.loss(single.padded(forward.padding), size)[0] for single in singles])
        loss_is_mean = _close(losses.mean(), loss)
        if not loss_is_mean and not _close(losses.sum(), loss):
            return BatchLayout(Batching.PLAIN, "the losses of parts do not add up to the batch's")
        if asked is Batching.MICRO:
            return BatchLayout(Batching.MICRO, loss_is_mean=loss_is_mean)
        reason = unpackable(model)
        for pooling in () if reason else POOLINGS:
            difference = _difference_when_packed(forward, examples, logits, pooling)
            if not difference:
                return BatchLayout(Batching.PACKED, loss_is_mean=loss_is_mean, pooling=pooling)
            reason = reason or difference
        return BatchLayout(Batching.MICRO, reason, loss_is_mean)


def keeps_loss(forward: ForwardPass, examples: FlatBatch, change: AbstractContextManager[None]) -> bool:
    """Return whether the loss for the examples is the same inside the context `change`, which alters the model."""
    inputs = examples.padded(forward.padding)
    with torch.random.fork_rng(), torch.no_grad(), _evaluation_mode(forward.model):
        loss, _ = forward.loss(inputs, len(examples))
        try:
            with change:
                found, _ = forward.loss(inputs, len(examples))
        except FAILURES:
            return False
        return _close(found, loss)


def _difference_when_packed(forward: ForwardPass, examples: FlatBatch, logits: torch.Tensor, pooling: Pooling) -> str:
    """Return how a packed forward pass differs from the plain one; empty if it does not."""
    try:
        with packed(forward.model, examples, pooling) as inputs:
            _, output = forward.loss(inputs, len(examples))
    except FAILURES as error:
        return f"a packed forward pass ends in {type(error).__name__}"
    found = _only_logits(output, forward.model)
    same = found is not None and found.shape == logits.shape and _close(found, logits)
    return "" if same else "a packed forward pass gives other logits"


def _only_logits(output: Any, model: PreTrainedModel) -> torch.Tensor | None:
    """Return the logits, or None if `Trainer` would read more than loss and logits from the output."""
    ignored = {"loss", *getattr(model.config, "keys_to_ignore_at_inference", ())}
    rest = [value for name, value in output.items() if name not in ignored] if isinstance(output, dict) else output[1:]
    return rest[0] if len(rest) == 1 and isinstance(rest[0], torch.Tensor) else None


def _close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    tolerance = 1e-5 if expected.device.type == "cpu" else 1e-3  # accelerators round products more coarsely
    return torch.allclose(found.float(), expected.float(), rtol=tolerance, atol=tolerance, equal_nan=True)


@contextmanager
def _evaluation_mode(model: PreTrainedModel) -> Iterator[None]:
    """Switch off dropout, and the autocast that accelerate wraps around `forward`: full precision is compared."""
    training, wrapped = model.training, model.__dict__.pop("forward", None)
    model.train(mode=False)
    try:
        yield
    finally:
        model.train(training)
        if wrapped is not None:
            model.forward = wrapped
