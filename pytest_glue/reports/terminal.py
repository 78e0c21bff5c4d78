"""The table at the end of a test run."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from pytest_glue.config.options import Options
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import columns, seconds
from pytest_glue.core.study import EVALUATION, Hyperparameters, Study, Trial
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.from_options import unused_baselines
from pytest_glue.gate.ranking import rank_checkpoints


def ranking_lines(ranks: Mapping[str, Any]) -> list[str]:
    """Return the lines for what `rank_checkpoints` found."""
    lines: list[str] = []
    for task in ranks["tasks"]:
        lines += ["", f"{task['task']} ({task['metric']}, n={task['n_eval']})", *_scores(task["scores"])]
        lines += ["", *_pairs(task["pairs"])]
        best = ", ".join(task["best"])
        lines.append(f"best: {best}" if len(task["best"]) == 1 else f"tied for best: {best}")
    if ranks["average"]:
        lines += ["", f"average of {ranks['average'][0]['tasks']} tasks", *_scores(ranks["average"])]
    return lines


def _scores(scores: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [(each["checkpoint"], f"{each['value']:.3f}", _interval(each), each["covers"]) for each in scores]
    return columns(("checkpoint", "score", "95% CI", "covers"), rows, right=("score",))


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        (
            f"{each['first']} - {each['second']}",
            f"{each['value']:+.3f}",
            _interval(each, sign="+"),
            "unknown" if each["p_value"] is None else f"{each['p_value']:.3f}",
        )
        for each in pairs
    ]
    return columns(("difference", "value", "95% CI", "p (Holm)"), rows, right=("value", "p (Holm)"))


def _interval(each: Mapping[str, Any], sign: str = "") -> str:
    return f"{each['low']:{sign}.3f} to {each['high']:{sign}.3f}"


_COLUMNS = ("task", "checkpoint", "metric", "score", "compared with", "difference", "time", "verdict")
_RIGHT = ("score", "compared with", "difference", "time")


def table(evaluations: Sequence[Evaluation]) -> list[tuple[str, Verdict | None]]:
    """Return the lines, each with the verdict that colours it; the header has none.

    A number in brackets is no threshold but what knowing nothing scores.
    """
    lines = columns(_COLUMNS, [_row(evaluation) for evaluation in evaluations], right=_RIGHT)
    return list(zip(lines, chain([None], (evaluation.verdict for evaluation in evaluations)), strict=True))


def notes(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return what a reader should know beside the table: each note once, with the items that it is about."""
    items: dict[str, list[str]] = defaultdict(list)
    for evaluation in evaluations:
        for note in evaluation.notes:
            items[note].append(evaluation.task)
    return [f"{_named(tasks, len(evaluations))}: {note}" for note, tasks in items.items()]


def _named(tasks: Sequence[str], n_evaluations: int) -> str:
    return "all" if len(tasks) == n_evaluations > 1 else ", ".join(dict.fromkeys(tasks))


def _row(evaluation: Evaluation) -> tuple[str, ...]:
    bound, text = _bound(evaluation)
    at_least = "≥" if evaluation.n_stopped else ""
    return (
        evaluation.task,
        evaluation.checkpoint.label,
        evaluation.headline_metric,
        "undefined" if evaluation.score is None else f"{at_least}{evaluation.score:.3f}",
        text,
        "" if evaluation.score is None else f"{at_least}{round(evaluation.score - bound, 3) + 0.0:+.3f}",
        _time(evaluation),
        evaluation.verdict,
    )


def _time(evaluation: Evaluation) -> str:
    """Return how long the item took, or that none or not all of its runs had to be trained."""
    cached, runs = evaluation.n_cached, len(evaluation.runs)
    if cached == runs:
        return "cached"
    return seconds(evaluation.duration_s) + (f" ({cached} of {runs} cached)" if cached else "")


def _bound(evaluation: Evaluation) -> tuple[float, str]:
    """Return what the score is shown against: baseline before threshold before knowing nothing."""
    if evaluation.baseline is not None:
        bound = float(evaluation.baseline["baseline_score"])
        return bound, f"{evaluation.baseline['name']} {bound:.3f}"
    if evaluation.threshold is not None:
        return evaluation.threshold, f"{evaluation.threshold:.3f}"
    return evaluation.judgement.chance, f"({evaluation.judgement.chance:.3f})"


def summary_lines(options: Options, evaluations: Sequence[Evaluation]) -> list[str]:
    """Return the reasons of open verdicts, the records that nobody compares with any more, and the ranking.

    Args:
        options: of the test run.
        evaluations: in the order of node ids.
    """
    open_verdicts = [each.reason for each in evaluations if each.verdict is Verdict.INCONCLUSIVE]
    unused = unused_baselines(options, evaluations)
    lines = [f"no item is compared with {path} any more: delete it if it has had its day" for path in unused]
    found = rank_checkpoints(evaluations, options.alpha)
    return open_verdicts + lines + (ranking_lines(found) if found else [])


def search_lines(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return what each search found, an item a line."""
    return [
        f"{evaluation.task} · {evaluation.checkpoint.label}: {_found(evaluation.search)}"
        for evaluation in evaluations
        if evaluation.search
    ]


def trial_line(name: str, trial: Trial, best: float | None, trials: int) -> str:
    """Return what is said of a trial that has ended.

    Args:
        name: the item's.
        trial: that has ended.
        best: the highest objective so far; None where no trial has one.
        trials: how many there will be.
    """
    found = f"{trial.objective:.3f}" if trial.objective is not None else trial.error or "no score"
    rest = "" if best is None else f"; best {best:.3f}"
    return (
        f"search {name}: trial {trial.number + 1} of {trials} {trial.state}: {found} "
        f"({_values(trial.hyperparameters)}){rest}"
    )


def _found(study: Study) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in study.counts.items() if count)
    caution = (
        ", scored on the split that the verdict is given on, so that it is the best of many tries there"
        if study.terms.split == EVALUATION
        else ""
    )
    tied = [trial for trial in study.finished if trial.objective == study.best.objective]
    others = "1 other" if len(tied) == 2 else f"{len(tied) - 1} others"
    doubt = f" (as had {others}; its loss was the lowest)" if len(tied) > 1 else ""
    return (
        f"{study.terms.backend} tried {len(study.trials)} ({counts}) on {study.n_train} examples in "
        f"{seconds(study.duration_s)}{caution}; best {study.objective} {study.best.objective:.3f}{doubt} with "
        f"{_values(study.best.hyperparameters)}{_importance(study.importance)}"
    )


def _importance(shares: Mapping[str, float]) -> str:
    listed = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return f"; importance: {listed}" if listed else ""


def _values(hyperparameters: Hyperparameters) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in hyperparameters.items())


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
