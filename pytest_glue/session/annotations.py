"""Writes annotations in a workflow of GitHub Actions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pytest

    from pytest_glue.reports.annotations import Location
    from pytest_glue.session.results import Results

_VARIABLE = "GITHUB_ACTIONS"
_OTHER_PLUGIN = "pytest_github_actions_annotate_failures"
"""It annotates tests that fail, and not those that end in an error before they start."""


def annotation_lines(config: pytest.Config, results: Results, own_tasks: Collection[str]) -> list[str]:
    """Return the lines that the runner turns into annotations; none outside of GitHub Actions.

    Args:
        config: of the test run.
        results: of its items.
        own_tasks: the names of tasks beside those of GLUE.
    """
    if os.environ.get(_VARIABLE) != "true":
        return []
    from pytest_glue.reports.annotations import annotations

    found = annotations(results.evaluations.values(), results.errors, results.outcomes, own_tasks)
    if config.pluginmanager.has_plugin(_OTHER_PLUGIN):
        found = [each for each in found if results.outcomes.get(each.nodeid) != "failed"]
    return [each.command(_in_repository(results.location(each.nodeid), config.rootpath)) for each in found]


def _in_repository(location: Location, root: Path) -> Location:
    """Return a location whose file is relative to the repository, which pytest's root folder may be a part of."""
    file, line = location
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if not file or not workspace:
        return location
    path = root / file
    return (path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else file), line
