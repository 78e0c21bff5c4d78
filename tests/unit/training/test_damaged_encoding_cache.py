"""The cache of encoded data, damaged: the encoding is the same as without a cache, and a note says what was wrong."""

import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict
from transformers import PreTrainedTokenizerBase

from pytest_glue.core.tasks import GLUE
from pytest_glue.training.tokenization import EncodedSplits, encode
from tests.damage import DAMAGES, remove

SPLIT = Dataset.from_dict({"sentence": ["a b c", "d e"] * 20, "label": [0, 1] * 20})
OTHER = Dataset.from_dict({"sentence": ["f g h", "i j"] * 20, "label": [0, 1] * 20})


def encoded(tokenizer: PreTrainedTokenizerBase, split: Dataset = SPLIT) -> EncodedSplits:
    """Return a split of CoLA, encoded, as training and as evaluation split."""
    return encode(DatasetDict({"train": split, "validation": split}), GLUE["cola"], tokenizer, 16, (0, 1))


def contents(splits: EncodedSplits) -> dict[str, Any]:
    """Return the values of all columns."""
    found: dict[str, Any] = splits["train"][:]
    return found


@pytest.mark.parametrize("suffix", [".arrow", ".sha256"])
def test_every_damage(encoded_cache: Path, sample_tokenizer: PreTrainedTokenizerBase, suffix: str) -> None:
    """Whatever happened to a file: the same token ids, and where possible the file is replaced by an intact one."""
    expected = contents(encoded(sample_tokenizer))
    (path,) = encoded_cache.glob(f"*{suffix}")
    intact = shutil.copytree(encoded_cache, encoded_cache.with_name("intact"))
    for name, damage in DAMAGES.items():
        damage(path)
        found = encoded(sample_tokenizer)
        assert expected == contents(found), name
        if path.is_dir():
            assert f"the encoded data is not cached: {encoded_cache} cannot be written ({path.name} is a folder)" in (
                found.notes
            )
            remove(path)
        elif name not in {"missing", "a link to nothing"}:
            assert "it was encoded again" in found.notes[0], name
            assert str(path.with_suffix(".arrow")) in found.notes[0]
        again = encoded(sample_tokenizer)
        assert () == again.notes, name
        assert [str(path.with_suffix(".arrow"))] == [each["filename"] for each in again["train"].cache_files]
        shutil.rmtree(encoded_cache)
        shutil.copytree(intact, encoded_cache)


def test_the_files_of_another_split(encoded_cache: Path, sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """An intact file is refused in the place of another one, alone and together with its checksum."""
    expected = contents(encoded(sample_tokenizer))
    (mine,) = encoded_cache.glob("*.arrow")
    encoded(sample_tokenizer, OTHER)
    (other,) = set(encoded_cache.glob("*.arrow")) - {mine}
    for suffixes in ([".arrow"], [".sha256"], [".arrow", ".sha256"]):
        for suffix in suffixes:
            shutil.copy(other.with_suffix(suffix), mine.with_suffix(suffix))
        found = encoded(sample_tokenizer)
        assert expected == contents(found)
        assert f"the cached encoded data {mine} does not match its checksum; it was encoded again" in found.notes


def test_a_folder_that_cannot_be_written(
    encoded_cache: Path, sample_tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only folder, a full disk or a file in the folder's place: encoded in memory, with a note."""
    expected = contents(encoded(sample_tokenizer))
    shutil.rmtree(encoded_cache.parent)
    encoded_cache.parent.write_text("no folder", encoding="utf-8")
    found = encoded(sample_tokenizer)
    assert expected == contents(found)
    assert found.notes[0].startswith(f"the encoded data is not cached: {encoded_cache} cannot be written (")

    encoded_cache.parent.unlink()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    found = encoded(sample_tokenizer)
    assert expected == contents(found)
    assert f"the encoded data is not cached: {encoded_cache} cannot be written (No space left on device)" in found.notes


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read and write everything")
def test_files_without_permission(encoded_cache: Path, sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """An unreadable file is replaced; in a read-only folder it is left as it is."""
    expected = contents(encoded(sample_tokenizer))
    (path,) = encoded_cache.glob("*.arrow")
    path.chmod(0)
    assert expected == contents(encoded(sample_tokenizer))
    path.chmod(0)
    encoded_cache.chmod(stat.S_IRUSR | stat.S_IXUSR)
    found = encoded(sample_tokenizer)
    encoded_cache.chmod(stat.S_IRWXU)
    assert expected == contents(found)
    assert "Permission denied" in found.notes[0]


def test_a_file_of_another_version(
    encoded_cache: Path, sample_tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is intact and cannot be opened, as one of another version of datasets, is encoded anew."""
    expected = contents(encoded(sample_tokenizer))
    (path,) = encoded_cache.glob("*.arrow")
    before, from_file, n_calls = path.stat().st_ino, Dataset.from_file, 0

    def fail_once(*arguments: Any, **keywords: Any) -> Dataset:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 1:
            raise ValueError("Feature type 'Future' not found")
        return from_file(*arguments, **keywords)

    monkeypatch.setattr(Dataset, "from_file", fail_once)
    assert expected == contents(encoded(sample_tokenizer))
    assert before != path.stat().st_ino
