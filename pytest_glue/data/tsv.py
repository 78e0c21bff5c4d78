"""The layout of the GLUE download: `FOLDER/CoLA/train.tsv`, `dev.tsv`, `test.tsv`, with small differences by task.

The formats are those of the script that made the hub's dataset (`glue.py` of `datasets`, until 2023): quote characters
are text, and a header names the columns, except in CoLA's train and dev. A user's own task can be in the same folder:
its subfolder has the name of its configuration, and its headers name the task's columns.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task
from pytest_glue.data.fingerprint import require_file
from pytest_glue.data.labels import UNLABELLED
from pytest_glue.data.splits import Splits

if TYPE_CHECKING:
    from datasets import Dataset


Row = tuple[int, int, list[str]]
"""Index of the example, line number and fields."""


@dataclass(frozen=True, slots=True)
class Format:
    """The format of one configuration in the download."""

    folder: str
    names: Mapping[str, str] = field(default_factory=dict)
    """The task's names of those of the files' columns that have other names."""
    headerless: tuple[str, ...] = ()
    """The columns of the labelled files, if those have no header."""
    skips_malformed: bool = False
    """Whether lines with too few fields are skipped, as in the hub's dataset."""
    test: str = "test"
    """The name of the file with the test split, without its ending."""


_MNLI_PAIR = {"sentence1": "premise", "sentence2": "hypothesis"}
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "ax": Format("diagnostic", _MNLI_PAIR, test="diagnostic"),
        "cola": Format("CoLA", headerless=("source", "label", "annotation", "sentence")),
        "mnli": Format("MNLI", {**_MNLI_PAIR, "gold_label": "label"}),
        "mrpc": Format("MRPC", {"#1 String": "sentence1", "#2 String": "sentence2", "Quality": "label"}),
        "qnli": Format("QNLI"),
        "qqp": Format("QQP", {"is_duplicate": "label"}, skips_malformed=True),
        "rte": Format("RTE"),
        "sst2": Format("SST-2"),
        "stsb": Format("STS-B", {"score": "label"}),
        "wnli": Format("WNLI"),
    }
)


def splits(folder: Path, task: Task) -> Splits:
    """Return the task's splits by name; empty if there are none."""
    file_format = FORMATS.get(task.configuration, Format(task.configuration))
    for name in (file_format.folder, task.configuration):
        files = {
            split: path for path in sorted((folder / name).glob("*.tsv")) if (split := _split(path, task, file_format))
        }
        if files:
            return {split: TsvSplit(path, task, file_format, split) for split, path in files.items()}
        if file_format is FORMATS["mrpc"] and (found := _original_mrpc(folder / name, task)):
            return found
    return {}


def configurations(folder: Path) -> set[str]:
    """Return the configurations that have a folder of TSV files."""
    by_folder = {file_format.folder: configuration for configuration, file_format in FORMATS.items()}
    paths = [*folder.glob("*/train.tsv"), *folder.glob("*/msr_paraphrase_train.txt")]
    return {by_folder.get(path.parent.name, path.parent.name) for path in paths}


def _split(path: Path, task: Task, file_format: Format) -> str | None:
    """Return the hub's name of the split in a file, such as validation for dev; None if it is not a split."""
    name = "test" if path.stem == file_format.test else re.sub(r"^dev(?=_|$)", "validation", path.stem)
    is_usual = re.fullmatch(r"train|(validation|test)(_matched|_mismatched)?", name)
    own = {*task.labelled_splits, task.unlabelled_split}
    return name if is_usual or name in own else None


def _original_mrpc(folder: Path, task: Task) -> Splits:
    """Return the splits of Microsoft's MRPC files; GLUE's list of ids separates validation from train."""
    train, test = folder / "msr_paraphrase_train.txt", folder / "msr_paraphrase_test.txt"
    ids = next(iter(sorted(folder.glob("*dev_ids.tsv"))), None)
    if ids is None or not train.is_file():
        return {}
    found = {
        "train": TsvSplit(train, task, FORMATS["mrpc"], "train", without=ids),
        "validation": TsvSplit(train, task, FORMATS["mrpc"], "validation", only=ids),
    }
    return found | ({"test": TsvSplit(test, task, FORMATS["mrpc"], "test")} if test.is_file() else {})


@dataclass(frozen=True, slots=True)
class TsvSplit:
    """A split in a TSV file."""

    path: Path
    task: Task
    file_format: Format
    split: str
    only: Path | None = None
    """A file with the pairs of ids that belong to the split; None for all lines."""
    without: Path | None = None
    """A file with the pairs of ids that do not belong to it."""

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.path, self.only, self.without) if path is not None)

    def columns(self) -> list[str]:
        _, first = next(_lines(self.path), (0, ""))
        if not first:
            raise DataError(f"{self.path} is empty")
        if self._is_headerless:
            return list(self.file_format.headerless)
        return [self.file_format.names.get(name, name) for name in first.split("\t")]

    def read(self) -> "Dataset":
        """Return the examples with the hub's features: `idx` counts the file's lines, and a missing label is -1."""
        import pyarrow as pa
        from datasets import ClassLabel, Dataset, Features, Value

        task, header, rows = self.task, self.columns(), list(self._rows())
        texts = dict.fromkeys(task.text_columns)
        for column_name in (task.group_column, *(each.column for each in task.slices)):
            if column_name in header and column_name not in {task.label_column, "idx"}:
                texts[column_name] = None
        columns: dict[str, list[Any]] = {}
        for key in texts:
            column = header.index(key)
            columns[key] = [fields[column] for _, _, fields in rows]
        columns[task.label_column] = self._labels(header, rows)
        columns["idx"] = [index for index, _, _ in rows]
        label = Value("float32") if task.is_regression else ClassLabel(names=list(task.labels))
        features = Features({**dict.fromkeys(texts, Value("string")), task.label_column: label, "idx": Value("int32")})
        return Dataset(pa.table(columns, features.arrow_schema))

    @property
    def _is_headerless(self) -> bool:
        return bool(self.file_format.headerless) and self.split != "test"

    def _rows(self) -> Iterator[Row]:
        """Yield index, line number and fields of each example; skipped lines count in the index."""
        columns = self.columns()
        only, without = _pairs(self.only), _pairs(self.without)
        lines = _lines(self.path)
        if not self._is_headerless:
            next(lines)
        for index, (number, line) in enumerate(lines):
            fields = line.split("\t")
            if self.file_format.skips_malformed and len(fields) < len(columns):
                continue
            if len(fields) != len(columns) and not self.file_format.skips_malformed:
                raise DataError(f"{self.path}:{number}: {len(fields)} fields, expected {len(columns)}: {columns}")
            pair = (fields[1], fields[2]) if self.only or self.without else ()
            if (self.only is None or pair in only) and pair not in without:
                yield index, number, fields

    def _labels(self, header: Sequence[str], rows: Sequence[Row]) -> list[float]:
        """Return the labels as numbers, from names or numbers; only unlabelled splits may have empty labels."""
        task = self.task
        if task.label_column not in header:
            return [UNLABELLED] * len(rows)
        column, names = header.index(task.label_column), task.labels
        ids = {str(number): number for number in range(len(names))} | {name: index for index, name in enumerate(names)}
        if self.split not in task.labelled_splits:
            ids = {"": UNLABELLED, str(UNLABELLED): UNLABELLED} | ids
        labels: list[float] = []
        for _, number, fields in rows:
            try:
                labels.append(float(fields[column]) if task.is_regression else ids[fields[column]])
            except (ValueError, KeyError) as error:
                accepted = "a number" if task.is_regression else " or ".join(names) + ", or their numbers"
                message = f"{self.path}:{number}: label {fields[column]!r}, expected {accepted}"
                raise DataError(message) from error
        return labels


def _pairs(path: Path | None) -> set[tuple[str, ...]]:
    return {tuple(line.split("\t")[:2]) for _, line in _lines(path)} if path else set()


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line that is not empty, without a byte-order mark and line ends."""
    require_file(path)
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if text := line.rstrip("\n"):
                    yield number, text
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
