"""Numbers and foreign text for people."""

from collections.abc import Sequence
from math import floor, isfinite, log10


def printable(text: str) -> str:
    """Return a text with escapes for what a terminal or a CI log would act on: control characters and line breaks."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def printable_message(text: str) -> str:
    """Return a message whose lines are printable; a mark before all but the first keeps them from being CI commands."""
    first, *others = (printable(line) for line in text.split("\n"))
    return "\n".join([first, *(line if not line or line.startswith(_MARK) else f"{_MARK}{line}" for line in others)])


_MARK = "  | "


_JOINERS = "\u200c\u200d"
"""They shape letters of some scripts and join emoji; neither is printable to Python."""


def visible(text: str, longest: int) -> str:
    """Return a text with escapes for what cannot be seen, such as marks that reverse the direction of the text.

    Line breaks and tabulators stay.

    Args:
        text: of any content.
        longest: the number of characters to show; a longer text ends with its length.
    """
    cut = "" if len(text) <= longest else f"… ({len(text):,} characters)"
    return "".join(each if each in f"\n\t{_JOINERS}" else printable(each) for each in text[:longest]) + cut


def shortened(text: str, longest: int) -> str:
    """Return a text of at most that many characters, cut with an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def seconds(duration_s: float) -> str:
    """Return a duration in seconds, minutes or hours."""
    if round(duration_s, 1) < 60:
        return f"{duration_s:.1f} s"
    minutes, rest = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def decimal(value: float | None, sign: str = "", digits: int = 3) -> str:
    """Return a number with a fixed number of digits; what rounds to zero is never -0.000.

    Args:
        value: the number; None is undefined.
        sign: `+` to show the sign of positive numbers too.
        digits: after the point.
    """
    return "undefined" if value is None else f"{round(value, digits) + 0.0:{sign}.{digits}f}"


def fitting_digits(value: float) -> int:
    """Return how many digits after the point a number of any size needs: three, more if it is small, fewer if large."""
    exponent = floor(log10(abs(value))) if value and isfinite(value) else 0
    return 3 if -1 <= exponent <= 2 else min(max(2 - exponent if exponent < 0 else 5 - exponent, 0), 12)


def count(number: int, noun: str) -> str:
    """Return, for example, `1 seed` or `3 seeds`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def size(n_bytes: float) -> str:
    """Return a number of bytes, in KB or MB if it is large."""
    if n_bytes >= 1e6:
        return f"{n_bytes / 1e6:.2f} MB"
    return f"{n_bytes / 1e3:.1f} KB" if n_bytes >= 1e3 else f"{n_bytes:.0f} B"


def name_seeds(seeds: Sequence[int]) -> str:
    """Return, for example, `seed 42` or `seeds 42, 43 and 44`."""
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    *others, last = map(str, seeds)
    return f"seeds {', '.join(others)} and {last}"
