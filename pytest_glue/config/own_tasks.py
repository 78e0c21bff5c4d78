"""Tasks in TOML: from a table `[tool.pytest_glue.task.NAME]` to a `Task`."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pytest_glue.config.task_fields import MAX_SET_LABELS, TASK_FIELDS
from pytest_glue.config.values import refused
from pytest_glue.core.errors import GlueError, closest, suggestion
from pytest_glue.core.metrics import metrics_problem
from pytest_glue.core.own_metrics import know_metrics
from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import GLUE, Kind, Task

_LONGEST_NAME = 100
"""Of a task, which is part of the names of files."""
_RESERVED = ("all",)
DEFAULT_METRICS: Mapping[Kind, tuple[str, ...]] = {
    Kind.CLASSIFICATION: ("accuracy",),
    Kind.REGRESSION: ("pearson", "spearmanr"),
    Kind.MULTI_LABEL: ("f1_macro", "accuracy"),
}
_FIELDS_OF_TASKS = {
    "text": "text_columns",
    "group": "group_column",
    **{name: name for name in ("train_split", "evaluation_split", "unlabelled_split", "evaluation_fraction")},
    **{name: name for name in ("data", "labels", "label_separator", "slices")},
    **{name: name for name in ("golden", "golden_min", "golden_tolerance")},
}
"""The field of `Task` for each field in TOML that is one."""


def parse_task(name: str, table: Any, base: Path) -> Task:
    """Return the task of a table.

    Args:
        name: the key of the table.
        table: its fields, as TOML gives them.
        base: the folder that relative paths start from.

    Raises:
        OptionError: name, field or value is not accepted, or fields contradict each other; the message begins with the
            task, or with task and field.
    """
    _check_name(name)
    if not isinstance(table, Mapping):
        raise refused(f"{name} = {table!r}: expected a table, as in [tool.pytest_glue.task.{name}]")
    given = {field: _parsed(name, field, value, base) for field, value in table.items()}
    if "text" not in given:
        raise refused(f'{name} has no field text: name the column with the texts, as in text = "message"')
    try:
        task = _task(name, given)
        check_task(task, base)
        _check_golden(task, given)
    except GlueError as error:
        raise refused(f"{name}: {error}") from None
    return task


def check_task(task: Task, base: Path | None = None) -> None:
    """Check a task that was made in Python or from a table: its name, its metrics, and that its fields fit each other.

    Nothing is read but the files of the user's own metrics.

    Args:
        task: to be checked.
        base: the folder that the paths of own metrics start from, and their modules can be in; by default the current
            one.

    Raises:
        OptionError: something is not accepted.
    """
    _check_types(task)
    _check_name(task.name)
    know_metrics(task.metrics, base or Path.cwd())
    if problem := metrics_problem(task):
        raise refused(problem)
    _check(task)


def _task(name: str, given: Mapping[str, Any]) -> Task:
    found = {_FIELDS_OF_TASKS[field]: value for field, value in given.items() if field in _FIELDS_OF_TASKS}
    kind = given.get("kind", Kind.CLASSIFICATION)
    found |= _label_fields(given.get("label", ("label",)), kind)
    metrics = given.get("metrics", DEFAULT_METRICS[kind])
    if (headline := given.get("headline_metric", metrics[0])) not in metrics:
        raise refused(f"headline_metric = {headline!r} is not one of the metrics: {closest(headline, metrics)}")
    metrics = (headline, *(metric for metric in metrics if metric != headline))
    return Task(**{"labels": (), **found}, name=name, configuration=name, metrics=metrics, kind=kind)


def _label_fields(columns: tuple[str, ...], kind: Kind) -> dict[str, Any]:
    if len(columns) == 1:
        return {"label_column": columns[0]}
    if kind is not Kind.MULTI_LABEL:
        raise refused(f'label = {list(columns)}: expected one column; several are for kind = "{Kind.MULTI_LABEL}"')
    return {"label_columns": columns, "label_column": "label_set"}


def _parsed(name: str, field: str, value: Any, base: Path) -> Any:
    if field not in TASK_FIELDS:
        raise refused(f"{name} has an unknown field {field!r}: {closest(field, TASK_FIELDS)}")
    try:
        return TASK_FIELDS[field].parse(value, base)
    except GlueError as error:
        raise refused(f"{name}: {field}: {error}") from None


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise refused(f"{name!r} is not a name of a task: expected a text")
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?", name) or len(name) > _LONGEST_NAME:
        accepted = f"at most {_LONGEST_NAME} letters, digits, `.`, `_` and `-`, with a letter or digit first and last"
        raise refused(f"{name[:40]!r} is not a name of a task; accepted: {accepted}")
    if name.lower() in {*GLUE, *_RESERVED}:
        what = "is a task of GLUE" if name.lower() in GLUE else "stands for every task"
        raise refused(f"{name!r} cannot be the name of an own task: {name.lower()} {what}; choose another name")


def _check_types(task: Task) -> None:
    """Check that each field has the type that `Task` declares, which Python itself does not."""
    from pytest_glue.core.serialization import from_plain, to_plain

    try:
        typed = from_plain(to_plain(task), Task)
    except (TypeError, ValueError) as error:
        raise refused(f"a field has another type: {error}") from None
    for field in fields(Task):
        if (given := getattr(task, field.name)) != (expected := getattr(typed, field.name)):
            raise refused(f"{field.name} = {given!r}: expected {expected!r}")


def _check_ranges(task: Task) -> None:
    if not 1 <= len(task.text_columns) <= 2 or len(set(task.text_columns)) < len(task.text_columns):
        raise refused(f"text_columns = {task.text_columns}: expected one column, or two that differ")
    if task.evaluation_fraction is not None and not 0 < task.evaluation_fraction < 1:
        raise refused(f"evaluation_fraction = {task.evaluation_fraction}: expected a number above 0 and below 1")
    if not 0 <= task.golden_min <= 1:
        raise refused(f"golden_min = {task.golden_min}: expected a number from 0 to 1")
    if not 0 <= task.golden_tolerance < math.inf:
        raise refused(f"golden_tolerance = {task.golden_tolerance}: expected a number of at least 0")
    if repeated := [label for label in set(task.labels) if task.labels.count(label) > 1]:
        raise refused(f"labels = {task.labels}: {repeated[0]!r} stands there twice")
    if len(task.labels) == 1 and not task.is_multi_label:
        raise refused(f"labels = {task.labels}: expected two or more")


def _check(task: Task) -> None:
    """Check that the fields of a task are in their ranges and fit each other."""
    _check_ranges(task)
    if repeated := {*task.text_columns} & {task.label_column, *task.label_columns}:
        raise refused(f"the column {repeated.pop()!r} is both text and label")
    if task.is_regression and task.labels:
        raise refused("a regression has no labels: leave the field out")
    if task.label_separator and (not task.is_multi_label or task.label_columns):
        raise refused(f'label_separator is for one label column of kind = "{Kind.MULTI_LABEL}"')
    if task.is_multi_label and len(task.labels) > MAX_SET_LABELS:
        raise refused(f"{len(task.labels)} labels: a multi-label task has at most {MAX_SET_LABELS}")
    if task.label_columns and task.labels and len(task.labels) != len(task.label_columns):
        raise refused(f"{len(task.labels)} labels for {len(task.label_columns)} label columns: name one for each")
    if task.train_split == task.evaluation_split:
        raise refused(f"train_split and evaluation_split are both {task.train_split!r}")
    if task.needs_labels and task.data is None:
        raise refused("it has neither labels nor data: name the labels, or the data that they can be inferred from")
    if task.data is not None and task.data.files:
        _check_splits(task, task.data)


def check_distinct(names: Collection[str]) -> None:
    """Check that the names of tasks differ in more than upper and lower case, as the names of their files do.

    Raises:
        OptionError: two do not.
    """
    known: dict[str, str] = {}
    for name in names:
        if (other := known.setdefault(name.lower(), name)) != name:
            raise refused(f"the names {other!r} and {name!r} differ in upper and lower case only: rename one")


def _check_golden(task: Task, given: Collection[str]) -> None:
    """Check that what is said about golden examples has an effect."""
    if "golden_min" in given and not task.golden:
        raise refused('golden_min is a share of the golden examples: name their file, as in golden = "golden.csv"')
    if "golden_tolerance" in given and not (task.golden and task.is_regression):
        raise refused("golden_tolerance is for the golden examples of a regression: leave it out")


def _check_splits(task: Task, data: TaskData) -> None:
    there = [split for split, _ in data.files]
    # Without a file to train on, a checkpoint can still be evaluated as it is.
    if missing := [split for split in task.untrained.needed_splits if split not in there]:
        hint = suggestion(missing[0], there)
        take = f", or take a part of {task.train_split} with evaluation_fraction = 0.2"
        part = take if missing[0] == task.evaluation_split else ""
        raise refused(
            f"data has no file for the split {missing[0]!r}; there: {', '.join(there)}"
            f"{f' ({hint})' if hint else ''}: add one{part}"
        )
    if task.evaluation_fraction is not None and task.evaluation_split in there:
        raise refused(
            f"data has the split {task.evaluation_split!r}, and evaluation_fraction would take it from "
            f"{task.train_split!r}: leave one of the two out"
        )
