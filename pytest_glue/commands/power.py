"""`pytest-glue power`: show which drops a comparison can detect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_glue.commands.arguments import alpha, count, drop
from pytest_glue.commands.output import complain, print_json

if TYPE_CHECKING:
    import argparse

    from pytest_glue.commands.arguments import Commands


def add_power(commands: Commands) -> None:
    power = commands.add_parser(
        "power",
        help="show which drops a comparison can detect",
        description="Show which drops a comparison can detect, by seeds and number of items: from a recorded baseline, "
        "or for a GLUE task from its published variance between seeds.",
        epilog="A cell is - if no drop at all is detectable. With --max-seeds, the last analysis counts. "
        "Exit code: 0 if there is a table, 2 if there is none.",
    )
    power.add_argument("--baseline", metavar="NAME", help="recorded baseline, or a baseline file that ends in .json")
    power.add_argument(
        "--storage",
        "--baseline-storage",
        metavar="FOLDER",
        help="folder of the baselines (default: that of [tool.pytest_glue], or glue-baselines)",
    )
    power.add_argument(
        "--task",
        action="append",
        default=[],
        metavar="NAME",
        help="only this task of the baseline (can be repeated); without a baseline, a GLUE task",
    )
    power.add_argument(
        "--examples", type=count, metavar="N", help="without a baseline: the number of evaluation examples"
    )
    power.add_argument(
        "--score", type=float, metavar="FRACTION", help="without a baseline: the expected score, as in 0.66"
    )
    power.add_argument("--seeds", type=count, nargs="+", default=(1, 2, 3, 5, 10), metavar="N", help="rows")
    power.add_argument("--items", type=count, nargs="+", default=(1, 3, 10), metavar="N", help="columns")
    power.add_argument("--max-seeds", type=count, metavar="N", help="seeds are added up to N, as by --glue-max-seeds")
    power.add_argument("--alpha", type=alpha, default=0.05, metavar="PROBABILITY", help="as for pytest (0.05)")
    power.add_argument(
        "--drop",
        "--max-drop",
        type=drop,
        metavar="FRACTION",
        help="show the power to detect this drop; with this --glue-max-drop, an unchanged checkpoint passes as often",
    )
    power.add_argument("--json", action="store_true", help="print the cells as JSON")
    power.set_defaults(run=_power)


def _power(given: argparse.Namespace) -> int:
    from pytest_glue.commands.project_options import path_option
    from pytest_glue.core.errors import OptionError
    from pytest_glue.gate.planning import published_item, recorded_items
    from pytest_glue.reports.power_table import PowerTable

    if given.baseline is not None:
        items, problems = recorded_items(path_option("storage", given.storage), given.baseline, given.task)
    elif not given.task or given.examples is None or given.score is None:
        raise OptionError("give --baseline=NAME, or all of --task, --examples and --score")
    elif len(given.task) > 1:
        raise OptionError(f"--task={', '.join(given.task)}; accepted: one task, or several with --baseline=NAME")
    else:
        items, problems = [published_item(given.task[0], given.examples, given.score)], []
    table = PowerTable(tuple(given.seeds), tuple(given.items), given.max_seeds, given.alpha, given.drop)
    if given.json:
        print_json([cell for item in items for cell in table.cells(item)])
    else:
        print("\n\n".join("\n".join(table.lines(item)) for item in items))
    complain(*problems)
    return 0
