"""The lines at the end of a test run: the table of evaluations, searches, notes, and the ranking of checkpoints."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from pytest_glue.config.options import Options
from pytest_glue.core.evaluation import SYNTHETIC_DATA, Evaluation, Outcome
from pytest_glue.core.formatting import columns, decimal, fitting_digits, seconds
from pytest_glue.core.metrics import Metric, shown_metric
from pytest_glue.core.slices import split_target
from pytest_glue.core.study import EVALUATION, Hyperparameters, Study, Trial
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.from_options import unused_baselines
from pytest_glue.gate.ranking import rank_checkpoints

_COLUMNS = ("task", "checkpoint", "metric", "score", "95% CI", "compared with", "difference", "time", "verdict")
_RIGHT_ALIGNED = ("score", "compared with", "difference", "time")
_DETAILS = (
    *("0 of ", "batching: ", "the interval covers examples and seeds", "standard errors by group: "),
    "trained together with ",
)
"""Beginnings of notes on how a result was computed, which are shown with `-v` only."""
ERROR = "error"
"""The last cell of an item that ended without a verdict."""
_GREEN_ANYWAY = frozenset({"passed", "skipped", "xfailed", "xpassed"})


def table(
    evaluations: Sequence[Evaluation],
    errors: Iterable[str] = (),
    outcomes: Mapping[str, Outcome] | None = None,
) -> list[tuple[str, str | None]]:
    """Return a header, and a line for each evaluation and each error, each with what it says; the header has None.

    A score is compared with its baseline, else its threshold, else the chance level, which is in brackets. A line
    says its verdict, or another word where the test did not end as the verdict says. If the items belong to several
    tests, a column names them.

    Args:
        evaluations: in the order of their lines.
        errors: the node ids of items and files with an error.
        outcomes: of the evaluations' tests, by node id.
    """
    failed = sorted(errors)
    names = _test_names([*(each.nodeid for each in evaluations), *failed])
    rows = [[*_row(each), verdict_text(each, (outcomes or {}).get(each.nodeid))] for each in evaluations]
    rows += [_error_row(nodeid) for nodeid in failed]
    titles: tuple[str, ...] = _COLUMNS
    if len(set(names)) > 1:
        titles, rows = ("test", *titles), [[name, *row] for name, row in zip(names, rows, strict=True)]
    lines = columns(titles, rows, right=_RIGHT_ALIGNED)
    return list(zip(lines, [None, *(row[-1] for row in rows)], strict=True))


def _row(evaluation: Evaluation) -> list[str]:
    """Return the cells of an evaluation without the verdict."""
    metric = shown_metric(evaluation.headline_metric)
    bound, shown_bound = _bound(evaluation, metric)
    score, difference = "undefined", ""
    if (judged := _score(evaluation)) is not None:
        limit = ("≥" if metric.greater_is_better else "≤") if evaluation.n_stopped else ""
        score = f"{limit}{metric.text(judged)}"
        difference = "" if bound is None else f"{limit}{metric.text(judged - bound, '+', judged)}"
    interval = " to ".join(map(metric.text, evaluation.confidence_interval or ()))
    named = [evaluation.task, evaluation.checkpoint.label, evaluation.headline_metric]
    return [*named, score, interval, shown_bound, difference, _time(evaluation)]


def _score(evaluation: Evaluation) -> float | None:
    """Return the score that was judged: with a baseline, that of the runs that trained."""
    compared = evaluation.baseline or {}
    return None if evaluation.score is None else float(compared.get("candidate_score", evaluation.score))


def html_cells(evaluation: Evaluation) -> list[str]:
    """Return score, bound and verdict."""
    _, _, _, score, _, bound, *_ = _row(evaluation)
    return [score, bound, evaluation.verdict]


def verdict_text(evaluation: Evaluation, outcome: Outcome | None) -> str:
    """Return the verdict, with pytest's outcome where a reader of the verdict would expect another."""
    expected = {"failed"} if evaluation.failed else _GREEN_ANYWAY
    return evaluation.verdict if outcome is None or outcome in expected else f"{evaluation.verdict}, test {outcome}"


def _error_row(nodeid: str) -> list[str]:
    task, checkpoint = names_in(nodeid)
    return [task, checkpoint, *[""] * (len(_COLUMNS) - 3), ERROR]


def names_in(nodeid: str, own_tasks: Iterable[str] = ()) -> tuple[str, str]:
    """Return the task and the checkpoint's id in the brackets of a node id; else its last part.

    Args:
        nodeid: of the item.
        own_tasks: the names of tasks beside those of GLUE.
    """
    last = nodeid.rpartition("::")[2]
    bracket = last.partition("[")[2].removesuffix("]")
    for task in sorted({*GLUE, *own_tasks}, key=len, reverse=True):
        if bracket == task or bracket.startswith(f"{task}-"):
            return task, bracket[len(task) + 1 :]
    return bracket or last or "test run", ""


def _test_names(nodeids: Sequence[str]) -> list[str]:
    """Return the name of each item's test function, with its file if two files have functions of one name."""
    tests = [nodeid.partition("[")[0] for nodeid in nodeids]
    short = {test: test.rpartition("::")[2] for test in tests}
    return [short[test] for test in tests] if len(set(short.values())) == len(short) else tests


def _bound(evaluation: Evaluation, metric: Metric) -> tuple[float | None, str]:
    """Return the bound that the score is compared with, and its text; None if there is none."""
    if evaluation.baseline is not None:
        bound = float(evaluation.baseline["baseline_score"])
        return bound, f"{evaluation.baseline['name']} {metric.text(bound)}"
    if evaluation.threshold is not None:
        return evaluation.threshold, metric.text(evaluation.threshold)
    chance = evaluation.judgement.chance
    return chance, "" if chance is None else f"({metric.text(chance)})"


def _time(evaluation: Evaluation) -> str:
    n_cached, n_runs = evaluation.n_cached, len(evaluation.runs)
    if n_cached == n_runs:
        return "cached"
    return seconds(evaluation.duration_s) + (f" ({n_cached} of {n_runs} cached)" if n_cached else "")


def notes(evaluations: Sequence[Evaluation], *, verbose: bool = False) -> list[str]:
    """Return each note once, with the items that have it; notes on how a result was computed only if verbose."""
    noted: dict[str, list[Evaluation]] = defaultdict(list)
    for evaluation in evaluations:
        for note in evaluation.notes:
            if verbose or not note.startswith(_DETAILS):
                noted[note].append(evaluation)
    n_items = len(evaluations)
    return [
        f"{'all' if len(found) == n_items > 1 else ', '.join(_item_names(found, evaluations))}: {note}"
        for note, found in noted.items()
    ]


def _item_names(found: Sequence[Evaluation], evaluations: Sequence[Evaluation]) -> Iterable[str]:
    """Return the tasks of some of the evaluations, each with its checkpoint where others of the task are not there."""
    all_of, some_of = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for each in evaluations:
        all_of[each.task].add(each.checkpoint.label)
    for each in found:
        some_of[each.task].add(each.checkpoint.label)
    names = (
        each.task if some_of[each.task] == all_of[each.task] else f"{each.task} · {each.checkpoint.label}"
        for each in found
    )
    return dict.fromkeys(names)


def summary_lines(options: Options, evaluations: Sequence[Evaluation]) -> list[str]:
    """Return the reasons of inconclusive and certified items, what is not used, the ranking and warnings."""
    reasons = [each.reason for each in evaluations if each.verdict is Verdict.INCONCLUSIVE or each.is_certified]
    unused = [
        f"baseline {path} is no longer used by any item; delete it if it is obsolete"
        for path in unused_baselines(options, evaluations)
    ]
    names = (
        {split_target(target)[0] for target, _ in options.threshold} - {each.task for each in evaluations} - GLUE.keys()
    )
    unused += [f"the threshold of {name} is not used: no item of this test run has this task" for name in sorted(names)]
    ranking = rank_checkpoints(evaluations, options.alpha)
    return [*reasons, *unused, *(ranking_lines(ranking) if ranking else []), *synthetic_lines(evaluations)]


def unchecked_lines(nodeids: Collection[str]) -> list[str]:
    """Return a line about tests that passed without asking for their red verdict."""
    if not nodeids:
        return []
    tests = "1 test" if len(nodeids) == 1 else f"{len(nodeids)} tests"
    return [f"{tests} passed without a check of the red verdict: {', '.join(sorted(nodeids))}"]


def synthetic_lines(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return the warning about synthetic data or a synthetic checkpoint, with the tasks if some have neither."""
    found = [each for each in evaluations if each.is_synthetic]
    if not found:
        return []
    tasks = "" if len(found) == len(evaluations) else f"{', '.join(dict.fromkeys(each.task for each in found))}: "
    return [f"{tasks}{SYNTHETIC_DATA}"]


def ranking_lines(ranking: Mapping[str, Any]) -> list[str]:
    """Return the lines for the result of `rank_checkpoints`."""
    lines: list[str] = []
    for task in ranking["tasks"]:
        metric = shown_metric(task["metric"])
        lower = "" if metric.greater_is_better else ", lower is better"
        lines += ["", f"{task['task']} ({metric.name}{lower}, n={task['n_eval']})"]
        lines += [*_score_lines(task["scores"], metric.text), "", *_pair_lines(task, metric)]
        best = ", ".join(task["best"])
        lines.append(f"best: {best}" if len(task["best"]) == 1 else f"tied for best: {best}")
    if average := ranking["average"]:
        lines += ["", f"average of {average[0]['tasks']} tasks", *_score_lines(average, decimal)]
    return lines


_Text = Callable[..., str]
"""Returns a score for people, as `Metric.text`."""


def _score_lines(scores: Sequence[Mapping[str, Any]], text: _Text) -> list[str]:
    rows = [(each["checkpoint"], text(each["value"]), _interval(each, text), each["covers"]) for each in scores]
    return columns(("checkpoint", "score", "95% CI", "covers"), rows, right=("score",))


_MOST_PAIRS = 10
"""Of a task: those of five checkpoints."""


def _pair_lines(task: Mapping[str, Any], metric: Metric) -> list[str]:
    """Return the lines about a task's pairs of checkpoints; of many pairs those with the one that scored best."""
    pairs = task["pairs"]
    if len(pairs) <= _MOST_PAIRS:
        return _difference_lines(pairs, metric.text)
    first = max(task["scores"], key=lambda each: metric.sign * each["value"])["checkpoint"]
    shown = [each for each in pairs if first in {each["first"], each["second"]}]
    others = f"the other {len(pairs) - len(shown)} pairs are in the JSON report (--glue-json)"
    return [*_difference_lines(shown, metric.text), others]


def _difference_lines(pairs: Sequence[Mapping[str, Any]], text: _Text) -> list[str]:
    rows = []
    for each in pairs:
        p_value = "unknown" if each["p_value"] is None else decimal(each["p_value"])
        pair, value = f"{each['first']} - {each['second']}", text(each["value"], "+")
        rows.append((pair, value, _interval(each, text, "+"), p_value))
    return columns(("difference", "value", "95% CI", "p (Holm)"), rows, right=("value", "p (Holm)"))


def _interval(each: Mapping[str, Any], text: _Text, sign: str = "") -> str:
    return f"{text(each['low'], sign)} to {text(each['high'], sign)}"


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
        best: the best objective so far; None if no trial has one.
        n_trials: planned for the search.
    """
    result = _number(trial.objective) if trial.objective is not None else trial.error or "no score"
    values, best_so_far = _values(trial.hyperparameters), "" if best is None else f"; best {_number(best)}"
    return f"search {name}: trial {trial.number + 1} of {n_trials} {trial.state}: {result} ({values}){best_so_far}"


def _number(objective: float) -> str:
    return decimal(objective, digits=fitting_digits(objective))


def _search_line(study: Study) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in study.counts.items() if count)
    trials = f"{study.terms.backend} ran {len(study.trials)} trials ({counts})"
    parts = [
        f"{trials} on {study.n_train} examples in {seconds(study.duration_s)}",
        f"best {study.objective} {_objective(study)}{_tie(study)} with {_values(study.best.hyperparameters)}",
    ]
    if study.importance and len(study.finished) >= _TRIALS_FOR_IMPORTANCE:
        parts.append("importance: " + ", ".join(f"{name} {share:.0%}" for name, share in study.importance.items()))
    if study.terms.split == EVALUATION:
        parts.append(
            "caution: the trials were scored on the evaluation split, so the score in the table is likely too high"
        )
    return "; ".join(parts)


def _objective(study: Study) -> str:
    if study.best.objective is None:
        raise ValueError(f"the best trial of study {study.name} has no objective")
    return shown_metric(study.objective).text(study.best.objective)


_TRIALS_FOR_IMPORTANCE = 10
"""Complete trials; with fewer, the importance of hyperparameters is mostly noise."""


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
