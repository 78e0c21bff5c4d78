"""What is loaded is checked: tensors that are missing, have another shape or are left over, and the head."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (
    AutoConfig,
    BertConfig,
    BertForMaskedLM,
    BertForMultipleChoice,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    ModernBertConfig,
    ModernBertForMaskedLM,
    PreTrainedTokenizerBase,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForSequenceClassification,
    T5Config,
    T5ForConditionalGeneration,
    set_seed,
)

from pytest_glue.core.choices import HeadPolicy
from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.model import ModelInit, model_init
from pytest_glue.training.pretrained import Pretrained

Save = Callable[..., Pretrained]
Tensors = dict[str, torch.Tensor]
SIZE: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 32,
}
CONFIG = BertConfig(**SIZE)
ENCODER_OF_TWO_LAYERS = 37


@pytest.fixture
def load(sample_tokenizer: PreTrainedTokenizerBase) -> Callable[..., ModelInit]:
    """Return a function that gives a checkpoint's `ModelInit` for a task."""

    def make(pretrained: Pretrained, task: str = "rte", policy: HeadPolicy = HeadPolicy.KEEP) -> ModelInit:
        return model_init(pretrained, GLUE[task], sample_tokenizer, policy)

    return make


def change_weights(pretrained: Pretrained, change: Callable[[Tensors], Tensors]) -> None:
    """Replace the tensors of a checkpoint."""
    file = pretrained.folder / "model.safetensors"
    tensors = change({name: tensor.clone() for name, tensor in load_file(file).items()})
    save_file(tensors, file, {"format": "pt"})


def change_config(pretrained: Pretrained, **changes: Any) -> None:
    file = pretrained.folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **changes}), "utf-8")


def message_of(make: ModelInit) -> str:
    """Return the message with which the model is refused."""
    with pytest.raises(CheckpointError) as caught:
        make()
    return str(caught.value)


@pytest.mark.parametrize(
    ("prefix", "wrapper"),
    [("_orig_mod.", "`torch.compile`"), ("module.", "`DataParallel` or"), ("module._orig_mod.", "`DataParallel` or")],
)
@pytest.mark.parametrize("model", [BertForMaskedLM, BertModel], ids=["masked-lm", "encoder"])
def test_weights_of_a_wrapped_model(
    saved: Save, load: Callable[..., ModelInit], model: Any, prefix: str, wrapper: str
) -> None:
    """A wrapper's prefix on all names leaves nothing to load: it is named, with the way to save the model itself."""
    pretrained = saved(model(CONFIG))
    change_weights(pretrained, lambda tensors: {prefix + name: tensor for name, tensor in tensors.items()})
    message = message_of(load(pretrained))
    all_missing = f"the file lacks {ENCODER_OF_TWO_LAYERS} of the encoder's {ENCODER_OF_TWO_LAYERS} tensors"
    assert message.startswith(f"the weights of checkpoint do not fit: {all_missing} (bert.embeddings.LayerNorm.bias, ")
    assert f"the file has them with the prefix `{prefix.partition('.')[0]}.`, as in " in message
    assert f"{prefix}bert." in message or f"{prefix}embeddings." in message
    assert wrapper in message


def half(tensors: Tensors) -> Tensors:
    """Return every other tensor."""
    return {name: tensors[name] for name in sorted(tensors)[::2]}


def without(part: str) -> Callable[[Tensors], Tensors]:
    """Return a function that leaves out the tensors whose names contain the part."""
    return lambda tensors: {name: tensor for name, tensor in tensors.items() if part not in name}


def other_names(tensors: Tensors) -> Tensors:
    """Return the tensors under names that no model has."""
    return {f"{name}.q": tensor for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    ("change", "config", "message"),
    [
        (dict, {"num_hidden_layers": 4}, "config.json asks for more layers (num_hidden_layers: 4) than the file has"),
        (half, {}, "the file is not complete; save the model again"),
        (other_names, {}, "the file has other tensors (bert.embeddings.LayerNorm.bias.q"),
        (
            dict,
            {"vocab_size": 99},
            "the file has another shape for 1 of the encoder's tensors (bert.embeddings.word_embeddings.weight",
        ),
        (dict, {"vocab_size": 99}, "): config.json (vocab_size: 99) is not that of these weights; save model and"),
        (dict, {"hidden_size": 32}, "of the encoder's tensors (bert.embeddings.LayerNorm.bias"),
    ],
    ids=["more-layers", "half", "other-names", "vocabulary", "its-size", "width"],
)
@pytest.mark.parametrize("kind", [BertForMaskedLM, BertForTokenClassification, BertForSequenceClassification])
def test_an_encoder_that_does_not_fit(
    saved: Save,
    load: Callable[..., ModelInit],
    kind: Any,
    change: Callable[[Tensors], Tensors],
    config: dict[str, Any],
    message: str,
) -> None:
    """No tensor of the encoder is ever drawn at random, whatever head the checkpoint has and the task needs."""
    pretrained = saved(kind(CONFIG))
    change_weights(pretrained, change)
    change_config(pretrained, **config)
    for task in ("rte", "mnli"):
        assert message in message_of(load(pretrained, task))


@pytest.mark.skipif(transformers.__version__ < "5", reason="transformers 4 tells no shapes")
def test_shapes_are_shown(saved: Save, load: Callable[..., ModelInit]) -> None:
    """The message has the shapes of file and model."""
    pretrained = saved(BertForMaskedLM(CONFIG))
    change_config(pretrained, vocab_size=99)
    assert "word_embeddings.weight: (64, 16) in the file, (99, 16) in the model)" in message_of(load(pretrained))


def test_layers_of_the_file_that_are_not_used_are_noted(saved: Save, load: Callable[..., ModelInit]) -> None:
    """The first layers of a checkpoint can be used alone; a note says so."""
    pretrained = saved(BertForMaskedLM(CONFIG))
    change_config(pretrained, num_hidden_layers=1)
    make = load(pretrained)
    make()
    (note,) = make.notes
    assert note.startswith("16 tensors of the weights' file are not used (bert.encoder.layer.1.attention.output.LayerN")
    assert note.endswith("config.json asks for fewer layers than the file has")


ROBERTA = RobertaConfig(**SIZE, pad_token_id=0)
MODERN = ModernBertConfig(**SIZE, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2)
T5 = T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)


@pytest.mark.parametrize(
    "model",
    [
        lambda: BertModel(CONFIG),
        lambda: BertModel(CONFIG, add_pooling_layer=False),
        lambda: BertForMaskedLM(CONFIG),
        lambda: RobertaForMaskedLM(ROBERTA),
        lambda: ModernBertForMaskedLM(MODERN),
        lambda: GPT2LMHeadModel(GPT2Config(vocab_size=64, n_embd=16, n_layer=1, n_head=2, n_positions=32)),
        lambda: T5ForConditionalGeneration(T5),
    ],
    ids=["bert", "without-pooler", "masked-lm", "roberta", "modernbert", "gpt2", "t5"],
)
def test_a_missing_head_or_pooler_is_fine(
    saved: Save, load: Callable[..., ModelInit], model: Callable[[], Any]
) -> None:
    """Encoders, language models and sequence-to-sequence models get a new head, without a note."""
    make = load(saved(model()))
    make()
    assert () == make.notes


@pytest.mark.parametrize("kind", [BertForTokenClassification, BertForMultipleChoice])
@pytest.mark.parametrize("labels", [1, 2, 9])
def test_heads_with_another_meaning_are_dropped(
    saved: Save, load: Callable[..., ModelInit], kind: Any, labels: int
) -> None:
    """A head of another kind is replaced whatever its shape, exactly as if the checkpoint had none."""
    pretrained = saved(kind(BertConfig(**{**SIZE, "num_labels": labels})))
    task = "stsb" if kind is BertForMultipleChoice else "rte"
    make = load(pretrained, task)
    set_seed(1)
    found = make().state_dict()
    assert (f"head: new; that of {kind.__name__} was dropped",) == make.notes
    change_config(pretrained, architectures=["BertModel"])
    change_weights(pretrained, without("classifier"))
    set_seed(1)
    expected = load(pretrained, task)().state_dict()
    assert [] == [name for name in expected if not torch.equal(found[name], expected[name])]


def classifier(*names: str, config: type[Any] = BertConfig, kind: Any = BertForSequenceClassification) -> Any:
    """Return a tiny classifier with these labels."""
    return kind(config(**SIZE, pad_token_id=0, id2label=dict(enumerate(names))))


@pytest.mark.parametrize("names", [("0", "1"), ("LABEL_0", "LABEL_1"), ("entailment", "not_entailment")])
def test_a_head_that_fits_is_kept(saved: Save, load: Callable[..., ModelInit], names: tuple[str, ...]) -> None:
    """Numbers in their order are the task's label ids, as LABEL_0 and LABEL_1 are."""
    trained = classifier(*names)
    make = load(saved(trained))
    model: Any = make()
    assert torch.equal(trained.classifier.weight, model.classifier.weight)
    assert () == make.notes


@pytest.mark.parametrize("names", [("1", "0"), ("LABEL_1", "LABEL_0"), ("0", "2"), ("negative", "positive")])
def test_other_names_need_the_option(saved: Save, load: Callable[..., ModelInit], names: tuple[str, ...]) -> None:
    """A head whose names do not tell the task's labels is refused; with head = new, it is replaced, with a note."""
    pretrained = saved(classifier(*names))
    with pytest.raises(CheckpointError, match=r"cannot be mapped.* train a new head with --glue-head=new"):
        load(pretrained)
    make = load(pretrained, policy=HeadPolicy.NEW)
    set_seed(1)
    model: Any = make()
    assert {0: "entailment", 1: "not_entailment"} == model.config.id2label
    assert (f"head: new, as asked for, in place of its own head for the labels {list(names)}",) == make.notes
    set_seed(1)
    change_config(pretrained, architectures=["BertForMaskedLM"])
    change_weights(pretrained, without("classifier"))
    expected: Any = load(pretrained)()
    assert torch.equal(expected.classifier.weight, model.classifier.weight)


def test_a_new_head_of_two_layers(saved: Save, load: Callable[..., ModelInit]) -> None:
    """All layers of a head are new, with the usual initialization, and another seed gives others."""
    trained = classifier("a", "b", config=RobertaConfig, kind=RobertaForSequenceClassification)
    make = load(saved(trained), policy=HeadPolicy.NEW)

    def head(seed: int) -> Tensors:
        set_seed(seed)
        model: Any = make()
        return dict(model.classifier.state_dict())

    first, second = head(1), head(2)
    assert 0 == first["dense.bias"].abs().max()
    for name in ("dense.weight", "out_proj.weight"):
        assert 0.01 < first[name].std() < 0.03
        assert not torch.equal(first[name], second[name])
        assert not torch.equal(first[name], trained.classifier.state_dict()[name])


def test_a_head_for_other_labels_is_noted(saved: Save, load: Callable[..., ModelInit]) -> None:
    """The note has the number and the names of the labels that are lost."""
    make = load(saved(classifier("negative", "positive")), "mnli")
    make()
    assert ("head: new, since the checkpoint's own is for 2 labels (negative, positive)",) == make.notes


@pytest.mark.parametrize("damage", ["shape", "half", "none"])
def test_a_head_that_config_declares_and_the_file_lacks(
    saved: Save, load: Callable[..., ModelInit], damage: str
) -> None:
    """A head of another shape, or half of one, is an error; without any, a new one is trained, with a note."""
    pretrained = saved(classifier("0", "1"))

    def change(tensors: Tensors) -> Tensors:
        if damage == "shape":
            return tensors | {"classifier.weight": torch.zeros(2, 8)}
        return without("classifier" if damage == "none" else "classifier.weight")(tensors)

    change_weights(pretrained, change)
    make = load(pretrained)
    if damage == "none":
        make()
        assert ("head: new, since the weights' file has none",) == make.notes
    else:
        expected = {"shape": "another shape for the head (classifier.weight", "half": "lacks 1 of the head's 2"}
        assert expected[damage] in message_of(make)


CUSTOM = {"AutoConfig": "configuration_own.OwnConfig", "AutoModelForSequenceClassification": "modeling_own.OwnModel"}


def test_custom_code_is_not_run(saved: Save, load: Callable[..., ModelInit], tmp_path: Path) -> None:
    """The message names the fixture that can load such a model, and no option that does not exist."""
    pretrained = saved(BertForMaskedLM(CONFIG))
    for name in ("configuration_own.py", "modeling_own.py"):
        (pretrained.folder / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", "utf-8")
    change_config(pretrained, auto_map=CUSTOM)
    make = load(pretrained)
    make()
    assert ("its config.json names custom code (auto_map), which is not run",) == make.notes
    change_config(pretrained, model_type="own")
    with pytest.raises(CheckpointError) as caught:
        load(pretrained)
    assert "custom code (auto_map), which is not run. Load the model yourself in an overridden" in str(caught.value)
    assert "trust_remote_code" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_a_model_without_a_classifier_is_named(saved: Save, load: Callable[..., ModelInit]) -> None:
    """A model type for which transformers has no sequence classifier is told in one line."""
    pretrained = saved(AutoConfig.for_model("vit"))
    with pytest.raises(
        CheckpointError, match=r"^checkpoint cannot be loaded: transformers has no sequence cl.*'vit' mo"
    ):
        load(pretrained)
