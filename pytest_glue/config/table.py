"""The table `[tool.pytest_glue]`, in pyproject.toml or in the file that `--glue-config` names."""

import codecs
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_glue.core.errors import OptionError

NAME = "tool.pytest_glue"
_SIMILAR = 0.85
"""A name this close is a misspelling: `pytest-glue` and `pytest_gleu` are at 0.91, names of other plugins below 0.8."""


def read_table(file: Path, *, required: bool) -> Mapping[str, Any]:
    """Return the table of a file.

    Args:
        file: may be missing.
        required: whether the user named the file, so that it must have the table.

    Raises:
        OptionError: the file cannot be read or is not TOML, or the table has another name.
    """
    table = _table(file, _content(file))
    if table is None and required:
        raise OptionError(f"{file} has no table [{NAME}]")
    return table or {}


def table_lines(file: Path, *, is_read: bool, start: Path) -> list[str]:
    """Return a line about the file whose table is read, and one about the closest table that is not read, if any.

    Args:
        file: where the table is looked for, in pytest's root folder or named by the user; may be missing.
        is_read: whether it has the table.
        start: the current folder.
    """
    lines = [f"options from [{NAME}] in {_shown(file)}" if is_read else f"no table [{NAME}] in {_shown(file)}"]
    root = file.parent
    closer = [folder for folder in (start, *start.parents) if folder.is_relative_to(root) and folder != root]
    for folder in [*closer, *([] if is_read else root.parents)]:
        if _has_table(other := folder / "pyproject.toml"):
            cause = f"is not read, because pytest's root folder is {root}"
            lines.append(f"[{NAME}] in {_shown(other)} {cause}: give --glue-config={_shown(other)}")
            break
    return lines


def _has_table(file: Path) -> bool:
    try:
        return bool(_table(file, _content(file)))
    except OptionError:
        return False


def _shown(file: Path) -> str:
    """Return the path as it can be given in the current folder."""
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes() if file.is_file() else b""
    except OSError as error:
        raise OptionError(f"{file} cannot be read: {error.strerror}") from None


def _table(file: Path, content: bytes) -> Mapping[str, Any] | None:
    import tomllib

    try:
        if content.startswith(codecs.BOM_UTF8):
            raise OptionError(f"{file} is not valid TOML: save it without a byte order mark")
        document = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise OptionError(f"{file} is not valid TOML: {error}") from None
    tool = document.get("tool")
    tables = tool if isinstance(tool, Mapping) else {}
    if wrong := _misnamed(document, tables):
        raise OptionError(f"{file.name} has a table [{wrong}], which is not read: name it [{NAME}]")
    table = tables.get("pytest_glue")
    if table is not None and not isinstance(table, Mapping):
        raise OptionError(f"{NAME} in {file.name} is {table!r}: expected a table, as in [{NAME}]")
    return table


def _misnamed(document: Mapping[str, Any], tools: Mapping[str, Any]) -> str:
    """Return the name of a table that was meant to be the one of this package; empty if there is none."""
    from difflib import get_close_matches

    names = {f"tool.{name}": name for name in tools if name != "pytest_glue"} | {name: name for name in document}
    for whole, name in names.items():
        holder = document if whole == name else tools
        if isinstance(holder[name], Mapping) and get_close_matches(name.lower(), ["pytest_glue"], cutoff=_SIMILAR):
            return whole
    return ""
