"""A side of a comparison without training: a JSON report, the file of a baseline, or the folder of one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_glue.core.errors import ReportError
from pytest_glue.core.file_problems import file_problem
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.recorded_item import RecordedItem
from pytest_glue.reports.merge import evaluations, read
from pytest_glue.reports.predictions import recorded_items


@dataclass(frozen=True, slots=True)
class RecordedSide:
    """The items of one side."""

    name: str
    """For sentences: that of the file without its ending, or of the folder."""
    items: tuple[RecordedItem, ...]
    family_size: int
    """The number of items that are judged together, with those that ended in an error."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """Of a report: the messages of items without a verdict, by node id."""
    report: Mapping[str, Any] | None = None
    """None for a baseline."""
    is_one_file: bool = False
    """Whether it is the file of a baseline, which is compared with every item of the other side."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """A warning about a test run that did not finish."""
        if self.report is None or self.report["family"] is not None:
            return ()
        return (f"the test run of {self.name} did not finish, so that some of its items are missing",)


def read_side(path: Path) -> RecordedSide:
    """Return one side of a comparison.

    Raises:
        ReportError: there is no such file or folder, or it is neither a report nor a baseline.
        BaselineError: a baseline is damaged.
    """
    if path.is_dir():
        return _of_folder(path)
    if problem := file_problem(path):
        raise ReportError(f"{path} {problem}: give a JSON report, or the file or the folder of a baseline")
    if "results" not in _content(path):
        item = RecordedItem.of_file(path, baseline_storage.read(path))
        return RecordedSide(path.stem, (item,), 1, is_one_file=True)
    report = read(path)
    items = recorded_items(path, report, evaluations(report))
    errors = {each["nodeid"]: each["message"] for each in report["errors"]}
    size = report["family"]["size"] if report["family"] else len(items) + len(errors)
    return RecordedSide(path.stem, items, max(size, 1), errors, report)


def _of_folder(path: Path) -> RecordedSide:
    files = baseline_storage.files_of(path)
    if not files:
        below = baseline_storage.names_in(path)
        remedy = f"; it has the baselines {', '.join(below)}: name one" if below else ""
        raise ReportError(f"the folder {path} is no baseline: it has no TASK/CHECKPOINT.json{remedy}")
    items = tuple(RecordedItem.of_file(file, baseline_storage.read(file)) for file in files)
    return RecordedSide(path.resolve().name, items, len(items))


def _content(path: Path) -> Mapping[str, Any]:
    """Return the JSON object in a file.

    Raises:
        ReportError: it holds something else.
    """
    accepted = "give a JSON report, or the file or the folder of a baseline"
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ReportError(
            f"{path} is not JSON, as if it were cut short or another file ({error}): {accepted}"
        ) from None
    if not isinstance(content, dict):
        raise ReportError(f"{path} is neither a JSON report nor a baseline: {accepted}")
    return content
