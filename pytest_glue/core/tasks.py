"""Tasks: what one is, the table of those of GLUE, and the registry of the user's own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from pytest_glue.core.errors import OptionError, closest
from pytest_glue.core.slices import Slice
from pytest_glue.core.task_data import TaskData


class Kind(StrEnum):
    """What is predicted for an example."""

    CLASSIFICATION = "classification"
    """One of the task's labels."""
    REGRESSION = "regression"
    """A number."""
    MULTI_LABEL = "multi_label"
    """Any number of the task's labels."""


@dataclass(frozen=True, slots=True)
class Task:
    """A classification or regression of single texts or of pairs.

    A label is the index of a class in `labels`, or a number. A set of labels is the number whose bits are its labels:
    5 stands for the labels 0 and 2.
    """

    name: str
    configuration: str
    """The configuration of the dataset; mnli and mnli-mm share one."""

    text_columns: tuple[str, ...]
    """One or two."""

    labels: tuple[str, ...]
    """The names of the classes, in the order of their ids; empty for a regression, and as long as they are not inferred
    from the training data."""

    metrics: tuple[str, ...]
    """The reported metrics, the headline metric first."""

    evaluation_split: str = "validation"
    train_split: str = "train"
    """Empty if nothing is trained, so that the data needs no such split."""

    unlabelled_split: str = "test"
    """Further texts, whose labels are never read; `--glue-certify` has them predicted."""

    label_column: str = "label"

    label_columns: tuple[str, ...] = ()
    """The columns of a multi-label task with a column of zeros and ones for each label; together they make the label
    column. Empty if the data has the label column itself."""

    label_separator: str = ""
    """What stands between the labels of an example in a label column that holds texts; empty if it holds lists."""

    report_only: str = ""
    """Why this task is not judged without a threshold; empty for a task that is."""

    group_column: str | None = None
    """Evaluation examples with the same value in this column depend on each other: standard errors count its values
    and not the examples. None if all are independent."""

    kind: Kind | None = None
    """By default a classification, and without labels a regression; never None once the task is made."""

    data: TaskData | None = None
    """None if the examples come from `--glue-data`."""

    evaluation_fraction: float | None = None
    """The share of the training split that is evaluated on instead of an evaluation split; None if there is one."""

    slices: tuple[Slice, ...] = ()
    """Parts of the evaluation examples with scores of their own."""

    golden: str = ""
    """A file of texts with the label that every run must predict; empty for none."""

    golden_min: float = 1.0
    """The share of the golden examples that every run must predict right."""

    golden_tolerance: float = 0.5
    """In a regression, the distance from its label within which the prediction of a golden example is right."""

    def __post_init__(self) -> None:
        if self.kind is None:
            object.__setattr__(self, "kind", Kind.CLASSIFICATION if self.labels else Kind.REGRESSION)

    def __str__(self) -> str:
        return self.name

    @property
    def headline_metric(self) -> str:
        """The metric that selects the best epoch and decides the verdict."""
        return self.metrics[0]

    @property
    def is_regression(self) -> bool:
        """Whether the label is a number instead of a class."""
        return self.kind is Kind.REGRESSION

    @property
    def is_multi_label(self) -> bool:
        """Whether an example has any number of labels."""
        return self.kind is Kind.MULTI_LABEL

    @property
    def num_labels(self) -> int:
        """The number of outputs of the model: 1 for a regression."""
        return len(self.labels) or 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a split needs."""
        return (*self.text_columns, self.label_column)

    @property
    def needs_labels(self) -> bool:
        """Whether the labels have to be inferred from the data."""
        return not self.labels and not self.is_regression

    @property
    def labelled_splits(self) -> tuple[str, ...]:
        """The splits whose labels are read: the one to train on, if anything is trained, and the evaluation split."""
        return (*([self.train_split] if self.train_split else []), self.evaluation_split)

    @property
    def needed_splits(self) -> tuple[str, ...]:
        """The splits that the task's data has to have."""
        return self.labelled_splits if self.evaluation_fraction is None else self.labelled_splits[:1]

    @property
    def untrained(self) -> "Task":
        """The task without a training split, for an evaluation only, unless it is evaluated on a part of that split."""
        return replace(self, train_split="") if self.evaluation_fraction is None else self

    @property
    def is_certifiable(self) -> bool:
        """Whether changed predictions bound the drop of the headline metric: they bound a drop in accuracy only."""
        return self.headline_metric == "accuracy"

    def shares_training_with(self, other: "Task") -> bool:
        """Return whether the two tasks differ only in their evaluation, so that one training serves both."""
        return self.evaluation_split != other.evaluation_split and self._trained == other._trained

    @property
    def _trained(self) -> "Task":
        """The task without what concerns only its evaluation split and its verdict."""
        return replace(
            self,
            name="",
            evaluation_split="",
            unlabelled_split="",
            report_only="",
            group_column=None,
            slices=(),
            golden_min=1.0,
            golden_tolerance=0.5,
        )


_PAIR = ("sentence1", "sentence2")
_ENTAILMENT = ("entailment", "not_entailment")
_WNLI_NOTE = "plain fine-tuning does not beat the majority class on wnli"


def _mnli(name: str, genres: str) -> Task:
    """Return MNLI, evaluated on texts of the genres that are in its training split, or on those that are not."""
    return Task(
        name,
        "mnli",
        ("premise", "hypothesis"),
        ("entailment", "neutral", "contradiction"),
        ("accuracy",),
        f"validation_{genres}",
        unlabelled_split=f"test_{genres}",
        group_column="premise",
    )


GLUE: Mapping[str, Task] = MappingProxyType(
    {
        task.name: task
        for task in (
            Task("cola", "cola", ("sentence",), ("unacceptable", "acceptable"), ("matthews_correlation",)),
            _mnli("mnli", "matched"),
            _mnli("mnli-mm", "mismatched"),
            Task("mrpc", "mrpc", _PAIR, ("not_equivalent", "equivalent"), ("accuracy", "f1")),
            Task("qnli", "qnli", ("question", "sentence"), _ENTAILMENT, ("accuracy",), group_column="sentence"),
            Task("qqp", "qqp", ("question1", "question2"), ("not_duplicate", "duplicate"), ("accuracy", "f1")),
            Task("rte", "rte", _PAIR, _ENTAILMENT, ("accuracy",)),
            Task("sst2", "sst2", ("sentence",), ("negative", "positive"), ("accuracy",)),
            Task("stsb", "stsb", _PAIR, (), ("pearson", "spearmanr")),
            Task("wnli", "wnli", _PAIR, ("not_entailment", "entailment"), ("accuracy",), report_only=_WNLI_NOTE),
        )
    }
)
"""The ten tasks of GLUE, sorted by name.

Source: Wang et al. 2019, "GLUE: A Multi-Task Benchmark", and the dataset `nyu-mll/glue` of the hub.
"""


class TaskRegistry:
    """Takes the tasks that plugins and `conftest.py` register, by name."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}

    def add(self, task: Task) -> None:
        """Add a task.

        Raises:
            OptionError: it is no `Task`, or another task has its name.
        """
        if not isinstance(task, Task):
            raise OptionError(f"{task!r} is no pytest_glue.Task")
        if task.name in GLUE or task.name in self.tasks:
            raise OptionError(f"there is a task {task.name!r} already: choose another name")
        self.tasks[task.name] = task


def find_task(name: str, tasks: Mapping[str, Task] = GLUE) -> Task:
    """Return the task of that name.

    Raises:
        OptionError: no task has this name; the message offers the closest ones.
    """
    if name not in tasks:
        raise OptionError(unknown_text(name, tasks))
    return tasks[name]


def unknown_text(name: str, tasks: Mapping[str, Task]) -> str:
    """Return the message about the name of a task that does not exist."""
    return f"unknown task {name!r}: {closest(name, tasks)}"


def own_or_known(name: str, tasks: Mapping[str, Task] = GLUE) -> Task | None:
    """Return the task of that name; None if it can be the name of a user's own task, which a fixture defines.

    Raises:
        OptionError: no task has this name, and one of a similar name is most likely meant.
    """
    from difflib import get_close_matches

    if name not in tasks and name.isprintable() and name.strip() and not get_close_matches(name, tasks, cutoff=0.75):
        return None
    return find_task(name, tasks)
