"""Where annotations of GitHub Actions point to."""

from pathlib import Path

import pytest

from pytest_glue.session.annotations import _in_repository


@pytest.mark.parametrize(
    ("workspace", "root", "file"),
    [
        ("/repo", "/repo", "suites/t.py"),
        ("/repo", "/repo/project", "project/suites/t.py"),
        ("/other", "/repo", "suites/t.py"),
        (None, "/repo/project", "suites/t.py"),
    ],
    ids=["the repository", "a folder in it", "another folder", "unknown"],
)
def test_the_file_in_the_repository(
    monkeypatch: pytest.MonkeyPatch, workspace: str | None, root: str, file: str
) -> None:
    """The runner looks for the file in the repository, and pytest names it from its root folder."""
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    if workspace:
        monkeypatch.setenv("GITHUB_WORKSPACE", workspace)
    assert (file, 7) == _in_repository(("suites/t.py", 7), Path(root))
