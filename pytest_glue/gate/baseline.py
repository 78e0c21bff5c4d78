"""A baseline: what an item scored when somebody was content with it, and all that a fair comparison needs to know."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import BaselineError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Scores
from pytest_glue.core.study import SearchConfig
from pytest_glue.core.tasks import Task
from pytest_glue.gate.prediction_codec import from_lines, to_lines

SCHEMA_VERSION = 1

_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("task", "headline_metric", "evaluation_split", "data_digest"), str),
    **dict.fromkeys(("n_train", "n_eval"), int),
    **dict.fromkeys(("recipe", "libraries", "visible_drops"), dict),
    "is_regression": bool,
}
"""What a file must hold under each name, beside checkpoint and runs."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One fine-tuning of a baseline."""

    seed: int
    metrics: Scores
    predictions: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The record of one item."""

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
    """Versions of those that a score depends on."""
    visible_drops: Mapping[str, float]
    """By the number of the candidate's seeds, the smallest drop that a comparison with this baseline shows."""
    runs: tuple[RecordedRun, ...]
    search: SearchConfig | None = None
    """How its hyperparameters were searched; None where they were given."""

    @classmethod
    def of(
        cls,
        evaluation: Evaluation,
        task: Task,
        libraries: Mapping[str, str],
        visible_drops: Mapping[str, float],
    ) -> Self:
        """Return the record of an evaluation."""
        return cls(
            task=task.name,
            checkpoint=evaluation.checkpoint,
            headline_metric=task.headline_metric,
            is_regression=task.is_regression,
            evaluation_split=task.evaluation_split,
            n_train=evaluation.n_train,
            n_eval=evaluation.n_eval,
            data_digest=evaluation.data_digest,
            recipe=evaluation.recipe,
            libraries=libraries,
            visible_drops=visible_drops,
            runs=tuple(RecordedRun(run.seed, run.metrics, run.predictions) for run in evaluation.runs),
            search=evaluation.search.terms if evaluation.search else None,
        )

    @property
    def score(self) -> float:
        """Mean of the headline metric over the runs."""
        return math.fsum(run.metrics[self.headline_metric] or 0.0 for run in self.runs) / len(self.runs)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the runs, in their order."""
        return tuple(run.seed for run in self.runs)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data in a stable order, predictions as lines."""
        plain = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        for run, record in zip(plain["runs"], self.runs, strict=True):
            run["predictions"] = to_lines(record.predictions, is_regression=self.is_regression)
        return plain

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Inverse of `to_dict`, of a file that anybody may have edited.

        Raises:
            BaselineError: it is no baseline, of a newer schema, or contradicts itself; the message begins with "it" or
                "its".
        """
        if not isinstance(data, dict) or "schema_version" not in data:
            raise BaselineError("it is no baseline of pytest-glue: it has no schema_version")
        version = data["schema_version"]
        if version != SCHEMA_VERSION:
            raise BaselineError(
                f"it has schema version {version!r} and this pytest-glue reads {SCHEMA_VERSION}: "
                "install the version that wrote it, or record it anew"
            )
        for name, expected in _TYPES.items():
            if name in data and not isinstance(data[name], expected):
                raise BaselineError(f"its {name} is {data[name]!r}, which is no {expected.__name__}")
        try:
            runs = tuple(_run(run, is_regression=data["is_regression"]) for run in data["runs"])
            recorded = data["checkpoint"]
            checkpoint = Checkpoint(**{**recorded, "origin": Origin(recorded["origin"])})
            drops = {str(int(seeds)): float(drop) for seeds, drop in data["visible_drops"].items()}
            search = SearchConfig(**data["search"]) if data.get("search") else None
            fields = {name: value for name, value in data.items() if name != "schema_version"}
            baseline = cls(
                **{**fields, "checkpoint": checkpoint, "visible_drops": drops, "runs": runs, "search": search}
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BaselineError(f"it lacks what a baseline holds, or holds something else: {error!r}") from None
        baseline._check()
        return baseline

    def _check(self) -> None:
        if not self.runs:
            raise BaselineError("it holds no runs")
        if len(set(self.seeds)) < len(self.seeds):
            raise BaselineError(f"it holds a seed twice: {list(self.seeds)}")
        for run in self.runs:
            if len(run.predictions) != self.n_eval:
                raise BaselineError(
                    f"it says n_eval {self.n_eval} and holds {len(run.predictions)} predictions of seed {run.seed}"
                )
            score = run.metrics.get(self.headline_metric)
            if isinstance(score, bool) or not isinstance(score, int | float) or not -1 <= score <= 1:
                raise BaselineError(f"its {self.headline_metric} of seed {run.seed} is {score!r}, no score")


def _run(data: Mapping[str, Any], *, is_regression: bool) -> RecordedRun:
    lines: Sequence[str] = data["predictions"]
    return RecordedRun(int(data["seed"]), dict(data["metrics"]), from_lines(lines, is_regression=is_regression))
