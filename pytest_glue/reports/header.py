"""The header of a test run: what is evaluated, on which data and device, and warnings about power and memory."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.chance import least_chance_level
from pytest_glue.core.checkpoints import SAMPLE, Origin
from pytest_glue.core.environment import expected_device, header_versions
from pytest_glue.core.errors import GlueError
from pytest_glue.core.evaluation import SYNTHETIC_CHECKPOINT, SYNTHETIC_DATA
from pytest_glue.core.formatting import count, printable, shortened
from pytest_glue.core.metrics import find_metric
from pytest_glue.core.tasks import Task
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_storage import read
from pytest_glue.gate.from_options import baseline_file, interim_analyses_of
from pytest_glue.gate.planning import run_variance, runs_that_trained, trained_runs
from pytest_glue.gate.slices import SHARE
from pytest_glue.statistics.failure_rates import seeds_that_tolerate, tolerated_failure_rate

if TYPE_CHECKING:
    from pytest_glue.statistics.run_variance import RunVariance


def header(options: Options, workers: int = 1, *, collect_only: bool = False) -> list[str]:
    """Return the header's lines, with a memory warning if so many processes fine-tune on this machine.

    If items are only collected, warnings about error rates and power are left out: they need numpy. If checkpoints are
    evaluated only, these warnings are left out too: nothing can fail to train, and no number of seeds is chosen.
    """
    is_planned = not collect_only and not options.evaluate_only
    of_designs = [*failure_warnings(options), *design_warnings(options), *power_warnings(options)] if is_planned else []
    lines = [*_what(options), *threshold_warnings(options), *of_designs, *_memory_warnings(options, workers)]
    uses_sample = options.data == SAMPLE and any(task.data is None for task in options.tasks)
    if uses_sample or any(each.origin is Origin.SAMPLE for each in options.checkpoints):
        lines.append(SYNTHETIC_DATA if uses_sample else SYNTHETIC_CHECKPOINT)
    return [f"glue: {printable(line)}" for line in lines]


def _what(options: Options) -> list[str]:
    tasks = ", ".join(task.name for task in options.tasks)
    checkpoints = ", ".join(str(each) if each.role else each.label for each in options.checkpoints) or "none"
    seeds = "evaluated only" if options.evaluate_only else f"seeds {', '.join(map(str, options.seeds))}"
    shard = f"; shard {options.shard}" if options.shard else ""
    lines = [
        f"tasks {tasks}; checkpoints {checkpoints}; {seeds}{shard}",
        f"{_data(options)}device {expected_device()}; {header_versions()}",
        *map(_own_task, (task for task in options.tasks if task.data is not None)),
    ]
    if options.compare:
        lines.append(f"compared with baseline {options.compare}; alpha {options.alpha:g} for the whole test run")
    return lines


def _data(options: Options) -> str:
    """Return the data of the tasks without their own, with a separator; empty if each has its own."""
    from pytest_glue.data.source import open_source

    uses_option = any(task.data is None for task in options.tasks)
    return f"data {open_source(options.data).description}; " if uses_option else ""


def _own_task(task: Task) -> str:
    """Return where the data of a user's own task comes from, and its labels; those on the hub are not asked for."""
    from pytest_glue.data.source import own_data, resolved

    assert task.data is not None
    source, found = own_data(task.data), task
    if source.is_local:
        with suppress(GlueError):  # which the items of the task will raise
            found = resolved(task)
    origin = " (from the training data)" if task.needs_labels else ""
    labels = f"; labels {_listed(found.labels)}{origin}" if found.labels else ""
    return f"task {task.name}: data {source.description}; {task.kind}{labels}"


_MOST_LABELS, _LONGEST_LABEL = 10, 40


def _listed(labels: Sequence[str]) -> str:
    """Return the labels, or the first ones of many and how many more there are."""
    n_more = len(labels) - _MOST_LABELS
    first = ", ".join(shortened(label, _LONGEST_LABEL) for label in labels[:_MOST_LABELS])
    return first + (f" and {n_more} more" if n_more > 0 else "")


def _memory_warnings(options: Options, workers: int) -> list[str]:
    if workers == 1 or expected_device() != "cpu":
        return []
    import psutil

    from pytest_glue.scheduling.size_estimates import warning

    found = warning(options.checkpoints, workers, psutil.virtual_memory().available, "this machine")
    return [found] if found else []


def threshold_warnings(options: Options) -> list[str]:
    """Return a line for each threshold that is not better than the chance level, whatever the data.

    A note of the evaluation compares each threshold with the chance level of the data.
    """
    lines = []
    for task in options.tasks:
        for (name, metric), threshold in options.threshold.items():
            if name != task.name or task.needs_labels:
                continue
            least, known = least_chance_level(metric, task.num_labels, task.kind), find_metric(metric)
            if least is not None and known.sign * (threshold - least) <= 0:
                side, more = ("above", "more") if known.greater_is_better else ("below", "less")
                chance = f"the chance level, which is {least:.3g} or {more}"
                lines.append(f"{name}: the threshold {threshold:.3g} for {metric} is not {side} {chance}")
    return lines


def failure_warnings(options: Options) -> list[str]:
    """Return a warning if a comparison cannot hold its error rate where a few fine-tunings fail to train.

    An item is red if all of its runs fail, although nothing changed.
    """
    n_items, n_seeds = options.family_size or len(list(EvaluationSpec.all_of(options))), len(options.seeds)
    if options.compare is None or not n_items:
        return []
    tolerated = tolerated_failure_rate(options.alpha, n_items, n_seeds)
    if tolerated >= COMMON_FAILURE_RATE:
        return []
    enough = seeds_that_tolerate(COMMON_FAILURE_RATE, options.alpha, n_items)
    design = f"{count(n_seeds, 'seed')} for {count(n_items, 'item')}"
    cause = f"if more than {100 * tolerated:.2g} % of the fine-tunings fail to train"
    remedy = f"--glue-seeds={enough} is enough for up to {100 * COMMON_FAILURE_RATE:.0f} %"
    return [f"with {design}, a test run in which nothing changed is red more often than alpha {cause}; {remedy}"]


COMMON_FAILURE_RATE = 0.1
"""A share of fine-tunings that fail to train which a design should tolerate."""


def power_warnings(options: Options) -> list[str]:
    """Return a line for each allowed drop that is not detectable, and each threshold that seeds alone may miss.

    Collection reports baselines that are missing or damaged; they have no line here.
    """
    found = ((spec, _baseline(spec)) for spec in EvaluationSpec.all_of(options))
    compared = [(spec, baseline) for spec, baseline in found if baseline is not None]
    return [
        f"{spec.task.name}: {warning}"
        for spec, baseline in compared
        for warning in _power_warnings(spec, baseline, options.family_size or len(compared))
    ]


def design_warnings(options: Options) -> list[str]:
    """Return a line for each number of seeds that cannot show a drop, or hold the error rate, of so many items.

    `power_warnings` has a line for items whose variance between seeds is neither measured nor published.
    """
    found = [baseline for spec in EvaluationSpec.all_of(options) if (baseline := _baseline(spec)) is not None]
    candidate, lines = len(options.all_seeds), []
    for recorded in sorted({len(trained_runs(baseline)) for baseline in found} - {0}):
        if max(candidate, recorded) > 1 or any(_is_published(baseline) for baseline in found):
            lines += _design_warning(options, candidate, recorded, options.family_size or len(found))
    return lines


def _is_published(baseline: Baseline) -> bool:
    """Return whether one run on each side is compared with a published variance between seeds."""
    runs = trained_runs(baseline)
    return len(runs) == 1 and run_variance(baseline, runs) is not None


def _design_warning(options: Options, candidate: int, recorded: int, items: int) -> list[str]:
    from pytest_glue.statistics.design import detectable_deviations, sufficient_seeds
    from pytest_glue.statistics.error_rates import error_rates

    alpha, _ = error_rates(options.alpha, items, interim_analyses_of(options))
    if (seeds := sufficient_seeds(candidate, recorded, alpha)) is None:
        return []
    design = f"{count(candidate, 'seed')} against the baseline's {recorded} and {count(items, 'item')}"
    if max(candidate, recorded) == 1:
        known = "the variance between seeds is a published one, of another recipe"
        shown = f"{known}; alpha {options.alpha:g} does not hold for one that varies more"
    else:
        drop = f"{detectable_deviations(candidate, recorded, alpha):.0f} standard deviations of a run's score"
        shown = f"only drops of {drop} or more are detectable at alpha {options.alpha:g}"
    return [f"{design}: {shown}; use --glue-seeds={seeds} or more for candidate and baseline"]


def _baseline(spec: EvaluationSpec) -> Baseline | None:
    """Return the baseline that an item will be compared with; None if it has none, or one that was evaluated only."""
    try:
        file = baseline_file(spec)
        baseline = None if file is None else read(file)
    except GlueError:
        return None
    return None if baseline is None or baseline.evaluate_only else baseline


def _power_warnings(spec: EvaluationSpec, baseline: Baseline, family_size: int) -> list[str]:
    trained, threshold = trained_runs(baseline), spec.thresholds.get(spec.task.headline_metric)
    run, of_all = (run_variance(baseline, runs) for runs in (trained, baseline.scored_runs))
    if run is None or of_all is None:
        unknown = f"the baseline has {runs_that_trained(baseline)}, which does not show the variance between seeds"
        return [f"{unknown}; record it with --glue-seeds=3 or more"]
    warnings = [_undetectable_drop(spec, len(trained), run, family_size)] if spec.max_drop else []
    # A threshold is compared with the mean over all runs, also those that failed to train.
    warnings += [_threshold_at_risk(spec, baseline, of_all, threshold)] if threshold is not None else []
    return [warning for warning in warnings if warning is not None]


def _undetectable_drop(spec: EvaluationSpec, n_baseline: int, run: "RunVariance", family_size: int) -> str | None:
    from pytest_glue.statistics.error_rates import error_rates
    from pytest_glue.statistics.planning import detectable_drops

    n_seeds = len(spec.options.all_seeds)
    share = 1 - SHARE if spec.task.slices else 1.0  # if any of them is large enough, which the data will tell
    alpha, _ = error_rates(share * spec.options.alpha, family_size, interim_analyses_of(spec.options))
    detectable = detectable_drops(run, [n_seeds], n_baseline, alpha).get(n_seeds)
    if detectable is not None and spec.max_drop >= detectable:
        return None
    design = f"{count(n_seeds, 'seed')} against the baseline's {n_baseline} and {count(family_size, 'item')}"
    metric = find_metric(run.metric)
    if detectable is None:
        shown = f"with {design} no {metric.drop} that the score leaves is detected with a power of 80 %"
    else:
        size = f"a {metric.drop} of about {metric.text(detectable)} or more"
        shown = f"with {design} only {size} is detected with a power of 80 %"
    allowed = f"the allowed {metric.drop} is {spec.max_drop:.3g}"
    return f"{allowed}, but {shown}; an unchanged checkpoint may be inconclusive"


def _threshold_at_risk(spec: EvaluationSpec, baseline: Baseline, run: "RunVariance", threshold: float) -> str | None:
    from pytest_glue.statistics.planning import miss_probability

    n_seeds, margin = len(spec.options.seeds), baseline.score - threshold
    metric = find_metric(baseline.headline_metric)
    probability = miss_probability(run, (n_seeds, len(baseline.runs)), metric.sign * margin)
    if probability <= spec.options.alpha:
        return None
    side, score = "below" if margin >= 0 else "above", metric.text(baseline.score)
    close = f"the threshold {threshold:.3g} is {metric.text(abs(margin))} {side} the baseline's score {score}"
    mean = f"the mean of {count(n_seeds, 'seed')}" if n_seeds > 1 else "the score of 1 seed"
    return f"{close}; {mean} of an unchanged checkpoint misses it in about {100 * probability:.0f} % of test runs"
