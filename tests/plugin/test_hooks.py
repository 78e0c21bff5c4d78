"""Hooks about one item, in a user's `conftest.py`; `test_registered_tasks` has the one about tasks."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import SUITE, Run

Report = Callable[..., Any]

ASKED = ("--glue-tasks=sst2", "--glue-json=out.json", "--glue-threshold=sst2=0")
CHANGES = """
def pytest_glue_training_arguments(item, arguments, task):
    assert arguments.output_dir and task.name in item.nodeid
    return {changes}
"""
SCORES = """
def pytest_glue_metrics(item, task, run, references):
    assert len(references) == len(run.predictions)
    return {scores}
"""
DECIDES = """
def pytest_glue_verdict(item, task, evaluation):
    return {decision}
"""
UNDEFINED = """
import pytest

@pytest.fixture
def glue_compute_metrics():
    return lambda output: {'accuracy': float('nan')}
"""
SEES = """
def pytest_glue_evaluated(item, evaluation):
    with open("seen.txt", "a") as file:
        file.write(f"{item.name} {evaluation.verdict} {evaluation.failed} {list(evaluation.metrics)} ")
"""


def test_training_arguments(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """The fields that the hook returns are used, the report's recipe has them, and the run is not cached."""
    pytester.makeconftest(CHANGES.format(changes="{'max_steps': 2, 'learning_rate': arguments.learning_rate * 2}"))
    for _ in range(2):
        tiny(*ASKED).assert_outcomes(passed=1)

        (result,) = report()["results"]
        assert (2, 4e-5) == (result["recipe"]["max_steps"], result["recipe"]["learning_rate"])
        assert not result["runs"][0]["cached"]
        reason = "pytest_glue_training_arguments is implemented, and a cache key does not cover user code"
        assert f"the cache is not used: {reason}" in result["notes"]


def test_hooks_of_a_subfolder(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """They count for the items of their folder only, where they beat those of the root folder."""
    for folder in ("one", "other"):
        pytester.mkpydir(folder).joinpath("test_suite.py").write_text(SUITE, "utf-8")
    pytester.makeconftest(CHANGES.format(changes="{'max_steps': 2, 'weight_decay': 0.5}"))
    (pytester.path / "one" / "conftest.py").write_text(
        CHANGES.format(changes="{'max_steps': 1}") + SCORES.format(scores="{'mine': 0.5}"), "utf-8"
    )

    tiny(*ASKED).assert_outcomes(passed=2)

    one, other = report()["results"]
    assert ("one/test_suite.py", 1, 0.5, 0.5) == (
        one["nodeid"].partition("::")[0],
        one["recipe"]["max_steps"],
        one["recipe"]["weight_decay"],
        one["metrics"]["mine"],
    )
    assert (2, 0.5) == (other["recipe"]["max_steps"], other["recipe"]["weight_decay"])
    assert "mine" not in other["metrics"]


def test_items_without_an_implementation_are_cached(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """A training hook in a subfolder leaves the cache to the items of the other folders."""
    for folder in ("one", "other"):
        pytester.mkpydir(folder).joinpath("test_suite.py").write_text(SUITE, "utf-8")
    (pytester.path / "one" / "conftest.py").write_text(CHANGES.format(changes="{'max_steps': 1}"), "utf-8")
    for _ in range(2):
        tiny(*ASKED).assert_outcomes(passed=2)
    assert [False, True] == [result["runs"][0]["cached"] for result in report()["results"]]


@pytest.mark.parametrize(
    ("conftest", "message"),
    [
        (CHANGES.format(changes="{'lerning_rate': 1}"), "TrainingArguments has no field 'lerning_rate': did you mean"),
        (CHANGES.format(changes="{'learning_rate': -1}"), "pytest_glue_training_arguments: learning_rate=-1"),
        (CHANGES.format(changes="{'seed': 1}"), "seed is not part of a recipe: use --glue-seeds"),
        (CHANGES.format(changes="arguments"), "pytest_glue_training_arguments returned "),
        (SCORES.format(scores="{'accuracy': 1}"), "'accuracy': expected a name that is not among accuracy"),
        (SCORES.format(scores="{'mine': 'high'}"), "pytest_glue_metrics returned mine='high': expected a number, or "),
        (DECIDES.format(decision="('fial', 'slow')"), "pytest_glue_verdict returned the verdict 'fial': did you mean "),
        (DECIDES.format(decision="'fail'"), "pytest_glue_verdict returned 'fail': expected a verdict and its sentence"),
    ],
)
def test_a_value_that_is_not_accepted(
    pytester: pytest.Pytester, tiny: Run, report: Report, conftest: str, message: str
) -> None:
    """It is an error of the item that names hook, value and what is accepted."""
    pytester.makeconftest(conftest)
    tiny(*ASKED).assert_outcomes(errors=1)
    (error,) = report()["errors"]
    assert message in error["message"]


def test_a_field_that_the_task_cannot_use(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """The hook knows the task, so that it is an error and no note."""
    pytester.makeconftest(CHANGES.format(changes="{'label_smoothing_factor': 0.1}"))
    tiny("--glue-tasks=stsb", "--glue-json=out.json").assert_outcomes(errors=1)
    (error,) = report()["errors"]
    assert "stsb would be trained without label_smoothing_factor: a regression has no" in error["message"]


def test_metrics(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """Each run has the scores that the hook adds, also a cached one; they decide nothing, and NaN is undefined."""
    scores = "{'share': sum(run.predictions) / len(references), 'by_seed': 1.0 if run.seed == 42 else float('nan')}"
    pytester.makeconftest(SCORES.format(scores=scores))
    for cached in (False, True):
        result = tiny(*ASKED, "--glue-seeds=2")
        result.assert_outcomes(passed=1)

        (found,) = report()["results"]
        assert [cached, cached] == [run["cached"] for run in found["runs"]]
        assert [1.0, None] == [run["metrics"]["by_seed"] for run in found["runs"]]
        shares = [run["metrics"]["share"] for run in found["runs"]]
        assert found["metrics"]["share"] == pytest.approx(sum(shares) / 2)
        assert found["metrics"]["by_seed"] is None
        assert found["score"] == found["metrics"]["accuracy"]
        result.stdout.fnmatch_lines(["sst2: pytest_glue_metrics: share 0.*, by_seed undefined"])


def test_a_verdict(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """The hook's verdict fails the test, every report says who decided, and nothing is recorded."""
    decision = "('fail', 'the share of positive texts is odd') if evaluation.verdict == 'pass' else None"
    pytester.makeconftest(DECIDES.format(decision=decision))

    result = tiny(*ASKED, "--glue-save=main")
    result.assert_outcomes(failed=1)

    (found,) = report()["results"]
    decider = "(decided by pytest_glue_verdict; without it: pass)"
    assert f"sst2 · sample: the share of positive texts is odd {decider}" == found["reason"]
    assert ("fail", True, True) == (found["verdict"], found["failed"], found["decided_by_hook"])
    assert any("without it the verdict is pass: sst2 · sample: accuracy" in note for note in found["notes"])
    assert "not recorded as baseline main: the verdict is fail, as pytest_glue_verdict decided" in found["notes"]
    assert not (pytester.path / "glue-baselines").exists()
    result.stdout.fnmatch_lines([f"sst2 · sample: the share of positive texts is odd {decider}"])


@pytest.mark.parametrize("task", ["sst2", "rte"], ids=["undefined", "constant"])
def test_runs_that_failed_are_no_baseline(pytester: pytest.Pytester, tiny: Run, report: Report, task: str) -> None:
    """A hook can let an item pass that did not train: nothing could be compared with it later."""
    pytester.makeconftest(DECIDES.format(decision="('pass', 'it is only a trial')"))
    pytester.makepyfile(test_suite=(UNDEFINED if task == "sst2" else "") + SUITE)

    tiny(*ASKED, f"--glue-tasks={task}", "--glue-save=main").assert_outcomes(passed=1)

    (found,) = report()["results"]
    assert "(decided by pytest_glue_verdict; without it: degenerate)" in found["reason"]
    assert "not recorded as baseline main: no run trained that others could be compared with" in found["notes"]
    assert not (pytester.path / "glue-baselines").exists()


@pytest.mark.parametrize(("policy", "outcome"), [("pass", "passed"), ("fail", "failed")])
def test_an_inconclusive_verdict(pytester: pytest.Pytester, tiny: Run, policy: str, outcome: str) -> None:
    """It passes or fails as `--glue-inconclusive` says."""
    pytester.makeconftest(DECIDES.format(decision="('inconclusive', 'nobody knows')"))
    tiny(*ASKED, f"--glue-inconclusive={policy}").assert_outcomes(**{outcome: 1})


def test_no_verdict(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """None leaves the plugin's verdict."""
    pytester.makeconftest(DECIDES.format(decision="None"))
    tiny(*ASKED).assert_outcomes(passed=1)
    (found,) = report()["results"]
    assert not found["decided_by_hook"]
    assert "accuracy" in found["reason"]


def test_each_evaluation_is_seen(pytester: pytest.Pytester, tiny: Run) -> None:
    """The hook gets the final evaluation once, and its reading the verdict does not check it for the test."""
    pytester.makepyfile(test_suite="def test_glue(glue_evaluation): pass")
    decides = DECIDES.format(decision="('fail', 'no')")
    pytester.makeconftest(SEES + decides + SCORES.format(scores="{'mine': 1}"))
    tiny(*ASKED).assert_outcomes(passed=1, errors=1)
    assert "test_glue[sst2-sample] fail True ['accuracy', 'mine'] " == (pytester.path / "seen.txt").read_text("utf-8")


def test_the_examples_of_the_documentation(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """The code of docs/hooks.md, in one `conftest.py`, is called."""
    text = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text("utf-8")
    pytester.makeconftest("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)))

    tiny(*ASKED).assert_outcomes(passed=1)

    (result,) = report()["results"]
    assert 2 == result["recipe"]["num_train_epochs"]
    assert 0 <= result["metrics"]["share_of_class_1"] <= 1
    assert (pytester.path / "scores.tsv").read_text("utf-8").startswith("sst2\tsample\t")
