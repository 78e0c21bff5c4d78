"""The uncertainty of a score: its interval and where the noise between seeds was taken from."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.confidence_interval import Uncertainty, uncertainty_of
from pytest_glue.gate.regression import RegressionCriterion

RunSource = Callable[..., list[Run]]
Labels = tuple[float, ...]


def width(of_score: Uncertainty | None) -> float:
    """Return the width of an interval that is there."""
    assert of_score is not None
    return of_score.interval[1] - of_score.interval[0]


def test_an_interval_as_a_person_reads_it() -> None:
    """An interval is written with its level and three digits."""
    assert "95% CI 0.581 to 0.646" == Uncertainty((0.5812, 0.6458), "").text


@pytest.mark.parametrize("task", ["rte", "mrpc", "cola"])
def test_an_interval_holds_the_score(runs: RunSource, rte: Labels, task: str) -> None:
    """The mean over seeds lies in the middle of its interval, which covers their noise too."""
    found = runs(task, rte, 76, 80, 84)
    of_score = uncertainty_of(GLUE[task], found, rte, None)
    assert of_score is not None
    values = [run.metrics[GLUE[task].headline_metric] or 0.0 for run in found]
    assert sum(values) / 3 == pytest.approx(sum(of_score.interval) / 2)
    assert "the interval covers examples and seeds (own runs)" == of_score.note


def test_seeds_that_differ_more_make_it_wider(runs: RunSource, rte: Labels) -> None:
    """The noise between seeds is part of the interval."""
    calm, wild = (
        uncertainty_of(GLUE["rte"], runs("rte", rte, *wrong), rte, None) for wrong in ((79, 80, 81), (50, 80, 110))
    )
    assert 2 * width(calm) < width(wild)


def test_one_seed_takes_the_published_spread(runs: RunSource, rte: Labels) -> None:
    """Alone, a run's noise between seeds is that which was published for the task, and the note says so."""
    of_score = uncertainty_of(GLUE["rte"], runs("rte", rte, 80), rte, None)
    assert of_score is not None
    assert of_score.note.startswith("the interval covers examples and seeds (published: ")


def test_one_seed_takes_the_baselines_spread_first(
    runs: RunSource, baseline: Callable[..., Baseline], rte: Labels
) -> None:
    """The baseline's own runs know better than a table; a baseline of one run does not."""
    several, single = (
        RegressionCriterion("main", "f.json", baseline(runs("rte", rte, *wrong)), 0.0, 0.05, 1)
        for wrong in ((60, 80, 100), (80,))
    )
    own = uncertainty_of(GLUE["rte"], runs("rte", rte, 80), rte, several)
    published = uncertainty_of(GLUE["rte"], runs("rte", rte, 80), rte, single)
    assert own is not None
    assert published is not None
    assert "the interval covers examples and seeds (the 3 runs of main)" == own.note
    assert "published" in published.note
    assert width(published) < width(own)


def test_one_seed_without_a_known_spread(runs: RunSource, rte: Labels) -> None:
    """Where nothing tells the noise between seeds, the note says that it is not covered."""
    of_score = uncertainty_of(GLUE["cola"], runs("cola", rte, 80), rte, None)
    assert of_score is not None
    assert "the interval covers examples, not seeds" == of_score.note


def test_another_score_than_the_predictions_has_no_interval(runs: RunSource, rte: Labels) -> None:
    """Where the user computes the metric in another way, an interval of the predictions' score would be another's."""
    found = [replace(run, metrics={"accuracy": 0.0}) for run in runs("rte", rte, 80, 82)]
    assert uncertainty_of(GLUE["rte"], found, rte, None) is None


def test_one_example_has_no_interval(predicting: Callable[..., Run]) -> None:
    """A single example says nothing of the noise between examples."""
    assert uncertainty_of(GLUE["rte"], [predicting("rte", [1.0], (1.0,))], (1.0,), None) is None
