"""The data of own tasks: formats, labels, the part that is evaluated on, and bad input."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, DatasetDict
from pyarrow import parquet

from pytest_glue.core.errors import DataError
from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import Kind, Task
from pytest_glue.data.labels import ids_of
from pytest_glue.data.own_data import OwnData
from pytest_glue.data.source import resolved, source_of

ROWS = [("the red one", "b"), ("the blue one", "a"), ('a, "b"\nand c', "b"), ("d", "a")]
TASK = Task("own", "own", ("text",), (), ("accuracy",), kind=Kind.CLASSIFICATION)
SETS = replace(TASK, kind=Kind.MULTI_LABEL)


def task_of(folder: Path, task: Task = TASK, **changes: Any) -> Task:
    """Return the task with the folder as its data, and its labels."""
    return resolved(replace(task, data=TaskData(folder=str(folder)), **changes))


def loaded(task: Task) -> DatasetDict:
    """Return the task's data, after the checks of the collection."""
    source = source_of(task, "hub")
    source.check(task)
    return source.load(task)


def write(folder: Path, *texts: str, ending: str = "csv") -> Path:
    """Write a text for each of train and validation; one text is for both."""
    for split, text in zip(("train", "validation"), texts * (3 - len(texts)), strict=False):
        (folder / f"{split}.{ending}").write_text(text, "utf-8")
    return folder


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def in_csv(folder: Path) -> None:
    write(folder, "text,label\n" + "".join(f'"{text.replace(chr(34), chr(34) * 2)}",{label}\n' for text, label in ROWS))


def in_tsv(folder: Path) -> None:
    text = "text\tlabel\n" + "".join(f'"{text.replace(chr(34), chr(34) * 2)}"\t{label}\n' for text, label in ROWS)
    write(folder, "\ufeff" + text, ending="tsv")


def in_json_lines(folder: Path) -> None:
    write(folder, lines(*({"text": text, "label": label} for text, label in ROWS)), ending="jsonl")


def _dataset() -> DatasetDict:
    split = Dataset.from_dict({"text": [text for text, _ in ROWS], "label": [label for _, label in ROWS]})
    return DatasetDict({"train": split, "validation": split})


def in_parquet(folder: Path) -> None:
    for name, split in _dataset().items():
        split.to_parquet(folder / f"{name}.parquet")


def saved(folder: Path) -> None:
    _dataset().save_to_disk(folder)


@pytest.mark.parametrize("form", [in_csv, in_tsv, in_json_lines, in_parquet, saved])
def test_all_formats_give_the_same_data(tmp_path: Path, form: Callable[[Path], None]) -> None:
    """Texts with quotes, separators and line breaks, and class ids in the order of the sorted labels."""
    form(tmp_path)
    task = task_of(tmp_path)
    data = loaded(task)
    assert ("a", "b") == task.labels
    assert [text for text, _ in ROWS] == data["train"]["text"][:]
    assert [1, 0, 1, 0] == data["validation"]["label"][:]
    assert ClassLabel(names=["a", "b"]) == data["train"].features["label"]


def test_files_of_splits(tmp_path: Path) -> None:
    """The files of a split follow each other."""
    write(tmp_path, "text,label\nx,a\ny,b\n")
    (tmp_path / "more.csv").write_text("label,text\nb,z\n", "utf-8")
    files = {"train": ("train.csv", "more.csv"), "validation": ("validation.csv",)}
    data = TaskData(files=tuple((name, tuple(str(tmp_path / each) for each in names)) for name, names in files.items()))
    task = resolved(replace(TASK, data=data))
    assert ["x", "y", "z"] == loaded(task)["train"]["text"][:]
    assert {str(tmp_path)} == set(source_of(task, "hub").files(task))


def test_dev_is_validation(tmp_path: Path) -> None:
    """Unless the evaluation split has the name dev."""
    write(tmp_path, "text,label\nx,a\ny,b\n")
    (tmp_path / "validation.csv").rename(tmp_path / "dev.csv")
    for split in ("validation", "dev"):
        task = task_of(tmp_path, evaluation_split=split)
        assert 2 == len(loaded(task)[task.evaluation_split])


@pytest.mark.parametrize(
    ("values", "labels", "ids"),
    [
        (["10", "9"], (), {"9": 0, "10": 1}),
        ([True, False], (), {False: 0, True: 1}),
        ([3, 1, 2], (), {1: 0, 2: 1, 3: 2}),
        ([0, 1], ("ham", "spam"), {0: 0, 1: 1}),
        (["0", "1"], ("ham", "spam"), {"0": 0, "1": 1}),
        ([True, False], ("no", "yes"), {False: 0, True: 1}),
        ([1, 0], ("1", "0"), {1: 0, 0: 1}),
        ([1.0, 2.0], ("2", "1"), {2.0: 0, 1.0: 1}),
        (["ham", "eggs"], ("ham", "spam"), {"ham": 0}),
    ],
)
def test_labels_of_every_type(tmp_path: Path, values: list[Any], labels: tuple[str, ...], ids: dict[Any, int]) -> None:
    """Texts, integers and booleans are names, or ids if no value is a name; numbers are sorted as numbers."""
    if not labels:
        write(tmp_path, lines(*({"text": "x", "label": value} for value in values)), ending="jsonl")
        labels = task_of(tmp_path).labels
    assert ids == ids_of(values, labels)


def test_the_names_in_a_file_are_the_labels(tmp_path: Path) -> None:
    """Parquet files and saved datasets can name their classes, in an order of their own."""
    split = Dataset.from_dict({"text": ["x", "y"], "label": [1, 0]}).cast_column("label", ClassLabel(names=["z", "a"]))
    for name in ("train", "validation"):
        split.to_parquet(tmp_path / f"{name}.parquet")
    assert ("z", "a") == task_of(tmp_path).labels


def test_categories_of_pandas(tmp_path: Path) -> None:
    """A parquet file can hold labels as a dictionary."""
    table = pa.table({"text": ["x", "y", "z"], "label": pa.array(["b", "a", "b"]).dictionary_encode()})
    for name in ("train", "validation"):
        parquet.write_table(table, tmp_path / f"{name}.parquet")
    task = task_of(tmp_path)
    assert (("a", "b"), [1, 0, 1]) == (task.labels, loaded(task)["train"]["label"][:])


def test_inferred_labels_follow_the_file(tmp_path: Path) -> None:
    """A changed file gives other labels in the same process."""
    write(tmp_path, "text,label\nx,a\ny,b\n")
    assert ("a", "b") == task_of(tmp_path).labels
    write(tmp_path, "text,label\nx,a\ny,b\nz,cc\n")
    assert ("a", "b", "cc") == task_of(tmp_path).labels


def with_lists(folder: Path) -> Task:
    rows = [{"text": "x", "label": ["b", "a"]}, {"text": "y", "label": []}, {"text": "z", "label": ["c"]}]
    return task_of(write(folder, lines(*rows), ending="jsonl"), SETS)


def with_separators(folder: Path) -> Task:
    return task_of(write(folder, "text,label\nx,b; a\ny,\nz,c\n"), SETS, label_separator=";")


def with_columns(folder: Path) -> Task:
    text = "text,a,b,c\nx,1,True,0\ny,0,0,0\nz,0,false,1\n"
    return task_of(write(folder, text), SETS, label_columns=("a", "b", "c"), label_column="label_set")


@pytest.mark.parametrize("form", [with_lists, with_separators, with_columns])
def test_sets_of_labels(tmp_path: Path, form: Callable[[Path], Task]) -> None:
    """Lists, texts with separators, and columns of zeros and ones give the numbers whose bits are the labels."""
    task = form(tmp_path)
    assert ("a", "b", "c") == task.labels
    assert [3, 0, 4] == loaded(task)["train"][task.label_column][:]


def test_numbers_in_csv(tmp_path: Path) -> None:
    """The labels of a regression."""
    task = replace(TASK, kind=Kind.REGRESSION, metrics=("pearson",))
    task = task_of(write(tmp_path, "text,label\nx,1\ny,2.5\n"), task)
    assert [1.0, 2.5] == loaded(task)["train"]["label"][:]


@pytest.mark.parametrize("kind", Kind)
def test_the_evaluated_part(tmp_path: Path, kind: Kind) -> None:
    """It is always the same, disjoint from the rest, and stratified by label."""
    by_kind: dict[Kind, list[Any]] = {
        Kind.CLASSIFICATION: ["a", "b", "b", "b"],
        Kind.REGRESSION: [1.0, 2.0, 3.0, 4.0],
        Kind.MULTI_LABEL: [["a"], ["b"], ["a", "b"], ["b"]],
    }
    rows = [{"text": str(number), "label": by_kind[kind][number % 4]} for number in range(200)]
    (tmp_path / "train.jsonl").write_text(lines(*rows), "utf-8")
    task = task_of(tmp_path, replace(TASK, kind=kind), evaluation_fraction=0.2)
    first, second = loaded(task), loaded(task)
    assert (160, 40) == (len(first["train"]), len(first["validation"]))
    assert first["validation"]["text"][:] == second["validation"]["text"][:]
    assert 200 == len({*first["train"]["text"], *first["validation"]["text"]})
    counts = Counter(first["validation"]["label"])
    assert all(count == pytest.approx(10 * round(count / 10), abs=2) for count in counts.values())


@pytest.mark.parametrize("fraction", [0.2, 0.7])
def test_the_evaluated_part_has_whole_groups(tmp_path: Path, fraction: float) -> None:
    """Examples that depend on each other would else stand on both sides."""
    rows = [{"text": str(number), "label": "ab"[number % 2], "customer": number // 10} for number in range(200)]
    (tmp_path / "train.jsonl").write_text(lines(*rows), "utf-8")
    data = loaded(task_of(tmp_path, evaluation_fraction=fraction, group_column="customer"))
    assert not {*data["train"]["customer"]} & {*data["validation"]["customer"]}
    assert 200 * fraction == pytest.approx(len(data["validation"]), abs=10)
    assert {*data["validation"]["label"]} == {0, 1}


def test_the_evaluated_part_needs_its_groups(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(lines(*({"text": str(n), "label": "ab"[n % 2]} for n in range(40))), "utf-8")
    with pytest.raises(DataError, match="has no column 'customer'"):
        loaded(task_of(tmp_path, evaluation_fraction=0.2, group_column="customer"))


def test_the_identity_depends_on_the_contents(tmp_path: Path) -> None:
    """Of the files of the needed splits, not on their folder."""
    first, second = tmp_path / "one", tmp_path / "two"
    for folder in (first, second):
        folder.mkdir()
        write(folder, "text,label\nx,a\ny,b\n")
        (folder / "test.csv").write_text(f"text\n{folder}\n", "utf-8")
    identities = [source_of(task, "hub").identity(task) for task in map(task_of, (first, second))]
    assert identities[0] == identities[1]
    write(second, "text,label\nx,a\ny,b\nz,b\n")
    task = task_of(second)
    assert identities[0] != source_of(task, "hub").identity(task)


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", r"train\.csv is empty"),
    "header only": (b"text,label\n", r"train\.csv has a header and no rows"),
    "not UTF-8": (b"text,label\nx,a\n\xff,b\n", r"train\.csv:3: byte 0xff is not UTF-8: save the file as UTF-8"),
    "ragged": (b"text,label\nx,a\n\"y\nz\",b,c\n", r"train\.csv:3: 3 values, and the header has 2 columns"),
    "open quote": (b'text,label\nx,a\n"y,b\n', r"train\.csv:3: a quote opens a value, and none closes it; a value"),
    "semicolons": (b"text;label\nx;a\n", r"train\.csv:1: the header is the single column 'text;label'.* semicolons"),
    "tabs": (b"text\tlabel\nx\ta\n", r"separated by commas in a \.csv file, and this one seems to have tabs\. Give it"),
    "gzip": (gzip.compress(b"text,label\nx,a\n"), r"train\.csv is compressed \(gzip\): decompress it"),
    "spreadsheet": (b"PK\x03\x04 and so on", r"train\.csv is compressed \(zip\)"),
    "twice": (b"text,text\nx,a\n", r"train\.csv:1: the header has the column 'text' twice"),
    "no column": (b"text,lable,id\nx,a,1\n", r"has no column 'label'; there: lable, text, id"),
    "missing text": (b"text,label\nx,a\n,b\n,a\n", r"2 of 3 values of column 'text' are missing; .*:3$"),
    "missing label": (b"text,label\nx,a\ny,\nz,b\n", r"1 of 3 values of column 'label' are missing; .*:3$"),
    "one class": (b"text,label\nx,a\ny,a\n", r"column 'label' of task own has only the label 'a', and "),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_bad_files(tmp_path: Path, kind: str) -> None:
    """The message names the file, and where it can the line."""
    content, expected = BAD[kind]
    write(tmp_path, "text,label\nx,a\ny,b\n")
    (tmp_path / "train.csv").write_bytes(content)
    with pytest.raises(DataError, match=expected):
        loaded(task_of(tmp_path))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('[\n{"text": "x", "label": "a"},\n', r"train\.jsonl is a JSON array: write its objects on a line each"),
        ('{"text": "x", "label": "a"}\n{"text": "y"\n', r"train\.jsonl:2: this line is no JSON: "),
        ('{"text": "x", "label": "a"}\n["y", "b"]\n', r"train\.jsonl:2: '\[.*' is no JSON object: write one on each "),
        ('{"text": "x", "label": "a"}\n{"text": null, "label": "b"}\n', r"column 'text' are missing; .*train\.jsonl:2"),
        (
            '{"text": "x", "label": "a"}\n{"text": 3, "label": "b"}\n',
            r"jsonl:2: column 'text' has 3, and 'x' before",
        ),
        (
            '{"text": "x", "label": 1}\n{"text": "y", "label": 18446744073709551616}\n',
            r"jsonl:2: column 'label' has 18446744073709551616, an integer of more than 64 bits: make texts of the",
        ),
    ],
)
def test_bad_json_lines(tmp_path: Path, content: str, expected: str) -> None:
    write(tmp_path, lines({"text": "x", "label": "a"}, {"text": "y", "label": "b"}), ending="jsonl")
    (tmp_path / "train.jsonl").write_text(content, "utf-8")
    with pytest.raises(DataError, match=expected):
        loaded(task_of(tmp_path))


@pytest.mark.parametrize(
    ("train", "validation", "changes", "expected"),
    [
        ("x,a\ny,b\n", "x,a\ny,c\n", {}, r"\['c'\] in column 'label' are not .* at .*validation\.csv:3"),
        ("x,a\ny,b\n", "x,a\n", {}, r"split 'validation' of task own has no example with the label 'b'"),
        ("x,a\ny,b\n", "x,a\ny,b\n", {"labels": ("a", "b", "c")}, r"split 'train' of task own has no example .*'c'"),
        ("x,1\ny,2\n", "x,1\ny,high\n", {"kind": Kind.REGRESSION}, r"validation\.csv:3: column 'label' .* has 'high'"),
        ("x,1\ny,1\n", "x,1\ny,2\n", {"kind": Kind.REGRESSION}, r"all labels of split 'train' of task own are 1, so"),
        ("x,1\ny,nan\n", "x,1\ny,2\n", {"kind": Kind.REGRESSION}, r"train\.csv:3: .* has nan, which is no finite"),
        ("x,1\ny,2\n", "x,1\ny,-inf\n", {"kind": Kind.REGRESSION}, r"validation\.csv:3: .* task own has -inf, "),
        ("x,a;b\ny,b\n", "x,a;b\ny,b\n", {"kind": Kind.MULTI_LABEL}, r"csv:2: column .* holds texts, as in 'a;b'"),
        ("x,a\ny,b\n", "x,a\ny,b\n", {"evaluation_fraction": 0.5}, r"has the split 'validation', and evaluation_fract"),
    ],
)  # fmt: skip
def test_bad_labels(tmp_path: Path, train: str, validation: str, changes: dict[str, Any], expected: str) -> None:
    write(tmp_path, f"text,label\n{train}", f"text,label\n{validation}")
    with pytest.raises(DataError, match=expected):
        loaded(task_of(tmp_path, **changes))


def test_too_few_examples_for_a_part(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text,label\nw,a\nx,a\ny,b\nz,b\n", "utf-8")
    task = task_of(tmp_path, evaluation_fraction=0.2)
    with pytest.raises(
        DataError, match=r"evaluation_fraction = 0.2 cannot be taken from the 4 examples of split 'train'"
    ):
        loaded(task)


def test_a_class_of_one_example_has_no_part(tmp_path: Path) -> None:
    """The message names it; numbers and sets of labels may occur once."""
    (tmp_path / "train.csv").write_text("text,label\n" + "x,1\ny,2\n" * 5 + "z,3\n", "utf-8")
    with pytest.raises(DataError, match=r"has a single example with the label '3', and evaluation_fraction needs two"):
        loaded(task_of(tmp_path, evaluation_fraction=0.3))
    assert 4 == len(loaded(task_of(tmp_path, evaluation_fraction=0.3, kind=Kind.REGRESSION))["validation"])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('text\tlabel\nx\ta\n"y\tb\nz\tb\n', r"tsv:3: a quote opens a value, and none closes it; a value with a quo"),
        (
            'text\tlabel\nx\ta\n"y\tb\nz"\tb\n',
            r"tsv:3: the quote that opens a value is closed on line 4 only",
        ),
        (
            "text,label\nx,a\n",
            r"tsv:1: .* separated by tabs in a \.tsv file, and this one seems to have commas",
        ),
    ],
)
def test_bad_tsv_files(tmp_path: Path, content: str, expected: str) -> None:
    """A quote that nobody closes would make one example of several."""
    write(tmp_path, "text\tlabel\nx\ta\ny\tb\n", ending="tsv")
    (tmp_path / "train.tsv").write_text(content, "utf-8")
    with pytest.raises(DataError, match=expected):
        loaded(task_of(tmp_path))


def test_two_files_of_one_split(tmp_path: Path) -> None:
    """The message says how to choose one."""
    write(tmp_path, "text,label\nx,a\ny,b\n")
    (tmp_path / "dev.csv").write_text("text,label\nx,a\n", "utf-8")
    with pytest.raises(DataError, match=r"dev\.csv and validation\.csv are both the split 'validation': remove one"):
        task_of(tmp_path)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TaskData(folder="none"), "the data folder none does not exist"),
        (TaskData(files=(("train", ("none.csv",)), ("validation", ("none.csv",)))), r"none\.csv does not exist"),
    ],
)
def test_files_that_do_not_exist(data: TaskData, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        OwnData(data).check(replace(TASK, labels=("a", "b")))


def test_a_folder_without_known_files(tmp_path: Path) -> None:
    (tmp_path / "tickets.xlsx").touch()
    with pytest.raises(DataError, match=r"has no file such as train\.csv, .*; there: tickets\.xlsx"):
        task_of(tmp_path)


@pytest.mark.parametrize("value", [["a", None], ["a", ["b"]]])
def test_what_is_no_label_in_a_list(tmp_path: Path, value: list[Any]) -> None:
    """It would become a label with the name None."""
    write(tmp_path, lines({"text": "x", "label": ["a", "b"]}, {"text": "y", "label": value}), ending="jsonl")
    with pytest.raises(DataError, match="is no label"):
        loaded(task_of(tmp_path, SETS))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train.csv", "train (1).csv"], r"train \(1\)\.csv and train\.csv are both the split 'train'"),
        (["train-00000-of-00002.csv"], r"split 'train' is incomplete or mixed: 1 files, whose names say 2"),
    ],
)
def test_files_that_are_no_parts_of_a_split(tmp_path: Path, names: list[str], message: str) -> None:
    """A copy, or a missing part, would change what is trained on without a word."""
    for name in [*names, "validation.csv"]:
        (tmp_path / name).write_text("text,label\nx,a\ny,b\n", "utf-8")
    with pytest.raises(DataError, match=message):
        loaded(task_of(tmp_path))


def test_numbered_files_of_a_split(tmp_path: Path) -> None:
    for name in ("train-00000-of-00002.csv", "train-00001-of-00002.csv", "validation.csv"):
        (tmp_path / name).write_text("text,label\nx,a\ny,b\n", "utf-8")
    assert 4 == len(loaded(task_of(tmp_path))["train"])


@pytest.mark.parametrize("labels", [("a", "a "), ("1", "1.0")])
def test_labels_that_look_the_same(tmp_path: Path, labels: tuple[str, str]) -> None:
    """They are most likely one label, and two classes of it would be trained."""
    rows = [{"text": str(number), "label": [*labels, "b"][number % 3]} for number in range(9)]
    write(tmp_path, lines(*rows), ending="jsonl")
    with pytest.raises(DataError, match=f"the labels {labels[0]!r} and {labels[1]!r}, which look the same"):
        task_of(tmp_path)
