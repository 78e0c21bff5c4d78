"""`pytest-glue export`: write the results of a JSON report in the formats of others."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.commands.output import complain
from pytest_glue.reports.export.formats import FORMATS, RELATIONSHIPS

if TYPE_CHECKING:
    from pytest_glue.commands.arguments import Commands
    from pytest_glue.reports.export.formats import Export


def add_export(commands: Commands) -> None:
    export = commands.add_parser(
        "export",
        help="write the results of a JSON report in the formats of others",
        description="Write the results of a JSON report in the format of a model card or of a collection of results. "
        "Nothing is published.",
        epilog="Exit code: 0 if all items were exported, 1 if some were left out, 2 if none was exported.",
    )
    export.add_argument("report", type=Path, metavar="REPORT", help="a JSON report")
    formats = "; ".join(f"{name}: {what}" for name, what in FORMATS.items())
    export.add_argument("--format", required=True, choices=tuple(FORMATS), help=formats)
    export.add_argument("-o", "--output", required=True, type=Path, metavar="FOLDER", help="the folder of the files")
    export.add_argument("--item", default="", metavar="TEXT", help="only the items whose node id has this text")
    export.add_argument(
        "--model", type=_hub_name, metavar="OWNER/NAME", help="the model's name on the hub, for a single checkpoint"
    )
    export.add_argument(
        "--benchmark-task",
        action="append",
        default=[],
        type=_benchmark_task,
        metavar="TASK=ID",
        help="for eval-results: the id of a task in the file eval.yaml of its dataset on the hub (can be repeated)",
    )
    export.add_argument("--organization", metavar="NAME", help="for every-eval-ever: who evaluates")
    export.add_argument(
        "--relationship",
        choices=RELATIONSHIPS,
        help="for every-eval-ever: of the organization to the model's makers",
    )
    export.set_defaults(run=_export)


def _hub_name(text: str) -> str:
    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r}: expected OWNER/NAME, as in me/tickets-minilm")
    return text


def _benchmark_task(text: str) -> tuple[str, str]:
    task, equals, found = text.partition("=")
    if not task or not equals or not found:
        raise argparse.ArgumentTypeError(f"{text!r}: expected TASK=ID, as in rte=glue_rte")
    return task, found


def _export(given: argparse.Namespace) -> int:
    from pytest_glue.reports.export.formats import write_files

    made = _made(given)
    written = write_files(given.output, made.files)
    for path in written:
        print(path)
    complain(*(f"left out: {nodeid or 'test run'}: {reason}" for nodeid, reason in sorted(made.left_out.items())))
    if not written:
        complain(f"nothing is exported: {given.report} has no other item")
        return 2
    return 1 if made.left_out else 0


def _made(given: argparse.Namespace) -> Export:
    """Return the files to write.

    Raises:
        ReportError: the report cannot be read, was edited, or does not fit what is asked for.
    """
    from pytest_glue.reports.export.formats import Publisher, export
    from pytest_glue.reports.export.result import exported_results
    from pytest_glue.reports.recorded_report import read, refusing_edits

    publisher = Publisher(given.organization, given.relationship, dict(given.benchmark_task))
    report = read(given.report)
    with refusing_edits(given.report):
        results, left_out = exported_results(report, given.item, given.model)
        made = export(given.format, results, publisher)
    return replace(made, left_out={**left_out, **made.left_out})
