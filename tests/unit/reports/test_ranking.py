"""The tables that compare checkpoints."""

from typing import Any

import pytest

from pytest_glue.reports.terminal import ranking_lines


@pytest.fixture
def ranks() -> dict[str, Any]:
    """What `judge.ranks` finds for two checkpoints on a task."""
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


def test_a_task_as_a_person_reads_it(ranks: dict[str, Any]) -> None:
    """Scores with intervals, differences with corrected p values, and who is best."""
    assert ranking_lines(ranks) == [
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


def test_a_tie_and_an_unknown_p_value(ranks: dict[str, Any]) -> None:
    """Where nothing tells the noise the p value is unknown, and both are tied for best."""
    ranks["tasks"][0]["pairs"][0]["p_value"] = None
    ranks["tasks"][0]["best"] = ["bert-base", "tiny"]
    lines = ranking_lines(ranks)
    assert lines[-2].endswith("  unknown")
    assert "tied for best: bert-base, tiny" == lines[-1]


def test_averages_stand_at_the_end(ranks: dict[str, Any]) -> None:
    """Averages over tasks have their number and their intervals."""
    ranks["average"] = [
        {"checkpoint": "tiny", "tasks": 4, "value": 0.5, "low": 0.4, "high": 0.6, "covers": "examples and seeds"}
    ]
    assert ranking_lines(ranks)[-4:] == [
        "",
        "average of 4 tasks",
        "checkpoint  score  95% CI          covers",
        "tiny        0.500  0.400 to 0.600  examples and seeds",
    ]
