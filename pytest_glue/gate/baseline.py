"""Recorded baselines: the accepted scores and predictions of one item, with what a fair comparison needs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Run, Scores
from pytest_glue.core.study import SearchConfig
from pytest_glue.core.tasks import GLUE, Kind, Task
from pytest_glue.gate.prediction_codec import Style

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
    recorded_at: str | None = None
    """When the baseline was recorded, in UTC and ISO 8601; None in files of version 0.1."""
    commit: str | None = None
    """The commit of the storage's repository when the baseline was recorded; None if it is in none."""
    references: tuple[float, ...] = ()
    """Gold labels of the evaluation examples, for a comparison without the data; empty in files of version 0.1."""
    group_numbers: tuple[int, ...] = ()
    """The group of each evaluation example, as in `RunConditions`; empty if there are no groups."""

    @property
    def item(self) -> str:
        """Task and checkpoint, for sentences."""
        return f"{self.task} · {self.checkpoint.label}"

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
            references=conditions.references,
            group_numbers=conditions.groups or (),
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
        return Style.DECIMALS if self.is_regression else self.reference_style

    @property
    def reference_style(self) -> Style:
        """How the file holds the references: those of a regression with all digits."""
        return Style.of(self.kind, len(self.labels))

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
