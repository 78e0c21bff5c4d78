"""The hooks that a user's `conftest.py` and other plugins can implement; docs/hooks.md has an example of each.

A hook about an item is called in the process that runs the item: under xdist in a worker. With Ray, the workers call
`pytest_glue_training_arguments`, and the controller the others. A hook in the `conftest.py` of a subfolder counts for
the items of that folder only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transformers import TrainingArguments

    from pytest_glue.core.evaluation import Evaluation
    from pytest_glue.core.runs import Run
    from pytest_glue.core.tasks import Task, TaskRegistry
    from pytest_glue.core.verdict import Verdict


def pytest_glue_register_tasks(registry: TaskRegistry) -> None:
    """Register tasks, with `registry.add(Task(...))`.

    Called once, when the options are read, in plugins and in those `conftest.py` files that pytest loads before the
    collection: in the root folder and in the folders on the command line.
    """


def pytest_glue_training_arguments(
    item: pytest.Item, arguments: TrainingArguments, task: Task
) -> Mapping[str, Any] | None:
    """Change the training arguments of an item.

    Called when the fixture `glue_training_arguments` is set up, before the first run; not for an item that is evaluated
    only, or whose own fixture of that name does not use the plugin's. Runs of the item are neither read from the cache
    nor cached, because a cache key does not cover user code.

    Args:
        item: that is evaluated.
        arguments: made from the options; to be read only.
        task: of the item.

    Returns:
        The fields that change, as in a recipe; None for no change. If several implementations change a field, the one
        that pytest calls first wins: the `conftest.py` closest to the item, or one with `tryfirst`.

    Raises:
        HookError: raised by the plugin if a recipe does not accept a field or its value, or the task cannot use it.
    """


def pytest_glue_metrics(
    item: pytest.Item, task: Task, run: Run, references: tuple[float, ...]
) -> Mapping[str, float | None] | None:
    """Score the predictions of a finished run with further metrics; they are reported and decide nothing.

    Called once for each run of an item, also for a cached run, before the verdict of `pytest_glue_verdict`.

    Args:
        item: that is evaluated.
        task: of the item.
        run: with its predictions, one for each evaluation example, in the task's order.
        references: gold labels, one for each evaluation example.

    Returns:
        A score for each name. None and NaN stand for an undefined score. None instead of a mapping adds nothing.

    Raises:
        HookError: raised by the plugin if a name is taken already, or a score is no number.
    """


@pytest.hookspec(firstresult=True)
def pytest_glue_verdict(item: pytest.Item, task: Task, evaluation: Evaluation) -> tuple[Verdict | str, str] | None:
    """Decide the verdict of an item; the reports say so, and name the verdict that holds without the hook.

    Called once for each item, after its last run and before a baseline is recorded. No seeds are added after it. The
    first implementation that returns a verdict decides.

    Args:
        item: that is evaluated.
        task: of the item.
        evaluation: with the plugin's verdict.

    Returns:
        The verdict (`pass`, `fail`, `inconclusive` or `degenerate`) and its reason as a sentence without a full stop;
        None to leave the decision to the other implementations and the plugin.

    Raises:
        HookError: raised by the plugin if another value is returned.
    """


def pytest_glue_evaluated(item: pytest.Item, evaluation: Evaluation) -> None:
    """See a finished evaluation, for example to send it to a tracker.

    Called once for each item that has a verdict, after a baseline is recorded and before the test body. To read the
    verdict here is not to check it: the test still has to call `glue_evaluation.check()`. An exception is an error of
    the item.

    Args:
        item: that is evaluated.
        evaluation: as the test gets it.
    """
