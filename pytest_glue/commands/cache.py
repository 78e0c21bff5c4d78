"""`pytest-glue cache`: show or clear the cache of finished runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.commands.answers import confirm_deletion
from pytest_glue.commands.arguments import days
from pytest_glue.commands.output import complain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from pytest_glue.cache.entry import Entry
    from pytest_glue.cache.storage import CacheFile, RunCache
    from pytest_glue.commands.arguments import Commands

    CachedRun = tuple[CacheFile, Entry | None]
    """A file of the cache with its content; None if it is damaged."""

_DAY_S = 24 * 60 * 60
_EXIT_CODES = "Exit code: 0 if done, also if there is no such run, 1 if the cache cannot be used, 2 if nobody agreed."


def add_cache(commands: Commands) -> None:
    cache = commands.add_parser("cache", help="show or clear the cache of finished runs")
    actions = cache.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("show", _show, "list the cached runs"),
        ("clear", _clear, "delete the cached runs, or those that the filters select"),
    ):
        action = actions.add_parser(name, help=text, description=f"{text.capitalize()}.", epilog=_EXIT_CODES)
        action.add_argument("--cache-dir", type=Path, metavar="FOLDER", help="folder of the cache, as for pytest")
        action.add_argument("--task", metavar="NAME", help="only runs of this task")
        action.add_argument("--checkpoint", metavar="NAME", help="only runs of this checkpoint, as the list names it")
        action.add_argument("--older-than", type=days, metavar="DAYS", help="only runs not used for this many days")
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
            complain(error)
            return 1
        try:
            if (problem := cache.problem) is not None:
                raise problem
            runs = _selected(given, cache)
            lines = [*run(given, cache, runs), *([] if runs else _no_match(given, cache))]
            print("\n".join([*lines, f"cache: {cache.folder}"]))
        except BrokenPipeError:
            raise
        except OSError as error:
            complain(f"the cache {cache.folder} cannot be used: {error.strerror or error}")
            return 1
        return 0

    return command


def _show(_: argparse.Namespace, cache: RunCache, runs: list[CachedRun]) -> list[str]:
    from pytest_glue.core.formatting import size
    from pytest_glue.reports.table import plain_lines

    header = ("task", "checkpoint", "seed", "metric", "score", "trained in", "size", "last used", "settings")
    table = plain_lines(
        header, [_row(*run) for run in runs], right=("seed", "score", "trained in", "size", "last used")
    )
    unfinished = cache.resume_state_bytes()
    return [
        *(table if runs else []),
        _total(runs),
        *([f"unfinished runs: {size(unfinished)}"] if unfinished else []),
    ]


def _clear(given: argparse.Namespace, cache: RunCache, runs: list[CachedRun]) -> list[str]:
    if runs and not given.yes:
        confirm_deletion(f"{_total(runs)} in {cache.folder}")
    for file, _ in runs:
        cache.drop(file)
    if given.task is given.checkpoint is None:
        cache.drop_resume_states((given.older_than or 0) * _DAY_S)
    return [f"deleted {_total(runs)}"]


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

    n_days = (time.time() - file.used_at) / _DAY_S
    n_bytes, age = size(file.n_bytes), "today" if n_days < 1 else f"{n_days:.0f} days ago"
    if entry is None:
        return ("(damaged)", file.path.stem[:12], "", "", "", "", n_bytes, age, "")
    task, run = entry.key.task, entry.run
    metric, label = task["metrics"][0], entry.conditions.checkpoint.label
    score = decimal(run.metrics[metric])
    return (task["name"], label, str(run.seed), metric, score, seconds(run.duration_s), n_bytes, age, _settings(entry))


def _settings(entry: Entry) -> str:
    """Return the limits and hyperparameters that differ from the defaults: runs of one seed differ in them."""
    from pytest_glue.config.options import OPTIONS
    from pytest_glue.core.formatting import shortened

    options = entry.key.options.items()
    changed = {name: value for name, value in options if name in OPTIONS and value != OPTIONS[name].default_value()}
    return shortened(" ".join(f"{name}={value}" for name, value in {**changed, **entry.conditions.recipe}.items()), 80)


def _total(runs: Sequence[CachedRun]) -> str:
    from pytest_glue.core.formatting import count, size

    return f"{count(len(runs), 'run')}, {size(sum(file.n_bytes for file, _ in runs))}"
