"""The labels of a split: from what its file holds to class ids, numbers or sets of labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import DataError, suggestion
from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import Dataset

UNLABELLED = -1
"""The class id of an example whose label is not public, as on the hub."""
MAX_SET_LABELS = 52
"""The most labels of a multi-label task: a float holds integers of as many bits exactly."""
_YES = ("1", "1.0", "True", "true")
_NO = ("0", "0.0", "False", "false")


@dataclass(frozen=True, eq=False, slots=True)
class LabelColumn:
    """The label column of a split, or the columns that make it."""

    dataset: "Dataset"
    task: Task
    where: str
    """The file, for messages."""
    is_labelled: bool
    """Whether every example needs a label; False for a split with further texts."""
    location: Callable[[int], str]
    """Returns where the example with that index is, for messages."""

    def conformed(self) -> "Dataset":
        """Return the split with the labels in the schema that every source returns.

        Raises:
            DataError: a label is not one of the task's.
        """
        if self.task.is_regression:
            return self._with_numbers()
        return self._with_sets() if self.task.is_multi_label else self._with_classes()

    def _with_numbers(self) -> "Dataset":
        """Return the dataset with the labels of a regression as 32-bit floats."""
        import pyarrow as pa
        import pyarrow.compute as pc
        from datasets import ClassLabel, Value

        task, feature, values = self.task, self._feature, self._values
        if task.data is not None and (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            values = self._parsed(values)
        if isinstance(feature, ClassLabel) or not (
            pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_null(values.type)
        ):
            message = f"{self.where}: task {task.name} is a regression, but column {task.label_column!r} is {feature}"
            raise DataError(message)
        finite = pc.is_finite(values)
        if self.is_labelled and (n_others := len(values) - (pc.sum(finite).as_py() or 0)):
            first = finite.index(pa.scalar(value=False)).as_py()
            raise DataError(
                f"{self.location(first)}: column {task.label_column!r} of task {task.name} has "
                f"{values[first].as_py()}, which is no finite number; so have {n_others} of {len(values)} examples: "
                "correct the labels, or leave the examples out"
            )
        return self.dataset if feature == Value("float32") else self._with(values.cast(pa.float32()), Value("float32"))

    def _parsed(self, values: Any) -> Any:
        """Return texts as numbers."""
        import pyarrow as pa

        numbers: list[float | None] = []
        for index, text in enumerate(values.to_pylist()):
            try:
                numbers.append(None if text is None else float(text))
            except ValueError:
                raise DataError(
                    f"{self.location(index)}: column {self.task.label_column!r} of task {self.task.name} has {text!r}, "
                    "and a regression needs numbers"
                ) from None
        return pa.array(numbers, pa.float64())

    def _with_classes(self) -> "Dataset":
        """Return the dataset with the labels of a classification as class ids in the task's order."""
        import pyarrow as pa
        from datasets import ClassLabel

        feature, accepted, values, task = (
            self._feature,
            ClassLabel(names=list(self.task.labels)),
            self._values,
            self.task,
        )
        if pa.types.is_nested(values.type):
            message = (
                f"{self.where}: column {task.label_column!r} of task {task.name} holds {values.type}; "
                "expected class ids"
            )
            raise DataError(message)
        distinct = values.unique().to_pylist()
        if isinstance(feature, ClassLabel):
            if set(feature.names) != set(task.labels):
                message = (
                    f"{self.where}: the labels are {feature.names}, those of task {task.name} are {list(task.labels)}"
                )
                raise DataError(message)
            ids: dict[Any, int] = {number: task.labels.index(name) for number, name in enumerate(feature.names)}
        else:
            ids = ids_of(distinct, task.labels)
        if not self.is_labelled:
            ids |= {UNLABELLED: UNLABELLED, None: UNLABELLED, "": UNLABELLED, str(UNLABELLED): UNLABELLED}
        if unknown := [value for value in distinct if value not in ids]:
            raise DataError(self._undeclared(unknown, values))
        if feature == accepted and all(ids[value] == value for value in distinct):
            return self.dataset
        return self._with(pa.array([ids[value] for value in values.to_pylist()], pa.int64()), accepted)

    def _with_sets(self) -> "Dataset":
        """Return the dataset with each set of labels as the number whose bits are its labels."""
        import pyarrow as pa
        from datasets import Value

        task = self.task
        if task.label_column in self.dataset.column_names and pa.types.is_integer(self._values.type):
            if self.is_labelled and any(not 0 <= value < 2**task.num_labels for value in self._values.to_pylist()):
                raise DataError(
                    f"{self.where}: column {task.label_column!r} of task {task.name} holds integers, which stand for "
                    f"sets of its {task.num_labels} labels from 0 to {2**task.num_labels - 1}: some are outside"
                )
            return self.dataset
        bits = {name: 1 << index for index, name in enumerate(task.labels)}
        columns = {name: self.dataset.with_format("arrow")[:][name].to_pylist() for name in raw_columns(task)}
        sets = sets_of_labels(task, columns, self.location)
        if self.is_labelled and (missing := [index for index, names in enumerate(sets) if names is None]):
            raise DataError(
                f"{self.where}: {len(missing)} of {len(sets)} values of column {raw_columns(task)[0]!r} are missing; "
                f"the first is at {self.location(missing[0])}"
            )
        numbers = []
        for index, names in enumerate(sets):
            if names is None:
                numbers.append(UNLABELLED)
                continue
            if unknown := [name for name in names if name not in bits]:
                raise DataError(
                    f"{self.location(index)}: {unknown[0]!r} is not a label of task {task.name}; its labels are "
                    f"{', '.join(task.labels)}"
                )
            numbers.append(sum({bits[name] for name in names}))
        return self._with(pa.array(numbers, pa.int64()), Value("int64"))

    def _undeclared(self, unknown: Sequence[Any], values: Any) -> str:
        task, first = self.task, values.to_pylist().index(unknown[0])
        accepted = list(task.labels) if isinstance(unknown[0], str) else list(range(task.num_labels))
        hint = suggestion(unknown[0], task.labels)
        return (
            f"{self.where}: {unknown[:5]} in column {task.label_column!r} are not labels of task {task.name}: "
            f"{accepted}; the first is at {self.location(first)}{f'; {hint}' if hint else ''}"
        )

    @property
    def _feature(self) -> Any:
        return self.dataset.features[self.task.label_column]

    @property
    def _values(self) -> Any:
        """The label column as an Arrow array."""
        return self.dataset.with_format("arrow")[:][self.task.label_column]

    def _with(self, values: Any, feature: Any) -> "Dataset":
        """Return the dataset with another label column, at the same index if there is one."""
        from datasets import Dataset, DatasetInfo, Features

        column, table = self.task.label_column, self.dataset.with_format("arrow")[:]
        features = Features({**self.dataset.features, column: feature})
        if column in table.column_names:
            table = table.set_column(table.column_names.index(column), column, values)
        else:
            table = table.append_column(column, values)
        info = DatasetInfo(features=features)
        return Dataset(table.replace_schema_metadata(None), info=info, split=self.dataset.split)


def raw_columns(task: Task) -> tuple[str, ...]:
    """Return the columns that the labels are read from."""
    return task.label_columns or (task.label_column,)


def text_of(value: Any) -> str:
    """Return the name of a label that a file holds as a text, an integer or a boolean."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def ids_of(values: Iterable[Any], labels: Sequence[str]) -> dict[Any, int]:
    """Return the class id of each value that is a label: by its name, or else by its number.

    They are numbers if none of them is a name, as in a column of 0 and 1 for the labels ham and spam.
    """
    names = {name: index for index, name in enumerate(labels)}
    present = [value for value in values if value is not None]
    by_name = {value: names[text_of(value)] for value in present if text_of(value) in names}
    if by_name:
        return by_name
    numbers = {str(index): index for index in range(len(labels))}
    texts = {value: text_of(int(value) if isinstance(value, bool) else value) for value in present}
    return {value: numbers[text] for value, text in texts.items() if text in numbers}


def sets_of_labels(
    task: Task, columns: Mapping[str, Sequence[Any]], location: Callable[[int], str]
) -> list[list[str] | None]:
    """Return the names of the labels of each example of a multi-label task; None for an example without a value.

    Args:
        task: says how the columns hold them.
        columns: values of `raw_columns`.
        location: returns where an example is, for messages.

    Raises:
        DataError: a value is no list, no text with separators, or neither 0 nor 1.
    """
    if task.label_columns:
        names = task.labels or task.label_columns
        rows = zip(*(columns[name] for name in task.label_columns), strict=True)
        return [_chosen(task, names, row, location, index) for index, row in enumerate(rows)]
    return [_listed(task, value, location, index) for index, value in enumerate(columns[task.label_column])]


def _chosen(
    task: Task, names: Sequence[str], row: Sequence[Any], location: Callable[[int], str], index: int
) -> list[str] | None:
    """Return the names of the columns that hold a 1."""
    if all(value is None for value in row):
        return None
    for column, value in zip(task.label_columns, row, strict=True):
        if str(value) not in (*_YES, *_NO):
            raise DataError(
                f"{location(index)}: column {column!r} of task {task.name} has {value!r}; expected 0 or 1, or a boolean"
            )
    return [name for name, value in zip(names, row, strict=True) if str(value) in _YES]


def _listed(task: Task, value: Any, location: Callable[[int], str], index: int) -> list[str] | None:
    """Return the names in a list, or in a text with separators; a missing text has none."""
    column = f"column {task.label_column!r} of task {task.name}"
    if value is None:
        return [] if task.label_separator else None
    if isinstance(value, str):
        if not task.label_separator:
            raise DataError(
                f"{location(index)}: {column} holds texts, as in {value[:40]!r}: say what stands between two labels, "
                'as in label_separator = ";"'
            )
        return [part.strip() for part in value.split(task.label_separator) if part.strip()]
    if not isinstance(value, list):
        raise DataError(f"{location(index)}: {column} has {value!r}; expected a list of labels, or a text of several")
    if wrong := [each for each in value if each is None or isinstance(each, list | dict)]:
        raise DataError(f"{location(index)}: {column} has {value!r}, and {wrong[0]!r} is no label")
    return [text_of(each) for each in value]


def look_alikes(names: Sequence[str]) -> tuple[str, str] | None:
    """Return two names that differ only in blanks, or in how a number is written; None if there are none."""
    seen: dict[str, str] = {}
    for name in names:
        text = " ".join(name.split())
        with suppress(ValueError):
            text = f"{float(text):g}"
        if text in seen:
            return seen[text], name
        seen[text] = name
    return None


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of labels, sorted; numbers are sorted as numbers."""
    distinct = set(names)
    if all(name.removeprefix("-").isdecimal() for name in distinct):
        return tuple(sorted(distinct, key=int))
    return tuple(sorted(distinct))
