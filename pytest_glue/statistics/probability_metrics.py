"""Log loss, Brier score and expected calibration error, with the influence of each example."""

import numpy as np

from pytest_glue.statistics.arrays import Floats, probabilities

PROBABILITY_METRICS = frozenset({"log_loss", "brier_score", "expected_calibration_error"})
BINS = 15
"""Bins of equal width that the expected calibration error has, as in Guo et al. 2017 (arXiv 1706.04599)."""


def probability_score(metric: str, logits: Floats, gold: Floats) -> Floats:
    """Return the scores, shape (..., k).

    Args:
        metric: one of `PROBABILITY_METRICS`.
        logits: shape (..., k, n, classes).
        gold: shape (..., 1, n).
    """
    return np.asarray(_each(metric, logits, gold).mean(axis=-1))


def probability_influence(metric: str, logits: Floats, gold: Floats, scores: Floats) -> Floats:
    """Return each example's influence, shape (..., k, n); arguments as for `probability_score`."""
    return np.asarray(_each(metric, logits, gold) - scores[..., np.newaxis])


def _each(metric: str, logits: Floats, gold: Floats) -> Floats:
    """Return each example's part of a score, whose mean it is, (..., k, n)."""
    of_classes = probabilities(logits, is_multi_label=False)
    classes = np.broadcast_to(gold, logits.shape[:-1]).astype(np.intp)
    if metric == "expected_calibration_error":
        return _calibration_errors(of_classes, classes == logits.argmax(axis=-1))
    of_gold = np.take_along_axis(of_classes, classes[..., np.newaxis], axis=-1)[..., 0]
    if metric == "brier_score":
        # Half of the squared distance from the one-hot reference, as `brier_score_loss(scale_by_half=True)`.
        return np.asarray((np.sum(of_classes**2, axis=-1) + 1 - 2 * of_gold) / 2)
    epsilon = np.finfo(np.float64).eps  # as in `sklearn.metrics.log_loss`, so that no example is infinite
    return np.asarray(-np.log(np.clip(of_gold, epsilon, 1 - epsilon)))


def _calibration_errors(of_classes: Floats, is_right: np.typing.NDArray[np.bool_]) -> Floats:
    """Return each example's right less confidence, with the sign that the sum over its bin makes positive."""
    confidence = of_classes.max(axis=-1)
    differences = is_right - confidence
    bins = np.clip(np.ceil(confidence * BINS) - 1, 0, BINS - 1)
    errors = np.zeros_like(differences)
    for number in range(BINS):
        is_inside = bins == number
        total = np.sum(differences, axis=-1, where=is_inside, keepdims=True)
        errors += np.where(is_inside, np.sign(total) * differences, 0)
    return np.asarray(errors, np.float64)
