"""The state of the repository that a test run is in: commit, branch, and whether files were changed since."""

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_BRANCH_VARIABLES = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BRANCH_NAME")
"""Of CI systems, which check out a commit without its branch."""


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """What is checked out; None where it is not known."""

    commit: str | None = None
    branch: str | None = None
    is_dirty: bool | None = None
    """Whether a file that git tracks was changed since the commit."""


def repository_state(folder: Path, ignored: Path) -> RepositoryState:
    """Return the state of the folder's repository; nothing is known outside a repository or without git.

    Args:
        folder: in the repository.
        ignored: a file whose changes do not count.
    """
    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no", "--", ":/"]
    root = _git(["git", "rev-parse", "--show-toplevel"], folder)
    if root is None:
        return RepositoryState()
    real, top = Path(os.path.realpath(ignored)), Path(os.path.realpath(root.strip()))
    if real.is_relative_to(top):
        command.append(f":(top,exclude,literal){real.relative_to(top).as_posix()}")
    lines = (_git(command, folder) or "").splitlines()
    facts = dict(line.removeprefix("# branch.").split(" ", 1) for line in lines if line.startswith("# branch."))
    commit, branch = facts.get("oid"), facts.get("head", "(detached)")
    return RepositoryState(
        commit=None if commit == "(initial)" else commit,
        branch=_branch_of_ci() if branch == "(detached)" else branch,
        is_dirty=any(not line.startswith("#") for line in lines) if lines else None,
    )


@cache
def commit(folder: Path) -> str | None:
    """Return the checked-out commit of the folder's repository; None outside a repository or without git."""
    found = _git(["git", "rev-parse", "HEAD"], folder)
    return found and found.strip()


def _branch_of_ci() -> str | None:
    return next(filter(None, (os.environ.get(name) for name in _BRANCH_VARIABLES)), None)


def _git(command: list[str], folder: Path) -> str | None:
    """Return the output of git; None if it fails."""
    try:
        found = subprocess.run(  # noqa: S603 - the user's own git
            command, cwd=folder, capture_output=True, check=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.decode("utf-8", "backslashreplace")
