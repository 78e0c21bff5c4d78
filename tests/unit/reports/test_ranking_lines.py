"""Lines about the ranking of checkpoints."""

from itertools import combinations
from typing import Any

import pytest

from pytest_glue.reports.ranking_lines import ranking_lines


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
    assert ranking_lines(ranking, None) == [
        "",
        "rte (accuracy, n=277)",
        "checkpoint  score  95% CI          covers",
        "bert-base   0.700  0.660 to 0.740  examples and seeds",
        "tiny        0.610  0.550 to 0.670  examples",
        "",
        "checkpoint  minus  difference  95% CI            p (Holm)",
        "bert-base   tiny       +0.090  +0.030 to +0.150     0.012",
        "best: bert-base",
    ]


def test_a_tie_and_an_unknown_p_value(ranking: dict[str, Any]) -> None:
    """If the seed variance is unknown, so is the p-value, and both checkpoints are tied for best."""
    ranking["tasks"][0]["pairs"][0]["p_value"] = None
    ranking["tasks"][0]["best"] = ["bert-base", "tiny"]
    lines = ranking_lines(ranking, None)
    assert lines[-2].endswith("  unknown")
    assert "tied for best: bert-base, tiny" == lines[-1]


def test_averages_are_last(ranking: dict[str, Any]) -> None:
    """Averages over tasks name the number of tasks, and have intervals."""
    ranking["average"] = [
        {"checkpoint": "tiny", "tasks": 4, "value": 0.5, "low": 0.4, "high": 0.6, "covers": "examples and seeds"}
    ]
    assert ranking_lines(ranking, None)[-4:] == [
        "",
        "average of 4 tasks",
        "checkpoint  score  95% CI          covers",
        "tiny        0.500  0.400 to 0.600  examples and seeds",
    ]


def test_of_many_pairs_those_with_the_best(ranking: dict[str, Any]) -> None:
    """Eighteen checkpoints have 153 pairs, of which nobody reads all."""
    task = ranking["tasks"][0]
    (pair,) = task["pairs"]
    names = [f"m{number}" for number in range(6)]
    task["scores"] = [{**task["scores"][0], "checkpoint": name, "value": 0.5 + 0.01 * (name == "m2")} for name in names]
    task["pairs"] = [{**pair, "first": one, "second": two} for one, two in combinations(names, 2)]

    lines = ranking_lines(ranking, None)

    assert [("m0", "m2"), ("m1", "m2"), ("m2", "m3"), ("m2", "m4"), ("m2", "m5")] == _pairs(lines)
    assert "the other 10 pairs are in the JSON report (--glue-json)" in lines

    task["pairs"] = task["pairs"][:10]
    assert 10 == len(_pairs(ranking_lines(ranking, None)))


def _pairs(lines: list[str]) -> list[tuple[str, ...]]:
    """Return the names in the rows of the table of differences."""
    return [tuple(line.split()[:2]) for line in lines if line.endswith("  0.012")]


def test_a_short_ranking(ranking: dict[str, Any]) -> None:
    """With -q there is only the answer."""
    assert ["rte: best: bert-base"] == ranking_lines(ranking, 80, is_short=True)


def test_a_ranking_by_errors() -> None:
    """It says that lower is better, and names the pairs with the best one, which has the lowest score."""
    scores = [
        {"checkpoint": name, "value": value, "low": value, "high": value, "covers": "examples"}
        for name, value in (("a", 0.1), ("b", 0.2))
    ]
    pair = {"first": "a", "second": "b", "value": -0.1, "low": -0.2, "high": -0.05, "p_value": 0.01}
    task = {"task": "mine", "metric": "mse", "n_eval": 30, "scores": scores, "pairs": [pair] * 11, "best": ["a"]}
    lines = ranking_lines({"tasks": [task], "average": []}, None)
    assert "mine (mse, lower is better, n=30)" in lines
    assert "best: a" == lines[-1]
    assert any(line.split()[:3] == ["a", "b", "-0.100"] for line in lines)
