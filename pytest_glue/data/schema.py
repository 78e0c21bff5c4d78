"""The schema that every source returns: the hub's columns, class ids in the task's order, no missing value."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task
from pytest_glue.data.fingerprint import require_file
from pytest_glue.data.labels import LabelColumn, raw_columns
from pytest_glue.data.splits import Split, Splits

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

MAX_UNLABELLED = 10_000
"""With as many texts, a bound is within 0.03 points of the share that changed, and a baseline has 10 KB for each
seed."""


def no_task(task: Task, where: str, there: Iterable[str]) -> str:
    """Return the message about a configuration that a source does not have."""
    listed = ", ".join(sorted(there)) or "no task that can be recognised"
    return f"{where} has no data for task {task.name} (configuration {task.configuration!r}); there: {listed}"


def require_splits(there: Collection[str], task: Task, where: str) -> None:
    """Check that the splits that the task needs exist; others, such as test, are optional.

    Raises:
        DataError: one is missing.
    """
    for split in task.needed_splits:
        if split not in there:
            listed = ", ".join(sorted(there)) or "none"
            other = "; without it, --glue-evaluate-only scores a classifier that is already fine-tuned"
            remedy = other if split == task.train_split and task.evaluation_split in there else ""
            raise DataError(f"{where}: task {task.name} needs the split {split!r}; there: {listed}{remedy}")


def require_unlabelled(there: Collection[str], task: Task, where: str) -> None:
    """Check that the split with unlabelled texts exists.

    Raises:
        DataError: it is missing.
    """
    if task.unlabelled_split not in there:
        listed = ", ".join(sorted(there)) or "none"
        raise DataError(
            f"{where}: {_ASKED} the texts of the split {task.unlabelled_split!r} of task {task.name}; there: {listed}. "
            f"{_REMEDY.format('one')}"
        )


_ASKED = "--glue-certify and --glue-submission predict"
_REMEDY = "Add {}, without labels, or leave out the option"


def check(splits: Splits, task: Task, where: str) -> None:
    """Check splits, files and columns, from names and headers alone.

    Raises:
        DataError: one is missing.
    """
    require_splits(splits, task, where)
    for name, split in _read(splits, task):
        for path in split.files:
            require_file(path)
        require_columns(split.columns(), task, name, str(split.path))


def load(splits: Splits, task: Task, where: str) -> "DatasetDict":
    """Read the splits and convert them to the hub's schema.

    Raises:
        DataError: a split, a column or a value is missing, or a label is not one of the task's.
    """
    from datasets import DatasetDict

    check(splits, task, where)
    return DatasetDict(
        {name: conform(split.read(), task, name, str(split.path)) for name, split in _read(splits, task)}
    )


def load_unlabelled(splits: Splits, task: Task, where: str) -> "DatasetDict":
    """Read the unlabelled split alone: the task may have no other.

    Raises:
        DataError: the split, a column or a value is missing.
    """
    from datasets import DatasetDict

    require_unlabelled(splits, task, where)
    split, name = splits[task.unlabelled_split], task.unlabelled_split
    require_columns(split.columns(), task, name, str(split.path))
    return DatasetDict({name: conform(split.read(), task, name, str(split.path))})


def conform_all(data: object, task: Task, where: str) -> dict[str, "Dataset"]:
    """Return the splits with labels of data that a user's code made, in the hub's schema.

    Raises:
        DataError: it is no `DatasetDict`, or as for `load`.
    """
    from datasets import Dataset

    if not isinstance(data, Mapping):
        raise DataError(f"{where} is a {type(data).__name__}; expected a DatasetDict with the splits of {task.name}")
    require_splits(data, task, where)
    found = {}
    for name in task.labelled_splits:
        if not isinstance(split := data[name], Dataset):
            message = f"{where}: split {name!r} is a {type(split).__name__}; expected a `datasets.Dataset` in memory"
            raise DataError(message)
        require_columns(split.column_names, task, name, where)
        found[name] = conform(split, task, name, where)
    return found


def unlabelled_texts(data: Mapping[str, "Dataset"], task: Task, where: str) -> "Dataset":
    """Return the first `MAX_UNLABELLED` unlabelled texts of a task, each with its first class for a label.

    Args:
        data: the raw splits.
        task: names the split.
        where: the data comes from, for messages.

    Raises:
        DataError: the split is missing or empty, or a text is missing.
    """
    split = _unlabelled(data, task, where)
    return _texts(split.select(range(min(len(split), MAX_UNLABELLED))), task, where)


def texts_by_index(data: Mapping[str, "Dataset"], task: Task, where: str) -> "Dataset":
    """Return all unlabelled texts of a task in the order of the hub's column `idx`.

    Data without this column, or in which it does not number the rows, keeps its order.

    Args:
        data: the raw splits.
        task: names the split.
        where: the data comes from, for messages.

    Raises:
        DataError: as for `unlabelled_texts`.
    """
    split = _unlabelled(data, task, where)
    index = split["idx"][:] if "idx" in split.column_names else []
    if set(index) == set(range(len(split))):
        split = split.select(sorted(range(len(split)), key=index.__getitem__))
    return _texts(split, task, where)


def _unlabelled(data: Mapping[str, "Dataset"], task: Task, where: str) -> "Dataset":
    """Return the unlabelled split, which has the task's text columns and at least one row."""
    require_unlabelled(data, task, where)
    split, name = data[task.unlabelled_split], task.unlabelled_split
    require_columns(split.column_names, task, name, where)
    if not len(split):
        message = f"{_ASKED} the texts of the split {name!r} of task {task.name}, and it is empty"
        raise DataError(f"{where}: {message}. {_REMEDY.format('texts')}")
    return split


def _texts(split: "Dataset", task: Task, where: str) -> "Dataset":
    """Return the texts, each with its first class for a label."""
    from datasets import Dataset

    texts = split.select_columns(list(task.text_columns))
    _check_values(texts, task.text_columns, task, where, lambda index: f"{where}, example {index + 1}")
    # A trainer needs labels to evaluate; the loss and the scores that they give are not used.
    return Dataset.from_dict({**texts.to_dict(), task.label_column: [0] * len(texts)})


def _read(splits: Splits, task: Task) -> list[tuple[str, Split]]:
    """Return the splits in the hub's order: train, validation, test; without a training, only those that it needs."""
    ordered = sorted(splits.items(), key=lambda item: (item[0].startswith("test"), item[0]))
    return [(name, split) for name, split in ordered if is_read(name, task)]


def is_read(split: str, task: Task) -> bool:
    """Return whether a split is read: each, but without a training only those to evaluate and to predict."""
    is_predicted = split == task.unlabelled_split or split.startswith("test")
    return bool(task.train_split) or split == task.evaluation_split or is_predicted


def require_columns(there: Collection[str], task: Task, split: str, where: str) -> None:
    """Check that a split has the columns that the task needs.

    Raises:
        DataError: one is missing; the message lists those that exist.
    """
    labelled = split in task.labelled_splits
    labels = (task.label_column,) if task.label_column in there else raw_columns(task)
    sliced = [each.column for each in task.slices] if _is_evaluated(task, split) else []
    for column in (*task.text_columns, *(labels if labelled else ()), *_group_columns(task, split), *sliced):
        if column not in there:
            listed = ", ".join(_closest_first(column, there))
            message = f"{where}: split {split!r} of task {task.name} has no column {column!r}; there: {listed}"
            raise DataError(message)


def require_every_label(data: Mapping[str, "Dataset"], task: Task, where: str) -> None:
    """Check that every label has an example in the training and in the evaluation split.

    Raises:
        DataError: a label has none; or the labels of a regression are all the same.
    """
    for name in task.labelled_splits:
        present = set(data[name].unique(task.label_column))
        if task.is_regression:
            if len(present) == 1:
                raise DataError(
                    f"{where}: all labels of split {name!r} of task {task.name} are {present.pop():g}, so that nothing "
                    "can be learned or scored"
                )
            continue
        if task.is_multi_label:
            present = {bit for bit in range(task.num_labels) for labels in present if labels >> bit & 1}
        if missing := [label for number, label in enumerate(task.labels) if number not in present]:
            raise DataError(
                f"{where}: split {name!r} of task {task.name} has no example with the label "
                f"{' or '.join(map(repr, missing[:5]))}: add some, or leave the label out of the task's labels and data"
            )


def _closest_first(name: str, there: Collection[str]) -> list[str]:
    """Return the columns that exist, those that are similar to a name before the others."""
    similar = {each: SequenceMatcher(None, name.lower(), each.lower()).ratio() for each in there}
    return sorted(there, key=lambda each: -similar[each] if similar[each] >= _SIMILAR else 0)


_SIMILAR = 0.6


def _group_columns(task: Task, split: str) -> tuple[str, ...]:
    """Return the column with the groups of the evaluation examples, if the task has one beside its texts."""
    is_needed = task.group_column not in {None, *task.text_columns} and _is_evaluated(task, split)
    return (task.group_column,) if is_needed and task.group_column else ()


def _is_evaluated(task: Task, split: str) -> bool:
    """Return whether a split has the examples that are evaluated, also as a part."""
    return split in {task.evaluation_split, task.needed_splits[-1]}


def conform(
    dataset: "Dataset", task: Task, split: str, where: str, location: Callable[[int], str] | None = None
) -> "Dataset":
    """Return a split in the hub's schema.

    Args:
        dataset: the split, as its file holds it.
        task: names its columns.
        split: its name.
        where: the file, for messages.
        location: returns where the example with that index is; by default the file and its number.

    Raises:
        DataError: as for `load`.
    """
    locate = location or (lambda index: f"{where}, example {index + 1}")
    labelled = split in task.labelled_splits
    if labelled and not len(dataset):
        raise DataError(f"{where}: split {split!r} of task {task.name} is empty")
    of_labels = [task.label_column] if labelled and not task.is_multi_label else []
    _check_values(dataset, (*task.text_columns, *of_labels, *_group_columns(task, split)), task, where, locate)
    has_labels = bool({task.label_column, *raw_columns(task)[:1]} & set(dataset.column_names))
    if not has_labels or (not labelled and task.data is not None):  # an own task may have any labels there
        return dataset
    return LabelColumn(dataset, task, where, labelled, locate).conformed()


def _check_values(
    dataset: "Dataset", columns: Sequence[str], task: Task, where: str, locate: Callable[[int], str]
) -> None:
    """Check that no value is missing, and that texts are texts."""
    import pyarrow as pa

    table = dataset.select_columns(list(columns)).with_format("arrow")[:]
    try:
        table.validate(full=True)  # a changed bit in an Arrow file can make a text that is no UTF-8
    except pa.ArrowInvalid as error:
        raise DataError(f"{where} is damaged: {error}") from error
    for column in columns:
        if count := table[column].null_count:
            first = table[column].is_null().index(pa.scalar(value=True)).as_py()
            raise DataError(
                f"{where}: {count} of {len(dataset)} values of column {column!r} are missing; the first is at "
                f"{locate(first)}"
            )
    for column in task.text_columns:
        if not (pa.types.is_string(table[column].type) or pa.types.is_large_string(table[column].type)):
            raise DataError(
                f"{where}: column {column!r} of task {task.name} holds {table[column].type}, as in "
                f"{_shown(table[column][0].as_py())}, and texts are needed: make strings of its values"
            )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


_SHOWN = 40
