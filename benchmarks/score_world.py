"""A second simulation of fine-tunings, in which the population score of each seed is known.

It is built another way than `simulated_runs`. A seed's population score is the recipe's expected score plus noise of
a chosen shape. An example has a rate at which runs get it right, drawn from a beta distribution and shared by all runs
of a checkpoint. A run gets each example right with this rate, moved so that the mean over the population of examples is
exactly the seed's score. For Pearson's correlation, the predictions are the reference plus noise, a part of which all
runs share. A run may collapse: it then predicts the most common label.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Small = NDArray[np.float32]

NOISES = ("none", "normal", "t3", "bimodal", "skewed")
MAJORITY = 0.6
"""Share of the most common label."""


class Runs(NamedTuple):
    """Runs of a candidate and of its baseline, (trials, k, n), with the references, (trials, n)."""

    candidate: Small
    baseline: Small
    references: Small


@dataclass(frozen=True, slots=True)
class ScoreWorld:
    """A task with a recipe."""

    n: int = 277
    seed_sd: float = 0.02
    """Standard deviation of the seeds' population scores."""
    noise: str = "normal"
    metric: str = "accuracy"
    """accuracy or pearson."""
    score: float = 0.8
    """The expected score."""
    concentration: float = 1.0
    """Of the beta distribution of examples: small if all runs get the same examples right."""
    kinship: float = 0.9
    """Share of the examples that a changed checkpoint finds as hard as its predecessor."""
    collapse: float = 0.0
    """Probability that a run collapses."""

    def draw(self, rng: np.random.Generator, trials: int, counts: tuple[int, int], drop: float | Array | None) -> Runs:
        """Return trials with `counts` runs of the candidate and of the baseline.

        Args:
            rng: of the simulation.
            trials: the number of trials.
            counts: runs of the candidate, and of the baseline.
            drop: by which the candidate's expected score is lower, one for all or one a trial; None for the unchanged
                checkpoint. With 0, other examples are hard and the score is the same.
        """
        draw = self._numbers if self.metric == "pearson" else self._labels
        return draw(rng, trials, counts, drop)

    def measured_sd(self, rng: np.random.Generator, trials: int, runs: int) -> Array:
        """Return the standard deviation of the accuracies of so many runs on one split, (trials,)."""
        flips = self.score * (1 - self.score) * self.concentration / (self.concentration + 1) / self.n
        scores = self.seed_sd * standard_noise(self.noise, rng, (trials, runs))
        scores += np.sqrt(flips) * rng.standard_normal((trials, runs))
        return np.asarray(scores.std(axis=-1, ddof=1))

    def _scores(
        self, rng: np.random.Generator, trials: int, counts: tuple[int, int], drop: float | Array | None
    ) -> Small:
        scores = self.score + self.seed_sd * standard_noise(self.noise, rng, (trials, sum(counts)))
        scores[:, : counts[0]] -= np.reshape(np.asarray(0.0 if drop is None else drop), (-1, 1))
        return np.clip(scores, 0.0, 1.0)[..., np.newaxis].astype(np.float32)

    def _labels(
        self, rng: np.random.Generator, trials: int, counts: tuple[int, int], drop: float | Array | None
    ) -> Runs:
        shape = trials, 1, self.n
        p, seeds = np.float32(self.score), self._scores(rng, trials, counts, drop)
        theirs = self._rates(rng, shape)
        ours = theirs
        if drop is not None:
            ours = np.where(rng.random(shape, np.float32) < self.kinship, theirs, self._rates(rng, shape))
        labels = (rng.random((trials, self.n), np.float32) < MAJORITY).astype(np.float32)
        sides = []
        for rates, score in ((ours, seeds[:, : counts[0]]), (theirs, seeds[:, counts[0] :])):
            lower, higher = rates * (score / p), 1 - (1 - rates) * ((1 - score) / (1 - p))
            right = rng.random((*score.shape[:2], self.n), np.float32) < np.where(score <= p, lower, higher)
            predicted = np.where(right, labels[:, np.newaxis], 1 - labels[:, np.newaxis])
            predicted[rng.random(predicted.shape[:2]) < self.collapse] = 1.0
            sides.append(predicted)
        return Runs(sides[0], sides[1], labels)

    def _rates(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Small:
        a, b = self.concentration * self.score, self.concentration * (1 - self.score)
        pool = rng.beta(a, b, 20_000).astype(np.float32)
        return pool[rng.integers(0, pool.size, shape)]

    def _numbers(
        self, rng: np.random.Generator, trials: int, counts: tuple[int, int], drop: float | Array | None
    ) -> Runs:
        shape, r = (trials, 1, self.n), self._scores(rng, trials, counts, drop)
        references = rng.standard_normal((trials, self.n), np.float32)
        theirs = rng.standard_normal(shape, np.float32)
        ours = theirs
        if drop is not None:
            fresh = rng.standard_normal(shape, np.float32)
            ours = np.where(rng.random(shape, np.float32) < self.kinship, theirs, fresh)
        sides = []
        for shared, score in ((ours, r[:, : counts[0]]), (theirs, r[:, counts[0] :])):
            own = rng.standard_normal((*score.shape[:2], self.n), np.float32)
            error = np.sqrt(np.float32(0.7)) * shared + np.sqrt(np.float32(0.3)) * own
            sides.append(score * references[:, np.newaxis] + np.sqrt(1 - score**2) * error)
        return Runs(sides[0], sides[1], references)


def standard_noise(kind: str, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return noise of mean 0 and variance 1.

    `bimodal` has two equal modes, four of their standard deviations apart. `skewed` has a long lower tail.
    """
    if kind == "none":
        return np.zeros(shape)
    if kind == "t3":
        return np.asarray(rng.standard_t(3, shape) / np.sqrt(3))
    if kind == "bimodal":
        return np.asarray((rng.choice([-1.0, 1.0], shape) + 0.5 * rng.standard_normal(shape)) / np.sqrt(1.25))
    if kind == "skewed":
        return np.asarray(1 - rng.standard_exponential(shape))
    return np.asarray(rng.standard_normal(shape))
