"""Criteria without a threshold, and broken runs."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.core.runs import Epoch, Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.criteria import Criteria
from tests.factories import RTE_LABELS, make_evaluation, make_runs, make_scored_run

WNLI_NOTE = "plain fine-tuning does not beat the majority class on wnli"
REPORT_ONLY = f"; report-only, because {WNLI_NOTE}: give a threshold to have it judged"
CONSTANT = "predicted the same for every example"

RunSource = Callable[..., list[Run]]
Predicting = Callable[..., Run]
Labels = tuple[float, ...]


def criteria(task: str, **thresholds: float) -> Criteria:
    """Return the criteria of a task with these thresholds."""
    return Criteria(GLUE[task], "a/b", thresholds)


def test_without_a_threshold_the_majority_class_is_the_bound() -> None:
    """An accuracy must beat the score of always predicting the majority class by more than chance."""
    better, worse = (
        criteria("rte").judge(make_runs("rte", RTE_LABELS, *wrong), RTE_LABELS) for wrong in ([100] * 3, [140] * 3)
    )
    slightly = criteria("rte").judge(make_runs("rte", RTE_LABELS, *[120] * 3), RTE_LABELS)
    assert (Verdict.PASS, None, 146 / 277) == (better.verdict, better.threshold, better.chance)
    assert better.reason.startswith(
        "rte · a/b: accuracy 0.639 > the chance level 0.527 (+0.112; n=277, 3 seeds, 95% CI 0."
    )
    assert Verdict.FAIL is worse.verdict
    assert worse.reason.startswith(
        "rte · a/b: accuracy 0.495 does not beat the chance level 0.527 (-0.032, more than +0.049 needed; n=277, "
    )
    assert Verdict.FAIL is slightly.verdict
    assert "accuracy 0.567 does not beat the chance level 0.527 (+0.040, more than +0.049 needed; " in slightly.reason


def test_seeds_that_scatter_around_chance_do_not_beat_it() -> None:
    """A mean above the bound of one run is not enough if the seeds alone explain it."""
    scattered = criteria("rte").judge(make_runs("rte", RTE_LABELS, 60, 100, 160), RTE_LABELS)
    assert Verdict.FAIL is scattered.verdict
    assert "accuracy 0.615 does not beat the chance level 0.527 (+0.088, more than +0.306 needed; " in scattered.reason


def test_a_chance_level_that_nothing_beats() -> None:
    """Where even a perfect score is not significantly above the chance level, the sentence says so."""
    references = (0.0,) * 99 + (1.0,)
    judgement = criteria("rte").judge([make_scored_run("rte", references, references)], references)
    assert Verdict.FAIL is judgement.verdict
    assert (
        "accuracy 1.000 does not beat the chance level 0.990, which no score can on so few or so similar examples: "
        "give a threshold (+0.010, more than +0.016 needed; "
    ) in judgement.reason


@pytest.mark.parametrize(("wrong", "verdict"), [(100, Verdict.PASS), (180, Verdict.FAIL)])
def test_without_a_threshold_a_correlation_must_beat_zero(wrong: int, verdict: Verdict) -> None:
    """The chance level of a correlation is zero."""
    judgement = criteria("cola").judge(make_runs("cola", RTE_LABELS, wrong), RTE_LABELS)
    assert (verdict, 0.0) == (judgement.verdict, judgement.chance)
    assert " the chance level 0.000 (" in judgement.reason


def test_a_score_at_the_majority_class_does_not_beat_it() -> None:
    """Runs as good as the majority class fail, even if the mean of their scores is rounded."""
    judgement = criteria("rte").judge(make_runs("rte", RTE_LABELS, 131, 131, 131), RTE_LABELS)
    assert Verdict.FAIL is judgement.verdict
    assert "accuracy 0.527 does not beat the chance level 0.527 (+0.000, more than " in judgement.reason


@pytest.mark.parametrize(("wrong", "score"), [(200, "0.278"), (20, "0.928")])
def test_wnli_is_report_only(wrong: int, score: str) -> None:
    """Without a threshold WNLI passes with any score, and the sentence says why it is not judged."""
    judgement = criteria("wnli").judge(make_runs("wnli", RTE_LABELS, wrong), RTE_LABELS)
    assert (Verdict.PASS, None) == (judgement.verdict, judgement.threshold)
    assert judgement.reason.startswith(f"wnli · a/b: accuracy {score} ")
    assert f"{REPORT_ONLY} (" in judgement.reason
    assert f"wnli is report-only, because {WNLI_NOTE}" == judgement.notes[0]


def test_wnli_is_judged_where_a_threshold_is_given() -> None:
    """With a threshold WNLI is judged like any other task."""
    judgement = criteria("wnli", accuracy=0.5).judge(make_runs("wnli", RTE_LABELS, 150), RTE_LABELS)
    assert Verdict.FAIL is judgement.verdict
    assert "wnli · a/b: accuracy 0.458 < threshold 0.500 (-0.042; n=277, 1 seed" in judgement.reason
    assert "report-only" not in judgement.reason + "".join(judgement.notes)


@pytest.mark.parametrize("threshold", [{}, {"matthews_correlation": -1.0}], ids=["chance", "lowest-threshold"])
def test_undefined_scores_of_all_runs_are_degenerate(threshold: dict[str, float]) -> None:
    """If no run has a score, the item is degenerate for any bound, and the sentence names the constant runs."""
    found = [make_scored_run("cola", [1.0] * 277, RTE_LABELS, seed) for seed in (7, 8)]
    judgement = criteria("cola", **threshold).judge(found, RTE_LABELS)
    assert Verdict.DEGENERATE is judgement.verdict
    assert (
        f"cola · a/b: seeds 7 and 8 {CONSTANT} (2 of 2): matthews_correlation is undefined (n=277, 2 seeds)"
        == judgement.reason
    )
    assert judgement.confidence_interval is None


@pytest.mark.parametrize(("threshold", "verdict"), [(0.09, Verdict.PASS), (0.1, Verdict.FAIL)])
def test_an_undefined_score_of_a_failed_run_counts_as_the_chance_level(threshold: float, verdict: Verdict) -> None:
    """A mean over runs of which some failed has their undefined Matthews correlation as 0."""
    healthy = make_runs("cola", RTE_LABELS, 100)
    found = [*healthy, *(make_scored_run("cola", [1.0] * 277, RTE_LABELS, seed) for seed in (7, 8))]
    judgement = criteria("cola", matthews_correlation=threshold).judge(found, RTE_LABELS)
    score = healthy[0].metrics["matthews_correlation"]
    assert score is not None
    assert f"matthews_correlation {score / 3:.3f} {'>=' if verdict is Verdict.PASS else '<'} " in judgement.reason
    assert verdict is judgement.verdict
    assert "3 seeds, 2 failed to train" in judgement.reason
    assert [(7, CONSTANT), (8, CONSTANT)] == [(run.seed, run.reason) for run in judgement.failed_runs]
    assert judgement.confidence_interval is None
    evaluation = make_evaluation(
        found,
        headline_metric="matthews_correlation",
        failed_runs=judgement.failed_runs,
        chance=judgement.chance,
    )
    assert evaluation.score == pytest.approx(score / 3)


def test_an_undefined_score_of_healthy_runs() -> None:
    """If every run is healthy and all references are equal, the sentence names no broken run."""
    ones = (1.0,) * 50
    judgement = criteria("cola").judge(make_runs("cola", ones, 10), ones)
    assert (Verdict.DEGENERATE, "cola · a/b: matthews_correlation is undefined (n=50, 1 seed)") == (
        judgement.verdict,
        judgement.reason,
    )


def test_a_nan_prediction_is_degenerate() -> None:
    """A run that predicts NaN has no score, even on WNLI, which is report-only."""
    judgement = criteria("wnli").judge(
        [make_scored_run("wnli", [float("nan"), *RTE_LABELS[1:]], RTE_LABELS)], RTE_LABELS
    )
    assert Verdict.DEGENERATE is judgement.verdict
    assert (
        "wnli · a/b: seed 42 predicted NaN or infinity (1 of 1): accuracy is undefined (n=277, 1 seed)"
        == judgement.reason
    )


def test_a_failed_run_leaves_a_fail() -> None:
    """A mean below the threshold fails although one run of three failed; the sentence counts it, a note names it."""
    found = [*make_runs("rte", RTE_LABELS, 60, 62), make_scored_run("rte", [0.0] * 277, RTE_LABELS, 9)]
    judgement = criteria("rte", accuracy=0.78).judge(found, RTE_LABELS)
    assert Verdict.FAIL is judgement.verdict
    assert judgement.reason.startswith("rte · a/b: accuracy 0.696 < threshold 0.780 (-0.084; n=277, 3 seeds, 1 failed ")
    assert f"seed 9 {CONSTANT} (1 of 3)" in judgement.notes
    assert "1 of 3 runs failed to train, which rules out a failure rate above 86 % (at 95 %)" in judgement.notes


def test_a_failed_run_leaves_a_pass_and_is_noted() -> None:
    """A score that reaches its threshold in spite of a failed run passes, and the notes name the run."""
    found = [*make_runs("rte", RTE_LABELS, 60, 62), make_scored_run("rte", [0.0] * 277, RTE_LABELS, 9)]
    judgement = criteria("rte", accuracy=0.6).judge(found, RTE_LABELS)
    assert Verdict.PASS is judgement.verdict
    assert f"seed 9 {CONSTANT} (1 of 3)" in judgement.notes


@pytest.mark.parametrize("metric", ["accuracy", "f1"])
def test_constant_runs_are_degenerate_whatever_the_threshold(metric: str) -> None:
    """Runs that all predict one class have learned nothing, although unbalanced labels let them reach a threshold."""
    references = (1.0,) * 68 + (0.0,) * 32
    found = [make_scored_run("mrpc", [1.0] * 100, references, seed) for seed in (1, 2)]
    judgement = criteria("mrpc", **{metric: 0.6}).judge(found, references)
    assert Verdict.DEGENERATE is judgement.verdict
    assert judgement.reason.startswith(f"mrpc · a/b: seeds 1 and 2 {CONSTANT} (2 of 2): {metric} 0.")


def test_a_threshold_that_chance_reaches_is_noted() -> None:
    """The note compares the threshold with the labels' own chance level."""
    references = (1.0,) * 68 + (0.0,) * 32
    found = [make_scored_run("mrpc", [0.0, 0.0, *[1.0] * 98], references)]
    at, above = (criteria("mrpc", accuracy=level).judge(found, references).notes for level in (0.68, 0.681))
    note = "the threshold 0.68 for accuracy is not above the chance level 0.680"
    assert note in at
    assert not [each for each in above if "chance level" in each]


def test_a_diverged_run_is_degenerate() -> None:
    """A low score of a run whose loss became NaN is degenerate."""
    (found,) = make_runs("rte", RTE_LABELS, 140)
    judgement = criteria("rte").judge([replace(found, history=(Epoch(1.0, 0.7, None, {}),))], RTE_LABELS)
    assert Verdict.DEGENERATE is judgement.verdict
    assert "seed 42 diverged (loss is NaN) (1 of 1)" in judgement.reason


def test_only_a_judged_metric_must_have_a_score() -> None:
    """A metric without a threshold may be undefined, since it decides nothing."""
    found = [replace(each, metrics={**each.metrics, "f1": None}) for each in make_runs("mrpc", RTE_LABELS, 60, 60)]
    assert Verdict.PASS is criteria("mrpc").judge(found, RTE_LABELS).verdict
    assert Verdict.PASS is criteria("mrpc", accuracy=0.7).judge(found, RTE_LABELS).verdict
    assert Verdict.DEGENERATE is criteria("mrpc", accuracy=0.7, f1=0.7).judge(found, RTE_LABELS).verdict


def test_constant_predictions_are_noted_on_wnli() -> None:
    """On a report-only task constant predictions that miss a threshold fail; they are noted, not degenerate."""
    references = (0.0,) * 40 + (1.0,) * 31
    run = make_scored_run("wnli", (1.0,) * 71, references)
    judgement = criteria("wnli", accuracy=0.5).judge([run], references)
    assert Verdict.FAIL is judgement.verdict
    assert any("predicted the same for every example" in note for note in judgement.notes)
