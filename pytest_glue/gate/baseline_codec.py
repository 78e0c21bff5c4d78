"""The content of a baseline's file: encoded as plain data, and decoded from what a user may have edited."""

from dataclasses import dataclass, fields, replace
from typing import Any

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.serialization import from_plain, to_plain
from pytest_glue.gate.baseline import Baseline, RecordedRun
from pytest_glue.gate.baseline_checks import check_baseline
from pytest_glue.gate.prediction_codec import Style, from_lines, to_lines, wrap

SCHEMA_VERSION = 1
_LEFT_OUT = (
    *("unlabelled_digest", "groups", "labels", "is_multi_label", "evaluate_only", "recorded_at", "commit"),
    *("references", "group_numbers"),
)
"""Fields that a file does not have if they are empty: the files of the first version lack them."""


def encode_baseline(baseline: Baseline) -> dict[str, Any]:
    """Return the content of a baseline's file: plain data in a stable order, with predictions as lines of text."""
    content = {"schema_version": SCHEMA_VERSION, **to_plain(baseline)}
    if baseline.checkpoint.role is None:
        del content["checkpoint"]["role"]
    content["references"] = to_lines(baseline.references, baseline.reference_style)
    content["group_numbers"] = to_lines(baseline.group_numbers, Style.INTEGERS)
    for name in _LEFT_OUT:
        if not content[name]:
            del content[name]
    for run, recorded in zip(content["runs"], baseline.runs, strict=True):
        run["predictions"] = to_lines(recorded.predictions, baseline.style)
        if recorded.unlabelled_predictions is None:
            del run["unlabelled_predictions"]
        else:
            run["unlabelled_predictions"] = to_lines(recorded.unlabelled_predictions, baseline.style)
        if recorded.logits is None:
            del run["logits"]
        else:
            run["logits"] = wrap(recorded.logits)
    return content


def decode_baseline(content: Any) -> Baseline:
    """Return the baseline in a file's content, which a user may have edited.

    Raises:
        BaselineError: it is not a baseline, has another schema version or is inconsistent; the message begins with
            "it" or "its".
    """
    if not isinstance(content, dict) or "schema_version" not in content:
        raise BaselineError("it is not a baseline of pytest-glue: it has no schema_version")
    version = content["schema_version"]
    if isinstance(version, bool) or version != SCHEMA_VERSION:
        raise BaselineError(
            f"it has schema version {version!r} and this pytest-glue reads {SCHEMA_VERSION}: "
            "install the version that wrote it, or record it again"
        )
    if {"results", "environment"} <= content.keys():
        raise BaselineError(
            "it is a JSON report: record a baseline with --glue-save=NAME, or compare it with `pytest-glue compare`"
        )
    unknown = content.keys() - {"schema_version", *(field.name for field in fields(Baseline))}
    if unknown:
        raise BaselineError(f"it holds an unknown field: {min(unknown)}")
    try:
        encoded = from_plain(content, _EncodedParts)
        baseline = from_plain({**content, "runs": [], "references": [], "group_numbers": []}, Baseline)
    except ValueError as error:
        raise BaselineError(f"it is incomplete or was edited: {error}") from None
    baseline = replace(
        baseline,
        runs=tuple(_decoded(run, baseline.style) for run in encoded.runs),
        references=from_lines(encoded.references, baseline.reference_style),
        group_numbers=tuple(map(int, from_lines(encoded.group_numbers, Style.INTEGERS))),
    )
    check_baseline(baseline)
    return baseline


@dataclass(frozen=True, slots=True)
class _EncodedRun:
    seed: int
    metrics: dict[str, Any]
    predictions: tuple[str, ...]
    unlabelled_predictions: tuple[str, ...] | None = None
    logits: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _EncodedParts:
    runs: tuple[_EncodedRun, ...]
    references: tuple[str, ...] = ()
    group_numbers: tuple[str, ...] = ()


def _decoded(run: _EncodedRun, style: Style) -> RecordedRun:
    lines = run.unlabelled_predictions
    unlabelled = None if lines is None else from_lines(lines, style)
    logits = None if run.logits is None else "".join(run.logits)
    return RecordedRun(run.seed, run.metrics, from_lines(run.predictions, style), unlabelled, logits)
