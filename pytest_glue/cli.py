"""The command `pytest-glue`: it shows and clears the store of runs, and merges reports."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_glue.cache.entry import Entry
    from pytest_glue.cache.storage import CacheFile

_A_DAY_S = 24 * 60 * 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: behind the command's name; None for those of this process.
    """
    asked = _parser().parse_args(arguments)
    return _merge(asked) if asked.command == "merge" else _cache(asked)


def _cache(asked: argparse.Namespace) -> int:
    try:
        found = _chosen(asked)
        lines = _shown(asked, found) if asked.action == "show" else _cleared(asked, [kept for kept, _ in found])
        print("\n".join([*lines, f"store: {_folder(asked)}"]))
    except OSError as error:
        print(f"the store {_folder(asked)} cannot be used: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pytest-glue", description="Fine-tuned checkpoints as pytest items.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    cache = commands.add_parser("cache", help="show or clear the store of finished runs")
    actions = cache.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in (("show", "list the runs that are kept"), ("clear", "delete runs: all, or those that are named")):
        action = actions.add_parser(name, help=text, description=text.capitalize())
        action.add_argument("--cache-dir", type=Path, metavar="FOLDER", help="of the store, if not the default one")
        action.add_argument("--task", metavar="NAME", help="only runs of that task")
        action.add_argument("--checkpoint", metavar="NAME", help="only runs of that checkpoint, by name or label")
        action.add_argument("--older-than", type=_days, metavar="DAYS", help="only runs not used for so many days")
    _add_merge(commands)
    return parser


def _add_merge(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "join the JSON reports of all parts of a test run with --glue-shard"
    codes = (
        "Exit code: 0 where all items are green, 1 where one is red or ended in an error, 2 where nothing was merged."
    )
    merge = commands.add_parser("merge", help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=codes)
    merge.add_argument("reports", nargs="+", type=Path, metavar="REPORT", help="of a part")
    merge.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the report of all items")


def _merge(asked: argparse.Namespace) -> int:
    """Write the report that one test run would have left, and show its table."""
    from pytest_glue.core.errors import ReportError
    from pytest_glue.reports.json import write
    from pytest_glue.reports.merge import evaluations, merge, read, summary_lines

    try:
        merged = merge({str(file): read(file) for file in asked.reports})
        write(asked.output, merged)
    except ReportError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join([*summary_lines(merged), f"JSON report: {asked.output}"]))
    return 1 if merged["errors"] or any(each.failed for each in evaluations(merged)) else 0


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of days, as in 30 or 0.5")
    return days


def _folder(asked: argparse.Namespace) -> Path:
    from pytest_glue.cache.storage import default_folder

    folder: Path | None = asked.cache_dir
    return folder.expanduser() if folder else default_folder()


def _chosen(asked: argparse.Namespace) -> list[tuple["CacheFile", "Entry | None"]]:
    """Return the files that the filters leave, with what each holds; one that cannot be read has no task or name."""
    from pytest_glue.cache.storage import RunCache

    before = time.time() - (asked.older_than or 0) * _A_DAY_S
    files = [kept for kept in RunCache(_folder(asked)).files() if kept.used_at <= before or asked.older_than is None]
    return [(kept, entry) for kept in files if _is_asked_for(asked, entry := kept.entry)]


def _is_asked_for(asked: argparse.Namespace, entry: "Entry | None") -> bool:
    if asked.task is None and asked.checkpoint is None:
        return True
    if entry is None:
        return False
    checkpoint = entry.conditions.checkpoint
    names = {checkpoint.name, checkpoint.label, checkpoint.digest}
    return asked.task in {None, entry.key.task["name"]} and (asked.checkpoint is None or asked.checkpoint in names)


def _shown(asked: argparse.Namespace, found: Sequence[tuple["CacheFile", "Entry | None"]]) -> list[str]:
    from pytest_glue.core.formatting import columns

    rows = [_row(kept, entry) for kept, entry in found]
    header = ("task", "checkpoint", "seed", "metric", "score", "trained in", "size", "last used")
    table = columns(header, rows, right=("seed", "score", "trained in", "size", "last used")) if rows else []
    return [*table, _total([kept for kept, _ in found]), *_resume_state(asked)]


def _resume_state(asked: argparse.Namespace) -> list[str]:
    from pytest_glue.cache.storage import RunCache

    size = RunCache(_folder(asked)).resume_state_bytes()
    return [f"unfinished runs: {size / 1_000_000:.2f} MB"] if size else []


def _row(kept: "CacheFile", entry: "Entry | None") -> tuple[str, ...]:
    from pytest_glue.core.formatting import seconds

    days = (time.time() - kept.used_at) / _A_DAY_S
    size, age = f"{kept.n_bytes / 1000:.1f} KB", "today" if days < 1 else f"{days:.0f} days ago"
    if entry is None:
        return ("(damaged)", kept.path.stem[:12], "", "", "", "", size, age)
    metric = entry.key.task["metrics"][0]
    score = entry.run.metrics[metric]
    return (
        entry.key.task["name"],
        entry.conditions.checkpoint.label,
        str(entry.run.seed),
        metric,
        "undefined" if score is None else f"{score:.3f}",
        seconds(entry.run.duration_s),
        size,
        age,
    )


def _cleared(asked: argparse.Namespace, chosen: Sequence["CacheFile"]) -> list[str]:
    from pytest_glue.cache.storage import RunCache

    run_cache = RunCache(_folder(asked))
    for kept in chosen:
        run_cache.drop(kept)
    if asked.task is asked.checkpoint is None:
        run_cache.drop_resume_states((asked.older_than or 0) * _A_DAY_S)
    return [f"deleted {_total(chosen)}"]


def _total(files: Sequence["CacheFile"]) -> str:
    runs = "1 run" if len(files) == 1 else f"{len(files)} runs"
    return f"{runs}, {sum(kept.n_bytes for kept in files) / 1_000_000:.2f} MB"


if __name__ == "__main__":
    sys.exit(main())
