"""How much the score of one run varies: what power is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv

from pytest_glue.core.metrics import find_metric
from pytest_glue.core.tasks import Kind
from pytest_glue.statistics.arrays import centered_ranks
from pytest_glue.statistics.group_design import GroupDesign
from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.scored_runs import ScoredRuns, example_step
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import VarianceComponents, variance_components


@dataclass(frozen=True, slots=True)
class RunVariance:
    """The variance of one run's score on a fixed split, in squared units of the score; arrays of shape (...).

    Scores are oriented, as those of `ScoredRuns`.
    """

    metric: str
    score: Floats
    """The expected score before a drop."""
    groups: GroupDesign
    """Of the split's examples; each is a group of its own if they are independent."""
    seeds: Floats
    """Due to the choice of the seed."""
    residual: Floats
    """The part of it that is due to the interaction of seed and example."""
    example_step: Floats
    """By how much the score changes if one prediction changes, times the number of examples; 0 for correlations."""
    examples: Floats | float = 0.0
    """The examples' part of a comparison that was made; a later one is planned with at least this."""
    published: SeedVariance | None = None
    """Given if one run on each side is to be compared with its help."""

    @property
    def largest_drop(self) -> Floats:
        """The drop to the worst value of the metric; infinity if there is none."""
        metric = find_metric(self.metric)
        return np.asarray(self.score - metric.sign * metric.worst, np.float64)

    @property
    def mean_score(self) -> float:
        """The expected score of the metric itself, which is not oriented; of a single baseline."""
        return find_metric(self.metric).sign * float(self.score)

    @property
    def least_drop(self) -> Floats:
        """The drop that one example causes."""
        return self.example_step / self.n_examples

    @property
    def n_examples(self) -> int:
        """Examples of the split."""
        return self.groups.n_examples

    @classmethod
    def of_comparison(
        cls,
        metric: str,
        sides: tuple[ScoredRuns, ScoredRuns],
        components: VarianceComponents,
        step: ArrayLike,
        published: SeedVariance | None = None,
    ) -> Self:
        """Return the variance that both sides of a comparison have on average; NaN if it is unknown.

        Args:
            metric: a name of `core.metrics.METRICS`.
            sides: candidate and baseline.
            components: of their difference.
            step: see `example_step`.
            published: the variance between seeds, used if no side has two runs.
        """
        known = [side.scores for side in sides if side.k > 1]
        is_fixed = all(side.is_fixed for side in sides)
        residual, score = components.residual_variance, sides[1].scores.mean(axis=-1)
        groups, step = GroupDesign.of(sides), np.asarray(step, np.float64)
        if is_fixed:
            return cls(metric, score, groups, np.zeros_like(residual), residual, step, components.examples)
        if not known:
            seeds = np.full_like(residual, np.nan if published is None else published.standard_deviation**2)
            return cls(metric, score, groups, seeds, np.minimum(residual, seeds), step, published=published)
        seeds = np.maximum(typical_variance(known), residual)
        return cls(metric, score, groups, seeds, residual, step, components.examples)

    @classmethod
    def of_baseline(cls, metric: str, runs: ScoredRuns, step: ArrayLike) -> Self:
        """Return the variance that the runs of a baseline show, at least two."""
        residual = variance_components(runs, runs).residual_variance
        seeds = np.maximum(typical_variance([runs.scores]), residual)
        groups, step = GroupDesign.of([runs]), np.asarray(step, np.float64)
        return cls(metric, runs.scores.mean(axis=-1), groups, seeds, residual, step)

    @classmethod
    def of_recorded(
        cls,
        metric: str,
        scores: ArrayLike,
        predictions: ArrayLike,
        groups: GroupDesign | None = None,
        kind: Kind | None = None,
    ) -> Self:
        """Return the variance that recorded runs show, without the references of the examples.

        Args:
            metric: a name of `core.metrics.METRICS`.
            scores: of each run, shape (k,), k at least 2, not oriented.
            predictions: shape (k, n).
            groups: of the examples; None if they are independent.
            kind: of the task.
        """
        each = find_metric(metric).sign * np.asarray(scores, np.float64)
        predicted = np.asarray(predictions, np.float64)
        step, n = example_step(metric, predicted, kind), predicted.shape[-1]
        groups, of_scores = groups or GroupDesign.independent(n), typical_variance([each])
        of_one = _variance_of_one(metric, float(each.mean()), predicted, step)
        # Where the predictions alone do not show it, all of the variance is taken for interaction with examples.
        residual = of_scores if of_one is None else np.asarray(groups.effect * of_one / n)
        seeds = np.maximum(of_scores, residual)
        return cls(metric, np.asarray(each.mean()), groups, seeds, residual, np.asarray(step))

    @classmethod
    def of_published(cls, metric: str, score: float, n_examples: int, published: SeedVariance) -> Self:
        """Return the published variance of an accuracy. All of it is taken for interaction with examples, if possible.

        A run of accuracy p disagrees with itself on at most a share p (1 - p) of the examples.
        """
        seeds = np.asarray(published.standard_deviation**2)
        residual = np.minimum(seeds, score * (1 - score) / n_examples)
        groups = GroupDesign.independent(n_examples)
        return cls(metric, np.asarray(score), groups, seeds, residual, np.asarray(1.0), published=published)


def typical_variance(sides: Sequence[Floats]) -> Floats:
    """Return the pooled variance of scores, (..., k) for each side, which is as often too large as too small."""
    df = sum(scores.shape[-1] - 1 for scores in sides)
    pooled = sum((scores.shape[-1] - 1) * np.var(scores, axis=-1, ddof=1) for scores in sides) / df
    median = 2 * gammaincinv(df / 2, 0.5) / df
    return np.asarray(pooled / median, np.float64)


def _variance_of_one(metric: str, score: float, predictions: Floats, step: float) -> float | None:
    """Return the variance between runs of one example's influence, on average; None if predictions do not show it.

    The predictions, (k, n), have the variance v between runs. A squared error e^2 then has about 4 e^2 v, and an
    absolute one v (delta method).
    """
    if step:
        return step**2 * _disagreement(predictions)
    if metric in {"pearson", "spearmanr"}:
        values = centered_ranks(predictions) if metric == "spearmanr" else predictions
        deviations = values - values.mean(axis=-1, keepdims=True)
        standardised = deviations / np.maximum(deviations.std(axis=-1, keepdims=True), 1e-12)
        return (1 - score**2) * _mean_variance(standardised)
    if metric in {"mae", "mse"}:
        return _mean_variance(predictions) * (1 if metric == "mae" else 4 * abs(score))
    return None


def _mean_variance(values: Floats) -> float:
    return float(np.mean(np.var(values, axis=0, ddof=1)))


def _disagreement(predictions: Floats) -> float:
    """Return the variance between runs of a predicted class, (k, n), as 0 or 1, on average over examples."""
    k = len(predictions)
    agreeing_pairs = sum(float(np.mean(predictions == each)) for each in predictions) / k
    return (1 - agreeing_pairs) * k / (k - 1) / 2
