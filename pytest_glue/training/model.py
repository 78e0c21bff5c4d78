"""Creates the model of a run: a pretrained encoder with a head for the task."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import torch
from transformers import AutoModelForSequenceClassification, PretrainedConfig, PreTrainedModel

from pytest_glue.core.choices import HeadPolicy
from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import Task
from pytest_glue.training.head import HeadPlan, plan_evaluation, plan_head, require_head
from pytest_glue.training.load_errors import custom_code, is_failure, unreadable
from pytest_glue.training.loading_report import LoadingReport, renew
from pytest_glue.training.model_config import load_config, own_config, task_config
from pytest_glue.training.pretrained import Pretrained

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def model_init(
    pretrained: Pretrained, task: Task, tokenizer: "PreTrainedTokenizerBase", policy: HeadPolicy = HeadPolicy.KEEP
) -> "ModelInit":
    """Return a function for `Trainer(model_init=...)` that loads the checkpoint with a head for the task.

    A missing head is initialized from torch's random state, which the trainer seeds before each run.

    Raises:
        CheckpointError: the configuration cannot be loaded, transformers has no classifier for it, or its labels
            cannot be mapped.
    """
    own = load_config(pretrained)
    _require_classifier(own, pretrained.checkpoint.label)
    plan = plan_head(own, task, pretrained.checkpoint.label, policy)
    return ModelInit(pretrained, task_config(pretrained, task, tokenizer, policy), plan)


def own_model_init(pretrained: Pretrained, task: Task, tokenizer: "PreTrainedTokenizerBase") -> "ModelInit":
    """Return a function that loads the checkpoint as it is, with its own head.

    Raises:
        CheckpointError: as for `model_init`, or the checkpoint has no classification head.
    """
    own, label = load_config(pretrained), pretrained.checkpoint.label
    _require_classifier(own, label)
    require_head(own, label)
    return ModelInit(pretrained, own_config(pretrained, tokenizer), plan_evaluation(own, task, label))


class ModelInit:
    """Loads a new model at each call, and notes what a reader should know about it."""

    def __init__(self, pretrained: Pretrained, config: PretrainedConfig, head: HeadPlan) -> None:
        """Create the function. Nothing is loaded.

        Args:
            pretrained: the checkpoint.
            config: for the task.
            head: what becomes of the checkpoint's head.
        """
        self._pretrained, self._config, self._head = pretrained, config, head
        self._notes = dict.fromkeys(note for note in (head.note, custom_code(config)) if note)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the head, and on what else of the checkpoint was not used; complete after the first call."""
        return tuple(self._notes)

    def __call__(self, trial: Any = None) -> PreTrainedModel:  # noqa: ARG002 - the trial of a hyperparameter search
        """Return a new model.

        Raises:
            CheckpointError: the weights cannot be loaded, or are not those of the model in config.json.
        """
        try:
            # Weights in half precision are for inference. `bf16` and `fp16` of the recipe set mixed precision.
            model, info = AutoModelForSequenceClassification.from_pretrained(
                self._pretrained.folder,
                config=self._config,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,  # the report has them
                output_loading_info=True,
                local_files_only=True,
                trust_remote_code=False,
            )
        except BaseException as error:
            if not is_failure(error):
                raise
            what = f"{self._pretrained.checkpoint.label} cannot be loaded as a sequence classifier"
            raise unreadable(what, error) from error
        report = LoadingReport.of(model, info)
        self._check(report, info["missing_keys"])
        if self._head.is_renewed and report.loaded_head:
            renew(model, report.loaded_head)
        loaded: PreTrainedModel = model
        return loaded

    def _check(self, report: LoadingReport, missing: Collection[str]) -> None:
        """Add what the loading report shows to the notes.

        Args:
            report: of the model that was loaded.
            missing: the names of the tensors that the file lacks.

        Raises:
            CheckpointError: the weights are not those of the model in config.json.
        """
        problem = report.problem(self._config) or (report.problem_of_head if self._head.is_kept else "")
        if not problem and missing and self._head.is_required:
            problem = f"the file lacks {', '.join(sorted(missing)[:2])}, so that a part of the model would be random"
        if problem:
            code = custom_code(self._config)
            raise CheckpointError(
                f"the weights of {self._pretrained.checkpoint.label} do not fit: {problem}{f'; {code}' if code else ''}"
            )
        for note in (report.unused_layers, "" if self._head.note else report.note_of_head(is_kept=self._head.is_kept)):
            if note:
                self._notes[note] = None


def _require_classifier(config: PretrainedConfig, label: str) -> None:
    """Check that transformers has a sequence classifier for the configuration."""
    if type(config) in AutoModelForSequenceClassification._model_mapping:
        return
    if code := custom_code(config):
        message = (
            f"{label} cannot be loaded: {code}. Load the model yourself in an overridden fixture `glue_model_init`"
        )
    else:
        message = f"{label} cannot be loaded: transformers has no sequence classifier for {config.model_type!r} models"
    raise CheckpointError(message)
