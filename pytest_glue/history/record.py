"""What the history holds of an evaluation."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Self

from pytest_glue.config.options import OPTIONS, Options
from pytest_glue.core.environment import library_versions
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.recipe import WITHOUT_EFFECT
from pytest_glue.core.repository import RepositoryState
from pytest_glue.core.runs import Scores
from pytest_glue.core.secrets import mask
from pytest_glue.core.serialization import to_plain

_OF_A_COMPARISON = ("name", "baseline_score", "max_drop", "verdict", "difference", "confidence_interval", "recorded_at")
"""What is kept of a comparison with a baseline."""

_NOT_COMPARED = ("recipe", "batching", "max_train_samples", "max_eval_samples")
"""Options of a run that change no score beyond rounding, or whose effect the record has."""


@dataclass(frozen=True, slots=True)
class Record:
    """One evaluation of an item in one test run. Scores are fractions, as in the JSON report."""

    test_run: str
    """The id of the test run."""
    time: str
    """When the item was judged, in UTC, as in `2026-11-28T09:30:00Z`."""
    commit: str | None
    """Of the repository that was tested; None outside of one."""
    is_dirty: bool | None
    """Whether tracked files differed from the commit; None where that is not known."""
    branch: str | None
    nodeid: str
    task: str
    checkpoint: str
    """The role, or the name without a revision: what stays the same over time."""
    source: str
    """The checkpoint as the user named it."""
    revision: str | None
    digest: str | None
    """Of the checkpoint's files."""
    headline_metric: str
    greater_is_better: bool
    score: float | None
    interval_low: float | None
    """Of the score, at 95 %."""
    interval_high: float | None
    metrics: Mapping[str, float | None]
    """Means over the runs."""
    runs: Sequence[Mapping[str, Any]]
    """For each seed: `seed`, `metrics`, `stopped`, `cached`, and `failed`, which says whether it failed to train."""
    verdict: str
    failed: bool
    """Whether the verdict fails the test."""
    threshold: float | None
    baseline: Mapping[str, Any] | None
    """Name, score and result of the comparison; None without one."""
    saved_as: str | None
    """The name of the baseline that the test run recorded; None if it recorded none."""
    n_train: int
    n_eval: int
    data: str
    """The source of the examples."""
    data_digest: str
    recipe: Mapping[str, Any]
    """What determines how the runs are trained and scored, without seeds, data and checkpoint."""
    recipe_digest: str
    versions: Mapping[str, str]
    """Of the libraries."""
    device: str
    duration_s: float

    @classmethod
    def of(cls, evaluation: Evaluation, options: Options, state: RepositoryState, test_run: str, time: str) -> Self:
        """Return the record of an evaluation.

        Args:
            evaluation: of an item.
            options: of the test run.
            state: of the repository.
            test_run: the id of the test run.
            time: now, in UTC.
        """
        conditions, checkpoint = evaluation.conditions, evaluation.checkpoint
        interval, recipe = evaluation.confidence_interval or (None, None), _recipe(evaluation, options)
        comparison = evaluation.baseline
        return cls(
            test_run=test_run,
            time=time,
            commit=state.commit,
            is_dirty=state.is_dirty,
            branch=state.branch,
            nodeid=evaluation.nodeid,
            task=evaluation.task,
            checkpoint=checkpoint.role or checkpoint.name,
            source=mask(str(checkpoint)),
            revision=checkpoint.revision,
            digest=checkpoint.digest,
            headline_metric=evaluation.headline_metric,
            greater_is_better=evaluation.greater_is_better,
            score=_finite(evaluation.score),
            interval_low=interval[0],
            interval_high=interval[1],
            metrics=_finite_scores(evaluation.metrics),
            runs=_runs(evaluation),
            verdict=str(evaluation.verdict),
            failed=evaluation.failed,
            threshold=evaluation.threshold,
            baseline=comparison and _plain({name: comparison.get(name) for name in _OF_A_COMPARISON}),
            saved_as=options.save,
            n_train=conditions.n_train,
            n_eval=conditions.n_eval,
            data=mask(evaluation.data),
            data_digest=conditions.data_digest,
            recipe=recipe,
            recipe_digest=_digest(recipe),
            versions=dict(library_versions()),
            device=conditions.device,
            duration_s=evaluation.duration_s,
        )

    @property
    def item(self) -> str:
        """Task and checkpoint, for sentences."""
        return f"{self.task} · {self.checkpoint}"

    @property
    def test(self) -> str:
        """The test of the item, without its parameters."""
        path, _, name = self.nodeid.partition("::")
        return f"{path}::{name.partition('[')[0]}"

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(run["seed"] for run in self.runs)

    @property
    def seed_scores(self) -> tuple[float | None, ...]:
        """The headline metric of each run."""
        return tuple(run["metrics"].get(self.headline_metric) for run in self.runs)

    @property
    def is_bound(self) -> bool:
        """Whether a run was stopped early, so that the score is only the worst that it can be."""
        return any(run["stopped"] for run in self.runs)


def _runs(evaluation: Evaluation) -> list[dict[str, Any]]:
    failed = {run.seed for run in evaluation.failed_runs}
    return [
        {
            "seed": run.seed,
            "metrics": _finite_scores(run.metrics),
            "stopped": run.stopped,
            "cached": run.cached,
            "failed": run.seed in failed,
        }
        for run in evaluation.runs
    ]


def _finite_scores(scores: Scores) -> dict[str, float | None]:
    return {name: _finite(score) for name, score in scores.items()}


def _finite(score: float | None) -> float | None:
    """Return a score; None for infinity, which JSON does not have."""
    return score if score is not None and isfinite(score) else None


def _recipe(evaluation: Evaluation, options: Options) -> dict[str, Any]:
    """Return what determines how runs are trained and scored; searched hyperparameters are results, not part of it."""
    conditions, terms = evaluation.conditions, evaluation.conditions.terms
    searched = set(terms.space) if terms else set()
    named = [name for name, each in OPTIONS.items() if each.affects == "run" and name not in _NOT_COMPARED]
    return {
        **{name: _plain(getattr(options, name)) for name in named},
        **{name: _plain(value) for name, value in conditions.recipe.items() if name not in searched | WITHOUT_EFFECT},
        "evaluate_only": conditions.evaluate_only,
        "search": None if terms is None else _plain(to_plain(terms)),
    }


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: of what it has no form for, the text."""
    return json.loads(json.dumps(value, default=str), parse_constant=str)


def _digest(recipe: Mapping[str, Any]) -> str:
    text = json.dumps(recipe, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
