"""The JSON report: one document, valid against `schema.json` beside this file at every moment of a test run."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_glue.config.options import Options
from pytest_glue.core.environment import commit, library_versions, python_and_platform
from pytest_glue.core.errors import ReportError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.paths import replace_file
from pytest_glue.gate.ranking import ranks

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
        options: what was asked for.
        evaluations: what was found, in any order; the report is sorted by node id.
        errors: by node id, the message of each item that ended without a verdict.
        root: a folder of the repository whose commit is reported.
        family: the items that are judged together; None while not all of those here have ended.
    """
    ordered = sorted(evaluations, key=lambda evaluation: evaluation.nodeid)
    return {
        "schema_version": SCHEMA_VERSION,
        "environment": {
            "libraries": library_versions(),
            **python_and_platform(),
            "device": ", ".join(sorted({evaluation.device for evaluation in ordered})) or None,
            "commit": commit(root),
        },
        "options": options.to_dict(),
        "family": None if family is None else family.to_dict(),
        "results": [_result(evaluation) for evaluation in ordered],
        "ranks": ranks(ordered, options.alpha),
        "errors": [{"nodeid": nodeid, "message": errors[nodeid]} for nodeid in sorted(errors)],
    }


def write(path: Path, report: Mapping[str, Any]) -> None:
    """Replace the file as a whole: whoever reads it, or kills this process, never sees half a report.

    Raises:
        ReportError: the file cannot be written.
    """
    try:
        replace_file(path, json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    except OSError as error:
        raise ReportError(_unwritable(path, error)) from error


def check_writable(path: Path) -> None:
    """Make sure, before anything is trained, that the report can be written; its folder is made if it is missing.

    Raises:
        ReportError: it cannot.
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
    remedy = "name a file in a folder that you may write to"
    return f"the JSON report {str(path)!r} cannot be written: {error.strerror}; {remedy}"


def _result(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation without predictions and references, which nobody reads here; a baseline holds the former."""
    bare = replace(evaluation, references=(), runs=tuple(replace(run, predictions=()) for run in evaluation.runs))
    result = bare.to_dict()
    del result["references"]
    result["search"] = evaluation.search.to_dict() if evaluation.search else None
    for run in result["runs"]:
        del run["predictions"]
    return result
