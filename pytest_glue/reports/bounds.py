"""What the score of an item is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_glue.core.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Bound:
    """What a score is compared with."""

    name: str
    """`threshold`, `chance level`, or the name of the baseline."""
    value: float


def bounds_of(evaluation: Evaluation) -> tuple[Bound, ...]:
    """Return the bounds of an item, the decisive one first, the chance level last, if the metric has one."""
    baseline, threshold, chance = evaluation.baseline, evaluation.threshold, evaluation.judgement.chance
    found = [] if baseline is None else [Bound(str(baseline["name"]), float(baseline["baseline_score"]))]
    found += [] if threshold is None else [Bound("threshold", threshold)]
    found += [] if chance is None else [Bound("chance level", chance)]
    return tuple(found)


def judged_score(evaluation: Evaluation) -> float | None:
    """Return the score that was judged: with a baseline, that of the runs that trained; None if it is undefined."""
    compared = evaluation.baseline or {}
    return None if evaluation.score is None else float(compared.get("candidate_score", evaluation.score))


def differences_of(evaluation: Evaluation) -> list[tuple[str, float, Sequence[float] | None]]:
    """Return name, difference to the baseline and its interval, of all examples and of slices; none without one."""
    if evaluation.baseline is None:
        return []
    compared = evaluation.baseline
    found = [("all examples", compared["difference"], compared["confidence_interval"])]
    parts = ((each.name, each.baseline) for each in evaluation.judgement.slices)
    return found + [(name, each.difference, each.confidence_interval) for name, each in parts if each is not None]
