"""`pytest-glue report` of a report in which somebody edited a value, or that was cut short."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from tests.damage import changed, places
from tests.unit.reports.page.test_page import compared
from tests.unit.reports.test_edited_reports import ODD

N_PAGES = 25


@pytest.fixture
def content(report_of: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A report with every part."""
    report = report_of(compared(), errors={"s.py::test[e]": "gone"})
    report["options"]["report_text"] = "none"
    return report


def rebuilt(file: Path, report: Any, capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, str]:
    """Write the report, rebuild it, and return exit code and error output."""
    file.write_text(report if isinstance(report, str) else json.dumps(report), "utf-8")
    return main(["report", str(file), *flags]), capsys.readouterr().err


@pytest.mark.untraced
def test_a_summary_of_every_odd_value(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No value ends in a traceback: exit code 2 has a message."""
    file, flag = tmp_path / "r.json", f"--markdown={tmp_path / 'r.md'}"
    assert (0, "") == rebuilt(file, content, capsys, flag)
    for place in places(content):
        value = random.Random(str(place)).choice(ODD)  # noqa: S311 - no cryptography
        code, message = rebuilt(file, changed(content, place, value), capsys, flag)
        assert (code == 2) == bool(message), (place, value)


@pytest.mark.untraced
def test_pages_of_odd_values(content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for some pages, which take longer."""
    file, flag = tmp_path / "r.json", f"--html={tmp_path / 'r.html'}"
    assert (0, "") == rebuilt(file, content, capsys, flag)
    chosen = random.Random(18)  # noqa: S311 - no cryptography
    for place in chosen.sample(list(places(content)), N_PAGES):
        value = chosen.choice(ODD)
        code, message = rebuilt(file, changed(content, place, value), capsys, flag)
        assert (code == 2) == bool(message), (place, value)


def test_a_report_that_is_cut_short(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says that it is no report, and no page is written."""
    text = json.dumps(content)
    code, message = rebuilt(
        tmp_path / "r.json",
        text[: len(text) // 2],
        capsys,
        f"--html={tmp_path / 'r.html'}",
        f"--markdown={tmp_path}/r.md",
    )
    assert code == 2
    assert "is not a JSON report, or was cut short: " in message
    assert ["r.json"] == [path.name for path in tmp_path.iterdir()]


def test_a_summary_imports_nothing_heavy(content: dict[str, Any], tmp_path: Path) -> None:
    """Neither the packages of the page nor those that train are needed for Markdown."""
    file = tmp_path / "r.json"
    file.write_text(json.dumps(content), "utf-8")
    code = (
        "import sys\nfrom pytest_glue.cli import main\n"
        f"assert 0 == main(['report', {str(file)!r}, '--markdown', {str(tmp_path / 'r.md')!r}])\n"
        "heavy = {'altair', 'jinja2', 'vl_convert', 'torch', 'transformers', 'datasets', 'optuna', 'ray'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == result.stdout.splitlines()[-1]
