"""Which items may use the cache, share a training, or run on an executor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.recipe import ends_with_best_epoch, lasting
from pytest_glue.session.hooks import RUN_HOOKS, implemented

if TYPE_CHECKING:
    import pytest

    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.config.options import Options
    from pytest_glue.core.tasks import Task

RUN_FIXTURES = ("glue_data", "glue_tokenizer", "glue_encoded_data", "glue_model_init", "glue_compute_metrics")
"""The fixtures whose code each run depends on. Of the others, such as `glue_task`, it depends on the value only."""
TRAINING_FIXTURES = ("glue_training_arguments", "glue_trainer")
"""The further fixtures whose code a fine-tuning depends on."""


def uncacheable_reason(item: pytest.Item, options: Options) -> str | None:
    """Return why an item's runs can neither be read from the cache nor be cached; None where they can."""
    fixtures = RUN_FIXTURES if options.evaluate_only else (*RUN_FIXTURES, *TRAINING_FIXTURES)
    if overridden := [name for name in fixtures if is_overridden(item, name)]:
        verb = "is" if len(overridden) == 1 else "are"
        return f"{', '.join(overridden)} {verb} overridden, and a cache key does not cover user code"
    if not options.evaluate_only and (hooks := implemented(item, RUN_HOOKS)):
        return f"{', '.join(hooks)} is implemented, and a cache key does not cover user code"
    if "glue_trainer" in _fixture_names(item):
        return "the test uses glue_trainer, and cached runs leave it untrained"
    if options.search is not None:
        return "hyperparameters are searched, and a search is stored as a study"
    if names := lasting(options.recipe):
        return f"the recipe sets {', '.join(names)}, and cached runs have no such side effect"
    return None


def is_overridden(item: Any, name: str) -> bool:
    """Return whether the item gets another fixture of this name than the plugin's."""
    definition = fixture_definition(item, name)
    return definition is None or not _is_own(definition.func)


def fixture_definition(item: Any, name: str) -> Any:
    """Return the definition of the fixture that the item gets under this name; None if there is none."""
    of_item = item._fixtureinfo.name2fixturedefs.get(name)
    definitions = of_item or item.session._fixturemanager.getfixturedefs(name, item)
    return definitions[-1] if definitions else None


def _is_own(function: Any) -> bool:
    return getattr(function, "own", None) is function


def tasks_sharing_training(item: pytest.Item, spec: EvaluationSpec) -> tuple[Task, ...]:
    """Return the other tasks of this test run that the item's fine-tunings serve too.

    Only items of the same test with the same checkpoint count: they have the same options and fixtures. There are none
    where a run may stop early or may not end with its best epoch: its result would be wrong for the other task. Nor are
    there any with `--glue-certify`, `--glue-submission` or golden examples: the model of the other task's best epoch
    would have to predict its texts.
    """
    options = spec.options
    if options.evaluate_only or options.stop_when_decided or spec.is_certified or spec.is_submitted or spec.task.golden:
        return ()
    if not ends_with_best_epoch(spec.task, spec.options.recipe):
        return ()
    if any(is_overridden(item, name) for name in ("glue_task", "glue_checkpoint")):
        return ()  # the parameters of an item do not tell its task and checkpoint then
    own: Any = item
    asked = {
        other.callspec.params.get("glue_task")
        for other in own.session.items
        if (other.parent, getattr(other, "originalname", None)) == (own.parent, own.originalname)
        and other.callspec.params.get("glue_checkpoint") == own.callspec.params.get("glue_checkpoint")
    }
    return tuple(
        each
        for name, each in spec.options.known_tasks.items()
        if name in asked and each.shares_training_with(spec.task)
    )


def runs_remotely(item: pytest.Item, options: Options) -> bool:
    """Return whether the executor makes an item's runs: not if the test uses the trainer or nothing may be trained."""
    names = _fixture_names(item)
    return "glue_evaluation" in names and "glue_trainer" not in names and options.cache is not CachePolicy.ONLY


def _fixture_names(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", ()))
