"""Files of weights and merges that are cut off or are something else."""

import io
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from pytest_glue.training.file_damage import damage_of

WEIGHTS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.zeros(1)}


def saved(**how: bool) -> bytes:
    """Return tensors as torch saves them."""
    buffer = io.BytesIO()
    torch.save(WEIGHTS, buffer, **how)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.safetensors", save(WEIGHTS)),
        ("a.safetensors", save(WEIGHTS, {"format": "pt"})),
        ("a.safetensors", save({})),
        ("a.bin", saved()),
        ("a.bin", saved(_use_new_zipfile_serialization=False)),
        ("merges.txt", "#version: 0.2\nt h\nĠ the\n\n".encode()),
        ("vocab.txt", b"anything"),
    ],
)
def test_whole_files(tmp_path: Path, name: str, content: bytes) -> None:
    """What the libraries write is whole, and nothing is said of other formats."""
    (tmp_path / name).write_bytes(content)
    assert not damage_of(tmp_path / name)


@pytest.mark.parametrize("cut", [1, 3, 9, 20, 40])
@pytest.mark.parametrize(
    ("name", "content"),
    [("a.safetensors", save(WEIGHTS)), ("a.bin", saved()), ("merges.txt", b"t h\ni n\n" * 10)],
    ids=["safetensors", "bin", "merges"],
)
def test_files_that_are_cut_off(tmp_path: Path, name: str, content: bytes, cut: int) -> None:
    """Each format shows that its end is missing; merges do unless the cut is between two lines."""
    (tmp_path / name).write_bytes(content[:-cut])
    damage = damage_of(tmp_path / name)
    assert bool(damage) is (name != "merges.txt" or cut % 4 > 0)


@pytest.mark.parametrize(
    ("name", "content", "damage"),
    [
        ("a.safetensors", b"\xff" * 8, "is no safetensors file, or is cut off"),
        ("a.safetensors", b"[]", "is no safetensors file, or is cut off"),
        ("a.safetensors", b"\x02" + bytes(7) + b"[]", "is damaged: its header cannot be read"),
        ("a.safetensors", b"\x02" + bytes(7) + b"\xff\xff", "is damaged: its header cannot be read"),
        ("a.safetensors", b"\x07" + bytes(7) + b'{"a":1}', "is damaged: its header cannot be read"),
        ("a.safetensors", save(WEIGHTS) + b"x", "is damaged: it has"),
        ("a.bin", b"text", "was not written by torch.save"),
        ("a.bin", b"PK\x03\x04", "is cut off: it is a zip archive without its end"),
        ("merges.txt", b"\xff\n", "is damaged: it is no UTF-8 text"),
        ("merges.txt", b"t h\nthe\n", "is damaged: 'the' is no pair of tokens"),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, name: str, content: bytes, damage: str) -> None:
    """The message says what was found."""
    (tmp_path / name).write_bytes(content)
    assert damage_of(tmp_path / name).startswith(damage)
