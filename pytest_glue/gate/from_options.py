"""The criteria that an item's options ask for, and its evaluation as a baseline."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.environment import library_versions
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion

EXPECTED_SEEDS = (1, 2, 3, 5, 10, 20)
"""The numbers of seeds for which a baseline records the minimum detectable drop."""


def baseline_file(spec: EvaluationSpec) -> Path | None:
    """Return the file that an item is compared with; None without `--glue-compare`.

    Raises:
        BaselineError: the baseline has no file for the item.
    """
    options = spec.options
    if options.compare is None:
        return None
    return baseline_storage.find(options.storage, options.compare, spec.task.name, spec.checkpoint_id)


def criteria_of(spec: EvaluationSpec, label: str, family_size: int) -> Criteria:
    """Return the thresholds and the baseline that an item is judged against.

    Args:
        spec: the checkpoint is the one that the user named.
        label: the checkpoint's name in messages, with its revision.
        family_size: the number of items of the test run that are compared with a baseline.

    Raises:
        BaselineError: the baseline is missing or damaged.
    """
    options, file = spec.options, baseline_file(spec)
    rule = None
    if file is not None and options.compare is not None:
        name = file.stem if options.compare.endswith(".json") else options.compare
        analyses = interim_analyses_of(options)
        repeated = analyses if len(analyses) > 1 else ()  # several share the error rate
        baseline = baseline_storage.read(file)
        rule = RegressionCriterion(name, str(file), baseline, spec.max_drop, options.alpha, family_size, repeated)
    return Criteria(spec.task, label, spec.thresholds, rule)


def interim_analyses_of(options: Options) -> tuple[int, ...]:
    """Return the numbers of seeds after which a verdict is tried: several where seeds may be added, else one."""
    first, last = len(options.seeds), len(options.all_seeds)
    if options.compare is None or last == first:
        return (first,)
    from pytest_glue.statistics.error_rates import interim_analyses

    return interim_analyses(first, last)


def record(spec: EvaluationSpec, evaluation: Evaluation) -> Evaluation:
    """Save the evaluation as a baseline if `--glue-save` is given, and return it with a note about that.

    Failed and degenerate evaluations are never saved.

    Raises:
        BaselineError: the file cannot be written.
    """
    options = spec.options
    if options.save is None:
        return evaluation
    if evaluation.failed or evaluation.verdict is Verdict.DEGENERATE or evaluation.score is None:
        note = f"not recorded as baseline {options.save}: the verdict is {evaluation.verdict}"
    else:
        file = baseline_storage.path_of(options.storage, options.save, spec.task.name, spec.checkpoint_id)
        drops = _minimum_detectable_drops(evaluation, options.alpha)
        note = baseline_storage.write(file, Baseline.of(evaluation, spec.task, library_versions(), drops))
    return replace(evaluation, notes=(*evaluation.notes, note))


def unused_baselines(options: Options, evaluations: Sequence[Evaluation]) -> list[Path]:
    """Return the baseline's files of evaluated tasks with which no evaluation was compared.

    A shard returns none: the other shards may use them.
    """
    if options.compare is None or options.shard is not None:
        return []
    tasks = {evaluation.task for evaluation in evaluations}
    used = {Path(evaluation.baseline["file"]) for evaluation in evaluations if evaluation.baseline}
    unused = baseline_storage.unused(options.storage, options.compare, used)
    return [file for file in unused if file.parent.name in tasks]


def _minimum_detectable_drops(evaluation: Evaluation, alpha: float) -> dict[int, float]:
    from pytest_glue.statistics.power import minimum_detectable_drops

    drops = minimum_detectable_drops(
        [run.predictions for run in evaluation.runs],
        evaluation.conditions.references,
        evaluation.headline_metric,
        EXPECTED_SEEDS,
        alpha=alpha,
    )
    return {seeds: round(drop, 4) for seeds, drop in drops.items()}
