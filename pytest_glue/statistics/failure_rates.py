"""How often fine-tunings fail to train: exact tests and bounds of counts. Imports nothing heavy, for the header."""

from math import ceil, comb, log


def more_failures_p_value(failed: int, runs: int, others_failed: int, others: int) -> float:
    """Return the one-sided p value of Fisher's exact test: the null hypothesis is that these runs fail no more often.

    It is the hypergeometric probability of as many failures among these runs, or more, given the number of failures
    on both sides together.

    Args:
        failed: runs of this side that failed.
        runs: all runs of this side.
        others_failed: runs of the other side that failed.
        others: all runs of the other side.

    Raises:
        ValueError: a count below 0, or more failures than runs.
    """
    if not (0 <= failed <= runs and 0 <= others_failed <= others):
        raise ValueError(f"{failed} of {runs} and {others_failed} of {others} failed; accepted: from 0 to all runs")
    total = failed + others_failed
    ways = (comb(runs, count) * comb(others, total - count) for count in range(failed, min(runs, total) + 1))
    return sum(ways) / comb(runs + others, total)


def smallest_p_value(runs: int, others: int, total: int) -> float:
    """Return the smallest p value of `more_failures_p_value` for `total` failures, if not all of these runs fail.

    If all of them fail, no test is needed.
    """
    failed = min(total, runs - 1)
    return more_failures_p_value(failed, runs, total - failed, others) if total - failed <= others else 1.0


def failure_rate_bound(failed: int, runs: int, level: float = 0.95) -> float:
    """Return the one-sided upper confidence bound of the failure rate (Clopper and Pearson 1934).

    Args:
        failed: runs that failed.
        runs: all runs; at least one.
        level: the confidence level.
    """
    if failed == runs:
        return 1.0
    low, high = failed / runs, 1.0
    for _ in range(60):  # bisection to the last bit
        rate = (low + high) / 2
        at_most = sum(comb(runs, count) * rate**count * (1 - rate) ** (runs - count) for count in range(failed + 1))
        low, high = (rate, high) if at_most > 1 - level else (low, rate)
    return high


def tolerated_failure_rate(alpha: float, items: int, seeds: int) -> float:
    """Return the largest failure rate with which unchanged items are red at most at the rate alpha.

    An item is red if all of its runs fail. Among `items` items with `seeds` runs each, that happens with a probability
    of at most `items * rate ** seeds`.
    """
    return float((alpha / items) ** (1 / seeds))


def seeds_that_tolerate(rate: float, alpha: float, items: int) -> int:
    """Return the smallest number of seeds whose `tolerated_failure_rate` is at least `rate`."""
    return max(1, ceil(log(alpha / items) / log(rate) - 1e-9))
