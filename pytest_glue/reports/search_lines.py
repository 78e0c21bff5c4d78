"""Lines about hyperparameter searches: one for each trial, and one for each search."""

from collections.abc import Iterable

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import count, decimal, fitting_digits, seconds
from pytest_glue.core.metrics import shown_metric
from pytest_glue.core.study import EVALUATION, Hyperparameters, Study, Trial


def search_lines(evaluations: Iterable[Evaluation]) -> list[str]:
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
    result = _number(trial.objective) if trial.objective is not None else trial.error or "undefined"
    values, best_so_far = _values(trial.hyperparameters), "" if best is None else f"; best {_number(best)}"
    return f"search {name}: trial {trial.number + 1} of {n_trials} {trial.state}: {result} ({values}){best_so_far}"


def _number(objective: float) -> str:
    return decimal(objective, digits=fitting_digits(objective))


def _search_line(study: Study) -> str:
    counts = ", ".join(f"{number} {state}" for state, number in study.counts.items() if number)
    trials = f"{study.terms.backend} ran {len(study.trials)} trials ({counts})"
    best = shown_metric(study.objective).text(study.best.objective)
    parts = [
        f"{trials} on {study.n_train} examples in {seconds(study.duration_s)}",
        f"best {study.objective} {best}{_tie(study)} with {_values(study.best.hyperparameters)}",
    ]
    if study.importance and len(study.finished) >= _TRIALS_FOR_IMPORTANCE:
        parts.append("importance: " + ", ".join(f"{name} {share:.0%}" for name, share in study.importance.items()))
    if study.terms.split == EVALUATION:
        parts.append(
            "caution: the trials were scored on the evaluation split, so the score in the table is likely too high"
        )
    return "; ".join(parts)


_TRIALS_FOR_IMPORTANCE = 10
"""Complete trials; with fewer, the importance of hyperparameters is mostly noise."""


def _tie(study: Study) -> str:
    n_others = sum(trial.objective == study.best.objective for trial in study.finished) - 1
    if not n_others or study.best.objective is None:
        return ""
    return f" (also reached by {count(n_others, 'other trial')}; the lowest loss decided)"


def _values(hyperparameters: Hyperparameters) -> str:
    return ", ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in hyperparameters.items()
    )
