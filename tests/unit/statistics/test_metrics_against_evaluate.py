"""The metrics, compared with scikit-learn, SciPy and arithmetic."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as sklearn_metrics

from pytest_glue.core.tasks import GLUE
from pytest_glue.statistics.metrics import FUNCTIONS, compute

Numbers = NDArray[np.float64]
Function = Callable[[Numbers, Numbers], Any]

REFERENCE: dict[str, Function] = {
    "accuracy": lambda predictions, references: sklearn_metrics.accuracy_score(references, predictions),
    "f1": lambda predictions, references: sklearn_metrics.f1_score(references, predictions),
    "matthews_correlation": lambda predictions, references: sklearn_metrics.matthews_corrcoef(references, predictions),
    "pearson": lambda predictions, references: stats.pearsonr(predictions, references).statistic,
    "spearmanr": lambda predictions, references: stats.spearmanr(predictions, references).statistic,
}
EVERY_METRIC = pytest.mark.parametrize("name", FUNCTIONS)


def random_pair(name: str, seed: int, n: int = 200) -> tuple[Numbers, Numbers]:
    """Return predictions and references that agree in part: classes, or numbers with ties."""
    generator = np.random.default_rng(seed)
    if name in {"pearson", "spearmanr"}:
        references = generator.integers(0, 26, n) / 5
        return np.round(references + generator.normal(0, 1, n), 1), references
    references = generator.integers(0, 2, n).astype(float)
    return np.where(generator.random(n) < 0.3, 1 - references, references), references


@EVERY_METRIC
@pytest.mark.parametrize("seed", range(5))
def test_a_metric_is_the_librarys(name: str, seed: int) -> None:
    """On random data each metric is what scikit-learn or SciPy computes of the same arrays."""
    predictions, references = random_pair(name, seed)
    assert REFERENCE[name](predictions, references) == pytest.approx(
        FUNCTIONS[name](predictions, references), abs=1e-12
    )


@pytest.mark.parametrize(
    ("task", "predictions", "references", "expected"),
    [
        ("rte", [0, 1, 1, 0], [0, 1, 0, 0], {"accuracy": 0.75}),
        ("mnli", [0, 1, 2, 2], [0, 1, 2, 0], {"accuracy": 0.75}),
        ("mrpc", [1, 1, 1, 0], [1, 0, 1, 1], {"accuracy": 0.5, "f1": 2 / 3}),
        ("cola", [1, 1, 0, 0], [1, 0, 0, 0], {"matthews_correlation": 3**-0.5}),
        ("cola", [0, 1], [1, 0], {"matthews_correlation": -1.0}),
        ("stsb", [1.0, 2.0, 9.0], [0.0, 2.5, 5.0], {"pearson": 0.9176629354822472, "spearmanr": 1.0}),
    ],
)
def test_known_scores(task: str, predictions: list[float], references: list[float], expected: dict[str, float]) -> None:
    """A task's metrics, calculated by hand."""
    assert expected == pytest.approx(compute(GLUE[task], predictions, references))


@EVERY_METRIC
def test_an_empty_split_has_no_score(name: str) -> None:
    """Nothing to score is undefined, and neither 0 nor 1."""
    assert np.isnan(FUNCTIONS[name](np.array([]), np.array([])))


@pytest.mark.parametrize("name", ["matthews_correlation", "pearson", "spearmanr"])
@pytest.mark.parametrize("constant", ["predictions", "references", "both"])
def test_a_correlation_with_a_constant_is_undefined(name: str, constant: str) -> None:
    """Where either side is the same for every example there is no correlation, which scikit-learn reports as 0."""
    varied, same = np.array([0.0, 1.0, 1.0, 0.0]), np.ones(4)
    sides = {"predictions": (same, varied), "references": (varied, same), "both": (same, same)}
    assert np.isnan(FUNCTIONS[name](*sides[constant]))


@pytest.mark.parametrize(
    ("predictions", "references", "expected"),
    [([0, 0], [0, 0], np.nan), ([0, 0], [1, 0], 0.0), ([1, 1], [0, 0], 0.0), ([1, 1], [1, 1], 1.0)],
    ids=["nothing-to-find", "nothing-found", "found-wrongly", "all-found"],
)
def test_f1_is_undefined_only_where_there_is_no_class_1(
    predictions: list[float], references: list[float], expected: float
) -> None:
    """Missing every example of class 1 is a score of 0; having none to find and finding none is no score."""
    assert expected == pytest.approx(FUNCTIONS["f1"](np.array(predictions), np.array(references)), nan_ok=True)


@pytest.mark.parametrize("name", ["pearson", "spearmanr"])
def test_one_example_has_no_correlation(name: str) -> None:
    """It takes two examples to vary."""
    assert np.isnan(FUNCTIONS[name](np.array([1.0]), np.array([2.0])))


@pytest.mark.parametrize("task", GLUE)
@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_prediction_that_is_no_number_leaves_no_score(task: str, broken: float) -> None:
    """One broken prediction leaves every metric undefined: it is neither right nor wrong."""
    scores = compute(GLUE[task], [1.0, broken, 0.0], [1.0, 1.0, 0.0])
    assert dict.fromkeys(GLUE[task].metrics, True) == {name: np.isnan(score) for name, score in scores.items()}


@pytest.mark.parametrize(
    ("predictions", "references"), [([1, 0], [1]), ([[1], [0]], [1, 0]), ([[1, 0]], [[1, 0]]), (1, 1)]
)
def test_other_shapes_are_refused(predictions: Any, references: Any) -> None:
    """Arrays that would be broadcast to a wrong score are refused with their shapes."""
    with pytest.raises(
        ValueError, match=r"predictions of shape .* and references of shape .*: accepted is \(n,\) twice"
    ):
        compute(GLUE["rte"], predictions, references)


def test_nearly_constant_predictions_raise_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    """A model that has hardly moved yet is nothing to warn of at every epoch."""
    nearly = 1.0 + np.arange(4) * 1e-16 + np.array([0, 0, 0, 3e-16])
    FUNCTIONS["pearson"](nearly, np.arange(4.0))
    assert [] == recwarn.list
