"""The confidence interval of an item's score, and the source of the variance between seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_glue.core.metrics import Metric, find_metric
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import Task
from pytest_glue.gate.groups import Groups
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.gate.scored import scored_runs, scores_of

if TYPE_CHECKING:
    from pytest_glue.statistics.seed_variance import SeedVariance

LEVEL = 0.95
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The confidence interval of the headline score."""

    metric: Metric
    interval: tuple[float, float]
    """At 95 %."""
    note: str
    """Says what the interval covers."""

    @property
    def text(self) -> str:
        """The interval as a part of a sentence."""
        return f"{100 * LEVEL:.0f}% CI {' to '.join(map(self.metric.text, self.interval))}"


def uncertainty_of(
    task: Task,
    runs: Sequence[Run],
    references: Sequence[float],
    seed_variance: "SeedVariance | None" = None,
    groups: Groups = None,
    *,
    is_fixed: bool = False,
) -> Uncertainty | None:
    """Return the interval of the mean headline score over seeds and examples.

    Return None for a single example, and if the reported score is not the metric of the predictions: the user
    overrides `glue_compute_metrics`, and the interval would belong to another score.

    Args:
        task: of the item.
        runs: all of them, whether or not they trained.
        references: gold labels, one for each evaluation example.
        seed_variance: used for a single run, see `seed_variance_of`; None if it is unknown.
        groups: of the evaluation examples, two or more.
        is_fixed: whether the only run is a fixed model, which has no seed.
    """
    from pytest_glue.statistics.estimate import Estimate

    if len(references) < 2 or not _is_of_predictions(task, runs, references):
        return None
    scored = scored_runs(task.headline_metric, runs, references, task.kind, groups)._replace(is_fixed=is_fixed)
    of_score = Estimate.of(scored, None, seed_variance, task.headline_metric)
    interval, metric = of_score.interval(LEVEL), find_metric(task.headline_metric)
    if is_fixed:
        return Uncertainty(metric, interval, "the interval covers examples: the checkpoint was evaluated as it is")
    if not (source := of_score.variance_source):
        return Uncertainty(metric, interval, "the interval covers examples, not the variation between seeds")
    origin = "from these runs" if len(runs) > 1 else source
    return Uncertainty(metric, interval, f"the interval covers examples and seeds ({origin})")


def _is_of_predictions(task: Task, runs: Sequence[Run], references: Sequence[float]) -> bool:
    if not all(math.isfinite(value) for run in runs for value in run.predictions):
        return False
    computed = scores_of(task.headline_metric, runs, references, task.kind)
    reported = [run.metrics[task.headline_metric] for run in runs]
    pairs = zip(reported, computed.tolist(), strict=True)
    return all(
        one is not None and math.isclose(one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING) for one, other in pairs
    )


def seed_variance_of(task: Task, rule: RegressionCriterion | None, recorded: Sequence[Run]) -> "SeedVariance | None":
    """Return the variance between seeds for a single run: that of the baseline's runs, or the published one.

    Args:
        task: of the item.
        rule: the comparison with a baseline; None without one.
        recorded: the runs of the baseline that trained.
    """
    from pytest_glue.statistics.seed_variance import SeedVariance, published_seed_variance

    if rule is None or len(recorded) < 2:
        return published_seed_variance(task.name, task.headline_metric)
    import numpy as np

    scores = [run.metrics[task.headline_metric] for run in recorded]
    deviation = float(np.std(np.asarray(scores, np.float64), ddof=1))
    return SeedVariance(deviation, len(scores) - 1, f"the {len(scores)} runs of {rule.name}")
