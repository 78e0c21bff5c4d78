"""Other tests of the same question, and a table of their error rates and power beside the gate's.

The question: is a candidate worse than its baseline? Each function returns one-sided p values, one for each trial.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from benchmarks.judging import ALPHA, Array, batches, draw, first, judge, of_test_run, shown
from benchmarks.score_world import ScoreWorld
from pytest_glue.statistics.scored_runs import ScoredRuns

DESIGNS = ((3, 3), (5, 5), (10, 10), (3, 10))
WORLDS = ((277, "normal"), (277, "t3"), (277, "bimodal"), (1043, "normal"))
DROP = 0.06
RESAMPLES = 400
"""Of the multi-bootstrap, for each trial."""


def pooled_anova(candidate: ScoredRuns, baseline: ScoredRuns) -> Array:
    """Test the seeds' scores with one pooled variance: Student's t, which for two groups is the analysis of variance.

    It takes the examples as fixed.
    """
    a, b = candidate.scores, baseline.scores
    df = a.shape[1] + b.shape[1] - 2
    squares = a.var(axis=1) * a.shape[1] + b.var(axis=1) * b.shape[1]
    standard_error = np.sqrt(squares / df * (1 / a.shape[1] + 1 / b.shape[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (a.mean(axis=1) - b.mean(axis=1)) / standard_error
    return np.asarray(stdtr(df, np.nan_to_num(t)))


def permutation(candidate: ScoredRuns, baseline: ScoredRuns) -> Array:
    """Test the seeds' scores by all exchanges of seeds between the sides, or by 1,000 random ones."""
    both = np.concatenate([candidate.scores, baseline.scores], axis=1)
    k, total = candidate.k, both.shape[1]
    chosen = np.array(list(combinations(range(total), k)) if total <= 12 else _random_exchanges(k, total))
    means = np.stack([both[:, rows].sum(axis=1) for rows in chosen], axis=1)
    return np.asarray((means <= means[:, :1] + 1e-12).mean(axis=1))


def _random_exchanges(k: int, total: int) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(0)
    return [tuple(range(k)), *(tuple(rng.permutation(total)[:k]) for _ in range(999))]


def multi_bootstrap(candidate: ScoredRuns, baseline: ScoredRuns) -> Array:
    """Resample seeds of each side and the shared examples (MultiBERTs, Sellam et al. 2022); p is the share above 0."""
    rng, n = np.random.default_rng(0), candidate.influences.shape[-1]
    examples = (rng.multinomial(n, np.full(n, 1 / n), RESAMPLES) / n).astype(np.float32)
    higher = _resampled(rng, candidate, examples) >= _resampled(rng, baseline, examples)
    return np.asarray(higher.mean(axis=1))


def _resampled(rng: np.random.Generator, runs: ScoredRuns, examples: NDArray[np.float32]) -> Array:
    seeds = rng.multinomial(runs.k, np.full(runs.k, 1 / runs.k), RESAMPLES) / runs.k
    of_examples = runs.influences @ examples.T + runs.scores[..., np.newaxis]
    return np.asarray(np.einsum("tkr,rk->tr", of_examples, seeds))


def oracle(standard_error: float) -> Callable[[ScoredRuns, ScoredRuns], Array]:
    """Return the test that knows the standard error: the most that any test of the mean scores could show."""

    def test(candidate: ScoredRuns, baseline: ScoredRuns) -> Array:
        difference = candidate.scores.mean(axis=1) - baseline.scores.mean(axis=1)
        return np.asarray(ndtr(difference / standard_error))

    return test


def gate(candidate: ScoredRuns, baseline: ScoredRuns) -> Array:
    """Test as pytest-glue does."""
    return judge("accuracy", candidate, baseline).of_fail


def print_rivals(trials: int, rng: np.random.Generator) -> None:
    """Print the table."""
    print(f"\n### Other tests ({trials} trials a cell, alpha {ALPHA})\n")
    print(
        "In a cell: test runs with a fail if nothing changed, of 1 · of 10 items; fail of another checkpoint with the"
    )
    print(f"same expected score; power for a drop of {DROP}. Second simulation, seed sd 0.02. The ANOVA and")
    print("the permutation test take the examples as fixed. The oracle knows the standard error.\n")
    names = ("the gate", "pooled ANOVA", "seed permutation", "multi-bootstrap", "oracle")
    print(f"| n | noise | design | {' | '.join(names)} |\n|--:|---|---|{'---|' * len(names)}")
    for n, noise in WORLDS:
        world = ScoreWorld(n, 0.02, noise)
        for design in DESIGNS:
            unchanged, equal, dropped = (_rates(world, design, drop, trials, rng) for drop in (None, 0.0, DROP))
            cells = [
                f"{shown(none[0])} · {shown(of_test_run(none[1], 10))}; {shown(same[0])}; {power[0]:.2f}"
                for none, same, power in zip(unchanged, equal, dropped, strict=True)
            ]
            print(f"| {n} | {noise} | {design[0]} v {design[1]} | {' | '.join(cells)} |", flush=True)


def _rates(
    world: ScoreWorld, design: tuple[int, int], drop: float | None, trials: int, rng: np.random.Generator
) -> list[Array]:
    """Return for each test the shares of fails of one item, at alpha and at a tenth of it."""
    tests = (gate, pooled_anova, permutation, multi_bootstrap, oracle(_true_standard_error(world, design, drop, rng)))
    rejected = np.zeros((len(tests), 2))
    for size in batches(trials, world.n, 2 * sum(design)):
        sides = draw(world, rng, size, design, drop)
        p_values = [test(*sides) for test in tests]
        rejected += [[(p <= alpha).sum() for alpha in (ALPHA, ALPHA / 10)] for p in p_values]
    return list(rejected / trials)


def _true_standard_error(
    world: ScoreWorld, design: tuple[int, int], drop: float | None, rng: np.random.Generator
) -> float:
    candidate, baseline = draw(world, rng, 3000, (max(design), max(design)), drop)
    sides = first(candidate, design[0]), first(baseline, design[1])
    return float(np.std(sides[0].scores.mean(axis=1) - sides[1].scores.mean(axis=1)))
