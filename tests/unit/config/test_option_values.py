"""Every option with every kind of value, from every source: accepted, or an error that names the option."""

import datetime as dt
import math
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.flags import FLAGS, given_in_ini
from pytest_glue.config.options import OPTIONS
from pytest_glue.config.sources import OptionSource, OptionSources, combine
from pytest_glue.core.errors import GlueError, OptionError

ORIGIN = "option {name}"
HUGE = 10**400
DIGITS = "9" * 400
TEXTS = [
    *(
        "",
        " ",
        "x" * 300,
        "x" * 5000,
        "a\0b",
        "./a\0b",
        "~no-such-user/x",
        "~no-such-user/x.json",
        "=",
        "a=b",
        "rte=x",
        ",",
        "/",
    ),
    *(DIGITS, "-1", "0", "1e400", "nan", "inf", "0/0", f"1/{DIGITS}", "1000000000", "sqlite://\0", "://", "\ud800"),
    *(f"learning_rate={DIGITS}", f"deepspeed={'[' * 100_000}", f"accelerator_config={'{' * 5000}"),
]
LISTS: list[Any] = [[], [1], [[]], [None], [{}], ["x"], ["x" * 300], ["\ud800"], [DIGITS], [HUGE], (1,), {1}]
_LOWS: list[Any] = [None, [], {}, "1", True, math.nan, 0]
TABLES: list[Any] = [
    *(
        {},
        {"a": 1},
        {1: 2},
        {None: 1},
        {"": ""},
        {"rte": []},
        {"rte": None},
        {"rte": {"accuracy": []}},
        {"backend": []},
    ),
    *({"learning_rate": rate} for rate in (HUGE, [], [HUGE], [math.nan], {"low": HUGE, "high": 2 * HUGE}, {"low": 1})),
    *({"learning_rate": {"low": low, "high": 1}} for low in _LOWS),
    *({name: amount} for name in ("num_cpus", "memory", "max_retries") for amount in (HUGE, None, True, math.inf, -1)),
    {"address": 1},
]
LITERALS = ["true", "3", "-1", "0.5", '"x"', '["x"]', "[3]", "[[]]", '["x", 3]', "2026-01-01", "{ low = 1 }"]
"""Of TOML: one of each type."""
OTHERS: list[Any] = [
    *(None, True, False, 0, -1, 1, 10**9, HUGE, 0.5, 1.5, math.nan, math.inf),
    *(b"x", object(), dt.date(2026, 1, 1), range(10**9), len),
]


@pytest.mark.parametrize("name", OPTIONS)
def test_a_typed_value(name: str) -> None:
    """A table and a marker hold any type."""
    origins = {"search", "space"} if name == "search" else {name}
    for value in [*TEXTS, *LISTS, *TABLES, *OTHERS]:
        message = ""
        try:
            combine([OptionSource(ORIGIN, {name: value}, Path("/base"))]).to_dict()
        except OptionError as error:
            message = str(error)
        assert message.partition(": ")[0] in {"", *(f"option {each}" for each in origins)}, value


def test_a_marker(pytester: pytest.Pytester) -> None:
    """The message names the keyword."""
    sources = OptionSources.from_pytest_config(pytester.parseconfig())
    for name in OPTIONS:
        with pytest.raises(OptionError) as caught:
            sources.options(pytest.mark.glue(**{name: object()}).mark)
        assert str(caught.value).startswith(f"@pytest.mark.glue({name}=...): ")


@pytest.mark.untraced
def test_the_command_line(pytester: pytest.Pytester) -> None:
    """The message names the flag."""
    config = pytester.parseconfig()
    for name in FLAGS:
        for text in TEXTS:
            setattr(config.option, f"glue_{name}", [text] if OPTIONS[name].repeatable else text)
            assert refused(config) in {"", f"--glue-{name.replace('_', '-')}"}
        setattr(config.option, f"glue_{name}", None)


def test_the_table(pytester: pytest.Pytester) -> None:
    """The message names the key and the file."""
    config = pytester.parseconfig()
    for name, literal in product(OPTIONS, LITERALS):
        (pytester.path / "pyproject.toml").write_text(f"[tool.pytest_glue]\n{name} = {literal}\n", "utf-8")
        origins = {f"[tool.pytest_glue] {each} in pyproject.toml" for each in {name, "search", "space"}}
        assert refused(config) in {"", *origins}, literal


def test_ini_keys_in_pytests_native_table(pytester: pytest.Pytester) -> None:
    """Native values have types, which pytest itself would refuse."""
    file = pytester.path / "pytest.toml"
    for literal in LITERALS:
        file.write_text("[pytest]\n" + "\n".join(f"glue_{name} = {literal}" for name in FLAGS), "utf-8")
        values = given_in_ini(pytester.parseconfig())
        assert values == dict.fromkeys(FLAGS, tomllib.loads(f"value = {literal}")["value"])


def refused(config: pytest.Config) -> str:
    """Return the origin that the error about the options names; empty if they are accepted."""
    try:
        OptionSources.from_pytest_config(config).options()
    except GlueError as error:
        return str(error).partition(": ")[0]
    return ""


@pytest.mark.parametrize(
    ("literal", "expected"),
    [("[7, 8]", (7, 8)), ("3", (42, 43, 44)), ('"7,8"', (7, 8)), ("['7', '8']", (7, 8))],
)
@pytest.mark.parametrize(("file", "table"), [("pytest.toml", "pytest"), ("pyproject.toml", "tool.pytest")])
def test_seeds_in_pytests_native_table(
    pytester: pytest.Pytester, file: str, table: str, literal: str, expected: tuple[int, ...]
) -> None:
    """Lists and integers mean the same as in the table of options."""
    (pytester.path / file).write_text(f"[{table}]\nglue_seeds = {literal}\n", "utf-8")
    assert expected == OptionSources.from_pytest_config(pytester.parseconfig()).options().seeds


def test_an_ini_key_that_switches_off(pytester: pytest.Pytester) -> None:
    """False beats the table, although it is no text."""
    text = "[tool.pytest]\nglue_resume = false\n[tool.pytest_glue]\nresume = true\n"
    (pytester.path / "pyproject.toml").write_text(text, "utf-8")
    assert not OptionSources.from_pytest_config(pytester.parseconfig()).options().resume


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("seeds", 10**9, "1000000000 seeds: expected at most 1000"),
        ("seeds", ",".join(map(str, range(1001))), "1001 seeds: expected at most 1000"),
        ("max_seeds", 10**9, "1000000000: expected an integer of at most 1000"),
        ("trials", DIGITS, "expected an integer of at most 2147483647"),
        ("save", "x" * 300, "'xxxxxxxxxxxxxxxxxxxx'... has 300 characters; a name of a baseline has at most 100"),
        (
            "json",
            "~no-such-user/x",
            "'~no-such-user/x': ~no-such-user names no user of this machine; write the whole path",
        ),
        (
            "data",
            "~no-such-user/x",
            "'~no-such-user/x': ~no-such-user names no user of this machine; write the whole path",
        ),
        (
            "checkpoints",
            "~no-such-user/x",
            "'~no-such-user/x': ~no-such-user names no user of this machine; write the whole path",
        ),
        ("storage", "a\0b", "'a\\x00b' contains a NUL character, which no path can contain"),
        ("checkpoints", "./a\0b", "'./a\\x00b' contains a NUL character, which no path can contain"),
        ("checkpoints", "candidate=", "checkpoint '' is neither a folder nor a hub id"),
        ("data", "x" * 300, "the name 'xxxxxxxxxxxxxxxxxxxx'... is longer than 255 bytes, the limit of file systems"),
        ("data", "x/" * 3000, "the path 'x/x/x/x/x/x/x/x/x/x/'... has more than 4000 characters"),
        ("space", [1], "[1]: expected a table with a distribution for each field; accepted: {low"),
        ("search_split", [], "[]: expected held-out or evaluation"),
        ("alpha", HUGE, "expected a number above 0 and below 0.5"),
        ("tasks", "MRPC", "unknown task 'MRPC': did you mean mrpc?"),
        ("recipe", ["lr=1"], "TrainingArguments has no field 'lr': did you mean learning_rate?"),
        ("recipe", {"hub_token": 5}, "hub_token=<HUB_TOKEN>: expected a string"),
    ],
)
def test_messages(name: str, value: Any, message: str) -> None:
    """A message has the value and what is accepted."""
    with pytest.raises(OptionError) as caught:
        combine([OptionSource(ORIGIN, {name: value}, Path("/base"))])
    assert message in str(caught.value)


def test_options_show_no_secret() -> None:
    """Neither the report nor what pytest shows of a test's arguments has a token or the password of a URL."""
    values = {
        "recipe": {"hub_token": "hf_SECRET", "learning_rate": 1e-5},
        "search_storage": "postgresql://user:SECRET@host/db",
        "ray": {"address": "ray://user:SECRET@host:10001"},
    }
    options = combine([OptionSource(ORIGIN, values, Path("/base"))])
    shown = options.to_dict()
    assert {"hub_token": "<HUB_TOKEN>", "learning_rate": 1e-5} == shown["recipe"]
    assert "postgresql://user:***@host/db" == shown["search_storage"]
    assert {"address": "ray://user:***@host:10001"} == shown["ray"]
    assert "SECRET" not in repr(options)
    assert "hf_SECRET" == options.recipe["hub_token"]
