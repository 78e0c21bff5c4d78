"""What a drop does to the variances of a comparison, whose candidate is another model than its baseline."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from pytest_glue.core.metrics import find_metric
from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.scale import FISHER_METRICS

CHANGE_VARIANCE = 0.3
"""A checkpoint that dropped finds other examples hard: the variance of the changes of difficulty, in units of the
variance of a run's prediction of one example."""
GROWTH_OF_LABELS, GROWTH_OF_NUMBERS = (2.0, 0.5), (1.0, 0.75)
"""Exponents of `variance_inflation` for the variance of flips and for that of the seeds' effect, if the score drops.
They lie between those of the two simulations: 1.25 and 2 for labels where a drop lowers a quality that seeds shift, 1.9
and 0 where each run loses examples at random; 1 and 1.5, 1 and 0 for numbers."""
LARGEST_FLIPS = 0.8
"""Of a metric of labels: runs that differ by chance alone, if no example is harder than another, have flips with the
whole variance of right and wrong predictions. A drop is taken to bring them to this share of it at most."""
NUMBERS_SKEW = 0.6
"""Of a metric of numbers: how strongly the difference and its estimated variance between examples are correlated."""
NUMBERS_TAILS = 8
"""Of a metric of numbers: so many examples give as much information on the variance between examples as one with normal
influence does."""
LARGEST_GROWTH = 25.0
"""By how much a mean squared error is taken to grow at most; more makes no difference to a drop that large."""


def variance_inflation(metric: str, score: ArrayLike, drop: ArrayLike) -> Floats:
    """Return the factor, at least 1, by which the variance of a score grows if the score drops.

    The variance is taken as proportional to p (1 - p) for shares such as accuracy, F1 and areas under curves, 1 - r^2
    for Matthews and kappa, (1 - r^2)^2 for a correlation, and to the mean squared error itself: that of e^2 is 4 e^2
    times the variance of the predictions. Of other metrics, it is taken as constant.

    Args:
        metric: a name of `core.metrics.METRICS`.
        score: before the drop, shape (...), oriented.
        drop: shape (...).
    """
    s, d = np.asarray(score, np.float64), np.asarray(drop, np.float64)
    if metric == "mse":
        return np.clip((s - d) / np.minimum(s, -1e-300), 1.0, LARGEST_GROWTH)
    of_metric = find_metric(metric)
    if of_metric.greater_is_better and (of_metric.low, of_metric.high) == (0.0, 1.0):
        return np.maximum(_share_variance(s - d) / _share_variance(s), 1.0)
    if not of_metric.is_correlation and metric != "cohen_kappa":
        return np.ones(np.broadcast_shapes(s.shape, d.shape))
    exponent = 1 if metric in {"matthews_correlation", "cohen_kappa"} else 2
    return np.maximum(_unexplained(s - d) / _unexplained(s), 1.0) ** exponent


class DroppedVariance(NamedTuple):
    """The variances of a comparison whose candidate dropped; arrays of shape (..., 1)."""

    drop: Floats
    of_candidate: Floats
    """Of one run's score."""
    of_baseline: Floats
    residual_candidate: Floats
    """The part of it that is due to the interaction with examples."""
    residual_baseline: Floats
    examples: Floats
    """The examples' part of the variance of the difference."""
    examples_df: Floats
    """The effective number of examples that differ, less 1."""
    variance: Floats
    """Of the difference."""
    skew: Floats
    """The correlation of the difference and the variance between examples that the test estimates."""


def dropped_variance(run: RunVariance, seeds: tuple[int, int], drop: Floats) -> DroppedVariance:
    """Return what a drop does to the variances, see `GROWTH_OF_LABELS`."""
    of_run, residual, step = (np.asarray(each)[..., np.newaxis] for each in (run.seeds, run.residual, run.example_step))
    inflation = variance_inflation(run.metric, np.asarray(run.score)[..., np.newaxis], drop)
    is_of_numbers = not np.any(step)
    of_flips, of_shifts = GROWTH_OF_NUMBERS if is_of_numbers else GROWTH_OF_LABELS
    effect = np.asarray(run.groups.effect)[..., np.newaxis]
    residual_candidate = residual * inflation**of_flips
    if not is_of_numbers:
        of_labels = _variance_of_labels(run.metric, np.asarray(run.score)[..., np.newaxis] - drop)
        most = LARGEST_FLIPS * step**2 * of_labels * effect / run.n_examples
        residual_candidate = np.minimum(residual_candidate, np.maximum(most, residual))
    of_candidate = residual_candidate + np.maximum(of_run - residual, 0.0) * inflation**of_shifts
    of_one = residual * run.n_examples / effect  # the variance of one example's influence between runs
    changed = effect * _squared_change(of_one, step, drop) / run.n_examples
    examples = np.maximum(np.asarray(run.examples)[..., np.newaxis], changed)
    if run.metric in FISHER_METRICS:  # in units of the score at its value before the drop
        drop, slope = _on_test_scale(run, drop)
        of_candidate, residual_candidate, examples = (
            of_candidate * slope**2,
            residual_candidate * slope**2,
            examples * slope,
        )
    variance = of_candidate / seeds[0] + of_run / seeds[1] + examples
    if is_of_numbers:
        tails = np.full_like(variance, NUMBERS_TAILS)
        skew = np.full_like(variance, NUMBERS_SKEW)
    else:
        tails, skew = _examples_distribution(run, seeds, (of_one, step, drop), examples, variance)
    kurtosis = run.groups.kurtosis(tails)
    skew = skew * np.sqrt(run.groups.shared[..., np.newaxis] * tails / kurtosis)
    df = run.groups.degrees_of_freedom(kurtosis)
    return DroppedVariance(drop, of_candidate, of_run, residual_candidate, residual, examples, df, variance, skew)


def _on_test_scale(run: RunVariance, drop: Floats) -> tuple[Floats, Floats]:
    """Return the drop of a correlation on the scale of Fisher's z, and the slope of that scale after the drop.

    Both are divided by the slope before the drop: a small drop stays as it is, and its slope is 1.
    """
    before = np.clip(np.asarray(run.score)[..., np.newaxis], -_LARGEST, _LARGEST)
    after = np.clip(before - drop, -_LARGEST, _LARGEST)
    unit = _unexplained(before)
    return unit * (np.arctanh(before) - np.arctanh(after)), unit / _unexplained(after)


_LARGEST = 1 - 1e-6
"""The largest correlation with a finite z."""


def _squared_change(of_one: Floats, step: Floats, drop: Floats) -> Floats:
    """Return the mean square, over examples, of the change of the expected influence if the score drops.

    Runs predict an example by the sign of a margin with normal noise, and the margins' density is even near 0. The
    drop shifts the margins by r units of the noise, and `CHANGE_VARIANCE` scatters them. The mean square is then
    s^2 a (E|N(r, 2 + CHANGE_VARIANCE)| - 2 / sqrt(pi)) with s the step and s^2 a = sqrt(pi) of_one. If all runs agree,
    it is step times drop: each example that changes does so in all runs.
    """
    scattered = 2 * of_one * (np.sqrt(1 + CHANGE_VARIANCE / 2) - 1)
    if not np.any(step):
        return np.asarray(scattered + 1.5 * drop**2, np.float64)
    scale = np.maximum(of_one, 1e-12 * step**2) * np.sqrt(np.pi)
    shift, deviation = drop * step / scale, np.sqrt(2 + CHANGE_VARIANCE)
    density = np.exp(-((shift / deviation) ** 2) / 2) * np.sqrt(2 / np.pi)
    mean_absolute = deviation * density + shift * (1 - 2 * ndtr(-shift / deviation))
    return np.asarray(np.maximum(scale * (mean_absolute - 2 / np.sqrt(np.pi)) - drop**2, 0.0), np.float64)


def _examples_distribution(
    run: RunVariance,
    seeds: tuple[int, int],
    of_one_step_drop: tuple[Floats, Floats, Floats],
    examples: Floats,
    variance: Floats,
) -> tuple[Floats, Floats]:
    """Return the kurtosis of the examples' differences, and the correlation of their variance with the difference.

    Both follow from the third and fourth moments of the examples' differences, under the model of `_squared_change`:
    an example whose runs disagree has a variance of about 0.2 on average, in squared steps.
    """
    of_one, step, drop = of_one_step_drop
    of_means = sum(1 / k for k in seeds)
    seeds_part = of_one * of_means
    each = examples * run.n_examples / np.asarray(run.groups.effect)[..., np.newaxis]
    shift = (drop * step / np.maximum(of_one * np.sqrt(np.pi), 1e-12 * step**2)) ** 2
    whole = (shift + 0.2) / (shift + 2) * each  # of examples that change in nearly all runs
    mixed = 0.2 * of_means / (1 + shift)  # of examples that change in some runs
    fourth = step**2 * (0.4 * seeds_part * of_means + 6 * mixed * each + whole)
    third = step * whole + 3 * mixed * step**2 * drop
    squared = (seeds_part + each) ** 2
    kurtosis = np.maximum(fourth, 1e-30) / np.maximum(squared, 1e-30)
    of_mean = variance / np.asarray(run.groups.effect)[..., np.newaxis]
    skew = third / np.sqrt(np.maximum(run.n_examples * of_mean * fourth, 1e-30))
    return kurtosis, np.clip(skew, 0.0, 0.85)


def _variance_of_labels(metric: str, score: Floats) -> Floats:
    """Return the variance of one prediction being right, of a metric of labels with this score."""
    return _unexplained(score) / 4 if find_metric(metric).low == -1 else _share_variance(score)


def _share_variance(p: Floats) -> Floats:
    inside = np.clip(p, 0.5, 0.99)
    return inside * (1 - inside)


def _unexplained(r: Floats) -> Floats:
    return 1 - np.clip(r, 0.0, 0.99) ** 2
