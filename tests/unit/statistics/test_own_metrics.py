"""The scores and influences of a user's own metrics."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_glue.core.errors import MetricError
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.own_metrics import know_metrics
from pytest_glue.core.tasks import GLUE, Kind, Task
from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics import own_metrics
from pytest_glue.statistics.comparison import compare
from pytest_glue.statistics.metrics import compute, score
from pytest_glue.statistics.own_metrics import check_own_metrics
from pytest_glue.statistics.scored_runs import ScoredRuns

RNG = np.random.default_rng(40)
N = 300
NUMBERS = RNG.uniform(0, 5, N)
PREDICTED = NUMBERS + RNG.normal(size=(3, N))
LABELS = RNG.integers(0, 2, N)
CLASSES = np.where(RNG.random((3, N)) < 0.2, 1 - LABELS, LABELS)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Return a function that writes a metric with this body, and returns its name."""
    metrics, modules = dict(METRICS), set(sys.modules)

    def make(body: str, **says: Any) -> str:
        name = f"metric_{abs(hash((body, *says)))}"
        attributes = "".join(f"cost.{key} = {value!r}\n" for key, value in says.items())
        head = "import numpy as np\ndef cost(predictions, references):\n    "
        (tmp_path / f"{name}.py").write_text(f"{head}{body}\n{attributes}")
        know_metrics([f"{name}:cost"], tmp_path)
        return f"{name}:cost"

    yield make
    METRICS.clear()
    METRICS.update(metrics)
    for name in set(sys.modules) - modules:
        del sys.modules[name]


MSE = "return np.mean((predictions - references) ** 2)"
F1 = "return 2 * np.sum(predictions * references) / np.sum(predictions + references)"


def test_an_own_metric_scores_and_weighs_as_the_known_one(own: Callable[..., str]) -> None:
    """The jackknife of a mean is the influence itself, and lower is better if the function says so."""
    name = own(MSE, greater_is_better=False, low=0.0)
    ours, known = (ScoredRuns.of(metric, PREDICTED, NUMBERS) for metric in (name, "mse"))
    np.testing.assert_allclose(known.scores, ours.scores)
    np.testing.assert_allclose(known.influences, ours.influences, atol=1e-9)
    assert -1 == ours.sign
    better = NUMBERS + 0.4 * (PREDICTED - NUMBERS)
    assert (Verdict.PASS, Verdict.FAIL) == (
        compare(better, PREDICTED, NUMBERS, name).verdict,
        compare(PREDICTED, better, NUMBERS, name).verdict,
    )


def test_the_jackknife_of_a_ratio_is_its_influence(own: Callable[..., str]) -> None:
    """F1 is no mean over examples; the jackknife finds its influence function up to terms of order 1/n."""
    ours, known = (ScoredRuns.of(metric, CLASSES, LABELS) for metric in (own(F1, low=0, high=1), "f1"))
    np.testing.assert_allclose(known.scores, ours.scores)
    assert np.corrcoef(known.influences.ravel(), ours.influences.ravel())[0, 1] > 0.999
    assert ours.influences.std() == pytest.approx(known.influences.std(), rel=0.02)


def test_groups_of_many_examples_have_the_right_variance(
    own: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variance of the score, and of the difference of two runs, is about that of leaving out each example."""
    monkeypatch.setattr(own_metrics, "EXACT_JACKKNIFE", 100)
    monkeypatch.setattr(own_metrics, "GROUPS", 150)
    rng = np.random.default_rng(41)
    gold = rng.uniform(0, 5, 4000)
    shared = rng.normal(size=4000)
    runs = gold + shared + 0.5 * rng.normal(size=(2, 4000))
    grouped, exact = (ScoredRuns.of(metric, runs, gold).influences for metric in (own(MSE), "mse"))
    for contrast in ([1, 0], [1, -1]):
        ours, known = (np.sum((np.array(contrast) @ each) ** 2) for each in (grouped, exact))
        assert ours == pytest.approx(known, rel=0.35)
    np.testing.assert_allclose(grouped.mean(axis=-1), 0, atol=1e-9)


def test_classes_are_integers_and_numbers_are_not(own: Callable[..., str]) -> None:
    """A function can use classes as indices."""
    name = own("return float(predictions.dtype.kind == 'i' and references.dtype.kind == 'i')")
    assert [1.0] == score(name, [[0, 1, 1]], [0, 1, 0], Kind.CLASSIFICATION).tolist()
    assert [0.0] == score(name, [[0, 1, 1]], [0, 1, 0], Kind.REGRESSION).tolist()


def test_probabilities_sum_to_one(own: Callable[..., str]) -> None:
    """A metric that needs probabilities gets the softmax of the logits."""
    name = own("return predictions[np.arange(len(references)), references].mean()", needs_probabilities=True)
    logits = np.log([[[0.8, 0.2], [0.4, 0.6]]])
    assert score(name, logits, [0, 1]) == pytest.approx([0.7])


@pytest.mark.parametrize(
    ("body", "says", "message"),
    [
        ("raise KeyError('team')", {}, "raised KeyError: 'team', for 300 examples"),
        ("raise SystemExit(3)", {}, "raised SystemExit: 3, for 300 examples"),
        ("return 'high'", {}, "returned 'high', a str; accepted: a number"),
        ("return None", {}, "returned None, a NoneType; accepted: a number"),
        ("return {'cost': 1.0}", {}, "returned {'cost': 1.0}, a dict; accepted: a number"),
        ("return 1.5", {"low": 0, "high": 1}, "returned 1.5, and it is a number from 0 to 1: correct the function"),
    ],
)
def test_a_function_that_does_not_score_is_an_error_before_the_training(
    own: Callable[..., str], body: str, says: dict[str, Any], message: str
) -> None:
    task = Task("mine", "mine", ("text",), (), (own(body, **says),))
    with pytest.raises(MetricError) as caught:
        check_own_metrics(task, NUMBERS.tolist())
    assert message in str(caught.value)


def test_an_undefined_score_is_nan(own: Callable[..., str]) -> None:
    """What is not finite is undefined, as it is of a known metric."""
    task = Task("mine", "mine", ("text",), (), (own("return float('nan')"),))
    assert np.isnan(compute(task, [1.0, 2.0], [1.0, 2.0])[task.headline_metric])
    assert np.isnan(ScoredRuns.of(task.headline_metric, PREDICTED, NUMBERS).influences).all()


def test_known_metrics_are_not_checked() -> None:
    check_own_metrics(GLUE["rte"], [0.0, 1.0])


def test_a_local_metric_of_evaluate(tmp_path: Path) -> None:
    """It is loaded from its folder, without a network, and gives its first score."""
    folder = tmp_path / "spread"
    folder.mkdir()
    (folder / "spread.py").write_text(
        """
import datasets
import evaluate

greater_is_better = False

class Spread(evaluate.Metric):
    def _info(self):
        features = datasets.Features({"predictions": datasets.Value("float"), "references": datasets.Value("float")})
        return evaluate.MetricInfo(description="", citation="", inputs_description="", features=features)

    def _compute(self, predictions, references):
        return {"spread": abs(predictions - references).max()}
"""
    )
    name, before = "./spread", dict(METRICS)
    try:
        know_metrics([name], tmp_path)
        assert [2.0] == score(name, [[0.0, 4.5, 1.0]], [0.0, 2.5, 0.5]).tolist()
        assert not METRICS[name].greater_is_better
    finally:
        METRICS.clear()
        METRICS.update(before)
