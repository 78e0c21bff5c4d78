"""Shards: which items each has, their results, and the merged report."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_glue.cli import main

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

SAMPLE = ("--glue-data=sample", "--glue-checkpoints=sample")
SUITE = """
import pytest

def test_glue(glue_task, glue_checkpoint):
    pass

@pytest.mark.glue(tasks=["qqp"], max_train_samples=1)
def test_marked(glue_task, glue_checkpoint):
    pass

def test_plain():
    pass
"""


def without_times(report: Any) -> Any:
    """Return a report without durations."""
    return json.loads(json.dumps(report), object_hook=lambda each: {k: v for k, v in each.items() if k != "duration_s"})


def test_the_shards_are_the_whole(
    pytester: pytest.Pytester, tiny: Run, tiny_fresh: Run, report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two shards, one of them on two workers, have the results of one test run.

    Each shard divides the error rate by the number of all items, so that the merged verdicts are those of one run.
    """
    tasks = "--glue-tasks=cola,sst2,stsb"
    more = "--glue-max-eval-samples=48"  # enough to beat the chance level
    tiny(tasks, more, "--glue-save=main")
    arguments = (tasks, more, "--glue-compare=main", "--glue-max-drop=0.9")
    tiny(*arguments, "--glue-json=whole.json").assert_outcomes(passed=3)

    first = tiny(*arguments, "--glue-shard=1/2", "--glue-json=a.json")
    second = tiny_fresh("-n", "2", *arguments, "--glue-shard=2/2", "--glue-json=b.json")

    first.stdout.fnmatch_lines(["glue: tasks *; shard 1/2"])
    found = [report("a.json"), report("b.json")]
    assert [1, 2] == sorted(len(each["results"]) for each in found)
    assert 3 == first.parseoutcomes()["passed"] + second.parseoutcomes()["passed"]
    assert [3, 3] == [each["family"]["size"] for each in found]
    assert found[0]["family"] == found[1]["family"]
    capsys.readouterr()
    assert 0 == main(["merge", "b.json", "a.json", "-o", "all.json"])
    merged = capsys.readouterr().out.splitlines()
    assert without_times(report("whole.json")) == without_times(report("all.json"))
    assert [3] * 3 == [each["baseline"]["family_size"] for each in report("all.json")["results"]]
    title, *tasks_of_rows = [line.split()[0] for line in merged[:4]]
    assert ("task", ["cola", "sst2", "stsb"]) == (title, sorted(tasks_of_rows))


def test_each_item_is_in_one_shard(pytester: pytest.Pytester, here: Run) -> None:
    """Every selected item, also of tests without glue, is in exactly one shard and deselected in the others."""
    pytester.makepyfile(test_suite=SUITE)
    items: list[str] = []
    for part in range(1, 4):
        result = here(*SAMPLE, "--co", "-q", "-k", "not wnli", f"--glue-shard={part}/3")
        lines = [line for line in result.outlines if "::" in line]
        assert result.parseoutcomes()["deselected"] == 12 - len(lines)
        items += lines
    assert 11 == len(items) == len(set(items))


def test_a_marker_counts(pytester: pytest.Pytester, here: Run) -> None:
    """A test that its marker limits costs less, so it shares a shard with the plain test."""
    pytester.makepyfile(test_suite=SUITE)
    result = here(*SAMPLE, "--co", "-q", "--glue-tasks=qqp", "--glue-shard=1/2")
    assert ["test_suite.py::test_glue[qqp-sample]"] == [line for line in result.outlines if "::" in line]


def test_an_empty_shard(pytester: pytest.Pytester, here: Run, report: Report) -> None:
    """A shard without items ends like pytest without tests, and its report can be merged."""
    pytester.makepyfile(test_suite=SUITE)
    result = here(*SAMPLE, "--glue-tasks=rte", "-k", "test_glue", "--glue-shard=2/2", "--glue-json=out.json")
    assert pytest.ExitCode.NO_TESTS_COLLECTED == result.ret
    assert (0, []) == (report()["family"]["size"], report()["results"])


@pytest.mark.parametrize("value", ["3/2", "half"])
def test_a_shard_that_does_not_exist(here: Run, value: str) -> None:
    """A shard that does not exist is a usage error."""
    result = here(*SAMPLE, f"--glue-shard={value}")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([f"*--glue-shard: '{value}': expected K/N, the K-th of N shards, as in 1/5 to 5/5"])
