"""The searches, as lines below the table."""

from collections.abc import Mapping, Sequence

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import seconds
from pytest_glue.core.study import EVALUATION, Hyperparameters, Study, Trial


def search_lines(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return what each search found, an item a line."""
    return [
        f"{evaluation.task} · {evaluation.checkpoint.label}: {_found(evaluation.search)}"
        for evaluation in evaluations
        if evaluation.search
    ]


def progress(name: str, trial: Trial, best: float | None, trials: int) -> str:
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
