"""The schema that every source returns, tested with parquet files."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, Features, Value
from pyarrow import parquet

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.data.folder import FolderSource

RTE = GLUE["rte"]
PAIRS = {"sentence1": ["a", "b", "c"], "sentence2": ["d", "e", "f"]}
LABELS = {**PAIRS, "label": [0, 1, 1]}


def folder_of(tmp_path: Path, configuration: str = "rte", **splits: dict[str, list[Any]] | Dataset | pa.Table) -> str:
    """Write splits in the hub's layout, and return the folder."""
    folder = tmp_path / configuration
    folder.mkdir(parents=True)
    for name, content in splits.items():
        if isinstance(content, Dataset):
            content.to_parquet(folder / f"{name}.parquet")
        else:
            table = content if isinstance(content, pa.Table) else pa.table(content)
            parquet.write_table(table, folder / f"{name}.parquet")
    return str(tmp_path)


def labels_of(tmp_path: Path, label: pa.Array, task: Task = RTE, split: str = "train") -> list[Any]:
    """Write a split with this label column, and return the labels that are loaded."""
    splits = {"train": LABELS, "validation": LABELS} | {split: {**PAIRS, "label": label}}
    return list(FolderSource(folder_of(tmp_path, task.configuration, **splits)).load(task)[split]["label"])


@pytest.mark.parametrize(
    "label",
    [
        pa.array([0, 1, 1], pa.int8()),
        pa.array([0, 1, 1], pa.uint64()),
        pa.array(["entailment", "not_entailment", "not_entailment"]),
        pa.array(["entailment", "not_entailment", "not_entailment"], pa.large_string()),
    ],
    ids=lambda label: str(label.type),
)
def test_classes_become_the_tasks_ids(tmp_path: Path, label: pa.Array) -> None:
    """Integers of any width and label names become ids in the task's order, and columns keep their order."""
    splits = {"train": {**PAIRS, "label": label, "idx": [0, 1, 2]}, "validation": LABELS}
    train = FolderSource(folder_of(tmp_path, train=splits["train"], validation=splits["validation"])).load(RTE)["train"]
    assert [0, 1, 1] == list(train["label"])
    assert ClassLabel(names=list(RTE.labels)) == train.features["label"]
    assert ["sentence1", "sentence2", "label", "idx"] == train.column_names


def test_class_names_in_another_order_are_mapped_by_name(tmp_path: Path) -> None:
    """A ClassLabel with the task's names in another order gets the task's ids."""
    features = Features(
        {"sentence1": Value("string"), "sentence2": Value("string"), "label": ClassLabel(names=list(RTE.labels)[::-1])}
    )
    reordered = Dataset.from_dict(LABELS, features=features)
    train = FolderSource(folder_of(tmp_path, train=reordered, validation=LABELS)).load(RTE)["train"]
    assert [1, 0, 0] == list(train["label"])
    assert list(RTE.labels) == train.features["label"].names


def test_a_test_split_can_be_unlabelled(tmp_path: Path) -> None:
    """In a split that is not used for training or evaluation, missing labels are -1."""
    assert [-1, -1, 1] == labels_of(tmp_path, pa.array([None, "", "not_entailment"]), split="test")


def test_a_regression_has_32_bit_floats(tmp_path: Path) -> None:
    """Integers and floats are accepted as labels of a regression."""
    data = folder_of(tmp_path, "stsb", train=LABELS, validation={**PAIRS, "label": [0.5, 1.25, 5.0]})
    loaded = FolderSource(data).load(GLUE["stsb"])
    assert Value("float32") == loaded["train"].features["label"] == loaded["validation"].features["label"]
    assert ([0.0, 1.0, 1.0], [0.5, 1.25, 5.0]) == (list(loaded["train"]["label"]), list(loaded["validation"]["label"]))


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (pa.array([0, 1, 2]), r"\[2\] in column 'label' are not labels of task rte: \[0, 1\]"),
        (pa.array([0, 1, -1]), r"\[-1\] in column 'label'"),
        (pa.array([0, 1, None]), "1 of 3 values of column 'label' are missing"),
        (pa.array(["entailment", "neutral", "neutral"]), r"\['neutral'\] in column 'label' are not labels"),
    ],
)
def test_a_label_outside_the_task_is_an_error(tmp_path: Path, label: pa.Array, message: str) -> None:
    """Training and evaluation splits have only the task's labels."""
    with pytest.raises(DataError, match=message):
        labels_of(tmp_path, label)


def test_other_class_names_are_an_error(tmp_path: Path) -> None:
    """A ClassLabel with other names than the task's is an error that shows both lists."""
    features = Features({**dict.fromkeys(PAIRS, Value("string")), "label": ClassLabel(names=["no", "yes"])})
    other = Dataset.from_dict(LABELS, features=features)
    with pytest.raises(DataError, match=r"\['no', 'yes'\].*\['entailment', 'not_entailment'\]"):
        FolderSource(folder_of(tmp_path, train=other, validation=LABELS)).load(RTE)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (["a", "b", "c"], "task stsb is a regression"),
        ([1.0, 2.0, float("nan")], "example 3: .* has nan, which is no finite number"),
    ],
)
def test_a_regression_needs_numbers(tmp_path: Path, label: list[Any], message: str) -> None:
    """Texts and NaN are errors as labels of a regression."""
    with pytest.raises(DataError, match=message):
        labels_of(tmp_path, pa.array(label), GLUE["stsb"])


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({"train": LABELS}, "task rte needs the split 'validation'; there: train"),
        ({"validation": LABELS, "test": LABELS}, "needs the split 'train'; there: test, validation"),
        (
            {"train": LABELS, "validation": PAIRS},
            "split 'validation' .* no column 'label'; there: sentence1, sentence2",
        ),
        ({"train": LABELS, "validation": LABELS, "test": {"text": ["a"]}}, "split 'test' .* no column 'sentence1'"),
    ],
)
def test_a_missing_split_or_column(tmp_path: Path, splits: dict[str, Any], message: str) -> None:
    """`check` and `load` raise an error for a missing split or column, with a list of those that exist."""
    source = FolderSource(folder_of(tmp_path, **splits))
    for method in (source.check, source.load):
        with pytest.raises(DataError, match=message):
            method(RTE)


def test_the_test_split_is_optional(tmp_path: Path) -> None:
    """Train and validation are sufficient, other splits need no label, and the splits have the hub's order."""
    two = FolderSource(folder_of(tmp_path / "two", train=LABELS, validation=LABELS))
    three = FolderSource(folder_of(tmp_path / "three", test=PAIRS, validation=LABELS, train=LABELS))
    two.check(RTE)
    three.check(RTE)
    assert ["train", "validation"] == list(two.load(RTE))
    assert ["train", "validation", "test"] == list(three.load(RTE))


@pytest.mark.parametrize("split", ["train", "validation"])
def test_an_empty_split_is_an_error(tmp_path: Path, split: str) -> None:
    """A split without examples is an error that names file and split."""
    empty = pa.table({name: pa.array([], pa.string()) for name in PAIRS} | {"label": pa.array([], pa.int64())})
    splits = {"train": LABELS, "validation": LABELS} | {split: empty}
    with pytest.raises(DataError, match=rf"{split}.parquet: split '{split}' of task rte is empty"):
        FolderSource(folder_of(tmp_path, **splits)).load(RTE)
