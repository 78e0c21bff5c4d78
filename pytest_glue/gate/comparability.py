"""Checks that a candidate and a baseline used the same data, metric, recipe and search."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.formatting import count
from pytest_glue.core.recipe import WITHOUT_EFFECT
from pytest_glue.core.runs import RunConditions
from pytest_glue.core.study import SearchConfig
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.gate.baseline import MIN_EXAMPLES, Baseline
from pytest_glue.gate.scored import scores_of


def check_comparable(baseline: Baseline, file: str, task: Task, conditions: RunConditions) -> None:
    """Check that a candidate is trained and scored as the baseline was, and that the baseline is consistent.

    If one of the two was fine-tuned and the other evaluated only, what concerns the training is not compared.

    Args:
        baseline: the recorded baseline.
        file: the path of the baseline, for messages.
        task: the candidate's task.
        conditions: the conditions of the candidate's runs.

    Raises:
        BaselineError: they differ; the message names every difference and the remedy.
    """
    check_examples(file, conditions.n_eval)
    differences = [
        *_different("task", baseline.task, task.name),
        *_different("headline metric", baseline.headline_metric, task.headline_metric),
        *_different("labels", list(baseline.labels), [] if task.name in GLUE else list(task.labels)),
        *_different("evaluation split", baseline.evaluation_split, task.evaluation_split),
        *_different("number of evaluation examples", baseline.n_eval, conditions.n_eval),
    ]
    are_alike = baseline.evaluate_only == conditions.evaluate_only
    if are_alike:
        differences += [
            *_different("number of training examples", baseline.n_train, conditions.n_train),
            *_search_differences(baseline.search, conditions.terms),
            *_recipe_differences(baseline.recipe, conditions.recipe, conditions.terms),
        ]
    if are_alike and not differences:
        differences = list(_different("digest of the data", baseline.data_digest[:19], conditions.data_digest[:19]))
    if conditions.unlabelled_digest is not None:
        recorded, used = baseline.unlabelled_digest or "none", conditions.unlabelled_digest
        differences += _different("digest of the unlabelled texts", recorded[:19], used[:19])
    if differences:
        remedy = "Use the same settings, or record the baseline again with --glue-save"
        raise BaselineError(f"baseline {file} does not fit this item: {'; '.join(differences)}. {remedy}")
    for contradiction in _contradictions(baseline, conditions.references, task):
        remedy = "Restore the file or record it again; scores of an overridden glue_compute_metrics cannot be compared"
        raise BaselineError(f"baseline {file} contradicts itself: {contradiction}. {remedy}")


def check_examples(file: str, n_eval: int) -> None:
    """Check that a comparison has enough examples.

    Raises:
        BaselineError: it has one.
    """
    if n_eval < MIN_EXAMPLES:
        few = f"{count(n_eval, 'evaluation example')}, and a comparison needs {MIN_EXAMPLES} or more"
        raise BaselineError(f"nothing can be compared with baseline {file}: this item has {few}. Use a larger split")


def _contradictions(baseline: Baseline, references: Sequence[float], task: Task) -> Iterator[str]:
    """Yield a clause for each run whose recorded score is not that of its recorded predictions."""
    runs = [run for run in baseline.runs if run.predictions]
    try:
        scores = scores_of(baseline.headline_metric, runs, references, task.kind)
    except ValueError as error:
        yield str(error)
        return
    for run, found in zip(runs, scores, strict=True):
        recorded = run.metrics[baseline.headline_metric]
        if not (math.isnan(found) if recorded is None else abs(recorded - found) < _ROUNDING * max(1.0, abs(recorded))):
            scored = "have no score" if math.isnan(found) else f"score {found:.6g}"
            yield f"its {baseline.headline_metric} of seed {run.seed} is {recorded}, its predictions {scored}"


_ROUNDING = 1e-4
"""Recorded predictions have four decimals; that changes a correlation by less than this, and a mean error e by less
than this times the larger of e and 1."""


def _search_differences(recorded: SearchConfig | None, used: SearchConfig | None) -> Iterator[str]:
    """Yield the differences; a given recipe is not compared with the best of many trials, which would be unfair."""
    if recorded is None or used is None:
        yield from _different("hyperparameters", _found(recorded), _found(used))
        return
    for field in fields(SearchConfig):
        yield from _different(f"search's {field.name}", getattr(recorded, field.name), getattr(used, field.name))


def _found(search: SearchConfig | None) -> str:
    return "given" if search is None else f"searched with {search.backend}"


def _recipe_differences(
    recorded: Mapping[str, Any], used: Mapping[str, Any], search: SearchConfig | None
) -> Iterator[str]:
    searched = set(search.space) if search else set()
    for name in sorted((recorded.keys() | used.keys()) - WITHOUT_EFFECT - searched):
        yield from _different(f"recipe's {name}", recorded.get(name, "default"), used.get(name, "default"))


def _different(what: str, recorded: object, now: object) -> Iterator[str]:
    if recorded != now:
        yield f"{what} {recorded} in the baseline, {now} here"
