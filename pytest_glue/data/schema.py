"""The schema that every source returns: the hub's columns, class ids in the task's order, no missing value."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task
from pytest_glue.data.fingerprint import require_file
from pytest_glue.data.splits import Split, Splits

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

UNLABELLED = -1
"""The class id of an example whose label is not public, as on the hub."""
MAX_UNLABELLED = 10_000
"""With as many texts, a bound is within 0.03 points of the share that changed, and a baseline has 10 KB for each
seed."""


def no_task(task: Task, where: str, there: Iterable[str]) -> str:
    """Return the message about a configuration that a source does not have."""
    listed = ", ".join(sorted(there)) or "no task that can be recognised"
    return f"{where} has no data for task {task.name} (configuration {task.configuration!r}); there: {listed}"


def require_splits(there: Collection[str], task: Task, where: str) -> None:
    """Check that the training and evaluation splits exist; others, such as test, are optional.

    Raises:
        DataError: one is missing.
    """
    for split in (task.train_split, task.evaluation_split):
        if split not in there:
            listed = ", ".join(sorted(there)) or "none"
            raise DataError(f"{where}: task {task.name} needs the split {split!r}; there: {listed}")


def require_unlabelled(there: Collection[str], task: Task, where: str) -> None:
    """Check that the split with unlabelled texts exists.

    Raises:
        DataError: it is missing.
    """
    if task.unlabelled_split not in there:
        listed = ", ".join(sorted(there)) or "none"
        raise DataError(
            f"{where}: --glue-certify has the texts of the split {task.unlabelled_split!r} of task {task.name} "
            f"predicted; there: {listed}. Add one, without labels, or leave out --glue-certify"
        )


def check(splits: Splits, task: Task, where: str) -> None:
    """Check splits, files and columns, from names and headers alone.

    Raises:
        DataError: one is missing.
    """
    require_splits(splits, task, where)
    for name, split in _ordered(splits):
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
    return DatasetDict({name: conform(split.read(), task, name, str(split.path)) for name, split in _ordered(splits)})


def conform_all(data: object, task: Task, where: str) -> dict[str, "Dataset"]:
    """Return the training and the evaluation split of data that a user's code made, in the hub's schema.

    Raises:
        DataError: it is no `DatasetDict`, or as for `load`.
    """
    from datasets import Dataset

    if not isinstance(data, Mapping):
        raise DataError(f"{where} is a {type(data).__name__}; expected a DatasetDict with the splits of {task.name}")
    require_splits(data, task, where)
    found = {}
    for name in (task.train_split, task.evaluation_split):
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
    from datasets import Dataset

    require_unlabelled(data, task, where)
    split, name = data[task.unlabelled_split], task.unlabelled_split
    require_columns(split.column_names, task, name, where)
    if not len(split):
        raise DataError(
            f"{where}: --glue-certify has the texts of the split {name!r} of task {task.name} predicted, and it is "
            "empty. Add texts, without labels, or leave out --glue-certify"
        )
    texts = split.select(range(min(len(split), MAX_UNLABELLED))).select_columns(list(task.text_columns))
    _check_values(texts, task.text_columns, task, where)
    # A trainer needs labels to evaluate; the loss and the scores that they give are not used.
    return Dataset.from_dict({**texts.to_dict(), task.label_column: [0] * len(texts)})


def _ordered(splits: Splits) -> list[tuple[str, Split]]:
    """Return the splits in the hub's order: train, validation, test."""
    return sorted(splits.items(), key=lambda item: (item[0].startswith("test"), item[0]))


def require_columns(there: Collection[str], task: Task, split: str, where: str) -> None:
    labelled = split in {task.train_split, task.evaluation_split}
    sliced = [each.column for each in task.slices] if split == task.evaluation_split else []
    for column in (*(task.columns if labelled else task.text_columns), *_group_columns(task, split), *sliced):
        if column not in there:
            message = (
                f"{where}: split {split!r} of task {task.name} has no column {column!r}; there: {', '.join(there)}"
            )
            raise DataError(message)


def _group_columns(task: Task, split: str) -> tuple[str, ...]:
    """Return the column with the groups of the evaluation examples, if the task has one beside its texts."""
    is_needed = task.group_column not in {None, *task.text_columns} and split == task.evaluation_split
    return (task.group_column,) if is_needed and task.group_column else ()


def conform(dataset: "Dataset", task: Task, split: str, where: str) -> "Dataset":
    """Return a split in the hub's schema.

    Raises:
        DataError: as for `load`.
    """
    labelled = split in {task.train_split, task.evaluation_split}
    if labelled and not len(dataset):
        raise DataError(f"{where}: split {split!r} of task {task.name} is empty")
    columns = (*task.text_columns, *([task.label_column] if labelled else []), *_group_columns(task, split))
    _check_values(dataset, columns, task, where)
    if task.label_column not in dataset.column_names:
        return dataset
    if task.is_regression:
        return _with_number_labels(dataset, task, where, labelled=labelled)
    return _with_class_labels(dataset, task, where, labelled=labelled)


def _check_values(dataset: "Dataset", columns: Sequence[str], task: Task, where: str) -> None:
    """Check that no value is missing, and that texts are texts."""
    import pyarrow as pa

    table = dataset.select_columns(list(columns)).with_format("arrow")[:]
    try:
        table.validate(full=True)  # a changed bit in an Arrow file can make a text that is no UTF-8
    except pa.ArrowInvalid as error:
        raise DataError(f"{where} is damaged: {error}") from error
    for column in columns:
        if count := table[column].null_count:
            raise DataError(f"{where}: {count} of {len(dataset)} values of column {column!r} are missing")
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


def _with_number_labels(dataset: "Dataset", task: Task, where: str, *, labelled: bool) -> "Dataset":
    """Return the dataset with the labels of a regression as 32-bit floats."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from datasets import ClassLabel, Value

    feature, values = dataset.features[task.label_column], _labels(dataset, task)
    if isinstance(feature, ClassLabel) or not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        message = f"{where}: task {task.name} is a regression, but column {task.label_column!r} is {feature}"
        raise DataError(message)
    if labelled and not pc.all(pc.is_finite(values)).as_py():
        raise DataError(
            f"{where}: column {task.label_column!r} of task {task.name} has values that are not finite numbers"
        )
    if feature == Value("float32"):
        return dataset
    return _with_label(dataset, task, values.cast(pa.float32()), Value("float32"))


def _with_class_labels(dataset: "Dataset", task: Task, where: str, *, labelled: bool) -> "Dataset":
    """Return the dataset with the labels of a classification as class ids in the task's order."""
    import pyarrow as pa
    from datasets import ClassLabel

    feature, accepted = dataset.features[task.label_column], ClassLabel(names=list(task.labels))
    ids: dict[Any, int]
    if isinstance(feature, ClassLabel):
        if set(feature.names) != set(task.labels):
            message = f"{where}: the labels are {feature.names}, those of task {task.name} are {list(task.labels)}"
            raise DataError(message)
        ids = {number: task.labels.index(name) for number, name in enumerate(feature.names)}
    elif getattr(feature, "dtype", "") in {"string", "large_string"}:
        ids = {name: number for number, name in enumerate(task.labels)}
    else:
        ids = {number: number for number in range(len(task.labels))}
    if not labelled:
        ids |= {UNLABELLED: UNLABELLED, None: UNLABELLED, "": UNLABELLED}
    values = _labels(dataset, task)
    if pa.types.is_nested(values.type):
        message = f"{where}: column {task.label_column!r} of task {task.name} holds {values.type}; expected class ids"
        raise DataError(message)
    distinct = values.unique().to_pylist()
    if unknown := [value for value in distinct if value not in ids]:
        message = (
            f"{where}: {unknown[:5]} in column {task.label_column!r} are not labels of task {task.name}: {list(ids)}"
        )
        raise DataError(message)
    if feature == accepted and all(ids[value] == value for value in distinct):
        return dataset
    return _with_label(dataset, task, _mapped(values, ids), accepted)


def _labels(dataset: "Dataset", task: Task) -> Any:
    """Return the label column as an Arrow array."""
    return dataset.with_format("arrow")[:][task.label_column]


def _mapped(values: Any, ids: dict[Any, int]) -> Any:
    import pyarrow as pa

    return pa.array([ids[value] for value in values.to_pylist()], pa.int64())


def _with_label(dataset: "Dataset", task: Task, values: Any, feature: Any) -> "Dataset":
    """Return the dataset with another label column at the same index."""
    from datasets import Dataset, DatasetInfo, Features

    table = dataset.with_format("arrow")[:]
    index = table.column_names.index(task.label_column)
    features = Features({**dataset.features, task.label_column: feature})
    table = table.set_column(index, task.label_column, values).replace_schema_metadata(None)
    return Dataset(table, info=DatasetInfo(features=features), split=dataset.split)
