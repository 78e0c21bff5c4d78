"""Error rates and power of verdicts on simulated fine-tunings, as tables in Markdown.

    python -m benchmarks.calibration --quick

See `benchmarks.simulated_runs` for the simulation.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from benchmarks.simulated_runs import BATCH_PREDICTIONS, Array, World
from pytest_glue.statistics.comparison import p_values
from pytest_glue.statistics.error_rates import interim_analyses, nominal_alpha
from pytest_glue.statistics.power import minimum_detectable_drop, variance_inflation
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import VarianceComponents, variance_components

ALPHA = 0.05
MAX_DROP = 0.02
SIZES = (71, 277, 1043, 9815)
SEED_DEVIATIONS = (0.0, 0.003, 0.01, 0.02)
METRICS = ("accuracy", "f1", "matthews_correlation", "pearson")
DESIGNS = ((1, 1), (3, 3), (5, 5), (10, 10), (1, 5))
POWER_TRIALS = 2  # one of this many trials is used for the power


class Judged(NamedTuple):
    """The verdicts of a batch of comparisons."""

    fails: NDArray[np.bool_]
    passes: NDArray[np.bool_]
    detectable: Array


def judge(
    metric: str,
    candidate: ScoredRuns,
    baseline: ScoredRuns,
    max_drop: float,
    published: Array | None,
    alpha: float = ALPHA,
) -> Judged:
    """Judge a batch of trials; `published` has a standard deviation for each trial with one run a side."""
    baseline_score = baseline.scores.mean(axis=-1)
    difference = candidate.scores.mean(axis=-1) - baseline_score
    if published is None:
        components = variance_components(
            candidate, baseline, None, variance_inflation(metric, baseline_score, max_drop)
        )
    else:
        components = _with_published(
            candidate, baseline, published, variance_inflation(metric, baseline_score, max_drop)
        )
    p_fail, p_pass = p_values(difference, components, max_drop)
    detectable = minimum_detectable_drop(components, alpha, metric, baseline_score)
    return Judged(p_fail <= alpha, p_pass <= alpha, detectable)


def _with_published(
    candidate: ScoredRuns, baseline: ScoredRuns, published: Array, inflation: Array
) -> VarianceComponents:
    each = [
        variance_components(
            _trial(candidate, i), _trial(baseline, i), SeedVariance(float(sd), 19, "simulated"), float(inflation[i])
        )
        for i, sd in enumerate(published)
    ]
    seeds, examples, df, examples_df, residual_variance = (
        np.concatenate([getattr(one, name) for one in each]) for name in VarianceComponents._fields[:5]
    )
    return VarianceComponents(seeds, examples, df, examples_df, residual_variance, each[0].source, df)


def _trial(runs: ScoredRuns, index: int) -> ScoredRuns:
    return ScoredRuns(runs.scores[index : index + 1], runs.influences[index : index + 1])


def _first(runs: ScoredRuns, count: int) -> ScoredRuns:
    return ScoredRuns(runs.scores[:, :count], runs.influences[:, :count])


class Cell(NamedTuple):
    """Results of the trials of one cell, as shares of the trials."""

    fail_unchanged: float
    fail_at_edge: float
    pass_at_edge: float
    power: float
    """Share of fails if the true drop is the reported one."""
    detectable: float
    """Median reported drop."""


def batches(trials: int, n: int, runs: int) -> Iterator[int]:
    """Yield the sizes of the batches of the trials."""
    size = max(1, BATCH_PREDICTIONS // (n * runs))
    for start in range(0, trials, size):
        yield min(size, trials - start)


def cells(world: World, trials: int, rng: np.random.Generator) -> dict[tuple[int, int], Cell]:
    """Return the results of each design."""
    sd = world.run_sd(rng)
    unchanged: dict[tuple[int, int], list[Judged]] = {design: [] for design in DESIGNS}
    edge: dict[tuple[int, int], list[Judged]] = {design: [] for design in DESIGNS}
    for size in batches(trials, world.n, 30):
        drawn = world.draw(rng, np.repeat([[0.0] * 10 + [MAX_DROP] * 10], size, axis=0), 10)
        candidates = ScoredRuns.of(world.metric, drawn.candidate, drawn.references)
        baseline = ScoredRuns.of(world.metric, drawn.baseline, drawn.references)
        for found, drop, columns in ((unchanged, 0.0, slice(0, 10)), (edge, MAX_DROP, slice(10, 20))):
            candidate = ScoredRuns(candidates.scores[:, columns], candidates.influences[:, columns])
            for a, b in DESIGNS:
                published = _published(rng, sd, size) if (a, b) == (1, 1) else None
                sides = _first(candidate, a), _first(baseline, b)
                found[a, b].append(judge(world.metric, *sides, drop, published))
    out = {}
    for design in DESIGNS:
        detectable = np.concatenate([judged.detectable for judged in unchanged[design]])
        power = _power(world, design, detectable[: max(trials // POWER_TRIALS, 200)], sd, rng)
        out[design] = Cell(
            _share(judged.fails for judged in unchanged[design]),
            _share(judged.fails for judged in edge[design]),
            _share(judged.passes for judged in edge[design]),
            power,
            float(np.median(detectable)),
        )
    return out


def _power(world: World, design: tuple[int, int], detectable: Array, sd: float, rng: np.random.Generator) -> float:
    """Return the share of fails if no drop is allowed and the true drop is what an earlier trial reported."""
    found, done = [], 0
    for size in batches(detectable.size, world.n, sum(design)):
        drops = np.repeat(detectable[done : done + size, np.newaxis], design[0], axis=1)
        drawn = world.draw(rng, drops, design[1])
        done += size
        candidate = ScoredRuns.of(world.metric, drawn.candidate, drawn.references)
        baseline = ScoredRuns.of(world.metric, drawn.baseline, drawn.references)
        published = _published(rng, sd, size) if design == (1, 1) else None
        found.append(judge(world.metric, candidate, baseline, 0.0, published).fails)
    return _share(found)


def _published(rng: np.random.Generator, sd: float, size: int) -> Array:
    return sd * np.sqrt(rng.chisquare(19, size) / 19)


def _share(parts: Iterator[NDArray[np.bool_]] | list[NDArray[np.bool_]]) -> float:
    return float(np.concatenate(list(parts)).mean())


def print_cells(metrics: tuple[str, ...], sizes: tuple[int, ...], trials: int, rng: np.random.Generator) -> None:
    """Print the table of error rates and power: in a cell, three error rates and the power."""
    limit = ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / trials)
    print(f"\n### Errors and power ({trials} trials a cell, alpha {ALPHA}, limit {limit:.4f})\n")
    print("In a cell: fail if nothing changed and no drop is allowed · fail if the true drop is exactly the")
    n_drops = max(trials // POWER_TRIALS, 200)
    print(f"allowed {MAX_DROP} · pass in that case · power, for {n_drops} drops as large as reported")
    print("(their median, in points).\n")
    print("| metric | n | seed sd | " + " | ".join(_name(design) for design in DESIGNS) + " |")
    print("|---|--:|--:|" + "---|" * len(DESIGNS))
    every: list[Cell] = []
    for metric in metrics:
        for n in sizes:
            for seed_sd in SEED_DEVIATIONS if n < SIZES[-1] else SEED_DEVIATIONS[1:]:
                row = cells(World(metric, n, seed_sd), trials, rng)
                every += row.values()
                print(f"| {metric} | {n} | {seed_sd} | " + " | ".join(_cell(cell) for cell in row.values()) + " |")
                sys.stdout.flush()
    errors = np.array([cell[:3] for cell in every])
    power = np.array([cell.power for cell in every])
    print(f"\nOf {len(every)} cells, above the limit: fail unchanged {(errors[:, 0] > limit).sum()}, ", end="")
    print(f"fail at the edge {(errors[:, 1] > limit).sum()}, pass at the edge {(errors[:, 2] > limit).sum()}; ", end="")
    print(f"power below 0.75: {(power < 0.75).sum()}. ", end="")
    print(f"Largest: {', '.join(f'{x:.4f}' for x in errors.max(axis=0))}; least power {power.min():.3f}.")


def _name(design: tuple[int, int]) -> str:
    return f"{design[0]} v {design[1]}" + (", published variance" if design == (1, 1) else "")


def _cell(cell: Cell) -> str:
    rates = " · ".join(f"{rate:.3f}"[1:] for rate in cell[:3])
    return f"{rates} · {cell.power:.2f} ({100 * cell.detectable:.1f})"


def print_unknown(trials: int, rng: np.random.Generator) -> None:
    """Print the verdicts of one run a side if the variance between seeds is unknown."""
    world = World("accuracy", 277, 0.02)
    drawn = world.draw(rng, np.full((trials, 1), 0.05), 1)
    candidate = ScoredRuns.of("accuracy", drawn.candidate, drawn.references)
    baseline = ScoredRuns.of("accuracy", drawn.baseline, drawn.references)
    difference = candidate.scores[:, 0] - baseline.scores[:, 0]
    p_fail, p_pass = p_values(difference, variance_components(candidate, baseline), 0.0)
    print("\n### One seed on each side, unknown variance between seeds\n")
    print(f"{int((~(p_fail <= ALPHA) & ~(p_pass <= ALPHA)).sum())} of {trials} are inconclusive; no drop is reported.")


def print_coverage(sizes: tuple[int, ...], trials: int, rng: np.random.Generator) -> None:
    """Print how often the interval of a score covers the expected score over seeds and examples."""
    print(f"\n### Coverage of a score's 95 % interval ({trials} trials a cell)\n")
    counts = (1, 3, 5, 10)
    print("| metric | n | seed sd | " + " | ".join(f"k = {k}" for k in counts) + " |")
    print("|---|--:|--:|" + "--:|" * len(counts))
    for metric in METRICS:
        for n in sizes:
            for seed_sd in SEED_DEVIATIONS[1:]:
                shares = _coverage(World(metric, n, seed_sd), counts, trials, rng)
                print(f"| {metric} | {n} | {seed_sd} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")


def _coverage(world: World, counts: tuple[int, ...], trials: int, rng: np.random.Generator) -> list[float]:
    sd, held = world.run_sd(rng), np.zeros(len(counts))
    for size in batches(trials, world.n, 11):
        drawn = world.draw(rng, np.zeros((size, 1)), 10)
        runs = ScoredRuns.of(world.metric, drawn.baseline, drawn.references)
        for i, k in enumerate(counts):
            # The published value, of 20 runs, is drawn once for each batch.
            seed_variance = SeedVariance(float(_published(rng, sd, 1)[0]), 19, "simulated") if k == 1 else None
            components = variance_components(_first(runs, k), None, seed_variance)
            reach = stdtrit(components.degrees_of_freedom, 0.975) * np.sqrt(components.seeds + components.examples)
            held[i] += (np.abs(runs.scores[:, :k].mean(axis=-1) - world.score) <= reach).sum()
    return [float(share) for share in held / trials]


def print_sequence(trials: int, rng: np.random.Generator) -> None:
    """Print how many seeds interim analyses save, against all seeds at once."""
    counts = interim_analyses(3, 10)
    alpha = nominal_alpha(counts, ALPHA)
    print(f"\n### Seeds added until conclusive ({trials} trials a row)\n")
    print(
        f"Interim analyses at {', '.join(map(str, counts))} seeds of the candidate against a baseline of 10, each at ",
        end="",
    )
    print(f"alpha {alpha:.4f}; then 10 seeds at once at {ALPHA}. Accuracy.\n")
    print("| n | seed sd | allowed | true drop | fail | pass | fine-tunings | fail, 10 | pass, 10 | fine-tunings, 10 |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for n, seed_sd, allowed in ((277, 0.003, 0.03), (277, 0.02, 0.04), (1043, 0.01, 0.02), (1043, 0.02, 0.03)):
        world = World("accuracy", n, seed_sd)
        for drop, max_drop in ((0.0, 0.0), (0.0, allowed), (allowed, allowed), (2 * allowed, allowed)):
            fail, passed, used, fail_10, pass_10 = _sequence(world, (drop, max_drop), counts, alpha, trials, rng)
            print(f"| {n} | {seed_sd} | {max_drop} | {drop} | {fail:.3f} | {passed:.3f} | {used:.1f} ", end="")
            print(f"| {fail_10:.3f} | {pass_10:.3f} | 10 |", flush=True)


def _sequence(
    world: World,
    drops: tuple[float, float],
    counts: tuple[int, ...],
    alpha: float,
    trials: int,
    rng: np.random.Generator,
) -> tuple[float, ...]:
    drop, max_drop = drops
    total = np.zeros(5)
    for size in batches(trials, world.n, 20):
        drawn = world.draw(rng, np.full((size, 10), drop), 10)
        candidate = ScoredRuns.of(world.metric, drawn.candidate, drawn.references)
        baseline = ScoredRuns.of(world.metric, drawn.baseline, drawn.references)
        fails, passes, used = np.zeros(size, bool), np.zeros(size, bool), np.zeros(size)
        for k in counts:
            pending = ~(fails | passes)
            judged = judge(world.metric, _first(candidate, k), baseline, max_drop, None, alpha)
            fails |= pending & judged.fails
            passes |= pending & judged.passes
            used[pending] = k
        fixed = judge(world.metric, candidate, baseline, max_drop, None)
        total += [part.sum() for part in (fails, passes, used, fixed.fails, fixed.passes)]
    return tuple(float(part) for part in total / trials)


def print_stress(trials: int, rng: np.random.Generator) -> None:
    """Print error rates and power if assumptions are violated."""
    print(f"\n### Violated assumptions ({trials} trials a row; accuracy, n = 277, seed sd 0.02)\n")
    print("| what | " + " | ".join(_name(design) for design in DESIGNS) + " |")
    print("|---|" + "---|" * len(DESIGNS))
    for what, world in (
        ("the candidate's seeds deviate twice as much", World("accuracy", 277, 0.02, candidate_factor=2.0)),
        ("a changed checkpoint finds other examples hard (kinship 0.8)", World("accuracy", 277, 0.02, kinship=0.8)),
    ):
        row = cells(world, trials, rng).values()
        print(f"| {what} | " + " | ".join(_cell(cell) for cell in row) + " |", flush=True)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="200 trials a cell on the two small splits")
    parser.add_argument("--trials", type=int, default=2000, help="trials a cell (2000)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="examples in a split")
    parser.add_argument("--metrics", nargs="+", default=METRICS, choices=METRICS, help="of the table of errors")
    parser.add_argument("--cells-only", action="store_true", help="the table of errors alone")
    parser.add_argument("--seed", type=int, default=20261122, help="of the simulation")
    arguments = parser.parse_args()
    trials, sizes = (200, SIZES[:2]) if arguments.quick else (arguments.trials, tuple(arguments.sizes))
    rng, begun = np.random.default_rng(arguments.seed), time.perf_counter()
    if not arguments.cells_only:
        print_unknown(trials, rng)
        print_sequence(trials, rng)
        print_stress(trials, rng)
        print_coverage(tuple(size for size in sizes if size <= 1043), trials, rng)
    print_cells(arguments.metrics, sizes, trials, rng)
    print(f"\nSeed {arguments.seed}; {time.perf_counter() - begun:.0f} s.")


if __name__ == "__main__":
    main()
