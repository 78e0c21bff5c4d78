"""Limits of the number of examples."""

import pytest
from datasets import Dataset, DatasetDict

from pytest_glue.core.tasks import GLUE
from pytest_glue.data.source import limited


@pytest.fixture
def data() -> DatasetDict:
    """Splits of MNLI with six examples each."""
    names = ("train", "validation_matched", "validation_mismatched", "test_matched")
    return DatasetDict({name: Dataset.from_dict({"idx": list(range(6))}) for name in names})


@pytest.mark.parametrize(
    ("task", "train", "evaluation", "expected"),
    [
        ("mnli", 2, 3, [2, 3, 6, 6]),
        ("mnli-mm", 2, 3, [2, 6, 3, 6]),
        ("mnli", None, None, [6, 6, 6, 6]),
        ("mnli", 4, None, [4, 6, 6, 6]),
        ("mnli", 100, 6, [6, 6, 6, 6]),
    ],
)
def test_training_and_evaluation_are_limited(
    data: DatasetDict, task: str, train: int | None, evaluation: int | None, expected: list[int]
) -> None:
    """Only the task's training and evaluation splits are limited, and a limit above their size has no effect."""
    assert expected == [len(split) for split in limited(data, GLUE[task], train, evaluation).values()]


def test_a_limit_takes_the_first_examples(data: DatasetDict) -> None:
    """As in the `run_glue` example, a limit takes the first examples."""
    assert [0, 1, 2] == limited(data, GLUE["mnli"], 3, None)["train"]["idx"][:]


def test_the_data_itself_is_not_changed(data: DatasetDict) -> None:
    """The original data keeps all its examples."""
    limited(data, GLUE["mnli"], 1, 1)
    assert {6} == {len(split) for split in data.values()}
