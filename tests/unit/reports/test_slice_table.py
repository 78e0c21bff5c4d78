"""The table of slices at the end of a test run, and slices in a report that is read again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_glue.config.options import Options
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.golden import GoldenMiss, GoldenResult
from pytest_glue.core.verdict import SliceComparison, SliceResult, Verdict
from pytest_glue.reports.json import document
from pytest_glue.reports.recorded_report import evaluations
from pytest_glue.reports.slice_table import slice_lines
from tests.factories import DIGEST, make_evaluation

COMPARED = SliceComparison(0.8, 0.69, -0.11, 0.02, (-0.2, -0.02), 0.95, 0.001, 0.01, 0.08, Verdict.FAIL)
SLICES = (
    SliceResult(
        "genre=news", 100, 0.7, {"accuracy": 0.7}, (0.6, 0.8), {}, COMPARED, Verdict.FAIL, "accuracy 0.690 ..."
    ),
    SliceResult("genre=law", 50, 0.9, {"accuracy": 0.9}, (0.8, 1.0), {"accuracy": 0.85}, None, Verdict.PASS),
    SliceResult(
        "long", 3, None, {"accuracy": None}, note="not judged: 3 examples, fewer than the 20 that a verdict needs"
    ),
)
MISS = GoldenMiss(1, "entailment", "not_entailment", (42,), "golden.csv:3", ("a", "b"))
GOLDEN = GoldenResult("golden.csv", 2, 1.0, 0.5, 1, (MISS,), DIGEST)


def evaluation(**changes: Any) -> Evaluation:
    return make_evaluation(**{"slices": SLICES, "golden": GOLDEN, "baseline": {"name": "main"}, **changes})


def test_slices_that_fail_are_shown() -> None:
    assert slice_lines([evaluation()]) == [
        "",
        "slice of  checkpoint   slice         n  score  95% CI          compared with  difference  verdict",
        "rte       a/b@86b5e09  genre=news  100  0.690  0.600 to 0.800     main 0.800      -0.110  fail",
        "2 slices without a fail: shown with -v, and in the JSON report (--glue-json)",
    ]


def test_all_are_shown_if_verbose() -> None:
    """One that is not judged says why, below the table."""
    _, _, *rows, reason = slice_lines([evaluation()], verbose=True)
    assert ["fail", "pass", "not judged"] == [row.split("  ")[-1].strip() for row in rows]
    assert "slice long of rte not judged: 3 examples, fewer than the 20 that a verdict needs" == reason
    cells = [row.split() for row in rows]
    assert ["genre=law", "50", "0.900", "0.800", "to", "1.000", "0.850", "+0.050", "pass"] == cells[1][2:]
    assert ["long", "3", "undefined", "not", "judged"] == cells[2][2:]


def test_without_slices_there_is_no_line() -> None:
    assert [] == slice_lines([make_evaluation()], verbose=True)


def test_a_report_holds_slices_and_golden_examples(tmp_path: Path) -> None:
    """A merged report is read from JSON, which has no text of an example."""
    report = json.loads(json.dumps(document(Options(), [evaluation(baseline=None)], {}, tmp_path)))
    (again,) = evaluations(report)
    without_texts = replace(GOLDEN, misses=(replace(MISS, texts=()),))
    assert (SLICES, without_texts) == (again.judgement.slices, again.judgement.golden)
