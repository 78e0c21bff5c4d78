"""Runs of an item and the conditions that they share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any, Protocol

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.study import SearchConfig, Study

Scores = Mapping[str, float | None]
"""The score of each metric, a fraction if it has bounds; None if the metric is undefined."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """Losses and metrics at the end of an epoch."""

    epoch: float
    loss: float | None
    """Mean training loss of the epoch; None if none was logged."""
    evaluation_loss: float | None
    """None if it is not finite."""
    metrics: Scores


@dataclass(frozen=True, slots=True)
class Run:
    """One fine-tuning with one seed, finished; with `evaluate_only`, the predictions of the checkpoint as it is."""

    seed: int
    """With `evaluate_only`, the first seed of the options; nothing depends on it."""
    metrics: Scores
    """Of the best epoch."""
    history: tuple[Epoch, ...]
    predictions: tuple[float, ...]
    """One for each evaluation example: the index of a class in the task's order, a set of labels (see `Task`), or a
    number."""
    duration_s: float
    cached: bool = False
    """Whether the run was read from the cache; its duration is then that of the fine-tuning."""
    stopped: bool = False
    """Whether the run ended early, once the verdict was sure; the headline metric is then the worst that it can be."""
    retries: int = 0
    """How often the run was started again because its process or machine was lost."""
    unlabelled_predictions: tuple[float, ...] | None = None
    """One for each unlabelled text; None if `--glue-certify` did not ask for them."""
    golden_predictions: tuple[float, ...] | None = None
    """One for each golden example; None if the task has none."""
    test_predictions: Mapping[str, tuple[float, ...]] | None = None
    """One for each row of the leaderboard's files, by file name; None if `--glue-submission` did not ask for them."""
    logits: str | None = None
    """Of each evaluation example and label, in the task's order, as `statistics.logits` encodes them; None if no metric
    of the task needs them."""


@dataclass(frozen=True, slots=True)
class RunConditions:
    """What all runs of an item share."""

    checkpoint: Checkpoint
    """With its revision and digest."""
    n_train: int
    n_eval: int
    data_digest: str
    recipe: Mapping[str, Any]
    """Training arguments that differ from the defaults of transformers, without the seed."""
    device: str
    """`cpu`, `cuda:0` or `mps`."""
    references: tuple[float, ...]
    """Gold labels, one for each evaluation example, in the task's order."""
    notes: tuple[str, ...]
    """For the reader, such as that the tokenizer is slow."""
    terms: SearchConfig | None = None
    """How the hyperparameters are searched; None if the recipe is used as it is."""
    study: Study | None = None
    """The finished search; None before it, and without one."""
    unlabelled_digest: str | None = None
    """Of the unlabelled texts that the runs predicted; None if they predicted none."""
    groups: tuple[int, ...] | None = None
    """The number of the group of each evaluation example, such as its paragraph; None if the task has no groups, or if
    they are not known."""
    evaluate_only: bool = False
    """Whether the only run is the checkpoint as it is: a fixed model, for which nothing was trained."""


def mean_scores(runs: Sequence[Run], failed: Collection[int] = (), chance: Mapping[str, float] | None = None) -> Scores:
    """Return the mean of each metric over the runs; None if a run leaves it undefined.

    An undefined score of a run that failed to train counts as the chance level, since such a run predicts no better
    than a constant. It stays undefined if every run failed.

    Args:
        runs: at least one.
        failed: the seeds of the runs that failed.
        chance: the chance level of each metric that may be counted in this way.
    """
    levels = (chance or {}) if len(failed) < len(runs) else {}
    return {name: _mean([_counted(run, name, failed, levels) for run in runs]) for name in runs[0].metrics}


def _counted(run: Run, metric: str, failed: Collection[int], levels: Mapping[str, float]) -> float | None:
    score = run.metrics[metric]
    return levels.get(metric) if score is None and run.seed in failed else score


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    # sum() / n rounds: three scores of 0.7 would have a mean below 0.7.
    return mean(defined) if len(defined) == len(values) else None


class RunSource(Protocol):
    """Provides the runs of an item: by fine-tuning, from the cache or from other processes."""

    @property
    def conditions(self) -> RunConditions:
        """What the runs share. Nothing is trained to find it; a search completes it before the first run.

        Raises:
            GlueError: data or checkpoint cannot be loaded.
        """
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """For the reader: how the runs so far were obtained."""
        ...

    def run(self, seed: int, *, target_score: float | None = None) -> Run:
        """Return the run of a seed.

        Args:
            seed: of the run.
            target_score: the headline score at which the run may end early; None for a whole run.

        Raises:
            GlueError: the run failed; the message gives cause and remedy.
        """
        ...
