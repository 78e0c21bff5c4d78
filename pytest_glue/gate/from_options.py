"""The gate: what was asked for as the criteria of an item, and an evaluation as the next baseline."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint, ids
from pytest_glue.core.environment import library_versions
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.tasks import Task
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion

EXPECTED_SEEDS = (1, 2, 3, 5, 10, 20)
"""Numbers of a candidate's seeds for which a baseline says what it will be able to show."""


def baseline_file(options: Options, task: Task, checkpoint: Checkpoint) -> Path | None:
    """Return the file that an item is compared with; None where nothing is compared.

    Raises:
        BaselineError: there is none.
    """
    if options.compare is None:
        return None
    return baseline_storage.find(options.storage, options.compare, task.name, _id(options, checkpoint))


def criteria_of(options: Options, task: Task, checkpoint: Checkpoint, label: str, family_size: int) -> Criteria:
    """Return what an item is held against.

    Args:
        options: of the item.
        task: of the item.
        checkpoint: of the item, as asked for.
        label: of the checkpoint, with its revision where it has one.
        family_size: how many items of the test run are compared with a baseline.

    Raises:
        BaselineError: the baseline is missing or damaged.
    """
    file = baseline_file(options, task, checkpoint)
    rule = None
    if file is not None and options.compare is not None:
        name = file.stem if options.compare.endswith(".json") else options.compare
        rule = RegressionCriterion(
            name,
            str(file),
            baseline_storage.read(file),
            options.max_drop_of(task),
            options.alpha,
            family_size,
            _repeated(options),
        )
    return Criteria(task, label, options.thresholds_of(task), rule)


def interim_analyses_of(options: Options) -> tuple[int, ...]:
    """Return after how many seeds a verdict is tried: once, or several times where seeds may be added."""
    first, last = len(options.seeds), len(options.all_seeds)
    if options.compare is None or last == first:
        return (first,)
    from pytest_glue.statistics.error_rates import interim_analyses

    return interim_analyses(first, last)


def record(options: Options, task: Task, checkpoint: Checkpoint, evaluation: Evaluation) -> Evaluation:
    """Save the evaluation as a baseline where that was asked for, and return it with a note of what was done.

    An item that is red or degenerate is not recorded: what nobody is content with is nothing to compare with.

    Raises:
        BaselineError: the file cannot be written.
    """
    if options.save is None:
        return evaluation
    if evaluation.failed or evaluation.verdict is Verdict.DEGENERATE or evaluation.score is None:
        note = f"not recorded as {options.save}, since its verdict is {evaluation.verdict}"
    else:
        file = baseline_storage.path_of(options.storage, options.save, task.name, _id(options, checkpoint))
        note = baseline_storage.write(
            file, Baseline.of(evaluation, task, library_versions(), _visible_drops(options, evaluation))
        )
    return replace(evaluation, notes=(*evaluation.notes, note))


def unused_baselines(options: Options, evaluations: Sequence[Evaluation]) -> list[Path]:
    """Return the files of the baseline, of tasks that were evaluated, that no evaluation was compared with.

    Of a part of the items nobody can tell.
    """
    if options.compare is None or options.shard is not None:
        return []
    tasks = {evaluation.task for evaluation in evaluations}
    used = {Path(evaluation.baseline["file"]) for evaluation in evaluations if evaluation.baseline}
    unused = baseline_storage.unused(options.storage, options.compare, used)
    return [file for file in unused if file.parent.name in tasks]


def _repeated(options: Options) -> tuple[int, ...]:
    """Return the looks where there are several, which then share the error rate."""
    interim_analyses = interim_analyses_of(options)
    return interim_analyses if len(interim_analyses) > 1 else ()


def _visible_drops(options: Options, evaluation: Evaluation) -> dict[int, float]:
    from pytest_glue.statistics.power import minimum_detectable_drops

    drops = minimum_detectable_drops(
        [run.predictions for run in evaluation.runs],
        evaluation.conditions.references,
        evaluation.headline_metric,
        EXPECTED_SEEDS,
        alpha=options.alpha,
    )
    return {seeds: round(drop, 4) for seeds, drop in drops.items()}


def _id(options: Options, checkpoint: Checkpoint) -> str:
    """Return the checkpoint's part of the item's id."""
    names = {each: name for name, each in ids([*options.checkpoints, checkpoint]).items()}
    return names[checkpoint]
