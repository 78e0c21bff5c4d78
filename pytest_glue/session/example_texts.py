"""Reads the texts of examples for a page, as the options of the report name the data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_glue.core.choices import ReportText
from pytest_glue.core.errors import GlueError
from pytest_glue.core.serialization import from_plain
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.reports.example_texts import ExampleTexts, ItemTexts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Texts = Mapping[int, tuple[str, ...]]


def example_texts(report: Mapping[str, Any]) -> dict[str, ItemTexts]:
    """Return the texts by node id, or why there are none, for each item with examples to show.

    Args:
        report: as it is in its file.
    """
    found = {result["nodeid"]: _item_texts(report["options"], result) for result in report["results"]}
    return {nodeid: texts for nodeid, texts in found.items() if texts != ItemTexts()}


def _item_texts(options: Mapping[str, Any], result: Mapping[str, Any]) -> ItemTexts:
    flipped, golden = _flipped(result), [each["example"] for each in (result.get("golden") or {}).get("misses", ())]
    return ItemTexts(
        _read(options, flipped, lambda: _evaluation_texts(options, result, flipped)),
        _read(options, golden, lambda: _golden_texts(options, result, golden)),
    )


def _flipped(result: Mapping[str, Any]) -> list[int]:
    baseline = result["baseline"] or {}
    flips = baseline.get("negative_flips") or {}
    return [each["example"] for each in (*flips.get("predictions", ()), *baseline.get("grown_errors", ()))]


def _read(options: Mapping[str, Any], indices: list[int], read: Callable[[], Texts]) -> ExampleTexts:
    """Return the texts of some examples, or why they are not shown."""
    from pytest_glue.training.library_state import silence_libraries

    if not indices:
        return ExampleTexts()
    if options.get("report_text", ReportText.FLIPPED) != ReportText.FLIPPED:
        return ExampleTexts(problem="the option report_text is none")
    try:
        with silence_libraries():
            return ExampleTexts(read())
    except (GlueError, OSError, LookupError, ValueError) as error:
        return ExampleTexts(problem=str(error))


def _evaluation_texts(options: Mapping[str, Any], result: Mapping[str, Any], indices: list[int]) -> Texts:
    from pytest_glue.data.example_texts import UsedData, example_texts

    task = _task(options, result)
    if options.get("evaluate_only", False):
        task = task.untrained
    limits = (options["max_train_samples"], options["max_eval_samples"])
    return example_texts(UsedData(task, options["data"], *limits, result["data_digest"]), indices)


def _golden_texts(options: Mapping[str, Any], result: Mapping[str, Any], indices: list[int]) -> Texts:
    from pytest_glue.data.golden import golden_texts

    return golden_texts(_task(options, result), indices, result["golden"].get("digest", ""))


def _task(options: Mapping[str, Any], result: Mapping[str, Any]) -> Task:
    """Return the task of an item as the options describe it.

    Raises:
        LookupError: they do not know it.
        ValueError: it is damaged.
    """
    name, own = result["task"], options.get("task", {})
    if name not in own and name not in GLUE:
        raise LookupError(f"task {name} is not in the options of the report")
    task = from_plain(own[name], Task) if name in own else GLUE[name]
    return replace(task, labels=tuple(result.get("labels", ()))) if task.data is not None and not task.labels else task
