"""Columns of another type than the task needs, in a file and in an overridden `glue_data`."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, DatasetDict
from pyarrow import parquet

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.data.fingerprint import digest
from pytest_glue.data.folder import FolderSource
from pytest_glue.data.schema import conform_all

COLA, STSB = GLUE["cola"], GLUE["stsb"]
DAY = dt.date(2026, 11, 27)
TEXTS = {
    "int64": [1, 2],
    "double": [1.5, 2.5],
    "bool": [True, False],
    "binary": [b"a", b"b"],
    "list": [["a"], ["b"]],
    "struct": [{"a": "b"}, {"a": "c"}],
    "date32": [DAY, DAY],
    "timestamp": [dt.datetime(2026, 11, 27), dt.datetime(2026, 11, 28)],
}
"""Values by the type that a message names."""
LABELS: list[list[Any]] = [
    ["x", "y"],
    [0, 5],
    [0, -1],
    [0.5, 1.0],
    [b"0", b"1"],
    [[0], [1]],
    [{"a": 0}, {}],
    [DAY, DAY],
]
NUMBERS: list[list[Any]] = [["1.0", "2.0"], [[1.0], [2.0]], [1.0, float("nan")], [True, False], [DAY, DAY]]


def given(folder: Path, task: Task, columns: Mapping[str, Any], *, by: str) -> DatasetDict | dict[str, Dataset]:
    """Return examples of a task from Parquet files, or from a user's code."""
    table = pa.table(columns)
    if by == "code":
        return conform_all(DatasetDict({name: Dataset(table) for name in ("train", "validation")}), task, "glue_data")
    (folder / task.name).mkdir(exist_ok=True)
    for name in ("train", "validation"):
        parquet.write_table(table, folder / task.name / f"{name}.parquet")
    return FolderSource(str(folder)).load(task)


@pytest.mark.parametrize("by", ["file", "code"])
def test_texts_that_are_none(tmp_path: Path, by: str) -> None:
    """A text column of another type is an error that names column, type and a value."""
    where = "glue_data" if by == "code" else r".*/cola/train\.parquet"
    for kind, values in TEXTS.items():
        message = rf"^{where}: column 'sentence' of task cola holds {kind}.*, as in .*: make strings of its values$"
        with pytest.raises(DataError, match=message):
            given(tmp_path, COLA, {"sentence": values, "label": [0, 1]}, by=by)
    for missing, n in (([None, "a"], 1), ([None, None], 2)):
        with pytest.raises(
            DataError, match=f"{n} of 2 values of column 'sentence' are missing; the first is at .*, example [12]$"
        ):
            given(tmp_path, COLA, {"sentence": missing, "label": [0, 1]}, by=by)


@pytest.mark.parametrize("by", ["file", "code"])
def test_labels_that_are_none(tmp_path: Path, by: str) -> None:
    """A label that is none of the task's is an error that names the column."""
    texts = {"sentence": ["a", "b"]}
    for values in LABELS:
        with pytest.raises(DataError, match="column 'label'"):
            given(tmp_path, COLA, {**texts, "label": values}, by=by)
    for values in NUMBERS:
        with pytest.raises(DataError, match="column 'label'"):
            given(tmp_path, STSB, {"sentence1": ["a", "b"], "sentence2": ["c", "d"], "label": values}, by=by)


@pytest.mark.parametrize("by", ["file", "code"])
@pytest.mark.parametrize(
    "columns",
    [
        {"sentence": pa.array(["a", "b"], pa.large_string()), "label": ["unacceptable", "acceptable"]},
        {"sentence": pa.array(["a", "b"]).dictionary_encode(), "label": pa.array([0, 1], pa.uint8())},
        {"sentence": ["a", "b"], "label": [False, True]},
        {"sentence": ["a", "b"], "label": [0.0, 1.0]},
    ],
    ids=["names", "categories", "booleans", "floats"],
)
def test_other_types_that_are_clear(tmp_path: Path, by: str, columns: Mapping[str, Any]) -> None:
    """Label names, categories of pandas, booleans and whole numbers become class ids in the task's order."""
    split = given(tmp_path, COLA, columns, by=by)["train"]
    assert {"sentence": ["a", "b"], "label": [0, 1]} == split[:]
    assert ClassLabel(names=list(COLA.labels)) == split.features["label"]


def test_a_filter_removes_missing_texts() -> None:
    """Rows that the user's code left out do not count."""
    split = Dataset.from_dict({"sentence": ["a", None, "b"], "label": [0, 1, 1]}).filter(lambda row: row["sentence"])
    assert ["a", "b"] == conform_all({"train": split, "validation": split}, COLA, "glue_data")["train"]["sentence"][:]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, r"glue_data is a NoneType; expected a DatasetDict with the splits of cola"),
        ([1], r"glue_data is a list; expected a DatasetDict"),
        ({}, r"glue_data: task cola needs the split 'train'; there: none"),
        ({"train": 1, "validation": 1}, r"glue_data: split 'train' is a int; expected a `datasets.Dataset`"),
        (
            {name: Dataset.from_dict({"text": ["a"], "label": [0]}) for name in ("train", "validation")},
            r"glue_data: split 'train' of task cola has no column 'sentence'; there: text, label",
        ),
    ],
    ids=["none", "list", "empty", "no dataset", "columns"],
)
def test_what_a_users_code_may_return(data: Any, message: str) -> None:
    """Anything but the task's splits with its columns is an error that says what is expected."""
    with pytest.raises(DataError, match=message):
        conform_all(data, COLA, "glue_data")


def test_a_digest_of_other_columns() -> None:
    """A digest exists for texts and numbers; another type is an error, not one of Arrow."""
    for values in ([["a"], ["b"]], [b"a", b"b"], [DAY, DAY]):
        with pytest.raises(DataError, match=r"^a column holds .*, and examples are texts and numbers$"):
            digest(Dataset.from_dict({"sentence": values}), ["sentence"])
