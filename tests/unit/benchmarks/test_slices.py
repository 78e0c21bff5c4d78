"""The simulation of slices, with few trials."""

import numpy as np

from benchmarks.score_world import ScoreWorld
from benchmarks.slices import red
from pytest_glue.gate.slices import SHARE


def test_slices_keep_the_error_rate_of_the_item() -> None:
    """The whole error rate for each comparison would not."""
    shared, _, unshared = red(ScoreWorld(277).draw(np.random.default_rng(1), 600, (5, 5), 0.0), 5)
    assert shared.mean() <= 0.05 < unshared.mean()


def test_a_drop_of_one_slice_is_seen() -> None:
    """All examples together hide it."""
    worse = ScoreWorld(100).draw(np.random.default_rng(1), 100, (5, 5), 0.2)
    rest = ScoreWorld(900).draw(np.random.default_rng(2), 100, (5, 5), 0.0)
    both = type(worse)(*(np.concatenate(each, axis=-1) for each in zip(worse, rest, strict=True)))
    shared, of_all, _ = red(both, 10)
    assert shared.mean() > 0.9 > of_all.mean()
    assert 0 < SHARE < 1
