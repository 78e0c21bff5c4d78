"""Whatever names, labels, texts and messages hold, each report keeps its structure."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from _pytest.junitxml import bin_xml_escape

from pytest_glue.core.error_analysis import CalibrationBin, LabelScores
from pytest_glue.core.golden import GoldenMiss, GoldenResult
from pytest_glue.core.study import Study
from pytest_glue.core.verdict import FailedRun, SliceResult, Verdict
from pytest_glue.reports.example_texts import ExampleTexts, ItemTexts
from pytest_glue.reports.json import encode
from pytest_glue.reports.junit import properties
from pytest_glue.reports.markdown import markdown
from pytest_glue.reports.page.page import page
from pytest_glue.reports.recorded_report import evaluations, summary_lines
from pytest_glue.reports.view import view_of
from pytest_glue.reports.width import shown_width
from tests.factories import DIGEST, make_evaluation
from tests.hostile import HOSTILE, with_names
from tests.unit.reports.page.test_page import Parsed, compared
from tests.unit.reports.test_markdown import rendered

Report = dict[str, Any]
TAGS = "h1|h2|h3|table|tr|td|details|summary|script|img|strong|em|pre|blockquote|ul|li"


@pytest.fixture
def content(report_of: Callable[..., Report], study: Study) -> Report:
    """A report with every part."""
    golden = GoldenResult("g.csv", 2, 1.0, 0.5, 1, (GoldenMiss(1, "yes", "no", (42,), "g.csv:3"),), DIGEST)
    slices = (SliceResult("language=de", 90, 0.5, {"accuracy": 0.5}, verdict=Verdict.FAIL, note="few"),)
    first = compared()
    judgement = replace(first.judgement, golden=golden, slices=slices, failed_runs=(FailedRun(1, "constant"),))
    more: dict[str, Any] = {"label_scores": (LabelScores("rare", 3, 1.5, None, 0.5, 0.4),), "notes": ("a note",)}
    first = replace(first, judgement=judgement, calibration=(CalibrationBin(0.6, 0.7, 20, 0.65, 0.5),), **more)
    other = replace(first.checkpoint, name="other/one", role="candidate")
    second = make_evaluation(study=study, checkpoint=other, nodeid="s.py::test[rte-candidate]")
    return report_of(first, second, errors={"s.py::test[cola-x]": "no memory"})


def named(content: Report, hostile: str) -> Report:
    """Return the report with a hostile text in each name, label and message, as it is read from its file."""
    changed: Report = json.loads(encode(with_names(content, lambda text: f"{text} {hostile}")))
    return changed


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_markdown_and_junit(content: Report, hostile: str) -> None:
    """No tag, cell, fence, command of a CI log or mention; XML can be parsed."""
    plain, odd = (markdown(view_of(named(content, text))) for text in ("plain", hostile))
    counted = [Counter(re.findall(rf"<({TAGS})\b", rendered(text))) for text in (plain, odd)]
    assert counted[0] == counted[1]
    assert [] == [line for line in odd.splitlines() if line.lstrip().startswith(("::", "##["))]
    assert odd.encode().decode().replace("\n", "").replace("\u200b", "").isprintable()
    assert not re.search(r"@everyone|#1\b", re.sub(r"<pre>.*?</pre>", "", rendered(odd), flags=re.DOTALL))
    assert set(re.findall(r'href="(\w+):', rendered(odd))) <= {"http", "https"}  # of texts that are addresses
    assert len(odd) < 200_000
    for name, value in properties(evaluations(named(content, hostile))[0]):
        text = ET.tostring(ET.Element("property", {"value": str(bin_xml_escape(value))}), "unicode")
        assert ET.fromstring(text).get("value"), name  # noqa: S314 - made here


@pytest.mark.parametrize("hostile", ["".join(HOSTILE[:5]), "".join(HOSTILE[5:10]), *HOSTILE[10:]], ids=range(4))
def test_a_page(content: Report, hostile: str) -> None:
    """No element; what is invisible is escaped, and 100,000 characters are cut."""
    pages = []
    for text in ("plain", hostile):
        report = named(content, text)
        texts = ItemTexts(ExampleTexts({0: (text, text)}), ExampleTexts({1: (text,)}))
        pages.append(page(view_of(report), {report["results"][0]["nodeid"]: texts}))
    kinds = [[tag for tag in Parsed(each).tags if tag not in {"text", "g", "line"}] for each in pages]
    assert kinds[0] == kinds[1]
    assert pages[1].encode().decode().replace("\n", "").replace("\t", "").isprintable()
    assert len(pages[1]) < len(pages[0]) + 1_500_000  # of hundreds of names that are too long


@pytest.mark.parametrize(
    "hostile", [*HOSTILE, "word ::error::stop", "\u05d0 \u65e5\u672c"], ids=range(len(HOSTILE) + 2)
)
def test_the_terminal(content: Report, hostile: str) -> None:
    """As many rows as without, which fit the terminal and end in their verdict; no command of terminal or CI log."""
    plain, odd = (summary_lines(named(content, text), 80) for text in ("plain", hostile))
    rows = [[line for line in lines if re.search(r" (fail|error)$", line)] for lines in (plain, odd)]
    assert [4, 4] == list(map(len, rows))  # two items, an error and a slice
    assert all(shown_width(row) <= 80 for row in rows[1])
    for line in odd:
        assert line.replace("\u200e", "").isprintable()
        assert shown_width(line) <= 80 or " " not in line.strip() or len(line) <= 2100
        assert not line.lstrip().startswith(("::", "##["))
