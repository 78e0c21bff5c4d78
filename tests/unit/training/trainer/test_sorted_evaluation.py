"""Evaluation in the order of lengths."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.training.trainer.partition import Cost
from pytest_glue.training.trainer.sorted_evaluation import mean_loss, predict_by_length, prefixed

LENGTHS = np.array([5, 1, 4, 2, 3])


def test_results_are_in_the_order_of_the_examples() -> None:
    """Each part has ascending lengths within the limit, and its results are in the rows of its examples."""
    parts: list[list[int]] = []

    def predict(indices: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
        parts.append(LENGTHS[indices].tolist())
        return float(LENGTHS[indices].max()), LENGTHS[indices][:, None] * 10.0

    logits, losses = predict_by_length(LENGTHS, Cost(0, padded=True, limit=6), predict)
    assert [[1, 2], [3], [4], [5]] == parts
    assert [[50], [10], [40], [20], [30]] == logits.tolist()
    assert [5, 2, 4, 2, 3] == losses.tolist()


def test_a_part_that_does_not_fit_is_halved() -> None:
    """After an out-of-memory error both halves are computed, in order."""
    parts: list[list[int]] = []

    def predict(indices: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
        if len(indices) > 2:
            message = "CUDA out of memory"
            raise RuntimeError(message)
        parts.append(LENGTHS[indices].tolist())
        return 0.0, LENGTHS[indices] * 1.0

    logits, _ = predict_by_length(LENGTHS, Cost(0, padded=False, limit=100), predict)
    assert [[1, 2], [3], [4, 5]] == parts
    assert LENGTHS.tolist() == logits.tolist()


@pytest.mark.parametrize(("message", "examples"), [("out of memory", 1), ("index out of range", 5)])
def test_other_failures_are_raised(message: str, examples: int) -> None:
    """A single example that does not fit, and any other failure, end the evaluation."""

    def predict(_: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match=message):
        predict_by_length(LENGTHS[:examples], Cost(0, padded=False, limit=100), predict)


@pytest.mark.parametrize(("only_finite", "expected"), [(True, 2.0), (False, np.inf)])
def test_the_mean_loss(*, only_finite: bool, expected: float) -> None:
    """Losses that are not finite are left out if the trainer's arguments say so."""
    assert expected == mean_loss(np.array([1, 3, np.inf], np.float32), only_finite=only_finite)


def test_names_get_the_prefix_once() -> None:
    """Names are those of `Trainer`, and values are plain numbers."""
    found = prefixed({"eval_f1": np.float64(0.5), "loss": np.float32(2)}, "eval")
    assert ({"eval_f1": 0.5, "eval_loss": 2.0}, {float}) == (found, set(map(type, found.values())))
