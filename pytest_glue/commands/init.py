"""`pytest-glue init`: write a suite, the table of options and a CI workflow into a user's repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.commands.answers import NotConfirmedError, Questions, can_ask, is_confirmed
from pytest_glue.commands.arguments import DEFAULT_CHECKPOINT
from pytest_glue.commands.output import complain
from pytest_glue.commands.own_task import own_task_table, quoted, relative
from pytest_glue.commands.starter_files import (
    CI_FILES,
    PLACEHOLDER,
    SUITE,
    SUITE_FILE,
    TABLE_FILE,
    Action,
    ci_of,
    ci_text,
    plan,
    plan_table,
)
from pytest_glue.core.errors import OptionError, closest
from pytest_glue.core.tasks import GLUE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pytest_glue.commands.arguments import Commands
    from pytest_glue.commands.starter_files import PlannedFile

_CI = ("github", "gitlab", "none")


def add_init(commands: Commands) -> None:
    init = commands.add_parser(
        "init",
        help="write a suite, configuration and a CI workflow into your repository",
        description="Write a suite, the table [tool.pytest_glue] and a CI workflow into a repository. Shows what it "
        "will write, and asks first.",
        epilog="Exit code: 0 if the files are there, 1 if one cannot be written, 2 if nothing was written.",
    )
    init.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="of the repository (default: this one)")
    init.add_argument("--task", metavar="NAME", help="a task of GLUE (default: rte), or with --data one of your own")
    init.add_argument(
        "--data", metavar="FILE", help="examples of your own task: CSV, TSV, JSON lines, parquet, a folder"
    )
    init.add_argument("--validation", type=Path, metavar="FILE", help="examples to score (default: a fifth of --data)")
    init.add_argument("--text", action="append", metavar="COLUMN", help="text column; twice for pairs of texts")
    init.add_argument("--label", metavar="COLUMN", help="label column")
    init.add_argument("--checkpoint", metavar="NAME", help=f"checkpoint to test (default: {DEFAULT_CHECKPOINT})")
    init.add_argument("--ci", choices=_CI, help="CI workflow to write (default: by what the repository has)")
    init.add_argument("--yes", action="store_true", help="ask nothing")
    init.add_argument("--force", action="store_true", help="overwrite files that exist")
    init.set_defaults(run=_init)


def _init(given: argparse.Namespace) -> int:
    try:
        planned = _plan(given, Questions(can_ask() and not given.yes))
        print("\n".join(_shown(planned)))
        written = [file for file in planned if file.is_written]
        if written:
            _confirm(yes=given.yes)
        for file in written:
            file.write()
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"{error.filename} cannot be written: {error.strerror}")
        return 1
    print("\n".join(_next_steps(Path(given.folder), planned)))
    return 0


def _confirm(*, yes: bool) -> None:
    """Ask whether to write the files.

    Raises:
        NotConfirmedError: the answer is not yes, or nobody can be asked.
    """
    if yes:
        return
    if not can_ask():
        raise NotConfirmedError("nothing was written: repeat the command with --yes")
    if not is_confirmed("write this?", default=True):
        raise NotConfirmedError("nothing was written")


def _plan(given: argparse.Namespace, questions: Questions) -> list[PlannedFile]:
    """Return the files of the choices that the user made or makes now.

    Raises:
        GlueError: a choice is not accepted, or a file cannot be read.
        NotConfirmedError: the user ended the questions.
    """
    folder = Path(given.folder)
    if not folder.is_dir():
        raise OptionError(f"there is no folder {folder}: name that of your repository")
    table = _table(given, questions, folder)
    ci = questions.choice("--ci", given.ci, "CI workflow", _CI, ci_of(folder))
    planned = [plan(folder / SUITE_FILE, SUITE, force=given.force), plan_table(folder / TABLE_FILE, table)]
    if ci in CI_FILES:
        planned.append(plan(folder / CI_FILES[ci], ci_text(ci), force=given.force))
    return planned


def _table(given: argparse.Namespace, questions: Questions, folder: Path) -> str:
    """Return the table of options, with that of an own task."""
    task = questions.value("--task", given.task, "task of GLUE, or a name for your own", "rte")
    own = ""
    alone = [f"--{name}" for name in ("text", "label", "validation") if getattr(given, name) is not None]
    if given.data is None and alone and not questions.are_asked:
        raise OptionError(f"{alone[0]} is for a task of your own: give --data=FILE with its examples too")
    if given.data is not None or (questions.are_asked and task not in GLUE):
        own = f"\n{own_task_table(task, given, questions, folder)}"
    elif task not in GLUE:
        remedy = "for a task of your own give --data, --text and --label"
        raise OptionError(f"{task!r} is no task of GLUE ({closest(task, GLUE)}); {remedy}")
    checkpoint = questions.value("--checkpoint", given.checkpoint, "checkpoint to test", DEFAULT_CHECKPOINT)
    if Path(checkpoint).is_dir():
        checkpoint = f"./{relative(Path(checkpoint), folder)}".replace(".//", "/")
    return f"[tool.pytest_glue]\ntasks = [{quoted(task)}]\ncheckpoints = [{quoted(checkpoint)}]\n{own}"


def _shown(planned: Sequence[PlannedFile]) -> list[str]:
    """Return the files and their texts as lines; of a file that has its text already, only the name."""
    lines: list[str] = []
    for file in planned:
        lines.append(f"{file.path}: {file.action}")
        if file.action is not Action.UNCHANGED:
            lines += [f"    {line}".rstrip() for line in file.text.strip().splitlines()]
        lines.append("")
    return lines


def _next_steps(folder: Path, planned: Sequence[PlannedFile]) -> list[str]:
    there = [] if folder.resolve() == Path.cwd() else [f"  cd {folder}"]
    by_hand = [f"  add the table above to {file.path}" for file in planned if file.action is Action.BY_HAND]
    owners = [f"replace OWNER in {file.path}" for file in planned if PLACEHOLDER in file.text]
    return [
        "next:",
        *there,
        *by_hand,
        "  pytest suites/                                     # fine-tune and judge",
        "  pytest suites/ --glue-seeds=3 --glue-save=main     # record a baseline, then commit glue-baselines/",
        *(f"  {line} by the owner of the repository that pytest-glue is installed from" for line in owners),
    ]
