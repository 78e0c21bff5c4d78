"""Chance levels: the score of the best constant prediction."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import fsum, log
from statistics import fmean, median

from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import Kind


def chance_level(metric: str, references: Sequence[float], kind: Kind | None = None) -> float | None:
    """Return the score of the best constant prediction; 0 for a correlation, which a constant lacks.

    A constant prediction of probabilities is the share of each class. None if a constant prediction has the best score
    that there is, as the recall of class 1.

    Args:
        metric: a key of `METRICS`.
        references: gold labels, one for each evaluation example; at least one.
        kind: of the task; by default none of sets of labels.
    """
    if METRICS[metric].is_correlation or metric in _ZERO:
        return 0.0
    if kind is Kind.MULTI_LABEL and metric != "accuracy":
        of_sets = LEVELS_OF_SETS.get(metric)
        return None if of_sets is None else of_sets(label_shares(references))
    if metric in ERRORS:
        return fmean(errors_of_a_constant(metric, references))
    counts = Counter(references)
    if metric == "f1":
        return 2 * counts[1] / (len(references) + counts[1])
    shares = {label: count / len(references) for label, count in counts.items()}
    level = _LEVELS.get(metric)
    return None if level is None else level(shares)


def least_chance_level(metric: str, num_labels: int, kind: Kind | None = None) -> float | None:
    """Return the chance level that is the easiest to beat of all that an evaluation split of the task can have.

    Args:
        metric: a key of `METRICS`.
        num_labels: the task's number of classes; 1 for a regression.
        kind: of the task; by default none of sets of labels.

    Returns:
        The lowest level, or the highest where lower is better; None if that has no end, or if there is no level.
    """
    even = {float(label): 1 / num_labels for label in range(num_labels)}
    if METRICS[metric].is_correlation or metric in _ZERO or metric in {"f1", "precision"}:
        return 0.0
    if metric == "roc_auc":
        return 0.5
    if kind is Kind.MULTI_LABEL:
        return None if chance_level(metric, [1.0], kind) is None else 0.0
    if num_labels < 2:  # they are inferred from the data
        return None
    if metric == "average_precision" and num_labels == 2:
        return 0.0
    level = _LEVELS.get(metric)
    return None if level is None else level(even)


_ZERO = frozenset({"cohen_kappa", "r2"})
ERRORS = frozenset({"mae", "mse"})
"""Means of an error that each example has."""
Shares = Mapping[float, float]
"""The share of the examples with each class, or of those that have each label."""


def errors_of_a_constant(metric: str, references: Sequence[float]) -> list[float]:
    """Return each example's error under the best constant: of squared errors the mean, of absolute ones the median."""
    if metric == "mse":
        center = fmean(references)
        return [(reference - center) ** 2 for reference in references]
    center = median(references)
    return [abs(reference - center) for reference in references]


def most_frequent(shares: Shares) -> float:
    return max(shares.values())


def _evenly(shares: Shares) -> float:
    return 1 / len(shares)


def _f1(share: float) -> float:
    """Return the F1 of a label that is always predicted."""
    return 2 * share / (1 + share)


_LEVELS: Mapping[str, Callable[[Shares], float]] = {
    "accuracy": most_frequent,
    "average_precision": lambda shares: fmean(curve_shares(shares, Kind.CLASSIFICATION) or [1.0]),
    "balanced_accuracy": _evenly,
    "brier_score": lambda shares: (1 - fsum(share**2 for share in shares.values())) / 2,
    "f1_macro": lambda shares: max(map(_f1, shares.values())) / len(shares),
    "f1_micro": most_frequent,
    "f1_weighted": lambda shares: max(share * _f1(share) for share in shares.values()),
    "log_loss": lambda shares: -fsum(share * log(share) for share in shares.values()),
    "precision": lambda shares: shares.get(1.0, 0.0),
    "precision_macro": lambda shares: most_frequent(shares) / len(shares),
    "precision_micro": most_frequent,
    "precision_weighted": lambda shares: most_frequent(shares) ** 2,
    "recall_macro": _evenly,
    "recall_micro": most_frequent,
    "recall_weighted": most_frequent,
    "roc_auc": lambda _: 0.5,
}
"""For classes, from the share of each class that occurs."""

LEVELS_OF_SETS: Mapping[str, Callable[[Shares], float]] = {
    "average_precision": lambda shares: fmean(curve_shares(shares, Kind.MULTI_LABEL) or [1.0]),
    "f1_macro": lambda shares: fmean(map(_f1, shares.values())),
    "f1_micro": lambda shares: best_micro(shares)[0],
    "f1_weighted": lambda shares: fsum(p * _f1(p) for p in shares.values()) / fsum(shares.values()),
    "precision_macro": lambda shares: fmean(shares.values()),
    "precision_micro": most_frequent,
    "precision_weighted": lambda shares: fsum(p * p for p in shares.values()) / (fsum(shares.values()) or 1.0),
    "roc_auc": lambda _: 0.5,
}
"""For sets of labels, from the share of the examples that have each label. Macro and weighted averages are the highest
if all labels are predicted, since that is best for each of them."""


def best_micro(shares: Shares) -> tuple[float, list[float]]:
    """Return the micro F1 of the best constant set, and its labels: some of the most frequent ones."""
    ordered = sorted(shares, key=lambda label: -shares[label])
    total = fsum(shares.values())
    scores = [
        2 * fsum(shares[label] for label in ordered[:size]) / (size + total) for size in range(1, len(ordered) + 1)
    ]
    best = max(scores)
    return best, ordered[: scores.index(best) + 1]


def labels_of(labels: float) -> list[int]:
    """Return the labels of a set of labels, which is the number whose bits they are."""
    bits = int(labels)
    return [label for label in range(bits.bit_length()) if bits >> label & 1]


def label_shares(references: Sequence[float]) -> dict[float, float]:
    """Return the share of the examples that have each label, for the labels that some have; label 0 if none has any."""
    counts: Counter[float] = Counter()
    for labels, count in Counter(references).items():
        for label in labels_of(labels):
            counts[label] += count
    return {label: count / len(references) for label, count in counts.items()} or {0.0: 0.0}


def curve_shares(shares: Shares, kind: Kind | None) -> list[float]:
    """Return the share of each label that has a curve, as some examples have it; of two classes, class 1."""
    is_binary = kind is not Kind.MULTI_LABEL and set(shares) == {0.0, 1.0}
    return [share for label, share in shares.items() if share and not (is_binary and label == 0)]
