"""The fields of a task in TOML, each declared once: its parser, its messages and docs/tasks.md follow from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

from pytest_glue.config.slices import parse_slices
from pytest_glue.config.task_data import FILE_ENDINGS, parse_data, under
from pytest_glue.config.values import member, number, refused
from pytest_glue.core.tasks import Kind

MAX_SET_LABELS = 52
"""The most labels of a multi-label task: a float holds integers of as many bits exactly."""


@dataclass(frozen=True, slots=True)
class TaskField:
    """A field of `[tool.pytest_glue.task.NAME]`."""

    name: str
    accepted: str
    """The type of its value, as messages and the documentation name it."""
    default: str
    """As the documentation names it."""
    meaning: str
    example: str
    """The value in TOML."""
    parse: Callable[[Any, Path], Any]
    """From a value in TOML, and the folder that relative paths start from, to a parsed value."""


def _text(value: Any, _: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise refused(f"{value!r}: expected a text")
    return value


def _texts(value: Any, base: Path) -> tuple[str, ...]:
    found = tuple(_text(each, base) for each in (value if isinstance(value, list) else [value]))
    if not found:
        raise refused("[]: expected one or more")
    if repeated := [each for each in found if found.count(each) > 1]:
        raise refused(f"{repeated[0]!r} is given twice")
    return found


def _text_columns(value: Any, base: Path) -> tuple[str, ...]:
    columns = _texts(value, base)
    if len(columns) > 2:
        raise refused(f"{list(columns)}: expected one or two columns")
    return columns


def _labels(value: Any, base: Path) -> tuple[str, ...]:
    """Return the names of labels, which may be integers or booleans, as the data can hold them."""
    if not isinstance(value, list) or not all(isinstance(each, str | int) for each in value):
        raise refused(f"{value!r}: expected a list of texts, integers or booleans")
    labels = _texts([str(each) for each in value], base)
    if len(labels) < 2:
        raise refused(f"{value!r}: expected two labels or more")
    return labels


def _fraction(value: Any, _: Path) -> float:
    if isinstance(value, str) or not 0 < (share := number(value)) < 1:
        raise refused(f"{value!r}: expected a fraction above 0 and below 1")
    return share


def _golden(value: Any, base: Path) -> str:
    name = _text(value, base)
    if PurePath(name).suffix.lower() not in FILE_ENDINGS:
        raise refused(f"{name!r}: expected a file that ends with {', '.join(FILE_ENDINGS)}")
    return under(base, name)


def _share(value: Any, _: Path) -> float:
    if isinstance(value, str) or not 0 < (share := number(value)) <= 1:
        raise refused(f"{value!r}: expected a fraction above 0 and at most 1")
    return share


def _distance(value: Any, _: Path) -> float:
    if isinstance(value, str) or not 0 <= (found := number(value)) < inf:
        raise refused(f"{value!r}: expected a number of at least 0")
    return found


_COLUMN = "the name of a column"
_DECLARED = (
    TaskField(
        "data",
        "a folder, a file, or a table",
        "what `--glue-data` names",
        "Where the examples are: a folder with files such as `train.csv` and `validation.csv`, or what "
        "`DatasetDict.save_to_disk` wrote; one file, with `evaluation_fraction`; the files of each split; or a "
        "dataset on the hub, with `configuration` and `revision` where it has them. Relative paths start from the "
        "folder of this TOML file. Files are CSV, TSV, JSON lines (`.jsonl`, `.ndjson`, `.json`) or parquet.",
        '{ train = ["a.csv", "b.csv"], validation = "validation.csv" }',
        parse_data,
    ),
    TaskField(
        "text",
        f"{_COLUMN}, or a list of one or two",
        "none: it is required",
        "The column with the text, or the two columns of a pair.",
        '["premise", "hypothesis"]',
        _text_columns,
    ),
    TaskField(
        "label",
        f"{_COLUMN}; for `multi_label` also a list",
        '`"label"`',
        "The column with the label: a text, an integer or a boolean for a classification, a number for a regression, "
        "and a list of labels, or a text with a separator, for `multi_label`. A list names columns of 0 and 1, one "
        "for each label.",
        '"team"',
        _texts,
    ),
    TaskField(
        "kind",
        "`classification`, `regression` or `multi_label`",
        '`"classification"`',
        "What is predicted: one label of two or more, a number, or any number of labels (a label is predicted if its "
        "probability is above one half).",
        '"multi_label"',
        lambda value, _: member(Kind, value),
    ),
    TaskField(
        "labels",
        "a list of texts, integers or booleans",
        "those of the training split, sorted; the names of classes that a parquet file or a saved dataset holds",
        f"The labels in the order of their ids; `multi_label` takes up to {MAX_SET_LABELS}. A column of integers that "
        "are no names holds these ids.",
        '["billing", "outage", "sales"]',
        _labels,
    ),
    TaskField(
        "label_separator",
        "a text",
        "none: the column holds lists",
        "What stands between two labels in a `multi_label` column of texts, as in `urgent;billing`.",
        '";"',
        _text,
    ),
    TaskField(
        "metrics",
        "a name or a list of names",
        "`accuracy`; `pearson` and `spearmanr` for a regression; `f1_macro` and `accuracy` for `multi_label`",
        "The reported metrics. The first is the headline metric, which decides the verdict and chooses the best epoch.",
        '["f1_macro", "accuracy"]',
        _texts,
    ),
    TaskField(
        "headline_metric",
        "one of `metrics`",
        "the first of `metrics`",
        "The headline metric, if it is another one.",
        '"accuracy"',
        _text,
    ),
    TaskField("train_split", "the name of a split", '`"train"`', "The split that is trained on.", '"training"', _text),
    TaskField(
        "evaluation_split",
        "the name of a split",
        '`"validation"`',
        "The split that is scored. Files and folders named `dev`, `valid` or `val` are `validation` too.",
        '"test"',
        _text,
    ),
    TaskField(
        "evaluation_fraction",
        "a number above 0 and below 1",
        "none: the data has an evaluation split",
        "The share of the training split that is scored instead and not trained on: stratified by label, with a fixed "
        "seed, so that it is the same in every test run. Examples of one group stay together.",
        "0.2",
        _fraction,
    ),
    TaskField(
        "unlabelled_split",
        "the name of a split",
        '`"test"`',
        "Further texts that `--glue-certify` has predicted. Labels in it are not read.",
        '"unlabelled"',
        _text,
    ),
    TaskField(
        "group",
        _COLUMN,
        "none: all examples are independent",
        "Evaluation examples with the same value depend on each other, such as questions about one text: standard "
        "errors count its values and not the examples.",
        '"customer"',
        _text,
    ),
    TaskField(
        "slices",
        "a list of columns and tables",
        "none",
        "Parts of the evaluation examples with a score, thresholds and a comparison of their own: each value of a "
        "column, or a table with `name`, `column` and `values`, or `min` and `max`. See [slices.md](slices.md).",
        '["language", { name = "long", column = "words", min = 100 }]',
        lambda value, _: parse_slices(value),
    ),
    TaskField(
        "golden",
        "a file",
        "none",
        "Texts with the label that every run must predict, in the columns of the task.",
        '"golden.csv"',
        _golden,
    ),
    TaskField(
        "golden_min",
        "a number above 0 and at most 1",
        "`1.0`",
        "The share of the golden examples that every run must predict right. See "
        "[slices.md](slices.md#golden-examples).",
        "0.95",
        _share,
    ),
    TaskField(
        "golden_tolerance",
        "a number of at least 0",
        "`0.5`",
        "In a regression, the distance from its label within which the prediction of a golden example is right.",
        "0.25",
        _distance,
    ),
)
TASK_FIELDS: Mapping[str, TaskField] = MappingProxyType({field.name: field for field in _DECLARED})
"""The fields by name, in the order of the documentation."""
