"""The unlabelled texts of a task."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict
from pyarrow import parquet

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import GLUE
from pytest_glue.data import schema
from pytest_glue.data.folder import FolderSource
from pytest_glue.data.schema import unlabelled_texts
from pytest_glue.data.source import open_source

RTE = GLUE["rte"]
PAIRS: dict[str, list[Any]] = {"sentence1": ["a", "b"], "sentence2": ["c", "d"]}
LABELLED: dict[str, list[Any]] = {**PAIRS, "label": [0, 1]}
SPLITS = {"train": LABELLED, "validation": LABELLED}


def folder_of(tmp_path: Path, **splits: dict[str, list[Any]]) -> FolderSource:
    """Write splits in the hub's layout."""
    (tmp_path / "rte").mkdir(exist_ok=True)
    for name, content in {**SPLITS, **splits}.items():
        parquet.write_table(pa.table(content), tmp_path / "rte" / f"{name}.parquet")
    return FolderSource(str(tmp_path))


@pytest.mark.parametrize("label", [{}, {"label": [-1, -1]}, {"label": [0, 1]}], ids=["none", "hidden", "labelled"])
def test_labels_are_not_read(tmp_path: Path, label: dict[str, list[Any]]) -> None:
    """Each text has the first class for a label, whatever the split says."""
    data = folder_of(tmp_path, test={**PAIRS, **label}).load(RTE)
    assert {**PAIRS, "label": [0, 0]} == unlabelled_texts(data, RTE, "here").to_dict()


def test_the_first_texts_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large split is cut."""
    monkeypatch.setattr(schema, "MAX_UNLABELLED", 1)
    assert ["a"] == unlabelled_texts(DatasetDict(test=Dataset.from_dict(PAIRS)), RTE, "here")["sentence1"][:]


def test_a_missing_split_is_refused(tmp_path: Path) -> None:
    """At collection already, with the splits that exist and what to do."""
    source = folder_of(tmp_path)
    source.check(RTE)
    for use in (source.check_unlabelled, source.unlabelled_identity):
        with pytest.raises(
            DataError,
            match=r"predict the texts of the split 'test' of task rte; there: train, validation\. Add one, without",
        ):
            use(RTE)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({"sentence1": [], "sentence2": []}, "split 'test' of task rte, and it is empty. Add texts"),
        ({"sentence1": ["a"]}, "split 'test' of task rte has no column 'sentence2'"),
        ({"sentence1": ["a"], "sentence2": [None]}, "1 of 1 values of column 'sentence2' are missing"),
    ],
    ids=["empty", "column", "value"],
)
def test_texts_that_cannot_be_used(test: dict[str, list[Any]], message: str) -> None:
    """Empty splits, missing columns and missing texts of a user's own data are errors that name them."""
    with pytest.raises(DataError, match=message):
        unlabelled_texts(DatasetDict(test=Dataset.from_dict(test)), RTE, "glue_data")


def test_the_identity_is_that_of_the_texts_only(tmp_path: Path) -> None:
    """Other texts have another identity; other examples do not change it, nor do texts that of the examples."""
    before = folder_of(tmp_path, test=PAIRS)
    texts, examples = before.unlabelled_identity(RTE), before.identity(RTE)
    after = folder_of(tmp_path, test={**PAIRS, "sentence2": ["c", "e"]})
    assert (examples, True) == (after.identity(RTE), texts != after.unlabelled_identity(RTE))
    folder_of(tmp_path, test=PAIRS, train={**LABELLED, "label": [1, 1]})
    assert texts == before.unlabelled_identity(RTE)


@pytest.mark.parametrize("name", [name for name, task in GLUE.items() if task.is_certifiable])
def test_the_sample_has_texts_of_each_task(name: str) -> None:
    """The sample has a test split for each task that can be certified."""
    task, source = GLUE[name], open_source("sample")
    source.check_unlabelled(task)
    assert source.unlabelled_identity(task) == source.identity(task)
    assert len(unlabelled_texts(source.load(task), task, "sample")) == 96


def test_a_split_of_another_name(tmp_path: Path) -> None:
    """A task of the user's own names its split, in the layout of the GLUE download too."""
    task = replace(RTE, unlabelled_split="production")
    (tmp_path / "RTE").mkdir()
    for name in ("train", "dev"):
        (tmp_path / "RTE" / f"{name}.tsv").write_text("sentence1\tsentence2\tlabel\na\tb\tentailment\n", "utf-8")
    (tmp_path / "RTE" / "production.tsv").write_text("sentence1\tsentence2\nc\td\n", "utf-8")
    source = FolderSource(str(tmp_path))
    source.check_unlabelled(task)
    assert ["c"] == unlabelled_texts(source.load(task), task, "here")["sentence1"][:]
