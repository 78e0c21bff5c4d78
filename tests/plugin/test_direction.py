"""A task whose headline metric is an error: the lower, the better, in thresholds, comparison, search and ranking."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import Run

Report = Callable[..., Any]

CONFTEST = """
from dataclasses import replace
from pytest_glue.core.tasks import GLUE

def pytest_glue_register_tasks(registry):
    registry.add(replace(GLUE["stsb"], name="mine", metrics=("mse", "pearson")))
"""
LEARNS = (
    *("--glue-data=sample", "--glue-max-train-samples=240", "--glue-max-eval-samples=60", "--glue-json=out.json"),
    *("--glue-recipe=num_train_epochs=4", "--glue-recipe=learning_rate=2e-3"),
)


@pytest.fixture
def mine(pytester: pytest.Pytester, here: Run) -> Run:
    """Fine-tune on the task long enough to beat the chance level."""
    pytester.makeconftest(CONFTEST)

    def run(*args: str) -> pytest.RunResult:
        checkpoint = () if any("checkpoints" in each for each in args) else ("--glue-checkpoints=sample",)
        return here(*LEARNS, *checkpoint, *args)

    return run


WEAK = """
import pytest

@pytest.fixture
def glue_model_init(glue_model_init, glue_checkpoint):
    if "weak" not in str(glue_checkpoint):
        return glue_model_init

    def init(*args):
        model = glue_model_init(*args)
        model.classifier.register_forward_hook(lambda layer, _, output: output if layer.training else 0.3 * output)
        return model

    return init
"""
"""The model of the checkpoint `weak` learns as any other, and predicts too small numbers."""


def test_a_threshold_is_the_highest_error_that_passes(mine: Run, report: Report) -> None:
    """The chance level is beaten from above, and the best epoch is the one with the lowest error."""
    beats, red, green = (
        mine(*threshold) for threshold in ((), ("--glue-threshold=mine=0.05",), ("--glue-threshold=mine=9",))
    )

    beats.assert_outcomes(passed=1)
    red.assert_outcomes(failed=1)
    green.assert_outcomes(passed=1)
    red.stdout.fnmatch_lines(["mine · sample: mse * > threshold 0.0500 (+*; n=60, 1 seed, 95% CI *)"])
    green.stdout.fnmatch_lines(
        ["mine * mse * 9.000 *-*pass", "mine: the threshold 9 for mse is not below the chance level *"]
    )
    (found,) = report()["results"]
    errors = [epoch["metrics"]["mse"] for epoch in found["runs"][0]["history"]]
    assert min(errors) == pytest.approx(found["score"])
    assert max(errors) > min(errors)
    assert not found["greater_is_better"]
    assert found["score"] < found["chance"]


def test_a_run_stops_once_its_error_is_low_enough(mine: Run, report: Report) -> None:
    """A threshold that the first epochs reach ends the training."""
    mine("--glue-stop-when-decided", "--glue-cache=off").assert_outcomes(passed=1)
    (found,) = report()["results"]
    (run,) = found["runs"]
    assert run["stopped"]
    assert len(run["history"]) < 4
    assert "mse at most" in found["reason"]


def test_the_checkpoint_with_larger_errors_is_worse(pytester: pytest.Pytester, mine: Run, report: Report) -> None:
    """It ranks second, fails in a comparison with the other one, and the other one is an improvement."""
    from pytest_glue.sample.checkpoint import write_sample_checkpoint

    pytester.makeconftest(CONFTEST + WEAK)
    write_sample_checkpoint(pytester.path / "weak")
    asked = ("--glue-seeds=3", "--glue-threshold=mine=99")

    ranked = mine("--glue-checkpoints=./weak,sample", "--glue-save=main", *asked)
    (task,) = report()["ranks"]["tasks"]
    recorded = pytester.path / "glue-baselines" / "main" / "mine"
    worse = mine(
        "--glue-checkpoints=./weak", f"--glue-compare={recorded / 'sample.json'}", "--glue-max-drop=mine=1.5", asked[0]
    )
    (red,) = report()["results"]
    better = mine("--glue-checkpoints=sample", f"--glue-compare={recorded / 'weak.json'}", asked[0])
    (green,) = report()["results"]

    ranked.assert_outcomes(passed=2)
    ranked.stdout.fnmatch_lines(
        ["mine (mse, lower is better, n=60)", "sample *", "weak *", "sample *weak *-*", "best: sample"]
    )
    assert ["sample", "weak"] == [each["checkpoint"] for each in task["scores"]]
    assert task["pairs"][0]["value"] < 0
    worse.assert_outcomes(failed=1)
    worse.stdout.fnmatch_lines(["mine · weak: mse * against sample's *: a rise of more than 1.5 (+*"])
    better.assert_outcomes(passed=1)
    assert ("fail", "pass") == (red["verdict"], green["verdict"])
    low, high = red["baseline"]["confidence_interval"]
    assert 1.5 < low < red["baseline"]["difference"] < high
    assert green["baseline"]["difference"] < 0


def test_the_best_trial_has_the_lowest_error(pytester: pytest.Pytester, fresh: Run, report: Report) -> None:
    """The study is minimised, and the run uses the hyperparameters of the trial with the lowest error."""
    pytester.makeconftest(CONFTEST)
    table = "[tool.pytest_glue.search]\nlearning_rate = {low = 1e-4, high = 5e-3, log = true}\n"
    (pytester.path / "pyproject.toml").write_text(table, "utf-8")
    asked = ("--glue-search=optuna", "--glue-trials=4", "--glue-search-fraction=0.5", "--glue-threshold=mine=99")
    result = fresh(*LEARNS, "--glue-checkpoints=sample", *asked)
    result.assert_outcomes(passed=1)
    (found,) = report()["results"]
    study = found["search"]
    complete = {trial["number"]: trial["objective"] for trial in study["trials"] if trial["state"] == "complete"}
    assert len(set(complete.values())) > 1
    assert min(complete, key=lambda number: complete[number]) == study["best"]["number"]
    assert study["best"]["hyperparameters"]["learning_rate"] == found["recipe"]["learning_rate"]
    lowest = min(complete.values())
    result.stdout.fnmatch_lines(
        [f"*; best {lowest:.3f}", f"mine · sample: optuna ran 4 trials (*; best mse {lowest:.3f} with *"]
    )
