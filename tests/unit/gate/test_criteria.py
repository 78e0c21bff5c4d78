"""Criteria: verdicts on scores with thresholds, and their sentences."""

from collections.abc import Callable

import pytest

from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.criteria import Criteria
from tests.factories import RTE_LABELS, make_runs, make_scored_run

NAME = "bert-base-uncased@86b5e09"
CI = r"95% CI 0\.\d{3} to 0\.\d{3}"
HALVES = (0.0,) * 100 + (1.0,) * 100

RunSource = Callable[..., list[Run]]
Predicting = Callable[..., Run]


def criteria(task: str, **thresholds: float) -> Criteria:
    """Return the criteria of a task with these thresholds."""
    return Criteria(GLUE[task], NAME, thresholds)


def confusion(found: int, missed: int, false_alarms: int) -> list[float]:
    """Return predictions for `HALVES` with these true positives, false negatives and false positives."""
    return [1.0] * false_alarms + [0.0] * (100 - false_alarms) + [1.0] * found + [0.0] * missed


def test_a_miss_reads_as_the_design_says() -> None:
    """Below the threshold the verdict is `fail`; the sentence has score, threshold, difference and sample sizes."""
    judgement = criteria("rte", accuracy=0.65).judge(make_runs("rte", RTE_LABELS, 107, 107, 107), RTE_LABELS)
    assert (Verdict.FAIL, 0.65, 146 / 277) == (judgement.verdict, judgement.threshold, judgement.chance)
    assert judgement.confidence_interval is not None
    low, high = judgement.confidence_interval
    assert low < 170 / 277 < high
    assert (
        f"rte · {NAME}: accuracy 0.614 < threshold 0.650 (-0.036; n=277, 3 seeds, 95% CI {low:.3f} to {high:.3f})"
        == judgement.reason
    )


def test_a_pass_reads_likewise() -> None:
    """At or above the threshold the verdict is `pass`; one run is shown as `1 seed`."""
    judgement = criteria("sst2", accuracy=0.5).judge(make_runs("sst2", HALVES, 80), HALVES)
    assert (Verdict.PASS, 0.5) == (judgement.verdict, judgement.threshold)
    assert judgement.confidence_interval is not None
    low, high = judgement.confidence_interval
    assert (
        f"sst2 · {NAME}: accuracy 0.600 >= threshold 0.500 (+0.100; n=200, 1 seed, 95% CI {low:.3f} to {high:.3f})"
        == judgement.reason
    )


def test_an_interval_says_what_it_covers() -> None:
    """The notes name the source of the variance between seeds, or say that the interval does not cover it."""
    plain = criteria("rte", accuracy=0.5)
    three, one = (
        plain.judge(make_runs("rte", RTE_LABELS, 80, 84, 88), RTE_LABELS),
        plain.judge(make_runs("rte", RTE_LABELS, 80), RTE_LABELS),
    )
    neither = criteria("cola", matthews_correlation=0.1).judge(make_runs("cola", RTE_LABELS, 80), RTE_LABELS)
    assert three.notes[-1].startswith("the interval covers examples and seeds (")
    assert "published: bert-base-cased, 20 seeds" in one.notes[-1]
    assert ("the interval covers examples, not the variation between seeds",) == neither.notes


@pytest.mark.parametrize(
    ("floor", "text"),
    [
        (0.6501, "accuracy 0.6500 < threshold 0.6501 (-0.0001;"),
        (0.65001, "accuracy 0.65000 < threshold 0.65001 (-0.00001;"),
        (0.65 + 2e-9, "accuracy 0.650000000 < threshold 0.650000002 (-0.000000002;"),
    ],
)
def test_a_narrow_miss_shows_its_digits(floor: float, text: str) -> None:
    """Two numbers that differ are never shown as equal: no `0.650 < threshold 0.650`."""
    judgement = criteria("rte", accuracy=floor).judge(make_runs("rte", HALVES, 70, 70, 70), HALVES)
    assert Verdict.FAIL is judgement.verdict
    assert text in judgement.reason


@pytest.mark.parametrize("floor", [0.65, 0.65 - 1e-15, 0.65 + 1e-15], ids=["equal", "below", "above"])
def test_a_score_at_the_threshold_passes(floor: float) -> None:
    """A score equal to the threshold passes; a difference in the last bit does not matter."""
    judgement = criteria("rte", accuracy=floor).judge(make_runs("rte", HALVES, 70, 70, 70), HALVES)
    assert Verdict.PASS is judgement.verdict
    assert "accuracy 0.650 >= threshold 0.650 (+0.000; n=200," in judgement.reason


@pytest.mark.parametrize(
    ("predictions", "verdict", "text"),
    [
        (
            confusion(90, 10, 10),
            Verdict.PASS,
            "accuracy 0.900 >= threshold 0.800, f1 0.900 >= threshold 0.850 (+0.100; +0.050; n=200, 1 seed",
        ),
        (confusion(70, 30, 0), Verdict.FAIL, "f1 0.824 < threshold 0.850 (-0.026; n=200, 1 seed"),
        (
            confusion(50, 50, 0),
            Verdict.FAIL,
            "accuracy 0.750 < threshold 0.800, f1 0.667 < threshold 0.850 (-0.050; -0.183; n=200, 1 seed",
        ),
    ],
    ids=["all-reached", "one-missed", "both-missed"],
)
def test_all_thresholds_must_be_reached(predictions: list[float], verdict: Verdict, text: str) -> None:
    """One missed threshold fails the item, and the sentence names only the missed ones."""
    judgement = criteria("mrpc", accuracy=0.8, f1=0.85).judge([make_scored_run("mrpc", predictions, HALVES)], HALVES)
    assert (verdict, 0.8) == (judgement.verdict, judgement.threshold)
    assert judgement.reason.startswith(f"mrpc · {NAME}: {text}, 95% CI ")


def test_another_metrics_threshold_decides_alone() -> None:
    """With a threshold for F1 only, accuracy is reported but not judged."""
    found = [make_scored_run("mrpc", confusion(100, 0, alarms), HALVES, alarms) for alarms in (60, 70)]
    judgement = criteria("mrpc", f1=0.5).judge(found, HALVES)
    assert (Verdict.PASS, None) == (judgement.verdict, judgement.threshold)
    assert "accuracy" not in judgement.reason
