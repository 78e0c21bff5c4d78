"""Batches of simulated trials, judged as the gate judges an item."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.score_world import Runs, ScoreWorld
from benchmarks.simulated_runs import World
from pytest_glue.statistics.comparison import distance, p_values
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance

ALPHA = 0.05
BATCH_PREDICTIONS = 2_000_000

Array = NDArray[np.float64]


class PValues(NamedTuple):
    """One-sided p values, one for each trial."""

    of_fail: Array
    of_pass: Array


def batches(trials: int, n: int, runs: int) -> Iterator[int]:
    """Yield the sizes of the batches of the trials."""
    size = max(1, BATCH_PREDICTIONS // (n * runs))
    for start in range(0, trials, size):
        yield min(size, trials - start)


def draw(
    world: World | ScoreWorld,
    rng: np.random.Generator,
    trials: int,
    counts: tuple[int, int],
    drop: float | None,
) -> tuple[ScoredRuns, ScoredRuns]:
    """Return scored trials of a candidate and its baseline; a drop of None is the unchanged checkpoint."""
    if isinstance(world, ScoreWorld):
        return scored(world.metric, world.draw(rng, trials, counts, drop))
    drawn = world.draw(rng, np.full((trials, counts[0]), drop or 0.0), counts[1])
    return scored(world.metric, Runs(drawn.candidate, drawn.baseline, drawn.references))  # type: ignore[arg-type]


def scored(metric: str, runs: Runs) -> tuple[ScoredRuns, ScoredRuns]:
    """Return both sides with scores and influences; those of accuracy in single precision, for speed."""
    if metric != "accuracy":
        return ScoredRuns.of(metric, runs.candidate, runs.references), ScoredRuns.of(
            metric, runs.baseline, runs.references
        )
    return _accuracy(runs.candidate, runs.references), _accuracy(runs.baseline, runs.references)


def _accuracy(predictions: NDArray[np.float32], references: NDArray[np.float32]) -> ScoredRuns:
    right = predictions == references[:, np.newaxis]
    scores = right.mean(axis=-1)
    return ScoredRuns(scores, right - scores[..., np.newaxis].astype(np.float32), right.shape[-1], 1.0)


def first(runs: ScoredRuns, count: int) -> ScoredRuns:
    """Return the first runs of each trial."""
    return runs._replace(scores=runs.scores[:, :count], influences=runs.influences[:, :count])


def judge(
    metric: str,
    candidate: ScoredRuns,
    baseline: ScoredRuns,
    max_drop: float = 0.0,
    published: Array | None = None,
) -> PValues:
    """Return the p values; `published` has a standard deviation for each trial of one run a side."""
    if published is None:
        return PValues(*p_values(*distance(metric, candidate, baseline, max_drop), 0.0))
    each = [
        distance(metric, _trial(candidate, i), _trial(baseline, i), max_drop, SeedVariance(float(sd), 19, "simulated"))
        for i, sd in enumerate(published)
    ]
    found = [p_values(*one, 0.0) for one in each]
    return PValues(np.concatenate([p[0] for p in found]), np.concatenate([p[1] for p in found]))


def _trial(runs: ScoredRuns, index: int) -> ScoredRuns:
    return runs._replace(scores=runs.scores[index : index + 1], influences=runs.influences[index : index + 1])


def published_sd(rng: np.random.Generator, sd: float, size: int) -> Array:
    """Return standard deviations as they would be published: estimated from 20 runs, one for each trial."""
    return np.asarray(sd * np.sqrt(rng.chisquare(19, size) / 19))


def of_test_run(share: float, items: int) -> float:
    """Return the share of test runs with a red item, of independent items that are red at this share."""
    return float(1 - (1 - share) ** items)


def shown(share: float) -> str:
    """Return a share for a table's cell."""
    return f"{share:.3f}".removeprefix("0")
