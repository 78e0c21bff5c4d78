"""The commands and code blocks of README and documentation work, on the sample in place of real checkpoints."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugin.documents import folder
from tests.plugin.documents.checks import ROOT
from tests.plugin.documents.page import Page, pages

Run = Callable[..., pytest.RunResult]
BLOCKS = ("```console", "```python", "```toml", "```yaml")

pytestmark = pytest.mark.xdist_group("documents")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoints that the pages name."""
    path = tmp_path_factory.mktemp("checkpoints")
    folder.write_checkpoints(path)
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all pages."""
    return tmp_path_factory.mktemp("runs")


@pytest.mark.parametrize(
    "page",
    [page for page in pages() if any(block in page.read_text("utf-8") for block in BLOCKS)],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_the_blocks_of_a_page(
    page: Path,
    pytester: pytest.Pytester,
    here: Run,
    checkpoints: Path,
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each block runs, or is parsed if the page says why it is not run."""
    monkeypatch.setenv("PYTEST_GLUE_CACHE", str(runs))
    monkeypatch.setenv("COLUMNS", "80")  # as in the pages
    folder.fill(pytester.path, checkpoints)
    assert [] == Page(page, pytester.path, here).check()


BROKEN = {
    "unknown flag": "```console\npytest suites/ --glue-sedes=3\n```",
    "unknown flag, not run": "<!-- not run: hours -->\n```console\npytest suites/ --glue-sedes=3\n```",
    "missing output": "```console\n$ pytest suites/ --co\nglue: tasks cola\n```",
    "unknown subcommand": "```console\npytest-glue explain\n```",
    "unknown argument, not run": "<!-- not run: asks -->\n```console\npytest-glue cache clear --all\n```",
    "failing command": "```console\ncat none.txt\n```",
    "unknown extra": "<!-- not run: network -->\n```console\npip install 'pytest-glue[all]'\n```",
    "unknown flag of a benchmark": "<!-- not run: hours -->\n```console\npython -m benchmarks.speed --fast\n```",
    "error in a test": "```python\ndef test_it(glue_task):\n    assert glue_task.nam\n```",
    "error in code": "```python\nimport none_of_this_name\n```",
    "unknown option": "```toml\n[tool.pytest_glue]\nsedes = 3\n```",
    "unknown field of a task": "```toml\n[tool.pytest_glue.task.a]\ntext = 'b'\nlabels_column = 'c'\n```",
    "workflow without steps": "```yaml\njobs: {}\n```",
    "unknown flag in a workflow": "```yaml\nglue: { script: [pytest suites/ --glue-sedes=3] }\n```",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_block_that_does_not_work(
    text: str, pytester: pytest.Pytester, here: Run, checkpoints: Path, tmp_path: Path
) -> None:
    """It is a problem, and it says on which line of the page."""
    folder.fill(pytester.path, checkpoints)
    (tmp_path / "page.md").write_text(f"# A page\n\n{text}\n")
    (problem,) = Page(tmp_path / "page.md", pytester.path, here).check()
    assert re.search(r"page\.md, line [34], column 1", problem)
