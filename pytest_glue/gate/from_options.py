"""The criteria that an item's options ask for, and its evaluation as a baseline."""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.chance_bound import has_chance_bound
from pytest_glue.core.checkpoints import ids
from pytest_glue.core.choices import CachePolicy, MissingBaselinePolicy
from pytest_glue.core.environment import library_versions
from pytest_glue.core.errors import MissingBaselineError, OptionError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import count, fitting_digits
from pytest_glue.core.metrics import METRICS, Metric, find_metric
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import MIN_EXAMPLES, Baseline, RecordedGroups
from pytest_glue.gate.baseline_age import BaselineAge
from pytest_glue.gate.certificate import check_certifiable
from pytest_glue.gate.chance import no_chance_level
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.groups import usable
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.gate.scored import scored_runs
from pytest_glue.gate.slices import SliceCriteria

if TYPE_CHECKING:
    from pytest_glue.statistics.scored_runs import ScoredRuns

EXPECTED_SEEDS = (1, 2, 3, 5, 10, 20)
"""The numbers of seeds for which a baseline records the minimum detectable drop."""


def baseline_file(spec: EvaluationSpec) -> Path | None:
    """Return the file that an item is compared with; None if it is judged without a baseline, or skipped.

    Raises:
        MissingBaselineError: the baseline has no file for the item, and `--glue-on-missing-baseline=fail` holds.
    """
    try:
        return _compared_file(spec)
    except MissingBaselineError:
        if spec.options.on_missing_baseline is MissingBaselinePolicy.FAIL:
            raise
        return None


def skip_reason(spec: EvaluationSpec) -> str | None:
    """Return why an item is skipped: `--glue-on-missing-baseline=skip`, and it has no baseline; None if it is run."""
    return _missing(spec) if spec.options.on_missing_baseline is MissingBaselinePolicy.SKIP else None


def _missing(spec: EvaluationSpec) -> str | None:
    """Return the message about a missing baseline; None if it exists or is not needed."""
    try:
        _compared_file(spec)
    except MissingBaselineError as error:
        return str(error)
    return None


def _compared_file(spec: EvaluationSpec) -> Path | None:
    options = spec.options
    if options.compare is None:
        return None
    # A file that this test run saves for one checkpoint must not become the baseline of another one.
    is_saved = options.on_missing_baseline is MissingBaselinePolicy.SAVE
    own_only = set(ids(options.checkpoints)) if is_saved else ()
    return baseline_storage.find(options.storage, options.compare, spec.task.name, spec.checkpoint_id, own_only)


def criteria_of(spec: EvaluationSpec, label: str, family_size: int) -> Criteria:
    """Return the thresholds and the baseline that an item is judged against, without what is read from its data.

    Args:
        spec: the checkpoint is the one that the user named.
        label: the checkpoint's name in messages, with its revision.
        family_size: the number of items of the test run that are compared with a baseline.

    Raises:
        BaselineError: the baseline is missing or damaged.
        OptionError: nothing can be judged without a threshold or a baseline.
    """
    options, file = spec.options, baseline_file(spec)
    rule = None
    if file is not None and options.compare is not None:
        name = file.stem if options.compare.endswith(".json") else options.compare
        analyses = interim_analyses_of(options)
        repeated = analyses if len(analyses) > 1 else ()  # several share the error rate
        baseline = baseline_storage.read(file)
        if spec.is_certified:
            check_certifiable(baseline, str(file), options.seeds)
        rule = RegressionCriterion(
            name,
            str(file),
            baseline,
            spec.max_drop,
            options.alpha,
            family_size,
            repeated,
            options.certify,
            (
                *_choice_notes(spec, options.compare, file),
                *kind_notes(name, baseline.evaluate_only, options.evaluate_only),
            ),
            evaluate_only=options.evaluate_only,
            age=BaselineAge.of(baseline.recorded_at, datetime.now(UTC), options.baseline_max_age),
        )
    check_judged(spec)
    slices = SliceCriteria({}, spec.slice_thresholds) if spec.slice_thresholds else None
    evaluate_only = options.evaluate_only
    return Criteria(spec.task, label, spec.thresholds, rule, options.alpha, slices, evaluate_only=evaluate_only)


def check_judged(spec: EvaluationSpec) -> None:
    """Check, before anything is trained, that an item without a threshold and a baseline can be judged by chance.

    Raises:
        OptionError: its headline metric has no chance level.
    """
    task, metric = spec.task, spec.task.headline_metric
    if metric not in METRICS or spec.thresholds or task.report_only or baseline_file(spec) is not None:
        return
    if not has_chance_bound(metric, task.kind):
        remedy = f"--glue-threshold={task.name}=VALUE, or --glue-compare=NAME"
        raise OptionError(f"task {task.name!r}: {no_chance_level(metric)}, with {remedy}")


def _choice_notes(spec: EvaluationSpec, compare: str, file: Path) -> tuple[str, ...]:
    """Return a note if the file was found by its task only; none if it is the item's own, or the user named it."""
    if compare.endswith(".json") or file.stem == spec.checkpoint_id:
        return ()
    why = f"since {compare} has none of {spec.checkpoint_id} for {spec.task.name}"
    return (f"compared with the baseline of {file.stem}, {why}",)


def kind_notes(name: str, is_baseline_fixed: bool, is_fixed: bool) -> tuple[str, ...]:  # noqa: FBT001 - the two sides
    """Return a note if one of candidate and baseline was fine-tuned and the other evaluated only.

    Args:
        name: of the baseline.
        is_baseline_fixed: whether the baseline was evaluated only.
        is_fixed: whether the candidate was.
    """
    if is_baseline_fixed == is_fixed:
        return ()
    seeds = "this checkpoint's" if is_baseline_fixed else f"{name}'s"
    kinds = ("fine-tuned", "evaluated only") if is_fixed else ("evaluated only", "fine-tuned")
    what = f"{name} was {kinds[0]} and this checkpoint is {kinds[1]}: the comparison covers {seeds} seeds"
    return (f"{what}, and of the data only number and labels of the evaluation examples were compared",)


def interim_analyses_of(options: Options) -> tuple[int, ...]:
    """Return the numbers of seeds after which a verdict is tried: several where seeds may be added, else one."""
    first, last = len(options.seeds), len(options.all_seeds)
    if options.compare is None or last == first:
        return (first,)
    from pytest_glue.statistics.error_rates import interim_analyses

    return interim_analyses(first, last)


def record(spec: EvaluationSpec, evaluation: Evaluation) -> Evaluation:
    """Save the evaluation as a baseline if the options ask for it, and return it with a note about that.

    `--glue-save` and `--glue-on-missing-baseline=save` do. Failed and degenerate evaluations are never saved, and an
    inconclusive one not over the baseline that it was compared with.

    Raises:
        BaselineError: the file cannot be written.
    """
    options, names = spec.options, [spec.options.save]
    if options.on_missing_baseline is MissingBaselinePolicy.SAVE and _missing(spec) is not None:
        names.append(options.compare)
    notes = [_record(spec, evaluation, name) for name in dict.fromkeys(names) if name is not None]
    return replace(evaluation, notes=(*evaluation.notes, *notes)) if notes else evaluation


def _record(spec: EvaluationSpec, evaluation: Evaluation, name: str) -> str:
    """Save the evaluation as a baseline, and return a note about that."""
    options = spec.options
    if evaluation.conditions.n_eval < MIN_EXAMPLES:
        return f"not recorded as baseline {name}: a comparison needs at least {MIN_EXAMPLES} evaluation examples"
    is_trained = evaluation.score is not None and len(evaluation.failed_runs) < len(evaluation.runs)
    if evaluation.judgement.decided_by_hook and not is_trained:
        return f"not recorded as baseline {name}: no run trained that others could be compared with"
    if evaluation.failed or evaluation.verdict is Verdict.DEGENERATE or evaluation.score is None:
        return f"not recorded as baseline {name}: the verdict is {evaluation.verdict}{_cure(spec, evaluation)}"
    file = baseline_storage.path_of(options.storage, name, spec.task.name, spec.checkpoint_id)
    if evaluation.verdict is Verdict.INCONCLUSIVE and _is_of(evaluation, file):
        why = "a drop that is not ruled out, recorded over the baseline that it was compared with, lets it drift"
        return f"not recorded as baseline {name}: the verdict is inconclusive, and {why}; {_LEVEL}"
    drops = _minimum_detectable_drops(evaluation, options.alpha)
    baseline = Baseline.of(evaluation, spec.task, library_versions(), drops, _recorded_groups(evaluation))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    baseline = replace(baseline, recorded_at=now, commit=baseline_storage.commit_of(options.storage))
    note = baseline_storage.write(file, baseline)
    if not evaluation.failed_runs:
        return note
    failed = f"{len(evaluation.failed_runs)} of {count(len(evaluation.runs), 'run')} failed to train"
    return f"{note}; {failed}, and comparisons use the others: record more seeds, as in --glue-seeds=5"


_LEVEL = "to accept this level, record it in a run without --glue-compare, with as many seeds as you can"


def _is_of(evaluation: Evaluation, file: Path) -> bool:
    """Return whether the evaluation was compared with the baseline in this file."""
    return evaluation.baseline is not None and Path(evaluation.baseline["file"]).resolve() == file.resolve()


def _cure(spec: EvaluationSpec, evaluation: Evaluation) -> str:
    """Return how a red item can be recorded after all, as the end of a sentence; empty if it cannot."""
    if evaluation.judgement.decided_by_hook:
        return ", as pytest_glue_verdict decided"
    if evaluation.verdict is Verdict.DEGENERATE:
        return ", so its score says nothing about the checkpoint; change the recipe or the data"
    if evaluation.verdict is not Verdict.FAIL or evaluation.score is None or evaluation.baseline is not None:
        return ""
    if (golden := evaluation.golden) is not None and golden.failed:
        cure = "correct the golden examples, or lower golden_min"
    elif failed := evaluation.judgement.failed_slices:
        cure = f"change the thresholds of {', '.join(each.name for each in failed)}"
    else:
        cure = _cure_of_score(spec, evaluation.score)
    cached = "" if spec.options.cache is CachePolicy.OFF else "; cached runs are not trained again"
    return f"; to record this score, {cure}{cached}"


def _cure_of_score(spec: EvaluationSpec, score: float) -> str:
    metric = find_metric(spec.task.headline_metric)
    if spec.thresholds:
        return f"{'lower' if metric.greater_is_better else 'raise'} its threshold"
    return f"give a threshold such as --glue-threshold={spec.task.name}={_reached_threshold(metric, score)}"


def _reached_threshold(metric: Metric, score: float) -> str:
    """Return a threshold that a score just reaches, with two digits after the point, or as many as its size needs."""
    digits = 2 if metric.is_bounded else fitting_digits(score)
    rounded = (math.floor if metric.greater_is_better else math.ceil)(score * 10**digits) / 10**digits
    return f"{rounded:.{digits}f}"


def check_recordable(spec: EvaluationSpec) -> None:
    """Check before anything is trained that the item's baseline can be written, if it is to be saved.

    Raises:
        BaselineError: its folder or its name does not allow that.
    """
    options = spec.options
    names = [options.save, options.compare if options.on_missing_baseline is MissingBaselinePolicy.SAVE else None]
    for name in names:
        if name is not None:
            file = baseline_storage.path_of(options.storage, name, spec.task.name, spec.checkpoint_id)
            baseline_storage.check_writable(file)


def unused_baselines(
    options: Options, evaluations: Sequence[Evaluation], unfinished: Collection[str | None] = ()
) -> list[Path]:
    """Return the baseline's files of evaluated tasks with which no evaluation was compared.

    A shard returns none: the other shards may use them. Nor is a file of a task returned if an item of it has no
    evaluation, or if every run of one failed to train and had no score to compare.

    Args:
        options: of the test run.
        evaluations: all that it has.
        unfinished: the tasks of its items that have none; None for one that is not known.
    """
    if options.compare is None or options.shard is not None or None in unfinished:
        return []
    uncompared = {each.task for each in evaluations if each.verdict is Verdict.DEGENERATE and not each.baseline}
    tasks = {evaluation.task for evaluation in evaluations} - uncompared - {*unfinished}
    used = {Path(evaluation.baseline["file"]) for evaluation in evaluations if evaluation.baseline}
    unused = baseline_storage.unused(options.storage, options.compare, used)
    return [file for file in unused if file.parent.name in tasks]


def _minimum_detectable_drops(evaluation: Evaluation, alpha: float) -> dict[int, float]:
    from pytest_glue.statistics.planning import drops_detectable_with

    drops = drops_detectable_with(_trained_runs(evaluation), evaluation.headline_metric, EXPECTED_SEEDS, alpha)
    return {seeds: round(drop, max(fitting_digits(drop), 4)) for seeds, drop in drops.items()}


def _recorded_groups(evaluation: Evaluation) -> RecordedGroups | None:
    """Return how much examples depend within groups, for comparisons that are planned without the references."""
    from pytest_glue.statistics.group_design import GroupDesign

    if usable(evaluation.conditions.groups) is None or (runs := _trained_runs(evaluation)).k < 2:
        return None
    design = GroupDesign.of([runs])
    if design.n_groups == design.n_examples or not math.isfinite(design.effect):
        return None
    return RecordedGroups(design.n_groups, round(design.size, 4), round(float(design.effect), 4))


def _trained_runs(evaluation: Evaluation) -> "ScoredRuns":
    failed, conditions = {run.seed for run in evaluation.failed_runs}, evaluation.conditions
    trained = [run for run in evaluation.runs if run.seed not in failed]
    groups = usable(conditions.groups)
    return scored_runs(evaluation.headline_metric, trained, conditions.references, evaluation.kind, groups)
