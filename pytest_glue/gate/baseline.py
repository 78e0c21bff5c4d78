"""Recorded baselines: the accepted scores and predictions of one item, with what a fair comparison needs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.errors import BaselineError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.metrics import METRICS, Metric
from pytest_glue.core.runs import Run, Scores
from pytest_glue.core.serialization import from_plain, to_plain
from pytest_glue.core.study import SearchConfig
from pytest_glue.core.tasks import GLUE, Kind, Task
from pytest_glue.gate.prediction_codec import Style, from_lines, to_lines, wrap

SCHEMA_VERSION = 1
MIN_EXAMPLES = 2
"""A comparison estimates the variance between examples."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One run of a baseline."""

    seed: int
    metrics: Scores
    predictions: tuple[float, ...]
    """One for each evaluation example; empty if one is not finite, since such a run failed to train."""
    unlabelled_predictions: tuple[float, ...] | None = None
    """Of the unlabelled texts, empty if one is not finite; None if the baseline was saved without `--glue-certify`."""
    logits: str | None = None
    """As in `Run`; None without predictions."""


@dataclass(frozen=True, slots=True)
class RecordedGroups:
    """Groups of evaluation examples that depend on each other; see `statistics.group_design`."""

    n_groups: int
    size: float
    """Examples in an example's group, on average over examples."""
    effect: float
    """The design effect on the runs that trained."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The recorded baseline of one item; the fields are those of its file."""

    task: str
    checkpoint: Checkpoint
    headline_metric: str
    is_regression: bool
    evaluation_split: str
    n_train: int
    n_eval: int
    data_digest: str
    recipe: Mapping[str, Any]
    libraries: Mapping[str, str]
    """Versions of the libraries that a score depends on."""
    visible_drops: Mapping[int, float]
    """The minimum detectable drop of a comparison with this baseline, by the candidate's number of seeds."""
    runs: tuple[RecordedRun, ...]
    search: SearchConfig | None = None
    """How the hyperparameters were searched; None if the recipe was used as it is."""
    unlabelled_digest: str | None = None
    """Of the unlabelled texts; None if the baseline was saved without `--glue-certify`."""
    groups: RecordedGroups | None = None
    """Of the evaluation examples; None if they are independent, or if fewer than two runs trained."""
    labels: tuple[str, ...] = ()
    """Of a user's own task, in the order of the predictions' ids; empty for a task of GLUE and for a regression."""
    is_multi_label: bool = False
    """Whether a prediction is a set of labels, as the number whose bits they are."""
    evaluate_only: bool = False
    """Whether the only run is the checkpoint as it is, for which nothing was trained."""

    @property
    def kind(self) -> Kind:
        """The kind of the task."""
        if self.is_multi_label:
            return Kind.MULTI_LABEL
        return Kind.REGRESSION if self.is_regression else Kind.CLASSIFICATION

    @classmethod
    def of(
        cls,
        evaluation: Evaluation,
        task: Task,
        libraries: Mapping[str, str],
        visible_drops: Mapping[int, float],
        groups: RecordedGroups | None = None,
    ) -> Self:
        """Return the baseline that records an evaluation.

        Args:
            evaluation: of the item.
            task: of the item.
            libraries: versions of the libraries that a score depends on.
            visible_drops: minimum detectable drops by the candidate's number of seeds.
            groups: of the evaluation examples.
        """
        conditions = evaluation.conditions
        return cls(
            task=task.name,
            checkpoint=conditions.checkpoint,
            headline_metric=task.headline_metric,
            is_regression=task.is_regression,
            evaluation_split=task.evaluation_split,
            n_train=conditions.n_train,
            n_eval=conditions.n_eval,
            data_digest=conditions.data_digest,
            recipe=conditions.recipe,
            libraries=libraries,
            visible_drops=visible_drops,
            runs=tuple(_recorded(run) for run in evaluation.runs),
            search=conditions.terms,
            unlabelled_digest=conditions.unlabelled_digest,
            groups=groups,
            labels=() if task.name in GLUE else task.labels,
            is_multi_label=task.is_multi_label,
            evaluate_only=conditions.evaluate_only,
        )

    @property
    def scored_runs(self) -> tuple[RecordedRun, ...]:
        """The runs that have predictions and a score; the others failed to train."""
        return tuple(run for run in self.runs if run.predictions and run.metrics[self.headline_metric] is not None)

    @property
    def score(self) -> float:
        """Mean of the headline metric over the runs for which it is defined."""
        scores = [score for run in self.runs if (score := run.metrics[self.headline_metric]) is not None]
        return math.fsum(scores) / len(scores)

    @property
    def style(self) -> Style:
        """How the file holds the predictions."""
        if self.is_regression:
            return Style.DECIMALS
        return Style.INTEGERS if self.is_multi_label else Style.of_classes(len(self.labels))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The runs' seeds, in their order."""
        return tuple(run.seed for run in self.runs)


def _recorded(run: Run) -> RecordedRun:
    unlabelled = None if run.unlabelled_predictions is None else _finite(run.unlabelled_predictions)
    predictions = _finite(run.predictions)
    return RecordedRun(run.seed, run.metrics, predictions, unlabelled, run.logits if predictions else None)


def _finite(predictions: tuple[float, ...]) -> tuple[float, ...]:
    return predictions if all(map(math.isfinite, predictions)) else ()


def encode_baseline(baseline: Baseline) -> dict[str, Any]:
    """Return the content of a baseline's file: plain data in a stable order, with predictions as lines of text."""
    content = {"schema_version": SCHEMA_VERSION, **to_plain(baseline)}
    if baseline.checkpoint.role is None:
        del content["checkpoint"]["role"]
    if baseline.unlabelled_digest is None:
        del content["unlabelled_digest"]
    if baseline.groups is None:
        del content["groups"]
    if not baseline.labels:
        del content["labels"]
    if not baseline.is_multi_label:
        del content["is_multi_label"]
    if not baseline.evaluate_only:
        del content["evaluate_only"]
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
        raise BaselineError("it is a JSON report, which has no predictions: record a baseline with --glue-save=NAME")
    unknown = content.keys() - {"schema_version", *(field.name for field in fields(Baseline))}
    if unknown:
        raise BaselineError(f"it holds an unknown field: {min(unknown)}")
    try:
        encoded = from_plain(content, _EncodedRuns).runs
        baseline = from_plain({**content, "runs": []}, Baseline)
    except ValueError as error:
        raise BaselineError(f"it is incomplete or was edited: {error}") from None
    baseline = replace(baseline, runs=tuple(_decoded(run, baseline.style) for run in encoded))
    _check(baseline)
    return baseline


@dataclass(frozen=True, slots=True)
class _EncodedRun:
    seed: int
    metrics: dict[str, Any]
    predictions: tuple[str, ...]
    unlabelled_predictions: tuple[str, ...] | None = None
    logits: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _EncodedRuns:
    runs: tuple[_EncodedRun, ...]


def _decoded(run: _EncodedRun, style: Style) -> RecordedRun:
    lines = run.unlabelled_predictions
    unlabelled = None if lines is None else from_lines(lines, style)
    logits = None if run.logits is None else "".join(run.logits)
    return RecordedRun(run.seed, run.metrics, from_lines(run.predictions, style), unlabelled, logits)


def _check(baseline: Baseline) -> None:
    _check_seeds(baseline)
    if baseline.n_eval < MIN_EXAMPLES:
        raise BaselineError(f"it holds {baseline.n_eval} evaluation example, and a comparison needs {MIN_EXAMPLES}")
    if wrong_drops := [drop for drop in baseline.visible_drops.values() if not 0 <= drop <= math.inf]:
        raise BaselineError(f"its visible_drops contain {wrong_drops[0]}, which is no drop")
    metric = baseline.headline_metric
    known = METRICS.get(metric, Metric(metric, -math.inf, math.inf))
    if all(run.metrics.get(metric, 0.0) is None for run in baseline.runs):
        raise BaselineError(f"its {metric} is undefined for every run")
    for run in baseline.runs:
        score: object = run.metrics.get(metric, "missing")
        if len(run.predictions) != baseline.n_eval and not (score is None and not run.predictions):
            raise BaselineError(
                f"it says n_eval {baseline.n_eval} and holds {len(run.predictions)} predictions of seed {run.seed}"
            )
        if score is not None and not known.is_score(score):
            raise BaselineError(f"its {metric} of seed {run.seed} is {score!r}, which is not a score")
    _check_logits(baseline)
    _check_groups(baseline)
    _check_unlabelled(baseline)


def _check_seeds(baseline: Baseline) -> None:
    if not baseline.runs:
        raise BaselineError("it holds no runs")
    if len(set(baseline.seeds)) < len(baseline.seeds):
        raise BaselineError(f"it holds a seed twice: {list(baseline.seeds)}")
    if baseline.evaluate_only and len(baseline.runs) > 1:
        raise BaselineError(f"it was evaluated only and holds {len(baseline.runs)} runs; a fixed model has one")
    if wrong := [seed for seed in baseline.seeds if not 0 <= seed < 2**32]:
        raise BaselineError(f"it holds the seed {wrong[0]}; seeds are from 0 to {2**32 - 1}")


def _check_logits(baseline: Baseline) -> None:
    metric = METRICS.get(baseline.headline_metric)
    for run in baseline.runs:
        if run.predictions and metric and metric.needs_probabilities and run.logits is None:
            raise BaselineError(f"its run of seed {run.seed} lacks the logits that {metric.name} is computed from")


def _check_groups(baseline: Baseline) -> None:
    groups, n = baseline.groups, baseline.n_eval
    if groups is None:
        return
    is_possible = 2 <= groups.n_groups <= n and 1 <= groups.size <= n and 0 < groups.effect <= groups.size
    if not is_possible:
        raise BaselineError(f"its groups do not fit {n} evaluation examples: {to_plain(groups)}")


def _check_unlabelled(baseline: Baseline) -> None:
    unlabelled = [run.unlabelled_predictions for run in baseline.runs]
    are_known = baseline.unlabelled_digest is not None
    if (
        any((each is not None) != are_known for each in unlabelled)
        or len({len(each) for each in unlabelled if each}) > 1
    ):
        raise BaselineError("its predictions of unlabelled texts and their digest do not match")
    if are_known and not any(unlabelled):
        raise BaselineError("its predictions of unlabelled texts are empty for every run")
