"""Studies: the best trial, counts and plain data."""

import json
from dataclasses import replace

import pytest

from pytest_glue.core.serialization import from_plain, to_plain
from pytest_glue.core.study import SearchConfig, Study, Trial, TrialEpoch, TrialState, highest

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


def test_the_highest_objective() -> None:
    """It is None if no trial has an objective."""
    assert (0.7, None) == (highest(TRIALS), highest(TRIALS[1:2]))
