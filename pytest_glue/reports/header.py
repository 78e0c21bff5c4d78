"""The header of a test run: what is evaluated, on which data and device, and warnings about power and memory."""

from collections.abc import Mapping

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import SAMPLE, Origin
from pytest_glue.core.environment import expected_device, header_versions
from pytest_glue.core.errors import GlueError
from pytest_glue.core.evaluation import SYNTHETIC_DATA
from pytest_glue.core.formatting import count, printable
from pytest_glue.core.metrics import lowest_chance_level
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_storage import read
from pytest_glue.gate.from_options import baseline_file, interim_analyses_of
from pytest_glue.statistics.failure_rates import seeds_that_tolerate, tolerated_failure_rate


def header(options: Options, workers: int = 1) -> list[str]:
    """Return the header's lines, with a memory warning if so many processes fine-tune on this machine."""
    of_designs = [*failure_warnings(options), *design_warnings(options), *power_warnings(options)]
    lines = [*_what(options), *threshold_warnings(options), *of_designs, *_memory_warnings(options, workers)]
    if options.data == SAMPLE or any(each.origin is Origin.SAMPLE for each in options.checkpoints):
        lines.append(SYNTHETIC_DATA)
    return [f"glue: {printable(line)}" for line in lines]


def _what(options: Options) -> list[str]:
    from pytest_glue.data.source import open_source

    tasks = ", ".join(task.name for task in options.tasks)
    checkpoints = ", ".join(str(each) if each.role else each.label for each in options.checkpoints) or "none"
    seeds = ", ".join(map(str, options.seeds))
    shard = f"; shard {options.shard}" if options.shard else ""
    lines = [
        f"tasks {tasks}; checkpoints {checkpoints}; seeds {seeds}{shard}",
        f"data {open_source(options.data).description}; device {expected_device()}; {header_versions()}",
    ]
    if options.compare:
        lines.append(f"compared with baseline {options.compare}; alpha {options.alpha:g} for the whole test run")
    return lines


def _memory_warnings(options: Options, workers: int) -> list[str]:
    if workers == 1 or expected_device() != "cpu":
        return []
    import psutil

    from pytest_glue.scheduling.size_estimates import warning

    found = warning(options.checkpoints, workers, psutil.virtual_memory().available, "this machine")
    return [found] if found else []


def threshold_warnings(options: Options) -> list[str]:
    """Return a line for each threshold that is not above the chance level, whatever the data.

    A note of the evaluation compares each threshold with the chance level of the data.
    """
    lines = []
    for task in options.tasks:
        for (name, metric), threshold in options.threshold.items():
            lowest = lowest_chance_level(metric, task.num_labels)
            if name == task.name and threshold <= lowest:
                chance = f"the chance level, which is {lowest:.3g} or more"
                lines.append(f"{name}: the threshold {threshold:.3g} for {metric} is not above {chance}")
    return lines


def failure_warnings(options: Options) -> list[str]:
    """Return a warning if a comparison cannot hold its error rate where a few fine-tunings fail to train.

    An item is red if all of its runs fail, although nothing changed.
    """
    n_items, n_seeds = len(list(EvaluationSpec.all_of(options))), len(options.seeds)
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
    """Return a line for each allowed drop or threshold margin that is smaller than the minimum detectable drop.

    Collection reports baselines that are missing or damaged; they have no line here.
    """
    lines = []
    for spec in EvaluationSpec.all_of(options):
        if (baseline := _baseline(spec)) is not None:
            lines += [f"{spec.task.name}: {warning}" for warning in _power_warnings(spec, baseline)]
    return lines


def design_warnings(options: Options) -> list[str]:
    """Return a line for each number of seeds that cannot show a drop at the error rate of so many items.

    `power_warnings` has a line for items without a measured variance between seeds.
    """
    found = [baseline for spec in EvaluationSpec.all_of(options) if (baseline := _baseline(spec)) is not None]
    candidate, lines = len(options.all_seeds), []
    for recorded in sorted({len(baseline.runs) for baseline in found}):
        if max(candidate, recorded) > 1:
            lines += _design_warning(options, candidate, recorded, len(found))
    return lines


def _design_warning(options: Options, candidate: int, recorded: int, items: int) -> list[str]:
    from pytest_glue.statistics.design import detectable_deviations, sufficient_seeds
    from pytest_glue.statistics.error_rates import error_rates

    analyses = interim_analyses_of(options)
    alpha, _ = error_rates(options.alpha, items, analyses if len(analyses) > 1 else ())
    if (seeds := sufficient_seeds(candidate, recorded, alpha)) is None:
        return []
    design = f"{count(candidate, 'seed')} against the baseline's {recorded} and {count(items, 'item')}"
    drop = f"{detectable_deviations(candidate, recorded, alpha):.0f} standard deviations of a run's score"
    shown = f"only drops of {drop} or more are detectable at alpha {options.alpha:g}"
    return [f"{design}: {shown}; use --glue-seeds={seeds} or more for candidate and baseline"]


def _baseline(spec: EvaluationSpec) -> Baseline | None:
    try:
        file = baseline_file(spec)
        return None if file is None else read(file)
    except GlueError:
        return None


def _power_warnings(spec: EvaluationSpec, baseline: Baseline) -> list[str]:
    n_seeds = len(spec.options.all_seeds)
    seeds = f"with {n_seeds} seed{'s' * (n_seeds > 1)} against the baseline's {len(baseline.runs)}"
    detectable = _minimum_detectable_drop(baseline.visible_drops, n_seeds)
    if detectable is None:
        return [f"{seeds} no drop of any size is detectable; record the baseline with --glue-seeds=3 or more"]
    warnings, only = [], f"but {seeds} only drops of {detectable:.3f} or more are detectable"
    max_drop = spec.max_drop
    if 0 < max_drop < detectable:
        warnings.append(f"the allowed drop is {max_drop:.3g}, {only}; expect inconclusive verdicts")
    threshold = spec.thresholds.get(spec.task.headline_metric)
    if threshold is not None and (margin := abs(baseline.score - threshold)) < detectable:
        close = f"the threshold {threshold:.3g} is {margin:.3f} from the baseline's score {baseline.score:.3f}"
        warnings.append(f"{close}, {only}; expect random failures")
    return warnings


def _minimum_detectable_drop(drops: Mapping[int, float], n_seeds: int) -> float | None:
    """Return the drop for this number of seeds, or for the next smaller number that the baseline has."""
    known = [number for number in drops if number <= n_seeds]
    return drops[max(known)] if known else None
