"""Types of arguments: each parses a text and raises an error that says what is accepted."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    """What a subcommand adds its parser to."""


DEFAULT_CHECKPOINT = "distilbert-base-uncased"


def days(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of days, as in 30 or 0.5")
    return value


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1 up")
    return int(text)


def alpha(text: str) -> float:
    return _between(text, 0, 0.5, "a probability above 0 and below 0.5, as in 0.05")


def drop(text: str) -> float:
    return _between(text, 0, float("inf"), "a number above 0, as in 0.02")


def _between(text: str, low: float, high: float, accepted: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = low
    if not low < value < high:
        raise argparse.ArgumentTypeError(f"{text!r}: expected {accepted}")
    return value
