"""Compatibility: a baseline of other data, another metric or another recipe says nothing about a candidate."""

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_glue.errors import BaselineError
from pytest_glue.judge.baseline import Baseline
from pytest_glue.recipe import WITHOUT_EFFECT
from pytest_glue.tasks import Task


def check_compatible(
    baseline: Baseline, task: Task, *, n_train: int, n_eval: int, data_digest: str, recipe: Mapping[str, Any]
) -> None:
    """Make sure that the candidate was trained and scored as the baseline was.

    Raises:
        BaselineError: it was not; the message names every difference and the remedy.
    """
    differences = [
        *_different("task", baseline.task, task.name),
        *_different("headline metric", baseline.headline_metric, task.headline_metric),
        *_different("evaluation split", baseline.evaluation_split, task.evaluation_split),
        *_different("number of training examples", baseline.n_train, n_train),
        *_different("number of evaluation examples", baseline.n_eval, n_eval),
        *_recipe_differences(baseline.recipe, recipe),
    ]
    if not differences:
        differences = list(_different("digest of the data", baseline.data_digest[:19], data_digest[:19]))
    if differences:
        raise BaselineError(f"it is of something else: {'; '.join(differences)}")


def _recipe_differences(recorded: Mapping[str, Any], used: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted((recorded.keys() | used.keys()) - WITHOUT_EFFECT):
        yield from _different(f"recipe's {name}", recorded.get(name, "default"), used.get(name, "default"))


def _different(what: str, recorded: object, now: object) -> Iterator[str]:
    if recorded != now:
        yield f"{what} {recorded} there, {now} here"
