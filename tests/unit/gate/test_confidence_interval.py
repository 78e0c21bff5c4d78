"""The confidence interval of a score and the source of the variance between seeds."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.core.metrics import METRICS
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.confidence_interval import Uncertainty, seed_variance_of, uncertainty_of
from pytest_glue.gate.regression import RegressionCriterion
from tests.factories import RTE_LABELS, make_baseline, make_runs, make_scored_run

RunSource = Callable[..., list[Run]]
Labels = tuple[float, ...]


def width(of_score: Uncertainty | None) -> float:
    """Return the width of the interval, which must exist."""
    assert of_score is not None
    return of_score.interval[1] - of_score.interval[0]


def test_the_text_of_an_interval() -> None:
    """An interval is shown with its level and three digits."""
    assert "95% CI 0.581 to 0.646" == Uncertainty(METRICS["accuracy"], (0.5812, 0.6458), "").text


@pytest.mark.parametrize("task", ["rte", "mrpc", "cola"])
def test_an_interval_holds_the_score(task: str) -> None:
    """The mean over seeds is inside its interval, which covers the variance between them too.

    It is the middle, except for a correlation (Fisher's z).
    """
    found = make_runs(task, RTE_LABELS, 76, 80, 84)
    of_score = uncertainty_of(GLUE[task], found, RTE_LABELS, None)
    assert of_score is not None
    values = [run.metrics[GLUE[task].headline_metric] or 0.0 for run in found]
    low, high = of_score.interval
    assert low < sum(values) / 3 < high
    assert (task != "cola") == (sum(values) / 3 == pytest.approx((low + high) / 2))
    assert "the interval covers examples and seeds (from these runs)" == of_score.note


def test_seeds_that_differ_more_make_it_wider() -> None:
    """More variance between seeds makes the interval wider."""
    calm, wild = (
        uncertainty_of(GLUE["rte"], make_runs("rte", RTE_LABELS, *wrong), RTE_LABELS, None)
        for wrong in ((79, 80, 81), (50, 80, 110))
    )
    assert 2 * width(calm) < width(wild)


def test_one_seed_uses_the_published_variance() -> None:
    """For one run the published variance between seeds is used, and the note says so."""
    of_seeds = seed_variance_of(GLUE["rte"], None, ())
    of_score = uncertainty_of(GLUE["rte"], make_runs("rte", RTE_LABELS, 80), RTE_LABELS, of_seeds)
    assert of_score is not None
    assert of_score.note.startswith("the interval covers examples and seeds (published: ")


def test_one_seed_uses_the_baselines_variance_first() -> None:
    """The variance of the baseline's runs comes before the published one, unless the baseline has one run."""
    several, single = (
        RegressionCriterion("main", "f.json", make_baseline(make_runs("rte", RTE_LABELS, *wrong)), 0.0, 0.05, 1)
        for wrong in ((60, 80, 100), (80,))
    )
    one, recorded = make_runs("rte", RTE_LABELS, 80), make_runs("rte", RTE_LABELS, 60, 80, 100)
    own, published = (
        uncertainty_of(GLUE["rte"], one, RTE_LABELS, seed_variance_of(GLUE["rte"], rule, runs))
        for rule, runs in ((several, recorded), (single, one))
    )
    assert own is not None
    assert published is not None
    assert "the interval covers examples and seeds (the 3 runs of main)" == own.note
    assert "published" in published.note
    assert width(published) < width(own)


def test_one_seed_without_a_known_variance() -> None:
    """If the variance between seeds is unknown, the note says that it is not covered."""
    of_seeds = seed_variance_of(GLUE["cola"], None, ())
    of_score = uncertainty_of(GLUE["cola"], make_runs("cola", RTE_LABELS, 80), RTE_LABELS, of_seeds)
    assert of_score is not None
    assert "the interval covers examples, not the variation between seeds" == of_score.note


def test_another_score_than_the_predictions_has_no_interval() -> None:
    """If the user computes the metric in another way, there is no interval."""
    found = [replace(run, metrics={"accuracy": 0.0}) for run in make_runs("rte", RTE_LABELS, 80, 82)]
    assert uncertainty_of(GLUE["rte"], found, RTE_LABELS, None) is None


def test_one_example_has_no_interval() -> None:
    """A single example shows no variance between examples."""
    assert uncertainty_of(GLUE["rte"], [make_scored_run("rte", [1.0], (1.0,))], (1.0,), None) is None
