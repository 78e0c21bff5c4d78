"""Text by the columns in which a terminal shows it: wide characters take two, combining ones none."""

from collections.abc import Iterable, Iterator, Sequence
from unicodedata import bidirectional

import wcwidth

from pytest_glue.core.formatting import printable, shortened
from pytest_glue.core.markdown import COMMANDS

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_MARK = "\u200e"
"""The left-to-right mark, which takes no column. Between two of them, right-to-left text does not take the numbers
beside it into its own order; after one, a line is no command of a CI log."""
_LONGEST_NAME = 20
_LONGEST = 2000
"""Characters of a text: messages can hold lines of 100 kB."""


def shown_width(text: str) -> int:
    """Return how many columns a printable text takes."""
    return wcwidth.width(text)


def wrapped(text: str, width: int | None, indent: str = "  ") -> list[str]:
    """Return a text as lines that fit; a word that is too long stays whole, since it may be a path or a flag.

    Args:
        text: of any content; what a terminal or a CI log would act on is escaped, and a very long one is cut.
        width: of the terminal; None for any.
        indent: of all lines but the first.
    """
    shown = printable(shortened(text, _LONGEST))
    if width is None or shown_width(shown) <= width:
        return [_without_command(shown)]
    lines = wcwidth.wrap(shown, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return list(map(_without_command, lines))


def _without_command(line: str) -> str:
    return f"{_MARK}{line}" if line.lstrip().startswith(COMMANDS) else line


def padded(text: str, width: int, *, is_right: bool = False) -> str:
    """Return a printable text with spaces up to a width: after it, or before it."""
    spaces = " " * (width - shown_width(text))
    if any(bidirectional(each) in _RIGHT_TO_LEFT for each in text):
        text = f"{_MARK}{text}{_MARK}"
    text = _without_command(text)
    return spaces + text if is_right else text + spaces


def shortened_name(name: object) -> str:
    """Return the text of a name, cut in its middle if it is too long to stand beside a number."""
    return _without_middle(printable(shortened(str(name), _LONGEST)), _LONGEST_NAME)


def shortened_apart(names: Sequence[str], width: int) -> list[str]:
    """Return printable names cut to a width. Those that differ are cut where they still do, if there is such a place.

    That is the middle of each, its end, its beginning, or the beginning and end that they have in common.
    """
    for cut in _cuts(names, width):
        if len(set(cut)) == len(set(names)):
            return cut
    return [_without_middle(name, width) for name in names]


def _cuts(names: Sequence[str], width: int) -> Iterator[list[str]]:
    yield [_without_middle(name, width) for name in names]
    yield [name if shown_width(name) <= width else f"{_first(name, width - 1)}…" for name in names]
    yield [name if shown_width(name) <= width else f"…{_last(name, width - 1)}" for name in names]
    same_start = _n_equal(names)
    rests = [name[same_start:] for name in names]
    same_end = _n_equal([rest[::-1] for rest in rests])
    yield [_without_middle(f"…{rest[: len(rest) - same_end]}…", width) for rest in rests]


def _n_equal(names: Sequence[str]) -> int:
    """Return with how many equal characters the names begin."""
    characters = enumerate(zip(*names, strict=False))
    return next((index for index, each in characters if len(set(each)) > 1), min(map(len, names), default=0))


def _without_middle(text: str, width: int) -> str:
    if shown_width(text) <= width:
        return text
    return f"{_first(text, width // 2)}…{_last(text, (width - 1) // 2)}"


def _first(text: str, width: int) -> str:
    return "".join(_fitting(wcwidth.iter_graphemes(text), width))


def _last(text: str, width: int) -> str:
    return "".join([*_fitting(reversed(list(wcwidth.iter_graphemes(text))), width)][::-1])


def _fitting(graphemes: Iterable[str], width: int) -> Iterator[str]:
    """Yield as many graphemes as fit."""
    for each in graphemes:
        width -= shown_width(each)
        if width < 0:
            return
        yield each
