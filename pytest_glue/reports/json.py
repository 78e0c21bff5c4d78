"""The JSON report; it is valid against `schema.json` at any time of a test run."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from math import isfinite
from pathlib import Path
from typing import Any

from pytest_glue.config.options import Options
from pytest_glue.core.environment import library_versions, python_and_platform
from pytest_glue.core.evaluation import Evaluation, Outcome
from pytest_glue.core.family import Family
from pytest_glue.core.repository import commit
from pytest_glue.core.serialization import to_plain
from pytest_glue.gate.ranking import rank_checkpoints
from pytest_glue.reports.files import write_report
from pytest_glue.reports.predictions import encode_predictions

NAME = "JSON"
"""Of the report, for messages."""
SCHEMA_VERSION = 1
SCHEMA = Path(__file__).with_name("schema.json")


def document(
    options: Options,
    evaluations: Iterable[Evaluation],
    errors: Mapping[str, str],
    root: Path,
    family: Family | None = None,
    outcomes: Mapping[str, Outcome] | None = None,
) -> dict[str, Any]:
    """Return the report as plain data.

    Args:
        options: of the test run.
        evaluations: in any order; the report is sorted by node id.
        errors: the messages of items that ended without a verdict, by node id.
        root: a folder in the repository whose commit is reported.
        family: the items that are judged together; None until all items of this shard have ended.
        outcomes: of the items' tests that have ended, by node id.
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
        "results": [
            _result(each, (outcomes or {}).get(each.nodeid), with_predictions=options.json_predictions)
            for each in ordered
        ],
        "ranks": rank_checkpoints(ordered, options.alpha),
        "errors": [{"nodeid": nodeid, "message": errors[nodeid]} for nodeid in sorted(errors)],
    }


def encode(report: Mapping[str, Any]) -> bytes:
    """Return the content of the file.

    Raises:
        ValueError: a part of the report is no plain data.
    """
    text = json.dumps(without_infinity(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")  # names of files need not be valid text


def write(path: Path, report: Mapping[str, Any], *, is_final: bool = True) -> None:
    """Replace the file, as `write_report` does.

    Raises:
        ReportError: the file cannot be written.
    """
    write_report(path, encode(report), NAME, is_final=is_final)


_FREE = frozenset({"options", "recipe", "hyperparameters", "space"})
"""Parts of the report whose values are the user's."""


def without_infinity(value: Any, *, is_free: bool = False) -> Any:
    """Return the value without NaN and infinity, which JSON does not have: text for the user's values, else null."""
    match value:
        case float() if not isfinite(value):
            return str(value) if is_free else None
        case Mapping():
            return {key: without_infinity(each, is_free=is_free or key in _FREE) for key, each in value.items()}
        case list() | tuple():
            return [without_infinity(each, is_free=is_free) for each in value]
    return value


_COMPUTED = ("score", "metrics", "seeds", "search", "n_groups", "greater_is_better")
"""Properties of an evaluation that are written."""


def _result(evaluation: Evaluation, outcome: Outcome | None, *, with_predictions: bool) -> Any:
    """Return the flat form of an evaluation; predictions and references, which baselines record, only if asked."""
    import msgspec

    from pytest_glue.reports.document import Result

    parts = (evaluation.conditions, evaluation.judgement, evaluation)
    flat = {field.name: getattr(part, field.name) for part in parts for field in fields(part)}
    flat |= {name: getattr(evaluation, name) for name in _COMPUTED}
    flat["outcome"] = outcome
    flat["predictions"] = encode_predictions(evaluation) if with_predictions else None
    return to_plain(msgspec.convert(flat, Result, from_attributes=True))
