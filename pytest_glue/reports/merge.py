"""Merges the JSON reports of all shards into the report of one test run.

Verdicts stay as they are, since each shard divided the error rate by the number of items in all shards.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_glue.config.options import OPTIONS
from pytest_glue.core.errors import ReportError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.file_problems import file_problem
from pytest_glue.core.serialization import from_plain
from pytest_glue.core.shards import Shard
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
    if problem := file_problem(file):
        raise ReportError(f"the report {file} {problem}")
    try:
        report = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ReportError(f"the report {file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{file} is not a JSON report, or was cut short: {error}") from error
    if problem := _kind_problem(report):
        raise ReportError(f"{file} {problem}")
    if missing := [name for name in _NEEDED if name not in report]:
        raise ReportError(f"{file} is not a complete report: it has no {missing[0]}; write it with this pytest-glue")
    try:
        from_plain(report, _Readable)
        summary_lines(report)  # a report that can be shown can be merged
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        cause = f"it has no {error}" if isinstance(error, KeyError) else error
        raise ReportError(f"{file} was edited or is damaged: {cause}; take the file that pytest wrote") from None
    return dict(report)


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


def check_files(reports: Sequence[Path], output: Path) -> None:
    """Check the files of a command line: each report is given once, and none is overwritten.

    Raises:
        ReportError: a report is given twice, or is the output too.
    """
    found: dict[str, Path] = {}
    for report in reports:
        if (same := found.setdefault(os.path.realpath(report), report)) is not report:
            raise ReportError(f"the report {report} is given twice{_also(report, same)}: leave out one of the two")
    if (read_too := found.get(os.path.realpath(output))) is not None:
        raise ReportError(f"--output={output} would overwrite the report{_also(output, read_too)}: name another file")


def _also(path: Path, other: Path) -> str:
    """Return the other name of a file, if it has one."""
    return "" if path == other else f" (as {other})"


def merge(reports: Mapping[str, Report]) -> dict[str, Any]:
    """Return the report that one test run of all items would have written, without a ranking of checkpoints.

    Args:
        reports: of every shard, by the name that messages use.

    Raises:
        ReportError: a shard is missing or given twice, or they are not shards of one test run.
    """
    _check_sharded(reports)
    _check_complete({name: _shard(report) for name, report in reports.items()})
    local = {name for name, option in OPTIONS.items() if option.affects == "machine"}
    _check_equal(reports, "options", lambda report: {k: v for k, v in report["options"].items() if k not in local})
    _check_equal(reports, "environments", lambda report: {k: report["environment"][k] for k in ("libraries", "commit")})
    _check_equal(reports, "items", lambda report: report["family"])
    ordered = sorted(reports.values(), key=lambda report: _shard(report).part)
    results, errors = _joined(ordered, "results"), _joined(ordered, "errors")
    _check_distinct([*results, *errors])
    first = ordered[0]
    environment = {
        **first["environment"],
        **{name: _all_of(report["environment"][name] for report in ordered) for name in ("python", "platform")},
        "device": _all_of(
            device for report in ordered for device in (report["environment"]["device"] or "").split(", ")
        )
        or None,
    }
    return {
        **first,
        "environment": environment,
        "options": {**first["options"], "shard": None},
        "family": {**first["family"], "partition": None},
        "results": results,
        "ranks": None,
        "errors": errors,
    }


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


def _check_sharded(reports: Mapping[str, Report]) -> None:
    for name, report in reports.items():
        if report["options"].get("shard") is None:
            raise ReportError(f"{name} is not the report of a shard: its test run had no --glue-shard")
        if report["family"] is None:
            raise ReportError(f"{name} is the report of a test run that did not finish: run that shard again")


def _check_complete(shards: Mapping[str, Shard]) -> None:
    """Check that every shard is given once."""
    if len({shard.parts for shard in shards.values()}) > 1:
        listed = ", ".join(f"{name} is shard {shard.part} of {shard.parts}" for name, shard in shards.items())
        raise ReportError(f"these are not shards of one test run: {listed}")
    n_shards = next(iter(shards.values())).parts
    expected = [Shard(part, n_shards) for part in range(1, n_shards + 1)]
    count = Counter(shards.values())
    if repeated := [shard for shard in expected if count[shard] > 1]:
        names = " and ".join(name for name, shard in shards.items() if shard == repeated[0])
        raise ReportError(f"shard {repeated[0]} is given more than once: {names}; leave out all but one")
    if missing := [shard for shard in expected if shard not in count]:
        flags = " and ".join(f"--glue-shard={shard}" for shard in missing)
        listed = ", ".join(map(str, missing))
        raise ReportError(f"missing {len(missing)} of {n_shards} shards: {listed}; run them with {flags}")


def _check_equal(reports: Mapping[str, Report], what: str, part_of: Any) -> None:
    """Check that a part of the reports is the same in all of them."""
    (first, expected), *others = ((name, part_of(report)) for name, report in reports.items())
    for name, found in others:
        differing = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
        if differing:
            key = differing[0]
            values = f"{key} is {_short(expected.get(key))} in {first} and {_short(found.get(key))} in {name}"
            raise ReportError(f"these are not shards of one test run: their {what} differ: {values}")


def _check_distinct(entries: Sequence[Mapping[str, Any]]) -> None:
    count = Counter(entry["nodeid"] for entry in entries)
    if repeated := [nodeid for nodeid in count if count[nodeid] > 1]:
        raise ReportError(f"{repeated[0]} is in more than one shard: these are not shards of one test run")


def _shard(report: Report) -> Shard:
    return Shard.parse(report["options"]["shard"])


def _joined(reports: Iterable[Report], name: str) -> list[Any]:
    return sorted((entry for report in reports for entry in report[name]), key=lambda entry: str(entry["nodeid"]))


def _all_of(values: Iterable[str]) -> str:
    return ", ".join(sorted({value for value in values if value}))


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
