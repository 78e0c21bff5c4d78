"""Creates the model of a run: a pretrained encoder with a head for the task, and a mapping of its labels."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import Task
from pytest_glue.training.pretrained import Pretrained

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase


def label_order(config: Any, task: Task, checkpoint: str) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels, in the task's order; empty for a regression.

    Args:
        config: the checkpoint's `PretrainedConfig`.
        task: of the item.
        checkpoint: name for the message.

    Raises:
        CheckpointError: the checkpoint has a head for the same number of labels, but with other names.
    """
    if task.is_regression:
        return ()
    identity = tuple(range(task.num_labels))
    names = _head_labels(config)
    if len(names) != task.num_labels or all(_is_generic(name) for name in names):
        return identity
    ids = {_normalized(name): index for index, name in enumerate(names)}
    wanted = [_normalized(label) for label in task.labels]
    if sorted(ids) == sorted(wanted):
        return tuple(ids[label] for label in wanted)
    message = (
        f"{checkpoint} has a head for the labels {list(names)}, and {task.name} has {list(task.labels)}: these "
        "cannot be mapped. Set id2label in its config.json to the task's labels, or use the checkpoint without its head"
    )
    raise CheckpointError(message)


def has_head(config: Any) -> bool:
    """Return whether the checkpoint was saved with a classification head."""
    return any(name.endswith("ForSequenceClassification") for name in config.architectures or ())


def _head_labels(config: Any) -> tuple[str, ...]:
    if not has_head(config):
        return ()
    return tuple(str(name) for _id, name in sorted(config.id2label.items()))


def _is_generic(name: str) -> bool:
    return name.upper().startswith("LABEL_")


def _normalized(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def model_init(
    pretrained: Pretrained, task: Task, tokenizer: "PreTrainedTokenizerBase"
) -> Callable[..., "PreTrainedModel"]:
    """Return a function for `Trainer(model_init=...)` that loads the checkpoint with a head for the task.

    A missing head is initialized from torch's random state, which the trainer seeds before each run.

    Raises:
        CheckpointError: the configuration or the weights cannot be loaded, or the labels cannot be mapped.
    """
    config = task_config(pretrained, task, tokenizer)
    replaces_head = has_head(config) and load_config(pretrained).num_labels != task.num_labels

    def make(trial: Any = None) -> "PreTrainedModel":  # noqa: ARG001 - the trial of a hyperparameter search
        try:
            # Weights in half precision are for inference. `bf16` and `fp16` of the recipe set mixed precision.
            model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
                pretrained.folder, config=config, dtype=torch.float32, ignore_mismatched_sizes=replaces_head
            )
        except Exception as error:  # each format of weights raises its own
            cause = f"{type(error).__name__}: {error}"
            message = f"{pretrained.checkpoint.label} cannot be loaded as a sequence classifier: {cause}"
            raise CheckpointError(message) from error
        return model

    return make


def load_config(pretrained: Pretrained) -> "PretrainedConfig":
    """Return the checkpoint's own configuration.

    Raises:
        CheckpointError: config.json cannot be read, or its model is unknown to transformers.
    """
    try:
        config: PretrainedConfig = AutoConfig.from_pretrained(pretrained.folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        message = f"config.json of {pretrained.checkpoint.label} cannot be read: {error}"
        raise CheckpointError(message) from error
    return config


def label_ids(pretrained: Pretrained, task: Task) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels, in the task's order; empty for a regression.

    Raises:
        CheckpointError: as for `load_config`, or the checkpoint's labels cannot be mapped.
    """
    return label_order(load_config(pretrained), task, pretrained.checkpoint.label)


def task_config(pretrained: Pretrained, task: Task, tokenizer: "PreTrainedTokenizerBase") -> "PretrainedConfig":
    """Return the checkpoint's configuration, with the task's labels and a padding token."""
    config, order = load_config(pretrained), label_ids(pretrained, task)
    config.num_labels = task.num_labels
    config.problem_type = None  # from an earlier fine-tuning; the model derives it from the labels
    if order:
        names = dict(zip(order, task.labels, strict=True))
        config.id2label = {index: names[index] for index in sorted(names)}
        config.label2id = {name: index for index, name in config.id2label.items()}
    if getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = tokenizer.pad_token_id
    return config
