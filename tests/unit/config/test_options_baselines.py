"""The options of baselines: how each is read, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options, OptionSource, combine
from pytest_glue.core.choices import InconclusivePolicy
from pytest_glue.core.errors import OptionError


def options(**values: Any) -> Options:
    """Return the options of one place."""
    return combine([OptionSource("{name}", values, Path.cwd())])


def message(name: str, value: Any) -> str:
    """Return what is said about an option on the command line."""
    with pytest.raises(OptionError) as caught:
        combine([OptionSource("--glue-{option}", {name: value}, Path.cwd())])
    return str(caught.value)


def test_the_defaults() -> None:
    """Nothing is recorded or compared, no drop is allowed, and an open verdict is green."""
    plain = combine([])
    assert (None, None, {}, 0.05, None, InconclusivePolicy.PASS) == (
        plain.save,
        plain.compare,
        plain.max_drop,
        plain.alpha,
        plain.max_seeds,
        plain.inconclusive,
    )


@pytest.mark.parametrize("name", ["main", "v1.2", "my_branch-3"])
def test_a_name(name: str) -> None:
    """A baseline's name is one that is safe as a folder."""
    assert (name, name) == (options(save=name).save, options(compare=name).compare)


@pytest.mark.parametrize("value", ["", "a/b", "../up", ".hidden", "main.json", "a b", 3, None])
def test_what_is_no_name(value: Any) -> None:
    """What would leave the storage, or be taken for a file, is refused."""
    assert (
        f"--glue-save: {value!r} is no name of a baseline: letters, digits, `.`, `_` and `-`, not ending in .json"
    ) == message("save", value)


def test_a_file_to_compare_with(tmp_path: Path) -> None:
    """What ends in .json is a file, from the place that names it."""
    asked = combine([OptionSource("{name}", {"compare": "old/a.json", "storage": "records"}, tmp_path)])
    assert (str(tmp_path / "old" / "a.json"), tmp_path / "records") == (asked.compare, asked.storage)
    assert message("compare", "a/b").startswith("--glue-compare: 'a/b' is no name of a baseline: ")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.02", {None: 0.02}),
        (0.02, {None: 0.02}),
        (0, {None: 0.0}),
        ("rte=0.03", {"rte": 0.03}),
        (["0.01", "rte=0.03,cola=0"], {None: 0.01, "rte": 0.03, "cola": 0.0}),
        ({"rte": 0.03}, {"rte": 0.03}),
    ],
)
def test_an_allowed_drop(value: Any, expected: dict[str | None, float]) -> None:
    """A drop is that of a task, or of every task that has none of its own."""
    asked = options(max_drop=value)
    assert expected == asked.max_drop


@pytest.mark.parametrize("number", ["1", "-0.1", "2", "nan", "inf", "much"])
def test_a_drop_that_is_out_of_range(number: str) -> None:
    """A drop is a fraction, for one task or for all."""
    text = f"{number!r}: expected a number above 0 and below 1"
    assert f"--glue-max-drop: {text}" == message("max_drop", number)
    assert f"--glue-max-drop: {text}" == message("max_drop", f"rte={number}")


def test_a_drop_of_no_task() -> None:
    """A misspelt task is answered with the closest."""
    assert "--glue-max-drop: unknown task 'rt': did you mean rte?" == message("max_drop", "rt=0.1")
    assert message("max_drop", None).endswith("is neither a table nor a text nor a list of texts")


@pytest.mark.parametrize(("value", "expected"), [("0.1", 0.1), (0.01, 0.01), (" 0.2 ", 0.2)])
def test_an_error_rate(value: Any, expected: float) -> None:
    """An error rate is a probability below a half."""
    assert expected == options(alpha=value).alpha


@pytest.mark.parametrize("value", ["0", "0.5", "5", "-0.05", "nan", "", "five", True, None, [0.1]])
def test_an_error_rate_that_is_out_of_range(value: Any) -> None:
    """An error rate of nothing, or of a coin, is refused."""
    assert f"--glue-alpha: {value!r}: expected a number above 0 and below 0.5" == message("alpha", value)


@pytest.mark.parametrize("value", ["1", "0", "-2", "many", 2.5, True])
def test_too_few_seeds_to_add(value: Any) -> None:
    """A limit below two adds none."""
    assert f"--glue-max-seeds: {value!r}: expected an integer of at least 2" == message("max_seeds", value)


@pytest.mark.parametrize(
    ("seeds", "limit", "expected"),
    [
        ("3", None, (42, 43, 44)),
        ("3", 5, (42, 43, 44, 45, 46)),
        ("9,7", 4, (9, 7, 10, 11)),
        ("3", 2, (42, 43, 44)),
        ("4294967294,", 3, (4294967294, 4294967295)),
    ],
)
def test_the_seeds_that_may_be_added(seeds: str, limit: int | None, expected: tuple[int, ...]) -> None:
    """Added seeds are new ones, behind the largest, as long as there are any."""
    assert expected == options(seeds=seeds, **({"max_seeds": limit} if limit else {})).all_seeds


@pytest.mark.parametrize("value", ["7,8,7", [7, 8, 7]])
def test_a_seed_twice(value: Any) -> None:
    """The same seed is the same run and adds no evidence."""
    assert ("--glue-seeds: seed 7 is given twice: the same seed is the same run and adds no evidence") == message(
        "seeds", value
    )


def test_what_an_open_verdict_does() -> None:
    """An inconclusive verdict is green or red, and nothing else."""
    assert (InconclusivePolicy.PASS, InconclusivePolicy.FAIL) == (
        options(inconclusive="pass").inconclusive,
        options(inconclusive="fail").inconclusive,
    )
    assert "--glue-inconclusive: 'skip': accepted are pass and fail" == message("inconclusive", "skip")
