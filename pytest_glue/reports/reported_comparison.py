"""Types of the JSON report: the comparison with a baseline."""

from typing import Annotated, Any, Literal

from msgspec import Struct

from pytest_glue.core.error_analysis import FlippedExample, GrownError
from pytest_glue.core.verdict import FailedRun
from pytest_glue.reports.fields import Count, Interval, PositiveCount, Seeds, Share, constraint


class NegativeFlips(Struct):
    """Examples that the baseline gets right and the candidate gets wrong. Rates are shares of all examples."""

    count: Count
    """Examples that most runs of the baseline get right and most runs of the candidate get wrong."""
    examples: list[Count]
    """Their indices in the evaluation split, from 0, those on which most runs agree first; at most 100."""
    rate: Share
    """The share that a run of the baseline gets right and a run of the candidate gets wrong: the mean over pairs."""
    churn: Share | None
    """The same share for two runs of one checkpoint with different seeds; null if both sides have one run."""
    excess: Share | None
    """Rate minus churn: 0 on average for an unchanged checkpoint."""
    confidence_interval: Interval | None
    """Of the excess, at 95 %."""
    predictions: list[FlippedExample] = []
    """What the runs predict for the first 50 of these examples."""


class Certificate(Struct):
    """A bound of the drop in accuracy, by the predictions of unlabelled texts that changed."""

    seeds: Seeds
    """Of the runs that were compared, each with the baseline's run of the same seed."""
    changed: Annotated[float, constraint(minimum=0)]
    """The number of texts whose prediction changed, on average over the seeds."""
    n_texts: PositiveCount
    bound: Share
    """The upper limit of the drop."""
    confidence_level: float
    certified: bool
    """Whether the bound is at most the allowed drop."""


class Comparison(Struct):
    """The comparison with a baseline. A drop is a change for the worse: where lower is better, a rise."""

    name: str
    file: str
    checkpoint: dict[str, Any]
    seeds: Seeds
    candidate_score: float
    baseline_score: float
    max_drop: Annotated[float, constraint(minimum=0)]
    verdict: Literal["pass", "fail", "inconclusive"]
    standard_error_seeds: float | None
    standard_error_examples: float
    degrees_of_freedom: float | None
    confidence_interval: Interval | None
    """Of the difference."""
    confidence_level: float
    p_fail: float | None
    p_pass: float | None
    smallest_visible_drop: float | None
    """The minimum detectable drop: the drop that this item would show with a power of 0.8, at its share of alpha; null
    if no drop that the score leaves is detectable, or the variance between seeds is unknown."""
    seeds_needed: int | None
    """Seeds on each side, with the baseline recorded anew, with which `max_drop` can be detected."""
    spread_source: str | None
    """The source of the variance between seeds."""
    difference: float
    """Candidate minus baseline."""
    alpha: float
    """One-sided error rate: of the whole test run for `fail`, of the item for `pass`."""
    family_size: PositiveCount
    """Number of items that are judged together."""
    looks: list[int]
    """The numbers of seeds at which interim analyses are made; empty if there is one analysis."""
    negative_flips: NegativeFlips | None = None
    """Null for a regression."""
    grown_errors: list[GrownError] = []
    """Of a regression: the examples whose mean absolute error grew most; at most 50. Empty for other tasks."""
    failed_runs: list[FailedRun] = []
    """Runs of the baseline that failed to train; the scores are those of the runs that trained."""
    p_failed_runs: float | None = None
    """One-sided p value of the null hypothesis that the candidate's runs fail to train no more often than the
    baseline's; null if no run failed."""
    alpha_failed_runs: float | None = None
    """Error rate of that test; null if it could not reject, so that the scores have the whole error rate."""
    certificate: Certificate | None = None
    """Null without `--glue-certify`, if the headline metric is not accuracy, if a run has no partner of its seed in the
    baseline, and if a larger share of runs failed to train."""
    fail_share: float = 1.0
    """The share of the item's error rate of `fail` that the comparison of all examples has; slices have the rest."""
    baseline_scores: list[float] = []
    """Of each run of the baseline that trained; empty in reports of earlier versions."""
    conditional_power: float | None = None
    """The probability that a later interim analysis is conclusive, if the difference stays as it is; null if this
    comparison is conclusive, or if no analysis comes later."""
    recorded_at: str | None = None
    """When the baseline was recorded, in UTC and ISO 8601; null if its file does not say so."""
    commit: str | None = None
    """The commit of the repository with the baselines when this one was recorded."""
    age_days: Count | None = None
    """The age of the baseline in whole days, when it was compared with."""
    is_stale: bool = False
    """Whether the baseline is as old as `baseline_max_age`, or older."""
