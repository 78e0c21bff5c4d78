"""The slices of an item, read from its data when it is judged.

Cached runs do not hold them: a change of the slices trains nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_glue.gate.slices import SliceCriteria

if TYPE_CHECKING:
    import pytest

    from pytest_glue.config.evaluation_spec import EvaluationSpec


def slice_criteria(request: pytest.FixtureRequest, spec: EvaluationSpec) -> SliceCriteria | None:
    """Return the slices of an item with their thresholds; None if it has neither.

    Raises:
        DataError: the data lacks a column or a slice.
    """
    task, thresholds, drops = spec.task, spec.slice_thresholds, spec.slice_max_drops
    if not task.slices and not thresholds and not drops:
        return None
    criteria = SliceCriteria({}, thresholds, max_drops=drops)
    if task.slices:
        from pytest_glue.data.schema import conform_all
        from pytest_glue.data.slices import sliced_examples

        split = conform_all(request.getfixturevalue("glue_data"), task, "glue_data")[task.evaluation_split]
        found = sliced_examples(split, task)
        criteria = SliceCriteria(found.indices, thresholds, len(split), found.notes, drops)
    criteria.check_names(task)
    return criteria
