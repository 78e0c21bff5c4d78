"""A score with its interval over seeds and examples, and that score against a threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.comparison import check_scores
from pytest_glue.statistics.error_rates import error_rates
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import ScoredRuns, variance_components


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean score over seeds, or a difference of two, with its noise. Fractions; None where nothing tells it."""

    value: float
    standard_error_seeds: float | None
    standard_error_examples: float
    degrees_of_freedom: float
    variance_source: str | None
    """What the seeds' part was taken from; with None the interval holds for these very runs and not for the recipe."""

    @property
    def standard_error(self) -> float:
        """From both sources, as far as they are known."""
        return float(np.hypot(self.standard_error_seeds or 0.0, self.standard_error_examples))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the two-sided interval of that confidence level, which is not cut at the ends of the metric's range.

        Raises:
            ValueError: a level that is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"confidence level {level!r}; accepted: a probability above 0 and below 1")
        reach = float(stdtrit(self.degrees_of_freedom, (1 + level) / 2)) * self.standard_error
        return self.value - reach, self.value + reach

    def against(
        self, threshold: float, alpha: float = 0.05, family_size: int = 1, interim_analyses: Sequence[int] = ()
    ) -> Verdict:
        """Return pass or fail if the expected score is confidently at or above the threshold, or below it.

        Args:
            threshold: the floor, as a fraction.
            alpha: the one-sided error rate of either verdict, as `looks.error_rates` shares it out.
            family_size: items in the run, among which the rate of a fail is shared.
            interim_analyses: the numbers of seeds at which the score is looked at, if they are several.
        """
        fail_alpha, pass_alpha = error_rates(alpha, family_size, interim_analyses)
        if self.standard_error_seeds is None:
            return Verdict.INCONCLUSIVE
        if self.p_below(threshold) <= fail_alpha:
            return Verdict.FAIL
        return Verdict.PASS if 1 - self.p_below(threshold) <= pass_alpha else Verdict.INCONCLUSIVE

    def p_below(self, threshold: float) -> float:
        """Return the one-sided p value of the claim that the expected score is below the threshold."""
        margin = self.value - threshold
        if margin == 0 or self.standard_error == 0:
            return 0.5 if margin == 0 else float(margin > 0)
        return float(stdtr(self.degrees_of_freedom, margin / self.standard_error))


def estimate(
    predictions: ArrayLike, references: ArrayLike, metric: str, seed_variance: SeedVariance | None = None
) -> Estimate:
    """Return the expected score over seeds and examples, estimated from k runs on n examples.

    Args:
        predictions: shape (k, n).
        references: shape (n,).
        metric: one of `score.METRIC_NAMES`.
        seed_variance: the seeds' spread for k = 1; unused for more.

    Raises:
        ValueError: shapes that do not fit, an unknown metric, or a run whose score is undefined.
    """
    runs = ScoredRuns.of(metric, predictions, references)
    check_scores("checkpoint", metric, runs.scores)
    of_mean = variance_components(runs, None, seed_variance)
    return Estimate(
        value=float(runs.scores.mean()),
        standard_error_seeds=None if of_mean.source is None else float(np.sqrt(of_mean.seeds)),
        standard_error_examples=float(np.sqrt(of_mean.examples)),
        degrees_of_freedom=float(of_mean.degrees_of_freedom),
        variance_source=of_mean.source,
    )
