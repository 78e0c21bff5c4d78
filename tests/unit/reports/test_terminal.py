"""The lines at the end of a test run: table, notes, ranking and searches."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import SYNTHETIC_DATA, Evaluation, Outcome
from pytest_glue.core.formatting import seconds
from pytest_glue.core.study import Study
from pytest_glue.core.verdict import Verdict
from pytest_glue.data.sample import SampleSource
from pytest_glue.reports.terminal import notes, ranking_lines, search_lines, summary_lines, table, trial_line

Like = Callable[..., Evaluation]

TABLE = """\
task  checkpoint   metric                    score  95% CI          compared with  difference        time  verdict
rte   a/b@86b5e09  accuracy                  0.614                          0.650      -0.036  1 min 02 s  fail
rte   sample       accuracy                  0.800  0.750 to 0.850        (0.527)      +0.273       2.5 s  pass
cola  sample       matthews_correlation  undefined                        (0.000)                   2.5 s  degenerate
rte   a/b@86b5e09  accuracy                  0.614                     main 0.600      +0.014  1 min 02 s  inconclusive
"""


@pytest.fixture
def evaluations(evaluation: Evaluation, like: Like) -> list[Evaluation]:
    """A failure, a pass without a threshold, an undefined score, and a comparison with a baseline."""
    sample = {"checkpoint": Checkpoint("sample", Origin.SAMPLE), "threshold": None, "duration_s": 2.5}
    undefined = {"task": "cola", "headline_metric": "matthews_correlation", "score": None, "chance": 0.0}
    return [
        evaluation,
        like(**sample, score=0.8, confidence_interval=(0.75, 0.85), verdict=Verdict.PASS),
        like(**sample, **undefined, verdict=Verdict.DEGENERATE),
        like(baseline={"name": "main", "baseline_score": 0.6}, verdict=Verdict.INCONCLUSIVE),
    ]


def test_the_table(evaluations: list[Evaluation]) -> None:
    """A score is compared with its baseline, else its threshold, else the chance level in brackets."""
    assert TABLE.splitlines() == [line for line, _verdict in table(evaluations)]


def test_failed_runs_are_left_out_of_a_comparison(like: Like) -> None:
    """The score is that of the runs that trained; a note on runs none of which failed needs `-v`."""
    compared = {"name": "main", "baseline_score": 0.6, "candidate_score": 0.59}
    row = table([like(score=0.5, baseline=compared, notes=("0 of 3 runs failed to train",))])[1][0]
    assert "0.590  " in row
    assert "main 0.600      -0.010" in row
    found = [like(notes=("0 of 3 runs failed to train", "1 of 3 runs failed to train"))]
    assert ["rte: 1 of 3 runs failed to train"] == notes(found)
    assert 2 == len(notes(found, verbose=True))


def test_items_of_several_tests(like: Like) -> None:
    """A column names the tests, with their files if two have the same name."""
    found = [like(nodeid="test_a.py::test_glue[rte-a-b]"), like(nodeid="test_a.py::test_two[rte-a-b]")]
    assert ["test", "test_glue", "test_two"] == [line.split()[0] for line, _ in table(found)]
    found[1] = like(nodeid="test_b.py::test_glue[rte-a-b]")
    assert ["test_a.py::test_glue", "test_b.py::test_glue"] == [line.split()[0] for line, _ in table(found)[1:]]


def test_an_error_has_a_row(like: Like) -> None:
    """The row has task and checkpoint of the item, or what the node id names."""
    nodeids = [f"test_a.py::test_glue[{bracket}]" for bracket in ("mnli-mm-bert-base", "mine-1")]
    rows = [(line.split(), status) for line, status in table([], nodeids)[1:]]
    assert [(["mine-1", "error"], "error"), (["mnli-mm", "bert-base", "error"], "error")] == rows
    collected, alone = table([like()], ["test_broken.py"])[-1][0], table([], [""])[-1][0]
    assert (["test_broken.py", "test_broken.py", "error"], ["test", "run", "error"]) == (
        collected.split(),
        alone.split(),
    )


@pytest.mark.parametrize(
    ("verdict", "outcome", "shown"),
    [
        (Verdict.PASS, "passed", "pass"),
        (Verdict.PASS, "failed", "pass, test failed"),
        (Verdict.PASS, "error", "pass, test error"),
        (Verdict.FAIL, "failed", "fail"),
        (Verdict.FAIL, "passed", "fail, test passed"),
        (Verdict.FAIL, None, "fail"),
    ],
)
def test_a_test_that_ends_otherwise_than_its_verdict(
    like: Like, verdict: Verdict, outcome: Outcome | None, shown: str
) -> None:
    """The row says both, and is not coloured as the verdict alone."""
    item = like(verdict=verdict, failed=verdict is Verdict.FAIL)
    line, status = table([item], outcomes={item.nodeid: outcome} if outcome else {})[1]
    assert shown == status
    assert line.endswith(f"  {shown}")


def test_details_are_shown_if_asked_for(like: Like) -> None:
    """Notes on batching, on the source of a variance and on shared trainings need `-v`; the beginnings are theirs."""
    found = [
        like(
            notes=(
                "batching: packed",
                "the interval covers examples and seeds (3 runs)",
                "trained together with mnli",
                "a",
            )
        )
    ]
    assert ["rte: a"] == notes(found)
    assert 4 == len(notes(found, verbose=True))


def test_synthetic_data_is_said_last(like: Like) -> None:
    """The summary warns of synthetic data or checkpoints, with the tasks if others are real."""
    sample = like(task="cola", data=SampleSource.description)
    assert [SYNTHETIC_DATA] == summary_lines(Options(), [sample, like(checkpoint=Checkpoint("sample", Origin.SAMPLE))])
    assert [f"cola: {SYNTHETIC_DATA}"] == summary_lines(Options(), [sample, like()])


def test_columns_are_aligned(evaluations: list[Evaluation]) -> None:
    """Numbers are right-aligned, words are left-aligned, and no line ends in spaces."""
    lines = [line for line, _verdict in table(evaluations)][:4]
    starts = {line.index(word) for line, word in zip(lines, ("verdict", "fail", "pass", "degenerate"), strict=True)}
    ends = {
        line.index(word) + len(word) for line, word in zip(lines, ("score", "0.614", "0.800", "undefined"), strict=True)
    }
    assert (1, 1) == (len(starts), len(ends))
    assert lines == [line.rstrip() for line in lines]


def test_each_line_has_its_verdict(evaluations: list[Evaluation]) -> None:
    """The verdict, which decides the colour, is that of the line's evaluation; the header has none."""
    verdicts = [verdict for _line, verdict in table(evaluations)]
    assert [None, Verdict.FAIL, Verdict.PASS, Verdict.DEGENERATE, Verdict.INCONCLUSIVE] == verdicts


@pytest.mark.parametrize(("cached", "time"), [(0, "2.5 s"), (1, "2.5 s (1 of 2 cached)"), (2, "cached")])
def test_the_time_of_cached_runs(evaluation: Evaluation, like: Like, cached: int, time: str) -> None:
    """If all runs were cached there is no time; if some were, the line says how many."""
    runs = tuple(replace(evaluation.runs[0], cached=number < cached) for number in range(2))
    line, _verdict = table([like(runs=runs, duration_s=2.5)])[1]
    assert f"-0.036  {time}  fail" in line


def test_a_difference_of_zero_has_no_minus(like: Like) -> None:
    """A score that is below its threshold by a rounding error only is not shown as below it."""
    assert "+0.000" in table([like(score=0.65 - 1e-15)])[1][0].split()


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (61.5, "1 min 02 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (7384, "2 h 03 min"),
    ],
)
def test_a_duration_is_readable(duration: float, expected: str) -> None:
    """Seconds, minutes and hours, rounded; never `60.0 s`."""
    assert expected == seconds(duration)


def test_a_note_is_shown_once(evaluation: Evaluation, like: Like) -> None:
    """A note on several items is shown once, with their tasks."""
    found = [evaluation, like(task="cola"), like(task="wnli", notes=("slow tokenizer", "synthetic")), like(notes=())]
    assert ["rte, cola, wnli: slow tokenizer", "wnli: synthetic"] == notes(found)


def test_a_note_on_every_item_names_no_task(evaluation: Evaluation, like: Like) -> None:
    """A note on all of several items begins with `all`; a note on the only item begins with its task."""
    assert ["all: slow tokenizer"] == notes([evaluation, like(task="cola")])
    assert ["rte: slow tokenizer"] == notes([evaluation])


def test_an_inconclusive_verdict_has_its_reason(evaluations: list[Evaluation]) -> None:
    """The summary gives the reasons of inconclusive verdicts, because pytest shows none for a test that passes."""
    assert [evaluations[-1].reason] == summary_lines(Options(), evaluations[-1:])
    assert [] == summary_lines(Options(), evaluations[:1])


def test_a_certified_item_has_its_reason(like: Like) -> None:
    """A pass by a certificate is said; one that the comparison shows is not, nor a certificate that did not pass."""

    def lines(verdict: Verdict, *, certified: bool) -> list[str]:
        baseline = {"name": "main", "baseline_score": 0.6, "certificate": {"certified": certified}}
        return summary_lines(Options(), [like(baseline=baseline, verdict=verdict, reason="certified: ...")])

    assert ["certified: ..."] == lines(Verdict.PASS, certified=True)
    assert [] == lines(Verdict.PASS, certified=False) == lines(Verdict.FAIL, certified=True)


@pytest.fixture
def ranking() -> dict[str, Any]:
    """The ranking of two checkpoints on a task."""
    covers = "examples and seeds"
    scores = [
        {"checkpoint": "bert-base", "seeds": 3, "value": 0.7, "low": 0.66, "high": 0.74, "covers": covers},
        {"checkpoint": "tiny", "seeds": 1, "value": 0.61, "low": 0.55, "high": 0.67, "covers": "examples"},
    ]
    pair = {"first": "bert-base", "second": "tiny", "p_value": 0.0123, "value": 0.09, "low": 0.03, "high": 0.15}
    task = {
        "task": "rte",
        "metric": "accuracy",
        "n_eval": 277,
        "scores": scores,
        "pairs": [pair],
        "best": ["bert-base"],
    }
    return {"alpha": 0.05, "tasks": [task], "average": []}


def test_the_ranking_of_a_task(ranking: dict[str, Any]) -> None:
    """Scores with intervals, differences with corrected p-values, and the best checkpoint."""
    assert ranking_lines(ranking) == [
        "",
        "rte (accuracy, n=277)",
        "checkpoint  score  95% CI          covers",
        "bert-base   0.700  0.660 to 0.740  examples and seeds",
        "tiny        0.610  0.550 to 0.670  examples",
        "",
        "difference         value  95% CI            p (Holm)",
        "bert-base - tiny  +0.090  +0.030 to +0.150     0.012",
        "best: bert-base",
    ]


def test_a_tie_and_an_unknown_p_value(ranking: dict[str, Any]) -> None:
    """If the seed variance is unknown, so is the p-value, and both checkpoints are tied for best."""
    ranking["tasks"][0]["pairs"][0]["p_value"] = None
    ranking["tasks"][0]["best"] = ["bert-base", "tiny"]
    lines = ranking_lines(ranking)
    assert lines[-2].endswith("  unknown")
    assert "tied for best: bert-base, tiny" == lines[-1]


def test_averages_are_last(ranking: dict[str, Any]) -> None:
    """Averages over tasks name the number of tasks, and have intervals."""
    ranking["average"] = [
        {"checkpoint": "tiny", "tasks": 4, "value": 0.5, "low": 0.4, "high": 0.6, "covers": "examples and seeds"}
    ]
    assert ranking_lines(ranking)[-4:] == [
        "",
        "average of 4 tasks",
        "checkpoint  score  95% CI          covers",
        "tiny        0.500  0.400 to 0.600  examples and seeds",
    ]


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


def test_a_note_names_the_checkpoint(like: Like) -> None:
    """Where a task has several checkpoints and not all of them have the note."""
    one, other = (Checkpoint(name, Origin.HUB) for name in ("one", "two"))
    items = [like(checkpoint=one, notes=("a", "b")), like(checkpoint=other, notes=("b",)), like(task="cola", notes=())]
    assert ["rte · one: a", "rte: b"] == notes(items)


def test_of_many_pairs_those_with_the_best(ranking: dict[str, Any]) -> None:
    """Eighteen checkpoints have 153 pairs, of which nobody reads all."""
    task = ranking["tasks"][0]
    (pair,) = task["pairs"]
    names = [f"m{number}" for number in range(6)]
    task["scores"] = [{**task["scores"][0], "checkpoint": name, "value": 0.5 + 0.01 * (name == "m2")} for name in names]
    task["pairs"] = [{**pair, "first": one, "second": two} for one, two in combinations(names, 2)]

    lines = ranking_lines(ranking)

    shown = [line.split("  ")[0] for line in lines if " - " in line]
    assert ["m0 - m2", "m1 - m2", "m2 - m3", "m2 - m4", "m2 - m5"] == shown
    assert "the other 10 pairs are in the JSON report (--glue-json)" in lines

    task["pairs"] = task["pairs"][:10]
    assert 10 == len([line for line in ranking_lines(ranking) if " - " in line])


def test_a_metric_without_bounds_in_the_table(like: Like) -> None:
    """Scores have the digits that they need, and a stopped run's error is an upper bound."""
    small = {"headline_metric": "mse", "task": "mine", "score": 0.00012, "threshold": 0.0005}
    found = like(**small, confidence_interval=(0.0001, 0.00014), verdict=Verdict.PASS)
    stopped = replace(found, runs=tuple(replace(each, stopped=True) for each in found.runs))
    assert ["0.000120", "0.000100", "to", "0.000140", "0.000500", "-0.000380"] == table([found])[1][0].split()[3:9]
    assert "≤0.000120" in table([stopped])[1][0]


def test_a_ranking_by_errors(study: Study) -> None:
    """It says that lower is better, and names the pairs with the best one, which has the lowest score."""
    scores = [
        {"checkpoint": name, "value": value, "low": value, "high": value, "covers": "examples"}
        for name, value in (("a", 0.1), ("b", 0.2))
    ]
    pair = {"first": "a", "second": "b", "value": -0.1, "low": -0.2, "high": -0.05, "p_value": 0.01}
    task = {"task": "mine", "metric": "mse", "n_eval": 30, "scores": scores, "pairs": [pair] * 11, "best": ["a"]}
    lines = ranking_lines({"tasks": [task], "average": []})
    assert "mine (mse, lower is better, n=30)" in lines
    assert "best: a" == lines[-1]
    assert any(line.startswith("a - b") and "-0.100" in line for line in lines)
