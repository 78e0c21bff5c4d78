"""Properties in the JUnit report: a few facts of each evaluation and of the test run, under stable names."""

from collections.abc import Sequence

from pytest_glue.core.evaluation import Evaluation


def properties(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Return names and values of `<property>` elements; facts without a value are left out."""
    facts = {
        "glue.task": evaluation.task,
        "glue.checkpoint": evaluation.checkpoint.label,
        "glue.metric": evaluation.headline_metric,
        "glue.score": evaluation.score,
        "glue.threshold": evaluation.threshold,
        "glue.verdict": evaluation.verdict,
        "glue.reason": evaluation.reason,
        "glue.cached_runs": evaluation.n_cached or None,
        "glue.synthetic": "true" if evaluation.is_synthetic else None,
        "glue.stopped_runs": evaluation.n_stopped or None,
        "glue.failed_runs": len(evaluation.failed_runs) or None,
        "glue.failed_slices": ", ".join(each.name for each in evaluation.judgement.failed_slices) or None,
    }
    return [
        (name, f"{value:.6g}" if isinstance(value, float) else str(value))
        for name, value in facts.items()
        if value is not None
    ]


def suite_properties(evaluations: Sequence[Evaluation]) -> list[tuple[str, str]]:
    """Return names and values of the test suite's `<property>` elements."""
    facts = {
        "glue.tasks": sorted({each.task for each in evaluations}),
        "glue.checkpoints": sorted({each.checkpoint.label for each in evaluations}),
        "glue.data": sorted({each.data for each in evaluations}),
        "glue.synthetic": ["true"] if any(each.is_synthetic for each in evaluations) else [],
    }
    return [(name, ", ".join(values)) for name, values in facts.items() if values]
