"""Diagnostics: what is broken in runs, by seed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.core.runs import Epoch, Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.diagnostics import diagnose
from tests.factories import RTE_LABELS, make_runs, make_scored_run

RunSource = Callable[..., list[Run]]
Predicting = Callable[..., Run]
Labels = tuple[float, ...]


def of_losses(run: Run, *losses: float) -> Run:
    """Return the run with these training losses, epoch by epoch."""
    return replace(run, history=tuple(Epoch(float(number), loss, 0.5, {}) for number, loss in enumerate(losses)))


def test_healthy_runs_have_no_defects() -> None:
    """Runs that learned something have no defects."""
    assert [] == diagnose(GLUE["rte"], make_runs("rte", RTE_LABELS, 80, 84, 88), RTE_LABELS)


def test_a_low_score_is_no_defect() -> None:
    """Runs that all score at the chance level come from a bad checkpoint or recipe; they are not broken."""
    assert [] == diagnose(GLUE["rte"], make_runs("rte", RTE_LABELS, 138, 140, 150), RTE_LABELS)


def test_constant_predictions_are_named() -> None:
    """A run that predicts the same for every example is named once, by its seed."""
    found = [*make_runs("rte", RTE_LABELS, 80, 84), make_scored_run("rte", [1.0] * 277, RTE_LABELS, 7)]
    assert ["seed 7 predicted the same for every example (1 of 3)"] == diagnose(GLUE["rte"], found, RTE_LABELS)


def test_one_of_five_that_collapsed() -> None:
    """A run that learned nothing while four others did has collapsed; a slightly worse one has not."""
    found = make_runs("rte", RTE_LABELS, 80, 84, 140, 82, 86)
    assert ["seed 44 learned nothing while the other seeds did (1 of 5)"] == diagnose(GLUE["rte"], found, RTE_LABELS)
    assert [] == diagnose(GLUE["rte"], make_runs("rte", RTE_LABELS, 80, 84, 90, 82, 86), RTE_LABELS)


def test_diverged_runs_are_named() -> None:
    """All seeds whose evaluation loss is not finite are named."""
    found = [replace(run, history=(Epoch(1.0, 0.7, None, {}),)) for run in make_runs("rte", RTE_LABELS, 80, 84)]
    assert ["seeds 42 and 43 diverged (loss is NaN) (2 of 2)"] == diagnose(GLUE["rte"], found, RTE_LABELS)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_prediction_that_is_not_finite(value: float) -> None:
    """A run that predicts NaN or infinity is named, and the other runs are checked without it."""
    found = [
        *make_runs("rte", RTE_LABELS, 80),
        make_scored_run("rte", [value, *RTE_LABELS[1:]], RTE_LABELS, 7),
        make_scored_run("rte", [0.0] * 277, RTE_LABELS, 8),
    ]
    assert [
        "seed 7 predicted NaN or infinity (1 of 3)",
        "seed 8 predicted the same for every example (1 of 3)",
    ] == diagnose(GLUE["rte"], found, RTE_LABELS)


def test_a_loss_that_never_moved() -> None:
    """A run whose loss never fell below that of the first epoch is named; one epoch is not enough to tell."""
    first, second = make_runs("rte", RTE_LABELS, 80, 84)
    found = [of_losses(first, 0.69, 0.70, 0.69), of_losses(second, 0.69, 0.5)]
    assert ["seed 42 never lowered the training loss (1 of 2)"] == diagnose(GLUE["rte"], found, RTE_LABELS)
    assert [] == diagnose(GLUE["rte"], [of_losses(first, 0.69)], RTE_LABELS)


def test_one_example() -> None:
    """A single evaluation example is accepted, although every run is constant then."""
    found = [make_scored_run("rte", [1.0], (1.0,), seed) for seed in (1, 2, 3)]
    assert ["seeds 1, 2 and 3 predicted the same for every example (3 of 3)"] == diagnose(GLUE["rte"], found, (1.0,))
