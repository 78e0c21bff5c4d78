"""`pytest-glue baselines`: list, show, compare the contents of, or delete recorded baselines."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_glue.commands.answers import confirm_deletion
from pytest_glue.commands.output import complain, print_json, terminal_width

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from pytest_glue.commands.arguments import Commands
    from pytest_glue.reports.baseline_facts import NamedBaseline

_EXIT_CODES = "Exit code: 0 if done, 1 if a file cannot be read, 2 if there is no such baseline or nobody agreed."
_NAME = "a recorded baseline, or a baseline file that ends in .json"


def add_baselines(commands: Commands) -> None:
    baselines = commands.add_parser("baselines", help="list, show, diff or delete recorded baselines")
    actions = baselines.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("list", _list, "list the items of all recorded baselines"),
        ("show", _show, "show what a baseline holds"),
        ("diff", _diff, "show how two baselines differ; `pytest-glue compare` gives a verdict"),
        ("delete", _delete, "delete the files of a baseline"),
    ):
        action = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=_EXIT_CODES)
        for argument in {"list": (), "diff": ("first", "second")}.get(name, ("name",)):
            action.add_argument(argument, metavar=argument.upper(), help=_NAME)
        action.add_argument(
            "--storage",
            metavar="FOLDER",
            help="folder of the baselines (default: that of [tool.pytest_glue], or glue-baselines)",
        )
        if name == "delete":
            action.add_argument("--yes", action="store_true", help="delete without asking")
        else:
            action.add_argument("--json", action="store_true", help="print JSON")
        action.set_defaults(run=partial(_on_storage, run))


def _on_storage(run: Callable[[argparse.Namespace, Path], int], given: argparse.Namespace) -> int:
    """Run a function with the folder of the baselines."""
    from pytest_glue.commands.project_options import path_option

    return run(given, path_option("storage", given.storage))


def _list(given: argparse.Namespace, storage: Path) -> int:
    from pytest_glue.core.formatting import count
    from pytest_glue.gate import baseline_storage
    from pytest_glue.reports.baseline_facts import table

    names = baseline_storage.names_in(storage)
    found, problems = _read([(name, file) for name in names for file in baseline_storage.files_of(storage / name)])
    now = datetime.now(UTC)
    if given.json:
        print_json({"baselines": [each.facts(now) for each in found]})
    else:
        shown = table(found, now, terminal_width())
        total = f"{count(len({each.name for each in found}), 'baseline')} with {count(len(found), 'item')} in {storage}"
        print("\n".join([*shown, total]))
    return _reported(problems)


def _show(given: argparse.Namespace, storage: Path) -> int:
    from pytest_glue.reports.baseline_facts import lines

    found, problems = _read([(given.name, file) for file in _files(storage, given.name)])
    now = datetime.now(UTC)
    if given.json:
        print_json({"baselines": [each.facts(now) for each in found]})
    else:
        print("\n\n".join("\n".join(lines(each, now)) for each in found))
    return _reported(problems)


def _diff(given: argparse.Namespace, storage: Path) -> int:
    from pytest_glue.reports.baseline_facts import difference_lines, differences

    sides, problems = [], []
    for name in (given.first, given.second):
        found, failed = _read([(name, file) for file in _files(storage, name)])
        sides.append({_key(each, given): each for each in found})
        problems += failed
    old, new = sides
    both = {key: differences(old[key].baseline, new[key].baseline) for key in old if key in new}
    only = [[side[key] for key in side if key not in other] for side, other in ((old, new), (new, old))]
    if given.json:
        items = [
            {"task": old[key].baseline.task, "checkpoint": old[key].file.stem, "differences": found}
            for key, found in both.items()
        ]
        files = [[str(each.file) for each in side] for side in only]
        print_json({"items": items, "only_in_first": files[0], "only_in_second": files[1]})
    else:
        shown = [line for key, found in both.items() for line in difference_lines(old[key].baseline.item, found)]
        shown += [f"only in {each.name}: {each.baseline.item}" for side in only for each in side]
        print("\n".join(shown))
    return _reported(problems)


def _key(each: NamedBaseline, given: argparse.Namespace) -> Any:
    """Return what items are paired by; of two files, the one item that each has."""
    return None if given.first.endswith(".json") and given.second.endswith(".json") else each.key


def _delete(given: argparse.Namespace, storage: Path) -> int:
    from pytest_glue.core.errors import BaselineError
    from pytest_glue.core.formatting import count

    folder = storage / given.name
    files = _files(storage, given.name)
    folders = [] if given.name.endswith(".json") else [*(each for each in folder.iterdir() if each.is_dir()), folder]
    if link := next((each for each in folders if each.is_symlink()), None):
        raise BaselineError(f"nothing was deleted: {link} is a link; delete it by hand")
    found, problems = _read([(given.name, file) for file in files])
    if not found:
        raise BaselineError(f"nothing was deleted: {'; '.join(problems)}")
    if not given.yes:
        confirm_deletion(f"{count(len(found), 'file')} of baseline {given.name}")
    for each in found:
        each.file.unlink()
    for each in folders:
        if not any(each.iterdir()):
            each.rmdir()
    print(f"deleted {count(len(found), 'file')} of baseline {given.name}")
    return _reported([f"kept, since it is no baseline that can be read: {problem}" for problem in problems])


def _files(storage: Path, name: str) -> list[Path]:
    """Return the files of a baseline.

    Raises:
        BaselineError: there are none; the message has the names of those that are recorded.
        OptionError: no baseline can have this name.
    """
    from pytest_glue.config.options import OPTIONS
    from pytest_glue.config.parse_context import ParseContext
    from pytest_glue.gate import baseline_storage

    return baseline_storage.files_named(storage, OPTIONS["compare"].parse(name, ParseContext(Path.cwd())))


def _read(files: Sequence[tuple[str, Path]]) -> tuple[list[NamedBaseline], list[str]]:
    """Return the baselines in files, each given with its name, and a message about each that cannot be read."""
    from pytest_glue.core.errors import BaselineError
    from pytest_glue.gate import baseline_storage
    from pytest_glue.reports.baseline_facts import NamedBaseline

    found: list[NamedBaseline] = []
    problems: list[str] = []
    for name, file in files:
        try:
            found.append(NamedBaseline(name, file, baseline_storage.read(file)))
        except BaselineError as error:
            problems.append(str(error))
    return found, problems


def _reported(problems: Sequence[str]) -> int:
    """Print what cannot be read, and return the exit code: 1 if there is something."""
    complain(*problems)
    return 1 if problems else 0
