"""The lines above a test run: what will be evaluated, on what data, where and with which libraries."""

from collections.abc import Mapping

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import SAMPLE, Origin
from pytest_glue.core.environment import expected_device, header_versions
from pytest_glue.core.errors import GlueError
from pytest_glue.gate.baseline_storage import read
from pytest_glue.gate.from_options import baseline_file

MADE_UP = "MADE-UP DATA: good for trying the gate out, no evidence of quality"


def header(options: Options, workers: int = 1) -> list[str]:
    """Return the lines of the header.

    Args:
        options: of the test run.
        workers: how many processes of this machine fine-tune at the same time.
    """
    from pytest_glue.data.source import open_source

    tasks = ", ".join(task.name for task in options.tasks)
    checkpoints = ", ".join(checkpoint.label for checkpoint in options.checkpoints) or "none"
    seeds = ", ".join(map(str, options.seeds))
    made_up = options.data == SAMPLE or any(each.origin is Origin.SAMPLE for each in options.checkpoints)
    part = f"; part {options.shard}" if options.shard else ""
    lines = [
        f"glue: tasks {tasks}; checkpoints {checkpoints}; seeds {seeds}{part}",
        f"glue: data {open_source(options.data).description}; device {expected_device()}; {header_versions()}",
    ]
    if options.compare:
        lines.append(f"glue: compared with {options.compare}, alpha {options.alpha:g} for the whole test run")
        lines += [f"glue: {line}" for line in power_warnings(options)]
    if workers > 1 and expected_device() == "cpu" and (found := _warning(options, workers)):
        lines.append(f"glue: {found}")
    return lines + ([f"glue: {MADE_UP}"] if made_up else [])


def _warning(options: Options, workers: int) -> str | None:
    import psutil

    from pytest_glue.scheduling.size_estimates import warning

    return warning(options.checkpoints, workers, psutil.virtual_memory().available, "this machine")


def power_warnings(options: Options) -> list[str]:
    """Return a line for each allowed drop or threshold margin that is smaller than what can be shown.

    A baseline that is missing or damaged is left to the collection, which says so.
    """
    lines = []
    for spec in EvaluationSpec.all_of(options):
        task = spec.task
        try:
            file = baseline_file(spec)
            baseline = None if file is None else read(file)
        except GlueError:
            continue
        if baseline is None:
            continue
        visible = _visible(baseline.visible_drops, len(options.all_seeds))
        seeds = f"{len(options.all_seeds)} seeds against the baseline's {len(baseline.runs)}"
        if visible is None:
            remedy = "record the baseline with --glue-seeds=3 or more"
            lines.append(f"{task.name}: {seeds} show no drop of any size: {remedy}")
            continue
        max_drop = spec.max_drop
        if 0 < max_drop < visible:
            shown = f"less than the {visible:.3f} that {seeds} show"
            lines.append(f"{task.name}: the allowed drop of {max_drop:.3g} is {shown}: expect inconclusive verdicts")
        floor = spec.thresholds.get(task.headline_metric)
        if floor is not None and abs(baseline.score - floor) < visible:
            lines.append(
                f"{task.name}: the threshold {floor:.3g} is {abs(baseline.score - floor):.3f} from the baseline's "
                f"{baseline.score:.3f}, and {seeds} show {visible:.3f}: expect it to be missed by chance"
            )
    return lines


def _visible(minimum_detectable_drops: Mapping[int, float], seeds: int) -> float | None:
    """Return the drop that so many seeds show: of the next smaller number that the baseline knows."""
    known = [count for count in minimum_detectable_drops if count <= seeds]
    return minimum_detectable_drops[max(known)] if known else None
