"""The table of scores at the end of a test run."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import Evaluation, Outcome
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.score_table import score_table

Like = Callable[..., Evaluation]

TABLE = """\
task  checkpoint   metric                    score  95% CI          compared with  difference        time  verdict
rte   a/b@86b5e09  accuracy                  0.614                          0.650      -0.036  1 min 02 s  fail
cola  sample       matthews_correlation  undefined                        (0.000)                   2.5 s  degenerate
rte   a/b@86b5e09  accuracy                  0.614                     main 0.600      +0.014  1 min 02 s  inconclusive
rte   sample       accuracy                  0.800  0.750 to 0.850        (0.527)      +0.273       2.5 s  pass
"""


def table(*given: Any, **named: Any) -> list[tuple[str, str]]:
    """Return the title and the rows, each with its status."""
    found = score_table(*given, **named)
    return [(found.text.title, ""), *zip(found.text.rows, found.statuses, strict=True)]


@pytest.fixture
def evaluations(evaluation: Evaluation, like: Like) -> list[Evaluation]:
    """A failure, a pass without a threshold, an undefined score, and a comparison with a baseline."""
    sample = {"checkpoint": Checkpoint("sample", Origin.SAMPLE), "threshold": None, "duration_s": 2.5}
    undefined = {"task": "cola", "headline_metric": "matthews_correlation", "score": None, "chance": 0.0}
    return [
        evaluation,
        like(**sample, score=0.8, confidence_interval=(0.75, 0.85), verdict=Verdict.PASS, failed=False),
        like(**sample, **undefined, verdict=Verdict.DEGENERATE),
        like(baseline={"name": "main", "baseline_score": 0.6}, verdict=Verdict.INCONCLUSIVE, failed=False),
    ]


def test_the_table(evaluations: list[Evaluation]) -> None:
    """A score is compared with its baseline, else its threshold, else the chance level in brackets.

    Items that failed are first, then those that say the least.
    """
    assert TABLE.splitlines() == [line for line, _verdict in table(evaluations)]


def test_failed_runs_are_left_out_of_a_comparison(like: Like) -> None:
    """The score is that of the runs that trained."""
    compared = {"name": "main", "baseline_score": 0.6, "candidate_score": 0.59}
    row = table([like(score=0.5, baseline=compared)])[1][0]
    assert "0.590  " in row
    assert "main 0.600      -0.010" in row


def test_items_of_several_tests(like: Like) -> None:
    """A column names the tests, with their files if two have the same name."""
    found = [like(nodeid="test_a.py::test_glue[rte-a-b]"), like(nodeid="test_a.py::test_two[rte-a-b]")]
    assert ["test", "test_glue", "test_two"] == [line.split()[0] for line, _ in table(found)]
    found[1] = like(nodeid="test_b.py::test_glue[rte-a-b]")
    assert ["test_a.py::test_glue", "test_b.py::test_glue"] == [line.split()[0] for line, _ in table(found)[1:]]


def test_an_error_has_a_row(like: Like) -> None:
    """The row has task and checkpoint of the item, or what the node id names; it comes before those of verdicts."""
    nodeids = [f"test_a.py::test_glue[{bracket}]" for bracket in ("mnli-mm-bert-base", "mine-1", "yours-2")]
    rows = [(line.split(), status) for line, status in table([], nodeids, own_tasks=("yours",))[1:]]
    names = [["mine-1", "error"], ["mnli-mm", "bert-base", "error"], ["yours", "2", "error"]]
    assert [(each, "error") for each in names] == rows
    collected, alone = table([like()], ["test_broken.py"])[1][0], table([], [""])[-1][0]
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


def test_columns_are_aligned(evaluations: list[Evaluation]) -> None:
    """Numbers are right-aligned, words are left-aligned, and no line ends in spaces."""
    lines = [line for line, _verdict in table(evaluations)]
    words = ("verdict", "fail", "degenerate", "inconclusive", "pass")
    starts = {line.index(word) for line, word in zip(lines, words, strict=True)}
    numbers = ("score", "0.614", "undefined", "0.614", "0.800")
    ends = {line.index(word) + len(word) for line, word in zip(lines, numbers, strict=True)}
    assert (1, 1) == (len(starts), len(ends))
    assert lines == [line.rstrip() for line in lines]


def test_each_line_has_its_verdict(evaluations: list[Evaluation]) -> None:
    """The verdict, which decides the colour, is that of the line's evaluation."""
    verdicts = [verdict for _line, verdict in table(evaluations)[1:]]
    assert [Verdict.FAIL, Verdict.DEGENERATE, Verdict.INCONCLUSIVE, Verdict.PASS] == verdicts


def test_red_items_come_first(like: Like) -> None:
    """Also one whose verdict passes and whose test fails, and an inconclusive one that the user does not accept."""
    passed, failed = (like(verdict=Verdict.PASS, failed=False, nodeid=f"t.py::test_glue[{name}]") for name in "ab")
    strict = like(verdict=Verdict.INCONCLUSIVE, nodeid="t.py::test_glue[c]")
    rows = table([passed, failed, strict], outcomes={failed.nodeid: "failed"})[1:]
    assert ["inconclusive", "pass, test failed", "pass"] == [status for _, status in rows]


def test_eighty_columns(evaluations: list[Evaluation]) -> None:
    """Short titles; what is left out is said."""
    shown = score_table(evaluations, width=80).text
    assert max(map(len, shown.lines)) <= 80
    assert "task  checkpoint   metric                score       bound    diff  verdict" == shown.title
    assert ("not shown at 80 columns: whole names, time, 95% CI; COLUMNS=119 shows them",) == shown.below


@pytest.mark.parametrize(("cached", "time"), [(0, "2.5 s"), (1, "2.5 s (1 of 2 cached)"), (2, "cached")])
def test_the_time_of_cached_runs(evaluation: Evaluation, like: Like, cached: int, time: str) -> None:
    """If all runs were cached there is no time; if some were, the line says how many."""
    runs = tuple(replace(evaluation.runs[0], cached=number < cached) for number in range(2))
    line, _verdict = table([like(runs=runs, duration_s=2.5)])[1]
    assert f"-0.036  {time}  fail" in line


def test_a_difference_of_zero_has_no_minus(like: Like) -> None:
    """A score that is below its threshold by a rounding error only is not shown as below it."""
    assert "+0.000" in table([like(score=0.65 - 1e-15)])[1][0].split()


def test_a_metric_without_bounds_in_the_table(like: Like) -> None:
    """Scores have the digits that they need, and a stopped run's error is an upper bound."""
    small = {"headline_metric": "mse", "task": "mine", "score": 0.00012, "threshold": 0.0005}
    found = like(**small, confidence_interval=(0.0001, 0.00014), verdict=Verdict.PASS)
    stopped = replace(found, runs=tuple(replace(each, stopped=True) for each in found.runs))
    assert ["0.000120", "0.000100", "to", "0.000140", "0.000500", "-0.000380"] == table([found])[1][0].split()[3:9]
    assert "≤0.000120" in table([stopped])[1][0]
