"""How often a verdict is wrong, and how often a drop is seen: simulated fine-tunings, as tables in Markdown.

    python benchmarks/calibration.py --quick

The simulation shares no assumption with the method. An example has a difficulty, which is the same for all runs of a
checkpoint; a run has a seed's shift of quality and of bias (logistic, so with heavier tails than normal), and it flips
examples of its own, the more of them the closer an example lies to the edge. A checkpoint that changed has a lower
quality and slightly other difficulties. Each trial draws another split and other seeds.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from pytest_glue.statistics.comparison import p_values
from pytest_glue.statistics.error_rates import interim_analyses, nominal_alpha
from pytest_glue.statistics.power import minimum_detectable_drop, variance_inflation
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import VarianceComponents, variance_components

ALPHA = 0.05
MAX_DROP = 0.02
SIZES = (71, 277, 1043, 9815)
SPREADS = (0.0, 0.003, 0.01, 0.02)
METRICS = ("accuracy", "f1", "matthews_correlation", "pearson")
DESIGNS = ((1, 1), (3, 3), (5, 5), (10, 10), (1, 5))
WIDTHS = np.array([0.6, 1.6], np.float32)  # half of the examples vary little in difficulty, half of them much
FLIPS = 0.45
POSITIVES = {"accuracy": 0.5, "f1": 0.68, "matthews_correlation": 0.69, "pearson": 0.0}  # as RTE, MRPC, CoLA
QUALITY = {"accuracy": 1.0, "f1": 1.0, "matthews_correlation": 1.1, "pearson": 2.2}
ELEMENTS = 200_000  # predictions a batch
POWER_PART = 2  # one trial in so many is used for the power

Array = NDArray[np.float64]


class Draw(NamedTuple):
    """One batch of trials."""

    candidate: NDArray[np.float32] | NDArray[np.bool_]
    baseline: NDArray[np.float32] | NDArray[np.bool_]
    references: NDArray[np.float32] | NDArray[np.bool_]


class World:
    """Checkpoints that are fine-tuned and scored; `kinship` is how alike a changed one finds the examples."""

    def __init__(self, metric: str, n: int, seed_sd: float, kinship: float = 0.97, noisier: float = 1.0) -> None:
        self.metric, self.n, self.kinship, self.noisier = metric, n, kinship, noisier
        self._pool, self._served = np.empty(0, np.float32), 0
        self._margins = np.linspace(-8, 9, 3401)
        self._recalls = np.mean([ndtr(self._margins / np.hypot(width, FLIPS)) for width in WIDTHS], axis=0)
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
        """Return trials of candidates whose expected score is lower by `drops` (trials, a), against b baseline runs.

        A column without a drop is the unchanged checkpoint.
        """
        (trials, a), changed = drops.shape, drops[0] > 0
        pool = self._normals(rng)
        width = WIDTHS[rng.integers(0, 2, (trials, 1, self.n), np.uint8)]
        hard = _slices(rng, pool, (trials, 1), self.n) * width
        quality = np.full((trials, a + b, 1), QUALITY[self.metric], np.float32)
        quality[:, :a, 0] = np.interp(self.score - drops, self._expected, self._qualities)
        fresh = _slices(rng, pool, (trials, 1), self.n) * width
        own = np.float32(self.kinship) * hard + np.float32(np.sqrt(1 - self.kinship**2)) * fresh
        u, v = (self.scale * _logistic(rng, (2, trials, a + b, 1))).astype(np.float32)
        u[:, :a] *= self.noisier
        v[:, :a] *= self.noisier
        values = _slices(rng, pool, (trials, a + b), self.n)
        if self.metric == "pearson":
            y = rng.random((trials, self.n), np.float32) * np.float32(np.sqrt(12))
            values *= np.float32(2 * FLIPS)
            values += (quality + u) * y[:, np.newaxis]
            self._add_difficulty(values, own, hard, changed)
            return Draw(values[:, :a], values[:, a:], y)
        labels = rng.random((trials, self.n), np.float32) < POSITIVES[self.metric]
        values *= np.float32(FLIPS)
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
        """Return a pool of normals that is drawn anew after it served for as many values as it has."""
        self._served += ELEMENTS
        if self._served > self._pool.size:
            self._pool, self._served = rng.standard_normal(2**21, np.float32), 0
        return self._pool

    def run_sd(self, rng: np.random.Generator) -> float:
        """Return the standard deviation of a run's score on a fixed split, as a table of spreads would publish it."""
        variances = []
        for _ in range(20):
            drawn = self.draw(rng, np.zeros((1, 1)), 20)
            scores = ScoredRuns.of(self.metric, drawn.baseline, drawn.references).scores
            variances.append(float(scores.var(ddof=1)))
        return float(np.sqrt(np.mean(variances)))

    def _scores(self, quality: float) -> Array:
        """Return the score over the population of examples, for many seeds."""
        return np.asarray(self._population(quality + self.scale * self._u, self.scale * self._v), np.float64)

    def _population(self, u: Array, v: Array) -> Array:
        if self.metric == "pearson":
            return np.asarray(u / np.sqrt(u**2 + np.mean(WIDTHS**2) + (2 * FLIPS) ** 2))
        p = POSITIVES[self.metric]
        recall, specificity = (np.interp(x, self._margins, self._recalls) for x in (u + v, u - v))
        tp, fn, tn, fp = p * recall, p * (1 - recall), (1 - p) * specificity, (1 - p) * (1 - specificity)
        if self.metric == "accuracy":
            return tp + tn
        if self.metric == "f1":
            return 2 * tp / (2 * tp + fp + fn)
        return (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


class Judged(NamedTuple):
    """The outcome of a batch of comparisons."""

    fails: NDArray[np.bool_]
    passes: NDArray[np.bool_]
    visible: Array


def judge(
    metric: str,
    candidate: ScoredRuns,
    baseline: ScoredRuns,
    max_drop: float,
    published: Array | None,
    alpha: float = ALPHA,
) -> Judged:
    """Apply the package's own functions to a batch; `published` holds a spread for each trial of one run a side."""
    baseline_score = baseline.scores.mean(axis=-1)
    difference = candidate.scores.mean(axis=-1) - baseline_score
    if published is None:
        of_it = variance_components(candidate, baseline, None, variance_inflation(metric, baseline_score, max_drop))
    else:
        of_it = _with_published(candidate, baseline, published, variance_inflation(metric, baseline_score, max_drop))
    p_fail, p_pass = p_values(difference, of_it, max_drop)
    visible = minimum_detectable_drop(of_it, alpha, metric, baseline_score)
    return Judged(p_fail <= alpha, p_pass <= alpha, visible)


def _with_published(
    candidate: ScoredRuns, baseline: ScoredRuns, published: Array, widening: Array
) -> VarianceComponents:
    each = [
        variance_components(
            _trial(candidate, i), _trial(baseline, i), SeedVariance(float(sd), 19, "simulated"), float(widening[i])
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


def _logistic(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.logistic(size=shape) * (np.sqrt(3) / np.pi))


def _slices(rng: np.random.Generator, pool: NDArray[np.float32], shape: tuple[int, int], n: int) -> NDArray[np.float32]:
    """Return rows of normals, (*shape, n), each from a random place of the pool: faster than drawing them."""
    starts = rng.integers(0, pool.size - n, shape[0] * shape[1])
    return np.stack([pool[start : start + n] for start in starts]).reshape(*shape, n)


class Cell(NamedTuple):
    """Shares of the trials of one cell."""

    fail_unchanged: float
    fail_at_edge: float
    pass_at_edge: float
    seen: float
    visible: float


def batches(trials: int, n: int, runs: int) -> Iterator[int]:
    """Yield the sizes of batches that add up to the trials."""
    size = max(1, ELEMENTS // (n * runs))
    for start in range(0, trials, size):
        yield min(size, trials - start)


def cells(world: World, trials: int, rng: np.random.Generator) -> dict[tuple[int, int], Cell]:
    """Return the outcome of each design."""
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
        visible = np.concatenate([judged.visible for judged in unchanged[design]])
        seen = _seen(world, design, visible[: max(trials // POWER_PART, 200)], sd, rng)
        out[design] = Cell(
            _share(judged.fails for judged in unchanged[design]),
            _share(judged.fails for judged in edge[design]),
            _share(judged.passes for judged in edge[design]),
            seen,
            float(np.median(visible)),
        )
    return out


def _seen(world: World, design: tuple[int, int], visible: Array, sd: float, rng: np.random.Generator) -> float:
    """Return the share of fails, with an allowed drop of 0, where the drop is what an earlier trial printed."""
    found, done = [], 0
    for size in batches(visible.size, world.n, sum(design)):
        drops = np.repeat(visible[done : done + size, np.newaxis], design[0], axis=1)
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
    """Print the table of errors and of power; in a cell: the three rates of error, then the share seen."""
    limit = ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / trials)
    print(f"\n### Errors and power ({trials} trials a cell, alpha {ALPHA}, limit {limit:.4f})\n")
    print("In a cell: fail where nothing changed and no drop is allowed · fail where the true drop is exactly the")
    print(
        f"allowed {MAX_DROP} · pass there · share seen, of {max(trials // POWER_PART, 200)} drops as large as printed"
    )
    print("(the median printed, in points).\n")
    print("| metric | n | seed sd | " + " | ".join(_name(design) for design in DESIGNS) + " |")
    print("|---|--:|--:|" + "---|" * len(DESIGNS))
    every: list[Cell] = []
    for metric in metrics:
        for n in sizes:
            for seed_variance in SPREADS if n < SIZES[-1] else SPREADS[1:]:
                row = cells(World(metric, n, seed_variance), trials, rng)
                every += row.values()
                print(
                    f"| {metric} | {n} | {seed_variance} | " + " | ".join(_cell(cell) for cell in row.values()) + " |"
                )
                sys.stdout.flush()
    errors = np.array([cell[:3] for cell in every])
    seen = np.array([cell.seen for cell in every])
    print(f"\nOf {len(every)} cells, above the limit: fail unchanged {(errors[:, 0] > limit).sum()}, ", end="")
    print(f"fail at the edge {(errors[:, 1] > limit).sum()}, pass at the edge {(errors[:, 2] > limit).sum()}; ", end="")
    print(f"seen below 0.75: {(seen < 0.75).sum()}. ", end="")
    print(f"Largest: {', '.join(f'{x:.4f}' for x in errors.max(axis=0))}; least seen {seen.min():.3f}.")


def _name(design: tuple[int, int]) -> str:
    return f"{design[0]} v {design[1]}" + (", published spread" if design == (1, 1) else "")


def _cell(cell: Cell) -> str:
    rates = " · ".join(f"{rate:.3f}"[1:] for rate in cell[:3])
    return f"{rates} · {cell.seen:.2f} ({100 * cell.visible:.1f})"


def print_unknown(trials: int, rng: np.random.Generator) -> None:
    """Print what one run a side says without a published spread."""
    world = World("accuracy", 277, 0.02)
    drawn = world.draw(rng, np.full((trials, 1), 0.05), 1)
    candidate = ScoredRuns.of("accuracy", drawn.candidate, drawn.references)
    baseline = ScoredRuns.of("accuracy", drawn.baseline, drawn.references)
    difference = candidate.scores[:, 0] - baseline.scores[:, 0]
    p_fail, p_pass = p_values(difference, variance_components(candidate, baseline), 0.0)
    print("\n### One seed a side, no known spread\n")
    print(f"{int((~(p_fail <= ALPHA) & ~(p_pass <= ALPHA)).sum())} of {trials} are inconclusive; no drop is printed.")


def print_coverage(sizes: tuple[int, ...], trials: int, rng: np.random.Generator) -> None:
    """Print how often the interval of a score holds the expected score over seeds and examples."""
    print(f"\n### Coverage of a score's 95 % interval ({trials} trials a cell)\n")
    counts = (1, 3, 5, 10)
    print("| metric | n | seed sd | " + " | ".join(f"k = {k}" for k in counts) + " |")
    print("|---|--:|--:|" + "--:|" * len(counts))
    for metric in METRICS:
        for n in sizes:
            for seed_variance in SPREADS[1:]:
                shares = _coverage(World(metric, n, seed_variance), counts, trials, rng)
                print(f"| {metric} | {n} | {seed_variance} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")


def _coverage(world: World, counts: tuple[int, ...], trials: int, rng: np.random.Generator) -> list[float]:
    sd, held = world.run_sd(rng), np.zeros(len(counts))
    for size in batches(trials, world.n, 11):
        drawn = world.draw(rng, np.zeros((size, 1)), 10)
        runs = ScoredRuns.of(world.metric, drawn.baseline, drawn.references)
        for i, k in enumerate(counts):
            # A table of 20 runs is one draw a batch here, for one seed.
            seed_variance = SeedVariance(float(_published(rng, sd, 1)[0]), 19, "simulated") if k == 1 else None
            of_it = variance_components(_first(runs, k), None, seed_variance)
            reach = stdtrit(of_it.degrees_of_freedom, 0.975) * np.sqrt(of_it.seeds + of_it.examples)
            held[i] += (np.abs(runs.scores[:, :k].mean(axis=-1) - world.score) <= reach).sum()
    return [float(share) for share in held / trials]


def print_sequence(trials: int, rng: np.random.Generator) -> None:
    """Print what looking early saves: the candidate's seeds until a verdict, against the same number at once."""
    counts = interim_analyses(3, 10)
    alpha = nominal_alpha(counts, ALPHA)
    print(f"\n### Seeds added until conclusive ({trials} trials a row)\n")
    print(f"Looks at {', '.join(map(str, counts))} seeds of the candidate against a baseline of 10, each at ", end="")
    print(f"alpha {alpha:.4f}; beside it 10 seeds at once at {ALPHA}. Accuracy.\n")
    print("| n | seed sd | allowed | true drop | fail | pass | fine-tunings | fail, 10 | pass, 10 | fine-tunings, 10 |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for n, seed_variance, allowed in ((277, 0.003, 0.03), (277, 0.02, 0.04), (1043, 0.01, 0.02), (1043, 0.02, 0.03)):
        world = World("accuracy", n, seed_variance)
        for drop, max_drop in ((0.0, 0.0), (0.0, allowed), (allowed, allowed), (2 * allowed, allowed)):
            fail, passed, used, fail_10, pass_10 = _sequence(world, (drop, max_drop), counts, alpha, trials, rng)
            print(f"| {n} | {seed_variance} | {max_drop} | {drop} | {fail:.3f} | {passed:.3f} | {used:.1f} ", end="")
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
    """Print what happens outside of the assumptions."""
    print(f"\n### Outside of the assumptions ({trials} trials a row; accuracy, n = 277, seed sd 0.02)\n")
    print("| what | " + " | ".join(_name(design) for design in DESIGNS) + " |")
    print("|---|" + "---|" * len(DESIGNS))
    for what, world in (
        ("the candidate's seeds spread twice as much", World("accuracy", 277, 0.02, noisier=2.0)),
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
