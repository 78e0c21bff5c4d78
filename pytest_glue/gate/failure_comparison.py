"""The counts of runs that failed to train, of a candidate and its baseline."""

from dataclasses import dataclass

from pytest_glue.core.formatting import count
from pytest_glue.gate.diagnostics import ExaminedRuns
from pytest_glue.statistics.failure_rates import failure_rate_bound, more_failures_p_value, smallest_p_value

ERROR_SHARE = 0.2
"""The share of an item's error rate of `fail` that the test of the counts has, where it could reject at all."""


@dataclass(frozen=True, slots=True)
class FailureComparison:
    """Failed runs on both sides, and the test whether the candidate fails to train more often."""

    baseline_name: str
    failed: int
    runs: int
    baseline_failed: int
    baseline_runs: int
    p_value: float | None
    """One-sided, of Fisher's exact test; None if no run failed."""
    alpha: float | None
    """The error rate of the test; None if it could not reject, so that the scores have the whole error rate."""

    @property
    def are_more(self) -> bool:
        """Whether the candidate is shown to fail to train more often."""
        return self.p_value is not None and self.alpha is not None and self.p_value <= self.alpha

    @property
    def have_larger_share(self) -> bool:
        """Whether more of the candidate's runs failed, whether or not that is shown to be more than chance."""
        return self.failed * self.baseline_runs > self.baseline_failed * self.runs

    @property
    def share_of_scores(self) -> float:
        """The share of the item's error rate that is left for the comparison of scores."""
        return 1.0 if self.alpha is None else 1 - ERROR_SHARE

    @property
    def facts(self) -> tuple[str, ...]:
        """The counts, for a sentence's brackets; nothing if no run failed."""
        if self.p_value is None:
            return ()
        counts = f"{self.failed} of {count(self.runs, 'run')} failed to train"
        return (f"{counts}, {self.baseline_failed} of {self.baseline_name}'s {self.baseline_runs}",)


def compare_failures(name: str, candidate: ExaminedRuns, baseline: ExaminedRuns, alpha: float) -> FailureComparison:
    """Test whether the candidate's runs fail to train more often than the baseline's.

    The test has its share of the error rate only where it could reject with as many failures in all, which Fisher's
    test takes as given. So without a failure the comparison of scores is what it would be without this test.

    Args:
        name: of the baseline.
        candidate: its runs.
        baseline: its runs.
        alpha: the test's share of the error rate.
    """
    failed, others = len(candidate.failed), len(baseline.failed)
    counts = (failed, candidate.count, others, baseline.count)
    if not failed + others:
        return FailureComparison(name, *counts, p_value=None, alpha=None)
    is_possible = smallest_p_value(candidate.count, baseline.count, failed + others) <= alpha
    return FailureComparison(name, *counts, more_failures_p_value(*counts), alpha if is_possible else None)


def ruled_out(failed: int, runs: int) -> str:
    """Return which failure rates so many failed runs rule out, as a note."""
    bound = failure_rate_bound(failed, runs)
    which = f"{failed} of {count(runs, 'run')} failed to train"
    if bound >= 1:
        return which
    return f"{which}, which rules out a failure rate above {100 * bound:.0f} % (at 95 %)"
