"""The hub's evaluation results, read by huggingface_hub's own parser where its version has one."""

from collections.abc import Callable
from typing import Any

import huggingface_hub
import pytest
import yaml

from pytest_glue.core.runs import Run
from pytest_glue.data.hub import REVISION
from pytest_glue.reports.export.formats import Export, Publisher, export
from pytest_glue.reports.export.result import exported_results
from tests.factories import make_evaluation

Report = Callable[..., dict[str, Any]]
PUBLISHER = Publisher(benchmark_tasks={"rte": "glue_rte"})


def exported(report: dict[str, Any], publisher: Publisher = PUBLISHER) -> Export:
    """Return the export of a report."""
    results, _ = exported_results(report)
    return export("eval-results", results, publisher)


def test_it_is_accepted(report_of: Report) -> None:
    """The entry has the score that is judged, and its notes say what it is."""
    runs = [Run(seed, {"accuracy": 0.8, "f1": 0.7}, (), (), 1.0) for seed in (1, 2)]
    made = exported(report_of(make_evaluation(runs, confidence_interval=(0.75, 0.85))))
    ((path, text),) = made.files.items()
    assert "a-b-86b5e09/.eval_results/rte.yaml" == path.as_posix()
    notes = (
        "accuracy, mean of 2 fine-tunings (seeds 1, 2) on 2490 examples, evaluated on 277 examples, "
        "95% CI 0.750 to 0.850"
    )
    dataset = {"id": "nyu-mll/glue", "task_id": "glue_rte", "revision": REVISION}
    assert [{"dataset": dataset, "value": 0.8, "notes": notes}] == yaml.safe_load(text)
    if hasattr(huggingface_hub, "parse_eval_result_entries"):
        (entry,) = huggingface_hub.parse_eval_result_entries(yaml.safe_load(text))
        found = (entry.dataset_id, entry.task_id, entry.dataset_revision, entry.value, entry.notes, entry.date)
        assert ("nyu-mll/glue", "glue_rte", REVISION, 0.8, notes, None) == found


@pytest.mark.parametrize(
    ("changes", "options", "reason"),
    [
        ({"data": "/home/me/glue"}, {}, "its data is not known to be a dataset on the hub"),
        ({"n_eval": 10}, {"max_eval_samples": 10}, "it was evaluated on the first examples of the split only"),
        (
            {"task": "cola"},
            {},
            "its task in eval.yaml of the dataset nyu-mll/glue is not known: give --benchmark-task",
        ),
    ],
)
def test_what_is_left_out(report_of: Report, changes: dict[str, Any], options: dict[str, Any], reason: str) -> None:
    """A leaderboard compares whole splits of a benchmark, whose task nobody else can know."""
    made = exported(report_of(make_evaluation(**changes), **options))
    assert {} == made.files
    assert next(iter(made.left_out.values())).startswith(reason)
