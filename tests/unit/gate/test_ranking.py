"""The ranking of checkpoints, as plain data."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Run
from pytest_glue.gate.ranking import rank_checkpoints
from tests.factories import RTE_LABELS, make_evaluation, make_runs

RunSource = Callable[..., list[Run]]
Labels = tuple[float, ...]


@pytest.fixture
def of() -> Callable[..., Evaluation]:
    """Make the evaluation of a checkpoint, each run with a given number of wrong predictions."""

    def make(name: str, task: str, *wrong: int, references: Sequence[float] | None = None) -> Evaluation:
        gold = tuple(references or RTE_LABELS)
        seed = 1000 * len(name) + 42
        return make_evaluation(
            make_runs(task, gold, *wrong, first_seed=seed),
            task=task,
            checkpoint=Checkpoint(name, Origin.HUB),
            references=gold,
            n_eval=len(gold),
        )

    return make


def test_one_checkpoint_has_no_rank(of: Callable[..., Evaluation]) -> None:
    """If each task has one checkpoint, there is no ranking."""
    assert rank_checkpoints([], 0.05) is None
    assert rank_checkpoints([of("a", "rte", 80), of("b", "sst2", 80)], 0.05) is None


def test_a_clear_winner(of: Callable[..., Evaluation]) -> None:
    """The better of two comes first, with difference, interval and p value, and is the only best one."""
    found = rank_checkpoints([of("a", "rte", 138, 140, 142), of("bb", "rte", 60, 62, 64)], 0.05)
    assert found is not None
    (task,) = found["tasks"]
    (pair,) = task["pairs"]
    assert ("rte", "accuracy", 277, ["bb"], []) == (
        task["task"],
        task["metric"],
        task["n_eval"],
        task["best"],
        found["average"],
    )
    assert [("bb", 3), ("a", 3)] == [(score["checkpoint"], score["seeds"]) for score in task["scores"]]
    assert ("bb", "a", "examples and seeds") == (pair["first"], pair["second"], pair["covers"])
    assert pair["value"] == pytest.approx(78 / 277)
    assert pair["low"] < pair["value"] < pair["high"]
    assert pair["p_value"] < 0.05


def test_a_tie(of: Callable[..., Evaluation]) -> None:
    """Two checkpoints without a significant difference are tied for best."""
    found = rank_checkpoints([of("a", "rte", 80, 82, 84), of("bb", "rte", 81, 82, 85)], 0.05)
    assert found is not None
    assert ["a", "bb"] == found["tasks"][0]["best"]


def test_averages_over_tasks(of: Callable[..., Evaluation]) -> None:
    """Checkpoints that are ranked on all tasks have an average, best first."""
    everywhere = [
        of(name, task, *wrong) for task in ("sst2", "rte") for name, wrong in (("a", (90, 92)), ("bb", (60, 62)))
    ]
    found = rank_checkpoints([*everywhere, of("ccc", "rte", 20, 22)], 0.05)
    assert found is not None
    assert ["rte", "sst2"] == [task["task"] for task in found["tasks"]]
    assert [("bb", 2), ("a", 2)] == [(each["checkpoint"], each["tasks"]) for each in found["average"]]
    assert found["average"][0]["value"] == pytest.approx(216 / 277)
    assert found["average"][0]["low"] < found["average"][0]["value"] < found["average"][0]["high"]


def test_other_examples_are_not_ranked(of: Callable[..., Evaluation]) -> None:
    """Scores on different examples are not ranked, since the comparison is paired."""
    assert rank_checkpoints([of("a", "rte", 80), of("bb", "rte", 80, references=RTE_LABELS[:200])], 0.05) is None


def test_an_undefined_score_is_left_out(of: Callable[..., Evaluation]) -> None:
    """A checkpoint without a score is left out; the others are ranked."""
    broken = make_evaluation(score=None, checkpoint=Checkpoint("dddd", Origin.HUB))
    found = rank_checkpoints([of("a", "rte", 80, 82), broken, of("bb", "rte", 90, 92)], 0.05)
    assert found is not None
    assert ["a", "bb"] == [score["checkpoint"] for score in found["tasks"][0]["scores"]]


def test_ranks_are_plain(of: Callable[..., Evaluation]) -> None:
    """The ranking survives JSON unchanged."""
    found = rank_checkpoints([of("a", "cola", 80), of("bb", "cola", 90)], 0.05)
    assert found == json.loads(json.dumps(found))


def test_one_seed_each_without_a_known_variance(of: Callable[..., Evaluation]) -> None:
    """If the variance between seeds is unknown, there is no p value and all are tied."""
    both = [
        make_evaluation(
            make_runs("cola", RTE_LABELS, wrong),
            task="cola",
            headline_metric="matthews_correlation",
            checkpoint=Checkpoint(name, Origin.HUB),
        )
        for name, wrong in (("a", 40), ("bb", 120))
    ]
    found = rank_checkpoints(both, 0.05)
    assert found is not None
    (task,) = found["tasks"]
    assert (None, "examples", ["a", "bb"]) == (task["pairs"][0]["p_value"], task["pairs"][0]["covers"], task["best"])


def test_folders_of_one_name(of: Callable[..., Evaluation]) -> None:
    """Two folders with the same last part are two checkpoints, which the ranking tells apart by their paths."""
    folders = [Checkpoint(f"./runs/{number}/model", Origin.FOLDER) for number in ("0041", "0042")]
    found = [
        replace(each, conditions=replace(each.conditions, checkpoint=folder))
        for each, folder in zip((of("a", "rte", 80, 82), of("b", "rte", 60, 62)), folders, strict=True)
    ]
    ranks = rank_checkpoints(found, 0.05)
    assert ranks is not None
    scores = ranks["tasks"][0]["scores"]
    assert {"./runs/0041/model", "./runs/0042/model"} == {score["checkpoint"] for score in scores}
