"""Verdicts on checkpoints that are evaluated as they are."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import BaselineError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Judgement, Verdict
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import decode_baseline, encode_baseline
from pytest_glue.gate.comparability import check_comparable
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.ranking import rank_checkpoints
from pytest_glue.gate.regression import RegressionCriterion
from tests.factories import DIGEST, RTE_LABELS, make_baseline, make_conditions, make_evaluation, make_runs

RTE = GLUE["rte"]


def recorded(*wrong: int, evaluate_only: bool = True) -> Baseline:
    """Return a baseline with these numbers of wrong predictions."""
    runs = make_runs("rte", RTE_LABELS, *wrong)
    return make_baseline(runs, evaluate_only=evaluate_only, n_train=0 if evaluate_only else 2490)


def judged(runs: Sequence[Run], baseline: Baseline | None = None, max_drop: float = 0.02, **rule: Any) -> Judgement:
    """Return the judgement of a checkpoint that is evaluated only, compared with a baseline if there is one."""
    criterion = None
    if baseline is not None:
        criterion = RegressionCriterion("main", "main.json", baseline, max_drop, 0.05, 1, evaluate_only=True, **rule)
    return Criteria(RTE, "a/b", {}, criterion, evaluate_only=True).judge(runs, RTE_LABELS)


def of(*wrong: int) -> list[Run]:
    return make_runs("rte", RTE_LABELS, *wrong, first_seed=7)


def test_two_fixed_models_are_compared_over_examples() -> None:
    """A drop is shown, or ruled out, with one run on each side; the sentence says that seeds are not covered."""
    fail, passed = judged(of(120), recorded(80)), judged(of(40), recorded(80))
    assert (Verdict.FAIL, Verdict.PASS) == (fail.verdict, passed.verdict)
    assert re.fullmatch(
        r"rte · a/b: accuracy 0\.567 against main's 0\.711: a drop of more than 0\.02 "
        r"\(-0\.144; 90% CI -0\.\d{3} to -0\.\d{3}; both evaluated only, so seeds are not covered; n=277\)",
        fail.reason,
    )
    assert fail.baseline is not None
    assert (0.0, "fixed models") == (fail.baseline["standard_error_seeds"], fail.baseline["spread_source"])
    assert not any("failed to train" in note for note in fail.notes)
    assert "the interval covers examples: the checkpoint was evaluated as it is" in fail.notes


def test_an_inconclusive_comparison_of_fixed_models_asks_for_no_seeds() -> None:
    judgement = judged(of(82), recorded(80))
    assert Verdict.INCONCLUSIVE is judgement.verdict
    assert "With this split, the test run could only have shown a drop of about" in judgement.reason
    assert "to detect 0.02, a larger split is needed (" in judgement.reason
    assert "--glue-seeds" not in judgement.reason


def test_the_seeds_of_a_fine_tuned_baseline_count() -> None:
    """They are the only variance between seeds; one seed does not show it."""
    several = judged(of(120), recorded(78, 80, 82, evaluate_only=False))
    assert Verdict.FAIL is several.verdict
    assert "; evaluated only, against 3 seeds; n=277)" in several.reason
    assert several.baseline is not None
    assert several.baseline["standard_error_seeds"] > 0
    one = make_baseline(make_runs("cola", RTE_LABELS, 80), task="cola", headline_metric="matthews_correlation")
    rule = RegressionCriterion("main", "main.json", one, 0.02, 0.05, 1, evaluate_only=True)
    found = Criteria(GLUE["cola"], "a/b", {}, rule, evaluate_only=True)
    unknown = found.judge(make_runs("cola", RTE_LABELS, 120, first_seed=7), RTE_LABELS)
    assert Verdict.INCONCLUSIVE is unknown.verdict
    assert "because the baseline's one seed does not show the variance between seeds: record it with" in unknown.reason


def test_a_fine_tuned_candidate_and_a_baseline_that_was_evaluated_only() -> None:
    rule = RegressionCriterion("main", "main.json", recorded(80), 0.02, 0.05, 1)
    found = Criteria(RTE, "a/b", {}, rule).judge(of(118, 120, 122), RTE_LABELS)
    assert Verdict.FAIL is found.verdict
    assert "; 3 seeds against a checkpoint that was evaluated only; n=277)" in found.reason


def test_a_score_without_a_baseline_names_no_seeds() -> None:
    judgement = judged(of(80))
    assert Verdict.PASS is judgement.verdict
    assert re.search(r"n=277, evaluated only, 95% CI 0\.\d{3} to 0\.\d{3}\)$", judgement.reason)


@pytest.mark.parametrize("compared", [False, True])
def test_constant_predictions_are_a_score(compared: bool) -> None:  # noqa: FBT001
    """Nothing was trained, so that nothing failed to train: the verdict is fail, and a note names the defect."""
    constant = make_runs("rte", RTE_LABELS, 0)[0]
    constant = replace(constant, predictions=(1.0,) * 277, metrics={"accuracy": 131 / 277})
    judgement = judged([constant], recorded(78, 80, 82, evaluate_only=False) if compared else None)
    assert (Verdict.FAIL, ()) == (judgement.verdict, judgement.failed_runs)
    assert "the checkpoint predicted the same for every example" in judgement.notes


def test_predictions_that_are_not_finite_are_degenerate() -> None:
    broken = replace(of(80)[0], predictions=(float("nan"),) * 277, metrics={"accuracy": None})
    judgement = judged([broken])
    assert Verdict.DEGENERATE is judgement.verdict
    assert "the checkpoint predicted NaN or infinity" in judgement.reason


def test_only_alike_sides_are_certified() -> None:
    """Runs of the same seed are a pair only if both were fine-tuned, or neither."""
    texts = replace(of(80)[0], unlabelled_predictions=(0.0, 1.0))
    tuned = recorded(80, 80, evaluate_only=False)
    note = "not certified: only one of checkpoint and baseline was fine-tuned, so no runs are a pair"
    assert note in judged([texts], tuned, certify=True).notes


def test_a_baseline_says_that_it_was_evaluated_only() -> None:
    """Its file has the fact; files of fine-tuned checkpoints are what they were before."""
    conditions = {"evaluate_only": True, "n_train": 0}
    baseline = Baseline.of(make_evaluation(of(80), **conditions), RTE, {}, {})
    content = encode_baseline(baseline)
    assert (True, 0) == (content["evaluate_only"], content["n_train"])
    assert baseline == decode_baseline(json.loads(json.dumps(content)))
    assert "evaluate_only" not in encode_baseline(recorded(80, evaluate_only=False))
    with pytest.raises(BaselineError, match="it was evaluated only and holds 2 runs; a fixed model has one"):
        decode_baseline(json.loads(json.dumps(encode_baseline(recorded(80, 81)))))


@pytest.mark.parametrize("evaluate_only", [False, True])
def test_what_concerns_a_training_is_compared_between_alike_sides_only(evaluate_only: bool) -> None:  # noqa: FBT001
    other = make_conditions(
        evaluate_only=not evaluate_only, n_train=7, data_digest=f"sha256:{'2' * 64}", recipe={"optim": "adafactor"}
    )
    baseline = recorded(80, evaluate_only=evaluate_only)
    check_comparable(baseline, "main.json", RTE, other)
    with pytest.raises(BaselineError, match="number of training examples"):
        check_comparable(baseline, "main.json", RTE, replace(other, evaluate_only=evaluate_only))
    alike = make_conditions(evaluate_only=evaluate_only, n_train=baseline.n_train, data_digest=DIGEST)
    check_comparable(baseline, "main.json", RTE, alike)
    with pytest.raises(BaselineError, match="number of evaluation examples 277 in the baseline, 276 here"):
        check_comparable(baseline, "main.json", RTE, replace(other, n_eval=276))


def test_fixed_models_are_ranked() -> None:
    """Examples alone give the difference a p value."""
    names: Callable[[str], Checkpoint] = lambda name: Checkpoint(name, Origin.HUB)  # noqa: E731
    found = [
        make_evaluation(make_runs("rte", RTE_LABELS, wrong), checkpoint=names(name), evaluate_only=True)
        for name, wrong in (("a", 60), ("b", 120))
    ]
    ranks = rank_checkpoints(found, 0.05)
    assert ranks is not None
    (task,) = ranks["tasks"]
    (pair,) = task["pairs"]
    assert (["a"], "examples", True) == (task["best"], pair["covers"], pair["p_value"] < 0.05)
    assert ["examples", "examples"] == [each["covers"] for each in task["scores"]]
