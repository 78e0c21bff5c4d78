"""The file with golden examples: its formats, and messages about what cannot be used."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from datasets import DatasetDict

from pytest_glue.core.errors import DataError
from pytest_glue.core.golden import GOLDEN
from pytest_glue.core.tasks import GLUE, Kind, Task
from pytest_glue.data.fingerprint import digest_of_texts
from pytest_glue.data.golden import (
    check_golden,
    golden_examples,
    golden_identity,
    golden_place,
    golden_texts,
    read_golden,
)

TICKETS = replace(GLUE["sst2"], name="tickets", labels=("refund", "billing"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("golden.csv", 'sentence,note,label\n"give it back, please",x,refund\nwho pays?,y,billing\n'),
        ("golden.tsv", "sentence\tlabel\ngive it back, please\trefund\nwho pays?\tbilling\n"),
        (
            "golden.jsonl",
            '{"sentence": "give it back, please", "label": "refund"}\n{"label": 1, "sentence": "who pays?"}\n',
        ),
    ],
)
def test_files_of_rows(tmp_path: Path, name: str, content: str) -> None:
    """Labels are names or numbers; other columns are left out."""
    if name == "golden.jsonl":
        content = content.replace("1,", '"billing",')
    task = written(tmp_path, name, content)
    check_golden(task)
    split = read_golden(task).in_file
    assert ["sentence", "label"] == split.column_names
    assert (["give it back, please", "who pays?"], [0, 1]) == (split["sentence"][:], split["label"][:])


def written(tmp_path: Path, name: str, content: str, task: Task = TICKETS) -> Task:
    (tmp_path / name).write_text(content, "utf-8")
    return replace(task, golden=str(tmp_path / name))


def test_pairs_and_numbers(tmp_path: Path) -> None:
    task = written(tmp_path, "golden.csv", "sentence1,sentence2,label\na,b,4.5\n", GLUE["stsb"])
    assert [4.5] == read_golden(task).in_file["label"][:]


def test_sets_of_labels(tmp_path: Path) -> None:
    multi = replace(TICKETS, kind=Kind.MULTI_LABEL)
    task = written(tmp_path, "golden.jsonl", '{"sentence": "a", "label": ["billing", "refund"]}\n', multi)
    assert [3] == read_golden(task).in_file["label"][:]


def test_sets_of_labels_in_columns(tmp_path: Path) -> None:
    """As in the data of the task."""
    columns: dict[str, Any] = {"label_columns": ("a", "b"), "label_column": "label_set", "labels": ("a", "b")}
    task = replace(TICKETS, kind=Kind.MULTI_LABEL, **columns)
    task = written(tmp_path, "golden.csv", "sentence,b,a\nx,1,0\ny,1,1\n", task)
    check_golden(task)
    assert [2, 3] == read_golden(task).in_file["label_set"][:]


def test_the_identity_is_that_of_the_texts(tmp_path: Path) -> None:
    """Runs predict texts: a corrected label needs no training."""
    first = golden_identity(written(tmp_path, "a.csv", "sentence,label\na,refund\n"))
    other_label = golden_identity(written(tmp_path, "b.csv", "label,sentence\nbilling,a\n"))
    other_text = golden_identity(written(tmp_path, "c.csv", "sentence,label\nb,refund\n"))
    assert first == other_label != other_text


def test_places_and_texts(tmp_path: Path) -> None:
    """A text over several lines is at its first one. Texts that were not predicted are not shown."""
    task = written(tmp_path, "golden.csv", 'sentence,label\n"two\nlines",refund\n\nb,refund\n')
    assert ["golden.csv:2", "golden.csv:5"] == [golden_place(task, index) for index in (0, 1)]
    digest = digest_of_texts(read_golden(task).in_file, task)
    assert {1: ("b",)} == golden_texts(task, [1], digest)
    written(tmp_path, "golden.csv", "sentence,label\na,refund\nb,refund\n")
    with pytest.raises(DataError, match=r"golden\.csv has other texts than those that were predicted"):
        golden_texts(task, [1], digest)


def test_lines_may_change_places(tmp_path: Path) -> None:
    """Runs predict the same texts, in the same order; each example keeps its label and knows its place."""
    lines = ["b,refund\n", "a,billing\n", "c,refund\n", "a,refund\n"]
    found = []
    for order in ((0, 1, 2, 3), (2, 3, 0, 1)):
        task = written(tmp_path, f"{order[0]}.csv", "sentence,label\n" + "".join(lines[index] for index in order))
        golden = read_golden(task)
        assert ["a", "a", "b", "c"] == golden.split["sentence"][:]
        rows = [f"{each['sentence']},{task.labels[each['label']]}\n" for each in golden.split]
        assert rows == [lines[order[position]] for position in golden.positions]
        found.append(golden_identity(task))
    assert found[0] == found[1]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    task = written(tmp_path, "golden.csv", "sentence,label\na,refund\n")
    assert ["a"] == read_golden(task).in_file["sentence"][:]
    written(tmp_path, "golden.csv", "sentence,label\nanother,refund\n")
    assert ["another"] == read_golden(task).in_file["sentence"][:]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("golden.csv", "text,label\na,refund\n", "has no column 'sentence'"),
        ("golden.csv", "sentence,team\na,refund\n", "has no column 'label'"),
        ("golden.csv", "", "golden.csv is empty"),
        ("golden.csv", "sentence,label\n", "no rows"),
        ("golden.csv", "sentence,label\na,sales\n", "'sales'.* not labels of task tickets"),
        ("golden.csv", "sentence,label\na,\n", "1 of 1 values of column 'label' are missing"),
        ("golden.csv", "sentence,label\n,refund\n", "1 of 1 values of column 'sentence' are missing"),
        ("golden.csv", "sentence,label\na,refund,x\n", "golden.csv:2: 3 values"),
        ("golden.txt", "a\n", "golden.txt; accepted: "),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_golden(written(tmp_path, name, content))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"golden\.csv does not exist"):
        check_golden(replace(TICKETS, golden=str(tmp_path / "golden.csv")))


def test_data_of_a_users_own_fixture(tmp_path: Path) -> None:
    """It keeps the split, whose texts it may change."""
    split = read_golden(written(tmp_path, "golden.csv", "sentence,label\nA,refund\n")).split
    changed = DatasetDict({GOLDEN: split.map(lambda example: {"sentence": example["sentence"].lower()})})
    assert ["a"] == golden_examples(changed, TICKETS, "glue_data")["sentence"][:]
    with pytest.raises(DataError, match="glue_data: task tickets has golden examples, and there is no split 'golden'"):
        golden_examples(DatasetDict({"train": split}), TICKETS, "glue_data")
