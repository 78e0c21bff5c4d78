"""Calls the hooks about one item and applies what they return; `hookspecs` specifies them.

`item.ihook` leaves out the `conftest.py` files of folders that the item is not in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import GlueError, HookError, closest
from pytest_glue.core.formatting import decimal
from pytest_glue.core.recipe import recipe_notes
from pytest_glue.core.verdict import Verdict

if TYPE_CHECKING:
    import pytest

    from pytest_glue.config.options import Options
    from pytest_glue.core.choices import InconclusivePolicy
    from pytest_glue.core.evaluation import Evaluation
    from pytest_glue.core.runs import Run, Scores
    from pytest_glue.core.tasks import Task

RUN_HOOKS = ("pytest_glue_training_arguments",)
"""The hooks whose code a run depends on."""


def implemented(item: pytest.Item, names: Sequence[str]) -> list[str]:
    """Return those of the hooks that have an implementation for the item."""
    return [name for name in names if getattr(item.ihook, name).get_hookimpls()]


def with_changed_recipe(item: Any, options: Options, task: Task) -> Options:
    """Return the options with the fields of the recipe that `pytest_glue_training_arguments` changes.

    Raises:
        HookError: a field or its value is not accepted, or the task cannot use it.
    """
    if not implemented(item, RUN_HOOKS):
        return options
    from pytest_glue.execution.pipeline import make_training_arguments

    with make_training_arguments(options, task, item.callspec.id) as arguments:
        returned = item.ihook.pytest_glue_training_arguments(item=item, arguments=arguments, task=task)
    changes: dict[str, Any] = {}
    for each in reversed(returned):
        changes |= _checked_changes(each)
    if notes := recipe_notes(task, changes):
        raise HookError(f"pytest_glue_training_arguments: {task.name} would be {'; '.join(notes)}")
    return options.replace(recipe={**options.recipe, **changes})


def _checked_changes(returned: Any) -> Mapping[str, Any]:
    from pytest_glue.config.training_fields import find_field

    hook = "pytest_glue_training_arguments"
    try:
        return {name: find_field(name).check(value) for name, value in _mapping(returned, hook).items()}
    except GlueError as error:
        raise HookError(f"{hook}: {error}") from None


def with_own_metrics(item: pytest.Item, task: Task, evaluation: Evaluation) -> Evaluation:
    """Return the evaluation with the scores that `pytest_glue_metrics` adds to each run, and a note on their means.

    Raises:
        HookError: a name is taken already, or a score is no number.
    """
    hook, references = item.ihook.pytest_glue_metrics, evaluation.conditions.references
    found = [
        _own_scores(hook(item=item, task=task, run=run, references=references), run.metrics) for run in evaluation.runs
    ]
    names = list(dict.fromkeys(name for scores in found for name in scores))
    if not names:
        return evaluation
    pairs = zip(evaluation.runs, found, strict=True)
    runs = tuple(_with(run, {name: own.get(name) for name in names}) for run, own in pairs)
    means = replace(evaluation, runs=runs).metrics
    shown = [f"{name} {'undefined' if (mean := means[name]) is None else decimal(mean)}" for name in names]
    note = f"pytest_glue_metrics: {', '.join(shown)}"
    return replace(evaluation, runs=runs, notes=(*evaluation.notes, note))


def _with(run: Run, own: Scores) -> Run:
    return replace(run, metrics={**run.metrics, **own})


def _own_scores(returned: Sequence[Any], metrics: Scores) -> Scores:
    hook = "pytest_glue_metrics"
    scores: dict[str, float | None] = {}
    for name, value in (pair for each in returned for pair in _mapping(each, hook).items()):
        if not isinstance(name, str) or name in metrics or name in scores:
            taken = ", ".join([*metrics, *scores])
            raise HookError(f"{hook} returned a score named {name!r}: expected a name that is not among {taken}")
        if value is not None and (isinstance(value, bool) or not isinstance(value, Real)):
            raise HookError(f"{hook} returned {name}={value!r}: expected a number, or None for an undefined score")
        scores[name] = None if value is None or not isfinite(value) else float(value)
    return scores


def with_hook_verdict(
    item: pytest.Item, task: Task, evaluation: Evaluation, inconclusive: InconclusivePolicy
) -> Evaluation:
    """Return the evaluation with the verdict of `pytest_glue_verdict`, and a note on what holds without it.

    Args:
        item: that is evaluated.
        task: of the item.
        evaluation: with the verdict of the plugin.
        inconclusive: whether an inconclusive verdict fails the test.

    Raises:
        HookError: the hook returned no verdict with a sentence.
    """
    returned = item.ihook.pytest_glue_verdict(item=item, task=task, evaluation=evaluation)
    if returned is None:
        return evaluation
    from pytest_glue.execution.evaluate import fails_test

    verdict, sentence = _checked_verdict(returned)
    own = evaluation.judgement
    decider = f"decided by pytest_glue_verdict; without it: {own.verdict}"
    reason = f"{task.name} · {evaluation.checkpoint.label}: {sentence} ({decider})"
    judgement = replace(own, verdict=verdict, reason=reason, decided_by_hook=True)
    note = f"pytest_glue_verdict decided; without it the verdict is {own.verdict}: {own.reason}"
    failed = fails_test(verdict, inconclusive)
    return replace(evaluation, judgement=judgement, failed=failed, notes=(*evaluation.notes, note))


def _checked_verdict(returned: Any) -> tuple[Verdict, str]:
    match returned:
        case (str(verdict), str(sentence)) if sentence:
            if verdict not in list(Verdict):
                raise HookError(f"pytest_glue_verdict returned the verdict {verdict!r}: {closest(verdict, Verdict)}")
            return Verdict(verdict), sentence
    message = f"pytest_glue_verdict returned {returned!r}: expected a verdict and its sentence, as in ('fail', 'slow')"
    raise HookError(message)


def _mapping(returned: Any, hook: str) -> Mapping[Any, Any]:
    if not isinstance(returned, Mapping):
        raise HookError(f"{hook} returned {returned!r}: expected a mapping from names to values, or None")
    return returned
