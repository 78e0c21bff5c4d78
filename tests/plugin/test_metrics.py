"""Metrics that need probabilities, from the fine-tuning to the report."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.own_data import write_tickets, write_topics
from tests.plugin.conftest import SUITE, Run

CONFTEST = """
from dataclasses import replace
from pytest_glue.core.tasks import GLUE

def pytest_glue_register_tasks(registry):
    registry.add(replace(GLUE["mrpc"], name="mine", metrics={metrics}))
"""


def test_probabilities_are_trained_cached_saved_and_compared(pytester: pytest.Pytester, tiny: Run) -> None:
    """The best epoch is chosen by the area under the ROC curve; a cached run has the same scores."""
    pytester.makeconftest(CONFTEST.format(metrics=("roc_auc", "average_precision", "log_loss", "f1_macro")))
    options = ("--glue-threshold=mine=0", "--glue-recipe=num_train_epochs=2", "--glue-json=report.json")
    common = ("--glue-tasks=mine", *options)
    trained = tiny(*common, "--glue-save=main", "--glue-seeds=2")
    trained.assert_outcomes(passed=1)
    first = json.loads(Path("report.json").read_text(encoding="utf-8"))["results"][0]
    best = [max(epoch["metrics"]["roc_auc"] for epoch in run["history"]) for run in first["runs"]]
    assert [run["metrics"]["roc_auc"] for run in first["runs"]] == best
    assert {"roc_auc", "average_precision", "log_loss", "f1_macro"} == set(first["runs"][0]["history"][0]["metrics"])
    tiny(*common, "--glue-compare=main", "--glue-seeds=2", "--glue-max-drop=mine=0.9").assert_outcomes(passed=1)
    again = json.loads(Path("report.json").read_text(encoding="utf-8"))["results"][0]
    assert [True, True] == [run["cached"] for run in again["runs"]]
    assert first["metrics"] == again["metrics"]
    assert 0.0 == again["baseline"]["difference"]


def test_a_metric_that_does_not_fit_is_refused(pytester: pytest.Pytester, tiny: Run) -> None:
    """A registered task with a metric of another kind ends the test run before it starts."""
    pytester.makeconftest(CONFTEST.format(metrics=("pearson",)))
    result = tiny("--glue-tasks=mine")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*adds the task 'mine': the metric 'pearson' does not fit the kind classification; *"])


def test_a_metric_without_a_chance_level_needs_a_bound(pytester: pytest.Pytester, tiny: Run) -> None:
    """Its item is an error that names the remedies, and nothing is trained."""
    pytester.makeconftest(CONFTEST.format(metrics=("recall",)))
    result = tiny("--glue-tasks=mine")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*recall has no chance level*give a threshold, or compare with a baseline*"])


SAVES = """
def test_glue(glue_evaluation, glue_trainer):
    glue_evaluation.check()
    glue_trainer.save_model("tuned")
"""


def test_an_evaluated_checkpoint_keeps_its_logits(pytester: pytest.Pytester, here: Run) -> None:
    """With `--glue-evaluate-only`, the scores are those at the end of the fine-tuning, and are cached."""
    pytester.makeconftest(CONFTEST.format(metrics=("roc_auc", "log_loss")))
    pytester.makepyfile(test_saves=SAVES, test_suite=SUITE)
    common = ("--glue-tasks=mine", "--glue-max-eval-samples=48", "--glue-threshold=mine=0", "--glue-json=report.json")
    tuned = ("--glue-checkpoints=sample", "--glue-max-train-samples=64", "--glue-recipe=num_train_epochs=1")
    here("test_saves.py", "--glue-data=sample", *common, *tuned).assert_outcomes(passed=1)
    evaluated = ("test_suite.py", "--glue-data=sample", *common, "--glue-checkpoints=tuned", "--glue-evaluate-only")
    results = [json.loads(Path("report.json").read_text(encoding="utf-8"))["results"][0]]
    for _ in range(2):
        here(*evaluated).assert_outcomes(passed=1)
        results.append(json.loads(Path("report.json").read_text(encoding="utf-8"))["results"][0])
    assert results[0]["metrics"] == pytest.approx(results[1]["metrics"], abs=1e-6)
    assert results[1]["metrics"] == results[2]["metrics"]
    assert results[2]["runs"][0]["cached"]


OWN = """
[tool.pytest_glue]
checkpoints = ["sample"]
recipe = {{ learning_rate = 1e-3, num_train_epochs = 3 }}

[tool.pytest_glue.task.own]
data = "data"
text = "message"
label = "{label}"
kind = "{kind}"
metrics = {metrics}
"""


@pytest.mark.parametrize(
    ("write", "label", "kind", "metrics"),
    [
        (write_tickets, "team", "classification", ("roc_auc", "f1_macro", "log_loss", "expected_calibration_error")),
        (write_topics, "topics", "multi_label", ("average_precision", "roc_auc", "f1_micro", "recall_macro")),
    ],
)
def test_own_tasks_beat_chance_in_metrics_of_several_labels(
    pytester: pytest.Pytester, here: Run, write: Callable[[Path], None], label: str, kind: str, metrics: tuple[str, ...]
) -> None:
    """Without a threshold they pass against the chance level; a cached run and a baseline give the same scores."""
    write(pytester.mkdir("data"))
    pytester.makepyprojecttoml(OWN.format(label=label, kind=kind, metrics=list(metrics)))
    here("--glue-save=main", "--glue-json=report.json").assert_outcomes(passed=1)
    trained = json.loads(Path("report.json").read_text(encoding="utf-8"))["results"][0]
    here("--glue-compare=main", "--glue-cache=only", "--glue-max-drop=0.5", "--glue-json=report.json")
    compared = json.loads(Path("report.json").read_text(encoding="utf-8"))["results"][0]
    assert list(metrics) == list(trained["metrics"])
    assert trained["metrics"] == compared["metrics"]
    assert trained["score"] > trained["chance"]
    assert (0.0, trained["score"]) == (compared["baseline"]["difference"], compared["baseline"]["baseline_score"])
