"""The agreement certificate: verdict, sentence, facts, and the errors before anything is trained."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Judgement, Verdict
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import decode_baseline, encode_baseline
from pytest_glue.gate.certificate import check_certifiable
from pytest_glue.gate.comparability import check_comparable
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion
from tests.factories import DIGEST, RTE_LABELS, make_baseline, make_conditions, make_runs, make_scored_run

TEXTS = (0.0, 1.0) * 1500


def predicting(runs: Sequence[Run], *changed: int) -> list[Run]:
    """Return the runs with predictions of unlabelled texts, as many of which are changed as is given for each run."""
    counts = changed or (0,) * len(runs)
    flipped = [tuple(1 - label for label in TEXTS[:count]) + TEXTS[count:] for count in counts]
    return [replace(run, unlabelled_predictions=each) for run, each in zip(runs, flipped, strict=True)]


def baseline_of(*wrong: int) -> Baseline:
    """Return a baseline with predictions of unlabelled texts; its seeds begin at 42."""
    return make_baseline(predicting(make_runs("rte", RTE_LABELS, *wrong)), unlabelled_digest=DIGEST)


def judge(max_drop: float, baseline: Baseline, runs: Sequence[Run], analyses: tuple[int, ...] = ()) -> Judgement:
    rule = RegressionCriterion("main", "f.json", baseline, max_drop, 0.05, 1, analyses, certify=True)
    return Criteria(GLUE["rte"], "a/b", {}, rule).judge(runs, RTE_LABELS)


def unchanged(*changed: int, seeds: int = 1) -> list[Run]:
    """Return runs with the seeds of the baseline and the same scores."""
    return predicting(make_runs("rte", RTE_LABELS, *(80,) * seeds), *changed)


def test_few_changes_pass() -> None:
    """The sentence has the bound and the evidence; the comparison on the evaluation split is inconclusive."""
    judgement = judge(0.01, baseline_of(80), unchanged(15))
    assert Verdict.PASS is judgement.verdict
    assert judgement.reason.startswith(
        "rte · a/b: accuracy 0.711 against main's 0.711; certified: accuracy drops by at most 0.77 points at 95 %: "
        "15 of 3,000 unlabelled texts changed their prediction in 1 pair of runs with the same seed (+0.000; "
    )
    assert judgement.baseline is not None
    assert "inconclusive" == judgement.baseline["verdict"]
    certificate = judgement.baseline["certificate"]
    assert (True, [42], 15, 3000, 0.95) == tuple(
        certificate[name] for name in ("certified", "seeds", "changed", "n_texts", "confidence_level")
    )
    assert 0.00769 == pytest.approx(certificate["bound"], abs=1e-5)


def test_many_changes_leave_it_to_the_comparison() -> None:
    """The usual comparison decides, and the sentence says that nothing is certified."""
    judgement = judge(0.01, baseline_of(80), unchanged(30))
    assert Verdict.INCONCLUSIVE is judgement.verdict
    assert (
        "; not certified: 30 of 3,000 unlabelled texts changed their prediction in 1 pair of runs with the same seed, "
        "which bounds the drop at 1.35 points at 95 % (+0.000; "
    ) in judgement.reason
    assert judgement.baseline is not None
    assert judgement.baseline["certificate"]["certified"] is False


def test_without_an_allowed_drop_nothing_is_certified() -> None:
    """A bound is never 0; the sentence names the option."""
    reason = judge(0.0, baseline_of(80), unchanged(0)).reason
    assert "bounds the drop at 0.10 points at 95 %, and no drop is allowed: see --glue-max-drop (" in reason


def test_several_seeds_are_averaged() -> None:
    """The mean over the seeds counts, at the cost of a wider bound."""
    reason = judge(0.01, baseline_of(80, 80, 80), unchanged(10, 15, 21, seeds=3)).reason
    assert "certified: accuracy drops by at most 0.89 points at 95 %: on average 15.3 of 3,000 unlabelled " in reason


def test_a_baseline_with_more_seeds_certifies() -> None:
    """Runs are compared with the run of the same seed; the facts and the sentence say how many pairs there are."""
    runs = [replace(run, seed=43) for run in unchanged(0)]
    judgement = judge(0.01, baseline_of(80, 80, 80), runs)
    assert Verdict.PASS is judgement.verdict
    assert "changed their prediction in 1 pair of runs with the same seed (" in judgement.reason
    assert judgement.baseline is not None
    assert [43] == judgement.baseline["certificate"]["seeds"]


def test_a_run_without_a_partner_is_not_certified() -> None:
    """Worse runs of seeds that the baseline lacks are not left out: the comparison decides, and a note says why."""
    runs = predicting(make_runs("rte", RTE_LABELS, 80, 92, 92), 0, 3000, 3000)
    runs = [replace(run, seed=seed) for run, seed in zip(runs, (42, 50, 51), strict=True)]
    judgement = judge(0.01, baseline_of(80, 80, 80), runs)
    assert Verdict.PASS is not judgement.verdict
    assert "certified" not in judgement.reason
    assert judgement.baseline is not None
    assert judgement.baseline["certificate"] is None
    assert (
        "not certified: seeds 50 and 51 have no partner in the baseline, which is a run of the same seed that trained: "
        "give --glue-seeds=42,43,44"
    ) in judgement.notes


def test_seeds_that_are_added_are_not_certified() -> None:
    """With `--glue-max-seeds`, the note on seeds beyond the baseline's names that option too."""
    (note,) = (
        each for each in judge(0.01, baseline_of(80), unchanged(0, 0, seeds=2), (1, 2)).notes if "certified" in each
    )
    assert note == (
        "not certified: seed 43 has no partner in the baseline, which is a run of the same seed that trained: "
        "give --glue-seeds=42, without --glue-max-seeds, or record the baseline with all seeds up to --glue-max-seeds"
    )


def test_a_failed_run_of_the_baseline_is_no_partner() -> None:
    """Its score is not part of the baseline's, so a drop from it bounds nothing."""
    constant = make_scored_run("rte", [0.0] * 277, RTE_LABELS, 44)
    baseline = make_baseline(predicting([*make_runs("rte", RTE_LABELS, 80, 80), constant]), unlabelled_digest=DIGEST)
    judgement = judge(0.05, baseline, unchanged(0, 0, 0, seeds=3))
    assert judgement.baseline is not None
    assert judgement.baseline["certificate"] is None
    assert [note for note in judgement.notes if note.startswith("not certified: seed 44 has no partner")]


def test_another_number_of_texts_is_refused() -> None:
    """An edited baseline ends in a message that names the file and both numbers."""
    baseline = baseline_of(80)
    edited = replace(baseline, runs=(replace(baseline.runs[0], unlabelled_predictions=(0.0,)),))
    with pytest.raises(
        BaselineError, match=r"f\.json .* predictions of 1 unlabelled text, and this item predicted 3000"
    ):
        judge(0.01, edited, unchanged(0))


def test_a_drop_that_is_shown_is_not_certified_away() -> None:
    """A fail on the evaluation split stays a fail; the unlabelled texts are then of another kind."""
    runs = predicting(make_runs("rte", RTE_LABELS, 180, 181, 182))
    judgement = judge(0.01, baseline_of(60, 61, 62), runs)
    assert Verdict.FAIL is judgement.verdict
    assert (
        ": a drop of more than 0.01, though only on average 0 of 3,000 unlabelled texts changed their prediction in "
        "3 pairs of runs with the same seed, which bounds the drop on those texts at 0.13 points at 95 %: they differ "
        "from the evaluation split ("
    ) in judgement.reason


def test_runs_that_newly_fail_are_not_certified_away() -> None:
    """If a larger share of runs fails to train than in the baseline, the comparison decides, and a note says so."""
    constant = make_scored_run("rte", [0.0] * 277, RTE_LABELS, 44)
    runs = predicting([*make_runs("rte", RTE_LABELS, 80, 80), constant])
    judgement = judge(0.01, baseline_of(80, 80, 80), runs)
    assert Verdict.PASS is not judgement.verdict
    assert "not certified: a larger share of the runs failed to train" in judgement.notes


def test_a_recorded_run_that_is_not_finite_is_no_partner() -> None:
    """A baseline's run whose outputs were not finite has no predictions to compare with."""
    runs = predicting(make_runs("rte", RTE_LABELS, 80, 80))
    runs[0] = replace(runs[0], unlabelled_predictions=(float("nan"), *TEXTS[1:]))
    baseline = make_baseline(runs, unlabelled_digest=DIGEST)
    assert baseline == decode_baseline(json.loads(json.dumps(encode_baseline(baseline))))
    judgement = judge(0.01, baseline, unchanged(0, 0, seeds=2))
    assert judgement.baseline is not None
    assert judgement.baseline["certificate"] is None
    (changed,) = predicting(make_runs("rte", RTE_LABELS, 80))
    changed = replace(changed, unlabelled_predictions=(float("nan"),) * 40 + TEXTS[40:])
    assert "not certified: 40 of 3,000" in judge(0.01, baseline_of(80), [changed]).reason


def test_a_missed_threshold_fails() -> None:
    """A threshold comes before baseline and certificate."""
    rule = RegressionCriterion("main", "f.json", baseline_of(80), 0.01, 0.05, 1, certify=True)
    judgement = Criteria(GLUE["rte"], "a/b", {"accuracy": 0.9}, rule).judge(unchanged(0), RTE_LABELS)
    assert Verdict.FAIL is judgement.verdict


def test_interim_analyses_share_the_error_rate() -> None:
    """If a verdict is tried twice, the bound of each attempt is wider."""
    once, twice = (judge(0.05, baseline_of(80), unchanged(15), analyses) for analyses in ((), (1, 3)))
    assert once.baseline is not None
    assert twice.baseline is not None
    assert once.baseline["certificate"]["bound"] < twice.baseline["certificate"]["bound"]
    assert 0.95 == twice.baseline["certificate"]["confidence_level"]


def test_another_metric_is_not_certified() -> None:
    """A bound of accuracy says nothing about Matthews: the usual comparison decides, and a note says so."""
    baseline = make_baseline(make_runs("cola", RTE_LABELS, 80, 81), task="cola", headline_metric="matthews_correlation")
    rule = RegressionCriterion("main", "f.json", baseline, 0.02, 0.05, 1, certify=True)
    judgement = Criteria(GLUE["cola"], "a/b", {}, rule).judge(make_runs("cola", RTE_LABELS, 80, 82), RTE_LABELS)
    bounded = "changed predictions bound a drop in accuracy, and the headline metric is matthews_correlation"
    assert f"not certified: {bounded}" in judgement.notes
    assert judgement.baseline is not None
    assert judgement.baseline["certificate"] is None


def test_a_baseline_without_predictions_is_refused() -> None:
    """The message names the file and how to record it."""
    with pytest.raises(BaselineError, match=r"f\.json was saved without --glue-certify.* --glue-save=NAME --glue-cert"):
        check_certifiable(make_baseline(make_runs("rte", RTE_LABELS, 80)), "f.json", [42])


def test_other_seeds_are_refused() -> None:
    """The message names the seeds of both sides, and the option that fits."""
    for recorded, advice in (((80, 81), "--glue-seeds=42,43"), ((80,), "--glue-seeds=42,")):
        with pytest.raises(BaselineError, match=f"has seeds? 42.*, this item seeds 7 and 8: give {advice}$"):
            check_certifiable(baseline_of(*recorded), "f.json", [7, 8])
    check_certifiable(baseline_of(80, 81), "f.json", [7, 43])


def test_other_texts_are_refused() -> None:
    """A baseline of other unlabelled texts does not fit; without a certificate the texts do not matter."""
    baseline = baseline_of(80)
    check_comparable(baseline, "f.json", GLUE["rte"], make_conditions(unlabelled_digest=DIGEST))
    check_comparable(baseline, "f.json", GLUE["rte"], make_conditions())
    other = make_conditions(unlabelled_digest=f"sha256:{'2' * 64}")
    with pytest.raises(BaselineError, match=r"unlabelled texts sha256:1+ in the baseline, sha256:2+ here"):
        check_comparable(baseline, "f.json", GLUE["rte"], other)
