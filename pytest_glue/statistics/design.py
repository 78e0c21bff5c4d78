"""Numbers of seeds that cannot show a drop at their error rate, whatever the scores."""

from pytest_glue.statistics.power import detectable_effect
from pytest_glue.statistics.variance import design_degrees_of_freedom

MOST_DEVIATIONS = 5.5
"""A design has no power if it detects only drops of more standard deviations of a run's score than these."""
FEW_DEVIATIONS = 3.7
"""A design that is proposed instead detects drops of so many."""


def detectable_deviations(candidate: int, baseline: int, alpha: float) -> float:
    """Return the drop that a design detects with power 0.80, in standard deviations of a run's score.

    All runs vary alike, and the variance between seeds is measured on them.

    Args:
        candidate: its number of seeds.
        baseline: its number of seeds; at least one side has two.
        alpha: the one-sided error rate of the item.
    """
    effect = detectable_effect(design_degrees_of_freedom(candidate, baseline), alpha)
    return effect * float((1 / candidate + 1 / baseline) ** 0.5)


def sufficient_seeds(candidate: int, baseline: int, alpha: float) -> int | None:
    """Return a number of seeds for both sides that has power, or None if the design itself has.

    One seed on each side measures no variance between seeds, so it always needs more.
    """
    if max(candidate, baseline) > 1 and detectable_deviations(candidate, baseline, alpha) <= MOST_DEVIATIONS:
        return None
    seeds = 2
    while detectable_deviations(seeds, seeds, alpha) > FEW_DEVIATIONS:
        seeds += 1
    return seeds
