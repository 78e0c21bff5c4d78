"""Beside other plugins: pytest-html, pytest-json-report, pytest-repeat and pytest-split."""

import json
import re
from collections.abc import Callable
from html import unescape

import pytest

Run = Callable[..., pytest.RunResult]

TABLE = """
[tool.pytest_glue]
tasks = ["stsb"]
data = "sample"
checkpoints = ["sample"]
max_train_samples = 48
max_eval_samples = 24
recipe = { num_train_epochs = 1 }
threshold = { stsb = 1.0 }
"""


def test_rows_of_pytest_html(pytester: pytest.Pytester, here: Run) -> None:
    """Its table has the score, the bound and the verdict of each item; other tests have empty cells."""
    pytest.importorskip("pytest_html")
    pytester.makepyprojecttoml(TABLE)
    pytester.makepyfile("def test_plain(): ...\ndef test_glue(glue_evaluation): glue_evaluation.check()")

    here("--html=out.html").assert_outcomes(passed=1, failed=1)

    text = unescape((pytester.path / "out.html").read_text("utf-8")).replace("\\", "")
    assert "<th>Score</th>" in text
    assert re.search(r"<td>0\.\d{3}</td>[\", ]+<td>1\.000</td>[\", ]+<td>fail</td>", text)
    assert re.search(r"<td></td>[\", ]+<td></td>[\", ]+<td></td>", text)


def test_metadata_of_pytest_json_report(pytester: pytest.Pytester, here: Run) -> None:
    """Each item has its score, threshold and verdict, also without properties; other tests have none."""
    pytest.importorskip("pytest_jsonreport")
    pytester.makepyprojecttoml(TABLE)
    pytester.makepyfile("def test_plain(): ...\ndef test_glue(glue_evaluation): glue_evaluation.check()")
    flags = ("--json-report", "--json-report-file=out.json", "--glue-junit-properties=off")

    here(*flags, "--glue-json=glue.json").assert_outcomes(passed=1, failed=1)

    plain, item = json.loads((pytester.path / "out.json").read_text("utf-8"))["tests"]
    (result,) = json.loads((pytester.path / "glue.json").read_text("utf-8"))["results"]
    assert "metadata" not in plain
    found = item["metadata"]["glue"]
    assert ("stsb", "pearson", result["score"], 1.0, "fail") == tuple(
        found[name] for name in ("task", "metric", "score", "threshold", "verdict")
    )
    assert found["synthetic"] is True
    assert "user_properties" not in item


@pytest.mark.parametrize(
    ("plugin", "arguments", "line"),
    [
        ("pytest_repeat", ["--count=3"], "--count=3 repeats each item, and all 6 share the error rate alpha"),
        (
            "pytest_split",
            ["--splits=2", "--group=1"],
            "--splits=2: only the 1 items of this part share the error rate alpha; use --glue-shard=1/2 to divide it *",
        ),
    ],
)
def test_the_family_that_other_plugins_change(here: Run, plugin: str, arguments: list[str], line: str) -> None:
    """The header says that another plugin changes the number of items that share the error rate."""
    pytest.importorskip(plugin)

    result = here("--co", "--glue-tasks=rte,cola", "--glue-data=sample", "--glue-checkpoints=sample", *arguments)

    result.stdout.fnmatch_lines([f"glue: {line}"])
