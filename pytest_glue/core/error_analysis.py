"""What the runs of an item predict, and where they are wrong: without the texts of examples."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """How often the runs that trained predict each label, by gold label."""

    labels: tuple[str, ...]
    """The names of rows and columns, in their order."""
    counts: tuple[tuple[int, ...], ...]
    """A row for each gold label, a column for each prediction: summed over examples and runs."""


@dataclass(frozen=True, slots=True)
class LabelScores:
    """How well the runs that trained predict one label: pooled over examples and runs. None is undefined."""

    label: str
    n_examples: int
    """Those that have the label."""
    n_predicted: float
    """Examples that are predicted to have it, on average over the runs."""
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class ResidualBin:
    """The residuals of the examples whose gold values are in a range."""

    low: float
    high: float
    n_examples: int
    quantiles: tuple[float, ...]
    """5, 25, 50, 75 and 95 % of prediction minus gold value, over examples and runs that trained."""


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Predictions whose probabilities are in one tenth of the scale."""

    low: float
    high: float
    n_predictions: int
    """Over examples and runs that trained; with sets of labels, over labels too."""
    confidence: float
    """The mean probability: of the predicted label, or with sets of labels of each label."""
    accuracy: float
    """The share that is right, or with sets of labels the share that has the label."""


@dataclass(frozen=True, slots=True)
class FlippedExample:
    """An example that most runs of the baseline get right and most runs of the candidate get wrong."""

    example: int
    """Its index in the evaluation split, from 0."""
    label: str
    baseline: Mapping[str, int]
    """The number of the baseline's runs that predict each label."""
    candidate: Mapping[str, int]
    """The number of the candidate's runs that predict each label."""


@dataclass(frozen=True, slots=True)
class GrownError:
    """An example of a regression whose mean absolute error is larger than in the baseline."""

    example: int
    """Its index in the evaluation split, from 0."""
    gold: float
    baseline: tuple[float, ...]
    """The predictions of the baseline's runs."""
    candidate: tuple[float, ...]
    """The predictions of the candidate's runs."""
