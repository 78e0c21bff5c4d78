"""The cache of encoded data: what its fingerprint depends on, and where its files are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict, disable_caching, enable_caching
from transformers import BertweetTokenizer, PreTrainedTokenizerBase

from pytest_glue.core.tasks import GLUE
from pytest_glue.training.pretrained import Pretrained
from pytest_glue.training.tokenization import encode
from pytest_glue.training.tokenizer import load_tokenizer

SLOW: Any = BertweetTokenizer
TokenizedSplit = dict[str, list[Any]]
COLA: TokenizedSplit = {"sentence": ["a b", "c d"], "label": [0, 1]}


def encoded(columns: TokenizedSplit, tokenizer: PreTrainedTokenizerBase, length: int = 16) -> Dataset:
    """Return CoLA's training split, encoded."""
    data = DatasetDict({name: Dataset.from_dict(columns) for name in ("train", "validation")})
    return encode(data, GLUE["cola"], tokenizer, length, (0, 1))["train"]


def fingerprint(columns: TokenizedSplit, tokenizer: PreTrainedTokenizerBase, length: int = 16) -> str:
    """Return the encoded split's fingerprint, which names its cache file."""
    text: str = encoded(columns, tokenizer, length)._fingerprint
    return text


def test_the_same_content_has_the_same_fingerprint(sample: Pretrained) -> None:
    """The fingerprint depends neither on the source of the examples nor on the tokenizer's earlier use."""
    used = load_tokenizer(sample)
    first = fingerprint(COLA, used)
    used(["a b c", "d"], truncation=True, max_length=3, padding="max_length")
    assert first == fingerprint(COLA, used) == fingerprint(COLA, load_tokenizer(sample))
    assert first == fingerprint({**COLA, "idx": [5, 6]}, used)


@pytest.mark.parametrize(
    "changes",
    [{"columns": {**COLA, "sentence": ["a b", "c e"]}}, {"columns": {**COLA, "label": [1, 1]}}, {"length": 8}],
    ids=["text", "label", "length"],
)
def test_other_content_has_another_fingerprint(
    sample_tokenizer: PreTrainedTokenizerBase, changes: dict[str, Any]
) -> None:
    """Each change that affects the encoded data changes the fingerprint."""
    assert fingerprint(COLA, sample_tokenizer) != fingerprint(
        **{"columns": COLA, "tokenizer": sample_tokenizer, **changes}
    )


@pytest.mark.parametrize("change", ["token", "rule"])
def test_another_tokenizer_has_another_fingerprint(sample: Pretrained, change: str) -> None:
    """One more word in the vocabulary, or another rule with the same vocabulary, changes the fingerprint."""
    other: Any = load_tokenizer(sample)
    if change == "token":
        other.add_tokens(["zzz"])
    else:
        other.backend_tokenizer.normalizer = None
    assert fingerprint(COLA, load_tokenizer(sample)) != fingerprint(COLA, other)


def test_a_slow_tokenizers_switches_count(tmp_path: Path) -> None:
    """Two slow tokenizers with one vocabulary but other switches have two fingerprints."""
    (tmp_path / "vocab.txt").write_text("a 1\n@USER 1\n", encoding="utf-8")
    (tmp_path / "bpe.codes").write_text("#version\na b 1\n", encoding="utf-8")
    files = (str(tmp_path / "vocab.txt"), str(tmp_path / "bpe.codes"))
    plain, again, other = (SLOW(*files, normalization=on) for on in (False, False, True))
    assert fingerprint(COLA, plain) == fingerprint(COLA, again) != fingerprint(COLA, other)


def test_what_was_encoded_once_is_read_again(
    sample: Pretrained, encoded_cache: Path, sample_tokenizer: PreTrainedTokenizerBase
) -> None:
    """A second encoding tokenizes nothing: it reads the file of the first one and does not change it."""
    first = encoded(COLA, sample_tokenizer)
    (file,) = encoded_cache.glob("*.arrow")
    written = file.stat()
    second = encoded(COLA, load_tokenizer(sample))
    assert first[:] == second[:]
    assert [{"filename": str(file)}] == second.cache_files
    assert (written.st_ino, written.st_mtime_ns) == (file.stat().st_ino, file.stat().st_mtime_ns)


@pytest.fixture
def without_caching() -> Iterator[None]:
    """Switch off the caching of `datasets`."""
    disable_caching()
    yield
    enable_caching()


@pytest.mark.usefixtures("without_caching")
def test_nothing_is_kept_where_caching_is_off(encoded_cache: Path, sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """No file is written if the caching of `datasets` is off."""
    encoded(COLA, sample_tokenizer)
    assert [] == list(encoded_cache.glob("*"))


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, encoded_cache: Path, sample_tokenizer: PreTrainedTokenizerBase
) -> None:
    """Data is encoded in memory if the cache folder cannot be created."""
    encoded_cache.parent.write_text("no folder", encoding="utf-8")
    assert 2 == len(encoded(COLA, sample_tokenizer))
