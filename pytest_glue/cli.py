"""The command `pytest-glue`. Each subcommand has a function that adds its parser and a function that runs it."""

from __future__ import annotations

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_glue.cache.entry import Entry
    from pytest_glue.cache.storage import CacheFile, RunCache

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    CachedRun = tuple[CacheFile, Entry | None]
    """A file of the cache with its content; None if it is damaged."""

_DAY_S = 24 * 60 * 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit code.

    Args:
        arguments: the command line without the program; None for that of this process.
    """
    parser = argparse.ArgumentParser(prog="pytest-glue", description="Gate fine-tuned classifiers with pytest.")
    parser.add_argument("--version", action="version", version=f"pytest-glue {version('pytest-glue')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add_command in (_add_cache, _add_merge, _add_power):
        add_command(commands)
    given = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = given.run
    return run(given)


def _add_cache(commands: Commands) -> None:
    cache = commands.add_parser("cache", help="show or clear the cache of finished runs")
    actions = cache.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("show", _show, "list the cached runs"),
        ("clear", _clear, "delete the cached runs, or those that the filters select"),
    ):
        action = actions.add_parser(name, help=text, description=f"{text.capitalize()}.")
        action.add_argument("--cache-dir", type=Path, metavar="FOLDER", help="folder of the cache, as for pytest")
        action.add_argument("--task", metavar="NAME", help="only runs of this task")
        action.add_argument("--checkpoint", metavar="NAME", help="only runs of this checkpoint, as the list names it")
        action.add_argument("--older-than", type=_days, metavar="DAYS", help="only runs not used for this many days")
        action.set_defaults(run=_on_cache(run))
        if run is _clear:
            action.add_argument("--yes", action="store_true", help="delete without asking")


def _on_cache(
    run: Callable[[argparse.Namespace, RunCache, list[CachedRun]], list[str]],
) -> Callable[[argparse.Namespace], int]:
    """Return a command that passes the cache and the selected runs to a function, and prints the lines it returns.

    The command ends with 1 if the cache cannot be used, and with 2 if nothing may be deleted without an answer.
    """

    def command(given: argparse.Namespace) -> int:
        from pytest_glue.cache.storage import RunCache, default_folder
        from pytest_glue.core.errors import GlueError
        from pytest_glue.core.paths import user_path

        try:
            cache = RunCache(user_path(str(given.cache_dir)) if given.cache_dir else default_folder())
        except GlueError as error:
            print(error, file=sys.stderr)
            return 1
        try:
            if (problem := cache.problem) is not None:
                raise problem
            runs = _selected(given, cache)
            lines = run(given, cache, runs) if runs else [*run(given, cache, runs), *_no_match(given, cache)]
            print("\n".join([*lines, f"cache: {cache.folder}"]))
        except _NotConfirmedError as error:
            print(error, file=sys.stderr)
            return 2
        except OSError as error:
            print(f"the cache {cache.folder} cannot be used: {error.strerror or error}", file=sys.stderr)
            return 1
        return 0

    return command


def _show(_: argparse.Namespace, cache: RunCache, runs: list[CachedRun]) -> list[str]:
    from pytest_glue.core.formatting import columns, size

    header = ("task", "checkpoint", "seed", "metric", "score", "trained in", "size", "last used", "settings")
    table = columns(header, [_row(*run) for run in runs], right=("seed", "score", "trained in", "size", "last used"))
    unfinished = cache.resume_state_bytes()
    return [
        *(table if runs else []),
        _total(runs),
        *([f"unfinished runs: {size(unfinished)}"] if unfinished else []),
    ]


class _NotConfirmedError(Exception):
    """The user did not agree to delete anything."""


def _clear(given: argparse.Namespace, cache: RunCache, runs: list[CachedRun]) -> list[str]:
    if runs and not given.yes:
        _confirm(f"{_total(runs)} in {cache.folder}")
    for file, _ in runs:
        cache.drop(file)
    if given.task is given.checkpoint is None:
        cache.drop_resume_states((given.older_than or 0) * _DAY_S)
    return [f"deleted {_total(runs)}"]


def _confirm(what: str) -> None:
    """Ask whether to delete something.

    Raises:
        _NotConfirmedError: the answer is not yes, or nobody can be asked.
    """
    if not sys.stdin.isatty():
        raise _NotConfirmedError(f"nothing was deleted: this would delete {what}; repeat the command with --yes")
    try:
        answer = input(f"delete {what}? [y/N] ")
    except (EOFError, KeyboardInterrupt):
        answer = ""
    if answer.strip().lower() not in {"y", "yes"}:
        raise _NotConfirmedError("nothing was deleted")


def _no_match(given: argparse.Namespace, cache: RunCache) -> list[str]:
    """Return a line that names what the cache has where a filter selects nothing."""
    from pytest_glue.core.errors import closest

    entries = [entry for file in cache.files() if (entry := file.entry) is not None]
    lines = []
    for name, asked, there in (
        ("task", given.task, {str(entry.key.task["name"]) for entry in entries}),
        ("checkpoint", given.checkpoint, {entry.conditions.checkpoint.label for entry in entries}),
    ):
        if asked is not None and asked not in there:
            lines.append(
                f"no cached run has the {name} {asked!r}; {closest(asked, there) if there else 'none is there'}"
            )
    return lines


def _selected(given: argparse.Namespace, cache: RunCache) -> list[CachedRun]:
    """Return the runs that all filters select. A damaged file has an age, but no task or checkpoint."""
    before = time.time() - (given.older_than or 0) * _DAY_S
    files = [file for file in cache.files() if given.older_than is None or file.used_at <= before]
    return [(file, entry) for file in files if _matches(given, entry := file.entry)]


def _matches(given: argparse.Namespace, entry: Entry | None) -> bool:
    if given.task is given.checkpoint is None:
        return True
    if entry is None:
        return False
    checkpoint = entry.conditions.checkpoint
    names = {None, checkpoint.name, checkpoint.label, checkpoint.digest}
    return given.task in {None, entry.key.task["name"]} and given.checkpoint in names


def _row(file: CacheFile, entry: Entry | None) -> tuple[str, ...]:
    from pytest_glue.core.formatting import decimal, seconds, size

    days = (time.time() - file.used_at) / _DAY_S
    n_bytes, age = size(file.n_bytes), "today" if days < 1 else f"{days:.0f} days ago"
    if entry is None:
        return ("(damaged)", file.path.stem[:12], "", "", "", "", n_bytes, age, "")
    task, run = entry.key.task, entry.run
    score = run.metrics[metric := task["metrics"][0]]
    shown = "undefined" if score is None else decimal(score)
    label = entry.conditions.checkpoint.label
    return (task["name"], label, str(run.seed), metric, shown, seconds(run.duration_s), n_bytes, age, _settings(entry))


def _settings(entry: Entry) -> str:
    """Return the limits and hyperparameters that differ from the defaults: runs of one seed differ in them."""
    from pytest_glue.config.options import OPTIONS

    options = entry.key.options.items()
    changed = {name: value for name, value in options if name in OPTIONS and value != OPTIONS[name].default_value()}
    text = " ".join(f"{name}={value}" for name, value in {**changed, **entry.conditions.recipe}.items())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


_WIDTH = 80


def _total(runs: Sequence[CachedRun]) -> str:
    from pytest_glue.core.formatting import count, size

    return f"{count(len(runs), 'run')}, {size(sum(file.n_bytes for file, _ in runs))}"


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of days, as in 30 or 0.5")
    return days


def _add_merge(commands: Commands) -> None:
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
    from pytest_glue.core.errors import GlueError
    from pytest_glue.reports.json import write
    from pytest_glue.reports.merge import check_files, is_red, merge, read, summary_lines

    try:
        check_files(given.reports, given.output)
        merged = merge({str(file): read(file) for file in given.reports})
        summary = summary_lines(merged)
        write(given.output, merged)
    except GlueError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join([*summary, f"JSON report: {given.output}"]))
    return 1 if merged["errors"] or any(map(is_red, merged["results"])) else 0


def _add_power(commands: Commands) -> None:
    power = commands.add_parser(
        "power",
        help="show which drops a comparison can detect",
        description="Show which drops a comparison can detect, by seeds and number of items: from a recorded baseline, "
        "or for a GLUE task from its published variance between seeds.",
        epilog="A cell is - if no drop at all is detectable. With --max-seeds, the last analysis counts.",
    )
    power.add_argument("--baseline", metavar="NAME", help="recorded baseline, or a baseline file that ends in .json")
    power.add_argument(
        "--storage",
        "--baseline-storage",
        default="glue-baselines",
        metavar="FOLDER",
        help="folder of the baselines (default: glue-baselines)",
    )
    power.add_argument(
        "--task",
        action="append",
        default=[],
        metavar="NAME",
        help="only this task of the baseline (can be repeated); without a baseline, a GLUE task",
    )
    power.add_argument("--examples", type=_count, metavar="N", help="examples of the evaluation split, if published")
    power.add_argument("--score", type=float, metavar="FRACTION", help="expected score, if published, as in 0.66")
    power.add_argument("--seeds", type=_count, nargs="+", default=(1, 2, 3, 5, 10), metavar="N", help="rows")
    power.add_argument("--items", type=_count, nargs="+", default=(1, 3, 10), metavar="N", help="columns")
    power.add_argument("--max-seeds", type=_count, metavar="N", help="seeds are added up to N, as by --glue-max-seeds")
    power.add_argument("--alpha", type=_alpha, default=0.05, metavar="PROBABILITY", help="as for pytest (0.05)")
    power.add_argument(
        "--drop",
        "--max-drop",
        type=_drop,
        metavar="FRACTION",
        help="show the power to detect this drop; with this --glue-max-drop, an unchanged checkpoint passes as often",
    )
    power.add_argument("--json", action="store_true", help="print the cells as JSON")
    power.set_defaults(run=_power)


def _power(given: argparse.Namespace) -> int:
    import json

    from pytest_glue.core.errors import GlueError, OptionError
    from pytest_glue.core.paths import user_path
    from pytest_glue.gate.planning import published_item, recorded_items
    from pytest_glue.reports.power_table import PowerTable

    try:
        if given.baseline is not None:
            items, problems = recorded_items(user_path(given.storage), given.baseline, given.task)
        elif not given.task or given.examples is None or given.score is None:
            raise OptionError("give --baseline=NAME, or all of --task, --examples and --score")
        elif len(given.task) > 1:
            raise OptionError(f"--task={', '.join(given.task)}; accepted: one task, or several with --baseline=NAME")
        else:
            items, problems = [published_item(given.task[0], given.examples, given.score)], []
    except GlueError as error:
        print(error, file=sys.stderr)
        return 2
    table = PowerTable(tuple(given.seeds), tuple(given.items), given.max_seeds, given.alpha, given.drop)
    if given.json:
        print(json.dumps([cell for item in items for cell in table.cells(item)], indent=1))
    else:
        print("\n\n".join("\n".join(table.lines(item)) for item in items))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1 up")
    return int(text)


def _alpha(text: str) -> float:
    return _between(text, 0, 0.5, "a probability above 0 and below 0.5, as in 0.05")


def _drop(text: str) -> float:
    return _between(text, 0, float("inf"), "a number above 0, as in 0.02")


def _between(text: str, low: float, high: float, accepted: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = low
    if not low < value < high:
        raise argparse.ArgumentTypeError(f"{text!r}: expected {accepted}")
    return value


if __name__ == "__main__":
    sys.exit(main())
