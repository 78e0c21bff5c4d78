"""The hub's evaluation results, `.eval_results/*.yaml` of a model's repository.

Source: https://huggingface.co/docs/hub/eval-results
"""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from pytest_glue.core.metrics import find_metric
from pytest_glue.reports.export.formats import Export, Publisher
from pytest_glue.reports.export.result import ExportedResult, file_name


def export(results: Sequence[ExportedResult], publisher: Publisher) -> Export:
    """Return `CHECKPOINT/.eval_results/TASK.yaml` for each result on a benchmark, with the score that is judged.

    A benchmark of the hub has one value for each of its tasks, and its leaderboard compares whole splits.
    """
    from huggingface_hub.utils import yaml_dump  # type: ignore[attr-defined]

    files, left_out = {}, {}
    for each in results:
        if reason := _left_out(each, publisher):
            left_out[each.evaluation.nodeid] = reason
        else:
            entries = [_entry(each, publisher.benchmark_tasks[each.task])]
            files[PurePath(each.checkpoint_id, ".eval_results", f"{file_name(each.task)}.yaml")] = yaml_dump(
                entries, sort_keys=False
            )
    return Export(files, left_out)


def _left_out(result: ExportedResult, publisher: Publisher) -> str:
    """Return why a result is not one on a benchmark; empty if it is."""
    if result.dataset.hub_id is None:
        return "its data is not known to be a dataset on the hub"
    if result.is_partial:
        return "it was evaluated on the first examples of the split only"
    if result.task not in publisher.benchmark_tasks:
        where = f"eval.yaml of the dataset {result.dataset.hub_id}"
        return f"its task in {where} is not known: give --benchmark-task={result.task}=ID if the dataset is a benchmark"
    return ""


def _entry(result: ExportedResult, task_id: str) -> dict[str, Any]:
    """Return the value of the headline metric, with what it is in the notes."""
    score, dataset = result.scores[0], result.dataset
    notes = f"{score.metric}, {result.how}"
    if score.confidence_interval is not None:
        metric = find_metric(result.evaluation.headline_metric)
        notes += f", 95% CI {metric.interval(score.confidence_interval)}"
    named = {"id": dataset.hub_id, "task_id": task_id, "revision": dataset.revision}
    return {"dataset": {key: value for key, value in named.items() if value}, "value": score.value, "notes": notes}
