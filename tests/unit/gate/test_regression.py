"""The comparison with a baseline: verdict, sentence and facts."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Judgement, Verdict
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.diagnostics import examine, examine_baseline
from pytest_glue.gate.regression import RegressionCriterion, against_baseline
from tests.factories import RTE_LABELS, make_baseline, make_runs, make_scored_run

RunSource = Callable[..., list[Run]]
Make = Callable[..., Baseline]
Labels = tuple[float, ...]


def facts(rule: RegressionCriterion, runs: list[Run]) -> Mapping[str, Any]:
    """Return the facts of the comparison of these runs."""
    task = GLUE["rte"]
    candidate, recorded = examine(task, runs, RTE_LABELS), examine_baseline(task, rule.baseline, RTE_LABELS)
    return against_baseline(rule, candidate, recorded, RTE_LABELS).facts


@pytest.fixture
def rule() -> Callable[..., RegressionCriterion]:
    """Make the criterion of a baseline `main`; by default of three seeds with accuracy around 0.71."""

    def make(max_drop: float, *wrong: int, family_size: int = 1) -> RegressionCriterion:
        recorded = make_baseline(make_runs("rte", RTE_LABELS, *(wrong or (78, 80, 82))))
        return RegressionCriterion("main", "glue-baselines/main/rte/sample.json", recorded, max_drop, 0.05, family_size)

    return make


@pytest.fixture
def judge() -> Callable[..., Judgement]:
    """Judge a candidate whose runs have these numbers of wrong predictions and other seeds than the baseline."""

    def judged(rule: RegressionCriterion, *wrong: int, **thresholds: float) -> Judgement:
        found = make_runs("rte", RTE_LABELS, *wrong, first_seed=100)
        return Criteria(GLUE["rte"], "a/b", thresholds, rule).judge(found, RTE_LABELS)

    return judged


def test_a_drop_fails(rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]) -> None:
    """The sentence has both scores, the allowed drop, the difference with its interval, and both numbers of seeds."""
    judgement = judge(rule(0.02), 108, 110, 112)
    assert Verdict.FAIL is judgement.verdict
    assert re.fullmatch(
        r"rte · a/b: accuracy 0\.603 against main's 0\.711: a drop of more than 0\.02 "
        r"\(-0\.108; 90% CI -0\.\d{3} to -0\.\d{3}; 3 against 3 seeds; n=277\)",
        judgement.reason,
    )


def test_without_an_allowed_drop_any_drop_fails(
    rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]
) -> None:
    """Without an allowed drop the sentence names a drop without a number."""
    assert "against main's 0.711: a drop (-0.108; " in judge(rule(0.0), 108, 110, 112).reason


def test_no_drop_passes(rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]) -> None:
    """A candidate that is shown not to have dropped by the allowed drop passes."""
    judgement = judge(rule(0.2), 79, 80, 83)
    assert Verdict.PASS is judgement.verdict
    assert "against main's 0.711: no drop of 0.2 or more, at 95 % confidence (-0.002; 90% CI " in judgement.reason


def test_an_improvement_passes_without_an_allowed_drop(
    rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]
) -> None:
    """Without an allowed drop only an improvement passes."""
    judgement = judge(rule(0.0), 20, 21, 22)
    assert Verdict.PASS is judgement.verdict
    assert "against main's 0.711: an improvement, at 95 % confidence (+0.213; " in judgement.reason


def test_an_inconclusive_sentence_names_the_detectable_drop(
    rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]
) -> None:
    """An inconclusive sentence has the minimum detectable drop and says that more seeds would not help."""
    judgement = judge(rule(0.001), 78, 84, 80)
    assert Verdict.INCONCLUSIVE is judgement.verdict
    assert re.search(
        r": a drop of more than 0\.001 is neither shown nor ruled out\. "
        r"With these seeds and this split, the test run could only have shown a drop of about 0\.\d{3} or more "
        r"\(power 80 %\); no number of seeds is enough to detect 0\.001 on this split \(",
        judgement.reason,
    )
    assert judgement.baseline is not None
    assert (
        f"only have shown a drop of about {judgement.baseline['smallest_visible_drop']:.3f} or more" in judgement.reason
    )


def test_an_inconclusive_sentence_names_the_seeds_needed(
    rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]
) -> None:
    """If more seeds could detect the allowed drop, the sentence has their number."""
    shaky = rule(0.15, 40, 80, 120)
    judgement = judge(shaky, 45, 82, 118)
    assert Verdict.INCONCLUSIVE is judgement.verdict
    assert judgement.baseline is not None
    assert judgement.baseline["seeds_needed"] > 3
    assert (
        "(power 80 %); to detect 0.15, record the baseline anew with {0} seeds and use --glue-seeds={0} (".format(
            judgement.baseline["seeds_needed"]
        )
        in judgement.reason
    )


def test_a_comparison_that_can_detect_nothing_says_so(
    rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]
) -> None:
    """If even a drop to the lowest score would not be detected, the sentence says so instead of a number above it."""
    judgement = judge(rule(0.0, 20, 160, family_size=10), 30, 150)
    assert judgement.baseline is not None
    assert judgement.baseline["smallest_visible_drop"] is None
    assert (
        "neither shown nor ruled out. With these seeds and this split, even a drop to 0 would be shown in less than "
        "80 % of the test runs (" in judgement.reason
    )


def test_one_seed_a_side_uses_the_published_variance(
    rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]
) -> None:
    """With one seed on each side the published variance is used, and the facts name its source."""
    judgement = judge(rule(0.02, 80), 200)
    assert Verdict.FAIL is judgement.verdict
    assert judgement.baseline is not None
    assert "IBM/model-recycling" in judgement.baseline["spread_source"]
    assert "1 against 1 seed" in judgement.reason


def test_one_seed_a_side_without_a_published_variance() -> None:
    """If the variance between seeds is unknown, the verdict is inconclusive and the sentence names the remedy."""
    recorded = make_baseline(make_runs("cola", RTE_LABELS, 80), task="cola", headline_metric="matthews_correlation")
    found = make_runs("cola", RTE_LABELS, 200, first_seed=100)
    judgement = Criteria(GLUE["cola"], "a/b", {}, RegressionCriterion("main", "f.json", recorded, 0.02, 0.05, 1)).judge(
        found, RTE_LABELS
    )
    assert Verdict.INCONCLUSIVE is judgement.verdict
    assert (
        ": a drop of more than 0.02 is neither shown nor ruled out, because one seed on each side does not show "
        "the variance between seeds: use --glue-seeds=3 or more for both (-"
    ) in judgement.reason
    assert judgement.reason.endswith("; 1 against 1 seed; n=277)")


def test_a_family_shares_the_error_rate(rule: Callable[..., RegressionCriterion]) -> None:
    """Among ten items a fail needs more evidence than alone; a pass does not."""
    found = make_runs("rte", RTE_LABELS, 100, 102, 104, first_seed=100)
    alone, among = (facts(rule(0.02, family_size=size), found) for size in (1, 10))
    assert alone["p_fail"] == among["p_fail"]
    assert alone["confidence_interval"][1] < among["confidence_interval"][1]
    assert alone["confidence_interval"][0] == pytest.approx(among["confidence_interval"][0])
    assert (1, 10) == (alone["family_size"], among["family_size"])


def test_thresholds_come_before_the_baseline(
    rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]
) -> None:
    """A score below its threshold fails; one above it is still compared with the baseline."""
    low, dropped = judge(rule(0.2), 79, 80, 83, accuracy=0.8), judge(rule(0.02), 108, 110, 112, accuracy=0.3)
    assert (Verdict.FAIL, Verdict.FAIL) == (low.verdict, dropped.verdict)
    assert "accuracy 0.709 < threshold 0.800 (" in low.reason
    assert "a drop of more than 0.02" in dropped.reason


def test_a_drop_of_broken_runs_is_degenerate(rule: Callable[..., RegressionCriterion]) -> None:
    """A drop because of constant predictions is degenerate; the sentence has the drop and the defect."""
    found = [make_scored_run("rte", [0.0] * 277, RTE_LABELS, seed) for seed in (7, 8, 9)]
    judgement = Criteria(GLUE["rte"], "a/b", {}, rule(0.02)).judge(found, RTE_LABELS)
    assert Verdict.DEGENERATE is judgement.verdict
    assert ": seeds 7, 8 and 9 predicted the same for every example (3 of 3): " in judgement.reason


def test_the_facts_are_plain(rule: Callable[..., RegressionCriterion], judge: Callable[..., Judgement]) -> None:
    """The facts are plain data with the baseline's name, file, checkpoint and seeds."""
    facts = judge(rule(0.02), 78, 84, 80).baseline
    assert facts is not None
    assert facts == json.loads(json.dumps(facts)) | {"confidence_interval": facts["confidence_interval"]}
    assert ("main", "glue-baselines/main/rte/sample.json", "a/b", [42, 43, 44], 0.02, 0.05) == (
        facts["name"],
        facts["file"],
        facts["checkpoint"]["name"],
        facts["seeds"],
        facts["max_drop"],
        facts["alpha"],
    )
    assert facts["difference"] == facts["candidate_score"] - facts["baseline_score"]


@pytest.fixture
def repeated(rule: Callable[..., RegressionCriterion]) -> RegressionCriterion:
    """The criterion without an allowed drop, with interim analyses of 3, 5, 8 and 10 seeds."""
    return replace(rule(0.0, 76, 78, 80, 82, 84), interim_analyses=(3, 5, 8, 10))


def test_seeds_that_would_hardly_decide_are_futile(
    repeated: RegressionCriterion, judge: Callable[..., Judgement]
) -> None:
    """An unchanged checkpoint is inconclusive and futile; sentence and facts give the conditional power."""
    judgement = judge(repeated, 70, 90, 100)
    assert (Verdict.INCONCLUSIVE, True) == (judgement.verdict, judgement.is_futile)
    assert judgement.baseline is not None
    power = judgement.baseline["conditional_power"]
    assert 0.01 <= power < 0.1
    stated = f"conditional power {100 * power:.0f} %"
    assert f"; further seeds, up to 10, would hardly decide it: {stated} (" in judgement.reason


def test_seeds_that_may_decide_are_not_futile(repeated: RegressionCriterion, judge: Callable[..., Judgement]) -> None:
    """A drop that almost fails is inconclusive, and further seeds are likely to decide."""
    judgement = judge(repeated, 80, 100, 120)
    assert (Verdict.INCONCLUSIVE, False) == (judgement.verdict, judgement.is_futile)
    assert judgement.baseline is not None
    assert judgement.baseline["conditional_power"] > 0.1
    assert "hardly" not in judgement.reason


def test_the_last_analysis_is_not_futile(repeated: RegressionCriterion, judge: Callable[..., Judgement]) -> None:
    """After the last seed there is no conditional power: nothing comes later."""
    judgement = judge(repeated, *range(70, 90, 2))
    assert (Verdict.INCONCLUSIVE, False) == (judgement.verdict, judgement.is_futile)
    assert judgement.baseline is not None
    assert judgement.baseline["conditional_power"] is None


def test_a_missed_threshold_is_not_futile(repeated: RegressionCriterion, judge: Callable[..., Judgement]) -> None:
    """A missed threshold fails whatever the comparison says, so it is no inconclusive verdict."""
    judgement = judge(repeated, 70, 90, 100, accuracy=0.9)
    assert (Verdict.FAIL, False) == (judgement.verdict, judgement.is_futile)


@pytest.mark.parametrize("first_seed", [42, 43, 100])
def test_seeds_that_both_sides_use_are_taken_as_independent(
    rule: Callable[..., RegressionCriterion], first_seed: int
) -> None:
    """Whether both sides have all, some or no seeds in common, the comparison is the same: runs are not paired."""
    runs = make_runs("rte", RTE_LABELS, 79, 90, 84, first_seed=100)
    renumbered = [replace(run, seed=first_seed + index) for index, run in enumerate(runs)]
    assert facts(rule(0.02), runs) == facts(rule(0.02), renumbered)


def test_failed_runs_may_decide_where_the_scores_do_not(repeated: RegressionCriterion) -> None:
    """If a larger share of the candidate's runs failed, more seeds can show that, so they are not futile."""
    trained = make_runs("rte", RTE_LABELS, 70, 90, 100, 85, first_seed=100)
    failed = make_scored_run("rte", [0.0] * len(RTE_LABELS), RTE_LABELS, 104)
    criteria = Criteria(GLUE["rte"], "a/b", {}, repeated)
    assert criteria.judge(trained[:3], RTE_LABELS).is_futile
    judgement = criteria.judge([*trained, failed], RTE_LABELS)
    assert (Verdict.INCONCLUSIVE, False) == (judgement.verdict, judgement.is_futile)
    assert judgement.baseline is not None
    assert judgement.baseline["conditional_power"] < 0.1
