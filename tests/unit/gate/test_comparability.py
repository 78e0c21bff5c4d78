"""Compatibility: every difference that makes a comparison worthless is named."""

from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.study import SearchConfig
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.comparability import check_comparable
from tests.factories import RTE_LABELS, make_baseline, make_conditions, make_runs

USED: dict[str, Any] = {"n_train": 2490, "n_eval": 277, "data_digest": "sha256:d", "recipe": {"num_train_epochs": 3}}


@pytest.fixture
def recorded() -> Baseline:
    """A baseline of RTE."""
    return make_baseline(make_runs("rte", RTE_LABELS, 84), data_digest=USED["data_digest"], recipe=USED["recipe"])


def differences(recorded: Baseline, task: str = "rte", **changes: Any) -> str:
    """Return what is said of a candidate with these changes."""
    with pytest.raises(BaselineError) as caught:
        check_comparable(recorded, "rte.json", GLUE[task], make_conditions(**{**USED, **changes}))
    message = str(caught.value)
    assert message.startswith("baseline rte.json is of something else: ")
    assert message.endswith(". Train and score alike, or record it anew with --glue-save")
    return message.removeprefix("baseline rte.json is of something else: ").partition(". Train")[0]


def test_the_same_is_compared(recorded: Baseline) -> None:
    """What was trained and scored alike is compared, with whatever checkpoint, seeds and library versions."""
    check_comparable(recorded, "rte.json", GLUE["rte"], make_conditions(**USED))


def test_an_edited_score_is_not_compared(recorded: Baseline) -> None:
    """A recorded score that the recorded predictions do not have is said, with both and the remedy."""
    run = replace(recorded.runs[0], metrics={"accuracy": 0.9})
    with pytest.raises(
        BaselineError, match=r"rte\.json contradicts itself: its accuracy of seed 42 is 0\.9, its .*anew"
    ):
        check_comparable(replace(recorded, runs=(run,)), "rte.json", GLUE["rte"], make_conditions(**USED))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"n_train": 64}, "number of training examples 2490 there, 64 here"),
        ({"n_eval": 100}, "number of evaluation examples 277 there, 100 here"),
        ({"data_digest": "sha256:e"}, "digest of the data sha256:d there, sha256:e here"),
        ({"recipe": {"num_train_epochs": 1}}, "recipe's num_train_epochs 3 there, 1 here"),
        ({"recipe": {}}, "recipe's num_train_epochs 3 there, default here"),
        (
            {"recipe": {"num_train_epochs": 3, "max_length": 16, "bf16": True}},
            "recipe's bf16 default there, True here; recipe's max_length default there, 16 here",
        ),
        ({"task": "qnli"}, "task rte there, qnli here"),
        (
            {"task": "cola"},
            "task rte there, cola here; headline metric accuracy there, matthews_correlation here",
        ),
        (
            {"task": "mnli", "n_eval": 9815},
            (
                "task rte there, mnli here; evaluation split validation there, validation_matched here; "
                "number of evaluation examples 277 there, 9815 here"
            ),
        ),
    ],
)
def test_each_difference_is_named(recorded: Baseline, changes: dict[str, Any], expected: str) -> None:
    """A baseline of something else is refused with all that differs, there and here."""
    assert expected == differences(recorded, **changes)


def test_other_data_is_named_once(recorded: Baseline) -> None:
    """Where the number of examples differs so does the digest, which then says nothing more."""
    assert "digest" not in differences(recorded, n_eval=100, data_digest="sha256:e")


def test_what_changes_no_score_is_no_difference(recorded: Baseline) -> None:
    """Trackers, progress bars and evaluation batches may differ."""
    recipe = {"num_train_epochs": 3, "report_to": "none", "per_device_eval_batch_size": 64, "disable_tqdm": True}
    check_comparable(recorded, "rte.json", GLUE["rte"], make_conditions(**{**USED, "recipe": recipe}))


SEARCH = SearchConfig("optuna", 10, 0.1, "held-out", {"num_train_epochs": {"low": 2, "high": 5}})


def test_searched_and_given_hyperparameters_are_not_compared(recorded: Baseline) -> None:
    """The best of many trials is no bound for a recipe that was given, nor the other way round."""
    assert "hyperparameters given there, searched with optuna here" == differences(recorded, terms=SEARCH)
    searched = replace(recorded, search=SEARCH)
    assert "hyperparameters searched with optuna there, given here" == differences(searched)


def test_searches_on_the_same_terms_are_compared(recorded: Baseline) -> None:
    """What a search finds may differ from what another found; the rest of the recipe may not."""
    searched = replace(recorded, search=SEARCH)
    found = {**USED, "recipe": {"num_train_epochs": 5}}
    check_comparable(searched, "rte.json", GLUE["rte"], make_conditions(**found, terms=SEARCH))
    assert "recipe's bf16 default there, True here" == differences(searched, terms=SEARCH, recipe={"bf16": True})


def test_other_terms_are_named(recorded: Baseline) -> None:
    """A search of more trials finds more, so it is no longer the same."""
    searched = replace(recorded, search=SEARCH)
    assert "search's trials 10 there, 20 here" == differences(searched, terms=replace(SEARCH, trials=20))
