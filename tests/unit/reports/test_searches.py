"""The searches below the table, and the lines while they run."""

from collections.abc import Callable
from dataclasses import replace

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.study import Study
from pytest_glue.reports.terminal import search_lines, trial_line

Like = Callable[..., Evaluation]


def test_a_search_is_one_line(like: Like, study: Study) -> None:
    """Trials by state, examples, time, the best and what mattered; an item that did not search has no line."""
    (line,) = search_lines([like(study=study), like()])
    assert (
        "rte · a/b@86b5e09: optuna tried 3 (1 complete, 1 pruned, 1 failed) on 249 examples in 1 min 01 s; best "
        "accuracy 0.600 with learning_rate=5e-05, per_device_train_batch_size=8; importance: learning_rate 75%, "
        "per_device_train_batch_size 25%"
    ) == line


def test_the_notebook_s_way_is_said(like: Like, study: Study) -> None:
    """Where trials were scored on the gate's own split, a reader hears what that means; without importance no word."""
    terms = replace(study.terms, split="evaluation")
    (line,) = search_lines([like(study=replace(study, terms=terms, importance={}))])
    assert "in 1 min 01 s, scored on the split that the verdict is given on, so that it is the best of many" in line
    assert "importance" not in line


def test_a_tie_is_said(like: Like, study: Study) -> None:
    """Where several trials share the best score, a reader hears that the search did not choose between them."""
    tied = replace(study, trials=(study.trials[0], replace(study.trials[0], number=1)))
    (line,) = search_lines([like(study=tied)])
    assert "best accuracy 0.600 (as had 1 other; its loss was the lowest) with learning_rate=5e-05" in line


def test_progress(study: Study) -> None:
    """A trial that has ended is one line, with its number, its score or its error, and the best so far."""
    assert [
        "search rte-a-b: trial 1 of 3 complete: 0.600 (learning_rate=5e-05, per_device_train_batch_size=8); best 0.600",
        "search rte-a-b: trial 2 of 3 pruned: 0.400 (learning_rate=1e-05, per_device_train_batch_size=16); best 0.600",
        "search rte-a-b: trial 3 of 3 failed: OOM (learning_rate=0.0001, per_device_train_batch_size=8)",
    ] == [trial_line("rte-a-b", trial, best, 3) for trial, best in zip(study.trials, (0.6, 0.6, None), strict=True)]
