"""The files of reports when they cannot be written."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.errors import OptionError, ReportError
from pytest_glue.reports.markdown import LIMIT
from pytest_glue.session.report_file import ReportFile, ReportFiles
from pytest_glue.session.step_summary import VARIABLE, append_step_summary


def document() -> dict[str, Any]:
    environment: dict[str, Any] = {"libraries": {}, "python": "3", "platform": "Linux", "device": None, "commit": None}
    parts: dict[str, Any] = {"results": [], "errors": [], "ranks": None, "family": None}
    return {"schema_version": 1, "environment": environment, "options": Options().to_dict(), **parts}


def test_a_folder_that_vanishes(tmp_path: Path) -> None:
    """It is made again for the next report."""
    folder = tmp_path / "reports"
    options = Options(json=folder / "r.json", html=folder / "r.html", markdown=folder / "r.md")
    lines: list[str] = []
    files = ReportFiles(options, lines.append)
    files.write(document)
    shutil.rmtree(folder)
    files.write(document, is_item=True)
    assert "r.json" in {path.name for path in folder.iterdir()}
    files.write(document, is_final=True)
    assert {"r.json", "r.html", "r.md"} == {path.name for path in folder.iterdir()}
    assert ([], [True] * 3) == (lines, [is_written for _, is_written in files.summaries])


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    """A report that cannot be written is one line, whatever follows, and the end names it again."""
    folder = tmp_path / "reports"
    lines: list[str] = []
    files = ReportFiles(Options(markdown=folder / "r.md"), lines.append)
    folder.rmdir()
    folder.touch()
    files.write(document)
    files.write(document, is_final=True)
    (line,) = lines
    assert line.startswith(f"glue: the Markdown report {str(folder / 'r.md')!r} cannot be written: ")
    assert line.endswith("The test run goes on and tries again after each item")
    ((summary, is_written),) = files.summaries
    assert not is_written
    assert summary in line


def test_the_last_write_is_tried_once(tmp_path: Path) -> None:
    """Nothing follows it."""
    lines: list[str] = []
    files = ReportFiles(Options(markdown=tmp_path / "new" / "r.md"), lines.append)
    files.write(document)
    shutil.rmtree(tmp_path / "new")
    (tmp_path / "new").touch()
    files.write(document, is_final=True)
    (line,) = lines
    assert line.endswith("name a file in a writable folder")


@pytest.mark.parametrize(
    ("name", "times"), [("JSON", [0, 6, 12, 18, 24, 30, 36, 42, 48, 49]), ("Markdown", [0, 21, 42, 48])]
)
def test_reports_are_written_while_items_end(name: str, times: list[float], tmp_path: Path) -> None:
    """A test run that is killed leaves the items so far; what takes long is written seldom, except at the end."""
    now, written = [0.0], []

    def slow() -> dict[str, Any]:
        written.append(now[0])
        now[0] += 1
        return document()

    file = ReportFile(name, tmp_path / name, pytest.fail, lambda: now[0])
    file.write(slow)
    while now[0] < 45:
        now[0] += 5
        file.write(slow, is_item=True)
    file.write(slow, is_final=True)
    assert times == written


def test_a_summary_beside_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cut to what others leave; if they leave nothing, or a value cannot be shown, a line says so."""
    file = tmp_path / "summary.md"
    monkeypatch.setenv(VARIABLE, str(file))
    file.write_text("x" * (LIMIT - 5000), "utf-8")
    assert append_step_summary(document) is None
    assert LIMIT - 5000 < file.stat().st_size <= LIMIT
    file.write_text("x" * LIMIT, "utf-8")
    assert "leave no room below GitHub's limit" in (append_step_summary(document) or "")
    file.unlink()
    assert "cannot show a value" in (append_step_summary(lambda: {**document(), "errors": [{}]}) or "")
    assert not file.exists()


def test_two_reports_of_one_file(tmp_path: Path) -> None:
    """A link counts as what it names; devices can take several."""
    (tmp_path / "link.md").symlink_to(tmp_path / "r.json")
    with pytest.raises(OptionError, match="--glue-json and --glue-markdown have the same file"):
        ReportFiles(Options(json=tmp_path / "r.json", markdown=tmp_path / "link.md"), print)
    ReportFiles(Options(json=Path("/dev/null"), markdown=Path("/dev/null")), print)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Before anything is trained, the message names the kind of the report."""
    with pytest.raises(ReportError, match=r"the HTML report '.*' cannot be written: it is a folder"):
        ReportFiles(Options(html=tmp_path), print)
