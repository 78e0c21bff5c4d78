"""Annotations of GitHub Actions."""

import re

import pytest

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.baseline_age import BaselineAge
from pytest_glue.reports.annotations import Annotation, annotations
from tests.factories import make_evaluation

ORDER = (False, 0, "")


def item(name: str, verdict: Verdict, *, failed: bool) -> Evaluation:
    return make_evaluation(nodeid=f"t.py::test_glue[{name}]", verdict=verdict, failed=failed, reason=f"why {name}")


def test_red_items_are_errors_and_unclear_ones_warnings() -> None:
    """Errors come first, since GitHub shows ten of each; a pass and an expected failure have none."""
    found = [
        item("passes", Verdict.PASS, failed=False),
        item("unclear", Verdict.INCONCLUSIVE, failed=False),
        item("fails", Verdict.FAIL, failed=True),
        item("unchecked", Verdict.FAIL, failed=True),
        item("expected", Verdict.FAIL, failed=True),
        item("otherwise", Verdict.PASS, failed=False),
    ]
    names = {
        "fails": "failed",
        "unchecked": "passed",
        "expected": "xfailed",
        "otherwise": "failed",
        "unclear": "passed",
    }
    outcomes = {f"t.py::test_glue[{name}]": outcome for name, outcome in names.items()}
    shown = annotations(found, {"t.py::test_glue[mine-a]": "no network"}, outcomes, ["mine"])  # type: ignore[arg-type]
    assert [
        ("error", "mine · a: error", "no network"),
        ("error", "rte · a/b@86b5e09: fail", "why fails"),
        ("error", "rte · a/b@86b5e09: pass, test failed", "why otherwise"),
        ("warning", "rte · a/b@86b5e09: fail, test passed", "why unchecked"),
        ("warning", "rte · a/b@86b5e09: inconclusive", "why unclear"),
    ] == [(each.level, each.title, each.message) for each in shown]


@pytest.mark.parametrize(
    ("title", "message", "command"),
    [
        ("a: b, c", "100 % :: a, b", "file=t.py,line=3,title=a%3A b%2C c::100 %25 :: a, b"),
        ("a\n::error::b", "a\n::error::b", r"file=t.py,line=3,title=a\n%3A%3Aerror%3A%3Ab::a%0A  | ::error::b"),
        ("a\r\x1b\u202e\ud800", "a\r\x1b", r"file=t.py,line=3,title=a\r\x1b\u202e\ud800::a\r\x1b"),
    ],
)
def test_nothing_breaks_out_of_an_annotation(title: str, message: str, command: str) -> None:
    """The runner reads a line up to its end, and properties up to a comma, a colon or an equals sign."""
    shown = Annotation("error", title, message, "", ORDER).command(("t.py", 3))
    assert f"::error {command}" == shown


def test_the_place_may_be_unknown_and_the_message_long() -> None:
    shown = Annotation("warning", "t" * 500, "m" * 100_000, "", ORDER).command(("", None))
    assert re.fullmatch(r"::warning title=t{199}…::m{3999}…", shown)


def test_an_old_baseline_is_one_warning() -> None:
    """Of all items that were compared with it, in the words of their note."""
    note = BaselineAge(9, 7).notes("main")
    passed = [make_evaluation(nodeid=name, verdict=Verdict.PASS, failed=False, notes=note) for name in "ab"]
    assert [("warning", "old baseline", *note)] == [
        (each.level, each.title, each.message) for each in annotations(passed, {}, {})
    ]
