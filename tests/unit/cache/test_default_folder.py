"""The folder of the cache if no option names one."""

import sys
from pathlib import Path

import pytest

from pytest_glue.cache.storage import default_folder
from pytest_glue.core.errors import OptionError


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {}, "home/.cache/pytest-glue/runs"),
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/pytest-glue/runs"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "home/.cache/pytest-glue/runs"),
        ("darwin", {}, "home/Library/Caches/pytest-glue/runs"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/pytest-glue/runs"),
        ("linux", {"PYTEST_GLUE_CACHE": "/mine", "XDG_CACHE_HOME": "/caches"}, "/mine"),
        ("linux", {"PYTEST_GLUE_CACHE": "~/mine"}, "home/mine"),
    ],
)
def test_the_default_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, variables: dict[str, str], folder: str
) -> None:
    """It is in the platform's folder for caches, unless `PYTEST_GLUE_CACHE` names another."""
    for variable in ("PYTEST_GLUE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in {"HOME": str(tmp_path / "home"), **variables}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert tmp_path / folder == default_folder()


def test_a_folder_that_cannot_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variable."""
    monkeypatch.setenv("PYTEST_GLUE_CACHE", "~no-such-user/runs")
    with pytest.raises(OptionError) as caught:
        default_folder()
    assert "PYTEST_GLUE_CACHE: '~no-such-user/runs': ~no-such-user names no user of this machine" in str(caught.value)
