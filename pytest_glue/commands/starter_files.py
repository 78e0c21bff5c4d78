"""The files that `pytest-glue init` writes: a suite, the table of options, and a CI workflow."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_glue.config.table import read_table
from pytest_glue.core.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

SUITE = """\
def test_glue(glue_evaluation):
    glue_evaluation.check()
"""
SUITE_FILE, TABLE_FILE = "suites/test_glue.py", "pyproject.toml"
CI_FILES: Mapping[str, str] = MappingProxyType({"github": ".github/workflows/glue.yml", "gitlab": ".gitlab-ci.yml"})
PLACEHOLDER = "git+https://github.com/OWNER/pytest-glue"
"""The address that pytest-glue is installed from, where it is not known."""


class Action(StrEnum):
    """What becomes of a file."""

    NEW = "new file"
    APPEND = "append"
    OVERWRITE = "overwrite"
    UNCHANGED = "has this content already"
    KEEP = "exists and is kept; --force overwrites it"
    BY_HAND = "has a table [tool.pytest_glue] already: add by hand what you need"


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file, what becomes of it, and the text that is written or appended."""

    path: Path
    text: str
    action: Action

    @property
    def is_written(self) -> bool:
        return self.action in {Action.NEW, Action.APPEND, Action.OVERWRITE}

    def write(self) -> None:
        """Write or append the text.

        Raises:
            OSError: the file cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab" if self.action is Action.APPEND else "wb") as file:
            file.write(self.text.encode())


def plan(path: Path, text: str, *, force: bool) -> PlannedFile:
    """Return what becomes of a file that is written whole.

    Raises:
        OptionError: it cannot be read.
    """
    there = _content(path)
    if there is None:
        return PlannedFile(path, text, Action.NEW)
    if there == text.encode():
        return PlannedFile(path, text, Action.UNCHANGED)
    return PlannedFile(path, text, Action.OVERWRITE if force else Action.KEEP)


def plan_table(path: Path, text: str) -> PlannedFile:
    """Return what becomes of the file that the table is appended to.

    Raises:
        OptionError: it cannot be read, or is not TOML.
    """
    there = _content(path)
    if not there:
        return PlannedFile(path, text, Action.NEW)
    read_table(path, required=False)
    content = there.decode()
    newline = "\r\n" if "\r\n" in content else "\n"
    added = newline * (1 if content.endswith("\n") else 2) + text.replace("\n", newline)
    try:
        tomllib.loads(content + added)
    except tomllib.TOMLDecodeError:  # a table cannot be there twice
        return PlannedFile(path, text, Action.BY_HAND)
    return PlannedFile(path, added, Action.APPEND)


def _content(path: Path) -> bytes | None:
    """Return the content of a file; None if it does not exist."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OptionError(f"{path} cannot be read: {error.strerror}") from None


def ci_text(service: str) -> str:
    """Return the CI workflow, with the address that pytest-glue was installed from if that is known."""
    text = (Path(__file__).with_name("templates") / f"{service}.yml").read_text("utf-8")
    return text.replace(PLACEHOLDER, _address() or PLACEHOLDER)


def _address() -> str | None:
    """Return the repository that pip installed pytest-glue from, as pip takes it; None if it was installed otherwise.

    Source: the Python Packaging User Guide, "Recording the Direct URL Origin of installed distributions".
    """
    try:
        text = distribution("pytest-glue").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    origin = json.loads(text) if text else {}
    return f"git+{origin['url']}" if origin.get("vcs_info", {}).get("vcs") == "git" else None


def ci_of(folder: Path) -> str:
    """Return the CI service that a repository uses, by its files and its remotes; `none` if neither names one."""
    if (folder / CI_FILES["gitlab"]).exists():
        return "gitlab"
    if (folder / ".github").is_dir():
        return "github"
    configuration = folder / ".git" / "config"
    remotes = configuration.read_text("utf-8", "replace") if configuration.is_file() else ""
    return next((service for service in CI_FILES if f"{service}." in remotes), "none")
