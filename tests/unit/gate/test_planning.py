"""Planned comparisons, from recorded baselines and published variances."""

import json
from pathlib import Path

import pytest

from pytest_glue.core.errors import BaselineError, OptionError
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.baseline import Baseline, encode_baseline
from pytest_glue.gate.planning import published_item, recorded_items, run_variance
from tests.factories import RTE_LABELS, make_baseline, make_evaluation, make_runs


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
        (item,) = recorded_items(storage, name, ["rte"])
        assert ("rte", 3, "3 recorded runs") == (item.task, item.baseline_seeds, item.source)
        assert 0.711 == pytest.approx(float(item.run.score), abs=0.001)
        assert (10 / 277) ** 2 * 1.443 == pytest.approx(float(item.run.seeds), rel=0.01)


def test_one_recorded_run_is_planned_with_the_published_variance() -> None:
    """If nothing is published for the metric, its variance is unknown."""
    run = run_variance(make_baseline(make_runs("rte", RTE_LABELS, 80)))
    assert run is not None
    assert 0.0217**2 == pytest.approx(float(run.seeds))
    cola = Baseline.of(make_evaluation(make_runs("cola", RTE_LABELS, 80)), GLUE["cola"], {}, {})
    assert run_variance(cola) is None


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
        ("rte", 1, 0.66, "1 examples; accepted: 2 or more"),
        ("rte", 277, 66.0, "score 66; accepted: an accuracy above 0 and below 1, as in 0.66"),
    ],
)
def test_a_published_variance_that_does_not_exist(task: str, n_examples: int, score: float, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        published_item(task, n_examples, score)
