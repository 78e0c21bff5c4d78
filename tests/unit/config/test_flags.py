"""Flags and ini keys."""

import pytest

from pytest_glue.config.flags import FLAGS, SECTIONS, asked, brief_text, flag_of, given, section_of


@pytest.mark.parametrize("name", [*FLAGS, "config"])
def test_a_flag_has_an_ini_twin_that_is_unset(pytester: pytest.Pytester, name: str) -> None:
    """`--glue-max-length` is `glue_max_length` in an ini file; both have no value unless one is given."""
    config = pytester.parseconfig()
    assert not config.getini(f"glue_{name}")
    assert config.getoption(f"--glue-{name.replace('_', '-')}") is None


def test_flags_on_the_command_line_are_returned_as_written(pytester: pytest.Pytester) -> None:
    config = pytester.parseconfig("--glue-tasks=rte", "--glue-max-length", "16")
    assert {"tasks": "rte", "max_length": "16"} == given(config)


def test_without_flags_nothing_is_returned(pytester: pytest.Pytester) -> None:
    assert {} == given(pytester.parseconfig("-v"))


def test_a_flag_without_a_placeholder_takes_no_value(pytester: pytest.Pytester) -> None:
    """`--glue-resume` means on; the path that follows it belongs to pytest."""
    config = pytester.parseconfig("--glue-resume", "suites")
    assert ({"resume": "on"}, ["suites"]) == (given(config), config.args)


def test_recipe_and_threshold_can_be_repeated(pytester: pytest.Pytester) -> None:
    """Flags of the form KEY=VALUE are collected in their order."""
    config = pytester.parseconfig("--glue-recipe=a=1", "--glue-recipe=b=2", "--glue-threshold=cola=0.5")
    assert {"recipe": ["a=1", "b=2"], "threshold": ["cola=0.5"]} == given(config)


def test_help_shows_every_flag(pytester: pytest.Pytester) -> None:
    """`--help` shows flags with placeholder and default, in sections that begin with the package's name."""
    shown = "\n".join(pytester.runpytest_inprocess("--help").outlines)
    assert [] == [title for title in SECTIONS.values() if f"\n{title}:\n" not in shown]
    assert all(title.startswith("pytest-glue: ") for title in SECTIONS.values())
    expected = [f"{flag_of(name)}{option.metavar and f'={option.metavar}'}" for name, option in FLAGS.items()]
    assert [] == [flag for flag in expected if flag not in shown]
    assert "(default: 0.05)" in shown


@pytest.mark.parametrize("name", FLAGS)
def test_the_help_of_a_flag_is_short(name: str) -> None:
    """One clause, with the default."""
    assert ";" not in brief_text(FLAGS[name])
    assert len(brief_text(FLAGS[name])) <= 170
    assert section_of(name) in SECTIONS


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
def test_whether_any_source_sets_an_option(
    pytester: pytest.Pytester, table: str, arguments: list[str], *, expected: bool
) -> None:
    """A flag, an ini key or the table does."""
    pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\n{table}" if "ini_options" not in table else table)
    (pytester.path / "other.toml").write_text("[tool.pytest_glue]")
    assert expected == asked(pytester.parseconfig(*arguments))
