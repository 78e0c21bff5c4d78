"""The JSON Schema of the report, generated from the types in `document` and what it imports.

`python -m pytest_glue.reports.schema` rewrites `schema.json` after a change of the types or their docstrings.
"""

import ast
import inspect
import json
import sys
import textwrap
from typing import Any

import msgspec

from pytest_glue.core import error_analysis, verdict
from pytest_glue.reports import document, reported_comparison, reported_ranks
from pytest_glue.reports.json import SCHEMA, SCHEMA_VERSION

_DIGEST = {"pattern": "^sha256:[0-9a-f]{64}$"}
_CONSTRAINTS: dict[tuple[str, str], dict[str, Any]] = {
    ("Checkpoint", "digest"): {"type": "string", **_DIGEST},
    ("Epoch", "epoch"): {"type": "number", "minimum": 0},
    ("Family", "size"): {"type": "integer", "minimum": 0},
    ("Family", "partition"): {"type": ["string", "null"], **_DIGEST},
    ("SearchConfig", "backend"): {"enum": ["optuna", "ray"]},
    ("SearchConfig", "trials"): {"type": "integer", "minimum": 1},
    ("SearchConfig", "split"): {"enum": ["held-out", "evaluation"]},
    ("Trial", "number"): {"type": "integer", "minimum": 0},
    ("Trial", "duration_s"): {"type": "number", "minimum": 0},
}
"""Of types in `core`, which cannot hold them, since loading the plugin does not import msgspec."""

_ADDED = frozenset(
    {
        ("Checkpoint", "role"),
        ("Comparison", "age_days"),
        ("Comparison", "baseline_scores"),
        ("Comparison", "certificate"),
        ("Comparison", "commit"),
        ("Comparison", "conditional_power"),
        ("Comparison", "negative_flips"),
        ("Comparison", "alpha_failed_runs"),
        ("Comparison", "fail_share"),
        ("Comparison", "grown_errors"),
        ("Comparison", "is_stale"),
        ("Comparison", "recorded_at"),
        ("Comparison", "failed_runs"),
        ("Comparison", "p_failed_runs"),
        ("ReportedOptions", "baseline_max_age"),
        ("ReportedOptions", "certify"),
        ("ReportedOptions", "evaluate_only"),
        ("ReportedOptions", "family_size"),
        ("ReportedOptions", "head"),
        ("ReportedOptions", "json_predictions"),
        ("ReportedOptions", "on_missing_baseline"),
        ("ReportedOptions", "report_text"),
        ("ReportedOptions", "slices"),
        ("ReportedOptions", "task"),
        ("ReportedOptions", "unchecked"),
        ("ReportedStudy", "direction"),
        ("Result", "decided_by_hook"),
        ("Result", "evaluate_only"),
        ("NegativeFlips", "predictions"),
        ("Result", "calibration"),
        ("Result", "confusion_matrix"),
        ("Result", "failed_runs"),
        ("Result", "golden"),
        ("Result", "label_scores"),
        ("Result", "labels"),
        ("Result", "greater_is_better"),
        ("Result", "n_groups"),
        ("Result", "outcome"),
        ("Result", "predictions"),
        ("Result", "residuals"),
        ("Result", "slices"),
    }
)
"""Fields that the first reports of this schema version lack."""


def schema() -> dict[str, Any]:
    """Return the schema; descriptions are the docstrings of types and fields."""
    _, definitions = msgspec.json.schema_components([document.Report], ref_template="#/$defs/{name}")
    modules = (error_analysis, verdict, document, reported_comparison, reported_ranks)
    kinds = {name: kind for module in modules for name, kind in vars(module).items()}
    for name, definition in definitions.items():
        if "properties" in definition:
            _complete(definition, kinds[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:pytest-glue:report:{SCHEMA_VERSION}",
        **definitions.pop("Report"),
        "title": "pytest-glue's JSON report",
        "$defs": definitions,
    }


def _complete(definition: dict[str, Any], kind: type) -> None:
    """Require every field but those that were added, allow no other, and add constraints and descriptions."""
    descriptions = _field_docstrings(kind)
    for name, field in definition["properties"].items():
        field.pop("default", None)
        if constraint := _CONSTRAINTS.get((kind.__name__, name)):
            field.clear()
            field.update(constraint)
        if name in descriptions:
            field["description"] = descriptions[name]
    definition["required"] = [name for name in definition["properties"] if (kind.__name__, name) not in _ADDED]
    definition["additionalProperties"] = False


def _field_docstrings(kind: type) -> dict[str, str]:
    """Return the docstrings below the fields of a class and of its bases."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith("pytest_glue."):
            continue
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(definition, ast.ClassDef)
        for field, below in zip(definition.body, definition.body[1:], strict=False):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found[name] = " ".join(text.split())
    return found


def text() -> str:
    """Return the content of `schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(text(), "utf-8")
    sys.stdout.write(f"wrote {SCHEMA}\n")
