"""The lines below a failed item about the golden examples that its runs predict wrong, with their texts."""

from pytest_glue.core.formatting import printable, shortened
from pytest_glue.core.golden import GoldenMiss, GoldenResult

_MOST = 10
_LONGEST_TEXT = 200
"""In characters."""


def golden_lines(result: GoldenResult | None, *, evaluate_only: bool = False) -> list[str]:
    """Return a line for each of the first misses; none if there are none, or if their texts may not be shown.

    Args:
        result: None if there are no golden examples.
        evaluate_only: whether the only run is the checkpoint as it is, whose seed says nothing.
    """
    shown = [each for each in result.misses if each.texts] if result is not None else []
    lines = [_line(each, names_seeds=not evaluate_only) for each in shown[:_MOST]]
    n_more = len(shown) - _MOST
    return [*lines, f"and {n_more} more, in the JSON report (--glue-json)"] if n_more > 0 else lines


def _line(miss: GoldenMiss, *, names_seeds: bool) -> str:
    text = " / ".join(shortened(printable(text), _LONGEST_TEXT) for text in miss.texts)
    return printable(f"{miss.place}: “{text}” {miss.sentence(names_seeds=names_seeds)}")
