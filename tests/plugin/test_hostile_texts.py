"""Data, labels, a hook's sentence and an error that hold markup, control characters and 100,000 characters."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pytest_glue.cli import main
from tests.hostile import HOSTILE
from tests.unit.reports.page.test_page import Parsed
from tests.unit.reports.test_markdown import rendered

Run = Callable[..., pytest.RunResult]
LABELS = [text for text in HOSTILE if text.isascii() or "\u202e" in text]
"""Files hold no lone surrogates."""
HOOKS = """
from tests.hostile import HOSTILE

def pytest_glue_verdict(evaluation):
    return "fail", "".join(HOSTILE)
"""
SUITE = """
from tests.hostile import HOSTILE

def test_glue(glue_evaluation):
    glue_evaluation.check()

def test_error(glue_trainer, glue_evaluation):
    raise AssertionError("".join(HOSTILE))
"""


def write(path: Path, size: int) -> None:
    rows = [
        {"message": f"{LABELS[index % 3]} {index}", "team": LABELS[index % len(LABELS)], "language": LABELS[index % 2]}
        for index in range(size)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def test_every_report(pytester: pytest.Pytester, tiny: Run, report: Callable[..., Any]) -> None:
    """Each is well-formed, shows no CI command, and is written again as it was."""
    for name, size in (("train", 48), ("validation", 44), ("golden", 11)):
        write(pytester.path / f"{name}.jsonl", size)
    table = "[tool.pytest_glue.task.mine]\ndata = '.'\ntext = 'message'\nlabel = 'team'\n"
    pytester.makepyprojecttoml(f"{table}slices = ['language']\ngolden = 'golden.jsonl'\n")
    pytester.makeconftest(HOOKS)
    pytester.makepyfile(test_suite=SUITE)
    files = ("--glue-json=out.json", "--glue-html=out.html", "--glue-markdown=out.md", "--junitxml=out.xml")

    result = tiny("--glue-tasks=mine", *files)

    result.assert_outcomes(failed=2)
    shown = result.stdout.str()
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert [] == [line for line in shown.splitlines() if line.lstrip().startswith(("::", "##["))]
    (found, _) = report()["results"]
    assert set(LABELS) == set(found["labels"])
    assert found["golden"]["misses"]
    cases = ET.parse(pytester.path / "out.xml").iter("testcase")  # noqa: S314 - written by pytest, just now
    assert 2 == sum(1 for _ in cases)
    page, summary = ((pytester.path / f"out.{name}").read_text("utf-8") for name in ("html", "md"))
    parsed = Parsed(page)
    assert (2, 0) == (parsed.tags.count("article"), parsed.tags.count("script"))
    assert 3 == rendered(summary).count("<details>") == rendered(summary).count("</details>")
    for text in (page, summary):
        assert text.replace("\n", "").replace("\t", "").replace("\u200b", "").isprintable()
        assert len(text) < 500_000
    assert 0 == main(["report", "out.json", "--html=again.html", "--markdown=again.md"])
    assert [page, summary] == [(pytester.path / f"again.{name}").read_text("utf-8") for name in ("html", "md")]
