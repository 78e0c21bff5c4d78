"""`pytest-glue report`: write page and summary of a JSON report again, without training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from pytest_glue.commands.arguments import Commands


def add_report(commands: Commands) -> None:
    report = commands.add_parser(
        "report",
        help="write the HTML or Markdown report of a JSON report",
        description="Write what the test run of a JSON report would have written with --glue-html and --glue-markdown.",
        epilog="Exit code: 0 if all files were written, 2 if not.",
    )
    report.add_argument("report", type=Path, metavar="REPORT", help="a JSON report")
    report.add_argument("--html", type=Path, metavar="FILE", help="the page to write")
    report.add_argument("--markdown", type=Path, metavar="FILE", help="the summary to write")
    report.add_argument(
        "--text", choices=("flipped", "none"), help="texts of examples in the page (default: as the test run was told)"
    )
    report.set_defaults(run=_report)


def _report(given: argparse.Namespace) -> int:
    from pytest_glue.core.errors import OptionError
    from pytest_glue.reports.files import check_distinct, write_report
    from pytest_glue.reports.packages import require_packages
    from pytest_glue.reports.recorded_report import read
    from pytest_glue.session.pages import encode_html, encode_markdown

    if given.html is None and given.markdown is None:
        raise OptionError("nothing to write: give --html=FILE, --markdown=FILE or both")
    check_distinct({"--html": given.html, "--markdown": given.markdown}, {"the report": given.report})
    if given.html is not None:
        require_packages()
    report = dict(read(given.report))
    if given.text is not None:
        report["options"] = {**report["options"], "report_text": given.text}
    for name, file, encode in (("HTML", given.html, encode_html), ("Markdown", given.markdown, encode_markdown)):
        if file is not None:
            write_report(file, encode(report), name)
            print(f"{name} report: {file}")
    return 0
