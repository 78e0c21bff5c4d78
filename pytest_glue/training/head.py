"""What becomes of a checkpoint's own head: it is used for the task if it fits, and else replaced by a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_glue.core.choices import HeadPolicy
from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import Task

_CLASSIFIER = "ForSequenceClassification"
_OTHER_HEADS = ("ForTokenClassification", "ForMultipleChoice", "ForQuestionAnswering", "ForNextSentencePrediction")
"""Architectures whose head can have the names of a sequence classifier's, and means something else."""


@dataclass(frozen=True, slots=True)
class HeadPlan:
    """How the head of a checkpoint is treated for a task."""

    label_ids: tuple[int, ...]
    """The model's id of each of the task's labels, in the task's order; empty for a regression."""
    is_kept: bool
    """Whether the checkpoint's own head is used, so that all of it must fit."""
    is_renewed: bool
    """Whether tensors of the head are new even where those of the file fit."""
    note: str = ""
    """What a reader should know; empty if nothing was dropped."""


def plan_head(config: Any, task: Task, checkpoint: str, policy: HeadPolicy = HeadPolicy.KEEP) -> HeadPlan:
    """Return how the checkpoint's head is treated.

    Args:
        config: the checkpoint's `PretrainedConfig`.
        task: of the item.
        checkpoint: name for the message.
        policy: whether a head that fits is kept.

    Raises:
        CheckpointError: the checkpoint has a head for the same number of labels, but with other names.
    """
    identity = () if task.is_regression else tuple(range(task.num_labels))
    other = next((name for name in config.architectures or () if str(name).endswith(_OTHER_HEADS)), None)
    names = _head_labels(config)
    if policy is HeadPolicy.NEW:
        own = f"its own head for the labels {list(names)}" if names else f"the head of {other}" if other else ""
        note = f"head: new, as asked for, in place of {own}" if own else ""
        return HeadPlan(identity, is_kept=False, is_renewed=True, note=note)
    if other:
        return HeadPlan(identity, is_kept=False, is_renewed=True, note=f"head: new; that of {other} was dropped")
    if not names:
        return HeadPlan(identity, is_kept=False, is_renewed=False)
    if len(names) != task.num_labels:
        own = f"{len(names)} labels ({', '.join(names[:4])}{', ...' * (len(names) > 4)})"
        note = f"head: new, since the checkpoint's own is for {own}"
        return HeadPlan(identity, is_kept=False, is_renewed=False, note=note)
    return HeadPlan(() if task.is_regression else _order(names, task, checkpoint), is_kept=True, is_renewed=False)


def has_head(config: Any) -> bool:
    """Return whether the checkpoint was saved with a classification head."""
    return any(str(name).endswith(_CLASSIFIER) for name in config.architectures or ())


def _order(names: Sequence[str], task: Task, checkpoint: str) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels, by name, or in order if the names are generic."""
    ids = {_normalized(name): index for index, name in enumerate(names)}
    wanted = [_normalized(label) for label in task.labels]
    if sorted(ids) == sorted(wanted):
        return tuple(ids[label] for label in wanted)
    if all(name.upper() in {f"LABEL_{index}", str(index)} for index, name in enumerate(names)):
        return tuple(range(len(names)))
    message = (
        f"{checkpoint} has a head for the labels {list(names)}, and {task.name} has {list(task.labels)}: these cannot "
        "be mapped. Set id2label in its config.json to the task's labels, or train a new head with --glue-head=new"
    )
    raise CheckpointError(message)


def _head_labels(config: Any) -> tuple[str, ...]:
    if not has_head(config):
        return ()
    return tuple(str(name) for _id, name in sorted(config.id2label.items()))


def _normalized(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
