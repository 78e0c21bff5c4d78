"""Evaluation examples that also stand in the training split."""

from dataclasses import replace

from datasets import Dataset, DatasetDict

from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import GLUE
from pytest_glue.data.overlap import overlap_notes

OWN = replace(GLUE["rte"], name="own", data=TaskData(folder="data"))


def data(train: list[str], validation: list[str]) -> DatasetDict:
    """Return pairs with these first texts, all with the same second one."""
    splits = {"train": train, "validation": validation}
    return DatasetDict(
        {
            name: Dataset.from_dict({"sentence1": each, "sentence2": ["same"] * len(each)})
            for name, each in splits.items()
        }
    )


def test_they_are_counted() -> None:
    """Pairs count as equal if both texts are."""
    note = (
        "texts that also stand in the training split: 2 of 3 evaluation examples (67 %); the score is too high for new "
        "texts"
    )
    assert (note,) == overlap_notes(data(["a", "b"], ["b", "b", "c"]), OWN)


def test_without_any_there_is_no_note() -> None:
    assert () == overlap_notes(data(["a", "b"], ["c", "same"]), OWN)


def test_tasks_of_glue_have_no_note() -> None:
    """Their splits are fixed, and scores of others have the same examples."""
    assert () == overlap_notes(data(["a"], ["a"]), GLUE["rte"])
