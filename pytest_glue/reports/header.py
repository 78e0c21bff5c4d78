"""The lines above a test run: what will be evaluated, on what data, where and with which libraries."""

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import SAMPLE, Origin
from pytest_glue.core.environment import expected_device, header_versions

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
        from pytest_glue.reports.outlook import outlook

        lines.append(f"glue: compared with {options.compare}, alpha {options.alpha:g} for the whole test run")
        lines += [f"glue: {line}" for line in outlook(options)]
    if workers > 1 and expected_device() == "cpu" and (found := _warning(options, workers)):
        lines.append(f"glue: {found}")
    return lines + ([f"glue: {MADE_UP}"] if made_up else [])


def _warning(options: Options, workers: int) -> str | None:
    import psutil

    from pytest_glue.scheduling.memory import warning

    return warning(options.checkpoints, workers, psutil.virtual_memory().available, "this machine")
