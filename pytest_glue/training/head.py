"""What becomes of a checkpoint's own head: it is used for the task if it fits, and else replaced by a new one.

A checkpoint that is evaluated as it is keeps its head, with all of its labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_glue.core.choices import HeadPolicy
from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.metrics import needs_logits
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
    is_required: bool = False
    """Whether the weights must hold all of the model, since nothing is trained."""


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


def plan_evaluation(config: Any, task: Task, checkpoint: str) -> HeadPlan:
    """Return how the head of a checkpoint is used that is evaluated as it is.

    It may have more labels than the task: a prediction of another label counts as wrong, since the checkpoint would
    give it. Without a head, the labels are in the task's order, for a model of the user's own; `require_head` raises.

    Args:
        config: the checkpoint's `PretrainedConfig`.
        task: of the item.
        checkpoint: name for the message.

    Raises:
        CheckpointError: the head lacks one of the task's labels, or has others and a metric needs probabilities.
    """
    names = _head_labels(config)
    label_ids: tuple[int, ...] = () if task.is_regression else tuple(range(task.num_labels))
    note = ""
    if names and task.is_regression:
        if len(names) > 1:
            raise _unmapped(names, task, checkpoint, "is a regression, which needs a single output")
    elif names:
        _check_problem(config, task, checkpoint)
        label_ids = _ids_of(names, task, checkpoint)
        if _are_generic(names) and len(names) == task.num_labels:
            note = f"head: its labels have no names, and are taken in the task's order ({', '.join(task.labels)})"
        others = [name for index, name in enumerate(names) if index not in label_ids]
        if others:
            listed = ", ".join(others[:4]) + ", ..." * (len(others) > 4)
            if needs_logits(task) and not task.is_multi_label:
                raise CheckpointError(
                    f"{checkpoint} has a head with labels that {task.name} lacks ({listed}), and a metric of "
                    f"{task.name} needs probabilities, which have to add up to 1 over its own labels: leave the metric "
                    "out, or evaluate a classifier of these labels only"
                )
            note = f"head: the checkpoint's own, with labels that {task.name} lacks ({listed}); these count as wrong"
    return HeadPlan(label_ids, is_kept=True, is_renewed=False, note=note, is_required=True)


def _check_problem(config: Any, task: Task, checkpoint: str) -> None:
    """Check that the head was trained for sets of labels if the task has them, and for one label if not.

    Raises:
        CheckpointError: its `problem_type` says otherwise.
    """
    problem = getattr(config, "problem_type", None)
    is_multi_label = problem == "multi_label_classification"
    if problem is not None and is_multi_label is not task.is_multi_label:
        raise CheckpointError(
            f"{checkpoint} was trained for problem_type {problem!r}, and {task.name} is a task of kind {task.kind}: "
            "its outputs mean something else. Evaluate a classifier of this kind, or correct its config.json"
        )


def require_head(config: Any, checkpoint: str) -> None:
    """Check that the checkpoint is a classifier.

    Raises:
        CheckpointError: it has no classification head, or another one.
    """
    if has_head(config):
        return
    own = ", ".join(map(str, config.architectures or ())) or "no architecture"
    raise CheckpointError(
        f"{checkpoint} has no classification head ({own}), so there is nothing to evaluate: --glue-evaluate-only takes "
        "a classifier that is already fine-tuned. Name one, or leave the flag out to fine-tune this checkpoint"
    )


def has_head(config: Any) -> bool:
    """Return whether the checkpoint was saved with a classification head."""
    return any(str(name).endswith(_CLASSIFIER) for name in config.architectures or ())


def _order(names: Sequence[str], task: Task, checkpoint: str) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels, by name, or in order if the names are generic."""
    ids = _by_name(names, task)
    if ids or _are_generic(names):
        return ids or tuple(range(len(names)))
    message = (
        f"{checkpoint} has a head for the labels {list(names)}, and {task.name} has {list(task.labels)}: these cannot "
        "be mapped. Set id2label in its config.json to the task's labels, or train a new head with --glue-head=new"
    )
    raise CheckpointError(message)


def _ids_of(names: Sequence[str], task: Task, checkpoint: str) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels, by name, or in order if the names are generic."""
    if ids := _by_name(names, task):
        return ids
    if _are_generic(names) and len(names) == task.num_labels:
        return tuple(range(len(names)))
    raise _unmapped(names, task, checkpoint, f"has the labels {list(task.labels)}")


def _by_name(names: Sequence[str], task: Task) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels; empty if a label is missing, or a name is not unique.

    Names are compared as they are; if a label has no such name, without case, hyphens and spaces.
    """
    if set(task.labels) <= set(names) and len(set(names)) == len(names):
        return tuple(names.index(label) for label in task.labels)
    ids = {_normalized(name): index for index, name in enumerate(names)}
    wanted = [_normalized(label) for label in task.labels]
    is_unique = len(ids) == len(names) and len(set(wanted)) == len(wanted)
    return tuple(ids[label] for label in wanted) if is_unique and set(wanted) <= ids.keys() else ()


def _are_generic(names: Sequence[str]) -> bool:
    return all(name.upper() in {f"LABEL_{index}", str(index)} for index, name in enumerate(names))


def _unmapped(names: Sequence[str], task: Task, checkpoint: str, wanted: str) -> CheckpointError:
    return CheckpointError(
        f"{checkpoint} has a head for the labels {list(names)}, and {task.name} {wanted}: these cannot be mapped. "
        "Evaluate a classifier of this task, or set id2label in its config.json to the task's labels"
    )


def _head_labels(config: Any) -> tuple[str, ...]:
    if not has_head(config):
        return ()
    return tuple(str(name) for _id, name in sorted(config.id2label.items()))


def _normalized(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
