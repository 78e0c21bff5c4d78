"""Options that are not accepted: each message has the place, the value and what is accepted."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import OptionSource, combine
from pytest_glue.config.parsers import PARSERS
from pytest_glue.core.errors import OptionError
from pytest_glue.core.tasks import GLUE

SEEDS = "accepted: a count, as in 5 (seeds 42 to 46), or a list, as in 7,8 or 7,"
LINES = "is neither a table nor a text nor a list of texts"


def message(name: str, value: Any) -> str:
    """Return what is said about an option on the command line."""
    with pytest.raises(OptionError) as caught:
        combine([OptionSource("--glue-{option}", {name: value}, Path.cwd())])
    return str(caught.value)


def test_an_unknown_key_is_refused_with_the_closest() -> None:
    """A table's misspelt key is named with its place."""
    with pytest.raises(OptionError) as caught:
        combine([OptionSource("[tool.pytest_glue] {name} in pyproject.toml", {"treshold": {}}, Path.cwd())])
    assert "[tool.pytest_glue] treshold in pyproject.toml: unknown option; did you mean threshold?" == str(caught.value)


def test_all_keys_are_listed_where_none_is_close() -> None:
    """A marker's unknown keyword is answered with every option there is."""
    with pytest.raises(OptionError) as caught:
        combine([OptionSource("@pytest.mark.glue({name}=...)", {"quux": 1}, Path.cwd())])
    assert f"@pytest.mark.glue(quux=...): unknown option; accepted: {', '.join(sorted(PARSERS))}" == str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cloa", "--glue-tasks: unknown task 'cloa': did you mean cola?"),
        ("cola,imagenet", f"--glue-tasks: unknown task 'imagenet': accepted: {', '.join(GLUE)}"),
        (" , ", f"--glue-tasks: no task is named; accepted: all, {', '.join(GLUE)}"),
        (3, "--glue-tasks: 3 is neither a text nor a list of texts"),
        ([1], "--glue-tasks: [1] is neither a text nor a list of texts"),
    ],
)
def test_tasks(value: object, expected: str) -> None:
    """An unknown task is answered with the closest names, or with all."""
    assert expected == message("tasks", value)


def test_checkpoints() -> None:
    """What is neither a folder nor a hub id is answered with the forms that are accepted."""
    assert message("checkpoints", "a b") == (
        "--glue-checkpoints: checkpoint 'a b' is neither a folder nor a hub id: "
        "accepted are `owner/name`, `owner/name@revision`, an existing folder, or `sample`"
    )


@pytest.mark.parametrize("value", ["", "2", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1.0/2", 2, None, [1, 2]])
def test_shards(value: object) -> None:
    """What is not one of so many parts is refused, with the form of those that are."""
    assert f"--glue-shard: {value!r}: expected K/N, the K-th of N parts, as in 1/5 to 5/5" == message("shard", value)


@pytest.mark.parametrize("value", ["", "  ", 5, None])
def test_data(value: object) -> None:
    """Data must be named."""
    assert f"--glue-data: {value!r} is no data source; accepted: hub, hub@revision, sample, or a folder" == message(
        "data", value
    )


@pytest.mark.parametrize(
    "value",
    ["", "many", "1.5", "-1", "7,x", "-1,2", "4294967296,", ",", True, 2.0, None, [], [1.5], [True, 2], {"a": 1}],
    ids=repr,
)
def test_seeds_of_another_form(value: object) -> None:
    """What is neither a count nor a list of integers that torch and numpy take is refused, and never rounded."""
    assert f"--glue-seeds: {value!r}: {SEEDS}" == message("seeds", value)


def test_no_seeds() -> None:
    """An item without a run has no score."""
    assert f"--glue-seeds: '0' seeds: at least one run is needed; {SEEDS}" == message("seeds", "0")


def test_a_seed_twice() -> None:
    """The same run twice would look like more evidence than there is."""
    assert "--glue-seeds: seed 7 is given twice: the same seed is the same run and adds no evidence" == message(
        "seeds", "7,8,7"
    )


@pytest.mark.parametrize(
    ("name", "option", "low"),
    [
        ("max_train_samples", "max-train-samples", 1),
        ("max_eval_samples", "max-eval-samples", 1),
        ("max_length", "max-length", 4),
    ],
)
@pytest.mark.parametrize("value", ["0", "-5", "1e3", "some", 0, 10.5, True, None], ids=repr)
def test_limits(name: str, option: str, low: int, value: object) -> None:
    """A limit is an integer that leaves something; four tokens are a pair with its special tokens."""
    assert f"--glue-{option}: {value!r}: expected an integer of at least {low}" == message(name, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["learning_rat=1"], "TrainingArguments has no field 'learning_rat': did you mean learning_rate?"),
        (["num_train_epochs=three"], "num_train_epochs='three': expected a number"),
        ({"num_train_epochs": "3"}, "num_train_epochs='3': expected a number"),
        ("max_steps", "'max_steps' is not of the form KEY=VALUE"),
        ("seed=1", "seed is not part of a recipe: give --glue-seeds: a seed is part of a run, not of the recipe"),
        (5, f"5 {LINES}"),
        ([1], f"[1] {LINES}"),
    ],
)
def test_recipe(value: object, expected: str) -> None:
    """A key that is not there, a value of another type and another form are told apart."""
    assert f"--glue-recipe: {expected}" == message("recipe", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cola", "'cola' is not of the form TASK=VALUE or TASK:METRIC=VALUE"),
        ("cloa=0.5", "unknown task 'cloa': did you mean cola?"),
        ("mrpc:acuracy=0.5", "task 'mrpc' has no metric 'acuracy': did you mean accuracy?"),
        ({"rte": {"f1": 0.5}}, "task 'rte' has no metric 'f1': accepted: accuracy"),
        ("rte=65", "rte=65: accuracy is a number from 0 to 1 (a fraction: did you mean 0.65?)"),
        ({"cola": -2}, "cola=-2: matthews_correlation is a number from -1 to 1"),
        (0.5, f"0.5 {LINES}"),
        ([0.5], f"[0.5] {LINES}"),
    ],
)
def test_threshold(value: object, expected: str) -> None:
    """A task or a metric that is not there, and a value outside the metric's range, are named."""
    assert f"--glue-threshold: {expected}" == message("threshold", value)


@pytest.mark.parametrize("value", ["", 3])
def test_json(value: object) -> None:
    """A report needs a path."""
    assert f"--glue-json: {value!r} is not a path" == message("json", value)
