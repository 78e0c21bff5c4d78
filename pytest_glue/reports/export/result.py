"""What others get to know of the items of a report: scores and how they came about, and nothing of this machine."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath, PureWindowsPath
from typing import Any

from pytest_glue.core.checkpoints import Checkpoint, Origin, ids
from pytest_glue.core.errors import ReportError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import count, printable
from pytest_glue.core.metrics import METRICS, Metric
from pytest_glue.core.own_metrics import is_path
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.export.dataset import Dataset, dataset_of
from pytest_glue.reports.recorded_report import Report, evaluations


@dataclass(frozen=True, slots=True)
class Score:
    """The value of a metric, on all evaluation examples or on a slice."""

    metric: str
    """Its name, without the folder of a user's own."""
    value: float
    greater_is_better: bool | None
    """None if it is not known, as for the further metrics of a hook."""
    n_eval: int
    known: Metric | None = None
    """None for a user's own."""
    slice: str = ""
    confidence_interval: tuple[float, float] | None = None
    """At 95 %."""

    @property
    def label(self) -> str:
        """The metric, and the slice if there is one."""
        return f"{self.metric}, slice {self.slice}" if self.slice else self.metric


@dataclass(frozen=True, slots=True)
class ExportedResult:
    """An item with a score that can be published."""

    evaluation: Evaluation
    checkpoint_id: str
    """Safe as the name of a folder."""
    model: str
    """A hub id; for a checkpoint in a folder, its role or the name of the folder."""
    dataset: Dataset
    scores: tuple[Score, ...]
    """The headline metric's first, those of slices last."""
    is_partial: bool
    """Whether only the first examples of the split were evaluated on."""
    libraries: Mapping[str, str]
    """The versions that computed the scores, by name."""

    @property
    def task(self) -> str:
        return self.evaluation.task

    @property
    def runs(self) -> str:
        """What the scores are a mean of, in short; empty for a checkpoint that was evaluated as it is."""
        n_runs = len(self.evaluation.runs)
        if self.evaluation.conditions.evaluate_only:
            return ""
        return f"mean of {n_runs} fine-tunings" if n_runs > 1 else "one fine-tuning"

    @property
    def how(self) -> str:
        """How the scores came about, as a sentence without an end."""
        conditions, failed = self.evaluation.conditions, len(self.evaluation.failed_runs)
        n_eval = count(conditions.n_eval, "example")
        scored = f"evaluated on {f'the first {n_eval} of the split' if self.is_partial else n_eval}"
        if conditions.evaluate_only:
            return f"not fine-tuned, {scored}"
        seeds = ", ".join(map(str, self.evaluation.seeds))
        failures = f", {failed} of which failed to train" if failed else ""
        runs = f"{self.runs} (seed{'s' * (len(self.evaluation.seeds) > 1)} {seeds}{failures})"
        return f"{runs} on {count(conditions.n_train, 'example')}, {scored}"


def file_name(text: str) -> str:
    """Return a name for a file or a folder, in no other folder: a report may have been edited."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "unnamed"


def exported_results(
    report: Report, item: str = "", model: str | None = None
) -> tuple[list[ExportedResult], dict[str, str]]:
    """Return the results of a report that can be published, and why each of the others is left out, by node id.

    Args:
        report: as `merge.read` returns it.
        item: a part of the node ids to export; empty for all items.
        model: the name of the only checkpoint on the hub; None for its own name.

    Raises:
        ReportError: no node id has this part, two items have one task and checkpoint, or a model is named for several
            checkpoints.
        CheckpointError: the checkpoints have no distinct names.
    """
    left_out = {str(each["nodeid"]): "it ended in an error" for each in report["errors"] if item in each["nodeid"]}
    found: list[tuple[Evaluation, Mapping[str, Any]]] = []
    for evaluation, result in zip(evaluations(report), report["results"], strict=True):
        if item not in evaluation.nodeid:
            continue
        if reason := _left_out(evaluation):
            left_out[evaluation.nodeid] = reason
        else:
            found.append((evaluation, result))
    if item and not found and not left_out:
        known = ", ".join(str(each["nodeid"]) for each in report["results"]) or "none"
        raise ReportError(f"--item={item}: no item of the report has this in its node id; items: {known}")
    names = _checkpoint_ids(evaluation for evaluation, _ in found)
    if model is not None and len(names) > 1:
        raise ReportError(f"--model={model} names one model, and there are {len(names)}: choose one with --item=...")
    _check_distinct([evaluation for evaluation, _ in found])
    return [_exported(each, result, names, model, report) for each, result in found], left_out


def _left_out(evaluation: Evaluation) -> str:
    """Return why a result cannot be published; empty if it can."""
    if evaluation.is_synthetic:
        return "its data or its checkpoint is synthetic"
    if evaluation.verdict is Verdict.DEGENERATE:
        return "every run failed to train, so that its score says nothing about the checkpoint"
    if evaluation.score is None:
        return f"its {evaluation.headline_metric} is undefined"
    if evaluation.n_stopped:
        return "a run ended early (--glue-stop-when-decided), so that its score is a limit"
    return ""


def _check_distinct(found: Sequence[Evaluation]) -> None:
    """Check that no two items have the same task and checkpoint, which no format could tell apart."""
    pairs = Counter((each.task, _plain(each.checkpoint)) for each in found)
    for (task, checkpoint), n_items in pairs.items():
        if n_items > 1:
            nodeids = [each.nodeid for each in found if (each.task, _plain(each.checkpoint)) == (task, checkpoint)]
            raise ReportError(
                f"{n_items} items evaluate {checkpoint.label} on {task}: {', '.join(nodeids)}; choose one with "
                "--item=..., a part of its node id"
            )


def _plain(checkpoint: Checkpoint) -> Checkpoint:
    return replace(checkpoint, digest=None)


def _checkpoint_ids(found: Iterable[Evaluation]) -> dict[Checkpoint, str]:
    named = ids(_plain(each.checkpoint) for each in found)
    return {checkpoint: file_name(name) for name, checkpoint in named.items()}


def _exported(
    evaluation: Evaluation,
    result: Mapping[str, Any],
    names: Mapping[Checkpoint, str],
    model: str | None,
    report: Report,
) -> ExportedResult:
    checkpoint, options = _plain(evaluation.checkpoint), report["options"]
    own_name = checkpoint.name if checkpoint.origin is Origin.HUB else names[checkpoint]
    return ExportedResult(
        evaluation,
        names[checkpoint],
        printable(model or own_name),
        dataset_of(evaluation.task, evaluation.data, options),
        tuple(_scores(evaluation, greater_is_better=result.get("greater_is_better", True))),
        is_partial=options.get("max_eval_samples") == evaluation.conditions.n_eval,
        libraries=report["environment"]["libraries"],
    )


def _scores(evaluation: Evaluation, *, greater_is_better: bool) -> Iterable[Score]:
    """Yield the defined scores; those of slices last."""
    headline, n_eval = evaluation.headline_metric, evaluation.conditions.n_eval
    directions = {headline: greater_is_better}
    ordered = {headline: evaluation.metrics[headline], **evaluation.metrics}
    parts: list[tuple[str, int, Mapping[str, float | None], tuple[float, float] | None]]
    parts = [("", n_eval, ordered, evaluation.confidence_interval)]
    parts += [(name, each.n_eval, each.metrics, each.confidence_interval) for name, each in evaluation.slices.items()]
    for name, n_examples, metrics, interval in parts:
        for metric, value in metrics.items():
            if value is not None:
                known = METRICS.get(metric)
                direction = known.greater_is_better if known else directions.get(metric)
                of_headline = interval if metric == headline else None
                yield Score(_metric_name(metric), value, direction, n_examples, known, printable(name), of_headline)


def _metric_name(metric: str) -> str:
    """Return the name of a metric; of a user's own, that of the function or of the file."""
    if is_path(metric):
        return printable(PureWindowsPath(PurePath(metric).name).stem)
    return printable(metric.rpartition(":")[2])
