"""Reads the texts of flipped examples for a page, as the options of the report name the data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_glue.core.choices import ReportText
from pytest_glue.core.errors import GlueError
from pytest_glue.core.serialization import from_plain
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.reports.flipped_texts import FlippedTexts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_glue.data.example_texts import UsedData


def flipped_texts(report: Mapping[str, Any]) -> dict[str, FlippedTexts]:
    """Return the texts of flipped examples by node id, or why there are none, for each item with flipped examples.

    Args:
        report: as it is in its file.
    """
    found = {result["nodeid"]: _flipped(result) for result in report["results"]}
    is_allowed = report["options"].get("report_text", ReportText.FLIPPED) == ReportText.FLIPPED
    return {
        result["nodeid"]: _read(report["options"], result, indices)
        if is_allowed
        else FlippedTexts(problem="the option report_text is none")
        for result in report["results"]
        if (indices := found[result["nodeid"]])
    }


def _flipped(result: Mapping[str, Any]) -> list[int]:
    baseline = result["baseline"] or {}
    flips = baseline.get("negative_flips") or {}
    return [each["example"] for each in (*flips.get("predictions", ()), *baseline.get("grown_errors", ()))]


def _read(options: Mapping[str, Any], result: Mapping[str, Any], indices: list[int]) -> FlippedTexts:
    from pytest_glue.data.example_texts import example_texts
    from pytest_glue.training.library_state import silence_libraries

    try:
        used = _used_data(options, result)
        with silence_libraries():
            return FlippedTexts(example_texts(used, indices))
    except (GlueError, OSError, LookupError, ValueError) as error:
        return FlippedTexts(problem=str(error))


def _used_data(options: Mapping[str, Any], result: Mapping[str, Any]) -> UsedData:
    """Return what the options say about the data of an item.

    Raises:
        LookupError: they do not know its task.
        ValueError: the task is damaged.
    """
    from pytest_glue.data.example_texts import UsedData

    name, own = result["task"], options.get("task", {})
    if name not in own and name not in GLUE:
        raise LookupError(f"task {name} is not in the options of the report")
    task = from_plain(own[name], Task) if name in own else GLUE[name]
    if task.data is not None and not task.labels:
        task = replace(task, labels=tuple(result.get("labels", ())))
    if options.get("evaluate_only", False):
        task = task.untrained
    limits = (options["max_train_samples"], options["max_eval_samples"])
    return UsedData(task, options["data"], *limits, result["data_digest"])
