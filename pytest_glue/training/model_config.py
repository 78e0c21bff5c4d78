"""Reads a checkpoint's configuration, and adapts it to a task."""

from typing import TYPE_CHECKING

from transformers import AutoConfig, PretrainedConfig

from pytest_glue.core.choices import HeadPolicy
from pytest_glue.core.tasks import Task
from pytest_glue.training.head import plan_evaluation, plan_head
from pytest_glue.training.load_errors import is_failure, unreadable
from pytest_glue.training.pretrained import Pretrained

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def load_config(pretrained: Pretrained) -> PretrainedConfig:
    """Return the checkpoint's own configuration.

    If it needs custom code, it is a plain `PretrainedConfig` with the values of config.json.

    Raises:
        CheckpointError: config.json cannot be read, or its model is unknown to transformers.
    """
    folder = pretrained.folder
    try:
        config: PretrainedConfig = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except BaseException as error:
        if not is_failure(error):
            raise
        if "trust_remote_code" in str(error):
            return PretrainedConfig.from_pretrained(folder, local_files_only=True)
        raise unreadable(f"config.json of {pretrained.checkpoint.label} cannot be read", error) from error
    return config


def label_ids(pretrained: Pretrained, task: Task, policy: HeadPolicy = HeadPolicy.KEEP) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels, in the task's order; empty for a regression.

    Raises:
        CheckpointError: as for `load_config`, or the checkpoint's labels cannot be mapped.
    """
    return plan_head(load_config(pretrained), task, pretrained.checkpoint.label, policy).label_ids


def task_config(
    pretrained: Pretrained, task: Task, tokenizer: "PreTrainedTokenizerBase", policy: HeadPolicy = HeadPolicy.KEEP
) -> PretrainedConfig:
    """Return the checkpoint's configuration, with the task's labels and a padding token."""
    config, order = load_config(pretrained), label_ids(pretrained, task, policy)
    config.num_labels = task.num_labels
    # Otherwise the model derives it from the labels; the checkpoint's own is from an earlier fine-tuning.
    config.problem_type = "multi_label_classification" if task.is_multi_label else None
    if order:
        names = dict(zip(order, task.labels, strict=True))
        config.id2label = {index: names[index] for index in sorted(names)}
        config.label2id = {name: index for index, name in config.id2label.items()}
    _set_padding(config, tokenizer)
    return config


def own_config(pretrained: Pretrained, tokenizer: "PreTrainedTokenizerBase") -> PretrainedConfig:
    """Return the checkpoint's configuration as it is, but for a padding token."""
    config = load_config(pretrained)
    _set_padding(config, tokenizer)
    return config


def evaluated_label_ids(pretrained: Pretrained, task: Task) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels, for a checkpoint that is evaluated as it is.

    Raises:
        CheckpointError: as for `load_config`, or the head lacks one of the task's labels.
    """
    return plan_evaluation(load_config(pretrained), task, pretrained.checkpoint.label).label_ids


def _set_padding(config: PretrainedConfig, tokenizer: "PreTrainedTokenizerBase") -> None:
    padding = tokenizer.pad_token_id
    # A padding token without an embedding is named by the trainer; a model cannot even be made with it.
    if getattr(config, "pad_token_id", None) is None and padding in range(getattr(config, "vocab_size", 2**63)):
        config.pad_token_id = padding
