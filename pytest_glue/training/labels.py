"""Label orders: a checkpoint that was fine-tuned before may number the task's labels in another way."""

from typing import Any

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import Task


def label_order(config: Any, task: Task, checkpoint: str) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels, in the task's order; empty for a regression.

    Args:
        config: the checkpoint's `PretrainedConfig`.
        task: the task.
        checkpoint: as a person reads it, for the message.

    Raises:
        CheckpointError: the checkpoint has a head for as many labels, but under other names.
    """
    if task.is_regression:
        return ()
    identity = tuple(range(task.num_labels))
    names = _head_labels(config)
    if len(names) != task.num_labels or all(_is_generic(name) for name in names):
        return identity
    ids = {_normalised(name): position for position, name in enumerate(names)}
    wanted = [_normalised(label) for label in task.labels]
    if sorted(ids) == sorted(wanted):
        return tuple(ids[label] for label in wanted)
    message = (
        f"{checkpoint} has a head for the labels {list(names)}, and {task.name} has {list(task.labels)}: these "
        "cannot be mapped. Name id2label in its config.json after the task's labels, or take it without its head"
    )
    raise CheckpointError(message)


def has_head(config: Any) -> bool:
    """Whether the checkpoint was saved with a classification head."""
    return any(name.endswith("ForSequenceClassification") for name in config.architectures or ())


def _head_labels(config: Any) -> tuple[str, ...]:
    if not has_head(config):
        return ()
    return tuple(str(name) for _id, name in sorted(config.id2label.items()))


def _is_generic(name: str) -> bool:
    return name.upper().startswith("LABEL_")


def _normalised(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
