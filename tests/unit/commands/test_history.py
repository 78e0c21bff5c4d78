"""The command `pytest-glue history`."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from pytest_glue.history.record import Record
from pytest_glue.history.storage import HistoryFile
from tests.factories import make_record
from tests.hostile import HOSTILE

NOISE = (0.004, -0.006, 0.002, 0.007, -0.003, 0.001, -0.005, 0.006, 0.003, -0.002)
Capture = pytest.CaptureFixture[str]


def dropping() -> list[Record]:
    """Return records whose score falls at the 13th."""
    baseline = {"name": "main", "baseline_score": 0.70, "verdict": "pass"}
    return [
        make_record(number, (0.70 if number < 12 else 0.64) + NOISE[number % 10], baseline=baseline)
        for number in range(21)
    ]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A history of RTE with one drop, and of CoLA, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "h.sqlite"
    cola = make_record(30, 0.5, task="cola", nodeid="suites/test_glue.py::test_glue[cola-a-b]")
    HistoryFile(path).append([*dropping(), cola])
    return path


def test_a_series(file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table with a plot, the range of commits of the change, and the age of the baseline."""
    monkeypatch.setenv("COLUMNS", "110")
    assert 0 == main(["history", "rte", f"--file={file}"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "rte · a/b: accuracy, 21 results, 2026-01-01 to 2026-01-21"
    assert lines[1].split() == ["date", "commit", "files", "seeds", "score", "95%", "CI", "plot", "verdict"]
    assert lines[2].startswith("2026-01-01  0000000   00000000      3  0.704  0.674 to 0.734  ")
    assert "---o---" in lines[2]
    assert lines[3].startswith("2026-01-02  0000000  *00000000 ")
    (change,) = [line for line in lines if line.startswith("The score ")]
    assert change.startswith("The score fell from 0.7")
    assert "worse; p = 0.001) after 0000000 (2026-01-1" in change
    assert change.endswith("What changed too: the files of the checkpoint")
    (age,) = [line for line in lines if line.startswith("Baseline ")]
    assert age.startswith("Baseline main (0.700) is at least ")
    assert age.endswith(" days old; 21 results compared with it, the first at 0000000 (2026-01-01)")
    assert not any("cola" in line for line in lines)


def test_a_narrow_terminal(file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table fits 80 columns, and 60 without a plot."""
    for width, has_plot in (("80", True), ("60", False)):
        monkeypatch.setenv("COLUMNS", width)
        assert 0 == main(["history", "rte", f"--file={file}"])
        rows = capsys.readouterr().out.splitlines()[1:23]
        assert max(map(len, rows)) <= int(width)
        assert any("--o--" in row for row in rows) == has_plot


def test_the_file_of_the_table(file: Path, capsys: Capture) -> None:
    """Without --file, it is that of the options; all tasks are shown."""
    assert 2 == main(["history"])
    assert "which history? Give --file=FILE, or set history in [tool.pytest_glue]" in capsys.readouterr().err
    Path("pyproject.toml").write_text(f"[tool.pytest_glue]\nhistory = '{file.name}'\n", "utf-8")
    assert 0 == main(["history"])
    out = capsys.readouterr().out
    assert out.startswith("cola · a/b: ")
    assert "\n\nrte · a/b: " in out
    assert "Too few different results to show a change of the score: 1, and 8 are needed" in out


def test_filters(file: Path, capsys: Capture) -> None:
    """By checkpoint, branch and number; nothing that matches is exit code 1."""
    for given in (["--checkpoint=b"], ["--checkpoint=a/b"], ["--branch=main"]):
        assert 0 == main(["history", "rte", f"--file={file}", "--last=3", *given])
        assert "rte · a/b: accuracy, 3 results, 2026-01-19 to 2026-01-21" in capsys.readouterr().out
    for given in (["--checkpoint=c"], ["--branch=other"]):
        assert 1 == main(["history", "rte", f"--file={file}", *given])
        assert "match: it has those of cola · a/b, rte · a/b" in capsys.readouterr().err


def test_what_is_not_comparable(file: Path, capsys: Capture) -> None:
    """The newest series is shown; a line says what keeps the older ones apart, and --all shows them."""
    HistoryFile(file).append([make_record(40, data_digest=f"sha256:{'2' * 64}", branch="topic")])
    assert 0 == main(["history", "rte", f"--file={file}"])
    out = capsys.readouterr().out
    assert "rte · a/b: accuracy, 1 result, 2026-02-10" in out
    note = "Not comparable, so not shown: 21 results, 2026-01-01 to 2026-01-21, with data digest sha256:111"
    assert note in out
    assert 0 == main(["history", "rte", f"--file={file}", "--all"])
    out = capsys.readouterr().out
    assert "accuracy, 21 results" in out
    assert "Not comparable" not in out


def test_json(file: Path, capsys: Capture) -> None:
    """Everything that is shown, for scripts."""
    assert 0 == main(["history", "rte", f"--file={file}", "--json"])
    (series,) = json.loads(capsys.readouterr().out)
    (change,) = series["changes"]
    assert change["is_worse"]
    assert change["after"]["time"] < change["not_later_than"]["time"]
    assert len(series["records"]) == 21
    assert series["baseline"]["n_compared"] == 21


def test_a_page_and_a_picture(file: Path, capsys: Capture) -> None:
    """Names of branches and checkpoints break out of neither."""
    odd = "<script>alert(1)</script>\u202e"
    HistoryFile(file).append([make_record(22, branch=odd, commit=odd)])
    given = ["history", "rte", f"--file={file}", "--html=new/h.html", "--svg=h.svg"]
    assert 0 == main(given)
    assert capsys.readouterr().out.endswith("SVG: h.svg\nHTML: new/h.html\n")
    page, picture = Path("new/h.html").read_text("utf-8"), Path("h.svg").read_text("utf-8")
    for text in (page, picture):
        assert "<script" not in text
        assert "\u202e" not in text
        assert "<svg" in text
    assert picture.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "var(" not in picture
    assert not re.search("<text (?![^>]*fill=)", picture)  # without a style sheet it would not be seen
    assert 'dy="' in picture  # commit and day are two lines
    assert "http:" not in page
    assert "https:" not in page
    assert "The score fell" in page
    before = Path("h.svg").read_bytes()
    assert 0 == main(given)
    assert before == Path("h.svg").read_bytes()


def test_hostile_texts(tmp_path: Path, capsys: Capture) -> None:
    """Whatever names hold, terminal and page show them as text."""
    file = tmp_path / "h.sqlite"
    baseline = {"name": "".join(HOSTILE[:-2]), "baseline_score": 0.7}
    names = ("task", "checkpoint", "source", "branch", "commit", "headline_metric", "device", "verdict", "digest")
    for number, text in enumerate(HOSTILE):
        given: dict[str, Any] = dict.fromkeys(names, text)
        HistoryFile(file).append([make_record(number, nodeid=f"{text}::{number}", baseline=baseline, **given)])
    assert 0 == main(["history", f"--file={file}", f"--html={tmp_path / 'h.html'}"])
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.splitlines())
    assert not any(line.startswith(("::", "##[")) for line in out.splitlines())
    page = (tmp_path / "h.html").read_text("utf-8")
    assert "<script" not in page
    assert not any(each in page for each in "\u202e\x1b\x00")
    assert 0 == main(["history", f"--file={file}", "--json"])
    assert len(json.loads(capsys.readouterr().out)) == len(HOSTILE)


@pytest.mark.parametrize("flags", [("--html=h.sqlite",), ("--svg=h.sqlite",), ("--html=x", "--svg=x")])
def test_files_that_are_one(file: Path, capsys: Capture, flags: tuple[str, ...]) -> None:
    """The history is not overwritten by its own page."""
    before = file.read_bytes()
    assert 2 == main(["history", "rte", f"--file={file}", *flags])
    assert capsys.readouterr().err.endswith(": name another one\n")
    assert (before, ["h.sqlite"]) == (file.read_bytes(), [each.name for each in file.parent.iterdir()])


EDITS = {
    "runs": ("[{}]", '[{"seed": 1}]', '[{"seed": 1, "metrics": 1, "stopped": 0, "failed": 0}]'),
    "baseline": ("{}", '{"name": 1, "recorded_at": "yesterday"}', '{"name": "x", "baseline_score": "high"}'),
    "recipe": ("[]",),
    "interval_high": (9e999,),
    "score": (-9e999,),
    "metrics": ("[]", '{"accuracy": "high"}'),
    '"time"': ("yesterday", "2026"),
    "headline_metric": ("none",),
}


@pytest.mark.parametrize(("column", "value"), [(column, value) for column in EDITS for value in EDITS[column]])
def test_an_edited_history(file: Path, capsys: Capture, column: str, value: object) -> None:
    """It is shown, or refused with its name; there is no traceback."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(f"UPDATE evaluation SET {column} = ? WHERE id % 3 = 0", [value])  # noqa: S608
    for flag in ("--json", "--all"):
        code = main(["history", "rte", f"--file={file}", flag])
        assert (code, True) in {(0, True), (2, str(file) in capsys.readouterr().err)}


def test_a_picture_of_several_series(file: Path, capsys: Capture) -> None:
    """One is drawn, so that the others are named."""
    assert 2 == main(["history", f"--file={file}", "--svg=h.svg"])
    assert "--svg draws one series, and 2 match (cola · a/b, rte · a/b): name a task" in capsys.readouterr().err


def test_a_file_that_is_no_history(tmp_path: Path, capsys: Capture) -> None:
    """A message, no traceback."""
    (tmp_path / "h").write_text("notes")
    for name in ("h", "missing"):
        assert 2 == main(["history", f"--file={tmp_path / name}"])
        assert "the history " in capsys.readouterr().err
