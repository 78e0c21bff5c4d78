"""The tasks: everything that differs between them stands in this table and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from pytest_glue.core.errors import OptionError, closest


@dataclass(frozen=True, slots=True)
class Task:
    """A classification or regression of one sentence or of a pair.

    Source of the ten: Wang et al. 2019, "GLUE: A Multi-Task Benchmark", and the hub's `nyu-mll/glue`.
    """

    name: str
    configuration: str
    """The dataset's configuration that holds its splits; mnli and mnli-mm share one."""

    text_columns: tuple[str, ...]
    """The one or two text columns."""

    labels: tuple[str, ...]
    """The classes in the order of their ids; empty for a regression."""

    metrics: tuple[str, ...]
    """All that is reported, the headline metric first."""

    evaluation_split: str = "validation"
    train_split: str = "train"
    label_column: str = "label"

    report_only: str = ""
    """Why a score of this task is reported but not judged as long as no threshold is given; empty for most."""

    def __str__(self) -> str:
        return self.name

    @property
    def headline_metric(self) -> str:
        """The metric that chooses the best epoch and decides the verdict."""
        return self.metrics[0]

    @property
    def is_regression(self) -> bool:
        """Whether the label is a number and not a class."""
        return not self.labels

    @property
    def num_labels(self) -> int:
        """The width of the model's head: 1 for a regression."""
        return len(self.labels) or 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a split must have."""
        return (*self.text_columns, self.label_column)

    def shares_training_with(self, other: "Task") -> bool:
        """Whether a fine-tuning for the one is a fine-tuning for the other, evaluated on another split."""
        alike = replace(self, name=other.name, evaluation_split=other.evaluation_split, report_only=other.report_only)
        return self.evaluation_split != other.evaluation_split and alike == other


_PAIR = ("sentence1", "sentence2")
_ENTAILMENT = ("entailment", "not_entailment")
_MNLI_LABELS = ("entailment", "neutral", "contradiction")
_MNLI_KEYS = ("premise", "hypothesis")
_WNLI_NOTE = "plain fine-tuning does not beat the majority class on wnli"

GLUE: Mapping[str, Task] = MappingProxyType(
    {
        task.name: task
        for task in (
            Task("cola", "cola", ("sentence",), ("unacceptable", "acceptable"), ("matthews_correlation",)),
            Task("mnli", "mnli", _MNLI_KEYS, _MNLI_LABELS, ("accuracy",), "validation_matched"),
            Task("mnli-mm", "mnli", _MNLI_KEYS, _MNLI_LABELS, ("accuracy",), "validation_mismatched"),
            Task("mrpc", "mrpc", _PAIR, ("not_equivalent", "equivalent"), ("accuracy", "f1")),
            Task("qnli", "qnli", ("question", "sentence"), _ENTAILMENT, ("accuracy",)),
            Task("qqp", "qqp", ("question1", "question2"), ("not_duplicate", "duplicate"), ("accuracy", "f1")),
            Task("rte", "rte", _PAIR, _ENTAILMENT, ("accuracy",)),
            Task("sst2", "sst2", ("sentence",), ("negative", "positive"), ("accuracy",)),
            Task("stsb", "stsb", _PAIR, (), ("pearson", "spearmanr")),
            Task("wnli", "wnli", _PAIR, ("not_entailment", "entailment"), ("accuracy",), report_only=_WNLI_NOTE),
        )
    }
)
"""GLUE's ten tasks by name, in the order of their names."""


def find_task(name: str, tasks: Mapping[str, Task] = GLUE) -> Task:
    """Return the task of that name.

    Raises:
        OptionError: there is none; the message names the closest ones.
    """
    if name not in tasks:
        raise OptionError(f"unknown task {name!r}: {closest(name, tasks)}")
    return tasks[name]
