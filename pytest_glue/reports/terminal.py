"""The lines at the end of a test run: the table of evaluations, searches, notes, and the ranking of checkpoints."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_glue.config.options import Options
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import columns, seconds
from pytest_glue.core.study import EVALUATION, Hyperparameters, Study, Trial
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.from_options import unused_baselines
from pytest_glue.gate.ranking import rank_checkpoints

_COLUMNS = ("task", "checkpoint", "metric", "score", "compared with", "difference", "time", "verdict")
_RIGHT_ALIGNED = ("score", "compared with", "difference", "time")


def table(evaluations: Sequence[Evaluation]) -> list[tuple[str, Verdict | None]]:
    """Return a header and a line for each evaluation, each with its verdict; the header has None.

    A score is compared with its baseline, else its threshold, else the chance level, which is in brackets.
    """
    lines = columns(_COLUMNS, [_row(evaluation) for evaluation in evaluations], right=_RIGHT_ALIGNED)
    return list(zip(lines, [None, *(evaluation.verdict for evaluation in evaluations)], strict=True))


def _row(evaluation: Evaluation) -> tuple[str, ...]:
    bound, shown_bound = _bound(evaluation)
    score, difference = "undefined", ""
    if evaluation.score is not None:
        lower_bound = "≥" if evaluation.n_stopped else ""
        score = f"{lower_bound}{evaluation.score:.3f}"
        difference = f"{lower_bound}{round(evaluation.score - bound, 3) + 0.0:+.3f}"  # never -0.000
    checkpoint, metric = evaluation.checkpoint.label, evaluation.headline_metric
    return evaluation.task, checkpoint, metric, score, shown_bound, difference, _time(evaluation), evaluation.verdict


def _bound(evaluation: Evaluation) -> tuple[float, str]:
    """Return the bound that the score is compared with, and its text."""
    if evaluation.baseline is not None:
        bound = float(evaluation.baseline["baseline_score"])
        return bound, f"{evaluation.baseline['name']} {bound:.3f}"
    if evaluation.threshold is not None:
        return evaluation.threshold, f"{evaluation.threshold:.3f}"
    return evaluation.judgement.chance, f"({evaluation.judgement.chance:.3f})"


def _time(evaluation: Evaluation) -> str:
    n_cached, n_runs = evaluation.n_cached, len(evaluation.runs)
    if n_cached == n_runs:
        return "cached"
    return seconds(evaluation.duration_s) + (f" ({n_cached} of {n_runs} cached)" if n_cached else "")


def notes(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return each note once, with the tasks that have it."""
    tasks_of: dict[str, list[str]] = defaultdict(list)
    for evaluation in evaluations:
        for note in evaluation.notes:
            tasks_of[note].append(evaluation.task)
    n_items = len(evaluations)
    return [
        f"{'all' if len(tasks) == n_items > 1 else ', '.join(dict.fromkeys(tasks))}: {note}"
        for note, tasks in tasks_of.items()
    ]


def summary_lines(options: Options, evaluations: Sequence[Evaluation]) -> list[str]:
    """Return the reasons of inconclusive verdicts, the baselines that are no longer used, and the ranking."""
    reasons = [each.reason for each in evaluations if each.verdict is Verdict.INCONCLUSIVE]
    unused = [
        f"baseline {path} is no longer used by any item; delete it if it is obsolete"
        for path in unused_baselines(options, evaluations)
    ]
    ranking = rank_checkpoints(evaluations, options.alpha)
    return reasons + unused + (ranking_lines(ranking) if ranking else [])


def ranking_lines(ranking: Mapping[str, Any]) -> list[str]:
    """Return the lines for the result of `rank_checkpoints`."""
    lines: list[str] = []
    for task in ranking["tasks"]:
        lines += ["", f"{task['task']} ({task['metric']}, n={task['n_eval']})", *_score_lines(task["scores"])]
        lines += ["", *_difference_lines(task["pairs"])]
        best = ", ".join(task["best"])
        lines.append(f"best: {best}" if len(task["best"]) == 1 else f"tied for best: {best}")
    if average := ranking["average"]:
        lines += ["", f"average of {average[0]['tasks']} tasks", *_score_lines(average)]
    return lines


def _score_lines(scores: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [(each["checkpoint"], f"{each['value']:.3f}", _interval(each), each["covers"]) for each in scores]
    return columns(("checkpoint", "score", "95% CI", "covers"), rows, right=("score",))


def _difference_lines(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = []
    for each in pairs:
        p_value = "unknown" if each["p_value"] is None else f"{each['p_value']:.3f}"
        rows.append((f"{each['first']} - {each['second']}", f"{each['value']:+.3f}", _interval(each, "+"), p_value))
    return columns(("difference", "value", "95% CI", "p (Holm)"), rows, right=("value", "p (Holm)"))


def _interval(each: Mapping[str, Any], sign: str = "") -> str:
    return f"{each['low']:{sign}.3f} to {each['high']:{sign}.3f}"


def search_lines(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return a line for each item whose hyperparameters were searched."""
    return [
        f"{evaluation.task} · {evaluation.checkpoint.label}: {_search_line(evaluation.search)}"
        for evaluation in evaluations
        if evaluation.search
    ]


def trial_line(name: str, trial: Trial, best: float | None, n_trials: int) -> str:
    """Return the line about a trial that has ended.

    Args:
        name: of the item.
        trial: that has ended.
        best: the highest objective so far; None if no trial has one.
        n_trials: planned for the search.
    """
    result = f"{trial.objective:.3f}" if trial.objective is not None else trial.error or "no score"
    values, best_so_far = _values(trial.hyperparameters), "" if best is None else f"; best {best:.3f}"
    return f"search {name}: trial {trial.number + 1} of {n_trials} {trial.state}: {result} ({values}){best_so_far}"


def _search_line(study: Study) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in study.counts.items() if count)
    trials = f"{study.terms.backend} ran {len(study.trials)} trials ({counts})"
    parts = [
        f"{trials} on {study.n_train} examples in {seconds(study.duration_s)}",
        f"best {study.objective} {study.best.objective:.3f}{_tie(study)} with {_values(study.best.hyperparameters)}",
    ]
    if study.importance:
        parts.append("importance: " + ", ".join(f"{name} {share:.0%}" for name, share in study.importance.items()))
    if study.terms.split == EVALUATION:
        parts.append(
            "caution: the trials were scored on the evaluation split, so the score in the table is likely too high"
        )
    return "; ".join(parts)


def _tie(study: Study) -> str:
    n_others = sum(trial.objective == study.best.objective for trial in study.finished) - 1
    if not n_others:
        return ""
    others = "1 other trial" if n_others == 1 else f"{n_others} other trials"
    return f" (also reached by {others}; the lowest loss decided)"


def _values(hyperparameters: Hyperparameters) -> str:
    return ", ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in hyperparameters.items()
    )
