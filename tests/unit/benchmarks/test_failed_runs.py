"""The detection of failed runs on simulated ones: key cells of its table."""

import numpy as np
import pytest

from benchmarks.failed_runs import SEED_DEVIATION, cell
from benchmarks.simulated_runs import World


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation", "pearson"])
@pytest.mark.parametrize("design", [(1, 3), (3, 3), (5, 0)])
def test_failed_runs_among_good_ones_are_found(metric: str, design: tuple[int, int]) -> None:
    """Of good recipes, hardly a healthy run counts as failed, and nearly every failed one does."""
    found = cell(World(metric, 277, SEED_DEVIATION), 0.0, design, 40, np.random.default_rng(0))
    assert found.false_alarms <= 0.02
    assert found.misses["constant"] == 0
    assert found.misses["nearly constant"] <= 0.1
    assert found.misses["random"] <= 0.25


@pytest.mark.parametrize("n", [71, 277, 1000])
def test_runs_near_chance_are_rarely_taken_for_failed(n: int) -> None:
    """A recipe 12 points above chance has few false alarms, also beside a run that did fail."""
    assert cell(World("accuracy", n, SEED_DEVIATION), 0.2, (5, 5), 40, np.random.default_rng(1)).false_alarms <= 0.08
