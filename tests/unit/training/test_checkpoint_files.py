"""Which files of a checkpoint are read, and what is refused before anything is loaded."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import transformers

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.errors import CheckpointError
from pytest_glue.training.checkpoint_files import choose
from pytest_glue.training.pretrained import Pretrained, check_checkpoint, files_of_folder, resolve

INDEX = "model.safetensors.index.json"
OF_TRANSFORMERS_4 = {"artists.json", "genres.json", "lyrics.json", "vocab.bin", "vocab.pkl"}
"""Files of Jukebox and Transformer-XL, which transformers 5 does not have."""
NEEDED = ("config.json", "model.safetensors", "tokenizer.json")


@pytest.fixture
def folder(tmp_path: Path, sample: Pretrained) -> Path:
    """A copy of the sample checkpoint."""
    return Path(shutil.copytree(sample.folder, tmp_path / "model"))


@pytest.fixture
def message_of(folder: Path) -> Callable[[], str]:
    """Return the message with which the folder is refused."""

    def check() -> str:
        with pytest.raises(CheckpointError) as caught:
            check_checkpoint(Checkpoint.parse(str(folder)))
        return str(caught.value).replace(str(folder), "MODEL")

    return check


def change_last_byte(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def split_weights(folder: Path, *names: str) -> None:
    """Give the weights as several files, of which an index names the tensors."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    order = sorted(tensors)
    owner = {tensor: names[index % len(names)] for index, tensor in enumerate(order)}
    for name in names:
        file = folder / name
        file.parent.mkdir(exist_ok=True, parents=True)
        save_file({key: tensors[key] for key in order if owner[key] == name}, file, {"format": "pt"})
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": owner}), "utf-8")


def test_the_files_of_an_index_are_those_that_it_names(folder: Path) -> None:
    """Shards count by the index and not by their names: others change no digest, and each of its own does."""
    split_weights(folder, "first.safetensors", "parts/second.safetensors")
    checkpoint = Checkpoint.parse(str(folder))
    assert {"first.safetensors", "parts/second.safetensors", INDEX} <= set(files_of_folder(checkpoint))
    before = resolve(checkpoint).checkpoint.digest
    (folder / "model-00001-of-00002.safetensors").write_bytes(b"not of the index")
    assert before == resolve(checkpoint).checkpoint.digest
    change_last_byte(folder / "parts" / "second.safetensors")
    assert before != resolve(checkpoint).checkpoint.digest


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ({"weight_map": {"a": "../other/model.safetensors"}}, "names '../other/model.safetensors', which is outside"),
        ({"weight_map": {"a": "/tmp/model.safetensors"}}, "names '/tmp/model.safetensors', which is outside"),  # noqa: S108
        ({"weight_map": {"a": "gone.safetensors"}}, "gone.safetensors does not exist"),
        ({"weight_map": {"a": 1}}, "has no `weight_map`"),
        ({"weight_map": {}}, "has no `weight_map`"),
        ({"weight_map": []}, "has no `weight_map`"),
        ({}, "has no `weight_map`"),
        ([], f"{INDEX} is damaged: it holds no JSON object, but the type list"),
        ("{", f"{INDEX} is damaged: it holds no JSON object, but the type str"),
    ],
    ids=["parent", "absolute", "missing", "number", "empty", "list", "none", "array", "text"],
)
def test_an_index_that_cannot_be_followed(
    folder: Path, message_of: Callable[[], str], index: Any, message: str
) -> None:
    """Nothing outside the folder is read, and a damaged index is named."""
    (folder / "model.safetensors").unlink()
    (folder / INDEX).write_text(json.dumps(index), "utf-8")
    assert message in message_of()


def test_adapters_are_refused(folder: Path, message_of: Callable[[], str]) -> None:
    """Transformers would load an adapter without being asked; a folder with an adapter alone is no model."""
    (folder / "adapter_config.json").write_text("{}", "utf-8")
    beside = message_of()
    assert beside.startswith("checkpoint MODEL holds a PEFT adapter beside the weights (adapter_config.json): merge it")
    assert beside.endswith("or remove the adapter's files")
    for name in ("config.json", "model.safetensors"):
        (folder / name).unlink()
    alone = message_of()
    assert alone.startswith("checkpoint MODEL is a PEFT adapter, not a whole model (adapter_config.json): merge it")
    assert "merge_and_unload().save_pretrained(NEW)" in alone


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", "{", "config.json is damaged: it is not JSON (Expecting property name"),
        ("config.json", "[1]", "config.json is damaged: it holds no JSON object, but the type list"),
        ("config.json", '{"transformers_weights": "other.safetensors"}', "config.json names other weights (transfor"),
        ("tokenizer_config.json", "nul", "tokenizer_config.json is damaged: it is not JSON (Expecting value"),
        ("added_tokens.json", "3", "added_tokens.json is damaged: it holds no JSON object, but the type int"),
        (
            "shard-00000-model-00000-of-00001.safetensors",
            "x",
            "is a checkpoint of a distributed training (shard-00000-",
        ),
    ],
)
def test_wrong_contents(folder: Path, message_of: Callable[[], str], name: str, content: str, message: str) -> None:
    """A file with wrong contents is named before anything is loaded."""
    (folder / name).write_text(content, "utf-8")
    assert message in message_of()


def test_every_file_may_be_missing_or_something_else(folder: Path, message_of: Callable[[], str]) -> None:
    """Each needed file is refused when it is empty, a pointer, a pipe, a folder or a broken link, at collection."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 437951328\n"
    makes: dict[str, Callable[[Path], Any]] = {
        "is empty": Path.touch,
        "is a Git LFS pointer": lambda file: file.write_text(pointer, "utf-8"),
        "is a named pipe": os.mkfifo,
        "is a folder": Path.mkdir,
        "is a link to a file that does not exist": lambda file: file.symlink_to("gone"),
    }
    split_weights(folder, "one.safetensors", "two.safetensors")
    for name in (
        *NEEDED[::2],
        "tokenizer_config.json",
        "one.safetensors",
        INDEX,
        "spm.model",
        "special_tokens_map.json",
    ):
        file, kept = folder / name, folder / "kept"
        if file.exists():
            file.rename(kept)
        for problem, make in makes.items():
            make(file)
            assert message_of().startswith(f"checkpoint MODEL: {name} {problem}")
            file.rmdir() if file.is_dir() else file.unlink()
        if kept.exists():
            kept.rename(file)


def test_the_names_of_all_tokenizers_files_are_known() -> None:
    """Each vocabulary file of a tokenizer of transformers counts, so that none is read without being digested."""
    names = {
        name
        for each in dir(transformers)
        if each.endswith(("Tokenizer", "TokenizerFast"))
        for name in _vocabulary_files(each)
    }
    assert {"spiece.model", "vocab.txt", "merges.txt", "bpe.codes"} <= names
    unknown = {name for name in names if name not in choose([*NEEDED, name], "it")}
    assert set() == unknown - OF_TRANSFORMERS_4


def _vocabulary_files(name: str) -> list[str]:
    try:
        return list(getattr(getattr(transformers, name), "vocab_files_names", {}).values())
    except ImportError:  # the class needs a package that is not installed
        return []
