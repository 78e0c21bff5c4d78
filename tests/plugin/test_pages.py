"""The page and the summary of a test run, and `pytest-glue report`."""

import json
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from pytest_glue.core.tasks import GLUE
from pytest_glue.data.source import open_source

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]
FILES = ("--glue-json=r.json", "--glue-html=new/r.html", "--glue-markdown=new/r.md")


def test_a_rebuild_equals_the_run(pytester: pytest.Pytester, tiny: Run) -> None:
    """Page and summary are made of what the JSON report holds, so that they are equal byte for byte."""
    result = tiny("--glue-tasks=cola,rte", "--glue-threshold=rte=0.99", *FILES)
    result.stdout.fnmatch_lines(["HTML report: *r.html"])
    assert 0 == main(["report", "r.json", "--html=again.html", "--markdown=again.md"])
    for name in ("html", "md"):
        again = (pytester.path / f"again.{name}").read_bytes()
        assert again == (pytester.path / "new" / f"r.{name}").read_bytes()
        assert str(pytester.path) not in again.decode()
    page = (pytester.path / "again.html").read_text("utf-8")
    assert "<h1>" in page
    assert "2 of 2 items failed" in page


def test_a_comparison_is_rebuilt_with_its_texts(pytester: pytest.Pytester, here: Run, report: Report) -> None:
    """Texts of flipped examples are read from the data in both, and no other report has them."""
    given = ("--glue-data=sample", "--glue-checkpoints=sample", "--glue-tasks=rte", "--glue-max-eval-samples=60")
    here(*given, "--glue-save=main", "--junitxml=a.xml")
    file = next(pytester.path.glob("glue-baselines/main/**/*.json"))
    baseline = json.loads(file.read_text("utf-8"))
    references = open_source("sample").load(GLUE["rte"])["validation"][:60]
    for run in baseline["runs"]:  # a baseline that gets everything right
        run["predictions"] = ["".join(str(label) for label in references["label"])]
        run["metrics"] = {"accuracy": 1.0}
    file.write_text(json.dumps(baseline), "utf-8")
    here(*given, "--glue-compare=main", *FILES, "--junitxml=r.xml")
    flipped = report("r.json")["results"][0]["baseline"]["negative_flips"]["examples"]
    assert flipped
    assert 0 == main(["report", "r.json", "--html=again.html"])
    page = (pytester.path / "new" / "r.html").read_bytes()
    assert page == (pytester.path / "again.html").read_bytes()
    text = references["sentence1"][flipped[0]]
    assert f'<blockquote dir="auto">{escape(text, quote=False)}</blockquote>' in page.decode()
    for other in ("r.json", "new/r.md", "r.xml"):
        assert text not in (pytester.path / other).read_text("utf-8")
    assert 0 == main(["report", "r.json", "--html=none.html", "--text=none"])
    assert text not in (pytester.path / "none.html").read_text("utf-8")


def test_the_summary_of_a_step(pytester: pytest.Pytester, tiny: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In GitHub Actions the summary is appended to that of the step without being asked for."""
    summary = pytester.path / "summary.md"
    summary.write_text("before\n", "utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    tiny("--glue-tasks=rte", "--glue-markdown=r.md")
    assert "before\n" + (pytester.path / "r.md").read_text("utf-8") == summary.read_text("utf-8")


def test_a_summary_that_cannot_be_written(
    pytester: pytest.Pytester, tiny: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a line at the end; the test run is what it was."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path))
    result = tiny("--glue-tasks=rte")
    result.assert_outcomes(failed=1)  # so few steps train nothing
    result.stdout.fnmatch_lines(["glue: the summary of this step, $GITHUB_STEP_SUMMARY=*, cannot be written: *"])


def test_a_missing_package(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is trained, the message says what to install."""
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    result = here("--glue-html=r.html")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    message = "the HTML report needs vl-convert-python, not installed here: pip install 'pytest-glue[report]'"
    result.stderr.fnmatch_lines([f"*{message.replace('[', '[[]')}"])


def test_two_reports_of_one_file(here: Run) -> None:
    """Each would replace the other."""
    result = here("--glue-json=r.json", "--glue-markdown=./r.json")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*--glue-json and --glue-markdown have the same file *r.json: name another one"])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--glue-html=x.html", "--html=x.html"), "--glue-html=*x.html is the file of --html: name another one"),
        (("--glue-json=x.xml", "--junitxml=./x.xml"), "--glue-json=*x.xml is the file of --junitxml: name another one"),
        (("--glue-markdown=tox.ini",), "--glue-markdown=*tox.ini is the configuration of pytest: name another one"),
        (("--glue-markdown=step.md",), "--glue-markdown=*step.md is the summary of this step, which gets the report *"),
    ],
)
def test_the_file_of_another(
    here: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], message: str
) -> None:
    """A report of pytest or of another plugin, the configuration, or the summary of a step, is not replaced."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "step.md"))
    ini = pytester.makefile(".ini", tox="[pytest]\n")
    before = ini.read_bytes()
    result = here(*flags)
    assert (pytest.ExitCode.USAGE_ERROR, before) == (result.ret, ini.read_bytes())
    result.stderr.fnmatch_lines([f"*{message}"])


def test_the_report_before_is_replaced_at_once(pytester: pytest.Pytester, tiny: Run) -> None:
    """A page of an earlier test run would look like this one's while it goes on."""
    pytester.makeconftest(
        "from pathlib import Path\n\ndef pytest_runtest_setup():\n    print(Path('r.md').read_text())\n"
    )
    (pytester.path / "r.md").write_text("old", "utf-8")
    tiny("--glue-tasks=rte", "--glue-markdown=r.md", "-s").stdout.fnmatch_lines(["*No item has ended yet*"])


def test_nothing_to_write(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The command needs a file to write."""
    assert 2 == main(["report", str(tmp_path / "r.json")])
    assert "nothing to write: give --html=FILE, --markdown=FILE or both" in capsys.readouterr().err
