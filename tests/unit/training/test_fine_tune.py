"""Runs with the real trainer and a tiny model: their content and their failures."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset, DatasetDict
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerBase, Trainer

from pytest_glue.core.choices import Batching
from pytest_glue.core.errors import FineTuningError
from pytest_glue.core.recipe import RecipeValue
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.arguments import training_arguments
from pytest_glue.training.fine_tune import (
    EncodedData,
    evaluation_data,
    fine_tune,
    make_trainer,
    predict_texts,
    references,
)
from pytest_glue.training.metrics import LabelMapping, compute_metrics
from pytest_glue.training.tokenization import encode

COLA = GLUE["cola"]
GOOD, BAD = "a a a", "z z z"
LABELS = [1, 0, 1, 0, 1, 1, 0, 0]
SIZE: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
LEARNS_FAST: dict[str, Any] = {"initializer_range": 0.3, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}
RECIPE: dict[str, RecipeValue] = {"num_train_epochs": 4, "learning_rate": 0.003, "lr_scheduler_type": "constant"}
OUT_OF_MEMORY = (
    "out of memory on cpu with 2 examples a batch; to train with the same updates and half the memory, use "
    "--glue-recipe per_device_train_batch_size=1 --glue-recipe gradient_accumulation_steps=2, "
    "or truncate the inputs with --glue-max-length"
)

MakeTrainer = Callable[..., Trainer]


@pytest.fixture
def trainer_of(tmp_path: Path, sample_tokenizer: PreTrainedTokenizerBase) -> MakeTrainer:
    """Make a trainer of a tiny new model on eight sentences."""
    split = Dataset.from_dict({"sentence": [GOOD if label else BAD for label in LABELS], "label": LABELS})
    data = DatasetDict({"train": split, "validation": split})

    def new_model() -> BertForSequenceClassification:
        return BertForSequenceClassification(BertConfig(vocab_size=len(sample_tokenizer), **SIZE, **LEARNS_FAST))

    def make(
        init: Callable[[], Any] = new_model,
        label_ids: tuple[int, ...] = (0, 1),
        compute: Any = None,
        **recipe: RecipeValue,
    ) -> Trainer:
        arguments = training_arguments(
            COLA, {"per_device_train_batch_size": 2, **RECIPE, **recipe}, seed=42, output_dir=tmp_path / "run"
        )
        encoded = encode(data, COLA, sample_tokenizer, 16, label_ids)
        compute = compute or compute_metrics(COLA, label_ids)
        return make_trainer(COLA, init, arguments, EncodedData(encoded, sample_tokenizer), compute)

    return make


def without_duration(run: Run) -> Run:
    """Return the run without its duration."""
    return replace(run, duration_s=0.0)


def test_a_run_holds_scores_history_and_predictions(trainer_of: MakeTrainer) -> None:
    """The history has an entry for each epoch, and scores and predictions are those of the best one."""
    run = fine_tune(trainer_of(), LabelMapping(COLA, (0, 1)), seed=7)
    assert (7, False, [1.0, 2.0, 3.0, 4.0]) == (run.seed, run.cached, [epoch.epoch for epoch in run.history])
    assert [float(label) for label in LABELS] == list(run.predictions)
    assert {"matthews_correlation": 1.0} == run.metrics
    assert run.metrics in [epoch.metrics for epoch in run.history]
    assert None not in {epoch.loss for epoch in run.history} | {epoch.evaluation_loss for epoch in run.history}


def test_a_seed_makes_a_run(trainer_of: MakeTrainer) -> None:
    """The same seed gives the same run, also after another one; another seed gives another."""
    trainer = trainer_of(num_train_epochs=1)
    first, other, again = (without_duration(fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed)) for seed in (1, 2, 1))
    assert first == again
    assert first.history != other.history


def test_a_model_with_another_order_predicts_the_tasks_classes(trainer_of: MakeTrainer) -> None:
    """Predictions and references are in the task's order, also for a model with another order of labels."""
    trainer = trainer_of(label_ids=(1, 0))
    run = fine_tune(trainer, LabelMapping(COLA, (1, 0)), seed=42)
    assert (
        [float(label) for label in LABELS]
        == list(references(trainer, LabelMapping(COLA, (1, 0))))
        == list(run.predictions)
    )


def test_unlabelled_texts_are_predicted(trainer_of: MakeTrainer) -> None:
    """The trained model predicts them in the task's order, and a later run is the same as without."""
    labels, trainer = LabelMapping(COLA, (1, 0)), trainer_of(label_ids=(1, 0))
    texts = evaluation_data(trainer)
    plain = without_duration(fine_tune(trainer, labels, 1))
    without = without_duration(fine_tune(trainer, labels, 2))
    fine_tune(trainer, labels, 1)
    assert plain.predictions == predict_texts(trainer, labels, texts)
    assert plain.predictions[:3] == predict_texts(trainer, labels, texts.select(range(3)))
    assert without == without_duration(fine_tune(trainer, labels, 2))


def test_a_model_that_breaks_has_no_score(trainer_of: MakeTrainer) -> None:
    """NaN weights give a run without a score, not an exception."""

    def broken() -> BertForSequenceClassification:
        model = BertForSequenceClassification(BertConfig(**SIZE))
        torch.nn.init.constant_(model.classifier.bias, float("nan"))
        return model

    run = fine_tune(trainer_of(broken, num_train_epochs=1), LabelMapping(COLA, (0, 1)), seed=42)
    assert {"matthews_correlation": None} == run.metrics
    assert [{"matthews_correlation": None}] == [epoch.metrics for epoch in run.history]


@pytest.mark.parametrize(("second", "best", "step"), [(0.5, 0.5, 8), (-0.5, 0.0, 4)], ids=["better", "worse"])
def test_an_undefined_score_is_neither_best_nor_worst(
    trainer_of: MakeTrainer, second: float, best: float, step: int
) -> None:
    """An epoch with an undefined score counts as 0: a better epoch replaces it, and one below zero does not."""
    scores = chain([float("nan")], repeat(second))
    trainer = trainer_of(compute=lambda _: {"matthews_correlation": next(scores)}, num_train_epochs=2)
    fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed=42)
    assert (best, step) == (trainer.state.best_metric, trainer.state.best_global_step)


def test_metrics_of_the_users_own_need_the_headline_metric(trainer_of: MakeTrainer) -> None:
    """If an overridden `glue_compute_metrics` lacks the headline metric, the message says what it returns."""
    trainer = trainer_of(
        compute=lambda _: {"f1": 0.5}, load_best_model_at_end=False, save_strategy="no", eval_strategy="no"
    )
    with pytest.raises(FineTuningError) as caught:
        fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed=42)
    assert "compute_metrics returns ['f1'], which lacks cola's 'matthews_correlation'" == str(caught.value)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
            OUT_OF_MEMORY,
        ),
        (RuntimeError("index out of range"), "the fine-tuning failed: RuntimeError: index out of range WHERE"),
        (KeyError("a\nb"), "the fine-tuning failed: KeyError: 'a\\nb' WHERE"),
        (AssertionError(), "the fine-tuning failed: AssertionError WHERE"),
        (SystemExit(3), "the fine-tuning failed: SystemExit: 3 WHERE"),
    ],
    ids=["memory", "other", "lines", "silent", "exit"],
)
def test_a_failure_has_cause_and_remedy(trainer_of: MakeTrainer, failure: BaseException, message: str) -> None:
    """A run that ends without a result raises an error with cause and, if known, remedy."""

    def fail(*_: Any) -> None:
        raise failure

    def failing() -> BertForSequenceClassification:
        model = BertForSequenceClassification(BertConfig(**SIZE))
        model.register_forward_pre_hook(fail)
        return model

    trainer = trainer_of(failing)
    with pytest.raises(FineTuningError) as caught:
        fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed=42)
    where = f"raised at test_fine_tune.py:{fail.__code__.co_firstlineno + 1}; --full-trace shows the traceback"
    assert message.replace("WHERE", f"({where}); the recipe sets lr_scheduler_type='constant'") == str(caught.value)


@pytest.mark.parametrize(
    ("recipe", "cause", "remedy"),
    [
        (
            {"optim_args": "no-such-value"},
            "not enough values to unpack",
            "; the recipe sets lr_scheduler_type='constant', optim_args='no-such-value'",
        ),
        ({"optim": "schedule_free_adamw"}, "ImportError: You need to install", "optim='schedule_free_adamw'"),
        (
            {"lr_scheduler_type": "linear", "lr_scheduler_kwargs": {"a": 1}},
            "unexpected keyword argument 'a'",
            "lr_scheduler_kwargs={'a': 1}",
        ),
        ({"report_to": "nobody"}, "nobody is not supported, only ", ""),
        (
            {"dataloader_drop_last": True, "per_device_train_batch_size": 100},
            "nothing would be trained",
            "8 of 100 examples",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_recipe_that_fails(trainer_of: MakeTrainer, recipe: dict[str, Any], cause: str, remedy: str) -> None:
    """Whatever a library raises, the message has the cause and the fields of the recipe that are not the default."""
    with pytest.raises(FineTuningError) as caught:
        fine_tune(trainer_of(**recipe), LabelMapping(COLA, (0, 1)), seed=42)
    assert cause in str(caught.value)
    assert remedy in str(caught.value)


def test_an_exit_of_the_test_run_is_no_failure(trainer_of: MakeTrainer) -> None:
    """`pytest.exit` ends the test run from inside a training, too."""

    def leave(_: Any) -> dict[str, float]:
        pytest.exit("enough")

    with pytest.raises(pytest.exit.Exception, match="enough"):
        fine_tune(trainer_of(compute=leave), LabelMapping(COLA, (0, 1)), seed=42)


@pytest.mark.parametrize(
    ("recipe", "best"),
    [({}, 1.0), ({"metric_for_best_model": "loss"}, 2.0), ({"metric_for_best_model": "quality"}, 3.0)],
    ids=["score", "loss", "other"],
)
def test_the_best_epoch_by_a_loss_has_the_lowest(
    trainer_of: MakeTrainer, monkeypatch: pytest.MonkeyPatch, recipe: dict[str, Any], best: float
) -> None:
    """Of three epochs, the first has the best score, the second the lowest loss, the third the highest quality."""
    scores, losses, quality = iter([0.9, 0.5, 0.1]), iter([0.7, 0.2, 0.9]), iter([0.1, 0.2, 0.3])
    trainer = trainer_of(
        compute=lambda _: {"matthews_correlation": next(scores), "quality": next(quality)},
        **{"num_train_epochs": 3, **recipe},
    )
    predict = trainer.evaluation_loop

    def with_loss(*given: Any, **named: Any) -> Any:
        output = predict(*given, **named)
        return output._replace(metrics={**(output.metrics or {}), "eval_loss": next(losses)})

    monkeypatch.setattr(trainer, "evaluation_loop", with_loss)
    monkeypatch.setattr("pytest_glue.training.fine_tune.scores_of", lambda *_: {"matthews_correlation": 0.0})
    fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed=42)
    assert best * 4 == trainer.state.best_global_step


@pytest.mark.parametrize("batching", [Batching.PLAIN, Batching.AUTO])
def test_dropping_the_last_batch_drops_no_evaluation_example(
    tiny_trainer: Callable[..., Trainer], batching: Batching
) -> None:
    """`dataloader_drop_last` concerns the training: two whole batches of three, and all eight predictions."""
    sizes = {"per_device_train_batch_size": 3, "per_device_eval_batch_size": 3, "num_train_epochs": 1}
    trainer = tiny_trainer(batching, dataloader_drop_last=True, **sizes)
    run = fine_tune(trainer, LabelMapping(COLA, (0, 1)), seed=42)
    assert (8, 2) == (len(run.predictions), trainer.state.global_step)
    assert 8 == len(trainer.predict(trainer.eval_dataset).predictions)  # type: ignore[arg-type]
    assert trainer.args.dataloader_drop_last
