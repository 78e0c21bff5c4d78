"""The groups of evaluation examples."""

from dataclasses import replace
from pathlib import Path

import pytest
from datasets import Dataset

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.data.folder import FolderSource
from pytest_glue.data.groups import groups_of
from pytest_glue.data.tsv import FORMATS

QNLI = GLUE["qnli"]
RTE = replace(GLUE["rte"], group_column="document")


def folder_of(tmp_path: Path, train: str, validation: str) -> FolderSource:
    """Write RTE in the layout of the GLUE download."""
    folder = tmp_path / FORMATS["rte"].folder
    folder.mkdir()
    (folder / "train.tsv").write_text(train, "utf-8")
    (folder / "dev.tsv").write_text(validation, "utf-8")
    return FolderSource(str(tmp_path))


TRAIN = "sentence1\tsentence2\tlabel\na\tb\tentailment\n"
VALIDATION = "sentence1\tsentence2\tdocument\tlabel\na\tb\tII\tentailment\nc\td\tI\tentailment\ne\tf\tII\tentailment\n"


def test_groups_are_numbered_in_their_order() -> None:
    """Examples with one sentence have one number, wherever they are."""
    split = Dataset.from_dict({"question": ["a", "b", "c", "d"], "sentence": ["x", "y", "x", "z"]})
    assert (0, 1, 0, 2) == groups_of(split, QNLI)


@pytest.mark.parametrize("task", [GLUE["sst2"], replace(QNLI, group_column="document")], ids=["none", "missing"])
def test_a_task_without_groups(task: Task) -> None:
    """There are none if the task has no group column, or the data has no such column."""
    assert groups_of(Dataset.from_dict({"sentence": ["x", "x"]}), task) is None


def test_a_column_beside_the_texts(tmp_path: Path) -> None:
    """A column that is no text of the task is read from the evaluation split; the training split needs none."""
    data = folder_of(tmp_path, TRAIN, VALIDATION).load(RTE)
    assert ["sentence1", "sentence2", "document", "label", "idx"] == data["validation"].column_names
    assert (0, 1, 0) == groups_of(data["validation"], RTE)


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    """An evaluation split without the column is an error at collection."""
    with pytest.raises(DataError, match="split 'validation' of task rte has no column 'document'; there: sentence1, "):
        folder_of(tmp_path, TRAIN, TRAIN).check(RTE)
