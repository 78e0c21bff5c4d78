"""Where options come from: table, ini, marker and command line cross the border from pytest here, and only here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from pytest_glue.config import flags
from pytest_glue.config.options import Options, OptionSource, combine
from pytest_glue.core.errors import OptionError

_TABLE = "tool.pytest_glue"


@dataclass(frozen=True, slots=True)
class OptionSources:
    """The places that hold for a whole test run; what a test's marker says comes on top."""

    default: OptionSource
    table: OptionSource
    ini: OptionSource
    command_line: OptionSource

    @classmethod
    def from_pytest_config(cls, config: pytest.Config) -> Self:
        """Read every place but the markers.

        Raises:
            OptionError: the table's file is missing or is not TOML.
        """
        file = _table_file(config)
        ini = {name: config.getini(f"glue_{name}") for name, _metavar, _text in flags.FLAGS}
        return cls(
            OptionSource("default", {"storage": "glue-baselines", "search_storage": "glue-search"}, config.rootpath),
            OptionSource(f"[{_TABLE}] {{name}} in {file.name}", _read_table(file), file.parent),
            OptionSource("glue_{name}", {name: value for name, value in ini.items() if value}, config.rootpath),
            OptionSource("--glue-{option}", flags.given(config), Path.cwd()),
        )

    def options(self, *marks: pytest.Mark) -> Options:
        """Return the options of a test.

        A marker beats table and ini, and the command line beats it; but its tasks and checkpoints say what the test
        is for, so the command line only chooses among them.

        Args:
            marks: the test's `glue` markers, the closest first.

        Raises:
            OptionError: a place has an unknown key or a value that is not accepted.
        """
        markers = [
            OptionSource("@pytest.mark.glue({name}=...)", _keywords(mark), self.table.base) for mark in reversed(marks)
        ]
        options = combine([self.default, self.table, self.ini, *markers, self.command_line])
        marked = {name for marker in markers for name in marker.values} & {"tasks", "checkpoints"}
        return (
            _narrowed(options, combine([self.default, self.table, self.ini, *markers]), marked) if marked else options
        )


def _narrowed(options: Options, own: Options, marked: set[str]) -> Options:
    from dataclasses import replace

    narrowed = options
    if "tasks" in marked:
        narrowed = replace(narrowed, tasks=tuple(task for task in own.tasks if task in options.tasks))
    if "checkpoints" in marked:
        chosen = tuple(checkpoint for checkpoint in own.checkpoints if checkpoint in options.checkpoints)
        narrowed = replace(narrowed, checkpoints=chosen)
    return narrowed


def _keywords(mark: pytest.Mark) -> Mapping[str, Any]:
    if mark.args:
        message = (
            "@pytest.mark.glue takes keywords only, as in @pytest.mark.glue(tasks=['rte'], threshold={'rte': 0.6})"
        )
        raise OptionError(message)
    return mark.kwargs


def _table_file(config: pytest.Config) -> Path:
    flag, ini = config.getoption(flags.CONFIG), config.getini(flags.CONFIG)
    file = flags.table_file(config)
    if (flag or ini) and not file.is_file():
        message = f"{f'--glue-config={flag}' if flag else f'{flags.CONFIG} = {ini}'}: there is no such file"
        raise OptionError(message)
    return file


def _read_table(file: Path) -> Mapping[str, Any]:
    if not file.is_file() or b"pytest_glue" not in (content := file.read_bytes()):
        return {}
    import tomllib

    try:
        document = tomllib.loads(content.decode("utf-8"))
    except ValueError as error:
        message = f"{file} is not valid TOML: {error}"
        raise OptionError(message) from None
    table = document.get("tool", {}).get("pytest_glue", {})
    return table if isinstance(table, Mapping) else {}
