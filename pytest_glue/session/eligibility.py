"""Overrides: what a user's own code has a part in cannot be kept, since no key holds code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.core.recipe import lasting

if TYPE_CHECKING:
    import pytest

    from pytest_glue.config.options import Options

MAKE_A_RUN = (
    *("glue_data", "glue_tokenizer", "glue_encoded_data", "glue_model_init", "glue_compute_metrics"),
    *("glue_training_arguments", "glue_trainer"),
)
"""The fixtures whose code a run depends on; of the others, such as `glue_task`, it depends on the value."""


def not_keepable(item: pytest.Item, options: Options) -> str | None:
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
