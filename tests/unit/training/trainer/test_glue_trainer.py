"""The trainer: the trajectory of a plain `Trainer`, without repeated evaluations and without files."""

from collections.abc import Callable
from copy import deepcopy
from importlib.metadata import version
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import datasets
import pytest
import torch
from datasets import DatasetDict
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    DebertaV2Config,
    GPT2Config,
    PretrainedConfig,
    PreTrainedTokenizerBase,
    Trainer,
)

from pytest_glue.core.choices import Batching
from pytest_glue.core.errors import FineTuningError
from pytest_glue.core.recipe import RecipeValue
from pytest_glue.core.tasks import GLUE
from pytest_glue.sample.examples import sample_dataset
from pytest_glue.training.arguments import training_arguments
from pytest_glue.training.fine_tune import EncodedData, fine_tune, make_trainer
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.metrics import LabelMapping, compute_metrics
from pytest_glue.training.tokenization import encode
from pytest_glue.training.trainer.glue_trainer import GlueTrainer
from pytest_glue.training.trainer.micro_batches import MicroBatching

SIZE: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
NO_DROPOUT: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
RECIPE: dict[str, RecipeValue] = {"learning_rate": 2e-4, "per_device_train_batch_size": 8, "num_train_epochs": 2}
RTE = GLUE["rte"]

ROUNDING = 0.0 if version("transformers") >= "5" else 2e-4
"""Of logged losses, in transformers 4."""
WAYS = ("packed", "micro") if version("transformers") >= "5" else ("micro",)
"""Encoders have attentions of their own in transformers 4."""

Make = Callable[..., Any]


class TooSmall(torch.nn.Module):
    """A hook that raises an out-of-memory error for more than a number of tokens."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.seen = most, [0]

    def __call__(self, _: Any, given: tuple[torch.Tensor, ...]) -> None:
        """Called before each layer."""
        tokens = given[0].shape[0] * given[0].shape[1]
        if tokens > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        self.seen.append(tokens)


@pytest.fixture
def make(tmp_path: Path, sample_tokenizer: PreTrainedTokenizerBase) -> Make:
    """Make a trainer of a small new model on the sample of a task; `batching` None is a plain `Trainer`."""

    def trainer_of(
        batching: str | None = "auto",
        task: str = "rte",
        n: int = 52,
        memory: TooSmall | None = None,
        sizes: dict[str, Any] = NO_DROPOUT,
        **recipe: RecipeValue,
    ) -> Trainer:
        def new_model() -> BertForSequenceClassification:
            labels: dict[str, Any] = {"num_labels": GLUE[task].num_labels}
            model = BertForSequenceClassification(
                BertConfig(vocab_size=len(sample_tokenizer), **labels, **SIZE, **sizes)
            )
            if memory:
                model.bert.encoder.layer[0].register_forward_pre_hook(memory)
            return model

        data = sample_dataset(GLUE[task].configuration)
        parts = DatasetDict({name: data[name].select(range(n)) for name in ("train", "validation")})
        ids = tuple(range(GLUE[task].num_labels)) if GLUE[task].labels else ()
        encoded = encode(parts, GLUE[task], sample_tokenizer, 48, ids)
        arguments = training_arguments(GLUE[task], {**RECIPE, **recipe}, 42, tmp_path / "run", temporary=True)
        compute = compute_metrics(GLUE[task], ids)
        if batching:
            pair = EncodedData(encoded, sample_tokenizer)
            return make_trainer(GLUE[task], new_model, arguments, pair, compute, Batching(batching))
        return Trainer(
            model_init=new_model,
            args=arguments,
            train_dataset=encoded["train"],
            eval_dataset=encoded["validation"],
            processing_class=sample_tokenizer,
            compute_metrics=compute,
        )

    return trainer_of


def losses(trainer: Any, key: str = "loss") -> list[float]:
    """Train and return a value of each log entry that has it."""
    with silence_libraries():
        trainer.train()
    return [entry[key] for entry in trainer.state.log_history if key in entry]


def weights(trainer: Any) -> dict[str, torch.Tensor]:
    """Return a copy of the trainer's weights."""
    assert trainer.model
    return {name: weight.detach().clone() for name, weight in trainer.model.state_dict().items()}


KINDS: dict[str, dict[str, Any]] = {
    "classes": {},
    "regression": {"task": "stsb"},
    "accumulation": {"gradient_accumulation_steps": 3, "per_device_train_batch_size": 4},
    "smoothed-labels": {"label_smoothing_factor": 0.1},
    "half-precision": {"bf16": True, "use_cpu": True},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batching", WAYS)
def test_the_trajectory_is_a_plain_trainers(make: Make, batching: str, kind: str) -> None:
    """Without dropout, the losses of 50 updates and of each evaluation equal a plain `Trainer`'s up to rounding."""
    recipe = {"max_steps": 50, "logging_strategy": "steps", "logging_steps": 1, **KINDS[kind]}
    tolerance = 2e-2 if kind == "half-precision" else 1e-4
    usual, fast = make(None, **recipe), make(batching, **recipe)
    if batching == "micro":
        fast.micro_batches.fixed_cost = 0.0  # parts cost nothing: as many as there are lengths
    expected, found = losses(usual), losses(fast)
    assert (f"batching: {batching}",) == fast.notes
    assert 50 == len(expected) == len(found)
    assert expected[0] != expected[-1]
    assert pytest.approx(expected, rel=tolerance, abs=ROUNDING) == found
    evaluations = [
        [entry["eval_loss"] for entry in each.state.log_history if "eval_loss" in entry] for each in (usual, fast)
    ]
    assert pytest.approx(evaluations[0], rel=tolerance) == evaluations[1]


def test_plain_is_plain(make: Make) -> None:
    """With `plain`, and dropout on, each loss and weight is exactly a plain `Trainer`'s."""
    usual, ours = make(None, sizes={}), make("plain", sizes={})
    assert losses(usual) == losses(ours)
    expected, found = weights(usual), weights(ours)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


DECODER: dict[str, Any] = {
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 2,
    "resid_pdrop": 0.0,
    "embd_pdrop": 0.0,
    "attn_pdrop": 0.0,
}
DISTANCES: dict[str, Any] = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8}
DISTANCES |= {"position_biased_input": False, "share_att_key": True, "pooler_dropout": 0.0}
CONFIGS = {"gpt2": GPT2Config(**DECODER), "deberta-v3": DebertaV2Config(**SIZE, **NO_DROPOUT, **DISTANCES)}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_trajectory_of_another_family(
    make: Make, sample_tokenizer: PreTrainedTokenizerBase, config: PretrainedConfig
) -> None:
    """A decoder, and an encoder with an attention of its own, are packed, trained and evaluated as by `Trainer`."""
    config.vocab_size, config.pad_token_id = len(sample_tokenizer), sample_tokenizer.pad_token_id
    trainers = [make(batching, max_steps=20, logging_strategy="steps", logging_steps=1) for batching in (None, "auto")]
    found = []
    for trainer in trainers:
        trainer.model_init = lambda: AutoModelForSequenceClassification.from_config(deepcopy(config))  # type: ignore[no-untyped-call]
        found.append(losses(trainer))
        found[-1] += [entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry]
    assert ("batching: packed",) == trainers[1].notes
    assert len(found[0]) > 20
    assert found[0] == pytest.approx(found[1], abs=max(ROUNDING, 1e-5))


def test_dropout_is_on_in_a_packed_training(make: Make) -> None:
    """Dropout changes the losses of packed batches."""
    assert losses(make("packed", sizes={})) != pytest.approx(losses(make("packed")), rel=1e-4)


def test_an_evaluation_draws_one_number(make: Make) -> None:
    """The random state after an evaluation is that of a plain one, so that the training continues equally."""
    states = []
    for batching in (None, "packed", "micro"):
        trainer = make(batching)
        torch.manual_seed(5)
        with silence_libraries():
            trainer.evaluate()
        states.append(torch.get_rng_state())
    assert torch.equal(states[0], states[1])
    assert torch.equal(states[0], states[2])


@pytest.mark.parametrize("batching", WAYS)
def test_predictions_are_in_the_order_of_the_examples(make: Make, batching: str) -> None:
    """Logits and labels are in the order of the examples, although these are evaluated by length."""
    outputs = []
    for kind in (None, batching):
        trainer = make(kind)
        with silence_libraries():
            outputs.append(trainer.predict(trainer.eval_dataset))
    assert pytest.approx(outputs[0].predictions, abs=1e-5) == outputs[1].predictions
    assert outputs[0].label_ids.tolist() == outputs[1].label_ids.tolist()
    assert pytest.approx(outputs[0].metrics["test_loss"], rel=1e-5) == outputs[1].metrics["test_loss"]


def test_the_best_epoch_is_kept_and_nothing_is_written(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best epoch is loaded and its predictions are returned, without a file or another evaluation."""
    trainer = make("packed", num_train_epochs=4, learning_rate=0.02)
    scores = chain([0.25, 0.75], repeat(0.5))
    monkeypatch.setattr(trainer, "compute_metrics", lambda _: {"accuracy": next(scores)})
    evaluated: list[str] = []
    monkeypatch.setattr(trainer.callback_handler, "on_predict", lambda *_, **__: evaluated.append("again"))
    run = fine_tune(trainer, LabelMapping(RTE, (0, 1)), seed=3)
    assert (0.75, 14) == (trainer.state.best_metric, trainer.state.best_global_step)
    assert [] == evaluated
    assert [] == list(tmp_path.glob("**/*.safetensors")) + list(tmp_path.glob("**/checkpoint-*"))
    with silence_libraries():
        again = trainer.predict(trainer.eval_dataset)
    assert [float(label) for label in again.predictions.argmax(1)] == list(run.predictions)
    logged = [entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry]
    assert pytest.approx(logged[1]) == again.metrics["test_loss"]
    assert logged[1] != pytest.approx(logged[3], rel=1e-3)


def test_without_a_best_epoch_the_last_one_counts(make: Make) -> None:
    """If the recipe does not load the best epoch, weights and predictions are those of the last one."""
    trainer = make("packed", load_best_model_at_end=False, save_strategy="no")
    fine_tune(trainer, LabelMapping(RTE, (0, 1)), seed=3)
    output = trainer.final_output
    with silence_libraries():
        again = trainer.predict(trainer.eval_dataset)
    assert pytest.approx(again.predictions, abs=1e-6) == output.predictions


def test_a_folder_that_stays_gets_the_checkpoints(make: Make, tmp_path: Path) -> None:
    """If the output folder is not temporary, checkpoints are written to it, and the best one is loaded."""
    trainer = make("packed")
    trainer.args.output_dir = str(tmp_path / "kept")
    fine_tune(trainer, LabelMapping(RTE, (0, 1)), seed=3)
    assert str(tmp_path / "kept") == str(Path(trainer.state.best_model_checkpoint).parent)
    with silence_libraries():
        again = trainer.predict(trainer.eval_dataset)
    assert pytest.approx(again.predictions, abs=1e-6) == trainer.final_output.predictions


@pytest.mark.parametrize("batching", WAYS)
@pytest.mark.parametrize("accumulation", [1, 2])
def test_a_batch_that_does_not_fit_is_halved(make: Make, batching: str, accumulation: int) -> None:
    """With little memory, losses stay the same, no part exceeds it, and a note says so."""
    recipe: dict[str, Any] = {
        "gradient_accumulation_steps": accumulation,
        "logging_strategy": "steps",
        "logging_steps": 1,
    }
    memory = TooSmall(100)
    usual, small = make(None, **recipe), make(batching, memory=memory, **recipe)
    assert pytest.approx(losses(usual), rel=1e-4, abs=ROUNDING) == losses(small)
    assert 100 >= max(memory.seen)
    layout, halved = small.notes
    assert f"batching: {batching}" == layout
    assert halved.startswith("out of memory: batches are computed in parts of at most ")


def test_an_example_that_does_not_fit_alone_is_an_error(make: Make) -> None:
    """A single example cannot be halved: the error names the remedy."""
    trainer = make("packed", memory=TooSmall(3))
    with pytest.raises(FineTuningError, match="out of memory on cpu with 8 examples a batch"):
        fine_tune(trainer, LabelMapping(RTE, (0, 1)), seed=1)


def test_a_search_may_swap_data_and_arguments(make: Make) -> None:
    """The next training uses data that was set after the trainer was created."""
    trainer = make("packed")
    assert isinstance(trainer.train_dataset, datasets.Dataset)
    losses(trainer)
    trainer.train_dataset = trainer.train_dataset.select(range(24))
    losses(trainer)
    assert (6, {}) == (trainer.state.max_steps, trainer.layouts.__getstate__()["_splits"])


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        ({"neftune_noise_alpha": 5.0}, "the recipe adds noise to embeddings"),
        ({"remove_unused_columns": False}, "unused columns are kept"),
    ],
)
def test_plain_batches_have_a_reason(make: Make, recipe: dict[str, Any], reason: str) -> None:
    """Batches stay plain if the recipe needs it, and a note gives the reason."""
    trainer = make("auto", **recipe)
    assert isinstance(trainer, GlueTrainer)
    trainer.get_train_dataloader()
    assert (f"batching: plain, since {reason}",) == trainer.notes


@pytest.mark.skipif("packed" not in WAYS, reason="nothing is packed")
@pytest.mark.parametrize(
    ("packed", "layout"), [(1.0, "packed"), (3.0, "micro, since padding is faster on this device")]
)
def test_packing_is_not_used_if_it_is_slow(
    make: Make, monkeypatch: pytest.MonkeyPatch, packed: float, layout: str
) -> None:
    """A layout that was measured to be faster is used in the trainer's next runs too."""
    trainer = make("auto")
    monkeypatch.setattr(MicroBatching, "_times_packing", lambda *_: True)
    monkeypatch.setattr(trainer.micro_batches, "_seconds", lambda *_: packed if trainer.layouts.is_packed else 2.0)
    for _ in range(2):
        losses(trainer)
        assert (f"batching: {layout}",) == trainer.notes
