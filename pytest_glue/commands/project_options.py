"""The options of a project for commands that run outside of pytest: those of its table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_glue.config.options import Options


def project_file(named: Path | None) -> Path:
    """Return the file with the project's table: the named one, else the pyproject.toml that is the closest above.

    Without a table anywhere, it is the pyproject.toml of the current folder, which may be missing.
    """
    if named is not None:
        return named.resolve()
    here = Path.cwd()
    files = [folder / "pyproject.toml" for folder in (here, *here.parents)]
    return next((file for file in files if file.is_file() and b"pytest_glue" in file.read_bytes()), files[0])


def project_options(file: Path, *, required: bool, given: Mapping[str, str]) -> Options:
    """Return the options of a table and of a command line. Tasks that a `conftest.py` registers are not known.

    Args:
        file: with the table; may be missing.
        required: whether the user named the file, so that it must have the table.
        given: values of the command line, by option; they beat the table.

    Raises:
        OptionError: the file cannot be read or is not TOML, or a value is not accepted.
    """
    from pytest_glue.config.sources import OptionSource, combine
    from pytest_glue.config.table import NAME, read_table

    table = read_table(file, required=required)
    return combine(
        [
            OptionSource(f"[{NAME}] {{name}} in {file.name}", table, file.parent),
            *(OptionSource(f"--{name.rstrip('s')}", {name: value}, Path.cwd()) for name, value in given.items()),
        ]
    )


def path_option(name: str, given: str | None) -> Any:
    """Return the path of an option: of the command line, else of the project's table, else the default.

    Only this option of the table is parsed, so that a mistake in another one does not matter.

    Raises:
        OptionError: the table cannot be read, or the path is not accepted.
    """
    from pytest_glue.config.options import OPTIONS
    from pytest_glue.config.table import read_table
    from pytest_glue.core.paths import user_path

    if given is not None:
        return user_path(given)
    file = project_file(None)
    path = read_table(file, required=False).get(name, OPTIONS[name].default)
    return None if path is None else Path(os.path.relpath(file.parent)) / user_path(str(path))
