"""Simulated fine-tunings, for benchmarks of verdicts.

The simulation shares no assumption with the method. An example has a difficulty, the same for all runs of a
checkpoint. A run's seed shifts quality and bias (logistic, so with heavier tails than normal). A run also changes the
predictions of single examples, more often of those that are near the decision boundary. A changed checkpoint has a
lower quality and slightly different difficulties. Each trial draws another split and other seeds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pytest_glue.statistics.scored_runs import ScoredRuns

DIFFICULTY_DEVIATIONS = np.array([0.6, 1.6], np.float32)  # of one half of the examples, and of the other
RESIDUAL_DEVIATION = 0.45  # of the interaction of a seed with an example
POSITIVES = {"accuracy": 0.5, "f1": 0.68, "matthews_correlation": 0.69, "pearson": 0.0}  # RTE, MRPC, CoLA
QUALITY = {"accuracy": 1.0, "f1": 1.0, "matthews_correlation": 1.1, "pearson": 2.2}
BATCH_PREDICTIONS = 200_000
SPLITS = 150
"""Of 20 runs each, from which the deviation between seeds is known: its error is then about 1 %."""

Array = NDArray[np.float64]


class Draw(NamedTuple):
    """Predictions of one batch of trials."""

    candidate: NDArray[np.float32] | NDArray[np.bool_]
    baseline: NDArray[np.float32] | NDArray[np.bool_]
    references: NDArray[np.float32] | NDArray[np.bool_]


class World:
    """A simulated task with a checkpoint.

    Args:
        metric: a name of `METRICS`.
        n: examples in a split.
        seed_sd: standard deviation between seeds.
        kinship: correlation of the examples' difficulties between a changed checkpoint and its predecessor.
        candidate_factor: factor on the candidate's deviation between seeds.
    """

    def __init__(
        self, metric: str, n: int, seed_sd: float, kinship: float = 0.97, candidate_factor: float = 1.0
    ) -> None:
        self.metric, self.n, self.kinship, self.candidate_factor = metric, n, kinship, candidate_factor
        self._pool, self._served = np.empty(0, np.float32), 0
        self._margins = np.linspace(-8, 9, 3401)
        self._recalls = np.mean(
            [ndtr(self._margins / np.hypot(width, RESIDUAL_DEVIATION)) for width in DIFFICULTY_DEVIATIONS], axis=0
        )
        self._u, self._v = _logistic(np.random.default_rng(7), (2, 4096))
        low, high = 0.0, 2.0
        for _ in range(40):
            self.scale = (low + high) / 2
            sd = self._scores(QUALITY[metric]).std()
            low, high = (self.scale, high) if sd < seed_sd else (low, self.scale)
        self._qualities = np.linspace(-1 if metric == "pearson" else -3, 4, 141)
        self._expected = np.array([self._scores(quality).mean() for quality in self._qualities])
        self.score = float(np.interp(QUALITY[metric], self._qualities, self._expected))

    def draw(self, rng: np.random.Generator, drops: Array, b: int) -> Draw:
        """Return trials with candidates whose expected score is lower by `drops`, (trials, a), and b baseline runs.

        A column whose drop is 0 is the unchanged checkpoint.
        """
        (trials, a), changed = drops.shape, drops[0] > 0
        pool = self._normals(rng)
        width = DIFFICULTY_DEVIATIONS[rng.integers(0, 2, (trials, 1, self.n), np.uint8)]
        hard = _slices(rng, pool, (trials, 1), self.n) * width
        quality = np.full((trials, a + b, 1), QUALITY[self.metric], np.float32)
        quality[:, :a, 0] = np.interp(self.score - drops, self._expected, self._qualities)
        fresh = _slices(rng, pool, (trials, 1), self.n) * width
        own = np.float32(self.kinship) * hard + np.float32(np.sqrt(1 - self.kinship**2)) * fresh
        u, v = (self.scale * _logistic(rng, (2, trials, a + b, 1))).astype(np.float32)
        u[:, :a] *= self.candidate_factor
        v[:, :a] *= self.candidate_factor
        values = _slices(rng, pool, (trials, a + b), self.n)
        if self.metric == "pearson":
            y = rng.random((trials, self.n), np.float32) * np.float32(np.sqrt(12))
            values *= np.float32(2 * RESIDUAL_DEVIATION)
            values += (quality + u) * y[:, np.newaxis]
            self._add_difficulty(values, own, hard, changed)
            return Draw(values[:, :a], values[:, a:], y)
        labels = rng.random((trials, self.n), np.float32) < POSITIVES[self.metric]
        values *= np.float32(RESIDUAL_DEVIATION)
        values += quality + u
        values += v * np.where(labels, 1, -1).astype(np.float32)[:, np.newaxis]
        self._add_difficulty(values, own, hard, changed)
        predictions = (values > 0) == labels[:, np.newaxis]
        return Draw(predictions[:, :a], predictions[:, a:], labels)

    @staticmethod
    def _add_difficulty(
        values: NDArray[np.float32], own: NDArray[np.float32], hard: NDArray[np.float32], changed: NDArray[np.bool_]
    ) -> None:
        first, last = (int(np.argmax(changed)), int(changed.sum())) if changed.any() else (changed.size, 0)
        values[:, :first] += hard
        values[:, first : first + last] += own
        values[:, first + last :] += hard

    def _normals(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return a pool of normal values, drawn again after as many values as it holds were used."""
        self._served += BATCH_PREDICTIONS
        if self._served > self._pool.size:
            self._pool, self._served = rng.standard_normal(2**21, np.float32), 0
        return self._pool

    def run_sd(self, rng: np.random.Generator) -> float:
        """Return the standard deviation of a run's score on a fixed split, as it would be published."""
        variances = []
        for _ in range(SPLITS):
            drawn = self.draw(rng, np.zeros((1, 1)), 20)
            scores = ScoredRuns.of(self.metric, drawn.baseline, drawn.references).scores
            variances.append(float(scores.var(ddof=1)))
        return float(np.sqrt(np.mean(variances)))

    def _scores(self, quality: float) -> Array:
        """Return the scores of many seeds over the population of examples."""
        return np.asarray(self._population(quality + self.scale * self._u, self.scale * self._v), np.float64)

    def _population(self, u: Array, v: Array) -> Array:
        if self.metric == "pearson":
            return np.asarray(u / np.sqrt(u**2 + np.mean(DIFFICULTY_DEVIATIONS**2) + (2 * RESIDUAL_DEVIATION) ** 2))
        p = POSITIVES[self.metric]
        recall, specificity = (np.interp(x, self._margins, self._recalls) for x in (u + v, u - v))
        tp, fn, tn, fp = p * recall, p * (1 - recall), (1 - p) * specificity, (1 - p) * (1 - specificity)
        if self.metric == "accuracy":
            return tp + tn
        if self.metric == "f1":
            return 2 * tp / (2 * tp + fp + fn)
        return (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


def _logistic(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.logistic(size=shape) * (np.sqrt(3) / np.pi))


def _slices(rng: np.random.Generator, pool: NDArray[np.float32], shape: tuple[int, int], n: int) -> NDArray[np.float32]:
    """Return rows of normal values, (*shape, n), each from a random position of the pool: faster than drawing them."""
    starts = rng.integers(0, pool.size - n, shape[0] * shape[1])
    return np.stack([pool[start : start + n] for start in starts]).reshape(*shape, n)
