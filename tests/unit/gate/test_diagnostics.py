"""The health of runs: what is broken, and of which seed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.core.runs import Epoch, Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.diagnostics import diagnose

RunSource = Callable[..., list[Run]]
Predicting = Callable[..., Run]
Labels = tuple[float, ...]


def of_losses(run: Run, *losses: float) -> Run:
    """Return the run with these training losses, epoch by epoch."""
    return replace(run, history=tuple(Epoch(float(number), loss, 0.5, {}) for number, loss in enumerate(losses)))


def test_healthy_runs_have_no_ailments(runs: RunSource, rte: Labels) -> None:
    """Of runs that learnt something nothing is said."""
    assert [] == diagnose(GLUE["rte"], runs("rte", rte, 80, 84, 88), rte)


def test_a_low_score_is_no_ailment(runs: RunSource, rte: Labels) -> None:
    """Runs that are all as bad as chance are a bad checkpoint or recipe, and not broken."""
    assert [] == diagnose(GLUE["rte"], runs("rte", rte, 138, 140, 150), rte)


def test_constant_predictions_are_named(runs: RunSource, predicting: Predicting, rte: Labels) -> None:
    """A run that predicts the same for every example is named by its seed, and once."""
    found = [*runs("rte", rte, 80, 84), predicting("rte", [1.0] * 277, rte, 7)]
    assert ["seed 7 predicts the same for every example (1 of 3)"] == diagnose(GLUE["rte"], found, rte)


def test_one_of_five_that_collapsed(runs: RunSource, rte: Labels) -> None:
    """A run that learnt nothing while four others did is told apart from a noisy one."""
    found = runs("rte", rte, 80, 84, 140, 82, 86)
    assert ["seed 44 learnt nothing while the others did (1 of 5)"] == diagnose(GLUE["rte"], found, rte)
    assert [] == diagnose(GLUE["rte"], runs("rte", rte, 80, 84, 90, 82, 86), rte)


def test_a_lost_loss_is_named(runs: RunSource, rte: Labels) -> None:
    """An evaluation loss that is no number is named, for all the seeds that have one."""
    found = [replace(run, history=(Epoch(1.0, 0.7, None, {}),)) for run in runs("rte", rte, 80, 84)]
    assert ["seed 42, 43 lost its loss (NaN) (2 of 2)"] == diagnose(GLUE["rte"], found, rte)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_prediction_that_is_no_number(runs: RunSource, predicting: Predicting, rte: Labels, value: float) -> None:
    """A run whose output holds NaN is named, and the other runs are judged without it."""
    found = [
        *runs("rte", rte, 80),
        predicting("rte", [value, *rte[1:]], rte, 7),
        predicting("rte", [0.0] * 277, rte, 8),
    ]
    assert [
        "seed 7 predicts what is no number (NaN) (1 of 3)",
        "seed 8 predicts the same for every example (1 of 3)",
    ] == diagnose(GLUE["rte"], found, rte)


def test_a_loss_that_never_moved(runs: RunSource, rte: Labels) -> None:
    """A loss that no epoch took below the first is named; one epoch alone tells nothing."""
    first, second = runs("rte", rte, 80, 84)
    found = [of_losses(first, 0.69, 0.70, 0.69), of_losses(second, 0.69, 0.5)]
    assert ["seed 42 has a loss that never moved (1 of 2)"] == diagnose(GLUE["rte"], found, rte)
    assert [] == diagnose(GLUE["rte"], [of_losses(first, 0.69)], rte)


def test_one_example_is_too_few_to_tell(predicting: Predicting) -> None:
    """With a single evaluation example nothing stops, though every run is constant then."""
    found = [predicting("rte", [1.0], (1.0,), seed) for seed in (1, 2, 3)]
    assert ["seed 1, 2, 3 predicts the same for every example (3 of 3)"] == diagnose(GLUE["rte"], found, (1.0,))
