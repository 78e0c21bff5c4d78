"""Studies: the best trial, counts and plain data."""

import json
from dataclasses import replace

import pytest

from pytest_glue.core.serialization import from_plain, to_plain
from pytest_glue.core.study import (
    Direction,
    SearchConfig,
    Study,
    Trial,
    TrialEpoch,
    TrialState,
    best_objective,
    best_score,
)

TRIALS = (
    Trial(0, TrialState.COMPLETE, {"learning_rate": 2e-5}, 0.5, (TrialEpoch(0.4, 0.7), TrialEpoch(0.5, 0.6)), 1.5),
    Trial(1, TrialState.FAILED, {"learning_rate": 1e-4}, None, (), 0.5, "FineTuningError: diverged"),
    Trial(2, TrialState.PRUNED, {"learning_rate": 3e-5}, 0.7, (TrialEpoch(0.7, 0.6),), 1.0),
    Trial(3, TrialState.COMPLETE, {"learning_rate": 5e-5}, 0.6, (TrialEpoch(0.6, 0.6), TrialEpoch(0.3, 0.2)), 2.0),
    Trial(4, TrialState.COMPLETE, {"learning_rate": 6e-5}, 0.6, (TrialEpoch(0.1, 0.6), TrialEpoch(0.6, 0.5)), 2.0),
)


@pytest.fixture
def study() -> Study:
    """A study with trials in every state."""
    terms = SearchConfig("optuna", 5, 0.1, "held-out", {"learning_rate": {"low": 1e-5, "high": 1e-4}})
    return Study(terms, "rte-sample-0", "studies", "accuracy", 40, 80, 42, TRIALS, {"learning_rate": 1.0}, 7.0)


def test_the_best_trial_saw_all_its_epochs(study: Study) -> None:
    """A pruned trial cannot be the best; of equal scores the one with the lower loss is."""
    assert 4 == study.best.number


def test_of_equals_the_first_is_the_best(study: Study) -> None:
    """If score and loss are equal, the first trial is the best."""
    twin = replace(study.trials[4], number=5)
    assert 4 == replace(study, trials=(*study.trials, twin)).best.number


def test_trials_are_counted_by_state(study: Study) -> None:
    """Every state is counted, even one that does not occur."""
    assert {"complete": 3, "pruned": 1, "failed": 1} == study.counts


def test_round_trip(study: Study) -> None:
    """A study survives plain data and JSON."""
    assert study == from_plain(json.loads(json.dumps(to_plain(study))), Study)


def test_the_best_objective() -> None:
    """It is the highest or the lowest, and None if no trial has an objective."""
    assert (0.7, 0.5) == tuple(best_objective(TRIALS, direction) for direction in Direction)
    assert best_objective(TRIALS[1:2], Direction.MINIMIZE) is None


def test_the_best_epoch() -> None:
    """It has the highest or the lowest score."""
    assert (0.6, 0.3) == tuple(best_score(TRIALS[3].history, direction) for direction in Direction)


def test_an_undefined_score(study: Study) -> None:
    """It counts as 0, or where lower is better as the worst, and is shown as none."""
    history = (TrialEpoch(None, 0.1), TrialEpoch(-0.2, 0.5))
    assert (None, -0.2) == tuple(best_score(history, direction) for direction in Direction)
    assert best_score(history[:1], Direction.MINIMIZE) is None
    trials = tuple(
        Trial(number, TrialState.COMPLETE, {}, best_score(each, Direction.MINIMIZE), each, 1.0)
        for number, each in enumerate((history[:1], (TrialEpoch(1e9, 0.9),)))
    )
    assert 1 == replace(study, objective="mse", direction=Direction.MINIMIZE, trials=trials).best.number
    assert 1e9 == best_objective(trials, Direction.MINIMIZE)
    assert trials == from_plain(json.loads(json.dumps(to_plain(trials))), tuple[Trial, ...])


@pytest.mark.parametrize(("metric", "direction"), [("f1", "maximize"), ("mse", "minimize"), ("mine", "maximize")])
def test_the_direction_of_a_metric(metric: str, direction: str) -> None:
    assert direction == Direction.of(metric)


def test_the_best_trial_has_the_lowest_error(study: Study) -> None:
    """Where lower is better, the lowest score of a complete trial is the best, and then the lowest loss."""
    errors = [(TrialEpoch(2.0, 0.3), TrialEpoch(1.0, 0.5)), (TrialEpoch(0.5, 0.1),), (TrialEpoch(1.0, 0.4),)]
    states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.COMPLETE)
    trials = [
        Trial(number, state, {}, best_score(history, Direction.MINIMIZE), history, 1.0)
        for number, (history, state) in enumerate(zip(errors, states, strict=True))
    ]
    assert 2 == replace(study, objective="mse", direction=Direction.MINIMIZE, trials=tuple(trials)).best.number
    assert 0 == replace(study, objective="mse", direction=Direction.MINIMIZE, trials=tuple(trials[:2])).best.number
