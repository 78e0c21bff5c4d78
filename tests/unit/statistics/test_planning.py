"""Planning: what a baseline says that comparisons with it will show."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.statistics.comparison import compare
from pytest_glue.statistics.power import minimum_detectable_drops

N = 277
LABELS = np.random.default_rng(11).integers(0, 2, N)


def fine_tuned(rng: np.random.Generator, k: int) -> NDArray[np.int64]:
    """Return predictions of k seeds; an example's difficulty is shared by all runs."""
    hard = np.random.default_rng(12).normal(size=N)
    seeds = 0.1 * rng.normal(size=(k, 1))
    return np.where(1.0 + hard + seeds + 0.5 * rng.normal(size=(k, N)) > 0, LABELS, 1 - LABELS)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation"])
@pytest.mark.parametrize(("candidate", "baseline"), [(3, 3), (5, 5), (3, 5), (10, 5)])
def test_a_plan_agrees_with_what_comparisons_print(metric: str, candidate: int, baseline: int) -> None:
    """On average over recordings, the planned drop is within a third of what a like comparison then prints."""
    rng = np.random.default_rng(0)
    planned, printed = [], []
    for _ in range(60):
        recorded = fine_tuned(rng, baseline)
        planned.append(minimum_detectable_drops(recorded, LABELS, metric, [candidate])[candidate])
        printed.append(compare(fine_tuned(rng, candidate), recorded, LABELS, metric).minimum_detectable_drop)
    ratio = np.median(planned) / np.median(np.array(printed, np.float64))
    assert 2 / 3 < ratio < 3 / 2


def test_more_seeds_show_smaller_drops() -> None:
    """Each added seed of the candidate shows a smaller drop, down to what the baseline and the split allow."""
    drops = minimum_detectable_drops(fine_tuned(np.random.default_rng(1), 5), LABELS, "accuracy", (2, 3, 5, 10, 20))
    assert [2, 3, 5, 10, 20] == list(drops)
    assert sorted(drops.values(), reverse=True) == list(drops.values())


def test_a_lower_error_rate_shows_larger_drops() -> None:
    """What must be surer must be larger."""
    runs = fine_tuned(np.random.default_rng(2), 5)
    strict, loose = (minimum_detectable_drops(runs, LABELS, "accuracy", [3], alpha=alpha)[3] for alpha in (0.01, 0.1))
    assert strict > loose


def test_one_run_tells_no_spread() -> None:
    """A baseline of one run promises nothing."""
    assert {} == minimum_detectable_drops(fine_tuned(np.random.default_rng(3), 1), LABELS, "accuracy", (1, 3))


def test_an_undefined_run_promises_nothing() -> None:
    """Where a run has no score nothing is planned with it."""
    runs = fine_tuned(np.random.default_rng(4), 3)
    runs[1] = 0
    assert {} == minimum_detectable_drops(runs, LABELS, "matthews_correlation", (1, 3))
