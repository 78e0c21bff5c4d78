"""`pytest-glue history`: show the scores of items over time, and where they changed."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_glue.commands.arguments import alpha, count
from pytest_glue.commands.output import complain, print_json, terminal_width

if TYPE_CHECKING:
    import argparse

    from pytest_glue.commands.arguments import Commands
    from pytest_glue.history.record import Record
    from pytest_glue.history.series import Series
    from pytest_glue.reports.history_json import Shown


def add_history(commands: Commands) -> None:
    history = commands.add_parser(
        "history",
        help="show scores over time, and the commits between which they changed",
        description="Show the results that test runs with --glue-history=FILE appended: a series for each task and "
        "checkpoint, the range of commits in which its score changed, and the age of its baseline.",
        epilog="Exit code: 0 if there are results, 1 if none match, 2 if the history cannot be read.",
    )
    history.add_argument("tasks", nargs="*", metavar="TASK", help="only these tasks")
    history.add_argument(
        "--file", metavar="FILE", help="the history (default: that of [tool.pytest_glue] in pyproject.toml)"
    )
    history.add_argument(
        "--checkpoint", metavar="NAME", help="only this checkpoint: its role, its name or a part of it"
    )
    history.add_argument("--branch", metavar="NAME", help="only results of this branch")
    history.add_argument("--last", type=count, metavar="N", help="only the newest N results of each series")
    history.add_argument("--all", action="store_true", help="also older series, with other data or another recipe")
    history.add_argument(
        "--alpha", type=alpha, default=0.03, metavar="PROBABILITY", help="false-alarm rate of changes (0.03)"
    )
    history.add_argument("--json", action="store_true", help="print everything as JSON")
    history.add_argument("--html", type=Path, metavar="FILE", help="write a page with plots to FILE")
    history.add_argument("--svg", type=Path, metavar="FILE", help="write the plot of one series to FILE")
    history.set_defaults(run=_history)


def _history(given: argparse.Namespace) -> int:
    from pytest_glue.core.errors import HistoryError
    from pytest_glue.core.file_problems import naming_edits
    from pytest_glue.core.formatting import shortened
    from pytest_glue.history.storage import HistoryFile
    from pytest_glue.reports.files import check_distinct
    from pytest_glue.reports.history_text import table, title

    file = _file(given.file)
    check_distinct({"--html": given.html, "--svg": given.svg}, {"the history": file})
    records = HistoryFile(file).read()
    with naming_edits(f"the history {str(file)!r}", "restore a copy, or name another file", HistoryError):
        shown = _shown(given, _selected(given, records))
        lines = _write(given, shown)
        width = terminal_width()
        blocks = [[title(each.series), *table(each.series, width), *each.sentences] for each in shown]
    if not shown:
        items = sorted({each.item for each in records})
        has = f"it has those of {shortened(', '.join(items), 500)}" if items else "it is empty"
        complain(f"no results in {file} match: {has}")
        return 1
    if given.json:
        from pytest_glue.reports.history_json import plain

        print_json([plain(each) for each in shown])
        return 0
    print("\n\n".join("\n".join(block) for block in [*blocks, *([lines] if lines else [])]))
    return 0


def _file(given: str | None) -> Path:
    """Return the path of the history.

    Raises:
        OptionError: none is named, or the table cannot be read.
    """
    from pytest_glue.commands.project_options import path_option
    from pytest_glue.core.errors import OptionError

    file: Path | None = path_option("history", given)
    if file is None:
        raise OptionError("which history? Give --file=FILE, or set history in [tool.pytest_glue] of pyproject.toml")
    return file


def _selected(given: argparse.Namespace, records: list[Record]) -> list[Series]:
    """Return the series that the arguments select, with their newest records."""
    from pytest_glue.history.series import Series, series_of

    chosen = [
        record
        for record in records
        if (not given.tasks or record.task in given.tasks)
        and (given.branch is None or record.branch == given.branch)
        and given.checkpoint in {None, record.checkpoint, record.source, record.checkpoint.rpartition("/")[2]}
    ]
    return [Series(each.records[-given.last :] if given.last else each.records) for each in series_of(chosen)]


def _shown(given: argparse.Namespace, series: list[Series]) -> list[Shown]:
    """Return what is shown: the newest series of each item, or all of them."""
    from pytest_glue.history.series import item_of
    from pytest_glue.reports.history_json import Shown
    from pytest_glue.reports.history_text import sentences

    found = []
    for _, of_item in groupby(series, key=lambda each: item_of(each.last)):
        *older, newest = of_item
        for each in [*older, newest] if given.all else [newest]:
            changes = each.changes(given.alpha)
            said = sentences(each, changes, () if given.all else older, given.alpha)
            found.append(Shown(each, tuple(changes), tuple(said)))
    return found


def _write(given: argparse.Namespace, shown: list[Shown]) -> list[str]:
    """Write page and picture, and return a line about each.

    Raises:
        GlueError: a package is missing, a file cannot be written, or there is no single series for a picture.
    """
    from pytest_glue.core.errors import OptionError
    from pytest_glue.reports.files import write_report
    from pytest_glue.reports.packages import require_packages

    if not shown or (given.html is None and given.svg is None):
        return []
    require_packages()
    from pytest_glue.reports.page.history_page import history_page, picture

    contents: dict[str, tuple[Path, Any]] = {}
    if given.svg is not None:
        if len(shown) > 1:
            names = ", ".join(each.series.last.item for each in shown[:5])
            raise OptionError(f"--svg draws one series, and {len(shown)} match ({names}): name a task and --checkpoint")
        contents["SVG"] = given.svg, picture(shown[0])
    if given.html is not None:
        contents["HTML"] = given.html, history_page(shown)
    for name, (file, text) in contents.items():
        write_report(file, text.encode("utf-8", "backslashreplace"), name)
    return [f"{name}: {file}" for name, (file, _) in contents.items()]
