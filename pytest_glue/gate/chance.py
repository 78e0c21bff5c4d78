"""The comparison of a score with the chance level: that of the best constant prediction."""

import math
from collections.abc import Mapping, Sequence
from statistics import stdev

from pytest_glue.core.chance import chance_level
from pytest_glue.core.chance_bound import chance_bound
from pytest_glue.core.metrics import METRICS, Metric, find_metric
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import Task
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.verdict_text import BoundComparison, VerdictText


def against_chance(
    task: Task, runs: Sequence[Run], score: float, references: Sequence[float], alpha: float
) -> VerdictText:
    """Compare the mean score with the chance level: beyond what examples do, and beyond what seeds do.

    If every run beats it by itself, the seeds need no test.

    Args:
        task: of the item.
        runs: all of them, at least one.
        score: the mean of the headline metric.
        references: gold labels, one for each evaluation example.
        alpha: one-sided error rate.
    """
    name, note = task.headline_metric, task.report_only
    metric, level = find_metric(name), chance_level(name, references, task.kind)
    bound = chance_bound(name, references, alpha, task.kind)
    if level is None or bound is None:
        text = f"{name} {metric.text(score)}; {no_chance_level(name)}"
        return VerdictText(Verdict.PASS if note else Verdict.FAIL, text)
    leads = [0.0 if (found := run.metrics[name]) is None else metric.sign * (found - level) for run in runs]
    margin = metric.sign * (bound - level)
    needed = margin if min(leads) > margin else max(margin, _seed_margin(leads, alpha))
    is_limit = any(run.stopped for run in runs)
    comparison = BoundComparison(metric, score, level, "the chance level", is_limit)
    beats = comparison.lead > needed + comparison.rounding
    text, difference = comparison.text(">" if beats else "does not beat"), comparison.difference
    if not beats:
        side = "more" if metric.greater_is_better else "less"
        difference = f"{difference}, {side} than {metric.text(metric.sign * needed, '+')} needed"
    if not beats and margin >= metric.sign * (metric.best - level):
        text = f"{text}, which no score can on so few or so similar examples: give a threshold"
    if note:
        text = f"{text}; report-only, because {note}: give a threshold to have it judged"
    return VerdictText(Verdict.PASS if beats or note else Verdict.FAIL, text, (difference,))


def thresholds_at_chance(task: Task, thresholds: Mapping[str, float], references: Sequence[float]) -> list[str]:
    """Return a note on each threshold that a constant prediction reaches."""
    levels = {name: chance_level(name, references, task.kind) for name in thresholds}
    notes = (_not_better_than_chance(find_metric(name), thresholds[name], level) for name, level in levels.items())
    return [note for note in notes if note]


def _not_better_than_chance(metric: Metric, threshold: float, level: float | None) -> str:
    """Return a note on a threshold that a constant prediction reaches; empty for any other."""
    if level is None or metric.sign * (threshold - level) > 0:
        return ""
    side, chance = "above" if metric.greater_is_better else "below", f"the chance level {metric.text(level)}"
    return f"the threshold {threshold:.3g} for {metric.name} is not {side} {chance}"


def no_chance_level(metric: str) -> str:
    """Return why a score of the metric cannot be judged without a bound, and the remedy, as the end of a sentence."""
    known = METRICS.get(metric)
    why = "as a metric of your own" if known and known.source else "since predictions that know nothing can score well"
    return f"{metric} has no chance level, {why}: give a threshold, or compare with a baseline"


def _seed_margin(scores: Sequence[float], alpha: float) -> float:
    """Return by how much a mean over seeds has to exceed a level, so that seeds alone hardly explain it; 0 for one."""
    if len(scores) == 1:
        return 0.0
    from scipy.special import stdtrit

    return float(stdtrit(len(scores) - 1, 1 - alpha)) * stdev(scores) / math.sqrt(len(scores))
