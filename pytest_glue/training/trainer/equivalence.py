"""Layout: which way of batching computes the same as the plain one, shown on a few examples before it is used."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.flat_batch import FlatBatch, Padding
from pytest_glue.training.trainer.packing import packed, packed_inputs, unpackable

Evaluate = Callable[[dict[str, torch.Tensor]], tuple[torch.Tensor, Any]]
"""From a model's inputs to the loss and the model's output."""

Change = AbstractContextManager[None]

FAILURES = (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What a model raises that is given what it does not take."""


@dataclass(frozen=True, slots=True)
class BatchLayout:
    """How the examples of a batch are given to the model."""

    batching: Batching
    """Packed, micro or plain."""
    reason: str = ""
    """Why it is nothing faster; empty where that was asked for."""
    weighs: bool = True
    """Whether the loss of a part is a mean, to be weighed by its share; one that is divided by the whole is not."""

    @property
    def note(self) -> str:
        """One line for a reader of the evaluation."""
        return f"batching: {self.batching}" + (f", since {self.reason}" if self.reason else "")


def choose(
    asked: Batching, model: PreTrainedModel, examples: FlatBatch, padding: Padding, evaluate: Evaluate
) -> BatchLayout:
    """Return the fastest layout that gives the plain one's loss and logits for the examples.

    Random states are left as they are, and so is the model's mode.

    Args:
        asked: anything but plain.
        model: on its device.
        examples: a few, of several lengths.
        padding: of the tokenizer.
        evaluate: computes loss and output as the trainer does.
    """
    with torch.random.fork_rng(), torch.no_grad(), _at_rest(model):
        loss, output = evaluate(examples.padded(padding))
        logits = _only_logits(output, model)
        if logits is None or logits.shape[:1] != examples.labels.shape:
            return BatchLayout(Batching.PLAIN, "the model returns more than logits")
        singles = [examples.part(slice(place, place + 1)) for place in range(len(examples))]
        losses = torch.stack([evaluate(single.padded(padding))[0] for single in singles])
        weighs = _close(losses.mean(), loss)
        if not weighs and not _close(losses.sum(), loss):
            return BatchLayout(Batching.PLAIN, "the losses of parts do not add up to the batch's")
        if asked is Batching.MICRO:
            return BatchLayout(Batching.MICRO, weighs=weighs)
        reason = unpackable(model) or _refuted(model, examples, evaluate, logits)
        return BatchLayout(Batching.MICRO if reason else Batching.PACKED, reason, weighs)


def keeps_loss(model: PreTrainedModel, inputs: dict[str, torch.Tensor], evaluate: Evaluate, change: Change) -> bool:
    """Whether a model at rest gives the same loss for the inputs while it is changed; it is left as it is."""
    with torch.random.fork_rng(), torch.no_grad(), _at_rest(model):
        loss, _ = evaluate(inputs)
        try:
            with change:
                found, _ = evaluate(inputs)
        except FAILURES:
            return False
        return _close(found, loss)


def _refuted(model: PreTrainedModel, examples: FlatBatch, evaluate: Evaluate, logits: torch.Tensor) -> str:
    """Return what a packed forward pass does other than the plain one; empty where nothing."""
    try:
        with packed(model, examples.lengths):
            _, output = evaluate(packed_inputs(model, examples))
    except FAILURES as error:
        return f"a packed forward pass ends in {type(error).__name__}"
    found = _only_logits(output, model)
    same = found is not None and found.shape == logits.shape and _close(found, logits)
    return "" if same else "a packed forward pass gives other logits"


def _only_logits(output: Any, model: PreTrainedModel) -> torch.Tensor | None:
    """Return the logits of a model that returns nothing else beside its loss, as far as a trainer looks."""
    ignored = {"loss", *getattr(model.config, "keys_to_ignore_at_inference", ())}
    rest = [value for name, value in output.items() if name not in ignored] if isinstance(output, dict) else output[1:]
    return rest[0] if len(rest) == 1 and isinstance(rest[0], torch.Tensor) else None


def _close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    tolerance = 1e-5 if expected.device.type == "cpu" else 1e-3  # other devices round products as they see fit
    return torch.allclose(found.float(), expected.float(), rtol=tolerance, atol=tolerance, equal_nan=True)


@contextmanager
def _at_rest(model: PreTrainedModel) -> Iterator[None]:
    """Without dropout and without the autocast that accelerate puts around `forward`: in full precision."""
    training, wrapped = model.training, model.__dict__.pop("forward", None)
    model.train(mode=False)
    try:
        yield
    finally:
        model.train(training)
        if wrapped is not None:
            model.forward = wrapped
