"""Every file of a checkpoint, damaged in every way: an error with a reason, or what an undamaged file gives."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest
import torch
from transformers import (
    AutoTokenizer,
    BertForSequenceClassification,
    PreTrainedTokenizerBase,
    set_seed,
)

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import GLUE
from pytest_glue.sample.examples import sample_dataset
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.model import model_init
from pytest_glue.training.pretrained import Pretrained, check_checkpoint, files_of_folder, resolve
from pytest_glue.training.token_ranges import check_token_ids, vocabulary_notes
from pytest_glue.training.tokenization import encode
from pytest_glue.training.tokenizer import load_tokenizer, max_length

RTE = GLUE["rte"]
TEXT = "version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 437951328\n"
Damage = Callable[[Path], Any]


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def pointer(file: Path) -> None:
    file.write_text(TEXT, "utf-8")


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def halved(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def shortened(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])


def garbage(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 8)


def zeros(file: Path) -> None:
    file.write_bytes(bytes(len(file.read_bytes())))


def other_json(file: Path) -> None:
    file.write_text('{"a": [1, null, {"b": "c"}]}', "utf-8")


def array(file: Path) -> None:
    file.write_text("[1, 2]", "utf-8")


def pickled(file: Path) -> None:
    torch.save({"a": torch.optim.SGD}, file)


DAMAGES: tuple[Damage, ...] = (
    *(Path.unlink, emptied, pointer, pipe, folder),
    *(halved, shortened, garbage, zeros, other_json, array, pickled),
)


def write_safetensors(target: Path, sample: Pretrained) -> None:
    shutil.copytree(sample.folder, target)


def write_sharded(target: Path, sample: Pretrained) -> None:
    save(target, sample, max_shard_size="500KB")


def write_bin(target: Path, sample: Pretrained) -> None:
    model = save(target, sample)
    (target / "model.safetensors").unlink()
    torch.save(model.state_dict(), target / "pytorch_model.bin")
    as_files_of_bert(target)


def write_sharded_bin(target: Path, sample: Pretrained) -> None:
    state = save(target, sample).state_dict()
    (target / "model.safetensors").unlink()
    parts = {
        "pytorch_model-00001-of-00002.bin": sorted(state)[::2],
        "pytorch_model-00002-of-00002.bin": sorted(state)[1::2],
    }
    for name, tensors in parts.items():
        torch.save({tensor: state[tensor] for tensor in tensors}, target / name)
    owner = {tensor: name for name, tensors in parts.items() for tensor in tensors}
    (target / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": owner}), "utf-8")
    as_files_of_gpt2(target)


def save(target: Path, sample: Pretrained, **how: Any) -> Any:
    model = BertForSequenceClassification.from_pretrained(sample.folder)
    model.save_pretrained(target, **how)
    AutoTokenizer.from_pretrained(sample.folder).save_pretrained(target)
    return model


def as_files_of_bert(target: Path) -> None:
    """Give the tokenizer as the vocab.txt and the small files of older versions."""
    vocabulary = AutoTokenizer.from_pretrained(target).get_vocab()
    (target / "tokenizer.json").unlink()
    (target / "vocab.txt").write_text(
        "".join(f"{word}\n" for word in sorted(vocabulary, key=lambda word: vocabulary[word])), "utf-8"
    )
    (target / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}', "utf-8")
    (target / "special_tokens_map.json").write_text('{"unk_token": "[UNK]", "pad_token": "[PAD]"}', "utf-8")
    (target / "added_tokens.json").write_text("{}", "utf-8")
    assert type(AutoTokenizer.from_pretrained(target)).__name__.startswith("BertTokenizer")


def as_files_of_gpt2(target: Path) -> None:
    """Give a tokenizer of bytes with a few merges as vocab.json and merges.txt."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    (target / "tokenizer.json").unlink()
    characters = [*bytes_to_unicode().values()]  # type: ignore[no-untyped-call]
    merges = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("i", "n"), ("o", "n")]
    words = [*characters, *("".join(pair) for pair in merges), "<|endoftext|>"]
    (target / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}), "utf-8")
    (target / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges), "utf-8")
    (target / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}', "utf-8")
    assert type(AutoTokenizer.from_pretrained(target)).__name__.startswith("GPT2Tokenizer")


WRITES = (write_safetensors, write_sharded, write_bin, write_sharded_bin)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    datasets.disable_caching()
    with silence_libraries():
        yield
    datasets.enable_caching()


def logits_of(target: Path) -> tuple[Any, torch.Tensor]:
    """Do what an item does before its first step; return the notes and the logits of a few examples."""
    check_checkpoint(Checkpoint.parse(str(target)))
    pretrained = resolve(Checkpoint.parse(str(target)))
    tokenizer: PreTrainedTokenizerBase = load_tokenizer(pretrained)
    data = {name: split.select(range(4)) for name, split in sample_dataset("rte").items() if name != "test"}
    encoded = encode(data, RTE, tokenizer, max_length(tokenizer, pretrained, RTE), (0, 1))
    set_seed(0)
    init = model_init(pretrained, RTE, tokenizer)
    model = init()
    check_token_ids(model, tokenizer, encoded.values())
    columns = ["input_ids", "attention_mask"]
    batch = tokenizer.pad({name: encoded["train"][name][:] for name in columns}, return_tensors="pt")
    with torch.no_grad():
        output: Any = model(**batch)
    return (*init.notes, *vocabulary_notes(model, tokenizer)), output.logits


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__.removeprefix("write_"))
def test_every_file_damaged_in_every_way(tmp_path: Path, sample: Pretrained, write: Callable[..., None]) -> None:
    """No damage hangs, ends in a library's exception, or changes the logits without a word."""
    whole = tmp_path / "whole"
    write(whole, sample)
    notes, expected = logits_of(whole)
    outcomes = {}
    for file in sorted(path.name for path in whole.iterdir()):
        for damage in DAMAGES:
            target = tmp_path / "damaged"
            shutil.copytree(whole, target)
            damage(target / file)
            outcomes[file, damage.__name__] = outcome(target, notes, expected)
            shutil.rmtree(target)
    assert {} == {case: result for case, result in outcomes.items() if not result}
    advice = ("weights_only", "trust_remote_code", "above", "Errno", "\n")
    assert {} == {case: text for case, text in outcomes.items() if any(each in text for each in advice)}
    refused = {case: text for case, text in outcomes.items() if isinstance(text, str) and text != "same"}
    assert 0.7 * len(outcomes) < len(refused)
    needed = {file for file, _ in outcomes} - {"special_tokens_map.json", "added_tokens.json", "tokenizer_config.json"}
    assert needed <= {file for file, damage in refused if damage == "unlink"}


OPENED: list[str] = []
WATCHED: list[Path] = []


def record_opened(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and WATCHED and isinstance(arguments[0], str | os.PathLike):
        path = Path(arguments[0])
        if path.is_relative_to(WATCHED[0]):
            OPENED.append(path.relative_to(WATCHED[0]).as_posix())


def test_only_digested_files_are_read(tmp_path: Path, sample: Pretrained) -> None:
    """No other file of the folder is opened, whatever lies beside the checkpoint's own files."""
    sys.addaudithook(record_opened)
    for write in WRITES:
        target = tmp_path / write.__name__
        write(target, sample)
        for name in ("generation_config.json", "config.txt", "adapter_model.safetensors", "training_args.bin"):
            (target / name).write_text("{}", "utf-8")
        WATCHED[:], OPENED[:] = [target], []
        logits_of(target)
        WATCHED.clear()
        digested = files_of_folder(Checkpoint.parse(str(target)))
        assert "config.json" in OPENED
        assert set() == set(OPENED) - set(digested)


def outcome(target: Path, notes: Any, expected: torch.Tensor) -> Any:
    """Return the message of the error, `same` for the same logits, the new notes, or nothing for silent changes."""
    try:
        found, logits = logits_of(target)
    except CheckpointError as error:
        return str(error)
    if logits.shape == expected.shape and torch.allclose(logits, expected, atol=1e-6):
        return "same"
    return tuple(note for note in found if note not in notes)
