"""The flags: spelt in `flags`, read in `parsers`, and the same everywhere."""

from dataclasses import fields

import pytest

from pytest_glue.config.flags import FLAGS, asked, given
from pytest_glue.config.options import Options
from pytest_glue.config.parsers import PARSERS, TABLES

NAMES = [name for name, _metavar, _text in FLAGS]


def test_flags_parsers_and_options_have_the_same_names() -> None:
    """No option can be given that nobody reads, or read that nobody can give."""
    assert [field.name for field in fields(Options)] == [*NAMES, *TABLES] == list(PARSERS)


@pytest.mark.parametrize("name", [*NAMES, "config"])
def test_a_flag_has_an_ini_twin_that_is_unset(pytester: pytest.Pytester, name: str) -> None:
    """`--glue-max-length` is `glue_max_length` in an ini file, and without a value as long as nobody gives one."""
    config = pytester.parseconfig()
    assert not config.getini(f"glue_{name}")
    assert config.getoption(f"--glue-{name.replace('_', '-')}") is None


def test_only_flags_that_were_given_are_given(pytester: pytest.Pytester) -> None:
    """A flag that stands on the command line is there as it was written, and no other is."""
    config = pytester.parseconfig("--glue-tasks=rte", "--glue-max-length", "16")
    assert {"tasks": "rte", "max_length": "16"} == given(config)


def test_a_run_without_flags_gives_nothing(pytester: pytest.Pytester) -> None:
    """Nothing is given where no flag stands on the command line."""
    assert {} == given(pytester.parseconfig("-v"))


def test_a_flag_without_a_placeholder_takes_no_value(pytester: pytest.Pytester) -> None:
    """`--glue-resume` says on, and leaves the path behind it to pytest."""
    config = pytester.parseconfig("--glue-resume", "suites")
    assert ({"resume": "on"}, ["suites"]) == (given(config), config.args)


def test_recipe_and_threshold_can_be_repeated(pytester: pytest.Pytester) -> None:
    """Flags of the form KEY=VALUE add up, in the order in which they were given."""
    config = pytester.parseconfig("--glue-recipe=a=1", "--glue-recipe=b=2", "--glue-threshold=cola=0.5")
    assert {"recipe": ["a=1", "b=2"], "threshold": ["cola=0.5"]} == given(config)


def test_help_names_every_flag_with_its_placeholder(pytester: pytest.Pytester) -> None:
    """`--help` shows each flag with what it takes, in a group of its own."""
    shown = "\n".join(pytester.runpytest_inprocess("--help").outlines)
    assert "fine-tuned checkpoints (pytest-glue):" in shown
    spelt = [f"--glue-{name.replace('_', '-')}{metavar and f'={metavar}'}" for name, metavar, _text in FLAGS]
    assert [] == [flag for flag in spelt if flag not in shown]


@pytest.mark.parametrize(
    ("table", "arguments", "expected"),
    [
        ("", [], False),
        ("[tool.other]", ["-v"], False),
        ("[tool.pytest.ini_options]\nglue_tasks = 'rte'", [], True),
        ("[tool.pytest_glue]\ntasks = ['rte']", [], True),
        ("", ["--glue-tasks=rte"], True),
        ("", ["--glue-config=other.toml"], True),
        ("", ["--glue-config=missing.toml"], False),
    ],
)
def test_whether_any_place_asks(pytester: pytest.Pytester, table: str, arguments: list[str], *, expected: bool) -> None:
    """A flag, an ini key or the table asks for glue items; nothing else does."""
    pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\n{table}" if "ini_options" not in table else table)
    (pytester.path / "other.toml").write_text("[tool.pytest_glue]")
    assert expected == asked(pytester.parseconfig(*arguments))
