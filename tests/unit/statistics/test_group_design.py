"""The power of comparisons whose examples come in groups."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.statistics.comparison import compare, p_values
from pytest_glue.statistics.group_design import GroupDesign
from pytest_glue.statistics.planning import minimum_detectable_drops
from pytest_glue.statistics.power import minimum_detectable_drop
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.scored_runs import ScoredRuns, example_step
from pytest_glue.statistics.variance import variance_components

Array = NDArray[np.float64]
SEEDS = 3


class Simulation(NamedTuple):
    """Runs that are right where a margin is positive; a share of difficulty, noise and changes is the group's."""

    sizes: tuple[int, ...]
    dependence: float

    @property
    def groups(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def noise(self, rng: np.random.Generator, *shape: int) -> Array:
        """Return standard normal numbers, (..., n), which correlate within groups."""
        of_group = rng.normal(size=(*shape, len(self.sizes)))[..., self.groups]
        of_example = rng.normal(size=(*shape, self.groups.size))
        return np.asarray(np.sqrt(self.dependence) * of_group + np.sqrt(1 - self.dependence) * of_example)

    def pairs(self, rng: np.random.Generator, trials: int, lower: float) -> tuple[Array, Array]:
        """Return a candidate of lower quality and a baseline, (trials, SEEDS, n), on a split for each trial."""
        difficulty = 1.0 + self.noise(rng, trials, 1)
        change = 0.3 * self.noise(rng, trials, 1) - lower if lower else 0.0
        candidate, baseline = (
            center + 0.08 * rng.normal(size=(trials, SEEDS, 1)) + 0.5 * self.noise(rng, trials, SEEDS) > 0
            for center in (difficulty + change, difficulty)
        )
        return candidate.astype(np.float64), baseline.astype(np.float64)

    def failing(self, rng: np.random.Generator, lower: float) -> tuple[float, float]:
        """Return the mean drop of candidates of a lower quality, and the share that fails."""
        gold = np.ones(self.groups.size)
        ours, theirs = (ScoredRuns.of("accuracy", side, gold, self.groups) for side in self.pairs(rng, 400, lower))
        difference = ours.scores.mean(axis=-1) - theirs.scores.mean(axis=-1)
        p_fail, _ = p_values(difference, variance_components(ours, theirs), 0.0)
        return float(-difference.mean()), float(np.mean(p_fail <= 0.05))


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("sizes", "dependence"),
    [
        ((24,) * 10, 0.0),
        ((24,) * 10, 0.3),
        ((8,) * 30, 0.0),
        ((8,) * 30, 0.7),
        ((6,) * 100, 0.3),
        ((2, 4, 6, 20) * 8, 0.0),
        ((2, 4, 6, 20) * 8, 0.5),
    ],
)
def test_the_detectable_drop_of_groups_is_where_80_of_100_comparisons_fail(
    sizes: tuple[int, ...], dependence: float
) -> None:
    """The medians of reported and of planned drops are within 20 % of it; ten groups had a drop 10 times too large."""
    simulation, rng = Simulation(sizes, dependence), np.random.default_rng(len(sizes))
    found = [simulation.failing(rng, lower) for lower in (0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.8)]
    expected = np.interp(0.8, [share for _, share in found], [drop for drop, _ in found])
    gold, groups = np.ones(simulation.groups.size), simulation.groups
    reported, planned = [], []
    for ours, theirs in zip(*simulation.pairs(rng, 100, 0.0), strict=True):
        reported.append(compare(ours, theirs, gold, "accuracy", groups=groups).minimum_detectable_drop)
        planned.append(minimum_detectable_drops(theirs, gold, "accuracy", [SEEDS], groups=groups).get(SEEDS))
    for drops in (reported, planned):
        assert expected == pytest.approx(np.nanmedian(np.array(drops, np.float64)), rel=0.2)


def test_the_least_drop_is_one_example() -> None:
    """Ten groups of 24: it was a tenth of the score, as if a group were lost whole."""
    runs = np.ones((3, 240))
    runs[:, :12] = 0
    scored = ScoredRuns.of("accuracy", runs, np.ones(240), np.arange(240) // 24)
    run = RunVariance.of_baseline("accuracy", scored, example_step("accuracy", runs))
    assert 1 / 240 == float(run.least_drop)
    assert 0.1 > float(minimum_detectable_drop(run, (3, 3), 0.05))


def test_the_design_effect_lies_between_independent_and_equal_examples() -> None:
    """It is about 1 for independent examples, and the size of the groups if their examples are the same."""
    rng, groups = np.random.default_rng(1), np.repeat(np.arange(200), 5)
    independent = (rng.random((3, 1000)) < 0.7).astype(float)
    equal = np.repeat(rng.random((3, 200)) < 0.7, 5, axis=1).astype(float)
    found = [GroupDesign.of([ScoredRuns.of("accuracy", runs, np.ones(1000), groups)]) for runs in (independent, equal)]
    assert [1.0, 5.0] == pytest.approx([float(each.effect) for each in found], rel=0.15)
    assert (1000, 200, 5.0) == (found[0].n_examples, found[0].n_groups, found[0].size)


def test_groups_of_one_example_are_independent_examples() -> None:
    runs = (np.random.default_rng(2).random((3, 50)) < 0.7).astype(float)
    alone, single = (ScoredRuns.of("accuracy", runs, np.ones(50), groups) for groups in (None, np.arange(50)))
    assert GroupDesign.of([alone]) == GroupDesign.of([single]) == GroupDesign.independent(50)
