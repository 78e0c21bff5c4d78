"""Bounds of chance for the F1 of sets of labels."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import fsum, sqrt
from statistics import fmean

from pytest_glue.core.chance import LEVELS_OF_SETS, Shares, best_micro, label_shares, labels_of


def bound_of_sets(metric: str, references: Sequence[float], level: float, z: float) -> float:
    """Return the F1 that predictions without information seldom exceed: of the best constant set, and of guesses.

    Args:
        metric: one of `METRICS_OF_SETS`.
        references: gold labels, one number for each evaluation example, whose bits are its labels.
        level: the score of the best constant set.
        z: the normal quantile.
    """
    counts, shares = Counter(references), label_shares(references)
    influence, n = _INFLUENCES[metric](shares), len(references)
    squares = fsum(count * influence(set(labels_of(labels))) ** 2 for labels, count in counts.items())
    return max(level + z * sqrt(squares) / n, _bound_of_guesses(metric, counts, shares, z))


def _bound_of_guesses(metric: str, counts: Mapping[float, int], shares: Shares, z: float) -> float:
    """Return the bound of sets that are drawn at random, where they can have a better score than a constant.

    Where each example has one of two labels, a constant set has the same F1 on every split, and a guess that leaves out
    a few labels exceeds it half of the time. Label l is guessed with the rate `share ** power`: 0 is the set of all
    labels, 1 the shares of the references. The number of right guesses of a label is hypergeometric. Those of two
    labels vary together at most as much as the labels themselves do.
    """
    n, present = sum(counts.values()), [label for label, share in shares.items() if 0 < share < 1]
    together = {pair: abs(_correlation(counts, shares, *pair)) for pair in product(present, repeat=2)}
    bounds = []
    for power in _POWERS:
        rates = {label: share**power for label, share in shares.items()}
        weights = _WEIGHTS[metric](shares, rates)
        mean = fsum(weights[label] * shares[label] * rates[label] for label in shares)
        spreads = {
            label: weights[label] * sqrt(shares[label] * (1 - shares[label]) * rates[label] * (1 - rates[label]))
            for label in present
        }
        variance = fsum(spreads[one] * spreads[other] * share for (one, other), share in together.items())
        bounds.append(mean + z * sqrt(variance / max(n - 1, 1)))
    return max(bounds)


_POWERS = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


def _correlation(counts: Mapping[float, int], shares: Shares, one: float, other: float) -> float:
    """Return the correlation of two labels, neither of which all examples have."""
    n, bits = sum(counts.values()), 1 << int(one) | 1 << int(other)
    both = sum(count for labels, count in counts.items() if int(labels) & bits == bits) / n
    p, q = shares[one], shares[other]
    return (both - p * q) / sqrt(p * (1 - p) * q * (1 - q))


def _weights_of_macro(shares: Shares, rates: Shares) -> Shares:
    return {label: 2 / len(shares) / (share + rates[label]) for label, share in shares.items()}


def _weights_of_micro(shares: Shares, rates: Shares) -> Shares:
    return dict.fromkeys(shares, 2 / (fsum(shares.values()) + fsum(rates.values())))


def _weights_of_weighted(shares: Shares, rates: Shares) -> Shares:
    total = fsum(shares.values())
    return {label: 2 * share / total / (share + rates[label]) for label, share in shares.items()}


_WEIGHTS: Mapping[str, Callable[[Shares, Shares], Shares]] = {
    "f1_macro": _weights_of_macro,
    "f1_micro": _weights_of_micro,
    "f1_weighted": _weights_of_weighted,
}
"""What the share of the examples in which a label is guessed right counts for, by label, given the shares of the labels
and the rates of their guesses."""


def _influence_on_macro(shares: Shares) -> Callable[[set[int]], float]:
    return lambda labels: fmean(2 * ((label in labels) - p) / (1 + p) ** 2 for label, p in shares.items())


def _influence_on_micro(shares: Shares) -> Callable[[set[int]], float]:
    level, best = best_micro(shares)
    total = len(best) + fsum(shares.values())
    return lambda labels: (2 * sum(label in labels for label in best) - level * (len(best) + len(labels))) / total


def _influence_on_weighted(shares: Shares) -> Callable[[set[int]], float]:
    level, total = LEVELS_OF_SETS["f1_weighted"](shares), fsum(shares.values())
    slopes = {label: (2 * p * (2 + p) / (1 + p) ** 2 - level) / total for label, p in shares.items()}
    return lambda labels: fsum(slopes[label] * ((label in labels) - p) for label, p in shares.items())


_INFLUENCES = {
    "f1_macro": _influence_on_macro,
    "f1_micro": _influence_on_micro,
    "f1_weighted": _influence_on_weighted,
}
"""How far an example with these labels moves the score of the best constant set."""

METRICS_OF_SETS = frozenset(_INFLUENCES)
