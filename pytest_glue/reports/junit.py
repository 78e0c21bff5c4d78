"""A few facts of each evaluation and of the test run, under stable names: JUnit's properties, and plain metadata."""

from collections.abc import Sequence
from typing import Any

from pytest_glue.core.evaluation import Evaluation


def properties(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Return names and values of `<property>` elements; facts without a value are left out."""
    return [(f"glue.{name}", _text(value)) for name, value in _facts(evaluation).items()]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def metadata(evaluation: Evaluation) -> dict[str, Any]:
    """Return the same facts with numbers as numbers, and with the score of the baseline, if there is one."""
    baseline = {} if evaluation.baseline is None else {"baseline_score": evaluation.baseline["baseline_score"]}
    return {**_facts(evaluation), **baseline}


def _facts(evaluation: Evaluation) -> dict[str, Any]:
    facts = {
        "task": evaluation.task,
        "checkpoint": evaluation.checkpoint.label,
        "metric": evaluation.headline_metric,
        "score": evaluation.score,
        "threshold": evaluation.threshold,
        "verdict": str(evaluation.verdict),
        "reason": evaluation.reason,
        "cached_runs": evaluation.n_cached or None,
        "synthetic": evaluation.is_synthetic or None,
        "stopped_runs": evaluation.n_stopped or None,
        "failed_runs": len(evaluation.failed_runs) or None,
        "failed_slices": ", ".join(each.name for each in evaluation.judgement.failed_slices) or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def suite_properties(evaluations: Sequence[Evaluation]) -> list[tuple[str, str]]:
    """Return names and values of the test suite's `<property>` elements."""
    facts = {
        "glue.tasks": sorted({each.task for each in evaluations}),
        "glue.checkpoints": sorted({each.checkpoint.label for each in evaluations}),
        "glue.data": sorted({each.data for each in evaluations}),
        "glue.synthetic": ["true"] if any(each.is_synthetic for each in evaluations) else [],
    }
    return [(name, ", ".join(values)) for name, values in facts.items() if values]
