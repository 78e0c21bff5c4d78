"""What the charts share: sizes, colours, axes and labels."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import altair as alt

from pytest_glue.core.formatting import printable, shortened

Chart = Any
"""A chart of Altair, whose types are too wide to check."""
Rows = Sequence[Mapping[str, Any]]

NARROW, WIDE = 340, 760
"""Widths in pixels: of a chart on a phone, and of one over the whole width of a large screen."""
_MOST_TICKS = 10
PLOT = 220
"""Height in pixels of a plot of two quantities."""
_ROW, _AXES = 24, 80
"""Heights in pixels: of a row, and of the axis with its title and the legend."""


def rows_height(n_rows: int) -> int:
    """Return the height in pixels of a chart with a row for each name."""
    return _ROW * n_rows + _AXES


def data(rows: Rows) -> Any:
    """Return the data of a chart."""
    return alt.Data(values=[dict(row) for row in rows])


def label(text: str) -> str:
    """Return a foreign text for a label."""
    return shortened(printable(text), 80)


def unique(names: Iterable[str]) -> list[str]:
    """Return labels, with a number after those that are repeated: a chart joins rows of one name."""
    found: list[str] = []
    for name in map(label, names):
        candidates = (name if number == 1 else f"{name} ({number})" for number in count(1))
        found.append(next(each for each in candidates if each not in found))
    return found


def quantity(field: str, title: str, **axis: Any) -> Any:
    """Return a horizontal axis that need not begin at 0."""
    return alt.X(f"{field}:Q", title=title, axis=alt.Axis(**axis)).scale(zero=False)


def ticks_at(values: Iterable[float]) -> dict[str, Any]:
    """Return the ticks of an axis of a few known values, such as epochs; those of any axis if there are many."""
    found = sorted(set(values))
    return {"values": found} if len(found) <= _MOST_TICKS else {"tickMinStep": 1}


def height(field: str, title: str) -> Any:
    """Return a vertical axis that need not begin at 0."""
    return alt.Y(f"{field}:Q", title=title).scale(zero=False)


def names_axis(field: str, names: Sequence[str], title: str | None = None, width: int = NARROW) -> Any:
    """Return a vertical axis with a row for each name, in that order."""
    return alt.Y(f"{field}:N", sort=list(names), title=title, axis=alt.Axis(labelLimit=width // 3))


def colour(field: str, colours: Mapping[str, str], shown: Iterable[str], *, legend: bool = True) -> Any:
    """Return the colour of each name, with a legend of those that are shown.

    Args:
        field: that has the name.
        colours: of all names.
        shown: the names in the chart.
        legend: whether there is one.
    """
    there = set(shown)
    found = {name: value for name, value in colours.items() if name in there}
    options = {} if legend else {"legend": None}
    return alt.Color(f"{field}:N", title=None, **options).scale(domain=list(found), range=list(found.values()))
