"""Options that name folders and files: what a relative path starts from."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options, OptionSource, combine


def options(base: Path | None = None, /, **values: Any) -> Options:
    """Return the options of one place."""
    return combine([OptionSource("{name}", values, base or Path.cwd())])


@pytest.mark.parametrize("value", ["hub", "hub@abc", "sample", "./not/there"])
def test_data_that_is_no_folder_is_left_as_it_is(value: str) -> None:
    """The words `hub` and `sample`, and a folder that is not there, are kept as they were written."""
    assert value == options(data=f" {value} ").data


def test_relative_folders_start_from_the_place_that_named_them(tmp_path: Path) -> None:
    """Data, checkpoints and reports of a table in another folder are looked for beside that table."""
    (tmp_path / "here" / "mine").mkdir(parents=True)
    base = tmp_path / "here"
    found = options(base, data="mine", checkpoints="./mine,sample", json="out.json")
    assert str(base / "mine") == found.data
    assert (base / "mine", Path("sample")) == tuple(checkpoint.folder for checkpoint in found.checkpoints)
    assert base / "out.json" == found.json


def test_a_folder_is_called_as_the_user_called_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the current folder, a relative folder stays relative: that is the name which reports show."""
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "mine" == options(data="mine").data


def test_a_report_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`~` is the user's home, whatever the base."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path / "out.json" == options(json="~/out.json").json
