"""A table of how many seeds interim analyses and the futility stop save, against all seeds at once."""

from collections.abc import Sequence

import numpy as np

from benchmarks.judging import ALPHA, Array, batches, draw, first
from benchmarks.score_world import ScoreWorld
from benchmarks.simulated_runs import World
from pytest_glue.statistics.comparison import distance, p_values
from pytest_glue.statistics.error_rates import error_rates, interim_analyses
from pytest_glue.statistics.futility import FUTILITY_LIMIT, conditional_power
from pytest_glue.statistics.scale import on_test_scale
from pytest_glue.statistics.scored_runs import ScoredRuns

COUNTS = interim_analyses(3, 10)
WAYS = ((COUNTS, FUTILITY_LIMIT), (COUNTS, 0.0), (COUNTS[-1:], 0.0))
"""For each way to judge: the numbers of seeds at the analyses, and the least conditional power for more seeds."""


def print_sequence(trials: int, rng: np.random.Generator) -> None:
    """Print the table, for both simulations."""
    alpha, last = error_rates(ALPHA, 1, COUNTS)[0], COUNTS[-1]
    print(f"\n### Seeds added until conclusive or futile ({trials} trials a row)\n")
    listed = ", ".join(map(str, COUNTS))
    print(f"Interim analyses at {listed} seeds of the candidate against a baseline of {last}, each at")
    print(f"alpha {alpha:.4f}, with the futility stop (conditional power below {FUTILITY_LIMIT}) and without it;")
    print(f"then {last} at once at {ALPHA}. Accuracy. In a cell: fail · pass · fine-tunings of the candidate.\n")
    print(f"| simulation | n | seed sd | allowed | true drop | futility stop | no stop | {last} at once |")
    print("|---|--:|--:|--:|--:|---|---|---|")
    worlds: list[tuple[str, World | ScoreWorld, float, float]] = [
        ("first", World("accuracy", n, sd), sd, allowed)
        for n, sd, allowed in ((277, 0.003, 0.03), (277, 0.02, 0.04), (1043, 0.01, 0.02), (1043, 0.02, 0.03))
    ]
    worlds += [(f"second, {noise}", ScoreWorld(277, 0.02, noise), 0.02, 0.04) for noise in ("normal", "t3", "bimodal")]
    for name, world, sd, allowed in worlds:
        unchanged, at_the_edge = ((None, 0.0), (None, allowed)), (allowed, allowed)
        dropped = ((allowed, 0.0), (2 * allowed, 0.0), (2 * allowed, allowed))
        for drop, max_drop in (*unchanged, at_the_edge, *dropped):
            shares = _shares(world, drop, max_drop, trials, rng)
            cells = " | ".join(f"{fail:.3f} · {passed:.3f} · {used:.1f}" for fail, passed, used in shares)
            print(f"| {name} | {world.n} | {sd} | {max_drop} | {drop or 0.0} | {cells} |", flush=True)


def _shares(
    world: World | ScoreWorld, drop: float | None, max_drop: float, trials: int, rng: np.random.Generator
) -> Array:
    """Return the shares of fails and of passes, and the mean number of fine-tunings, of each way: shape (3, 3)."""
    sums = np.zeros((len(WAYS), 3))
    for size in batches(trials, world.n, 2 * COUNTS[-1]):
        candidate, baseline = draw(world, rng, size, (COUNTS[-1], COUNTS[-1]), drop)
        for way, (counts, limit) in enumerate(WAYS):
            sums[way] += _judged_in_sequence(world.metric, (candidate, baseline), max_drop, counts, limit)
    return sums / trials


def _judged_in_sequence(
    metric: str, sides: tuple[ScoredRuns, ScoredRuns], max_drop: float, counts: Sequence[int], limit: float
) -> Array:
    """Return the sums over trials of fails, of passes and of fine-tunings."""
    candidate, baseline = sides
    lowered = on_test_scale(metric, baseline, max_drop)
    fails, passes, is_done, used = (np.zeros(len(candidate.scores), kind) for kind in (bool, bool, bool, int))
    alphas = error_rates(ALPHA, 1, counts)
    for index, k in enumerate(counts):
        runs, later = first(candidate, k), counts[index + 1 :]
        difference, components = distance(metric, runs, baseline, max_drop)
        p_fail, p_pass = p_values(difference, components, 0.0)
        used[~is_done] = k
        fails |= ~is_done & (p_fail <= alphas[0])
        passes |= ~is_done & ~fails & (p_pass <= alphas[1])
        is_done |= fails | passes
        if later and limit:
            is_done |= conditional_power(on_test_scale(metric, runs), lowered, components, alphas, later) < limit
    return np.array([fails.sum(), passes.sum(), used.sum()], np.float64)
