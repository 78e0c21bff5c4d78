"""Merges the JSON reports of all shards into the report of one test run.

Verdicts stay as they are, since each shard divided the error rate by the number of items in all shards.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_glue.config.options import OPTIONS
from pytest_glue.core.errors import ReportError
from pytest_glue.core.shards import Shard
from pytest_glue.reports.recorded_report import Report


def check_given_once(reports: Sequence[Path]) -> None:
    """Check the files of a command line.

    Raises:
        ReportError: a report is given twice.
    """
    found: dict[str, Path] = {}
    for report in reports:
        if (same := found.setdefault(os.path.realpath(report), report)) is not report:
            other = "" if report == same else f" (as {same})"
            raise ReportError(f"the report {report} is given twice{other}: leave out one of the two")


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
