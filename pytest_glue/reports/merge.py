"""Merging: the JSON reports of all parts of a sharded test run, as the report of one.

Verdicts are taken as they are: each part divided the error rate by the number of items in all parts.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_glue.config.options import OPTIONS
from pytest_glue.core.errors import ReportError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.json import SCHEMA_VERSION
from pytest_glue.reports.terminal import notes, search_lines, table

Report = Mapping[str, Any]

_NEEDED = ("environment", "options", "family", "results", "errors")


def read(file: Path) -> Report:
    """Return a report.

    Raises:
        ReportError: it cannot be read, or is no report of this version.
    """
    try:
        report = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ReportError(f"the report {file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ReportError(f"{file} is no JSON report: {error}") from error
    version = report.get("schema_version") if isinstance(report, dict) else None
    if version != SCHEMA_VERSION:
        found = "has no schema version" if version is None else f"has the schema version {version}"
        raise ReportError(f"{file} {found}, and this is version {SCHEMA_VERSION}: write it with this pytest-glue")
    if missing := [name for name in _NEEDED if name not in report]:
        raise ReportError(f"{file} is no whole report: it has no {missing[0]}; write it with this pytest-glue")
    return dict(report)


def merge(reports: Mapping[str, Report]) -> dict[str, Any]:
    """Return the report that one test run of all items would have left; checkpoints are not ranked in it.

    Args:
        reports: of every part, by what a message names it.

    Raises:
        ReportError: a part is missing or there twice, or they are not parts of one test run.
    """
    _check_parts(reports)
    local = {name for name, option in OPTIONS.items() if option.affects == "machine"}
    _check_equal(reports, "options", lambda report: {k: v for k, v in report["options"].items() if k not in local})
    _check_equal(reports, "environments", lambda report: {k: report["environment"][k] for k in ("libraries", "commit")})
    _check_equal(reports, "items", lambda report: report["family"])
    ordered = sorted(reports.values(), key=lambda report: _part(report)[0])
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
    """Return a report's results, without predictions and references, which it does not hold."""
    return [
        Evaluation.from_dict(
            {**result, "references": (), "runs": [{**run, "predictions": ()} for run in result["runs"]]}
        )
        for result in report["results"]
    ]


def summary_lines(report: Report) -> list[str]:
    """Return what a terminal shows at the end of a test run with that report."""
    found = evaluations(report)
    tasks = Counter(each.task for each in found)
    lines = [line for line, _ in table(found)] if found else []
    lines += [*search_lines(found), *notes(found)]
    lines += [each.reason for each in found if each.verdict is Verdict.INCONCLUSIVE]
    lines += [f"{error['nodeid']}: {error['message']}" for error in report["errors"]]
    if max(tasks.values(), default=0) > 1:
        lines.append("checkpoints are not ranked: that takes predictions, which reports do not hold")
    return lines


def _check_parts(reports: Mapping[str, Report]) -> None:
    for name, report in reports.items():
        if report["options"].get("shard") is None:
            raise ReportError(
                f"{name} is the report of a whole test run, with no --glue-shard: there is nothing to merge"
            )
        if report["family"] is None:
            raise ReportError(f"{name} is the report of a test run that did not come to its end: run that part again")
    there = {name: _part(report) for name, report in reports.items()}
    numbers = {parts for _, parts in there.values()}
    if len(numbers) > 1:
        of = ", ".join(f"{name} is part {part} of {parts}" for name, (part, parts) in there.items())
        raise ReportError(f"these are not parts of one test run: {of}")
    (parts,) = numbers
    count = Counter(part for part, _ in there.values())
    if repeated := [part for part in sorted(count) if count[part] > 1]:
        names = " and ".join(name for name, (part, _) in there.items() if part == repeated[0])
        raise ReportError(f"part {repeated[0]}/{parts} is there more than once: {names}; leave out all but one")
    if missing := [f"{part}/{parts}" for part in range(1, parts + 1) if part not in count]:
        flags = " and ".join(f"--glue-shard={part}" for part in missing)
        raise ReportError(f"{len(missing)} of {parts} parts are missing: {', '.join(missing)}; run them with {flags}")


def _check_equal(reports: Mapping[str, Report], what: str, part_of: Any) -> None:
    """Make sure that a part of the reports is the same in all of them."""
    (first, expected), *others = ((name, part_of(report)) for name, report in reports.items())
    for name, found in others:
        differing = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
        if differing:
            key = differing[0]
            values = f"{key} is {_short(expected.get(key))} in {first} and {_short(found.get(key))} in {name}"
            raise ReportError(f"these are not parts of one test run: their {what} differ: {values}")


def _check_distinct(entries: Sequence[Mapping[str, Any]]) -> None:
    count = Counter(entry["nodeid"] for entry in entries)
    if repeated := [nodeid for nodeid in count if count[nodeid] > 1]:
        raise ReportError(f"{repeated[0]} is in more than one part: these are not parts of one test run")


def _part(report: Report) -> tuple[int, int]:
    part, _, parts = report["options"]["shard"].partition("/")
    return int(part), int(parts)


def _joined(reports: Iterable[Report], name: str) -> list[Any]:
    return sorted((entry for report in reports for entry in report[name]), key=lambda entry: str(entry["nodeid"]))


def _all_of(values: Iterable[str]) -> str:
    return ", ".join(sorted({value for value in values if value}))


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
