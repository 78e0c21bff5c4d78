"""The table of options: where it is looked for, and messages about tables that would be ignored."""

from pathlib import Path

import pytest

from pytest_glue.config.table import read_table, table_lines
from pytest_glue.core.errors import OptionError


def write(folder: Path, text: str) -> Path:
    """Write a file with this text."""
    file = folder / "pyproject.toml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool.pytest_glue]\nseeds = 2", {"seeds": 2}),
        ("[tool.uv.sources]\npytest-glue = {path = '.'}\n[project]\ndependencies = ['pytest-glue']", {}),
        ("tool = 3", {}),
        ("[tool.other]", {}),
        ("[tool.pytest]\n[tool.pytest_env]\n[tool.pytest_cov]\n[tool.pytest-enabler]", {}),
        ("", {}),
    ],
)
def test_the_table_is_read(tmp_path: Path, text: str, expected: object) -> None:
    """A file may mention the package without having the table."""
    assert expected == read_table(write(tmp_path, text), required=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.pytest-glue]", "has a table [tool.pytest-glue], which is not read: name it [tool.pytest_glue]"),
        ("[tool.PyTest_Glue]", "has a table [tool.PyTest_Glue], which is not read: name it [tool.pytest_glue]"),
        ("[pytest_glue]", "has a table [pytest_glue], which is not read: name it [tool.pytest_glue]"),
        ("[tool.pytest-glue.recipe]", "has a table [tool.pytest-glue], which is not read: name it [tool.pytest_glue]"),
        ("[tool.pytest_gleu]", "has a table [tool.pytest_gleu], which is not read: name it [tool.pytest_glue]"),
        ("[tool.pytestglue]", "has a table [tool.pytestglue], which is not read: name it [tool.pytest_glue]"),
        ("tool.pytest_glue = 3", "is 3: expected a table, as in [tool.pytest_glue]"),
        ("pytest_glue = = 3", "is not valid TOML"),
        (
            "\ufeff[tool.pytest_glue]",
            "is not valid TOML: save it without a byte order mark",
        ),
        (f"pytest_glue = {'[' * 5000}", "is not valid TOML"),
    ],
)
def test_a_table_that_would_be_ignored(tmp_path: Path, text: str, message: str) -> None:
    """The message has the name of the table that is read."""
    with pytest.raises(OptionError) as caught:
        read_table(write(tmp_path, text), required=False)
    assert message in str(caught.value)


def test_a_file_that_the_user_named_has_the_table(tmp_path: Path) -> None:
    file = write(tmp_path, "[tool.other]")
    with pytest.raises(OptionError) as caught:
        read_table(file, required=True)
    assert f"{file} has no table [tool.pytest_glue]" == str(caught.value)


@pytest.mark.parametrize(
    ("tables", "start", "unread"),
    [
        (["repo"], "repo", None),
        (["repo", "."], "repo/suite", None),
        ([], "repo", None),
        (["."], "repo/suite", "."),
        (["repo", "repo/suite"], "repo/suite", "repo/suite"),
        (["repo/suite"], "other", None),
    ],
)
def test_the_header_names_the_table(tmp_path: Path, tables: list[str], start: str, unread: str | None) -> None:
    """A table that is not read, because pytest's root folder is another one, is named with the remedy."""
    (tmp_path / "repo" / "suite").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("not TOML")
    for folder in tables:
        write(tmp_path / folder, "[tool.pytest_glue]\nseeds = 2")
    repo, read = tmp_path / "repo", "repo" in tables

    first, *others = table_lines(repo / "pyproject.toml", is_read=read, start=tmp_path / start)

    assert f"{'options from' if read else 'no table'} [tool.pytest_glue] in {repo}/pyproject.toml" == first
    file, cause = tmp_path / str(unread) / "pyproject.toml", f"because pytest's root folder is {repo}"
    line = f"[tool.pytest_glue] in {file} is not read, {cause}: give --glue-config={file}"
    assert ([line] if unread else []) == others
