"""Overrides: what a user's own code has a part in cannot be kept, since no key holds code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.recipe import ends_with_best_epoch, lasting
from pytest_glue.core.tasks import GLUE

if TYPE_CHECKING:
    import pytest

    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.config.options import Options
    from pytest_glue.core.tasks import Task


MAKE_A_RUN = (
    *("glue_data", "glue_tokenizer", "glue_encoded_data", "glue_model_init", "glue_compute_metrics"),
    *("glue_training_arguments", "glue_trainer"),
)
"""The fixtures whose code a run depends on; of the others, such as `glue_task`, it depends on the value."""


def uncacheable_reason(item: pytest.Item, options: Options) -> str | None:
    """Return why the runs of an item can neither be read from the store nor be kept there; None where they can."""
    if own := [name for name in MAKE_A_RUN if is_overridden(item, name)]:
        return f"{', '.join(own)} {'is' if len(own) == 1 else 'are'} overridden, and no key holds what that does"
    if "glue_trainer" in _names(item):
        return "the test asks for glue_trainer, which only a fine-tuning trains"
    if options.search is not None:
        return "hyperparameters are searched first, and a search is kept as its study"
    if names := lasting(options.recipe):
        return f"the recipe's {', '.join(names)} asks for more than a score"
    return None


def _names(item: Any) -> list[str]:
    return list(item.fixturenames)


def is_overridden(item: Any, name: str) -> bool:
    """Whether the fixture that this item would get is another than the plugin's."""
    own = item._fixtureinfo.name2fixturedefs.get(name)
    definitions = own or item.session._fixturemanager.getfixturedefs(name, item)
    return not definitions or getattr(definitions[-1].func, "__module__", None) != "pytest_glue.fixtures"


def tasks_sharing_training(item: pytest.Item, spec: EvaluationSpec) -> tuple[Task, ...]:
    """Return the tasks whose runs an item's fine-tunings can give as well, and that this test run asks for.

    They are asked for by items of the same test, and so with the same options and fixtures, with the same checkpoint.
    None where a run may end early, or ends with another epoch than the best: what it gives would not be theirs.

    Args:
        item: whose runs can be kept.
        spec: of the item.
    """
    if spec.options.stop_when_decided or not ends_with_best_epoch(spec.task, spec.options.recipe):
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
    return tuple(each for name, each in GLUE.items() if name in asked and each.shares_training_with(spec.task))


def runs_remotely(item: pytest.Item, options: Options) -> bool:
    """Whether an item's runs are an executor's: not where its test wants the trainer, or where nothing is trained."""
    wants_evaluation = "glue_evaluation" in getattr(item, "fixturenames", ())
    wants_trainer = "glue_trainer" in getattr(item, "fixturenames", ())
    return wants_evaluation and not wants_trainer and options.cache is not CachePolicy.ONLY
