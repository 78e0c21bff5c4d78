"""Lines about hyperparameter searches."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.study import Study
from pytest_glue.reports.search_lines import search_lines, trial_line

Like = Callable[..., Evaluation]


def test_a_search_is_one_line(like: Like, study: Study) -> None:
    """The line has trials by state, examples, time and best trial; an item without a search has none."""
    (line,) = search_lines([like(study=study), like()])
    assert (
        "rte · a/b@86b5e09: optuna ran 3 trials (1 complete, 1 pruned, 1 failed) on 249 examples in 1 min 01 s; best "
        "accuracy 0.600 with learning_rate=5e-05, per_device_train_batch_size=8"
    ) == line


@pytest.mark.parametrize(("n_complete", "is_shown"), [(9, False), (10, True)])
def test_importance_needs_ten_complete_trials(like: Like, study: Study, n_complete: int, *, is_shown: bool) -> None:
    """With fewer trials, the importance of hyperparameters is noise."""
    trials = tuple(replace(study.trials[0], number=number) for number in range(n_complete))
    (line,) = search_lines([like(study=replace(study, trials=(*trials, *study.trials[1:])))])
    assert is_shown == line.endswith("; importance: learning_rate 75%, per_device_train_batch_size 25%")


def test_a_search_on_the_evaluation_split_has_a_caution(like: Like, study: Study) -> None:
    """If trials were scored on the verdict's own split, the line says so; unknown importance is left out."""
    terms = replace(study.terms, split="evaluation")
    (line,) = search_lines([like(study=replace(study, terms=terms, importance={}))])
    assert line.endswith(
        "; caution: the trials were scored on the evaluation split, so the score in the table is likely too high"
    )
    assert "importance" not in line


def test_a_tie_of_trials(like: Like, study: Study) -> None:
    """If several trials reached the best score, the line says how many, and what decided."""
    tied = replace(study, trials=(study.trials[0], replace(study.trials[0], number=1)))
    (line,) = search_lines([like(study=tied)])
    assert (
        "best accuracy 0.600 (also reached by 1 other trial; the lowest loss decided) with learning_rate=5e-05" in line
    )


def test_a_trial_is_one_line(study: Study) -> None:
    """The line about a finished trial has its number, its score or its error, and the best score so far."""
    assert [
        "search rte-a-b: trial 1 of 3 complete: 0.600 (learning_rate=5e-05, per_device_train_batch_size=8); best 0.600",
        "search rte-a-b: trial 2 of 3 pruned: 0.400 (learning_rate=1e-05, per_device_train_batch_size=16); best 0.600",
        "search rte-a-b: trial 3 of 3 failed: OOM (learning_rate=0.0001, per_device_train_batch_size=8)",
    ] == [trial_line("rte-a-b", trial, best, 3) for trial, best in zip(study.trials, (0.6, 0.6, None), strict=True)]
