"""Evaluates examples in the order of their lengths, in parts that use a device well."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers.trainer_utils import denumpify_detensorize

from pytest_glue.training.trainer.device_memory import free_memory, is_out_of_memory
from pytest_glue.training.trainer.partition import Cost, fill

Predict = Callable[[NDArray[np.int64]], tuple[float, NDArray[Any]]]
"""From indices of examples to their mean loss, and their logits in the order of their lengths."""


def tokens_per_part(device: str) -> int:
    """Return how many tokens a device evaluates at once without loss of speed."""
    return 4096 if device == "cpu" else 32768


def predict_by_length(
    lengths: NDArray[np.int64], cost: Cost, predict: Predict
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Return logits and losses, each of n rows in the order of the examples. A part's mean loss stands for each of it.

    After an out-of-memory error a part is computed in two halves.

    Args:
        lengths: of the n examples.
        cost: of a part.
        predict: computes one part.

    Raises:
        RuntimeError: the forward pass failed, or the memory is too small for a single example.
    """
    order = np.argsort(lengths, kind="stable")
    waiting = fill(lengths[order].tolist(), cost)[::-1]
    losses, logits = np.zeros(len(lengths), np.float32), []
    while waiting:
        chosen = waiting.pop()
        indices = order[chosen]
        try:
            loss, found = predict(indices)
        except RuntimeError as error:
            if not is_out_of_memory(error) or len(indices) == 1:
                raise
            middle = chosen.start + len(indices) // 2
            waiting += [slice(middle, chosen.stop), slice(chosen.start, middle)]
            free_memory()
            continue
        losses[indices] = loss
        logits.append(found)
    by_length = np.concatenate(logits)
    predictions = np.empty_like(by_length)
    predictions[order] = by_length
    return predictions, losses


def mean_loss(losses: NDArray[np.float32], *, only_finite: bool) -> np.float32:
    """Return the mean loss.

    Args:
        losses: of the examples.
        only_finite: whether to leave out NaN and infinity, unless there is no other loss.
    """
    finite = np.isfinite(losses)
    mean: np.float32 = (losses[finite] if only_finite and finite.any() else losses).mean()
    return mean


def prefixed(metrics: Mapping[str, Any], prefix: str) -> dict[str, float]:
    """Return the metrics as plain numbers, under the names that `Trainer` gives them."""
    plain: dict[str, float] = denumpify_detensorize(dict(metrics))  # type: ignore[no-untyped-call]
    return {name if name.startswith(f"{prefix}_") else f"{prefix}_{name}": plain[name] for name in plain}
