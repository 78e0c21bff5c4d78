"""The state of the repository of a test run."""

import subprocess
from pathlib import Path

import pytest

from pytest_glue.core.repository import RepositoryState, commit, repository_state


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit, branch and changes of tracked files are known from a folder inside; the history's own are no changes."""
    history, inside = tmp_path / "his tory.sqlite", tmp_path / "suites"
    inside.mkdir()
    git(tmp_path, "init", "-q", "-b", "topic/a")
    assert repository_state(inside, history) == RepositoryState(None, "topic/a", is_dirty=False)
    for name in ("a.txt", history.name):
        (tmp_path / name).write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    history.write_text("2")
    (tmp_path / "untracked").touch()
    assert repository_state(inside, history) == RepositoryState(commit, "topic/a", is_dirty=False)
    (tmp_path / "a.txt").write_text("2")
    assert repository_state(inside, history).is_dirty
    git(tmp_path, "checkout", "-q", "--detach")
    for name in ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)
    assert repository_state(inside, history).branch is None
    monkeypatch.setenv("GITHUB_HEAD_REF", "")
    monkeypatch.setenv("CI_COMMIT_REF_NAME", "topic/b")
    assert repository_state(inside, history).branch == "topic/b"


def test_no_repository(tmp_path: Path) -> None:
    """Nothing is known."""
    assert repository_state(tmp_path, tmp_path / "h") == RepositoryState()


def test_the_commit_is_the_repositorys(tmp_path: Path) -> None:
    """This also holds in a folder of the repository."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    (tmp_path / "suites").mkdir()
    assert head == commit(tmp_path) == commit(tmp_path / "suites")


def test_outside_of_a_repository_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git has none either."""
    assert commit(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert commit(tmp_path) is None
