"""The steps from an item's spec to its fine-tunings: what the fixtures return.

The cache key digests every module that this one reaches by imports, so a step belongs here and not into a fixture.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datasets import DatasetDict
    from transformers import EvalPrediction, PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments

    from pytest_glue.config.evaluation_spec import EvaluationSpec
    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.tasks import Task
    from pytest_glue.execution.evaluate_only import EvaluatedRuns
    from pytest_glue.execution.fine_tuning import Examples, TrainerRuns
    from pytest_glue.search.search import Search
    from pytest_glue.training.callbacks.progress import RunMonitor
    from pytest_glue.training.predict import Predictor


def load_data(options: Options, task: Task) -> DatasetDict:
    """Return the task's splits, cut to `--glue-max-train-samples` and `--glue-max-eval-samples`.

    The golden examples, if the task has any, are a further split.
    """
    from pytest_glue.core.golden import GOLDEN
    from pytest_glue.data.golden import read_golden
    from pytest_glue.data.source import limited, source_of
    from pytest_glue.training.library_state import silence_libraries

    with silence_libraries():
        data = source_of(task, options.data).load(task)
    data = limited(data, task, options.max_train_samples, options.max_eval_samples)
    if task.golden:
        data[GOLDEN] = read_golden(task).split
    return data


def load_tokenizer(checkpoint: Checkpoint) -> PreTrainedTokenizerBase:
    """Return the checkpoint's fast tokenizer, or the slow one if there is no fast one."""
    from pytest_glue.training.pretrained import resolve
    from pytest_glue.training.tokenizer import load_tokenizer

    return load_tokenizer(resolve(checkpoint))


def encode_data(spec: EvaluationSpec, data: DatasetDict, tokenizer: PreTrainedTokenizerBase) -> DatasetDict:
    """Return the training and the evaluation split, tokenized and truncated, with labels in the model's order.

    With `--glue-evaluate-only`, there is no training split. With `--glue-certify`, the unlabelled split is another one,
    whose labels mean nothing; so are golden examples, and with `--glue-submission` the texts of each of the
    leaderboard's files, under its name.
    """
    from pytest_glue.core.golden import GOLDEN
    from pytest_glue.data.golden import golden_examples
    from pytest_glue.data.schema import conform_all, unlabelled_texts
    from pytest_glue.data.source import open_source
    from pytest_glue.data.submission import submission_texts
    from pytest_glue.training.library_state import silence_libraries
    from pytest_glue.training.pretrained import resolve
    from pytest_glue.training.tokenization import encode
    from pytest_glue.training.tokenizer import max_length

    length = max_length(tokenizer, resolve(spec.checkpoint), spec.task, spec.options.max_length)
    with silence_libraries():
        splits, further = conform_all(data, spec.task, "glue_data"), {}
        if _is_certified(spec):
            further[spec.task.unlabelled_split] = unlabelled_texts(data, spec.task, "glue_data")
        if spec.task.golden:
            further[GOLDEN] = golden_examples(data, spec.task, "glue_data")
        if spec.options.submission is not None:
            further |= submission_texts(open_source(spec.options.data), spec.task, data, "glue_data")
        return encode(splits, spec.task, tokenizer, length, label_ids(spec), further)


def _is_certified(spec: EvaluationSpec) -> bool:
    """Return `spec.is_certified`, which the cache key does not cover: it follows imports only."""
    return spec.options.certify and spec.task.is_certifiable


def make_model_init(spec: EvaluationSpec, tokenizer: PreTrainedTokenizerBase) -> Callable[..., PreTrainedModel]:
    """Return a callable that makes a new model each time, as `Trainer(model_init=...)` takes it.

    With `--glue-evaluate-only`, it is the checkpoint as it is, with its own head.
    """
    from pytest_glue.training.model import model_init, own_model_init
    from pytest_glue.training.pretrained import resolve

    if spec.options.evaluate_only:
        return own_model_init(resolve(spec.checkpoint), spec.task, tokenizer)
    return model_init(resolve(spec.checkpoint), spec.task, tokenizer, spec.options.head)


def make_compute_metrics(spec: EvaluationSpec) -> Callable[[EvalPrediction], dict[str, float]]:
    """Return the task's metrics, as `Trainer(compute_metrics=...)` takes them."""
    from pytest_glue.training.metrics import compute_metrics

    return compute_metrics(spec.task, label_ids(spec))


def label_ids(spec: EvaluationSpec) -> tuple[int, ...]:
    """Return the model's id of each of the task's labels, in the task's order; empty for a regression."""
    from pytest_glue.training import model_config
    from pytest_glue.training.pretrained import resolve

    if spec.options.evaluate_only:
        return model_config.evaluated_label_ids(resolve(spec.checkpoint), spec.task)
    return model_config.label_ids(resolve(spec.checkpoint), spec.task, spec.options.head)


@contextmanager
def make_training_arguments(options: Options, task: Task, item_id: str) -> Iterator[TrainingArguments]:
    """Yield the recipe with the first seed.

    A temporary folder is the output folder. If the recipe names one, a subfolder named after the item is used, and
    stays.

    Raises:
        OptionError: nothing is trained, with `--glue-evaluate-only`.
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from pytest_glue.core.errors import OptionError
    from pytest_glue.training.arguments import training_arguments

    if options.evaluate_only:
        raise OptionError(
            "glue_trainer and glue_training_arguments belong to a training, and --glue-evaluate-only trains nothing: "
            "use glue_model_init and glue_encoded_data, or leave the option out"
        )
    with TemporaryDirectory(prefix="pytest-glue-") as temporary:
        named = options.recipe.get("output_dir")
        folder = Path(str(named)) / item_id if named else Path(temporary)
        yield training_arguments(task, options.recipe, options.seeds[0], folder, temporary=not named)


def make_trainer_runs(
    spec: EvaluationSpec,
    trainer: Trainer,
    data: DatasetDict,
    tokenizer: PreTrainedTokenizerBase,
    monitor: RunMonitor,
    search: Search | None,
) -> TrainerRuns:
    """Return the item's fine-tunings, none of which has started.

    Args:
        spec: of the item.
        trainer: of the item, not trained yet.
        data: the item's splits before tokenization.
        tokenizer: of the item; also encodes the data of tasks that share its training.
        monitor: receives the progress of each run and limits its time.
        search: chooses the hyperparameters before the first run; None to use the recipe as it is.
    """
    from pytest_glue.core.choices import HeadPolicy
    from pytest_glue.core.recipe import recipe_notes
    from pytest_glue.data.fingerprint import digest_of_task
    from pytest_glue.data.groups import groups_of
    from pytest_glue.data.overlap import overlap_notes
    from pytest_glue.execution.fine_tuning import Examples, TrainerRuns, conditions_of
    from pytest_glue.training.metrics import LabelMapping
    from pytest_glue.training.pretrained import resolve
    from pytest_glue.training.token_ranges import vocabulary_notes

    options, task = spec.options, spec.task
    labels, digest = LabelMapping(task, label_ids(spec)), digest_of_task(data, task)
    loading = (*vocabulary_notes(trainer.model, tokenizer), *getattr(trainer.model_init, "notes", ()))
    notes = (*_tokenizer_notes(tokenizer), *loading, *recipe_notes(task, options.recipe), *overlap_notes(data, task))
    new_head = "new" if options.head is HeadPolicy.NEW else None
    chosen = {name: value for name, value in (("max_length", options.max_length), ("head", new_head)) if value}
    conditions = conditions_of(trainer, resolve(spec.checkpoint).checkpoint, labels, digest, chosen, notes)
    groups = groups_of(data[task.evaluation_split], task)
    conditions = replace(conditions, groups=groups, unlabelled_digest=_digest_of_unlabelled(spec, data))

    def examples_of(shared_task: Task) -> Examples:
        raw = load_data(options, shared_task)
        encoded = encode_data(replace(spec, task=shared_task), raw, tokenizer)
        groups = groups_of(raw[shared_task.evaluation_split], shared_task)
        return Examples(encoded[shared_task.evaluation_split], digest_of_task(raw, shared_task), groups)

    return TrainerRuns(trainer, labels, conditions, monitor, search, examples_of)


def make_predictor(
    spec: EvaluationSpec, model_init: Callable[..., PreTrainedModel], tokenizer: PreTrainedTokenizerBase
) -> Predictor:
    """Return the model that predicts, with `--glue-evaluate-only`."""
    from pytest_glue.training.library_state import silence_libraries
    from pytest_glue.training.predict import Predictor

    with silence_libraries():
        return Predictor(model_init, tokenizer, spec.options.batching)


def make_evaluated_runs(
    spec: EvaluationSpec,
    predictor: Predictor,
    data: DatasetDict,
    encoded: DatasetDict,
    compute_metrics: Callable[[EvalPrediction], dict[str, float]],
    monitor: RunMonitor,
) -> EvaluatedRuns:
    """Return the run of an item that is evaluated only; nothing is predicted yet.

    Args:
        spec: of the item.
        predictor: has the item's model.
        data: the item's splits before tokenization.
        encoded: the same, tokenized.
        compute_metrics: of the item.
        monitor: receives the progress of the run and limits its time.
    """
    from pytest_glue.core.metrics import check_logits_size
    from pytest_glue.core.runs import RunConditions
    from pytest_glue.data.fingerprint import digest_of_task
    from pytest_glue.data.groups import groups_of
    from pytest_glue.execution.evaluate_only import NOTE, EvaluatedRuns
    from pytest_glue.training.metrics import LabelMapping
    from pytest_glue.training.pretrained import resolve
    from pytest_glue.training.token_ranges import check_token_ids, vocabulary_notes

    task, tokenizer = spec.task, predictor.tokenizer
    labels, examples = LabelMapping(task, label_ids(spec)), encoded[task.evaluation_split]
    check_token_ids(predictor.model, tokenizer, encoded.values())
    check_logits_size(task, len(examples))
    conditions = RunConditions(
        checkpoint=resolve(spec.checkpoint).checkpoint,
        n_train=0,
        n_eval=len(examples),
        data_digest=digest_of_task(data, task),
        recipe={"max_length": spec.options.max_length} if spec.options.max_length else {},
        device=str(predictor.device),
        references=tuple(labels.to_task_labels(examples["label"]).tolist()),
        notes=(NOTE, *_tokenizer_notes(tokenizer), *vocabulary_notes(predictor.model, tokenizer)),
        unlabelled_digest=_digest_of_unlabelled(spec, data),
        groups=groups_of(data[task.evaluation_split], task),
        evaluate_only=True,
    )
    return EvaluatedRuns(predictor, examples, labels, compute_metrics, conditions, monitor)


def _tokenizer_notes(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    return () if tokenizer.is_fast else ("slow tokenizer: the checkpoint has no fast one",)


def _digest_of_unlabelled(spec: EvaluationSpec, data: DatasetDict) -> str | None:
    """Return the digest of the texts that runs predict with `--glue-certify`; None without it."""
    from pytest_glue.data.fingerprint import digest_of_texts
    from pytest_glue.data.schema import unlabelled_texts

    return digest_of_texts(unlabelled_texts(data, spec.task, "glue_data"), spec.task) if _is_certified(spec) else None
