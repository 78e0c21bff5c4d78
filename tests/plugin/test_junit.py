"""The JUnit report: properties, and the schema that Jenkins validates against."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

Run = Callable[..., pytest.RunResult]

SUITE = """
import pytest

def test_glue(glue_evaluation):
    glue_evaluation.check()

def test_breaks(glue_evaluation):
    raise ValueError

@pytest.fixture
def broken(glue_evaluation):
    raise ValueError

def test_errs(broken): ...

def test_skips(glue_evaluation):
    pytest.skip("not today")
"""


def test_the_output_is_valid(pytester: pytest.Pytester, tiny: Run) -> None:
    """Without properties of test cases, the report is valid; the suite keeps its properties."""
    schema = xmlschema.XMLSchema(Path(__file__).with_name("data") / "junit-10.xsd")
    pytester.makepyfile(test_suite=SUITE)
    arguments = ("--glue-tasks=stsb,wnli", "--glue-threshold=stsb=1", "--junitxml=out.xml")

    tiny(*arguments, "--glue-junit-properties=off").assert_outcomes(passed=1, failed=3, errors=2, skipped=2)

    schema.validate(pytester.path / "out.xml")
    suite = ET.parse(pytester.path / "out.xml").getroot()[0]  # noqa: S314 - written by pytest, just now
    assert {
        "glue.tasks": "stsb, wnli",
        "glue.checkpoints": "sample",
        "glue.data": "sample (synthetic data)",
        "glue.synthetic": "true",
    } == {each.attrib["name"]: each.attrib["value"] for each in suite.findall("properties/property")}
    assert [] == suite.findall("testcase/properties")

    tiny(*arguments)
    assert not schema.is_valid(pytester.path / "out.xml")
