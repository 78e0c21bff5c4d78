"""Ranks the checkpoints of a test run, as plain data for reports (`reports.reported_ranks.Ranks`)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.metrics import find_metric
from pytest_glue.gate.groups import usable
from pytest_glue.gate.scored import scored_runs

if TYPE_CHECKING:
    from pytest_glue.statistics.estimate import Estimate
    from pytest_glue.statistics.ranking import Ranking
    from pytest_glue.statistics.scored_runs import ScoredRuns


def rank_checkpoints(evaluations: Iterable[Evaluation], alpha: float) -> dict[str, Any] | None:
    """Return the ranking of each task with several checkpoints and of their averages; None if there is no such task.

    An evaluation is left out if a run's score is undefined or a lower bound. A checkpoint has an average if it is
    ranked on all ranked tasks whose scores have one.

    Args:
        evaluations: of one test run.
        alpha: the probability of one or more false differences among all pairs of a task.
    """
    by_task: dict[str, dict[str, Evaluation]] = defaultdict(dict)
    ranked = [each for each in evaluations if _has_scores(each) and not each.n_stopped]
    names = _names(each.checkpoint for each in ranked)
    for evaluation in ranked:
        by_task[evaluation.task][names[str(evaluation.checkpoint)]] = evaluation
    several = {task: found for task, found in by_task.items() if len(found) > 1 and _same_examples(found)}
    if not several:
        return None
    rankings = {task: _rank(found, alpha) for task, found in sorted(several.items())}
    return {
        "alpha": alpha,
        "tasks": [_task(task, several[task], ranking) for task, ranking in rankings.items()],
        "average": _average(rankings),
    }


def _has_scores(evaluation: Evaluation) -> bool:
    return all(run.metrics[evaluation.headline_metric] is not None for run in evaluation.runs)


def _names(checkpoints: Iterable[Checkpoint]) -> dict[str, str]:
    """Return the label of each checkpoint by its text; the text itself where folders have the same last part."""
    labels = {str(checkpoint): checkpoint.label for checkpoint in checkpoints}
    count = Counter(labels.values())
    return {text: label if count[label] == 1 else text for text, label in labels.items()}


def _rank(found: Mapping[str, Evaluation], alpha: float) -> "Ranking":
    from pytest_glue.statistics.ranking import rank_runs
    from pytest_glue.statistics.seed_variance import published_seed_variance

    metric = next(iter(found.values())).headline_metric
    seed_variance = published_seed_variance(next(iter(found.values())).task, metric)
    runs = {label: _scored(each) for label, each in found.items()}
    return rank_runs(runs, metric, alpha=alpha, seed_variance=seed_variance)


def _scored(evaluation: Evaluation) -> "ScoredRuns":
    conditions, groups = evaluation.conditions, usable(evaluation.conditions.groups)
    metric, runs = evaluation.headline_metric, evaluation.runs
    scored = scored_runs(metric, runs, conditions.references, evaluation.kind, groups)
    return scored._replace(is_fixed=conditions.evaluate_only)


def _task(task: str, found: Mapping[str, Evaluation], ranking: "Ranking") -> dict[str, Any]:
    first = next(iter(found.values()))
    return {
        "task": task,
        "metric": first.headline_metric,
        "n_eval": first.conditions.n_eval,
        "scores": [
            {"checkpoint": label, "seeds": len(found[label].runs), **_estimate(score)}
            for label, score in ranking.scores.items()
        ],
        "pairs": [
            {"first": pair.first, "second": pair.second, "p_value": pair.p_value, **_estimate(pair.difference)}
            for pair in ranking.pairs
        ],
        "best": list(ranking.best),
    }


def _average(rankings: Mapping[str, "Ranking"]) -> list[dict[str, Any]]:
    """Return the average over tasks of each checkpoint that is ranked on all of them, best first.

    Only fractions of which more is better have an average; errors have the units of their task.
    """
    from pytest_glue.statistics.ranking import average

    averaged = [each for each in rankings.values() if _has_average(next(iter(each.scores.values())).metric)]
    if len(averaged) < 2:
        return []
    everywhere = set.intersection(*(set(ranking.scores) for ranking in averaged))
    averages = {label: average([ranking.scores[label] for ranking in averaged]) for label in everywhere}
    ordered = sorted(averages, key=lambda label: (-averages[label].value, label))
    return [{"checkpoint": label, "tasks": len(averaged), **_estimate(averages[label])} for label in ordered]


def _has_average(metric: str | None) -> bool:
    known = None if metric is None else find_metric(metric)
    return known is None or (known.greater_is_better and known.is_bounded)


def _estimate(estimate: "Estimate") -> dict[str, Any]:
    from pytest_glue.statistics.variance import FIXED

    low, high = estimate.interval()
    covers = "examples" if estimate.variance_source in {None, FIXED} else "examples and seeds"
    return {"value": estimate.value, "low": low, "high": high, "covers": covers}


def _same_examples(found: Mapping[str, Evaluation]) -> bool:
    references: Sequence[tuple[float, ...]] = [each.conditions.references for each in found.values()]
    return all(each == references[0] for each in references)
