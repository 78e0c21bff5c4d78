"""`pytest-glue compare`: compare two JSON reports or baselines, without training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_glue.commands.output import complain, print_json, terminal_width

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pytest_glue.commands.arguments import Commands
    from pytest_glue.config.options import Options
    from pytest_glue.core.evaluation import Evaluation
    from pytest_glue.gate.recorded_item import RecordedItem
    from pytest_glue.reports.comparison import Compared
    from pytest_glue.reports.recorded_side import RecordedSide


_OPTIONS = ("max_drop", "alpha", "inconclusive", "on_missing_baseline", "baseline_max_age")
_SIDE = (
    "a JSON report with predictions (--glue-json-predictions), or the file or the folder of a baseline (--glue-save)"
)


def add_compare(commands: Commands) -> None:
    from pytest_glue.config.options import OPTIONS

    compare = commands.add_parser(
        "compare",
        help="compare two JSON reports or baselines, without training",
        description="Compare the items of a candidate with those of a baseline, as --glue-compare does in a test run.",
        epilog="Exit code: 0 if no item failed, 1 if one failed or could not be compared, 2 if nothing was compared. "
        "Options that are left out are those of the candidate's report, or pytest's defaults.",
    )
    compare.add_argument("baseline", type=Path, metavar="BASELINE", help=_SIDE)
    compare.add_argument("candidate", type=Path, metavar="CANDIDATE", help="the same, of what is tested")
    for name in _OPTIONS:
        option, flag = OPTIONS[name], name.replace("_", "-")
        compare.add_argument(
            f"--{flag}",
            action="append" if option.repeatable else "store",
            metavar="fail|skip" if name == "on_missing_baseline" else option.metavar,
            help=f"as --glue-{flag} for pytest",
        )
    compare.add_argument("--json", action="store_true", help="print a JSON report, which `pytest-glue report` reads")
    compare.set_defaults(run=_compare)


def _compare(given: argparse.Namespace) -> int:
    from pytest_glue.core.errors import ReportError
    from pytest_glue.reports.recorded_side import read_side

    baseline, candidate = read_side(given.baseline), read_side(given.candidate)
    if not candidate.items and not candidate.errors:
        raise ReportError(f"{given.candidate} has no items")
    compared = _compared(given, baseline, candidate)
    if given.json:
        print_json(compared.report)
        complain(*compared.only)
    else:
        print("\n".join(compared.lines(terminal_width())))
    return 1 if compared.is_red else 0


def _compared(given: argparse.Namespace, baseline: RecordedSide, candidate: RecordedSide) -> Compared:
    """Compare all items.

    Raises:
        OptionError: an option of the command line is not accepted.
    """
    from datetime import UTC, datetime

    from pytest_glue.core.choices import MissingBaselinePolicy
    from pytest_glue.core.errors import BaselineError, MissingBaselineError
    from pytest_glue.execution.recorded_runs import RecordedComparison
    from pytest_glue.gate.recorded_item import partner_of
    from pytest_glue.reports.comparison import Compared

    options = _options(given, baseline, candidate)
    comparison = RecordedComparison(baseline.name, options, candidate.family_size, datetime.now(UTC))
    skips = options.on_missing_baseline is MissingBaselinePolicy.SKIP
    found: list[Evaluation] = []
    used: list[RecordedItem] = []
    only: list[str] = []
    errors = dict(candidate.errors)
    for item in candidate.items:
        try:
            partner = partner_of(item, baseline.items, is_named=baseline.is_one_file)
            used.append(partner)
            found.append(comparison.evaluate(item, partner))
        except MissingBaselineError as error:
            if skips:
                only.append(f"only in {candidate.name}, not compared: {item.baseline.item}")
            else:
                errors[item.nodeid] = f"{error}; --on-missing-baseline=skip leaves it out"
        except BaselineError as error:
            errors[item.nodeid] = str(error)
    unused = (each for each in baseline.items if not any(each is one for one in used))
    only += [f"only in {baseline.name}: {each.baseline.item}" for each in unused]
    return Compared(baseline, candidate, options, tuple(found), errors, tuple(only))


def _options(given: argparse.Namespace, baseline: RecordedSide, candidate: RecordedSide) -> Options:
    """Return the options of the comparison: of the command line, else of the candidate's report, else the defaults.

    Raises:
        OptionError: an allowed drop is not accepted, or names a task that neither side has.
    """
    from pytest_glue.config.options import OPTIONS, Options
    from pytest_glue.config.parse_context import ParseContext
    from pytest_glue.core.choices import MissingBaselinePolicy
    from pytest_glue.core.errors import GlueError, OptionError
    from pytest_glue.core.slices import split_target

    own_tasks = {each.baseline.task: each.recorded_task for each in (*candidate.items, *baseline.items)}
    context = ParseContext(Path.cwd(), own_tasks)
    values = {**_reported(candidate.report), **{n: v for n in _OPTIONS if (v := getattr(given, n)) is not None}}
    parsed: dict[str, Any] = {}
    for name, value in values.items():
        try:
            parsed[name] = OPTIONS[name].parse(value, context)
        except GlueError as error:
            raise OptionError(f"--{name.replace('_', '-')}: {error}") from None
    if given.on_missing_baseline == MissingBaselinePolicy.SAVE:
        raise OptionError("--on-missing-baseline: 'save': expected fail or skip, since nothing is recorded")
    targets = (split_target(name)[0] for name in parsed.get("max_drop", {}) if name is not None)
    if given.max_drop and (unknown := sorted(set(targets) - own_tasks.keys())):
        raise OptionError(f"--max-drop: no item has the task {unknown[0]}; accepted: {', '.join(sorted(own_tasks))}")
    first = candidate.items[0].baseline if candidate.items else None
    return Options(
        compare=baseline.name,
        tasks=tuple({each.baseline.task: each.recorded_task for each in candidate.items}.values()),
        checkpoints=tuple(dict.fromkeys(each.baseline.checkpoint for each in candidate.items)),
        seeds=first.seeds if first else (42,),
        recipe=dict(first.recipe) if first else {},
        evaluate_only=bool(first and first.evaluate_only),
        **parsed,
    )


def _reported(report: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the options of a report that concern a comparison."""
    options = {} if report is None else report["options"]
    found = {name: options[name] for name in _OPTIONS if options.get(name) is not None}
    return {name: "fail" if value == "save" else value for name, value in found.items()}
