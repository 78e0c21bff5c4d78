"""What knowing nothing scores: the bound of an item for which nobody set a threshold."""

from collections import Counter
from collections.abc import Sequence

from pytest_glue.core.metrics import METRICS, Chance


def chance_score(metric: str, references: Sequence[float]) -> float:
    """Return the best score of a checkpoint that predicts the same for every example.

    Args:
        metric: one of `metrics.METRICS`.
        references: gold labels, one for each evaluation example; at least one.
    """
    if METRICS[metric].chance is Chance.ZERO:
        return 0.0
    counts = Counter(references)
    if metric == "f1":
        return 2 * counts[1] / (len(references) + counts[1])
    return max(counts.values()) / len(references)
