"""Logits as text, which runs, cache entries and baselines keep: float32, little-endian, in base64."""

import base64

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.statistics.arrays import Floats


def encode_logits(logits: ArrayLike) -> str:
    """Return logits, shape (n, labels), as text. What is computed from them is the same afterwards, up to float32."""
    return base64.b64encode(np.ascontiguousarray(logits, dtype="<f4").tobytes()).decode("ascii")


def decode_logits(text: str, n_examples: int) -> Floats:
    """Inverse of `encode_logits`: shape (n, labels).

    Raises:
        ValueError: the text is damaged, or has another number of examples.
    """
    try:
        numbers = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except ValueError as error:
        raise ValueError(f"logits are no float32 in base64: {error}") from None
    if not numbers.size or numbers.size % n_examples:
        raise ValueError(f"{numbers.size} logits do not fit {n_examples} examples")
    return numbers.reshape(n_examples, -1).astype(np.float64)
