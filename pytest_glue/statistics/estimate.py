"""A mean score, or a difference of two, with its standard error over seeds and examples."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from pytest_glue.statistics.scale import score_interval
from pytest_glue.statistics.scored_runs import ScoredRuns, check_scores
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import variance_components


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean score over seeds, or a difference of two, in units of the metric."""

    value: float
    standard_error_seeds: float | None
    """None if the variance between seeds is unknown."""
    standard_error_examples: float
    degrees_of_freedom: float
    variance_source: str | None
    """Where the variance between seeds was measured. If None, the interval is for these runs, not for the recipe."""
    metric: str | None = None
    """Of a single score, whose interval stays inside the metric's range; None for a difference or an average."""
    n_examples: int = 0
    """Of a single score."""

    @classmethod
    def of(
        cls,
        runs: ScoredRuns,
        baseline: ScoredRuns | None = None,
        seed_variance: SeedVariance | None = None,
        metric: str | None = None,
    ) -> Self:
        """Estimate the mean score of runs, or its difference from the baseline's on the same examples.

        Args:
            runs: of the checkpoint.
            baseline: runs on the same examples; None for the mean score.
            seed_variance: the variance between seeds, used if no side has two runs.
            metric: of a mean score, whose interval then stays inside the metric's range.
        """
        components = variance_components(runs, baseline, seed_variance)
        return cls(
            value=runs.mean_score - (0.0 if baseline is None else baseline.mean_score),
            standard_error_seeds=None if components.source is None else float(np.sqrt(components.seeds)),
            standard_error_examples=float(np.sqrt(components.examples)),
            degrees_of_freedom=float(components.degrees_of_freedom),
            variance_source=components.source,
            metric=metric,
            n_examples=runs.n_examples,
        )

    @property
    def standard_error(self) -> float:
        """From both sources, as far as they are known."""
        return float(np.hypot(self.standard_error_seeds or 0.0, self.standard_error_examples))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the two-sided confidence interval, inside the range of the metric if that is given.

        Raises:
            ValueError: a level that is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"confidence level {level!r}; accepted: a probability above 0 and below 1")
        half = float(stdtrit(self.degrees_of_freedom, (1 + level) / 2)) * self.standard_error
        if self.metric is None:
            return self.value - half, self.value + half
        low, high = score_interval(self.metric, self.value, half, self.n_examples)
        return float(low), float(high)


def estimate(
    predictions: ArrayLike,
    references: ArrayLike,
    metric: str,
    seed_variance: SeedVariance | None = None,
    groups: ArrayLike | None = None,
    *,
    is_fixed: bool = False,
) -> Estimate:
    """Estimate the expected score over seeds and examples from k runs on n examples.

    Args:
        predictions: shape (k, n), or logits, (k, n, classes), if the metric needs probabilities.
        references: shape (n,).
        metric: a name of `core.metrics.METRICS`.
        seed_variance: the variance between seeds, used if k = 1.
        groups: of the examples that depend on each other, shape (n,); None if all are independent.
        is_fixed: whether the only run is a fixed model, whose score varies with the examples only.

    Raises:
        ValueError: shapes that do not fit, an unknown metric, or a run whose score is undefined.
    """
    runs = ScoredRuns.of(metric, predictions, references, groups)._replace(is_fixed=is_fixed)
    check_scores("checkpoint", metric, runs.scores)
    return Estimate.of(runs, None, seed_variance, metric)
