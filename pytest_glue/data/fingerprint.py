"""Digests that identify examples by their content, independent of file, format and cache."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import DataError
from pytest_glue.core.file_problems import file_problem
from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict


def digest(dataset: "Dataset", columns: Sequence[str]) -> str:
    """Return `sha256:...` of the names, values and order of the columns.

    The digest depends on values and row order, and on whether a value is a text, an integer, a float or missing. It
    does not depend on chunks, on the width of numbers, or on the kind of Arrow string.
    """
    table = dataset.select_columns(list(columns)).with_format("arrow")[:]
    total = hashlib.sha256(f"{len(dataset)} rows".encode())
    for name in columns:
        total.update(hashlib.sha256(name.encode()).digest())
        total.update(_column(table[name]))
    return f"sha256:{total.hexdigest()}"


def digest_of_task(data: "DatasetDict", task: Task) -> str:
    """Return `sha256:...` of the examples of a task's splits with labels."""
    splits = [digest(data[name], task.columns) for name in task.labelled_splits]
    return f"sha256:{hashlib.sha256(' '.join(splits).encode()).hexdigest()}"


def digest_of_texts(dataset: "Dataset", task: Task) -> str:
    """Return `sha256:...` of a task's texts, without labels."""
    return digest(dataset, task.text_columns)


def digest_of_file(path: Path) -> bytes:
    """Return the SHA-256 of a file's bytes.

    Raises:
        DataError: the file cannot be read.
    """
    require_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def require_file(path: Path) -> None:
    """Check that a path is a regular file that holds data, and is not compressed.

    Raises:
        DataError: it is not; the message names the path and what it is.
    """
    if problem := file_problem(path):
        raise DataError(f"{path} {problem}")
    try:
        with path.open("rb") as file:
            start = file.read(_MAGIC_BYTES)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    if kind := next((kind for magic, kind in _COMPRESSED.items() if start.startswith(magic)), ""):
        raise DataError(f"{path} is compressed ({kind}): decompress it, which leaves a file of texts")


_COMPRESSED = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"(\xb5/\xfd": "zstd", b"PK\x03\x04": "zip"}
"""How such files begin; a spreadsheet is a zip archive."""
_MAGIC_BYTES = 6


def _column(values: Any) -> bytes:
    """Return the SHA-256 of a column, a chunked Arrow array, computed on its buffers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    missing = values.is_null().cast(pa.int8())
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        text = pc.fill_null(values, "").cast(pa.large_string())
        parts = [b"text", _bytes(missing), _bytes(pc.binary_length(text)), _text(text)]
    elif pa.types.is_floating(values.type):
        parts = [b"float", _bytes(missing), _bytes(pc.fill_null(values, 0).cast(pa.float64()))]
    elif not (pa.types.is_integer(values.type) or pa.types.is_boolean(values.type) or pa.types.is_null(values.type)):
        raise DataError(f"a column holds {values.type}, and examples are texts and numbers")
    else:
        parts = [b"integer", _bytes(missing), _bytes(pc.fill_null(values.cast(pa.int64()), 0))]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


def _bytes(numbers: Any) -> bytes:
    """Return the numbers as little-endian bytes."""
    array = numbers.to_numpy()
    return bytes(array.astype(array.dtype.newbyteorder("<")).tobytes())


def _text(values: Any) -> bytes:
    """Return the concatenated texts; `_column` hashes their lengths, too."""
    return b"".join(map(_text_of_chunk, values.chunks))


def _text_of_chunk(chunk: Any) -> bytes:
    import numpy as np

    _, starts, text = chunk.buffers()
    if not len(chunk) or text is None:
        return b""
    offsets = np.frombuffer(starts, np.int64)
    return bytes(memoryview(text)[offsets[chunk.offset] : offsets[chunk.offset + len(chunk)]])
