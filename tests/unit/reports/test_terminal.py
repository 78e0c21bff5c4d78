"""The table at the end of a test run."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import seconds
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.terminal import notes, table

Like = Callable[..., Evaluation]

TABLE = """\
task  checkpoint   metric                    score  compared with  difference        time  verdict
rte   a/b@86b5e09  accuracy                  0.614          0.650      -0.036  1 min 02 s  fail
rte   sample       accuracy                  0.800        (0.527)      +0.273       2.5 s  pass
cola  sample       matthews_correlation  undefined        (0.000)                   2.5 s  degenerate
rte   a/b@86b5e09  accuracy                  0.614     main 0.600      +0.014  1 min 02 s  inconclusive
"""


@pytest.fixture
def evaluations(evaluation: Evaluation, like: Like) -> list[Evaluation]:
    """A miss, a pass without a threshold, a score that is undefined, and a comparison with a baseline."""
    sample = {"checkpoint": Checkpoint("sample", Origin.SAMPLE), "threshold": None, "duration_s": 2.5}
    undefined = {"task": "cola", "headline_metric": "matthews_correlation", "score": None, "chance": 0.0}
    return [
        evaluation,
        like(**sample, score=0.8, verdict=Verdict.PASS),
        like(**sample, **undefined, verdict=Verdict.DEGENERATE),
        like(baseline={"name": "main", "baseline_score": 0.6}, verdict=Verdict.INCONCLUSIVE),
    ]


def test_the_table(evaluations: list[Evaluation]) -> None:
    """A score stands beside its baseline, else its threshold, else, in brackets, what knowing nothing scores."""
    assert TABLE.splitlines() == [line for line, _verdict in table(evaluations)]


def test_columns_are_aligned(evaluations: list[Evaluation]) -> None:
    """Numbers end, and words begin, in one column; no line ends in spaces."""
    lines = [line for line, _verdict in table(evaluations)][:4]
    starts = {line.index(word) for line, word in zip(lines, ("verdict", "fail", "pass", "degenerate"), strict=True)}
    ends = {
        line.index(word) + len(word) for line, word in zip(lines, ("score", "0.614", "0.800", "undefined"), strict=True)
    }
    assert (1, 1) == (len(starts), len(ends))
    assert lines == [line.rstrip() for line in lines]


def test_each_line_has_its_verdict(evaluations: list[Evaluation]) -> None:
    """What colours a line is its evaluation's verdict; the header has none."""
    verdicts = [verdict for _line, verdict in table(evaluations)]
    assert [None, Verdict.FAIL, Verdict.PASS, Verdict.DEGENERATE, Verdict.INCONCLUSIVE] == verdicts


@pytest.mark.parametrize(("cached", "time"), [(0, "2.5 s"), (1, "2.5 s (1 of 2 cached)"), (2, "cached")])
def test_runs_that_were_read(evaluation: Evaluation, like: Like, cached: int, time: str) -> None:
    """Where all runs were read there is no time, and where some were, it says how many were not trained."""
    runs = tuple(replace(evaluation.runs[0], cached=number < cached) for number in range(2))
    line, _verdict = table([like(runs=runs, duration_s=2.5)])[1]
    assert f"-0.036  {time}  fail" in line


def test_a_difference_of_nothing_has_no_minus(like: Like) -> None:
    """A score that reaches its threshold but for rounding is not shown as below it."""
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
def test_a_duration_is_read_by_a_person(duration: float, expected: str) -> None:
    """Seconds, minutes and hours, rounded; never `60.0 s`."""
    assert expected == seconds(duration)


def test_a_note_is_shown_once(evaluation: Evaluation, like: Like) -> None:
    """What holds for several items is said once, with the tasks that it is about."""
    found = [evaluation, like(task="cola"), like(task="wnli", notes=("slow tokenizer", "made-up")), like(notes=())]
    assert ["rte, cola, wnli: slow tokenizer", "wnli: made-up"] == notes(found)


def test_a_note_on_every_item_names_none(evaluation: Evaluation, like: Like) -> None:
    """What holds for all of several items is said of `all`, and that of a lone item of its task."""
    assert ["all: slow tokenizer"] == notes([evaluation, like(task="cola")])
    assert ["rte: slow tokenizer"] == notes([evaluation])
