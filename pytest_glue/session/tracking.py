"""Which experiment trackers an item's runs are reported to, and what is not reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_glue.core.formatting import count
from pytest_glue.session.session import GlueSession

if TYPE_CHECKING:
    import pytest

    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.core.evaluation import Evaluation
    from pytest_glue.training.callbacks.trackers import Reporting

_FOLDER = "runs"
"""Of TensorBoard's files, in pytest's root folder; TensorBoard's own default."""


def reporting_of(request: pytest.FixtureRequest, spec: EvaluationSpec) -> Reporting | None:
    """Return what reports the runs of the item that a fixture request belongs to; None without `--glue-report-to`."""
    if not spec.options.report_to:
        return None
    from pytest_glue.training.callbacks.trackers import Reporting

    session = GlueSession.of(request.config)
    tags = {
        "glue.task": spec.task.name,
        "glue.checkpoint": spec.checkpoint.label,
        "glue.nodeid": request.node.nodeid,
        "glue.test_run": session.test_run,
    }
    folder = request.config.rootpath / _FOLDER
    return Reporting(spec.options.report_to, request.node.callspec.id, folder, tags, session.failed_trackers)


def unreported_notes(spec: EvaluationSpec, evaluation: Evaluation) -> tuple[str, ...]:
    """Return a note on the runs that trackers get nothing of, since nothing was trained for them."""
    if not spec.options.report_to or not evaluation.n_cached:
        return ()
    trackers = ", ".join(spec.options.report_to)
    return (f"{count(evaluation.n_cached, 'run')} from the cache: nothing of them is reported to {trackers}",)
