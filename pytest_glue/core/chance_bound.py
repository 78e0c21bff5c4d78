"""Bounds of chance: the score that beats the chance level significantly."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import fsum, log, sqrt
from statistics import NormalDist, fmean

from pytest_glue.core.chance import (
    ERRORS,
    Shares,
    chance_level,
    curve_shares,
    errors_of_a_constant,
    label_shares,
    most_frequent,
)
from pytest_glue.core.chance_bound_of_sets import METRICS_OF_SETS, bound_of_sets
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import Kind

CHANCE_ALPHA = 0.05
"""One-sided error rate at which a score beats the chance level, unless the user asks for another."""


def chance_bound(
    metric: str, references: Sequence[float], alpha: float = CHANCE_ALPHA, kind: Kind | None = None
) -> float | None:
    """Return the score beyond which a run or an item is significantly better than chance, whatever the seeds.

    It is the chance level plus a margin, mostly the one-sided normal quantile times a standard error; docs/methods.md
    has that of each metric. None if predictions without any information can have a good score.

    Args:
        metric: a key of `METRICS`.
        references: gold labels, one for each evaluation example; at least one.
        alpha: the one-sided error rate.
        kind: of the task; by default none of sets of labels.
    """
    n, level, z = len(references), chance_level(metric, references, kind), _quantile(alpha)
    if level is None or not has_chance_bound(metric, kind):
        return None
    if metric in _GAINS:
        return level + _GAINS[metric](level, alpha) / n
    if METRICS[metric].kinds == (Kind.REGRESSION,) or METRICS[metric].is_correlation:
        return level + METRICS[metric].sign * z * _standard_error_of_numbers(metric, references, level)
    if kind is Kind.MULTI_LABEL and metric in METRICS_OF_SETS:
        return bound_of_sets(metric, references, level, z)
    counts = Counter(references)
    shares = {label: count / n for label, count in counts.items()}
    if metric in {"roc_auc", "average_precision"}:
        labels = label_shares(references) if kind is Kind.MULTI_LABEL else shares
        return _bound_of_curve(metric, n, curve_shares(labels, kind), z)
    return max(level + z * sqrt(_variance(metric, shares) / n), *_bounds_of_guesses(metric, shares, n, z))


def _standard_error_of_numbers(metric: str, references: Sequence[float], level: float) -> float:
    """Return the standard error of a correlation of independent values, or of the mean error of the best constant."""
    if metric not in ERRORS:
        return 1 / sqrt(max(len(references) - 1, 1))
    squares = ((error - level) ** 2 for error in errors_of_a_constant(metric, references))
    return sqrt(fmean(squares) / len(references))


def _quantile(alpha: float) -> float:
    return NormalDist().inv_cdf(1 - alpha)


def has_chance_bound(metric: str, kind: Kind | None = None) -> bool:
    """Return whether a score can be judged by the chance level alone.

    It cannot where a constant prediction has the best score, as the recall of class 1, or a single example that is
    right by luck has, as the precision of a model that predicts class 1 once.
    """
    of_sets = metric.startswith(("precision_", "recall_")) and kind is Kind.MULTI_LABEL
    return not of_sets and metric not in _WITHOUT_BOUND


_WITHOUT_BOUND = frozenset(
    {"expected_calibration_error", "precision", "precision_macro", "precision_weighted", "recall"}
)
_GAINS: Mapping[str, Callable[[float, float], float]] = {
    "brier_score": lambda level, alpha: -level * _quantile(alpha) ** 2,
    "log_loss": lambda _, alpha: log(alpha),
    "r2": lambda _, alpha: _quantile(alpha) ** 2,
}
"""What predictions without information gain at most on the chance level, times the number of examples, but for a
probability of alpha. For log loss it follows from Markov's inequality for their likelihood ratio to the class shares;
for the others it is the gain of the best fixed deviation from the constant."""


def _variance(metric: str, shares: Shares) -> float:
    """Return the variance of one example's part of the score of the best constant class."""
    if metric == "f1":
        share = shares.get(1.0, 0.0)
        return (2 / (1 + share) ** 2) ** 2 * share * (1 - share)
    share = most_frequent(shares)
    slope = 1.0
    if metric == "f1_macro":
        slope = 2 / (1 + share) ** 2 / len(shares)
    elif metric == "f1_weighted":
        slope = 2 * share * (2 + share) / (1 + share) ** 2
    elif metric in {"balanced_accuracy", "recall_macro", "cohen_kappa"}:
        slope = 0.0  # every constant has the same score on every split
    return slope**2 * share * (1 - share)


def _bounds_of_guesses(metric: str, shares: Shares, n: int, z: float) -> list[float]:
    """Return the bound of classes that are drawn at random, where they can have a better score than a constant.

    Classes are drawn with the shares of the references, which maximises the macro average of F1, or evenly for the
    macro average of recall. The standard error is that of independent pairs of a prediction and a reference.
    """
    present, square = len(shares), fsum(share**2 for share in shares.values())
    if metric in {"balanced_accuracy", "recall_macro"}:
        of_classes = fsum(1 / share for share in shares.values()) * (1 - 1 / present) / present
        return [1 / present + z * sqrt(of_classes / n) / present]
    if metric == "f1_macro":
        return [1 / present + z * sqrt((present - 1) / n) / present]
    if metric == "f1_weighted":
        pairs = product(shares.items(), repeat=2)
        parts = (p * q * ((one == other) + (p - q) / 2 - square) ** 2 for (one, p), (other, q) in pairs)
        return [square + z * sqrt(fsum(parts) / n)]
    if metric == "cohen_kappa":  # Fleiss, Cohen and Everitt 1969, Psychological Bulletin 72
        if present == 1:
            return [1.0]
        cubes = fsum(share**3 for share in shares.values())
        return [z * sqrt((square + square**2 - 2 * cubes) / n) / (1 - square)]
    return [0.0]


def _bound_of_curve(metric: str, n: int, curves: Sequence[float], z: float) -> float:
    """Return the bound of values that are drawn at random; the labels' curves may vary together.

    The variance of a ROC curve's area is that of the rank sum (Mann and Whitney 1947). The expected average precision
    is above the share of positive examples (Bestgen 2015, arXiv 1503.00395), and its influence is
    `(y - p) / p * -log(u)` times p with u uniform, whose variance is `2 p (1 - p)`.
    """
    if metric == "roc_auc":
        errors = [sqrt((n + 1) / (12 * n * n * p * (1 - p))) for p in curves if p < 1]
        return 0.5 + z * fmean(errors) if errors else 1.0
    if not curves:
        return 1.0
    harmonic = fsum(1 / rank for rank in range(1, n + 1))
    expected = fmean(((n * p - 1) / max(n - 1, 1) * (n - harmonic) + harmonic) / n for p in curves)
    return expected + z * fmean(sqrt(2 * p * (1 - p) / n) for p in curves)
