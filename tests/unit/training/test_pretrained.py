"""Resolution of checkpoints: the files that a fine-tuning reads, and their digest."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.errors import CheckpointError, HubError
from pytest_glue.training.checkpoint_files import choose
from pytest_glue.training.pretrained import check_checkpoint, resolve
from tests.unit.hub_server import RECORDS_FILES

EMPTY_WEIGHTS = b"\x02" + bytes(7) + b"{}"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The sample checkpoint's files."""
    folder = resolve(Checkpoint.parse("sample")).folder
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def folder_of(tmp_path: Path, files: dict[str, bytes]) -> Checkpoint:
    """Write a checkpoint's files into a folder."""
    tmp_path.mkdir(exist_ok=True)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return Checkpoint.parse(str(tmp_path))


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["config.json", "model.safetensors", "vocab.txt"], ["config.json", "model.safetensors", "vocab.txt"]),
        (
            ["config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", *TOKENIZER],
            ["config.json", "model.safetensors", *TOKENIZER],
        ),
        (["config.json", "pytorch_model.bin", *TOKENIZER], ["config.json", "pytorch_model.bin", *TOKENIZER]),
        (
            ["config.json", "pytorch_model.bin", "vocab.json", "merges.txt", "training_args.bin", "trainer_state.json"],
            ["config.json", "merges.txt", "pytorch_model.bin", "vocab.json"],
        ),
        (
            [
                "config.json",
                "model.safetensors",
                "spiece.model",
                "special_tokens_map.json",
                "onnx/model.onnx",
                "README.md",
            ],
            ["config.json", "model.safetensors", "special_tokens_map.json", "spiece.model"],
        ),
        (
            [
                *("config.json", "tokenizer.json", "model.safetensors.index.json", "pytorch_model.bin"),
                *("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "1_Pooling/config.json"),
            ],
            [
                "config.json",
                "model.safetensors.index.json",
                "tokenizer.json",
            ],
        ),
    ],
)
def test_what_a_fine_tuning_reads(names: list[str], chosen: list[str]) -> None:
    """The files are config, tokenizer and one format of weights, without other frameworks and subfolders."""
    assert chosen == list(choose(names, "it"))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["model.safetensors", "vocab.txt"], r"it has no config\.json; there: model\.safetensors, vocab\.txt"),
        (
            ["config.json", "tf_model.h5", "vocab.txt"],
            r"it has no weights \(model\.safetensors or pytorch_model\.bin\)",
        ),
        (["config.json", "model.safetensors", "README.md"], r"it has no tokenizer \(tokenizer\.json, vocab\.txt"),
        ([], r"it has no config\.json; there: nothing"),
    ],
)
def test_what_a_checkpoint_needs(names: list[str], message: str) -> None:
    """The message names the missing part, the existing files and the remedy."""
    with pytest.raises(CheckpointError, match=message) as caught:
        choose(names, "it")
    assert "save_pretrained" in str(caught.value)


def test_a_folder_is_checked_without_heavy_imports(tmp_path: Path, files: dict[str, bytes]) -> None:
    """`check_checkpoint` accepts the sample's files in a folder, the sample and a hub id, and imports no library."""
    folder_of(tmp_path, files)
    code = f"""
import sys
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.training.pretrained import check_checkpoint
for text in ({str(tmp_path)!r}, "sample", "owner/name@main"):
    check_checkpoint(Checkpoint.parse(text))
print(sorted({{"torch", "transformers", "datasets", "numpy", "huggingface_hub"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


def test_a_folder_that_is_no_checkpoint(tmp_path: Path, files: dict[str, bytes]) -> None:
    """A missing or incomplete folder raises an error before anything is loaded."""
    with pytest.raises(CheckpointError, match="gone does not exist: give a folder, a hub id"):
        check_checkpoint(Checkpoint.parse(str(tmp_path / "gone")))
    without = folder_of(tmp_path, {name: content for name, content in files.items() if "tokenizer" not in name})
    for ask in (check_checkpoint, resolve):
        with pytest.raises(CheckpointError, match=rf"{tmp_path.name} has no tokenizer"):
            ask(without)


@pytest.mark.parametrize(("kind", "fine"), [("CanineTokenizer", True), ("BertTokenizer", False)])
def test_a_tokenizer_needs_a_vocabulary(tmp_path: Path, kind: str, fine: bool) -> None:  # noqa: FBT001
    """Only a tokenizer of characters needs no more than tokenizer_config.json."""
    config = json.dumps({"tokenizer_class": kind}).encode()
    checkpoint = folder_of(
        tmp_path, {"config.json": b"{}", "model.safetensors": EMPTY_WEIGHTS, "tokenizer_config.json": config}
    )
    if fine:
        check_checkpoint(checkpoint)
    else:
        with pytest.raises(CheckpointError, match="has no vocabulary"):
            check_checkpoint(checkpoint)


def test_the_digest_is_of_the_content(tmp_path: Path, hub: Any, files: dict[str, bytes]) -> None:
    """The sample and its copies in a folder and on the hub have the same digest. A README does not change it."""
    hub.publish("models", "owner/tiny", files | {"README.md": b"text", "onnx/model.onnx": b""})
    found = [
        resolve(Checkpoint.parse("sample")),
        resolve(folder_of(tmp_path / "copy", files | {"README.md": b"other", "trainer_state.json": b"{}"})),
        resolve(Checkpoint.parse("owner/tiny")),
    ]
    assert 1 == len({pretrained.checkpoint.digest for pretrained in found})
    assert str(found[0].checkpoint.digest).startswith("sha256:")
    assert sorted(files) == sorted(path.name for path in found[2].folder.iterdir())


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_change_of_content_is_another_digest(tmp_path: Path, files: dict[str, bytes], name: str) -> None:
    """A change of any file changes the digest in the same process."""
    checkpoint = folder_of(tmp_path, files)
    before = resolve(checkpoint)
    assert before == resolve(checkpoint)
    folder_of(tmp_path, {name: files[name][:-1] + (b"!" if name == "model.safetensors" else b" ")})
    assert before.checkpoint.digest != resolve(checkpoint).checkpoint.digest


def test_by_id_and_revision(hub: Any, files: dict[str, bytes]) -> None:
    """The revision becomes the commit, for a branch, a tag and the commit itself."""
    commit = hub.publish("models", "owner/one", files)
    hub.publish("models", "owner/one", files, branch="v1")
    texts = ["owner/one", "owner/one@main", "owner/one@v1", f"owner/one@{commit}"]
    found = [resolve(Checkpoint.parse(text)) for text in texts]
    assert 1 == len({(pretrained.checkpoint, pretrained.folder) for pretrained in found})
    assert (commit, f"owner/one@{commit[:7]}") == (found[0].checkpoint.revision, found[0].checkpoint.label)


def test_asked_for_once_a_process(hub: Any, files: dict[str, bytes]) -> None:
    """A branch is resolved once: all items of a session use the same commit."""
    hub.publish("models", "owner/moving", files)
    first = resolve(Checkpoint.parse("owner/moving"))
    hub.publish("models", "owner/moving", files | {"config.json": b"{}"})
    hub.requests.clear()
    assert first == resolve(Checkpoint.parse("owner/moving"))
    assert [] == hub.requests


def test_offline_from_the_cache(hub: Any, files: dict[str, bytes]) -> None:
    """Without a network, a commit is read from the cache, with a note if the library does not record its files."""
    commit = hub.publish("models", "owner/kept", files)
    hub.publish("models", "owner/kept", files, branch="v2")
    resolve(Checkpoint.parse("owner/kept"))
    hub.go_down()
    assert len(resolve(Checkpoint.parse(f"owner/kept@{commit}")).notes) == (0 if RECORDS_FILES else 1)
    with pytest.raises(HubError, match=r"model owner/kept@v2 is not in the cache\. Give `--glue-checkpoints=FOLDER`"):
        resolve(Checkpoint.parse("owner/kept@v2"))
    hub.come_up()


def test_what_is_wrong_on_the_hub(hub: Any, files: dict[str, bytes]) -> None:
    """A wrong id raises a `HubError`, and a repository without a tokenizer a `CheckpointError`."""
    hub.publish("models", "owner/bare", {name: content for name, content in files.items() if "tokenizer" not in name})
    with pytest.raises(CheckpointError, match=r"the hub's owner/bare has no tokenizer"):
        resolve(Checkpoint.parse("owner/bare"))
    with pytest.raises(HubError, match="the hub has no model owner/gone, or it is private"):
        resolve(Checkpoint.parse("owner/gone"))
    with pytest.raises(HubError, match=r"no model smaple, or it is private: did you mean sample\? or set HF_TOKEN"):
        resolve(Checkpoint.parse("smaple"))


@pytest.mark.parametrize("revision", ["", "@v2"])
def test_an_index_on_the_hub(hub: Any, files: dict[str, bytes], revision: str) -> None:
    """The files that the index names are downloaded, and no others; one that is not there is named."""
    from safetensors.torch import load, save

    tensors = sorted(load(files["model.safetensors"]).items())
    parts = {"a.safetensors": tensors[::2], "parts/b.safetensors": tensors[1::2]}
    owner = {tensor: name for name, part in parts.items() for tensor, _ in part}
    sharded = {name: content for name, content in files.items() if name != "model.safetensors"}
    sharded |= {name: save(dict(part)) for name, part in parts.items()}
    sharded["model.safetensors.index.json"] = json.dumps({"weight_map": owner}).encode()
    other = {"model-00001-of-00002.safetensors": b"old"}
    name = f"owner/sharded{len(revision)}"
    hub.publish("models", name, sharded | other, branch=revision.removeprefix("@") or "main")

    found = resolve(Checkpoint.parse(f"{name}{revision}"))

    assert sorted(sharded) == sorted(
        path.relative_to(found.folder).as_posix() for path in found.folder.rglob("*") if path.is_file()
    )
    owner["x"] = "../up.safetensors"
    sharded["model.safetensors.index.json"] = json.dumps({"weight_map": owner}).encode()
    hub.publish("models", f"{name}-up", sharded)
    with pytest.raises(
        CheckpointError, match=r"names '\.\./up\.safetensors', which is outside the checkpoint's folder"
    ):
        resolve(Checkpoint.parse(f"{name}-up"))
    owner["x"] = "gone.safetensors"
    sharded["model.safetensors.index.json"] = json.dumps({"weight_map": owner}).encode()
    hub.publish("models", f"{name}-gone", sharded)
    with pytest.raises(HubError, match=r"has no file gone\.safetensors"):
        resolve(Checkpoint.parse(f"{name}-gone"))


def test_the_samples_folder_goes_away(tmp_path: Path) -> None:
    """The sample is written once a process, to a folder that is deleted at its end, without a warning."""
    code = """
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.training.pretrained import resolve
first, second = (resolve(Checkpoint.parse("sample")) for _ in range(2))
assert first.folder == second.folder and first.folder.is_dir()
print(first.folder)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", code], capture_output=True, text=True, check=True
    )
    assert not Path(done.stdout.strip()).exists()
    assert "ResourceWarning" not in done.stderr
