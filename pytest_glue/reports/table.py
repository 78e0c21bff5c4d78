"""Tables for a terminal: aligned as it shows them, and no wider than it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from pytest_glue.core.formatting import printable, shortened
from pytest_glue.reports.width import padded, shortened_apart, shown_width, wrapped

_GAP = "  "
_COMFORTABLE, _NARROW, _NARROWEST = 16, 12, 6
"""To how many columns names are cut: once the first column is left out, once others are, and as a last resort."""


_LONGEST = 500
"""Characters of a cell: names can be 100 kB long."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    short: str = ""
    """The title where the table is too wide; empty if it is the same."""
    is_right: bool = False
    """Whether its cells are right-aligned."""
    is_name: bool = False
    """Whether its cells can be cut, and can stand above the table if all are the same."""
    omission: int = 0
    """Where the table is too wide, columns are left out in the order of this number; those with 0 never are."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """The lines of a table."""

    above: tuple[str, ...]
    """What all rows have in common."""
    title: str
    rows: tuple[str, ...]
    below: tuple[str, ...]
    """What is not shown, and how to see it."""

    @property
    def lines(self) -> list[str]:
        return [*self.above, self.title, *self.rows, *self.below]


def laid_out(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None) -> TextTable:
    """Return a table that is no wider than the terminal, if it can be.

    Where it is too wide, titles get short, names that all rows have stand above it, columns are left out, and names are
    cut, in this order and no more than needed.

    Args:
        columns: of the table.
        rows: each with a cell for each column; what a terminal would act on is escaped.
        width: of the terminal; None for a table as wide as its cells.
    """
    whole = _Grid(tuple(columns), tuple(tuple(printable(shortened(cell, _LONGEST)) for cell in row) for row in rows))
    if width is None:
        return TextTable((), *whole.lines, ())
    grids = _narrowed(whole, width)
    grid = next(grids)
    while grid.width > width and (narrower := next(grids, None)) is not None:
        grid = narrower
    above = wrapped("; ".join(grid.common), width) if grid.common else ()
    below = f"not shown at {width} columns: {', '.join(grid.not_shown)}; COLUMNS={whole.width} shows them"
    return TextTable(tuple(above), *grid.lines, tuple(wrapped(below, width)) if grid.not_shown else ())


def plain_lines(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> list[str]:
    """Return the lines of a table as wide as its cells.

    Args:
        titles: of the columns.
        rows: each with a cell for each column.
        right: the titles of right-aligned columns.
    """
    return laid_out([Column(title, is_right=title in right) for title in titles], rows).lines


@dataclass(frozen=True, slots=True)
class _Grid:
    """The cells of a table, and what was done to make it narrower."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    is_short: bool = False
    """Whether the titles are short."""
    common: tuple[str, ...] = ()
    """The names that all rows have, each with its column."""
    not_shown: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return sum(self._widths) + len(_GAP) * (len(self.columns) - 1)

    @property
    def lines(self) -> tuple[str, tuple[str, ...]]:
        """The line of the titles, and those of the rows."""
        title, *rows = map(self._line, (self._titles, *self.rows))
        return title, tuple(rows)

    @property
    def _titles(self) -> tuple[str, ...]:
        return tuple(each.short or each.title if self.is_short else each.title for each in self.columns)

    @property
    def _widths(self) -> list[int]:
        return [max(map(shown_width, cells)) for cells in zip(self._titles, *self.rows, strict=True)]

    def _line(self, cells: Sequence[str]) -> str:
        padding = zip(cells, self._widths, self.columns, strict=True)
        return _GAP.join(padded(cell, width, is_right=column.is_right) for cell, width, column in padding).rstrip()

    def _keeping(self, kept: Sequence[int]) -> Self:
        columns = tuple(self.columns[index] for index in kept)
        return replace(self, columns=columns, rows=tuple(tuple(row[index] for index in kept) for row in self.rows))

    def without_common_names(self) -> Self:
        """Return the grid without columns of names, but the first, that have one value for all rows."""
        names = [index for index, each in enumerate(self.columns) if each.is_name and index]
        found = [index for index in names if self.rows and len({row[index] for row in self.rows}) == 1]
        common = tuple(f"{self.columns[index].title} {self.rows[0][index]}" for index in found)
        kept = [index for index in range(len(self.columns)) if index not in found]
        return replace(self._keeping(kept), common=common)

    def without(self, omission: int) -> Self:
        """Return the grid without the columns that are left out at that number."""
        kept = [index for index, each in enumerate(self.columns) if each.omission != omission]
        titles = tuple(each.title for each in self.columns if each.omission == omission)
        return replace(self._keeping(kept), not_shown=(*self.not_shown, *titles))

    def with_names_cut(self, width: int, least: int) -> Self:
        """Return the grid with names cut as far as the width needs, but not below the least width."""
        sizes = list(zip(self.columns, map(shown_width, self._titles), self._widths, strict=True))
        gaps = len(_GAP) * (len(self.columns) - 1)

        def width_with(longest: int) -> int:
            """Return the width if names are cut, which titles are not."""
            return gaps + sum(max(title, min(wide, longest)) if each.is_name else wide for each, title, wide in sizes)

        longest = next((each for each in range(width, least, -1) if width_with(each) <= width), least)
        cells = [
            shortened_apart(names, longest) if each.is_name else names
            for each, names in zip(self.columns, zip(*self.rows, strict=True), strict=True)
        ]
        return replace(self, rows=tuple(zip(*cells, strict=True)), not_shown=("whole names", *self.not_shown))


def _narrowed(whole: _Grid, width: int) -> Iterator[_Grid]:
    """Yield narrower and narrower grids."""
    yield whole
    yield (short := replace(whole, is_short=True))
    yield (grid := short.without_common_names())
    for n_before, omission in enumerate(sorted({each.omission for each in whole.columns} - {0})):
        yield (grid := grid.without(omission))
        yield grid.with_names_cut(width, _NARROW if n_before else _COMFORTABLE)
    yield grid.with_names_cut(width, _NARROWEST)
