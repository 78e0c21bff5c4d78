"""Comparisons to come: how much runs will vary, from a recorded baseline or from published numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.core.errors import BaselineError, OptionError
from pytest_glue.core.paths import local_path
from pytest_glue.core.tasks import find_task
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline

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


def run_variance(baseline: Baseline) -> "RunVariance | None":
    """Return how much one run's score varies; None if neither the baseline's runs nor published ones show it."""
    from pytest_glue.statistics.run_variance import RunVariance
    from pytest_glue.statistics.seed_variance import published_seed_variance

    runs, metric = baseline.scored_runs, baseline.headline_metric
    if len(runs) > 1:
        scores = [run.metrics[metric] or 0.0 for run in runs]
        return RunVariance.of_recorded(metric, scores, [run.predictions for run in runs])
    published = published_seed_variance(baseline.task, metric)
    if published is None or metric != "accuracy":
        return None
    return RunVariance.of_published(metric, baseline.score, baseline.n_eval, published)


def recorded_items(storage: Path, name: str, tasks: Sequence[str] = ()) -> list[PlannedItem]:
    """Return the items of a baseline, sorted by task and checkpoint.

    Args:
        storage: the folder of all baselines.
        name: of the baseline, or the path of a file that ends in .json.
        tasks: only these; all if empty.

    Raises:
        BaselineError: there is no such baseline, it has none of the tasks, or a file cannot be used.
    """
    files = [local_path(name)] if name.endswith(".json") else sorted((storage / name).glob("*/*.json"))
    if not files:
        recorded = sorted(each.name for each in storage.iterdir() if each.is_dir()) if storage.is_dir() else []
        known = f"accepted: {', '.join(recorded)}" if recorded else "none is recorded there"
        raise BaselineError(f"there is no baseline {name!r} in {storage}; {known}")
    baselines = [(file, baseline_storage.read(file)) for file in files]
    chosen = [(file, baseline) for file, baseline in baselines if not tasks or baseline.task in tasks]
    if missing := sorted(set(tasks) - {baseline.task for _, baseline in chosen}):
        there = ", ".join(sorted({baseline.task for _, baseline in baselines}))
        raise BaselineError(f"baseline {name!r} has no task {missing[0]!r}; accepted: {there}")
    return [_recorded_item(file, baseline) for file, baseline in chosen]


def _recorded_item(file: Path, baseline: Baseline) -> PlannedItem:
    run = run_variance(baseline)
    if run is None:
        raise BaselineError(
            f"baseline {file} has one run, which does not show the variance between seeds, and none is published for "
            f"{baseline.headline_metric} of {baseline.task}: record it with --glue-seeds=3 or more"
        )
    n_runs = len(baseline.scored_runs)
    source = run.published.source if run.published else f"{n_runs} recorded runs"
    return PlannedItem(baseline.task, baseline.checkpoint.label, run, n_runs, source)


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
        raise OptionError(f"{n_examples} examples; accepted: 2 or more")
    if not 0 < score < 1:
        raise OptionError(f"score {score:g}; accepted: an accuracy above 0 and below 1, as in 0.66")
    return PlannedItem(
        name, None, RunVariance.of_published(metric, score, n_examples, published), None, published.source
    )
