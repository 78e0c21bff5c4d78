"""Comparisons to come: how much runs will vary, from a recorded baseline or from published numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.core.errors import BaselineError, OptionError
from pytest_glue.core.formatting import count
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.serialization import to_plain
from pytest_glue.core.tasks import GLUE, find_task
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline, RecordedRun

if TYPE_CHECKING:
    from pytest_glue.statistics.run_variance import RunVariance


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An item whose comparisons are planned."""

    task: str
    checkpoint: str | None
    """Of the baseline; None if the variance is published."""
    run: "RunVariance"
    baseline_seeds: int | None
    """None if the baseline is still to be recorded: then with as many seeds as the candidate has."""
    source: str
    """Where the variance between seeds was measured."""


def trained_runs(baseline: Baseline) -> tuple[RecordedRun, ...]:
    """Return the runs that a comparison is planned with.

    They have predictions and a score, and do not predict the same for every example. A comparison finds other failed
    runs too, but with the references, which a baseline does not record. On a report-only task, constant predictions
    are no failure.
    """
    from pytest_glue.statistics.diagnostics import constant_predictions

    runs, task = baseline.scored_runs, GLUE.get(baseline.task)
    if task is not None and task.report_only:
        return runs
    return tuple(run for run in runs if not constant_predictions(run.predictions)[0])


def run_variance(baseline: Baseline, runs: Sequence[RecordedRun]) -> "RunVariance | None":
    """Return how much one run's score varies; None if neither these runs nor published ones show it.

    Args:
        baseline: of one item.
        runs: those of its runs that count, with predictions and a score.
    """
    from pytest_glue.statistics.group_design import GroupDesign
    from pytest_glue.statistics.run_variance import RunVariance
    from pytest_glue.statistics.seed_variance import published_seed_variance

    metric = baseline.headline_metric
    scores = [score for run in runs if (score := run.metrics[metric]) is not None]
    if len(runs) > 1:
        groups = None if baseline.groups is None else GroupDesign(baseline.n_eval, **to_plain(baseline.groups))
        return RunVariance.of_recorded(metric, scores, [run.predictions for run in runs], groups, baseline.kind)
    published = published_seed_variance(baseline.task, metric)
    if published is None or metric != "accuracy" or not scores:
        return None
    return RunVariance.of_published(metric, scores[0], baseline.n_eval, published)


def recorded_items(storage: Path, name: str, tasks: Sequence[str] = ()) -> tuple[list[PlannedItem], list[str]]:
    """Return the items of a baseline, sorted by task and checkpoint, and a message for each that cannot be planned.

    Args:
        storage: the folder of all baselines.
        name: of the baseline, or the path of a file that ends in .json.
        tasks: only these; all if empty.

    Raises:
        BaselineError: there is no such baseline, it lacks one of the tasks, a file cannot be read, or no item can be
            planned.
    """
    baselines = [(file, baseline_storage.read(file)) for file in baseline_storage.files_named(storage, name)]
    chosen = [(file, baseline) for file, baseline in baselines if not tasks or baseline.task in tasks]
    if missing := sorted(set(tasks) - {baseline.task for _, baseline in chosen}):
        there = ", ".join(sorted({baseline.task for _, baseline in baselines}))
        raise BaselineError(f"baseline {name!r} has no task {missing[0]!r}; accepted: {there}")
    found = [_recorded_item(file, baseline) for file, baseline in chosen]
    items = [each for each in found if isinstance(each, PlannedItem)]
    problems = [each for each in found if isinstance(each, str)]
    if not items:
        raise BaselineError("\n".join(problems))
    return items, problems


def _recorded_item(file: Path, baseline: Baseline) -> PlannedItem | str:
    """Return the item that a file records, or why it cannot be planned."""
    if baseline.headline_metric not in METRICS:
        own = f"{baseline.headline_metric} is no metric of pytest-glue"
        return f"baseline {file}: {own}; the header of a comparison has the drops that are detectable"
    runs = trained_runs(baseline)
    run = run_variance(baseline, runs)
    if baseline.evaluate_only:
        return (
            f"baseline {file} was evaluated only: how many examples another model changes is known only when it is "
            "compared"
        )
    if run is None:
        return (
            f"baseline {file} has {runs_that_trained(baseline)}, which does not show the variance between seeds, "
            f"and none is published for {baseline.headline_metric} of {baseline.task}: "
            "record it with --glue-seeds=3 or more"
        )
    failed = len(baseline.runs) - len(runs)
    source = run.published.source if run.published else f"{len(runs)} recorded runs"
    left_out = f"; {failed} that failed to train left out" if failed else ""
    return PlannedItem(baseline.task, baseline.checkpoint.label, run, len(runs), f"{source}{left_out}")


def runs_that_trained(baseline: Baseline) -> str:
    """Return how many of the runs trained, as in "one run" or "1 of 3 runs that trained"."""
    total, trained = len(baseline.runs), len(trained_runs(baseline))
    return "one run" if total == trained == 1 else f"{trained} of {count(total, 'run')} that trained"


def published_item(name: str, n_examples: int, score: float) -> PlannedItem:
    """Return a GLUE task with the published variance between seeds.

    Args:
        name: of the task.
        n_examples: of the evaluation split, at least 2.
        score: the expected accuracy, between 0 and 1.

    Raises:
        OptionError: an unknown task, one without a published variance, or a number out of range.
    """
    from pytest_glue.statistics.run_variance import RunVariance
    from pytest_glue.statistics.seed_variance import PUBLISHED, published_seed_variance

    metric = find_task(name).headline_metric
    published = published_seed_variance(name, metric)
    if published is None or metric != "accuracy":
        known = ", ".join(sorted(task for task, metric in PUBLISHED if find_task(task).headline_metric == metric))
        raise OptionError(
            f"no variance between seeds is published for {metric} of {name}; accepted: {known}, or a recorded baseline"
        )
    if n_examples < 2:
        raise OptionError(f"{count(n_examples, 'example')}; accepted: 2 or more")
    if not 0 < score < 1:
        raise OptionError(f"score {score:g}; accepted: an accuracy above 0 and below 1, as in 0.66")
    return PlannedItem(
        name, None, RunVariance.of_published(metric, score, n_examples, published), None, published.source
    )
