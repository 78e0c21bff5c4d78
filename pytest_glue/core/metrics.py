"""The table of metrics; `statistics.metrics` computes scores and `core.chance` has their chance levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from sys import float_info

from pytest_glue.core.errors import DataError, OptionError, closest
from pytest_glue.core.formatting import decimal, fitting_digits
from pytest_glue.core.tasks import Kind, Task


@dataclass(frozen=True, slots=True)
class Metric:
    """A named function of predictions, or of probabilities, and references."""

    name: str
    low: float
    """The lowest value; minus infinity if there is none."""
    high: float
    """The highest value; infinity if there is none."""
    is_correlation: bool = False
    greater_is_better: bool = True
    needs_probabilities: bool = False
    """Whether it is computed from the logits of each example, and not from its prediction."""
    kinds: tuple[Kind, ...] = (Kind.CLASSIFICATION,)
    """The kinds of tasks that it fits."""
    num_labels: int | None = None
    """The number of classes of those tasks; None for any."""
    source: str = ""
    """Where a user's own metric is loaded from: the folder that its module can be in, or the path of an `evaluate`
    metric; empty for the others."""
    digest: str = ""
    """Of the file with a user's own metric."""

    @property
    def sign(self) -> int:
        """1 if higher is better, else -1. A score times this is oriented: higher is better."""
        return 1 if self.greater_is_better else -1

    @property
    def best(self) -> float:
        """The end of the range that is better."""
        return self.high if self.greater_is_better else self.low

    @property
    def worst(self) -> float:
        """The end of the range that is worse."""
        return self.low if self.greater_is_better else self.high

    @property
    def is_bounded(self) -> bool:
        """Whether the range has two ends."""
        return isfinite(self.low) and isfinite(self.high)

    @property
    def range_text(self) -> str:
        """The range, as the end of a sentence."""
        if self.is_bounded:
            return f"a number from {self.low:g} to {self.high:g}"
        if isfinite(self.low):
            return f"a number of at least {self.low:g}"
        return f"a number of at most {self.high:g}" if isfinite(self.high) else "a number"

    @property
    def drop(self) -> str:
        """What a worse score is, for sentences: a drop, or a rise."""
        return "drop" if self.greater_is_better else "rise"

    @property
    def undefined_score(self) -> float:
        """What an undefined score counts as where epochs and trials are compared.

        It is 0, the chance level of correlations. Where lower is better, 0 would be the best score: it is the worst.
        """
        if self.greater_is_better:
            return 0.0
        return self.high if isfinite(self.high) else float_info.max

    def is_score(self, value: object) -> bool:
        """Return whether a value is a finite number in the range."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return max(self.low, -float_info.max) <= value <= min(self.high, float_info.max)

    @property
    def limit_sign(self) -> str:
        """What precedes a score that is the worst that it can be."""
        return "≥" if self.greater_is_better else "≤"

    def text(self, score: float | None, sign: str = "", beside: float | None = None) -> str:
        """Return a score or a difference for people: with three decimals; without bounds, with as many as it needs.

        Args:
            score: the number; None is undefined.
            sign: `+` to show the sign of positive numbers too.
            beside: a score that is shown with a difference, which then has as many decimals.
        """
        shown = score if beside is None else beside
        return decimal(score, sign, 3 if self.is_bounded or shown is None else fitting_digits(shown))

    def interval(self, ends: Sequence[float] | None, sign: str = "", beside: float | None = None) -> str:
        """Return a confidence interval for people, with the arguments of `text`; empty if there is none."""
        return " to ".join(self.text(end, sign, beside) for end in ends or ())


_LABELS = (Kind.CLASSIFICATION, Kind.MULTI_LABEL)
_AVERAGES = ("macro", "micro", "weighted")

METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", 0.0, 1.0, kinds=_LABELS),
        Metric("average_precision", 0.0, 1.0, needs_probabilities=True, kinds=_LABELS),
        Metric("balanced_accuracy", 0.0, 1.0),
        Metric("brier_score", 0.0, 1.0, greater_is_better=False, needs_probabilities=True),
        Metric("cohen_kappa", -1.0, 1.0),
        Metric("expected_calibration_error", 0.0, 1.0, greater_is_better=False, needs_probabilities=True),
        Metric("f1", 0.0, 1.0, num_labels=2),
        *(Metric(f"f1_{average}", 0.0, 1.0, kinds=_LABELS) for average in _AVERAGES),
        Metric("log_loss", 0.0, inf, greater_is_better=False, needs_probabilities=True),
        Metric("mae", 0.0, inf, greater_is_better=False, kinds=(Kind.REGRESSION,)),
        Metric("matthews_correlation", -1.0, 1.0, is_correlation=True),
        Metric("mse", 0.0, inf, greater_is_better=False, kinds=(Kind.REGRESSION,)),
        Metric("pearson", -1.0, 1.0, is_correlation=True, kinds=(Kind.REGRESSION,)),
        Metric("precision", 0.0, 1.0, num_labels=2),
        *(Metric(f"precision_{average}", 0.0, 1.0, kinds=_LABELS) for average in _AVERAGES),
        Metric("r2", -inf, 1.0, kinds=(Kind.REGRESSION,)),
        Metric("recall", 0.0, 1.0, num_labels=2),
        *(Metric(f"recall_{average}", 0.0, 1.0, kinds=_LABELS) for average in _AVERAGES),
        Metric("roc_auc", 0.0, 1.0, needs_probabilities=True, kinds=_LABELS),
        Metric("spearmanr", -1.0, 1.0, is_correlation=True, kinds=(Kind.REGRESSION,)),
    )
}
"""By the names of the hub's `glue` metric and of scikit-learn's scorers. `f1`, `precision` and `recall` are those of
class 1."""


def find_metric(name: str) -> Metric:
    """Return the metric of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in METRICS:
        raise ValueError(f"unknown metric {name!r}; accepted: {', '.join(METRICS)}")
    return METRICS[name]


def shown_metric(name: str, *, greater_is_better: bool = True) -> Metric:
    """Return the metric of that name for reports; of one that is not known here, one without bounds."""
    return METRICS.get(name) or Metric(name, -inf, inf, greater_is_better=greater_is_better)


def needs_logits(task: Task) -> bool:
    """Return whether a metric of the task is computed from logits, so that its runs keep them."""
    return any(name in METRICS and METRICS[name].needs_probabilities for name in task.metrics)


MAX_LOGITS = 2_000_000
"""The largest number of logits that a run keeps: 8 MB."""


def check_logits_size(task: Task, n_eval: int) -> None:
    """Check, before anything is trained, that runs can keep the logits that the task's metrics need.

    Raises:
        DataError: there are too many.
    """
    numbers = n_eval * task.num_labels
    if needs_logits(task) and numbers > MAX_LOGITS:
        needing = ", ".join(name for name in task.metrics if name in METRICS and METRICS[name].needs_probabilities)
        raise DataError(
            f"task {task.name!r}: {needing} would keep {numbers:,} logits a run, of {n_eval:,} evaluation examples and "
            f"{task.num_labels} classes; accepted: up to {MAX_LOGITS:,}. "
            f"Use --glue-max-eval-samples={MAX_LOGITS // task.num_labels}, or other metrics"
        )


def check_metrics(task: Task) -> None:
    """Check that the metrics of a task fit its kind and, if they are known, the number of its labels.

    Raises:
        OptionError: one is unknown or does not fit, or there is none; the message names those that fit.
    """
    if problem := metrics_problem(task):
        raise OptionError(f"task {task.name!r}: {problem}")


def metrics_problem(task: Task) -> str:
    """Return what is wrong with the metrics of a task, and those that fit; empty if nothing is."""
    fitting = [name for name, metric in METRICS.items() if _fits(metric, task)]
    if not task.metrics:
        return f"it has no metrics; those that fit: {', '.join(fitting)}"
    for name in task.metrics:
        if name not in METRICS:
            return f"unknown metric {name!r}: {closest(name, fitting)}"
        if name not in fitting:
            why = _misfit(METRICS[name], task)
            return f"the metric {name!r} does not fit the kind {task.kind}{why}; those that fit: {', '.join(fitting)}"
    return ""


def _misfit(metric: Metric, task: Task) -> str:
    """Return why a metric does not fit a task, as the middle of a sentence; empty if that is clear."""
    if task.kind in metric.kinds:
        return f" with {len(task.labels)} labels"
    if metric.source and task.is_multi_label:
        return ", because a metric of your own takes one label for each example, and this kind has sets of labels"
    return ", which has no probabilities" if metric.source else ""


def _fits(metric: Metric, task: Task) -> bool:
    return task.kind in metric.kinds and (not task.labels or metric.num_labels in {None, len(task.labels)})
