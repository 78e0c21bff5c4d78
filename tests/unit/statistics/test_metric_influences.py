"""The influence of each example, of every metric: against leaving examples out, and by the coverage of intervals."""

import numpy as np
import pytest

from pytest_glue.core.tasks import Kind
from pytest_glue.statistics.estimate import Estimate
from pytest_glue.statistics.metrics import score
from pytest_glue.statistics.scored_runs import ScoredRuns
from tests.unit.statistics.outputs import cases, simulated

N = 400


@pytest.mark.parametrize(("metric", "kind", "classes"), cases())
def test_influences_agree_with_the_jackknife(metric: str, kind: Kind, classes: int) -> None:
    """They are the change of the score without an example, times the number of examples, up to terms of order 1/n."""
    outputs, gold = simulated(metric, kind, N, np.random.default_rng(7), runs=2, classes=classes)
    without = [score(metric, np.delete(outputs, i, axis=1), np.delete(gold, i), kind) for i in range(N)]
    jackknife = (N - 1) * (score(metric, outputs, gold, kind)[:, np.newaxis] - np.stack(without, axis=-1))
    jackknife -= jackknife.mean(axis=-1, keepdims=True)
    found = ScoredRuns.of(metric, outputs, gold, None, kind).influences
    sign = np.sign(np.sum(found * jackknife))  # the scores of runs may be oriented
    np.testing.assert_allclose(found.mean(axis=-1), 0, atol=1e-12)
    # Without one example, a bin of the calibration error may have the other sign.
    least = 0.97 if metric == "expected_calibration_error" else 0.99
    assert np.corrcoef(jackknife.ravel(), sign * found.ravel())[0, 1] > least
    assert found.var() == pytest.approx(jackknife.var(), rel=0.05)


@pytest.mark.untraced
@pytest.mark.parametrize(("metric", "kind", "classes"), [case for case in cases() if case[2] != 4])
def test_intervals_cover_the_expected_score(metric: str, kind: Kind, classes: int) -> None:
    """Over 400 splits of 300 examples, 95 % intervals of one run cover the score of 200,000 examples in 92 to 98 %."""
    rng = np.random.default_rng(11)
    outputs, gold = simulated(metric, kind, 200_000, rng, runs=1, classes=classes)
    expected = score(metric, outputs, gold, kind)[0]
    covered = 0
    for _ in range(400):
        outputs, gold = simulated(metric, kind, 300, rng, runs=1, classes=classes)
        low, high = Estimate.of(ScoredRuns.of(metric, outputs, gold, None, kind), metric=metric).interval()
        covered += low <= expected <= high
    assert 0.92 * 400 <= covered <= 0.98 * 400
