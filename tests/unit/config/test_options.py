"""Options: how each is read, and how the places that give them add up."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options, OptionSource, combine
from pytest_glue.config.thresholds import Threshold
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import OptionError
from pytest_glue.core.shards import Shard
from pytest_glue.core.tasks import GLUE


def options(**values: Any) -> Options:
    """Return the options of one place."""
    return combine([OptionSource("{name}", values, Path.cwd())])


def test_the_defaults() -> None:
    """Where no place gives anything: all tasks, no checkpoint, the hub's data, seed 42, no recipe, no threshold."""
    defaults = combine([])
    assert tuple(GLUE.values()) == defaults.tasks
    assert ((), "hub", (42,), {}, {}) == (
        defaults.checkpoints,
        defaults.data,
        defaults.seeds,
        defaults.recipe,
        defaults.threshold,
    )
    assert (None,) * 4 == (
        defaults.max_train_samples,
        defaults.max_eval_samples,
        defaults.max_length,
        defaults.json,
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("rte, cola", ["cola", "rte"]),
        (["rte", "cola", "rte"], ["cola", "rte"]),
        ("all", list(GLUE)),
        ("cola,all", list(GLUE)),
        ("mnli-mm,mnli,", ["mnli", "mnli-mm"]),
    ],
)
def test_tasks_are_sorted_and_distinct(value: object, expected: list[str]) -> None:
    """A text or a list names tasks, each once and in order; `all` is all of them."""
    assert expected == [task.name for task in options(tasks=value).tasks]


def test_checkpoints_keep_their_order() -> None:
    """Checkpoints are compared in the order in which they are named."""
    assert (Checkpoint("b", Origin.HUB, "v1"), Checkpoint("sample", Origin.SAMPLE)) == options(
        checkpoints="b@v1, sample"
    ).checkpoints


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5", (42, 43, 44, 45, 46)),
        (2, (42, 43)),
        ("7,8", (7, 8)),
        ("7,", (7,)),
        ([8, 7], (8, 7)),
        (["7", "8"], (7, 8)),
        ("0,4294967295", (0, 2**32 - 1)),
    ],
)
def test_seeds_are_a_count_or_a_list(value: object, expected: tuple[int, ...]) -> None:
    """A count starts at 42; a list is taken as it is, and its comma tells one seed from a count."""
    assert expected == options(seeds=value).seeds


@pytest.mark.parametrize(("value", "part", "parts"), [("2/5", 2, 5), (" 1 / 1 ", 1, 1)])
def test_a_shard_is_one_of_several_parts(value: str, part: int, parts: int) -> None:
    """`2/5` is the second of five; it is written as it is read."""
    assert Shard(part, parts) == options(shard=value).shard
    assert f"{part}/{parts}" == str(options(shard=value).shard)


@pytest.mark.parametrize("value", ["16", 16])
@pytest.mark.parametrize("name", ["max_train_samples", "max_eval_samples", "max_length"])
def test_limits_are_integers(name: str, value: object) -> None:
    """A limit may be a number or, on the command line, a text."""
    assert 16 == getattr(options(**{name: value}), name)


@pytest.mark.parametrize(
    "value",
    [
        ["num_train_epochs=1", "optim = adafactor", "eval_strategy=no"],
        {"num_train_epochs": 1, "optim": "adafactor", "eval_strategy": "no"},
    ],
    ids=["lines", "table"],
)
def test_a_recipe_is_typed(value: object) -> None:
    """Texts of the command line become what a table holds."""
    assert {"num_train_epochs": 1, "optim": "adafactor", "eval_strategy": "no"} == options(recipe=value).recipe


@pytest.mark.parametrize(
    "value",
    [
        "cola=0.5,mrpc:f1=0.8",
        ["cola=0.5", "mrpc:f1=.8"],
        {"cola": 0.5, "mrpc": {"f1": 0.8}},
        {"cola": 0.5, "mrpc:f1": 0.8},
    ],
    ids=["commas", "lines", "nested-table", "flat-table"],
)
def test_thresholds_are_by_task_and_metric(value: object) -> None:
    """All ways to write thresholds say the same; without a metric it is the headline metric's."""
    threshold = options(threshold=value).threshold
    assert {
        ("cola", "matthews_correlation"): Threshold("cola", "matthews_correlation", 0.5),
        ("mrpc", "f1"): Threshold("mrpc", "f1", 0.8),
    } == threshold


def test_a_later_place_beats_an_earlier_one_key_by_key() -> None:
    """Single values are replaced; recipes and thresholds are merged."""
    first = {"seeds": 2, "max_length": 16, "recipe": {"optim": "adafactor", "warmup_steps": 3}, "threshold": "cola=0.5"}
    second = {"seeds": 3, "recipe": ["warmup_steps=4"], "threshold": "rte=0.6,cola=0.4"}
    both = combine([OptionSource("{name}", values, Path.cwd()) for values in (first, second)])
    assert ((42, 43, 44), 16) == (both.seeds, both.max_length)
    assert {"optim": "adafactor", "warmup_steps": 4} == both.recipe
    assert {"cola": 0.4, "rte": 0.6} == {task: floor.value for (task, _), floor in both.threshold.items()}


@pytest.mark.parametrize(("value", "expected"), [("on", True), ("off", False), (True, True), (False, False)])
def test_a_switch_is_on_or_off(value: Any, *, expected: bool) -> None:
    """What a command line says in words, a table can also say in its own."""
    assert expected is combine([OptionSource("{name}", {"resume": value}, Path.cwd())]).resume


@pytest.mark.parametrize("value", ["yes", "", 1, None, ["on"]], ids=repr)
def test_what_is_no_switch(value: Any) -> None:
    """Anything else is refused, with what is accepted."""
    with pytest.raises(OptionError, match=r"resume: .* accepted are on and off"):
        combine([OptionSource("{name}", {"resume": value}, Path.cwd())])
