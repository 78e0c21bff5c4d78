"""Scores of an item's runs, from what their metric is computed from: predictions or logits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from pytest_glue.core.tasks import Kind
from pytest_glue.gate.groups import Groups

if TYPE_CHECKING:
    from pytest_glue.statistics.metrics import Floats
    from pytest_glue.statistics.scored_runs import ScoredRuns


class PredictedRun(Protocol):
    """A run of an evaluation or of a baseline."""

    @property
    def predictions(self) -> tuple[float, ...]: ...

    @property
    def logits(self) -> str | None: ...


def outputs_of(metric: str, runs: Sequence[PredictedRun]) -> "Floats":
    """Return what a metric is computed from: predictions, (k, n), or logits, (k, n, labels).

    Raises:
        ValueError: a run lacks logits.
    """
    import numpy as np

    from pytest_glue.statistics.logits import decode_logits
    from pytest_glue.statistics.metrics import needs_probabilities

    if not needs_probabilities(metric):
        return np.array([run.predictions for run in runs], np.float64)
    return np.stack([decode_logits(run.logits or "", len(run.predictions)) for run in runs])


def scored_runs(
    metric: str,
    runs: Sequence[PredictedRun],
    references: Sequence[float],
    kind: Kind | None,
    groups: Groups = None,
) -> "ScoredRuns":
    """Return the scores and influences of runs.

    Args:
        metric: a name of `core.metrics.METRICS`.
        runs: at least one, with finite predictions and logits.
        references: gold labels, one for each evaluation example; two or more.
        kind: of the task.
        groups: of the evaluation examples, two or more.
    """
    from pytest_glue.statistics.scored_runs import ScoredRuns

    return ScoredRuns.of(metric, outputs_of(metric, runs), references, groups, kind)


def scores_of(metric: str, runs: Sequence[PredictedRun], references: Sequence[float], kind: Kind | None) -> "Floats":
    """Return the metric's value for each run; arguments as for `scored_runs`."""
    from pytest_glue.statistics.metrics import score

    return score(metric, outputs_of(metric, runs), references, kind)
