"""The JSON report; it is valid against `schema.json` at any time of a test run."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pytest_glue.config.options import Options
from pytest_glue.core.environment import commit, library_versions, python_and_platform
from pytest_glue.core.errors import ReportError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.paths import replace_file
from pytest_glue.core.serialization import to_plain
from pytest_glue.gate.ranking import rank_checkpoints

SCHEMA_VERSION = 1
SCHEMA = Path(__file__).with_name("schema.json")


def document(
    options: Options,
    evaluations: Iterable[Evaluation],
    errors: Mapping[str, str],
    root: Path,
    family: Family | None = None,
) -> dict[str, Any]:
    """Return the report as plain data.

    Args:
        options: of the test run.
        evaluations: in any order; the report is sorted by node id.
        errors: the messages of items that ended without a verdict, by node id.
        root: a folder in the repository whose commit is reported.
        family: the items that are judged together; None until all items of this shard have ended.
    """
    ordered = sorted(evaluations, key=lambda evaluation: evaluation.nodeid)
    return {
        "schema_version": SCHEMA_VERSION,
        "environment": {
            "libraries": library_versions(),
            **python_and_platform(),
            "device": ", ".join(sorted({evaluation.conditions.device for evaluation in ordered})) or None,
            "commit": commit(root),
        },
        "options": options.to_dict(),
        "family": None if family is None else asdict(family),
        "results": [_result(evaluation) for evaluation in ordered],
        "ranks": rank_checkpoints(ordered, options.alpha),
        "errors": [{"nodeid": nodeid, "message": errors[nodeid]} for nodeid in sorted(errors)],
    }


def write(path: Path, report: Mapping[str, Any]) -> None:
    """Replace the file atomically, so that no reader sees half a report.

    Raises:
        ReportError: the file cannot be written.
    """
    try:
        replace_file(path, json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    except OSError as error:
        raise ReportError(_unwritable(path, error)) from error


def check_writable(path: Path) -> None:
    """Check, before anything is trained, that the report can be written; create its folder if it is missing.

    Raises:
        ReportError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.touch()
        aside.unlink()
    except OSError as error:
        raise ReportError(_unwritable(path, error)) from error


def _unwritable(path: Path, error: OSError) -> str:
    remedy = "name a file in a writable folder"
    return f"the JSON report {str(path)!r} cannot be written: {error.strerror}; {remedy}"


def _result(evaluation: Evaluation) -> Any:
    """Return the flat form of an evaluation; predictions and references, which baselines record, are left out."""
    import msgspec

    from pytest_glue.reports.document import Result

    parts = (evaluation.conditions, evaluation.judgement, evaluation)
    flat = {field.name: getattr(part, field.name) for part in parts for field in fields(part)}
    flat |= {name: getattr(evaluation, name) for name in ("score", "metrics", "seeds", "search")}
    return to_plain(msgspec.convert(flat, Result, from_attributes=True))
