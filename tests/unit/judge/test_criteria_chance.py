"""Criteria without a threshold, and scores that are undefined."""

import pytest

from pytest_glue.evaluation import Scores, Verdict
from pytest_glue.judge.criteria import Evidence, judge
from pytest_glue.tasks import GLUE

RTE = [0.0] * 146 + [1.0] * 131
SIZE = "n=277, 3 seeds)"
WNLI_NOTE = "plain fine-tuning does not beat the majority class on wnli"
REPORT_ONLY = f"; report-only, since {WNLI_NOTE}: give a threshold to have it judged"
SAME_FOR_ALL = "runs predict the same for every example"


def evidence(task: str, scores: Scores, constant_runs: int = 0) -> Evidence:
    """Return evidence of three runs on RTE's labels."""
    return Evidence(GLUE[task], "a/b", scores, RTE, constant_runs=constant_runs, n_runs=3)


@pytest.mark.parametrize(
    ("task", "scores", "verdict", "text"),
    [
        ("rte", {"accuracy": 0.6}, Verdict.PASS, f"accuracy 0.600 > the majority class, 0.527 (+0.073; {SIZE}"),
        (
            "rte",
            {"accuracy": 0.5},
            Verdict.FAIL,
            f"accuracy 0.500 does not beat the majority class, 0.527 (-0.027; {SIZE}",
        ),
        (
            "cola",
            {"matthews_correlation": 0.1},
            Verdict.PASS,
            f"matthews_correlation 0.100 > knowing nothing, 0.000 (+0.100; {SIZE}",
        ),
        (
            "cola",
            {"matthews_correlation": -0.1},
            Verdict.FAIL,
            f"matthews_correlation -0.100 does not beat knowing nothing, 0.000 (-0.100; {SIZE}",
        ),
        (
            "stsb",
            {"pearson": 0.0001, "spearmanr": -1.0},
            Verdict.PASS,
            f"pearson 0.0001 > knowing nothing, 0.0000 (+0.0001; {SIZE}",
        ),
    ],
    ids=["beats-majority", "below-majority", "beats-zero", "below-zero", "narrowly"],
)
def test_without_a_threshold_knowing_nothing_is_the_bound(
    task: str, scores: Scores, verdict: Verdict, text: str
) -> None:
    """The headline metric must beat the majority class, or zero for a correlation."""
    judgement = judge(evidence(task, scores), {})
    assert (verdict, f"{task} · a/b: {text}", None) == (judgement.verdict, judgement.reason, judgement.threshold)


@pytest.mark.parametrize("score", [146 / 277, 146 / 277 + 1e-16 * 2], ids=["equal", "rounded-up"])
def test_reaching_the_majority_class_is_not_beating_it(score: float) -> None:
    """A checkpoint that says the same for every example fails, also where the mean of its runs is a bit too large."""
    judgement = judge(evidence("rte", {"accuracy": score}), {})
    assert Verdict.FAIL is judgement.verdict
    assert f"rte · a/b: accuracy 0.527 does not beat the majority class, 0.527 (+0.000; {SIZE}" == judgement.reason


def test_chance_is_that_of_the_references() -> None:
    """The bound of a judgement is what knowing nothing scores on these labels, with a threshold too."""
    assert 146 / 277 == judge(evidence("rte", {"accuracy": 0.6}), {"accuracy": 0.5}).chance


@pytest.mark.parametrize("score", [0.4, 0.9])
def test_wnli_is_report_only(score: float) -> None:
    """Without a threshold WNLI passes with any score, and says that and why it was not judged."""
    judgement = judge(evidence("wnli", {"accuracy": score}), {})
    assert (Verdict.PASS, None) == (judgement.verdict, judgement.threshold)
    assert judgement.reason.startswith(f"wnli · a/b: accuracy {score:.3f} ")
    assert judgement.reason.endswith(f"{SIZE}{REPORT_ONLY}")


def test_wnli_is_judged_where_a_threshold_is_given() -> None:
    """A threshold makes WNLI a task like any other."""
    judgement = judge(evidence("wnli", {"accuracy": 0.4}), {"accuracy": 0.5})
    assert Verdict.FAIL is judgement.verdict
    assert f"wnli · a/b: accuracy 0.400 < threshold 0.500 (-0.100; {SIZE}" == judgement.reason


@pytest.mark.parametrize("threshold", [{}, {"matthews_correlation": -1.0}], ids=["chance", "lowest-threshold"])
def test_an_undefined_score_is_degenerate(threshold: dict[str, float]) -> None:
    """No score is no low score: it fails any bound, and the sentence says how many runs are constant."""
    judgement = judge(evidence("cola", {"matthews_correlation": None}, constant_runs=2), threshold)
    assert Verdict.DEGENERATE is judgement.verdict
    assert f"cola · a/b: matthews_correlation is undefined: 2 of 3 {SAME_FOR_ALL} ({SIZE}" == judgement.reason


def test_a_score_that_no_constant_run_explains() -> None:
    """Where no run is constant, a prediction that is no number or labels without a difference are to blame."""
    judgement = judge(evidence("rte", {"accuracy": None}), {})
    assert Verdict.DEGENERATE is judgement.verdict
    assert judgement.reason == (
        f"rte · a/b: accuracy is undefined: a prediction is no number, or the references are all the same ({SIZE}"
    )


def test_wnli_without_a_score_is_degenerate() -> None:
    """Report-only spares a low score, and no broken run."""
    assert Verdict.DEGENERATE is judge(evidence("wnli", {"accuracy": None}), {}).verdict


def test_only_a_judged_metric_must_have_a_score() -> None:
    """A metric without a floor may be undefined: it decides nothing."""
    scores: Scores = {"pearson": 0.8, "spearmanr": None}
    assert Verdict.PASS is judge(evidence("stsb", scores), {}).verdict
    assert Verdict.PASS is judge(evidence("stsb", scores), {"pearson": 0.7}).verdict
    assert Verdict.DEGENERATE is judge(evidence("stsb", scores), {"pearson": 0.7, "spearmanr": 0.7}).verdict
