"""Encodes predictions as short lines of text, which a repository can diff."""

import math
from collections.abc import Sequence
from enum import Enum, auto

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.tasks import Kind

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CLASSES_A_LINE = 100
_NUMBERS_A_LINE = 16


class Style(Enum):
    """How a line holds predictions."""

    DIGITS = auto()
    """A character for each class."""
    INTEGERS = auto()
    """A number for each class, or for each set of labels."""
    DECIMALS = auto()
    """A number with four decimals: that changes a correlation by less than a millionth, in a third of the bytes."""
    NUMBERS = auto()
    """A number with all of its digits."""

    @classmethod
    def of(cls, kind: Kind, n_labels: int) -> "Style":
        """Return the style that holds all of a value: for classes, digits as long as there are enough."""
        if kind is Kind.REGRESSION:
            return cls.NUMBERS
        return cls.DIGITS if kind is Kind.CLASSIFICATION and n_labels <= len(_DIGITS) else cls.INTEGERS


def to_lines(predictions: Sequence[float], style: Style) -> list[str]:
    """Return predictions as lines of text."""
    if style is Style.NUMBERS:
        return [" ".join(map(repr, map(float, part))) for part in _parts(predictions, _NUMBERS_A_LINE)]
    if style is not Style.DIGITS:
        decimals = 4 if style is Style.DECIMALS else 0
        return [" ".join(f"{value:.{decimals}f}" for value in part) for part in _parts(predictions, _NUMBERS_A_LINE)]
    return ["".join(_DIGITS[int(label)] for label in part) for part in _parts(predictions, _CLASSES_A_LINE)]


def wrap(text: str) -> list[str]:
    """Return a long text as lines."""
    return [text[start : start + _CLASSES_A_LINE] for start in range(0, len(text), _CLASSES_A_LINE)]


def from_lines(lines: Sequence[str], style: Style) -> tuple[float, ...]:
    """Inverse of `to_lines`.

    Raises:
        BaselineError: a line contains something else.
    """
    try:
        if style is Style.INTEGERS:
            return tuple(float(int(word)) for line in lines for word in line.split())
        if style in {Style.DECIMALS, Style.NUMBERS}:
            return tuple(_finite(word) for line in lines for word in line.split())
        return tuple(float(_DIGITS.index(character)) for line in lines for character in line)
    except (ValueError, OverflowError) as error:
        message = (
            f"its predictions contain something other than {'classes' if style is Style.DIGITS else 'numbers'}: {error}"
        )
        raise BaselineError(message) from None


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"{word!r} is not finite")
    return number


def _parts(values: Sequence[float], size: int) -> list[Sequence[float]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
