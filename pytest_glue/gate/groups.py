"""Groups of evaluation examples that standard errors count: when they are used, and the note that says so."""

from collections.abc import Sequence

from pytest_glue.core.tasks import Task

Groups = Sequence[int] | None
"""The number of each example's group; None if the examples are independent of each other, or groups are not known."""


def usable(groups: Groups) -> Groups:
    """Return the groups; None if there is one group only, which shows no variance between groups."""
    return None if groups is None or len(set(groups)) < 2 else groups


_BY_EXAMPLE = "standard errors by example, which are likely too small"
"""The beginning of notes that the terminal shows without `-v` too, unlike that on groups that are counted."""


def group_notes(task: Task, groups: Groups) -> tuple[str, ...]:
    """Return a note on what standard errors count; none if it is the examples, as for most tasks."""
    if task.group_column is None:
        return ()
    if groups is None:
        return (f"{_BY_EXAMPLE}: the data has no column {task.group_column}, whose values group them",)
    n_groups = len(set(groups))
    if n_groups == len(groups):
        return ()
    if n_groups == 1:
        return (f"{_BY_EXAMPLE}: all {len(groups)} examples have the same {task.group_column}",)
    return (f"standard errors by group: {task.group_column}, {n_groups:,} groups",)
