"""Planned comparisons, from recorded baselines and published variances."""

import json
from pathlib import Path

import pytest

from pytest_glue.core.errors import BaselineError, OptionError
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import encode_baseline
from pytest_glue.gate.planning import published_item, recorded_items, run_variance, runs_that_trained, trained_runs
from tests.factories import RTE_LABELS, make_baseline, make_evaluation, make_runs, make_scored_run


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """A folder with a baseline `main`: three runs of RTE and one of CoLA."""
    for task, wrong in (("rte", (70, 80, 90)), ("cola", (60,))):
        baseline = Baseline.of(make_evaluation(make_runs(task, RTE_LABELS, *wrong)), GLUE[task], {}, {})
        file = tmp_path / "main" / task / "sample.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(encode_baseline(baseline)))
    return tmp_path


def test_a_recorded_baseline_is_planned_with_its_own_runs(storage: Path) -> None:
    """The variance is that of the recorded scores, the median estimate of it."""
    for name in ("main", str(storage / "main" / "rte" / "sample.json")):
        (item,), _ = recorded_items(storage, name, ["rte"])
        assert ("rte", 3, "3 recorded runs") == (item.task, item.baseline_seeds, item.source)
        assert 0.711 == pytest.approx(float(item.run.score), abs=0.001)
        assert (10 / 277) ** 2 * 1.443 == pytest.approx(float(item.run.seeds), rel=0.01)


def test_one_recorded_run_is_planned_with_the_published_variance() -> None:
    """If nothing is published for the metric, its variance is unknown."""
    one = make_baseline(make_runs("rte", RTE_LABELS, 80))
    run = run_variance(one, one.runs)
    assert run is not None
    assert 0.0217**2 == pytest.approx(float(run.seeds))
    cola = Baseline.of(make_evaluation(make_runs("cola", RTE_LABELS, 80)), GLUE["cola"], {}, {})
    assert run_variance(cola, cola.runs) is None


def test_an_item_that_cannot_be_planned_leaves_the_others(storage: Path) -> None:
    """One run of CoLA made the whole table fail."""
    items, (problem,) = recorded_items(storage, "main")
    assert ["rte"] == [item.task for item in items]
    assert "cola/sample.json has one run, which does not show" in problem


@pytest.mark.parametrize("task", ["rte", "wnli"])
def test_failed_runs_are_left_out(tmp_path: Path, task: str) -> None:
    """A run that predicts one class made the standard deviation 0.13; a report-only task may predict one class."""
    constant = make_scored_run(task, (1.0,) * len(RTE_LABELS), RTE_LABELS, seed=41)
    runs = [constant, *make_runs(task, RTE_LABELS, 75, 80, 85)]
    baseline = Baseline.of(make_evaluation(runs), GLUE[task], {}, {})
    file = tmp_path / "one.json"
    file.write_text(json.dumps(encode_baseline(baseline)))
    (item,), _ = recorded_items(tmp_path, str(file))
    is_failure = task == "rte"
    assert (3 if is_failure else 4) == item.baseline_seeds == len(trained_runs(baseline))
    assert ("1 that failed to train left out" in item.source) is is_failure
    assert (float(item.run.seeds) ** 0.5 < 0.03) is is_failure


def test_one_run_of_three_that_trained_has_no_variance() -> None:
    """The message counts the runs that trained."""
    constant = [make_scored_run("qnli", (1.0,) * len(RTE_LABELS), RTE_LABELS, seed) for seed in (1, 2)]
    baseline = make_baseline([*constant, *make_runs("rte", RTE_LABELS, 80)])
    assert "1 of 3 runs that trained" == runs_that_trained(baseline)


@pytest.mark.parametrize(
    ("name", "tasks", "message"),
    [
        ("other", [], "there is no baseline 'other' in .*; accepted: main"),
        ("main", ["sst2"], "baseline 'main' has no task 'sst2'; accepted: cola, rte"),
        ("main", ["cola"], "has one run.* none is published for matthews_correlation of cola: record it with"),
    ],
)
def test_a_baseline_that_cannot_be_planned(storage: Path, name: str, tasks: list[str], message: str) -> None:
    """The error names the value and what is accepted, or what to do."""
    with pytest.raises(BaselineError, match=message):
        recorded_items(storage, name, tasks)


@pytest.mark.parametrize(
    ("task", "n_examples", "score", "message"),
    [
        ("rtee", 277, 0.66, "rtee.*did you mean rte"),
        ("cola", 1043, 0.6, "no variance between seeds is published for matthews_correlation of cola; accepted: mnli"),
        ("rte", 1, 0.66, "1 example; accepted: 2 or more"),
        ("rte", 277, 66.0, "score 66; accepted: an accuracy above 0 and below 1, as in 0.66"),
    ],
)
def test_a_published_variance_that_does_not_exist(task: str, n_examples: int, score: float, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        published_item(task, n_examples, score)
