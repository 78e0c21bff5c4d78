"""An item whose headline metric needs probabilities, or whose predictions are sets of labels: verdict and baseline."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.errors import BaselineError, OptionError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE, Kind, Task
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import decode_baseline, encode_baseline
from pytest_glue.gate.comparability import check_comparable
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.from_options import check_judged
from pytest_glue.gate.ranking import rank_checkpoints
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.gate.scored import outputs_of
from pytest_glue.gate.slices import SliceCriteria
from pytest_glue.statistics.logits import encode_logits
from pytest_glue.statistics.metrics import compute, score
from tests.factories import CHECKPOINT, FALLING_LOSS, make_evaluation

N = 300
OWN = Task("tickets", "tickets", ("text",), ("a", "b", "c"), ("roc_auc", "accuracy"))
TAGS = replace(OWN, kind=Kind.MULTI_LABEL, metrics=("f1_micro", "average_precision"))


def simulated_runs(task: Task, signal: float, seed: int = 0, runs: int = 3) -> tuple[list[Run], tuple[float, ...]]:
    """Return runs whose logits know the more, the larger the signal, and references that are the same for all."""
    of_gold, rng = np.random.default_rng(100), np.random.default_rng(seed)
    bits = 2 ** np.arange(3)
    if task.is_multi_label:
        has = of_gold.random((N, 3)) < 0.4
        gold: Any = has @ bits
    else:
        gold = of_gold.integers(0, 3, N)
        has = np.eye(3)[gold] == 1
    difficulty = of_gold.normal(size=(N, 3))
    found = []
    for number in range(runs):
        logits = signal * (2 * has - 1) + difficulty + rng.normal(size=(N, 3)) / 2
        predictions = (logits > 0) @ bits if task.is_multi_label else logits.argmax(axis=-1)
        kept = encode_logits(logits)
        scores = compute(task, predictions, gold, logits.astype(np.float32))
        found.append(Run(number, scores, FALLING_LOSS, tuple(predictions.astype(float).tolist()), 1.0, logits=kept))
    return found, tuple(gold.astype(float).tolist())


def recorded(task: Task, runs: Sequence[Run], references: tuple[float, ...]) -> Baseline:
    """Return the baseline that these runs make, as it is read back from its file."""
    evaluation = make_evaluation(runs, task=task.name, n_eval=N, references=references, kind=task.kind)
    return decode_baseline(json.loads(json.dumps(encode_baseline(Baseline.of(evaluation, task, {}, {})))))


@pytest.mark.parametrize("task", [OWN, TAGS])
def test_good_runs_beat_chance_and_bad_ones_do_not(task: Task) -> None:
    """The verdict has an interval, and names the chance level of the metric."""
    (good, references), (bad, _) = simulated_runs(task, 1.0), simulated_runs(task, 0.0)
    judgement = Criteria(task, "a/b", {}).judge(good, references)
    assert Verdict.PASS is judgement.verdict
    assert judgement.confidence_interval is not None
    assert f"{task.headline_metric} 0." in judgement.reason
    assert Verdict.FAIL is Criteria(task, "a/b", {}).judge(bad, references).verdict


@pytest.mark.parametrize("task", [OWN, TAGS])
def test_a_comparison_with_a_baseline(task: Task) -> None:
    """A drop fails, an equal candidate passes; both sides are scored from what the baseline's file holds."""
    baseline_runs, references = simulated_runs(task, 1.0, seed=1)
    baseline = recorded(task, baseline_runs, references)
    rule = RegressionCriterion("main", "main.json", baseline, 0.05, 0.05, 1)
    verdicts = [
        Criteria(task, "a/b", {}, rule).judge(simulated_runs(task, signal, seed=2)[0], references).verdict
        for signal in (1.0, 0.4)
    ]
    assert [Verdict.PASS, Verdict.FAIL] == verdicts


def test_a_slice_is_scored_from_its_own_logits() -> None:
    """Its score, interval and comparison are those of its examples."""
    (runs, references), (before, _) = simulated_runs(OWN, 1.0), simulated_runs(OWN, 1.0, seed=1)
    rule = RegressionCriterion("main", "main.json", recorded(OWN, before, references), 0.2, 0.05, 1)
    indices = tuple(range(100, 220))
    slices = SliceCriteria({"part": indices}, {"part": {"roc_auc": 0.5}}, N)
    (found,) = Criteria(OWN, "a/b", {}, rule, slices=slices).judge(runs, references).slices
    logits = [outputs[list(indices)] for outputs in outputs_of("roc_auc", runs)]
    of_part = score("roc_auc", logits, [references[index] for index in indices])
    assert found.score == pytest.approx(of_part.mean())
    assert found.confidence_interval is not None
    assert found.baseline is not None
    assert Verdict.PASS is found.verdict


def test_a_baseline_keeps_logits_and_the_score_is_checked() -> None:
    """Logits survive the file exactly; those of other predictions contradict the score."""
    runs, references = simulated_runs(OWN, 1.0)
    baseline = recorded(OWN, runs, references)
    assert [run.logits for run in runs] == [run.logits for run in baseline.runs]
    conditions = make_evaluation(runs, n_eval=N, references=references).conditions
    check_comparable(baseline, "main.json", OWN, conditions)
    first = replace(baseline.runs[0], logits=simulated_runs(OWN, 0.0)[0][0].logits)
    edited = replace(baseline, runs=(first, *baseline.runs[1:]))
    with pytest.raises(BaselineError, match="contradicts itself: its roc_auc of seed 0 is"):
        check_comparable(edited, "main.json", OWN, conditions)
    damaged = replace(baseline, runs=(replace(first, logits="AAAAAAAAAAA="), *baseline.runs[1:]))
    with pytest.raises(BaselineError, match=r"contradicts itself: .*do not fit 300 examples"):
        check_comparable(damaged, "main.json", OWN, conditions)


def test_a_baseline_without_logits_is_refused() -> None:
    """If the headline metric needs them, the file is incomplete."""
    content = encode_baseline(recorded(OWN, *simulated_runs(OWN, 1.0)))
    del content["runs"][1]["logits"]
    with pytest.raises(BaselineError, match="its run of seed 1 lacks the logits that roc_auc is computed from"):
        decode_baseline(content)


@pytest.mark.parametrize("task", [OWN, TAGS])
def test_checkpoints_are_ranked(task: Task) -> None:
    """The better checkpoint is first, and significantly better."""
    evaluations = []
    for name, signal in (("a/good", 1.2), ("a/bad", 0.3)):
        runs, references = simulated_runs(task, signal)
        parts = {"n_eval": N, "references": references, "checkpoint": replace(CHECKPOINT, name=name)}
        evaluations.append(make_evaluation(runs, task=task.name, kind=task.kind, **parts))
    ranks = rank_checkpoints(evaluations, 0.05)
    assert ranks is not None
    assert [[CHECKPOINT.label.replace("a/b", "a/good")]] == [task["best"] for task in ranks["tasks"]]


def test_a_run_that_learned_nothing_is_found_by_its_labels() -> None:
    """Of sets of labels, each label is a prediction of its own; exact sets are too rare to tell."""
    runs, references = simulated_runs(TAGS, 1.0)
    shuffled = tuple(np.random.default_rng(1).permutation(runs[0].predictions).tolist())
    scores = compute(replace(TAGS, metrics=("f1_micro",)), shuffled, references)
    broken = replace(runs[0], predictions=shuffled, metrics={**runs[0].metrics, **scores}, seed=9)
    judgement = Criteria(TAGS, "a/b", {"f1_micro": 0.5}).judge([*runs, broken], references)
    assert [9] == [run.seed for run in judgement.failed_runs]


def test_a_rare_class_is_learned_although_it_is_never_predicted() -> None:
    """A run that always predicts the frequent class has trained if its probabilities tell the classes apart."""
    rng, gold = np.random.default_rng(3), (np.arange(N) % 20 == 0).astype(float)
    task = replace(GLUE["rte"], metrics=("roc_auc", "accuracy"))
    found = []
    for signal in (1.5, 0.0):
        logits = np.stack([np.full(N, 9.0), signal * gold + rng.normal(size=N)], axis=-1).astype(np.float32)
        scores = compute(task, np.zeros(N), gold, logits)
        run = Run(1, scores, FALLING_LOSS, (0.0,) * N, 1.0, logits=encode_logits(logits))
        found.append(Criteria(task, "a/b", {"roc_auc": 0.5}).judge([run], gold.tolist()))
    assert [(Verdict.PASS, ()), (Verdict.DEGENERATE, "predicted the same for every example")] == [
        (each.verdict, each.failed_runs and each.failed_runs[0].reason) for each in found
    ]


@pytest.mark.parametrize("metric", ["recall", "expected_calibration_error", "precision_macro"])
def test_a_metric_without_a_chance_level_needs_a_threshold_or_a_baseline(metric: str) -> None:
    """The error names both remedies, before anything is trained."""
    task = replace(GLUE["rte"], metrics=(metric, "accuracy"))
    with pytest.raises(OptionError, match=f"{metric} has no chance level.*threshold=rte=VALUE, or --glue-compare"):
        check_judged(EvaluationSpec(Options(), task, CHECKPOINT))
    check_judged(EvaluationSpec(Options(threshold={("rte", metric): 0.5}), task, CHECKPOINT))
