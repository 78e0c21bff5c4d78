"""Settings that are not accepted: each message names the place that gave the value."""

from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.config.sources import OptionSources
from pytest_glue.core.errors import OptionError


def read(pytester: pytest.Pytester, *arguments: str, **marker: Any) -> Options:
    """Return the options of a test with this marker in a run with these arguments."""
    settings = OptionSources.from_pytest_config(pytester.parseconfig(*arguments))
    return settings.options(pytest.mark.glue(**marker).mark)


@pytest.mark.parametrize(
    ("arguments", "marker", "expected"),
    [
        (["--glue-max-length=1"], {}, "--glue-max-length: '1': expected an integer of at least 4"),
        ([], {"max_length": 1}, "@pytest.mark.glue(max_length=...): 1: expected an integer of at least 4"),
        (["--glue-config=no.toml"], {}, "--glue-config=no.toml: there is no such file"),
        (["-o", "glue_config=no.toml"], {}, "glue_config = no.toml: there is no such file"),
        (["-o", "glue_seeds=x"], {}, "glue_seeds: 'x': accepted: a count, as in 5 (seeds 42 to 46)"),
    ],
)
def test_a_message_names_the_place(
    pytester: pytest.Pytester, arguments: list[str], marker: dict[str, Any], expected: str
) -> None:
    """Whoever gave the value finds it: flag, ini key, marker or file."""
    with pytest.raises(OptionError) as caught:
        read(pytester, *arguments, **marker)
    assert str(caught.value).startswith(expected)


def test_a_tables_value_is_named_with_its_file(pytester: pytest.Pytester) -> None:
    """A value that a table gives is found by key and file."""
    pytester.makepyprojecttoml("[tool.pytest_glue]\nmax_length = 1\n")
    with pytest.raises(OptionError) as caught:
        read(pytester)
    assert str(caught.value) == (
        "[tool.pytest_glue] max_length in pyproject.toml: 1: expected an integer of at least 4"
    )


def test_a_broken_file_is_named(pytester: pytest.Pytester) -> None:
    """A file that is no TOML is an error with the line at fault, not an empty table."""
    file = pytester.path / "glue.toml"
    file.write_text("[tool.pytest_glue]\ntasks = cola\n", encoding="utf-8")
    with pytest.raises(OptionError, match=r"glue\.toml is not valid TOML: .*line 2"):
        read(pytester, "--glue-config=glue.toml")


def test_a_marker_takes_keywords_only(pytester: pytest.Pytester) -> None:
    """A positional argument is refused with an example of how to write it."""
    settings = OptionSources.from_pytest_config(pytester.parseconfig())
    with pytest.raises(OptionError) as caught:
        settings.options(pytest.mark.glue("rte").mark)
    assert "takes keywords only, as in @pytest.mark.glue(tasks=['rte'], threshold={'rte': 0.6})" in str(caught.value)
