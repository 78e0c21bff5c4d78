"""Verdicts on a metric of which a lower value is better: the right way round, in units of the metric."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import BaselineError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.core.verdict import Judgement, Verdict
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import decode_baseline, encode_baseline
from pytest_glue.gate.baseline_storage import write
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.from_options import _reached_threshold
from pytest_glue.gate.ranking import rank_checkpoints
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.statistics.metrics import compute
from tests.factories import FALLING_LOSS, make_evaluation

MINE = replace(GLUE["stsb"], name="mine", metrics=("mse", "pearson"))
REFERENCES = tuple(np.random.default_rng(30).uniform(0, 5, 200).round(2).tolist())
CI = r"95% CI \d+\.\d{3} to \d+\.\d{3}"


def run(error: float, seed: int, task: Task = MINE, scale: float = 1.0) -> Run:
    """Return a run whose mean squared error is near the square of `error`, in squared units of `scale`."""
    noise, own = (np.random.default_rng(number).normal(size=200) for number in (31, seed))
    predictions = np.asarray(REFERENCES) + error * (0.95 * noise + 0.3 * own)
    numbers = [round(float(each) * scale, 4) for each in predictions]
    scores = compute(task, numbers, [each * scale for each in REFERENCES])
    return Run(seed, scores, FALLING_LOSS, tuple(numbers), duration_s=1.0)


def runs(*errors: float, first_seed: int = 42) -> list[Run]:
    """Return runs with these errors."""
    return [run(error, seed) for seed, error in enumerate(errors, first_seed)]


def judged(found: Sequence[Run], rule: RegressionCriterion | None = None, **thresholds: float) -> Judgement:
    """Return the judgement of runs."""
    return Criteria(MINE, "a/b", thresholds, rule).judge(found, REFERENCES)


def evaluation(found: Sequence[Run], name: str = "a/b") -> Evaluation:
    """Return the passing evaluation of these runs."""
    return make_evaluation(
        found,
        task="mine",
        headline_metric="mse",
        checkpoint=Checkpoint(name, Origin.HUB),
        references=REFERENCES,
        n_eval=len(REFERENCES),
        verdict=Verdict.PASS,
        failed=False,
        threshold=None,
        notes=(),
    )


@pytest.fixture
def rule() -> Callable[..., RegressionCriterion]:
    """Make the criterion of a baseline whose errors are about 0.8."""

    def make(max_drop: float, *errors: float) -> RegressionCriterion:
        recorded = Baseline.of(evaluation(runs(*(errors or (0.79, 0.8, 0.81)))), MINE, {}, {})
        return RegressionCriterion("main", "main/mine/a.json", recorded, max_drop, 0.05, 1)

    return make


def test_an_error_above_the_threshold_fails() -> None:
    """The threshold is the highest score that passes, and the sentence says how far above it the score is."""
    judgement = judged(runs(0.97, 0.97), mse=0.7)
    assert Verdict.FAIL is judgement.verdict
    pattern = rf"mine · a/b: mse \d\.\d{{3}} > threshold 0\.700 \(\+0\.\d{{3}}; n=200, 2 seeds, {CI}\)"
    assert re.fullmatch(pattern, judgement.reason)


def test_an_error_below_the_threshold_passes() -> None:
    judgement = judged(runs(0.5, 0.5), mse=0.7)
    assert Verdict.PASS is judgement.verdict
    assert re.search(r"mse 0\.2\d\d <= threshold 0\.700 \(-0\.4\d\d; ", judgement.reason)


def test_an_error_at_the_threshold_passes() -> None:
    """Rounding does not matter, also where scores are large."""
    found = [run(0.5, 1, scale=1e4)]
    score = found[0].metrics["mse"]
    assert score is not None
    scaled = [each * 1e4 for each in REFERENCES]
    judge = Criteria(MINE, "a/b", {"mse": score * (1 - 1e-12)}).judge
    assert Verdict.PASS is judge(found, scaled).verdict
    assert Verdict.FAIL is Criteria(MINE, "a/b", {"mse": score * (1 - 1e-6)}).judge(found, scaled).verdict


def test_both_directions_in_one_task() -> None:
    """Each threshold is judged its own way round."""
    assert Verdict.PASS is judged(runs(0.5), mse=0.7, pearson=0.8).verdict
    failed = judged(runs(1.5), mse=0.7, pearson=0.8)
    assert re.search(r"mse \d\.\d{3} > threshold 0\.700, pearson 0\.\d{3} < threshold 0\.800", failed.reason)


def test_the_chance_level_is_beaten_from_above() -> None:
    """Without a threshold, the error has to be below that of the best constant."""
    beaten, missed = judged(runs(0.6, 0.6)), judged(runs(1.8, 1.8))
    assert beaten.chance == pytest.approx(np.var(REFERENCES))
    assert (Verdict.PASS, Verdict.FAIL) == (beaten.verdict, missed.verdict)
    assert re.search(r"mse 0\.\d{3} < the chance level \d\.\d{3} \(-\d\.\d{3};", beaten.reason)
    assert re.search(
        r"mse \d\.\d{3} does not beat the chance level \d\.\d{3} \(\+\d\.\d{3}, less than -0\.\d{3} needed;",
        missed.reason,
    )


def test_a_threshold_that_chance_reaches_is_noted() -> None:
    """A threshold at or above the chance level says nothing."""
    level = float(np.var(REFERENCES))
    assert any(
        f"the threshold 4 for mse is not below the chance level {level:.3f}" == each
        for each in judged(runs(0.5), mse=4.0).notes
    )
    assert not [note for note in judged(runs(0.5), mse=1.0).notes if "chance" in note]


def test_small_errors_have_their_digits() -> None:
    """Scores without bounds have enough digits, and never a percentage."""
    task = replace(MINE, metrics=("mse",))
    found = [run(0.5, seed, task, 0.01) for seed in (1, 2)]
    judgement = Criteria(task, "a/b", {"mse": 1e-5}).judge(found, [each * 0.01 for each in REFERENCES])
    assert re.search(
        r"mse 0\.0000[23]\d+ > threshold 0\.0000100 \(\+0\.0000\d+; n=200, 2 seeds, 95% CI 0\.0000", judgement.reason
    )


def test_a_rise_fails(rule: Callable[..., RegressionCriterion]) -> None:
    """Larger errors than the baseline's are a regression, and the sentence speaks of a rise."""
    judgement = judged(runs(1.1, 1.11, 1.12, first_seed=100), rule(0.1))
    assert Verdict.FAIL is judgement.verdict
    pattern = (
        r"mse 1\.\d{3} against main's 0\.\d{3}: a rise of more than 0\.1 \(\+0\.\d{3}; 90% CI \+0\.\d{3} to \+0\.\d{3}"
    )
    assert re.search(pattern, judgement.reason)
    assert judgement.baseline is not None
    assert judgement.baseline["difference"] > 0.1
    assert 0.1 == judgement.baseline["max_drop"]


def test_a_worse_recipe_is_no_improvement(rule: Callable[..., RegressionCriterion]) -> None:
    """Smaller errors pass without an allowed rise, larger ones do not."""
    better, worse = (judged(runs(*errors, first_seed=100), rule(0.0)) for errors in ((0.5, 0.51), (1.0, 1.01)))
    assert (Verdict.PASS, Verdict.FAIL) == (better.verdict, worse.verdict)
    assert ": an improvement, at 95 % confidence (-0." in better.reason
    assert ": a rise (+0." in worse.reason


def test_no_rise_passes(rule: Callable[..., RegressionCriterion]) -> None:
    """An allowed rise may be larger than 1."""
    judgement = judged(runs(0.8, 0.81, 0.82, first_seed=100), rule(2.0))
    assert Verdict.PASS is judgement.verdict
    assert ": no rise of 2 or more, at 95 % confidence" in judgement.reason


def test_an_inconclusive_comparison_names_the_rise_that_is_detectable(rule: Callable[..., RegressionCriterion]) -> None:
    judgement = judged(runs(0.8, 0.81, 0.82, first_seed=100), rule(0.0))
    assert Verdict.INCONCLUSIVE is judgement.verdict
    assert re.search(r"a rise is neither shown nor ruled out\..* a rise of about 0\.\d{3} or more", judgement.reason)
    assert judgement.baseline is not None
    assert judgement.baseline["smallest_visible_drop"] > 0


def test_the_target_score_is_below_chance_and_threshold() -> None:
    """A run may stop once its error is as low as the threshold, and significantly below the chance level."""
    target = Criteria(MINE, "a/b", {"mse": 0.7}).target_score(REFERENCES)
    by_chance = Criteria(MINE, "a/b", {"mse": 50.0}).target_score(REFERENCES)
    assert target == pytest.approx(0.7)
    assert by_chance is not None
    assert 0.7 < by_chance < np.var(REFERENCES)


def test_a_stopped_run_has_an_upper_bound() -> None:
    stopped = [replace(each, stopped=True) for each in runs(0.5)]
    judgement = judged(stopped, mse=0.7)
    assert re.search(r"mse at most 0\.\d{3} <= threshold 0\.700 \(at most -0\.", judgement.reason)
    assert any(
        note.endswith("the score is an upper bound, other metrics are of that epoch") for note in judgement.notes
    )


def test_a_run_that_learned_nothing_is_found_by_its_correlation() -> None:
    """Errors do not show whether a run learned; the correlation of its numbers does."""
    constant = Run(44, {"mse": 2.0, "pearson": None}, FALLING_LOSS, (2.5,) * 200, 1.0)
    judgement = judged([*runs(0.5, 0.5), constant], mse=3.0)
    assert [44] == [each.seed for each in judgement.failed_runs]


def test_the_better_checkpoint_ranks_first() -> None:
    """Best first is lowest first, also in the pairs."""
    ranked = rank_checkpoints([evaluation(runs(1.2, 1.21), "a/high"), evaluation(runs(0.5, 0.52), "a/low")], 0.05)
    assert ranked is not None
    (task,) = ranked["tasks"]
    assert ["a/low", "a/high"] == [each["checkpoint"] for each in task["scores"]]
    assert ("a/low", "a/high") == (task["pairs"][0]["first"], task["pairs"][0]["second"])
    assert task["pairs"][0]["value"] < 0
    assert ["a/low"] == task["best"]


def test_errors_are_not_averaged_over_tasks() -> None:
    """Errors of two tasks have different units: there is no average of the two."""
    found = [evaluation(runs(error, error + 0.01), name) for error, name in ((0.5, "a/x"), (0.9, "a/y"))]
    others = [replace(each, task="other", nodeid=f"{each.nodeid}2") for each in found]
    ranked = rank_checkpoints([*found, *others], 0.05)
    assert ranked is not None
    assert 2 == len(ranked["tasks"])
    assert [] == ranked["average"]


def test_a_baseline_holds_scores_of_the_metrics_range(rule: Callable[..., RegressionCriterion]) -> None:
    """An error above 1 is a score; a negative one is not."""
    recorded = rule(0.0, 2.0, 2.1).baseline
    assert recorded.score > 1
    content = encode_baseline(recorded)
    assert recorded.score == pytest.approx(decode_baseline(content).score)
    content["runs"][0]["metrics"]["mse"] = -0.5
    with pytest.raises(BaselineError, match=r"its mse of seed 42 is -0\.5, which is not a score"):
        decode_baseline(content)


def test_a_lower_error_of_the_same_checkpoint_is_recorded_with_a_caution(tmp_path: Path) -> None:
    """The best of several attempts is the lowest one; a larger error replaces a baseline without a caution."""
    file = tmp_path / "a.json"
    caution = {}
    for name, errors in (("lower", (0.7, 0.71)), ("larger", (0.9, 0.91))):
        write(file, Baseline.of(evaluation(runs(0.8, 0.81)), MINE, {}, {}))
        caution[name] = write(file, Baseline.of(evaluation(runs(*errors, first_seed=7)), MINE, {}, {}))
    assert "The best of several attempts is too high" in caution["lower"]
    assert "Caution" not in caution["larger"]
    assert re.search(r"again: mse 0\.\d{3} -> 0\.\d{3}", caution["larger"])


@pytest.mark.parametrize(
    ("metric", "score", "threshold"),
    [("accuracy", 0.7166, "0.71"), ("mse", 0.7166, "0.717"), ("mse", 0.00012345, "0.000124"), ("mse", 31.5, "31.500")],
)
def test_the_threshold_that_a_score_just_reaches(metric: str, score: float, threshold: str) -> None:
    """It is rounded to the worse side."""
    assert threshold == _reached_threshold(METRICS[metric], score)
