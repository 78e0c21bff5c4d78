"""Criteria: the verdict on a score, and the sentence that says why."""

import pytest

from pytest_glue.evaluation import Judgement, Scores, Verdict
from pytest_glue.judge.criteria import Evidence, judge
from pytest_glue.tasks import GLUE

NAME = "bert-base-uncased@86b5e09"


def rte_references() -> list[float]:
    """Labels as RTE's validation split has them: 146 entailments of 277."""
    return [0.0] * 146 + [1.0] * 131


def evidence(task: str, scores: Scores, *, references: list[float] | None = None, n_runs: int = 3) -> Evidence:
    """Return evidence of runs that differ from example to example."""
    return Evidence(GLUE[task], NAME, scores, references or rte_references(), constant_runs=0, n_runs=n_runs)


def test_a_miss_reads_as_the_design_says() -> None:
    """Below the threshold the verdict is `fail`, with task, checkpoint, score, floor, difference and evidence."""
    assert judge(evidence("rte", {"accuracy": 0.614}), {"accuracy": 0.65}) == Judgement(
        Verdict.FAIL,
        "rte · bert-base-uncased@86b5e09: accuracy 0.614 < threshold 0.650 (-0.036; n=277, 3 seeds)",
        threshold=0.65,
        chance=146 / 277,
    )


def test_a_pass_reads_likewise() -> None:
    """At or above the threshold the verdict is `pass`; one run is one seed."""
    judgement = judge(evidence("cola", {"matthews_correlation": 0.6}, n_runs=1), {"matthews_correlation": 0.5})
    assert (
        Judgement(
            Verdict.PASS,
            f"cola · {NAME}: matthews_correlation 0.600 >= threshold 0.500 (+0.100; n=277, 1 seed)",
            threshold=0.5,
            chance=0.0,
        )
        == judgement
    )


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (0.6499, "accuracy 0.6499 < threshold 0.6500 (-0.0001;"),
        (0.64999, "accuracy 0.64999 < threshold 0.65000 (-0.00001;"),
        (0.65 - 2e-9, "accuracy 0.649999998 < threshold 0.650000000 (-0.000000002;"),
    ],
)
def test_a_narrow_miss_shows_its_digits(score: float, text: str) -> None:
    """Two numbers that differ are never written as the same: no `0.650 < threshold 0.650`."""
    judgement = judge(evidence("rte", {"accuracy": score}), {"accuracy": 0.65})
    assert Verdict.FAIL is judgement.verdict
    assert text in judgement.reason


@pytest.mark.parametrize("score", [0.65, 0.65 - 1e-15, 0.65 + 1e-15], ids=["equal", "rounded-down", "rounded-up"])
def test_a_score_at_the_threshold_passes(score: float) -> None:
    """Reaching the floor is enough, and rounding in the last bit decides nothing."""
    judgement = judge(evidence("rte", {"accuracy": score}), {"accuracy": 0.65})
    assert Verdict.PASS is judgement.verdict
    assert "accuracy 0.650 >= threshold 0.650 (+0.000;" in judgement.reason


@pytest.mark.parametrize(
    ("scores", "verdict", "text"),
    [
        (
            {"accuracy": 0.9, "f1": 0.95},
            Verdict.PASS,
            "accuracy 0.900 >= threshold 0.800, f1 0.950 >= threshold 0.850 (+0.100; +0.100; n=277, 3 seeds)",
        ),
        ({"accuracy": 0.9, "f1": 0.7}, Verdict.FAIL, "f1 0.700 < threshold 0.850 (-0.150; n=277, 3 seeds)"),
        (
            {"accuracy": 0.7, "f1": 0.75},
            Verdict.FAIL,
            "accuracy 0.700 < threshold 0.800, f1 0.750 < threshold 0.850 (-0.100; -0.100; n=277, 3 seeds)",
        ),
    ],
    ids=["all-reached", "one-missed", "both-missed"],
)
def test_all_thresholds_must_be_reached(scores: Scores, verdict: Verdict, text: str) -> None:
    """One missed floor fails the item, and a failure speaks of the missed ones only."""
    judgement = judge(evidence("mrpc", scores), {"accuracy": 0.8, "f1": 0.85})
    assert (verdict, f"mrpc · {NAME}: {text}", 0.8) == (judgement.verdict, judgement.reason, judgement.threshold)


def test_another_metrics_threshold_decides_alone() -> None:
    """With a floor for F1 only, accuracy is reported and not judged, and the headline metric has no floor."""
    judgement = judge(evidence("mrpc", {"accuracy": 0.1, "f1": 0.9}), {"f1": 0.85})
    assert (Verdict.PASS, None) == (judgement.verdict, judgement.threshold)
    assert "accuracy" not in judgement.reason
