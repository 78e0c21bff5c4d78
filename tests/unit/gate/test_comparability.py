"""Comparability: every difference that makes a comparison invalid is named."""

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
    """Return the differences in the error of a candidate with these changes."""
    with pytest.raises(BaselineError) as caught:
        check_comparable(recorded, "rte.json", GLUE[task], make_conditions(**{**USED, **changes}))
    message = str(caught.value)
    assert message.startswith("baseline rte.json does not fit this item: ")
    assert message.endswith(". Use the same settings, or record the baseline again with --glue-save")
    return message.removeprefix("baseline rte.json does not fit this item: ").partition(". Use")[0]


def test_the_same_settings_are_comparable(recorded: Baseline) -> None:
    """With the same settings, checkpoint, seeds and library versions may differ."""
    check_comparable(recorded, "rte.json", GLUE["rte"], make_conditions(**USED))


def test_an_edited_score_is_not_compared(recorded: Baseline) -> None:
    """A recorded score that the recorded predictions do not have is refused with both and the remedy."""
    run = replace(recorded.runs[0], metrics={"accuracy": 0.9})
    with pytest.raises(
        BaselineError, match=r"rte\.json contradicts itself: its accuracy of seed 42 is 0\.9, its .*again"
    ):
        check_comparable(replace(recorded, runs=(run,)), "rte.json", GLUE["rte"], make_conditions(**USED))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"n_train": 64}, "number of training examples 2490 in the baseline, 64 here"),
        ({"n_eval": 100}, "number of evaluation examples 277 in the baseline, 100 here"),
        ({"data_digest": "sha256:e"}, "digest of the data sha256:d in the baseline, sha256:e here"),
        ({"recipe": {"num_train_epochs": 1}}, "recipe's num_train_epochs 3 in the baseline, 1 here"),
        ({"recipe": {}}, "recipe's num_train_epochs 3 in the baseline, default here"),
        (
            {"recipe": {"num_train_epochs": 3, "max_length": 16, "bf16": True}},
            "recipe's bf16 default in the baseline, True here; recipe's max_length default in the baseline, 16 here",
        ),
        ({"task": "qnli"}, "task rte in the baseline, qnli here"),
        (
            {"task": "cola"},
            "task rte in the baseline, cola here; headline metric accuracy in the baseline, matthews_correlation here",
        ),
        (
            {"task": "mnli", "n_eval": 9815},
            (
                "task rte in the baseline, mnli here; "
                "evaluation split validation in the baseline, validation_matched here; "
                "number of evaluation examples 277 in the baseline, 9815 here"
            ),
        ),
    ],
)
def test_each_difference_is_named(recorded: Baseline, changes: dict[str, Any], expected: str) -> None:
    """The error names every difference with both values."""
    assert expected == differences(recorded, **changes)


def test_other_data_are_named_once(recorded: Baseline) -> None:
    """If the number of examples differs, the digest, which then differs too, is not named."""
    assert "digest" not in differences(recorded, n_eval=100, data_digest="sha256:e")


def test_fields_without_effect_may_differ(recorded: Baseline) -> None:
    """Trackers, progress bars and evaluation batch sizes may differ, since they change no score."""
    recipe = {"num_train_epochs": 3, "report_to": "none", "per_device_eval_batch_size": 64, "disable_tqdm": True}
    check_comparable(recorded, "rte.json", GLUE["rte"], make_conditions(**{**USED, "recipe": recipe}))


SEARCH = SearchConfig("optuna", 10, 0.1, "held-out", {"num_train_epochs": {"low": 2, "high": 5}})


def test_searched_and_given_hyperparameters_are_not_compared(recorded: Baseline) -> None:
    """A given recipe is not compared with the best of many trials, nor the other way round."""
    assert "hyperparameters given in the baseline, searched with optuna here" == differences(recorded, terms=SEARCH)
    searched = replace(recorded, search=SEARCH)
    assert "hyperparameters searched with optuna in the baseline, given here" == differences(searched)


def test_equal_searches_are_comparable(recorded: Baseline) -> None:
    """The hyperparameters that a search found may differ; the rest of the recipe may not."""
    searched = replace(recorded, search=SEARCH)
    found = {**USED, "recipe": {"num_train_epochs": 5}}
    check_comparable(searched, "rte.json", GLUE["rte"], make_conditions(**found, terms=SEARCH))
    assert "recipe's bf16 default in the baseline, True here" == differences(
        searched, terms=SEARCH, recipe={"bf16": True}
    )


def test_differences_of_searches_are_named(recorded: Baseline) -> None:
    """A search with more trials finds better hyperparameters, so it is not comparable."""
    searched = replace(recorded, search=SEARCH)
    assert "search's trials 10 in the baseline, 20 here" == differences(searched, terms=replace(SEARCH, trials=20))
