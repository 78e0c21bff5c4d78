"""What the value of an option is parsed with, besides the value itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_glue.core.tasks import Task


class ParseContext(NamedTuple):
    """What a value is parsed with."""

    base: Path
    """The folder that relative paths start from."""
    own_tasks: Mapping[str, Task] = {}
    """The tasks of tables and plugins."""

    @property
    def tasks(self) -> dict[str, Task]:
        """All tasks that a value can name: those of GLUE and the user's own."""
        from pytest_glue.core.tasks import GLUE

        return {**GLUE, **self.own_tasks}
