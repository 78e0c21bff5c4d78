"""Predictions in the JSON report, and the items of a report for a comparison without training."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_glue.core.checkpoints import ids
from pytest_glue.core.errors import ReportError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.serialization import from_plain
from pytest_glue.core.tasks import GLUE, Kind
from pytest_glue.gate.baseline import Baseline, RecordedRun
from pytest_glue.gate.baseline_checks import check_baseline
from pytest_glue.gate.prediction_codec import Style, from_lines, to_lines, wrap
from pytest_glue.gate.recorded_item import RecordedItem

if TYPE_CHECKING:
    from pytest_glue.reports.document import Predictions

FLAG = "--glue-json-predictions"


def encode_predictions(evaluation: Evaluation) -> dict[str, Any]:
    """Return what `pytest-glue compare` needs of an evaluation, under the names of `reports.document.Predictions`."""
    conditions, style = evaluation.conditions, Style.of(evaluation.kind, len(evaluation.labels))
    return {
        "kind": evaluation.kind,
        "evaluation_split": evaluation.evaluation_split,
        "references": to_lines(conditions.references, style),
        "groups": to_lines(conditions.groups or (), Style.INTEGERS),
        "slices": {name: _membership(indices, conditions.n_eval) for name, indices in evaluation.slice_indices.items()},
        "runs": [
            {
                "seed": run.seed,
                "predictions": to_lines(run.predictions, style) if all(map(math.isfinite, run.predictions)) else [],
                "logits": None if run.logits is None else wrap(run.logits),
            }
            for run in evaluation.runs
        ],
    }


def recorded_items(file: Path, report: Mapping[str, Any], found: Sequence[Evaluation]) -> tuple[RecordedItem, ...]:
    """Return the items of a report.

    Args:
        file: of the report.
        report: with predictions.
        found: its evaluations, in the order of its results.

    Raises:
        ReportError: it has no predictions.
        BaselineError: they were edited; so may errors of Python be.
    """
    if lacking := [each["nodeid"] for each in report["results"] if each.get("predictions") is None]:
        raise ReportError(
            f"{file} has no predictions of {lacking[0]}, which a comparison needs: write the report with {FLAG}, or "
            "compare the files of baselines (--glue-save)"
        )
    return tuple(_items(file, report, found))


def _items(file: Path, report: Mapping[str, Any], found: Sequence[Evaluation]) -> Iterator[RecordedItem]:
    from pytest_glue.reports.document import Predictions

    for evaluation, result in zip(found, report["results"], strict=True):
        predictions = from_plain(result["predictions"], Predictions)
        baseline = _baseline(evaluation, report, predictions)
        yield RecordedItem(
            nodeid=evaluation.nodeid,
            checkpoint_id=_checkpoint_id(evaluation),
            file=str(file),
            baseline=baseline,
            runs=_with_predictions(evaluation, baseline),
            data=evaluation.data,
            device=evaluation.conditions.device,
            slices={name: _members(lines, baseline.n_eval) for name, lines in predictions.slices.items()},
            interim_analyses=tuple((evaluation.baseline or {}).get("looks", ())),
        )


def _checkpoint_id(evaluation: Evaluation) -> str:
    """Return the checkpoint's part of the node id; if a test has other parameters, the id that it would have."""
    parameters = evaluation.nodeid.rpartition("[")[2].removesuffix("]")
    if parameters.startswith(f"{evaluation.task}-"):
        return parameters.removeprefix(f"{evaluation.task}-")
    return next(iter(ids([replace(evaluation.checkpoint, revision=None)])))


def _baseline(evaluation: Evaluation, report: Mapping[str, Any], predictions: "Predictions") -> Baseline:
    """Return an item as a baseline would record it."""
    conditions, kind = evaluation.conditions, predictions.kind
    style = Style.of(kind, len(evaluation.labels))
    runs = {each.seed: each for each in predictions.runs}
    baseline = Baseline(
        task=evaluation.task,
        checkpoint=evaluation.checkpoint,
        headline_metric=evaluation.headline_metric,
        is_regression=kind is Kind.REGRESSION,
        evaluation_split=predictions.evaluation_split,
        n_train=conditions.n_train,
        n_eval=conditions.n_eval,
        data_digest=conditions.data_digest,
        recipe=conditions.recipe,
        libraries=from_plain(report["environment"]["libraries"], dict[str, str]),
        visible_drops={},
        runs=tuple(
            RecordedRun(
                run.seed,
                run.metrics,
                from_lines(runs[run.seed].predictions, style),
                logits=None if (lines := runs[run.seed].logits) is None else "".join(lines),
            )
            for run in evaluation.runs
        ),
        search=conditions.terms,
        labels=() if evaluation.task in GLUE else evaluation.labels,
        is_multi_label=kind is Kind.MULTI_LABEL,
        evaluate_only=conditions.evaluate_only,
        references=from_lines(predictions.references, style),
        group_numbers=tuple(map(int, from_lines(predictions.groups, Style.INTEGERS))),
    )
    if all(run.metrics.get(baseline.headline_metric) is None for run in baseline.runs):
        return baseline  # which a baseline cannot be, but a candidate
    check_baseline(baseline)
    return baseline


def _with_predictions(evaluation: Evaluation, baseline: Baseline) -> tuple[Any, ...]:
    pairs = zip(evaluation.runs, baseline.runs, strict=True)
    return tuple(replace(run, predictions=each.predictions, logits=each.logits) for run, each in pairs)


def _membership(indices: Sequence[int], n_eval: int) -> list[str]:
    members = set(indices)
    return to_lines([index in members for index in range(n_eval)], Style.DIGITS)


def _members(lines: Sequence[str], n_eval: int) -> tuple[int, ...]:
    members = from_lines(lines, Style.DIGITS)
    if len(members) != n_eval:
        raise ValueError(f"a slice is of {len(members)} examples, and n_eval is {n_eval}")
    return tuple(index for index, member in enumerate(members) if member)
