"""Tokenizers: fast and slow ones, their padding, and the maximum length of their input."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import (
    AutoConfig,
    BertConfig,
    BertweetTokenizer,
    DistilBertConfig,
    GPT2Config,
    PretrainedConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
    T5Config,
)

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.pretrained import Pretrained
from pytest_glue.training.tokenizer import load_tokenizer, max_length

Save = Callable[..., Pretrained]
NO_LIMIT = int(1e30)
END = "[SEP]"
FAST: Any = PreTrainedTokenizerFast
SLOW: Any = BertweetTokenizer


def claiming(tokenizer: Any, length: int) -> Any:
    """Return a tokenizer with this maximum length."""
    return FAST(tokenizer_object=tokenizer.backend_tokenizer, model_max_length=length)


def test_a_fast_tokenizer_is_loaded_as_one(sample: Pretrained) -> None:
    """The fast tokenizer of the sample is used."""
    tokenizer = load_tokenizer(sample)
    assert tokenizer.is_fast
    assert "[PAD]" == tokenizer.pad_token


def test_a_tokenizer_without_padding_pads_with_its_end_of_text(saved: Save, sample_tokenizer: Any) -> None:
    """A decoder's tokenizer without a padding token pads with its end-of-text token."""
    backend = sample_tokenizer.backend_tokenizer
    without = FAST(tokenizer_object=backend)
    without.eos_token = END
    assert without.pad_token is None
    assert END == load_tokenizer(saved(BertConfig(), without)).pad_token


def test_a_tokenizer_that_cannot_be_loaded_is_named(saved: Save) -> None:
    """The message names checkpoint, cause and remedy."""
    pretrained = saved(BertConfig())
    (pretrained.folder / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(CheckpointError) as caught:
        load_tokenizer(pretrained)
    assert str(caught.value).startswith("the tokenizer of checkpoint cannot be loaded: ")
    assert str(caught.value).endswith("Save one next to the weights with tokenizer.save_pretrained(folder)")


@pytest.mark.parametrize(
    ("config", "claim", "limit", "expected"),
    [
        (BertConfig(max_position_embeddings=64), NO_LIMIT, None, 64),
        (BertConfig(max_position_embeddings=64), 32, None, 32),
        (BertConfig(max_position_embeddings=64), 128, None, 64),
        (BertConfig(max_position_embeddings=64), 32, 16, 16),
        (BertConfig(max_position_embeddings=64), NO_LIMIT, 1000, 64),
        (RobertaConfig(max_position_embeddings=514), NO_LIMIT, None, 512),
        (RobertaConfig(max_position_embeddings=130), 512, None, 128),
        (DistilBertConfig(max_position_embeddings=256), NO_LIMIT, None, 256),
        (GPT2Config(n_positions=1024), NO_LIMIT, None, 1024),
        (T5Config(), NO_LIMIT, None, 512),
        (T5Config(), NO_LIMIT, 100, 100),
    ],
    ids=[
        "model-knows",
        "tokenizer-is-shorter",
        "tokenizer-promises-too-much",
        "limit",
        "limit-beyond-the-model",
        "roberta",
        "roberta-is-shorter",
        "distilbert",
        "gpt2-other-name",
        "no-maximum",
        "limit-alone",
    ],
)
def test_input_is_as_long_as_tokenizer_model_and_limit_allow(
    saved: Save, sample_tokenizer: Any, config: PretrainedConfig, claim: int, limit: int | None, expected: int
) -> None:
    """The smallest bound counts. A maximum of 1e30 is none, and RoBERTa's first positions are not usable."""
    tokenizer = claiming(sample_tokenizer, claim)
    assert expected == max_length(tokenizer, saved(config), GLUE["rte"], limit)


@pytest.mark.parametrize("name", ["luke", "xlm-roberta", "camembert", "mpnet", "longformer", "esm"])
def test_positions_that_start_behind_the_padding_id(saved: Save, sample_tokenizer: Any, name: str) -> None:
    """Each model type that counts positions as RoBERTa does holds two tokens fewer than it has positions."""
    config = AutoConfig.for_model(name, max_position_embeddings=514, pad_token_id=1)
    assert 512 == max_length(claiming(sample_tokenizer, NO_LIMIT), saved(config), GLUE["rte"])


@pytest.mark.parametrize(("special", "named"), [("[PAD]", "[PAD]"), ("[CLS]", "[PAD]")])
def test_no_token_to_pad_with(saved: Save, sample_tokenizer: Any, special: str, named: str) -> None:
    """A tokenizer that declares neither a padding nor an end-of-text token is refused, with what to write."""
    pretrained = saved(BertConfig(), FAST(tokenizer_object=sample_tokenizer.backend_tokenizer, cls_token=special))
    with pytest.raises(CheckpointError, match="has no padding token, nor an end-of-text token to pad with") as caught:
        load_tokenizer(pretrained)
    assert str(caught.value).endswith(f'name one of its tokens in tokenizer_config.json, as in "pad_token": "{named}"')


@pytest.mark.parametrize("claim", [0, -1, 0.5, 12.5, True, "512", [512], float("nan")], ids=repr)
def test_an_odd_maximum_length_is_refused(saved: Save, sample_tokenizer: Any, claim: Any) -> None:
    """What is no number of tokens is named with the file that has it."""
    tokenizer = claiming(sample_tokenizer, 8)
    tokenizer.model_max_length = claim
    with pytest.raises(
        CheckpointError, match=r"model_max_length in tokenizer_config.json of checkpoint is .*: expected"
    ):
        max_length(tokenizer, saved(BertConfig()), GLUE["rte"])


@pytest.mark.parametrize(("claim", "expected"), [(64.0, 64), (None, 512), (float("inf"), 512), (10**30, 512)])
def test_an_unusual_maximum_length(saved: Save, sample_tokenizer: Any, claim: Any, expected: int) -> None:
    """A whole number may be written as a fraction, and no limit in several ways."""
    tokenizer = claiming(sample_tokenizer, 8)
    tokenizer.model_max_length = claim
    assert expected == max_length(tokenizer, saved(BertConfig()), GLUE["rte"])


@pytest.mark.parametrize(("task", "enough"), [("rte", 4), ("cola", 3)])
def test_room_for_a_text(saved: Save, sample_tokenizer: Any, task: str, enough: int) -> None:
    """The tokenizer's own tokens must leave room for a text: three of a pair, two of a single one."""
    pretrained = saved(BertConfig())
    assert enough == max_length(claiming(sample_tokenizer, enough), pretrained, GLUE[task])
    with pytest.raises(
        CheckpointError, match=f"truncated to {enough - 1} tokens, and the tokenizer adds {enough - 1} to"
    ):
        max_length(claiming(sample_tokenizer, enough - 1), pretrained, GLUE[task])


def test_positions_without_a_padding_id_in_the_configuration(saved: Save, sample_tokenizer: Any) -> None:
    """RoBERTa's offset is that of the tokenizer's padding id if `pad_token_id` is null."""
    config = RobertaConfig(max_position_embeddings=130, pad_token_id=None)
    tokenizer = claiming(sample_tokenizer, NO_LIMIT)
    tokenizer.pad_token_id = 3
    assert 126 == max_length(tokenizer, saved(config), GLUE["rte"])


def test_a_class_that_does_not_read_the_vocabulary(saved: Save, sample_tokenizer: Any) -> None:
    """A tokenizer of special tokens only, which transformers makes without a word, is refused."""
    pretrained = saved(BertConfig())
    (pretrained.folder / "tokenizer.json").unlink()
    (pretrained.folder / "vocab.json").write_text('{"a": 0, "b": 1}', encoding="utf-8")
    (pretrained.folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}', encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"special tokens only: its class, BertTokenizer, |cannot be loaded"):
        load_tokenizer(pretrained)


@pytest.mark.parametrize("content", ['{"model_type": "no-such-model"}', "{}", '{"model_type": "bert", "id2label": 3}'])
def test_the_configurations_error_is_not_the_tokenizers(saved: Save, content: str) -> None:
    """Config.json is blamed for its own defects, although the tokenizer reads it first."""
    pretrained = saved(BertConfig())
    (pretrained.folder / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"^config\.json of checkpoint cannot be read: ."):
        load_tokenizer(pretrained)


def test_custom_code_of_a_tokenizer_is_not_run(saved: Save, tmp_path: Path) -> None:
    """The message names the fixture that can load it, and no option that does not exist."""
    pretrained = saved(BertConfig())
    (pretrained.folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    config = '{"tokenizer_class": "OwnTokenizer", "auto_map": {"AutoTokenizer": ["own.OwnTokenizer", null]}}'
    (pretrained.folder / "tokenizer_config.json").write_text(config, encoding="utf-8")
    (pretrained.folder / "config.json").write_text(
        '{"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig"}}', encoding="utf-8"
    )
    with pytest.raises(
        CheckpointError, match=r"custom code, which pytest-glue does not run.* fixture `glue_tokenizer`"
    ):
        load_tokenizer(pretrained)
    assert not (tmp_path / "ran").exists()


def test_a_slow_tokenizer_is_loaded_where_there_is_no_fast_one(saved: Save, tmp_path: Path) -> None:
    """BERTweet has a slow tokenizer only, which keeps its switches."""
    (tmp_path / "vocab.txt").write_text("a 1\n@USER 1\n", encoding="utf-8")
    (tmp_path / "bpe.codes").write_text("#version\na b 1\n", encoding="utf-8")
    files = (str(tmp_path / "vocab.txt"), str(tmp_path / "bpe.codes"))
    tokenizer = load_tokenizer(saved(RobertaConfig(), SLOW(*files, normalization=True)))
    assert not tokenizer.is_fast
    assert tokenizer("@somebody")["input_ids"] == tokenizer("@else")["input_ids"]
