"""Tasks: all differences between the tasks of GLUE are in this table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from pytest_glue.core.errors import OptionError, closest


@dataclass(frozen=True, slots=True)
class Task:
    """A classification or regression of single texts or of pairs."""

    name: str
    configuration: str
    """The configuration of the dataset; mnli and mnli-mm share one."""

    text_columns: tuple[str, ...]
    """One or two."""

    labels: tuple[str, ...]
    """The names of the classes, in the order of their ids; empty for a regression."""

    metrics: tuple[str, ...]
    """The reported metrics, the headline metric first."""

    evaluation_split: str = "validation"
    train_split: str = "train"
    unlabelled_split: str = "test"
    """Further texts, whose labels are never read; `--glue-certify` has them predicted."""

    label_column: str = "label"

    report_only: str = ""
    """Why this task is not judged without a threshold; empty for a task that is."""

    group_column: str | None = None
    """Evaluation examples with the same value in this column depend on each other: standard errors count its values
    and not the examples. None if all are independent."""

    def __str__(self) -> str:
        return self.name

    @property
    def headline_metric(self) -> str:
        """The metric that selects the best epoch and decides the verdict."""
        return self.metrics[0]

    @property
    def is_regression(self) -> bool:
        """Whether the label is a number instead of a class."""
        return not self.labels

    @property
    def num_labels(self) -> int:
        """The number of outputs of the model: 1 for a regression."""
        return len(self.labels) or 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a split needs."""
        return (*self.text_columns, self.label_column)

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
        return replace(self, name="", evaluation_split="", unlabelled_split="", report_only="", group_column=None)


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


def find_task(name: str, tasks: Mapping[str, Task] = GLUE) -> Task:
    """Return the task of that name.

    Raises:
        OptionError: no task has this name; the message offers the closest ones.
    """
    if name not in tasks:
        raise OptionError(f"unknown task {name!r}: {closest(name, tasks)}")
    return tasks[name]


def own_or_known(name: str, tasks: Mapping[str, Task] = GLUE) -> Task | None:
    """Return the task of that name; None if it can be the name of a user's own task, which a fixture defines.

    Raises:
        OptionError: no task has this name, and one of a similar name is most likely meant.
    """
    from difflib import get_close_matches

    if name not in tasks and name.isprintable() and name.strip() and not get_close_matches(name, tasks, cutoff=0.75):
        return None
    return find_task(name, tasks)
