"""Siblings: tasks that one fine-tuning answers together, where the same test is run for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.core.recipe import ends_with_best_epoch
from pytest_glue.core.tasks import GLUE
from pytest_glue.session.eligibility import is_overridden

if TYPE_CHECKING:
    import pytest

    from pytest_glue.config.options import Options
    from pytest_glue.core.tasks import Task


def siblings_of(item: pytest.Item, options: Options, task: Task) -> tuple[Task, ...]:
    """Return the tasks whose runs an item's fine-tunings can give as well, and that this test run asks for.

    They are asked for by items of the same test, and so with the same options and fixtures, with the same checkpoint.
    None where a run may end early, or ends with another epoch than the best: what it gives would not be theirs.

    Args:
        item: whose runs can be kept.
        options: of the item.
        task: of the item.
    """
    if options.stop_when_decided or not ends_with_best_epoch(task, options.recipe):
        return ()
    if any(is_overridden(item, name) for name in ("glue_task", "glue_checkpoint")):
        return ()  # an item's parameters do not say then what it is about
    own: Any = item
    asked = {
        other.callspec.params.get("glue_task")
        for other in own.session.items
        if (other.parent, getattr(other, "originalname", None)) == (own.parent, own.originalname)
        and other.callspec.params.get("glue_checkpoint") == own.callspec.params.get("glue_checkpoint")
    }
    return tuple(each for name, each in GLUE.items() if name in asked and each.is_sibling_of(task))
