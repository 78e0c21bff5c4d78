"""Diagnostics: what is broken in runs, by seed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pytest_glue.core.runs import Epoch, Run
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.gate.diagnostics import examine, find_failed_runs
from tests.factories import RTE_LABELS, make_runs, make_scored_run

RunSource = Callable[..., list[Run]]
Predicting = Callable[..., Run]
Labels = tuple[float, ...]


def clauses(task: Task, runs: Sequence[Run], references: Sequence[float]) -> list[str]:
    """Return what is wrong with runs."""
    return list(examine(task, runs, references).clauses)


def of_losses(run: Run, *losses: float) -> Run:
    """Return the run with these training losses, epoch by epoch."""
    return replace(run, history=tuple(Epoch(float(number), loss, 0.5, {}) for number, loss in enumerate(losses)))


def test_healthy_runs_have_no_defects() -> None:
    """Runs that learned something have no defects."""
    assert [] == clauses(GLUE["rte"], make_runs("rte", RTE_LABELS, 80, 84, 88), RTE_LABELS)


def test_a_low_score_is_no_defect() -> None:
    """Runs that all score at the chance level come from a bad checkpoint or recipe; they are not broken."""
    assert [] == clauses(GLUE["rte"], make_runs("rte", RTE_LABELS, 138, 140, 150), RTE_LABELS)


def test_constant_predictions_are_named() -> None:
    """A run that predicts the same for every example is named once, by its seed."""
    found = [*make_runs("rte", RTE_LABELS, 80, 84), make_scored_run("rte", [1.0] * 277, RTE_LABELS, 7)]
    assert ["seed 7 predicted the same for every example (1 of 3)"] == clauses(GLUE["rte"], found, RTE_LABELS)


def test_one_of_five_that_collapsed() -> None:
    """A run that learned nothing while four others did has collapsed; a slightly worse one has not."""
    found = make_runs("rte", RTE_LABELS, 80, 84, 140, 82, 86)
    assert ["seed 44 learned nothing while other runs did (1 of 5)"] == clauses(GLUE["rte"], found, RTE_LABELS)
    assert [] == clauses(GLUE["rte"], make_runs("rte", RTE_LABELS, 80, 84, 90, 82, 86), RTE_LABELS)


def test_diverged_runs_are_named() -> None:
    """Runs whose evaluation loss is not finite failed, unless the best epoch learned something; both are named."""
    found = [replace(run, history=(Epoch(1.0, 0.7, None, {}),)) for run in make_runs("rte", RTE_LABELS, 80, 140)]
    assert [
        "seed 43 diverged (loss is NaN) (1 of 2)",
        "seed 42 diverged (loss is NaN), but learned in another epoch (1 of 2)",
    ] == clauses(GLUE["rte"], found, RTE_LABELS)
    assert [43] == [run.seed for run in find_failed_runs(GLUE["rte"], found, RTE_LABELS)]


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
    ] == clauses(GLUE["rte"], found, RTE_LABELS)


def test_a_loss_that_never_moved() -> None:
    """A run at chance whose loss never fell below that of the first epoch failed; one epoch is not enough to tell."""
    first, second = make_runs("rte", RTE_LABELS, 135, 84)
    found = [of_losses(first, 0.69, 0.70, 0.69), of_losses(second, 0.69, 0.5)]
    assert ["seed 42 never lowered the training loss (1 of 2)"] == clauses(GLUE["rte"], found, RTE_LABELS)
    assert [] == clauses(GLUE["rte"], [of_losses(first, 0.69)], RTE_LABELS)


@pytest.mark.parametrize("losses", [(0.693, 0.688), (0.020, 0.021)], ids=["slow", "tuned-already"])
def test_a_healthy_run_whose_loss_hardly_moved(losses: tuple[float, ...]) -> None:
    """A run with a good score trained, however little its loss moved, as that of a tuned checkpoint does."""
    (run,) = make_runs("rte", RTE_LABELS, 80)
    assert [] == clauses(GLUE["rte"], [of_losses(run, *losses)], RTE_LABELS)


def test_a_tuned_checkpoint_of_a_rare_class() -> None:
    """Accuracy hardly shows what is known about a rare class, but the predictions do."""
    references = (1.0,) * 3 + (0.0,) * 297
    run = make_scored_run("rte", [1.0, 1.0, 0.0, *references[3:]], references)
    assert [] == clauses(GLUE["rte"], [of_losses(run, 0.020, 0.021)], references)


def test_nearly_constant_predictions() -> None:
    """Three runs that predict one class but for one example failed, each of them, as constant ones would."""
    found = [
        make_scored_run("rte", [0.0] * (146 + seed) + [1.0] + [0.0] * (130 - seed), RTE_LABELS, seed)
        for seed in (1, 2, 3)
    ]
    nearly = "predicted nearly the same for every example"
    assert [f"seeds 1, 2 and 3 {nearly} (3 of 3)"] == clauses(GLUE["rte"], found, RTE_LABELS)
    among = [*make_runs("rte", RTE_LABELS, 80, 84, 82, 86), found[0]]
    assert [f"seed 1 {nearly} (1 of 5)"] == clauses(GLUE["rte"], among, RTE_LABELS)


@pytest.mark.parametrize("n_runs", [1, 2])
def test_one_or_two_runs_are_compared_with_the_baselines(n_runs: int) -> None:
    """A run at chance failed if the runs of the other side learned; alone it is a low score."""
    found = make_runs("rte", RTE_LABELS, 140, 82)[:n_runs]
    recorded = make_runs("rte", RTE_LABELS, 80, 84, 78, first_seed=7)
    assert [] == clauses(GLUE["rte"], found, RTE_LABELS)
    assert [42] == [run.seed for run in find_failed_runs(GLUE["rte"], found, RTE_LABELS, recorded)]


def test_runs_that_all_got_worse_alike_trained() -> None:
    """Runs just above and just below the bound of chance differ little: that is a drop, and no failure to train."""
    found = make_runs("rte", RTE_LABELS, 116, 118, 112)
    recorded = make_runs("rte", RTE_LABELS, 80, 84, 78, first_seed=7)
    assert () == find_failed_runs(GLUE["rte"], found, RTE_LABELS, recorded)


def test_runs_that_say_the_opposite_trained() -> None:
    """Runs that are far worse than guessing learned something, such as swapped labels: that is a drop."""
    found = make_runs("rte", RTE_LABELS, 200, 204, 196)
    recorded = make_runs("rte", RTE_LABELS, 80, 84, 78, first_seed=7)
    assert () == find_failed_runs(GLUE["rte"], found, RTE_LABELS, recorded)


def test_a_report_only_task() -> None:
    """On WNLI constant predictions are named and count as trained: fine-tuning does not beat them."""
    constant, undefined = ([value] * 277 for value in (0.0, float("nan")))
    found = [make_scored_run("wnli", each, RTE_LABELS, seed) for seed, each in enumerate([constant, undefined])]
    examined = examine(GLUE["wnli"], found, RTE_LABELS)
    assert ([0], [1]) == ([run.seed for run in examined.trained], [run.seed for run in examined.failed])
    assert 2 == len(examined.clauses)


def test_one_example() -> None:
    """A single evaluation example is accepted, although every run is constant then."""
    found = [make_scored_run("rte", [1.0], (1.0,), seed) for seed in (1, 2, 3)]
    assert ["seeds 1, 2 and 3 predicted the same for every example (3 of 3)"] == clauses(GLUE["rte"], found, (1.0,))
