"""Comparisons with a baseline in which runs failed to train, on either side."""

from collections.abc import Sequence
from dataclasses import replace
from math import nan

import pytest

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Judgement, Verdict
from pytest_glue.gate.baseline_codec import decode_baseline, encode_baseline
from pytest_glue.gate.comparability import check_comparable
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion
from tests.factories import RTE_LABELS, make_baseline, make_conditions, make_runs, make_scored_run

RTE = GLUE["rte"]


def failed(count: int, first_seed: int = 500) -> list[Run]:
    """Return runs that predict one class."""
    return [make_scored_run("rte", [0.0] * 277, RTE_LABELS, first_seed + number) for number in range(count)]


def healthy(count: int, wrong: int = 80, first_seed: int = 100) -> list[Run]:
    """Return runs that differ a little in their score."""
    return make_runs("rte", RTE_LABELS, *(wrong + number % 3 - 1 for number in range(count)), first_seed=first_seed)


def judge(candidate: Sequence[Run], recorded: Sequence[Run], max_drop: float = 0.0, family_size: int = 1) -> Judgement:
    """Compare a candidate with a baseline of these runs."""
    rule = RegressionCriterion("main", "f.json", make_baseline(recorded), max_drop, 0.05, family_size)
    return Criteria(RTE, "a/b", {}, rule).judge(candidate, RTE_LABELS)


def test_the_runs_that_trained_are_compared() -> None:
    """Failed runs do not change the score that is compared; sentence, notes and facts count them."""
    judgement = judge([*healthy(4), *failed(1)], healthy(5, first_seed=7))
    assert Verdict.INCONCLUSIVE is judgement.verdict
    assert "4 against 5 seeds; 1 of 5 runs failed to train, 0 of main's 5; n=277)" in judgement.reason
    assert "1 of 5 runs failed to train, which rules out a failure rate above 66 % (at 95 %)" in judgement.notes
    assert judgement.baseline is not None
    assert judgement.baseline["candidate_score"] == pytest.approx(1 - 80 / 277, abs=0.002)
    assert ([], 0.5, None) == tuple(
        judgement.baseline[name] for name in ("failed_runs", "p_failed_runs", "alpha_failed_runs")
    )
    assert [500] == [run.seed for run in judgement.failed_runs]
    assert judgement.confidence_interval is None


def test_a_drop_of_the_runs_that_trained_fails() -> None:
    """A drop is shown although runs failed on both sides."""
    judgement = judge([*healthy(4, 112), *failed(1)], [*healthy(4, first_seed=7), *failed(1)])
    assert Verdict.FAIL is judgement.verdict
    assert ": a drop (-0." in judgement.reason
    assert "of the baseline's runs, seed 500 predicted the same for every example (1 of 5)" in judgement.notes


def test_more_failed_runs_fail() -> None:
    """If the scores show no drop, significantly more failed runs than the baseline's are a fail of their own."""
    judgement = judge([*healthy(3), *failed(7)], healthy(10, first_seed=7))
    assert Verdict.FAIL is judgement.verdict
    assert ": more runs fail to train (p 0.0015) (" in judgement.reason
    assert "7 of 10 runs failed to train, 0 of main's 10" in judgement.reason
    assert judgement.baseline is not None
    assert "fail" == judgement.baseline["verdict"]
    among = judge([*healthy(3), *failed(7)], healthy(10, first_seed=7), family_size=10)
    assert Verdict.INCONCLUSIVE is among.verdict


def test_the_rate_is_shared_only_where_failures_could_be_shown() -> None:
    """Without a failure, or with too few to show anything, the scores have the whole error rate."""
    none, one, six = (
        judge([*healthy(10 - count), *failed(count)], healthy(10, first_seed=7)).baseline for count in (0, 1, 6)
    )
    assert none is not None
    assert one is not None
    assert six is not None
    assert [0.9, 0.9, 0.91] == [each["confidence_level"] for each in (none, one, six)]
    assert [None, None] == [each["alpha_failed_runs"] for each in (none, one)]
    assert six["alpha_failed_runs"] == pytest.approx(0.01)


@pytest.mark.parametrize(("recorded", "verdict"), [(0, Verdict.INCONCLUSIVE), (1, Verdict.PASS), (2, Verdict.PASS)])
def test_a_pass_needs_no_larger_share_of_failed_runs(recorded: int, verdict: Verdict) -> None:
    """A pass of the runs that trained is inconclusive if a larger share failed than in the baseline."""
    judgement = judge([*healthy(4), *failed(1)], [*healthy(5 - recorded, first_seed=7), *failed(recorded)], 0.2)
    assert verdict is judgement.verdict
    sentence = "no drop of 0.2 or more of the runs that trained, but a larger share of failed runs ("
    assert (verdict is Verdict.INCONCLUSIVE) == (sentence in judgement.reason)


def test_a_failed_run_of_the_baseline_does_not_lower_it() -> None:
    """A baseline with a failed run lets no drop through: the candidate is compared with the runs that trained."""
    judgement = judge(healthy(5, 110), [*healthy(4, first_seed=7), *failed(1)])
    assert Verdict.FAIL is judgement.verdict
    assert judgement.baseline is not None
    assert judgement.baseline["baseline_score"] == pytest.approx(1 - 80 / 277, abs=0.002)
    assert [{"seed": 500, "reason": "predicted the same for every example"}] == judgement.baseline["failed_runs"]


def test_every_run_of_the_baseline_failed() -> None:
    """Nothing can be compared with such a baseline; the error says what is wrong with it."""
    with pytest.raises(
        BaselineError, match=r"every run of baseline f\.json failed to train: seeds 500 and 501 predicted"
    ):
        judge(healthy(3), failed(2))


def test_every_run_failed() -> None:
    """The item is degenerate whatever the baseline; the scores are still shown."""
    judgement = judge(failed(3, 900), [*healthy(2, first_seed=7), *failed(1)], 0.5)
    assert Verdict.DEGENERATE is judgement.verdict
    assert ": seeds 900, 901 and 902 predicted the same for every example (3 of 3): accuracy 0.527 against" in (
        judgement.reason
    )


def test_one_example() -> None:
    """A comparison of one example is an error that says what is needed."""
    rule = RegressionCriterion("main", "f.json", make_baseline(healthy(3)), 0.0, 0.05, 1)
    message = r"baseline f\.json: this item has 1 evaluation example, and a comparison needs 2 or more"
    with pytest.raises(BaselineError, match=message):
        Criteria(RTE, "a/b", {}, rule).judge([make_scored_run("rte", [1.0], (1.0,))], (1.0,))
    with pytest.raises(BaselineError, match=message):
        check_comparable(rule.baseline, "f.json", RTE, make_conditions(n_eval=1, references=(1.0,)))


def test_a_run_without_finite_predictions_is_recorded_and_read() -> None:
    """The file holds no prediction and no score of it, and the comparison counts it as failed."""
    broken = make_scored_run("rte", [nan, *RTE_LABELS[1:]], RTE_LABELS, 99)
    recorded = decode_baseline(encode_baseline(make_baseline([*healthy(3, first_seed=7), broken])))
    assert ((), {"accuracy": None}) == (recorded.runs[-1].predictions, recorded.runs[-1].metrics)
    assert recorded.score == pytest.approx(1 - 80 / 277, abs=0.002)
    conditions = make_conditions(recipe=recorded.recipe)
    check_comparable(recorded, "f.json", RTE, conditions)
    judgement = judge(healthy(3), [*healthy(3, first_seed=7), broken])
    assert "of the baseline's runs, seed 99 predicted NaN or infinity (1 of 4)" in judgement.notes


def test_constant_runs_of_a_correlation_are_recorded_and_read() -> None:
    """Their scores are undefined, which is no contradiction; a comparison counts them as failed."""
    cola, metric = GLUE["cola"], "matthews_correlation"
    learned = make_runs("cola", RTE_LABELS, 60, 62, 64, first_seed=7)
    recorded = make_baseline(
        [*learned, make_scored_run("cola", [1.0] * 277, RTE_LABELS, 99)], task="cola", headline_metric=metric
    )
    recorded = decode_baseline(encode_baseline(recorded))
    assert [7, 8, 9] == [run.seed for run in recorded.scored_runs]
    check_comparable(recorded, "f.json", cola, make_conditions(recipe=recorded.recipe))
    rule = RegressionCriterion("main", "f.json", recorded, 0.0, 0.05, 1)
    found = make_runs("cola", RTE_LABELS, 61, 63, 65, first_seed=100)
    judgement = Criteria(cola, "a/b", {}, rule).judge(found, RTE_LABELS)
    assert Verdict.INCONCLUSIVE is judgement.verdict
    assert "of the baseline's runs, seed 99 predicted the same for every example (1 of 4)" in judgement.notes
    edited = replace(recorded, runs=(replace(recorded.runs[0], metrics={metric: None}), *recorded.runs[1:]))
    with pytest.raises(BaselineError, match=r"its matthews_correlation of seed 7 is None, its predictions score 0\.5"):
        check_comparable(edited, "f.json", cola, make_conditions(recipe=recorded.recipe))


def test_a_baseline_without_any_score() -> None:
    """A file whose runs all have no score is refused when it is read."""
    runs = [replace(run, metrics={"accuracy": None}) for run in healthy(2)]
    with pytest.raises(BaselineError, match="its accuracy is undefined for every run"):
        decode_baseline(encode_baseline(make_baseline(runs)))
