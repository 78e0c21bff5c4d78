"""Properties of a JUnit test case: a few facts of the evaluation under stable names."""

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
    }
    return [
        (name, f"{value:.6g}" if isinstance(value, float) else str(value))
        for name, value in facts.items()
        if value is not None
    ]
