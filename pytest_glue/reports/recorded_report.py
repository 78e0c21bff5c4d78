"""A JSON report that is read from its file, which somebody may have edited."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_glue.core.errors import ReportError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.file_problems import file_problem, naming_edits
from pytest_glue.core.serialization import from_plain
from pytest_glue.reports import status
from pytest_glue.reports.json import SCHEMA_VERSION
from pytest_glue.reports.terminal import Summary

Report = Mapping[str, Any]
_NEEDED = ("environment", "options", "family", "results", "errors")


@dataclass(frozen=True, slots=True)
class _Environment:
    libraries: Mapping[str, str]
    commit: str | None
    python: str
    platform: str
    device: str | None


@dataclass(frozen=True, slots=True)
class _Error:
    nodeid: str
    message: str


@dataclass(frozen=True, slots=True)
class _Readable:
    """The parts of a report that are merged, with their types."""

    environment: _Environment
    options: Mapping[str, Any]
    family: Family | None
    results: Sequence[Mapping[str, Any]]
    errors: Sequence[_Error]


def read(file: Path) -> Report:
    """Return a report.

    Raises:
        ReportError: the file cannot be read, or is not a report of this version.
    """
    return report_in(file, read_json(file))


def read_json(file: Path, accepted: str = "") -> Any:
    """Return the content of a file.

    Args:
        file: of a report.
        accepted: what can be given instead, as the end of a message.

    Raises:
        ReportError: the file cannot be read, or is not JSON.
    """
    if problem := file_problem(file):
        raise ReportError(f"the report {file} {problem}{accepted}")
    try:
        return json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ReportError(f"the report {file} cannot be read: {error.strerror}{accepted}") from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{file} is not a JSON report, or was cut short: {error}{accepted}") from error


def report_in(file: Path, content: Any) -> Report:
    """Return the report that a file holds.

    Raises:
        ReportError: it holds something else, or a report of another version.
    """
    if problem := _kind_problem(content):
        raise ReportError(f"{file} {problem}")
    if missing := [name for name in _NEEDED if name not in content]:
        raise ReportError(f"{file} is not a complete report: it has no {missing[0]}; write it with this pytest-glue")
    with refusing_edits(file):
        from_plain(content, _Readable)
        summary_lines(content)  # a report that can be shown can be merged
    return dict(content)


def refusing_edits(file: Path) -> AbstractContextManager[None]:
    """Raise a `ReportError` for what the values of an edited report cause."""
    return naming_edits(str(file), "take the file that pytest wrote", ReportError)


def _kind_problem(content: Any) -> str:
    """Return why JSON is not a report of this version; an empty text if it is one."""
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version is None:
        return "is not a JSON report of pytest-glue: it has no schema version"
    if {"headline_metric", "runs"} <= content.keys():
        return "is the file of a baseline, not a JSON report: `pytest-glue baselines show` shows it"
    if version != SCHEMA_VERSION:
        reads = f"this pytest-glue reads {SCHEMA_VERSION}: install the one that wrote it"
        return f"has the schema version {version}, and {reads}"
    return ""


def evaluations(report: Report) -> list[Evaluation]:
    """Return the results of a report as evaluations, without the predictions and references, which it does not hold."""
    return [_evaluation(result) for result in report["results"]]


def is_red(result: Mapping[str, Any]) -> bool:
    """Return whether the item of a result failed in pytest; a report of version 0.1 says only what the verdict does."""
    return status.is_red(failed=bool(result["failed"]), outcome=result.get("outcome"))


def _evaluation(result: Mapping[str, Any]) -> Evaluation:
    search = result["search"]
    parts = {
        "conditions": {**result, "references": [], "study": search, "terms": search and search["terms"]},
        "judgement": result,
        "runs": [{**run, "predictions": []} for run in result["runs"]],
    }
    return from_plain({**result, **parts}, Evaluation)


def summary_lines(report: Report, width: int | None = None) -> list[str]:
    """Return the lines that a terminal shows at the end of a test run with that report.

    Args:
        report: that was read.
        width: of the terminal; None for any.
    """
    found = evaluations(report)
    tasks = Counter(each.task for each in found)
    warnings = [f"{error['nodeid']}: {error['message']}" for error in report["errors"]]
    if max(tasks.values(), default=0) > 1:
        warnings.append("checkpoints are not ranked: that needs predictions, which reports do not contain")
    summary = Summary(
        evaluations=found,
        errors=[error["nodeid"] for error in report["errors"]],
        outcomes={each["nodeid"]: each.get("outcome") for each in report["results"]},
        own_tasks=report["options"].get("task", {}),
        warnings=tuple(warnings),
        width=width,
    )
    return [line for line, _ in summary.lines()]
