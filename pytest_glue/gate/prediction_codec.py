"""Encodes predictions as short lines of text, which a repository can diff."""

import math
from collections.abc import Sequence

from pytest_glue.core.errors import BaselineError

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CLASSES_A_LINE = 100
_NUMBERS_A_LINE = 16


def to_lines(predictions: Sequence[float], *, is_regression: bool) -> list[str]:
    """Return predictions as lines: one character for each class, or numbers with four decimals.

    Four decimals change a correlation by less than a millionth and take a third of the bytes.
    """
    if is_regression:
        return [" ".join(f"{value:.4f}" for value in part) for part in _parts(predictions, _NUMBERS_A_LINE)]
    return ["".join(_DIGITS[int(label)] for label in part) for part in _parts(predictions, _CLASSES_A_LINE)]


def from_lines(lines: Sequence[str], *, is_regression: bool) -> tuple[float, ...]:
    """Inverse of `to_lines`.

    Raises:
        BaselineError: a line contains something else.
    """
    try:
        if is_regression:
            return tuple(_finite(word) for line in lines for word in line.split())
        return tuple(float(_DIGITS.index(character)) for line in lines for character in line)
    except ValueError as error:
        message = f"its predictions contain something other than {'numbers' if is_regression else 'classes'}: {error}"
        raise BaselineError(message) from None


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"{word!r} is not finite")
    return number


def _parts(values: Sequence[float], size: int) -> list[Sequence[float]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
