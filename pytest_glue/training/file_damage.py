"""Whether a file of weights or of merges is whole, judged without loading it."""

import json
from pathlib import Path
from zipfile import is_zipfile

_SIZE_OF_LENGTH = 8
_ZIP, _PICKLE = b"PK", b"\x80"
"""The first bytes of what torch saves, today and before torch 1.6."""


MERGES = "merges.txt"


def damage_of(path: Path) -> str:
    """Return why a file is not whole; an empty text if nothing is wrong, or if its format is not known here.

    Args:
        path: of a regular file.

    Raises:
        OSError: it cannot be read.
    """
    if path.name == MERGES:
        return _damage_of_merges(path)
    if path.suffix == ".safetensors":
        return _damage_of_safetensors(path)
    return _damage_of_pickle(path) if path.suffix == ".bin" else ""


def _damage_of_merges(path: Path) -> str:
    try:
        lines = path.read_text("utf-8").split("\n")
    except UnicodeDecodeError:
        return "is damaged: it is no UTF-8 text"
    if lines.pop():
        return "is cut off: its last line has no end"
    wrong = next((line for line in lines if len(line.split()) not in {0, 2} and not line.startswith("#")), None)
    return "" if wrong is None else f"is damaged: {wrong[:40]!r} is no pair of tokens"


def _damage_of_safetensors(path: Path) -> str:
    size = path.stat().st_size
    with path.open("rb") as file:
        start = _SIZE_OF_LENGTH + int.from_bytes(file.read(_SIZE_OF_LENGTH), "little")
        if start > size:
            return "is no safetensors file, or is cut off"
        header = file.read(start - _SIZE_OF_LENGTH)
    try:
        tensors = {name: tensor for name, tensor in json.loads(header).items() if name != "__metadata__"}
        end = start + max((tensor["data_offsets"][1] for tensor in tensors.values()), default=0)
    except (ValueError, AttributeError, KeyError, IndexError, TypeError, RecursionError):
        return "is damaged: its header cannot be read"
    return "" if end == size else f"is damaged: it has {size} bytes, and its header describes {end}"


def _damage_of_pickle(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    if start == _ZIP:
        return "" if is_zipfile(path) else "is cut off: it is a zip archive without its end"
    return "" if start[:1] == _PICKLE else "was not written by torch.save"
