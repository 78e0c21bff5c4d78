"""The second simulation of fine-tunings."""

import numpy as np
import pytest

from benchmarks.judging import draw, of_test_run, scored
from benchmarks.score_world import MAJORITY, NOISES, ScoreWorld, standard_noise


@pytest.mark.parametrize("metric", ["accuracy", "pearson"])
@pytest.mark.parametrize("drop", [None, 0.0, 0.05])
def test_the_expected_score_is_known(metric: str, drop: float | None) -> None:
    """Scores have the world's mean, less the drop, and vary at least as much as the seeds' population scores."""
    world = ScoreWorld(400, 0.02, metric=metric, score=0.85)
    candidate, baseline = draw(world, np.random.default_rng(0), 300, (3, 3), drop)
    assert candidate.scores.mean() == pytest.approx(0.85 - (drop or 0.0), abs=0.004)
    assert baseline.scores.mean() == pytest.approx(0.85, abs=0.004)
    assert np.sqrt(baseline.scores.var(axis=1, ddof=1).mean()) > 0.019


@pytest.mark.parametrize("kind", NOISES[1:])
def test_noise_has_mean_0_and_variance_1(kind: str) -> None:
    """All shapes of noise are comparable."""
    noise = standard_noise(kind, np.random.default_rng(1), (400_000,))
    assert noise.mean() == pytest.approx(0.0, abs=0.01)
    assert noise.var() == pytest.approx(1.0, rel=0.2 if kind == "t3" else 0.02)


def test_runs_share_hard_examples_and_a_changed_checkpoint_fewer() -> None:
    """Two runs agree more on which examples are hard than chance would have it; those of a changed checkpoint less."""
    world = ScoreWorld(400, 0.0)

    def agreement(drop: float | None) -> float:
        sides = draw(world, np.random.default_rng(2), 200, (1, 1), drop)
        return float(np.mean(sides[0].influences * sides[1].influences))

    assert agreement(None) > 1.05 * agreement(0.0) > 0.05 * 0.8 * 0.2


def test_a_collapsed_run_predicts_the_most_common_label() -> None:
    """Its score is the share of that label."""
    drawn = ScoreWorld(2000, collapse=1.0).draw(np.random.default_rng(3), 2, (1, 1), None)
    assert (drawn.candidate == 1).all()
    assert scored("accuracy", drawn)[0].scores.mean() == pytest.approx(MAJORITY, abs=0.04)


def test_the_share_of_red_test_runs() -> None:
    """Ten independent items at 0.5 % are red in 4.9 % of the test runs."""
    assert of_test_run(0.005, 10) == pytest.approx(0.0489, abs=1e-4)
