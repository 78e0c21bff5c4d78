"""The evaluation of an item, from its spec to pytest's report: what the fixture `glue_evaluation` does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_glue.cache.file_digests import file_digests_of
from pytest_glue.data.source import source_of
from pytest_glue.execution.evaluate import SeedPlan, Subject, evaluate
from pytest_glue.gate.from_options import criteria_of, interim_analyses_of, record, skip_reason
from pytest_glue.session.golden import golden_criteria
from pytest_glue.session.hooks import with_hook_verdict, with_own_metrics
from pytest_glue.session.provenance import data_description, provenance_notes
from pytest_glue.session.reporter import attach_evaluation
from pytest_glue.session.run_sources import runs_of
from pytest_glue.session.session import GlueSession
from pytest_glue.session.slices import slice_criteria
from pytest_glue.session.tracking import unreported_notes
from pytest_glue.training.pretrained import identify

if TYPE_CHECKING:
    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.core.evaluation import Evaluation
    from pytest_glue.gate.criteria import Criteria


def evaluate_item(request: pytest.FixtureRequest, spec: EvaluationSpec) -> Evaluation:
    """Evaluate the item that a fixture request belongs to, record it if asked, and attach it to pytest's report.

    Raises:
        GlueError: it cannot be evaluated; the message gives cause and remedy.
        pytest.skip.Exception: it has no baseline, and `--glue-on-missing-baseline=skip` is given.
    """
    options, task, item = spec.options, spec.task, request.node
    if (reason := skip_reason(spec)) is not None:
        pytest.skip(reason)
    identified, checkpoint_notes = identify(spec.checkpoint, file_digests_of(options))
    source = source_of(task, options.data)
    subject = Subject(item.nodeid, task, data_description(item, source.description))
    criteria = _criteria(request, spec, identified.label)
    analyses = interim_analyses_of(options)
    seed_plan = SeedPlan(options.all_seeds, analyses, options.inconclusive, options.stop_when_decided)
    evaluation = evaluate(subject, runs_of(request, spec), criteria, seed_plan)
    notes = (*checkpoint_notes, *source.notes, *provenance_notes(item), *evaluation.notes)
    notes += unreported_notes(spec, evaluation)
    evaluation = with_own_metrics(item, task, replace(evaluation, notes=notes))
    evaluation = record(spec, with_hook_verdict(item, task, evaluation, options.inconclusive))
    attach_evaluation(item, evaluation, with_properties=options.junit_properties)
    item.ihook.pytest_glue_evaluated(item=item, evaluation=evaluation)
    return evaluation


def _criteria(request: pytest.FixtureRequest, spec: EvaluationSpec, label: str) -> Criteria:
    criteria = criteria_of(spec, label, GlueSession.of(request.config).family_size)
    golden = golden_criteria(spec.task, spec.options.report_text)
    return replace(criteria, slices=slice_criteria(request, spec), golden=golden)
