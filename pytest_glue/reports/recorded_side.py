"""A side of a comparison without training: a JSON report, the file of a baseline, or the folder of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pytest_glue.core.errors import ReportError
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.recorded_item import RecordedItem
from pytest_glue.reports.predictions import recorded_items
from pytest_glue.reports.recorded_report import Report, evaluations, read_json, refusing_edits, report_in


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
    report: Report | None = None
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
    content = read_json(path, ": give a JSON report, or the file or the folder of a baseline")
    if isinstance(content, dict) and "results" not in content:
        item = RecordedItem.of_file(path, baseline_storage.read(path))
        return RecordedSide(path.stem, (item,), 1, is_one_file=True)
    report = report_in(path, content)
    with refusing_edits(path):
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
