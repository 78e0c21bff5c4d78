"""The chance level of every metric, and the bound that guesses seldom exceed."""

from itertools import product

import numpy as np
import pytest

from pytest_glue.core.chance import chance_level, least_chance_level
from pytest_glue.core.chance_bound import chance_bound, has_chance_bound
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import Kind
from pytest_glue.statistics.metrics import score
from tests.unit.statistics.outputs import Array, cases, simulated

N = 300


def constants(metric: str, kind: Kind, classes: int, gold: Array) -> Array:
    """Return constant outputs: each class or set, or logits whose probabilities are the shares of the labels."""
    if not METRICS[metric].needs_probabilities:
        labels = range(2**classes if kind is Kind.MULTI_LABEL else classes)
        return np.array([np.full(gold.size, each, float) for each in labels])
    if kind is Kind.MULTI_LABEL:
        return np.zeros((1, gold.size, classes))
    shares = np.array([(gold == each).mean() for each in range(classes)])
    return np.broadcast_to(np.log(shares), (1, gold.size, classes))


CONSTANT = [case for case in cases() if case[1] is not Kind.REGRESSION and not METRICS[case[0]].is_correlation]


@pytest.mark.parametrize(("metric", "kind", "classes"), CONSTANT)
def test_the_best_constant_scores_the_chance_level(metric: str, kind: Kind, classes: int) -> None:
    """No constant prediction scores better, and one scores as much; without a level, one has the best score."""
    _, gold = simulated(metric, kind, N, np.random.default_rng(1), classes=classes)
    scores, of_metric = score(metric, constants(metric, kind, classes, gold), gold, kind), METRICS[metric]
    best = np.nanmax(scores) if of_metric.greater_is_better else np.nanmin(scores)
    level = chance_level(metric, gold.tolist(), kind)
    if level is None:
        assert best == pytest.approx(1.0 if of_metric.greater_is_better else 0.0, abs=1e-12)
        assert not has_chance_bound(metric, kind)
    else:
        assert best == pytest.approx(level, abs=1e-12)


GUESSED = [case for case in cases() if has_chance_bound(case[0], case[1])]


@pytest.mark.untraced
@pytest.mark.parametrize(("metric", "kind", "classes"), GUESSED)
def test_guesses_seldom_beat_the_bound(metric: str, kind: Kind, classes: int) -> None:
    """Outputs of other examples know nothing: at most 5 % of them, up to the error of 1,000 draws, are beyond it."""
    rng = np.random.default_rng(2)
    outputs, gold = simulated(metric, kind, N, rng, runs=1, classes=classes)
    bound = chance_bound(metric, gold.tolist(), 0.05, kind)
    assert bound is not None
    shuffled = np.concatenate([outputs[:, rng.permutation(N)] for _ in range(1000)])
    scores = score(metric, shuffled, gold, kind)
    beyond = scores > bound if METRICS[metric].greater_is_better else scores < bound
    assert beyond.mean() <= 0.07


@pytest.mark.parametrize("metric", ["f1_macro", "f1_micro", "f1_weighted"])
@pytest.mark.parametrize("left_out", [0.003, 0.02, 0.1, 0.5])
def test_guesses_seldom_beat_the_bound_of_one_of_two_labels(metric: str, left_out: float) -> None:
    """The set of both labels scores the same on every split; a guess that leaves out some of them is often better."""
    rng = np.random.default_rng(5)
    gold = np.repeat([1.0, 2.0], N // 2)
    bound = chance_bound(metric, gold.tolist(), 0.05, Kind.MULTI_LABEL)
    level = chance_level(metric, gold.tolist(), Kind.MULTI_LABEL)
    assert bound is not None
    assert level is not None
    guesses = np.full((2000, N), 3.0)
    guesses[:, : round(left_out * N)] = rng.integers(1, 3, (2000, round(left_out * N)))
    scores = score(metric, rng.permuted(guesses, axis=1), gold, Kind.MULTI_LABEL)
    assert (scores > bound).mean() <= 0.06
    assert bound < level + 0.1


@pytest.mark.parametrize(("metric", "kind", "classes"), GUESSED)
def test_a_good_run_beats_the_bound(metric: str, kind: Kind, classes: int) -> None:
    """The bound can be beaten."""
    outputs, gold = simulated(metric, kind, N, np.random.default_rng(3), runs=1, classes=classes)
    bound, found = chance_bound(metric, gold.tolist(), 0.05, kind), score(metric, outputs, gold, kind)[0]
    assert bound is not None
    assert found > bound if METRICS[metric].greater_is_better else found < bound


@pytest.mark.parametrize(("metric", "kind", "classes"), CONSTANT)
def test_no_split_has_a_level_that_is_easier(metric: str, kind: Kind, classes: int) -> None:
    """The lowest chance level is not above that of any split."""
    lowest = least_chance_level(metric, classes, kind)
    rng = np.random.default_rng(4)
    for n, _ in product((20, 500), range(20)):
        labels = 2**classes if kind is Kind.MULTI_LABEL else classes
        gold = rng.integers(0, labels, n).astype(float)
        level = chance_level(metric, gold.tolist(), kind)
        if lowest is None or level is None:
            assert level is None or not METRICS[metric].greater_is_better
        elif METRICS[metric].greater_is_better:
            assert lowest <= level + 1e-12
        else:
            assert lowest >= level - 1e-12


@pytest.mark.parametrize("metric", ["recall", "precision", "expected_calibration_error"])
def test_some_metrics_have_no_bound(metric: str) -> None:
    """A constant, or one lucky prediction, can have the best score: these need a threshold or a baseline."""
    assert chance_bound(metric, [0.0, 1.0, 1.0]) is None
