"""`pytest-glue merge`: join the JSON reports of all shards of a test run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from pytest_glue.commands.arguments import Commands


def add_merge(commands: Commands) -> None:
    merge = commands.add_parser(
        "merge",
        help="join the JSON reports of all shards of a test run",
        description="Join the JSON reports of all shards of a test run (--glue-shard).",
        epilog="Exit code: 0 if all items passed, 1 if an item failed or ended in an error, 2 if nothing was merged.",
    )
    merge.add_argument("reports", nargs="+", type=Path, metavar="REPORT", help="the JSON report of a shard")
    merge.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the JSON report to write")
    merge.set_defaults(run=_merge)


def _merge(given: argparse.Namespace) -> int:
    from pytest_glue.commands.output import terminal_width
    from pytest_glue.reports.files import check_distinct
    from pytest_glue.reports.json import write
    from pytest_glue.reports.merge import check_given_once, merge
    from pytest_glue.reports.recorded_report import is_red, read, summary_lines

    check_given_once(given.reports)
    check_distinct({"--output": given.output}, {f"the report {file}": file for file in given.reports})
    merged = merge({str(file): read(file) for file in given.reports})
    summary = summary_lines(merged, terminal_width())
    write(given.output, merged)
    print("\n".join([*summary, f"JSON report: {given.output}"]))
    return 1 if merged["errors"] or any(map(is_red, merged["results"])) else 0
