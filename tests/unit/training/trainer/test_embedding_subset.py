"""Training an embedding subset: all weights become those of a training of all embeddings."""

import types
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, PreTrainedModel, TrainerCallback

from pytest_glue.core.choices import Batching
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.trainer.embedding_subset import EmbeddingSubset
from pytest_glue.training.trainer.glue_trainer import GlueTrainer

SIZE: dict[str, Any] = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
DECAYS: dict[str, Any] = {"weight_decay": 1.0, "learning_rate": 0.01}
USED = torch.tensor([0, 3, 4, 7])


def new_model() -> Any:
    """Return a classifier with ten tokens, the first of which is the padding token."""
    torch.manual_seed(0)
    return BertForSequenceClassification(BertConfig(vocab_size=10, **SIZE))


class Watcher(TrainerCallback):
    """Records the number of embeddings in each step."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def on_step_end(self, *_: Any, **given: Any) -> None:
        """Called by the trainer after each update."""
        self.seen.append(len(given["model"].get_input_embeddings().weight))


def trained(trainer: Any) -> dict[str, torch.Tensor]:
    """Train and return the final weights."""
    with silence_libraries():
        trainer.train()
    return {name: weight.detach().clone() for name, weight in trainer.model.state_dict().items()}


def known_weights(trainer: Any) -> int:
    """Return the number of weights in the trainer's optimizer."""
    return sum(weight.numel() for group in trainer.optimizer.param_groups for weight in group["params"])


@pytest.mark.parametrize("batching", [Batching.AUTO, Batching.MICRO])
@pytest.mark.parametrize(
    "recipe", [{}, {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False}]
)
def test_all_weights_are_a_plain_trainers(tiny_trainer: Any, batching: Batching, recipe: dict[str, Any]) -> None:
    """Embeddings of used tokens are trained and all others decay, as in a training of the full matrix."""
    plain, sparing = tiny_trainer(Batching.PLAIN, **DECAYS, **recipe), tiny_trainer(batching, **DECAYS, **recipe)
    expected, found = trained(plain), trained(sparing)
    assert known_weights(sparing) < known_weights(plain)
    assert set(expected) == set(found)
    for name, weight in expected.items():
        if name.endswith("key.bias"):
            continue  # softmax does not see it: its gradient is rounding, which Adam makes large
        assert torch.allclose(weight, found[name], rtol=1e-3, atol=1e-5), name
    begun = plain.model_init().get_input_embeddings().weight
    embeddings = expected["bert.embeddings.word_embeddings.weight"]
    assert not torch.allclose(begun, embeddings, rtol=0.02)  # the decay is there to be seen


def test_the_model_has_all_embeddings_afterwards(tiny_trainer: Any) -> None:
    """After a training the model has its own embedding parameter, with its padding and without a hook."""
    trainer = tiny_trainer()
    trained(trainer)
    module = trainer.model.get_input_embeddings()
    assert (trainer.model.config.vocab_size, 0) == (len(module.weight), module.padding_idx)
    assert not module._forward_pre_hooks
    assert module.weight.requires_grad


@pytest.mark.parametrize(
    ("callbacks", "recipe", "is_sparing"),
    [([], {}, True), ([Watcher()], {}, False), ([], {"optim": "adafactor"}, False)],
    ids=["equivalent", "unknown callback", "another optimizer"],
)
def test_a_subset_is_used_only_if_it_is_equivalent(
    tiny_trainer: Any, callbacks: list[TrainerCallback], recipe: dict[str, Any], *, is_sparing: bool
) -> None:
    """The full matrix is trained with an unknown callback, or with an optimizer that may treat rows differently."""
    trainer = tiny_trainer(**recipe)
    assert isinstance(trainer, GlueTrainer)
    for callback in callbacks:
        trainer.add_callback(callback)
    trained(trainer)
    assert is_sparing == (known_weights(trainer) < sum(weight.numel() for weight in trainer._bare_model.parameters()))
    for callback in callbacks:
        assert isinstance(callback, Watcher)
        assert {trainer._bare_model.config.vocab_size} == set(callback.seen)


def test_a_training_that_fails_restores_all_embeddings(tiny_trainer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an exception in a training the model has all its embeddings."""
    trainer = tiny_trainer()
    monkeypatch.setattr(trainer.accelerator, "clip_grad_norm_", lambda *_: 1 / 0)
    with silence_libraries(), pytest.raises(ZeroDivisionError):
        trainer.train()
    assert trainer.model.config.vocab_size == len(trainer.model.get_input_embeddings().weight)


def test_an_unexpected_token_is_an_error() -> None:
    """A token id outside the subset raises an error, so that it is never taken for another token."""
    model = new_model()
    subset = EmbeddingSubset.of(model, USED)
    assert subset
    with subset.shrunk():
        assert (5, 8) == tuple(model.get_input_embeddings().weight.shape)
        with pytest.raises(IndexError):
            model(torch.tensor([[3, 5]]))
    assert model(torch.tensor([[3, 5]])).logits.isfinite().all()


def test_the_padding_gets_no_gradient() -> None:
    """The padding id has a row without a gradient in the small matrix, also if it does not occur in training."""
    model = new_model()
    subset = EmbeddingSubset.of(model, torch.tensor([3, 4, 7]))
    assert subset
    with subset.shrunk():
        model(torch.tensor([[3, 4, 0, 0]])).logits.sum().backward()
        gradient = model.get_input_embeddings().weight.grad
        assert isinstance(gradient, torch.Tensor)
        assert [False, True, True, False, False] == gradient.bool().any(1).tolist()


@pytest.mark.parametrize("kind", ["shared", "frozen", "sparse", "none", "all words", "beyond"])
def test_embeddings_without_a_subset(kind: str) -> None:
    """There is no subset of shared, frozen, sparse or missing embeddings, and none if all are used."""
    model = new_model()
    module: Any = model.get_input_embeddings()
    match kind:
        case "shared":
            model.register_module("head", torch.nn.Linear(8, 10))
            model.head.weight = module.weight
        case "frozen":
            module.weight.requires_grad_(False)  # noqa: FBT003 - as torch has it
        case "sparse":
            module.sparse = True
        case "none":
            model.get_input_embeddings = types.MethodType(PreTrainedModel.get_input_embeddings, torch.nn.Module())
    ids = {"all words": torch.arange(10), "beyond": torch.tensor([3, 10])}
    assert EmbeddingSubset.of(model, ids.get(kind, USED)) is None
