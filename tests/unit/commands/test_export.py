"""`pytest-glue export`: files, messages and exit codes."""

import json
from fnmatch import fnmatch
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from pytest_glue.config.options import Options
from pytest_glue.core.family import Family
from pytest_glue.reports.json import document, encode
from tests.damage import changed, places
from tests.factories import make_evaluation


@pytest.fixture
def report(tmp_path: Path) -> str:
    """The file of a report with a result and an error."""
    file = tmp_path / "report.json"
    errors = {"s.py::test_glue[cola-a-b]": "gone"}
    file.write_bytes(encode(document(Options(), [make_evaluation()], errors, tmp_path, Family(2))))
    return str(file)


def test_files_and_what_is_left_out(report: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Written files are listed; an item that is left out is named with the reason, and in the exit code."""
    written = tmp_path / "out" / "a-b-86b5e09" / "model-index.yaml"
    given = ["export", report, "--format=model-index", f"--output={tmp_path / 'out'}"]
    assert 1 == main(given)
    output, errors = capsys.readouterr()
    assert f"{written}\n" == output
    assert "left out: s.py::test_glue[cola-a-b]: it ended in an error\n" == errors
    first = written.read_bytes()
    assert 0 == main([*given, "--item=rte"])
    assert ("", first) == (capsys.readouterr().err, written.read_bytes())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--format=every-eval-ever"], "every-eval-ever needs who evaluates: give --organization=NAME"),
        (["--format=eval-results"], "left out: *cola*: *\nleft out: *rte*: *\nnothing is exported: *"),
        (["--format=model-index", "--item=cola"], "left out: *cola*: it ended in an error\nnothing is exported: *"),
        (["--format=model-index", "--output={file}"], "the exported report *cannot be written*"),
    ],
)
def test_nothing_is_exported(
    report: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], message: str
) -> None:
    """The exit code is 2, and the message says what to do."""
    folder = f"--output={tmp_path / 'out'}"
    assert 2 == main(["export", report, folder, *(each.format(file=report) for each in given)])
    output, errors = capsys.readouterr()
    assert not output
    assert fnmatch(errors, f"{message}*")
    assert not (tmp_path / "out").exists()


def test_a_task_of_a_benchmark(report: str, tmp_path: Path) -> None:
    """It is named with the id that its dataset gives it."""
    given = ["export", report, "--format=eval-results", f"--output={tmp_path}", "--benchmark-task=rte=glue_rte"]
    assert 1 == main(given)
    assert "task_id: glue_rte" in (tmp_path / "a-b-86b5e09" / ".eval_results" / "rte.yaml").read_text("utf-8")
    with pytest.raises(SystemExit):
        main([*given[:-1], "--benchmark-task=rte"])


ODD: tuple[Any, ...] = ("../../x", None, 10**400, {"a": []})
ASKED = {
    "model-index": (),
    "eval-results": ("--benchmark-task=rte=rte",),
    "every-eval-ever": ("--organization=Lab", "--relationship=other"),
}


def test_a_report_that_was_edited(report: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No value ends in a traceback, and no name leaves the folder."""
    file, output = Path(report), tmp_path / "out" / "in"
    content, names = json.loads(file.read_text("utf-8")), cycle(ASKED)
    keys = {"results", "environment", "options"}
    for place in (each for each in places(content) if each[:1] and each[0] in keys and "runs" not in each):
        for value in ODD:
            file.write_text(json.dumps(changed(content, place, value)), "utf-8")
            name = next(names)
            code = main(["export", report, f"--format={name}", f"--output={output}", *ASKED[name]])
            assert (code != 0) == bool(capsys.readouterr().err), (place, value, name)
    assert {"in"} == {each.name for each in output.parent.iterdir()}


@pytest.mark.parametrize("name", ["a b/c", "../x", "a/..", "a", "a/b/c", "a/b\n", "/a", "<b>/c"])
def test_a_name_that_no_model_can_have(
    report: str, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hub would refuse it, and folders are named after it."""
    with pytest.raises(SystemExit, match="2"):
        main(["export", report, "--format=model-index", f"--output={tmp_path / 'out'}", f"--model={name}"])
    assert f"{name!r}: expected OWNER/NAME, as in me/tickets-minilm" in capsys.readouterr().err
