"""`pytest-glue report` writes what the test run wrote, for every kind of item."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.golden import GoldenMiss, GoldenResult
from pytest_glue.core.study import Study
from pytest_glue.core.tasks import Kind
from pytest_glue.core.verdict import SliceResult, Verdict
from pytest_glue.reports.json import document, encode
from pytest_glue.session.pages import encode_html, encode_markdown
from tests.factories import make_evaluation, make_run, make_runs
from tests.unit.reports.page.test_page import compared

SLICES = (
    SliceResult("language=de", 100, 0.6, {"accuracy": 0.6}, (0.5, 0.7), {"accuracy": 0.7}, None, Verdict.FAIL, "low"),
    SliceResult("few", 3, None, {"accuracy": None}, note="not judged: 3 examples"),
)
GOLDEN = GoldenResult("golden.csv", 4, 1.0, 0.75, 1, (GoldenMiss(2, "yes", "no", (42,), "golden.csv:3"),))


@pytest.fixture
def items(study: Study) -> dict[str, Evaluation]:
    """An item of each kind."""
    undefined = make_run(metrics={"accuracy": None, "odd": float("nan")})
    made = {
        "compared": compared(),
        "slices": make_evaluation(slices=SLICES),
        "golden": make_evaluation(golden=GOLDEN),
        "fixed": make_evaluation([make_run(history=())], evaluate_only=True, n_train=0),
        "search": make_evaluation(study=study, terms=study.terms),
        "sets": make_evaluation(labels=("a", "b"), kind=Kind.MULTI_LABEL, task="topics"),
        "undefined": make_evaluation([undefined], verdict=Verdict.DEGENERATE),
        "hostile": make_evaluation(task="\u202e<b>|`\udcff", notes=("a\x1b[31m\n::error::b",)),
        "infinite": make_evaluation(recipe={"max_grad_norm": float("inf"), "lr": 1e-300}),
    }
    return {name: replace(each, nodeid=f"s.py::test[{name}]") for name, each in made.items()}


@pytest.mark.parametrize("flags", [("--html=r.json",), ("--markdown=./r.json",), ("--html=x", "--markdown=x")])
def test_files_that_are_one(
    flags: tuple[str, ...],
    written: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A report is not overwritten by its own page, nor a page by its summary."""
    _, file = written(make_evaluation())
    monkeypatch.chdir(file.parent)
    before = file.read_bytes()
    assert 2 == main(["report", "r.json", *flags])
    assert capsys.readouterr().err.endswith(": name another one\n")
    assert (before, ["r.json"]) == (file.read_bytes(), [each.name for each in file.parent.iterdir()])


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Any]:
    """Return the document of a test run, and its file as the run writes it."""

    def write(*evaluations: Evaluation, **options: Any) -> tuple[dict[str, Any], Path]:
        asked = combine([OptionSource("{name}", {"data": "sample", "report_text": "none", **options}, tmp_path)])
        errors = {"s.py::test[cola-x]": "no memory\nleft", "": "not collected"}
        report = document(asked, evaluations, errors, tmp_path, Family(len(evaluations) + 1))
        file = tmp_path / "r.json"
        file.write_bytes(encode(report))
        return report, file

    return write


def test_every_kind_of_item(items: dict[str, Evaluation], written: Callable[..., Any], tmp_path: Path) -> None:
    """Page and summary of the file are those of the test run, byte for byte, with predictions in the file or not."""
    report, file = written(*items.values(), json_predictions="on")
    page, summary = tmp_path / "r.html", tmp_path / "r.md"
    assert 0 == main(["report", str(file), f"--html={page}", f"--markdown={summary}"])
    assert encode_markdown(report) == summary.read_bytes()
    assert encode_html(report) == page.read_bytes()
    for name in items:
        assert f"test[{name}]" in page.read_text("utf-8").replace("&#39;", "'")
    without, _ = written(*items.values())
    assert summary.read_bytes() == encode_markdown(without)


def test_merged_shards(written: Callable[..., Any], tmp_path: Path) -> None:
    """The merged report is shown as one test run of all items."""
    parts = []
    for part, (nodeid, wrong) in enumerate((("s.py::test[a]", 40), ("s.py::test[z]", 80)), 1):
        evaluation = make_evaluation(make_runs("rte", (0.0, 1.0) * 80, wrong), nodeid=nodeid)
        report, _ = written(evaluation, shard=f"{part}/2")
        report = {**report, "family": {"size": 2, "partition": f"sha256:{'0' * 64}"}, "errors": []}
        parts.append(tmp_path / f"{part}.json")
        parts[-1].write_bytes(encode(report))
    merged = tmp_path / "all.json"
    assert 1 == main(["merge", *map(str, parts), "-o", str(merged)])
    assert 0 == main(["report", str(merged), f"--markdown={tmp_path / 'r.md'}"])
    assert encode_markdown(json.loads(merged.read_bytes())) == (tmp_path / "r.md").read_bytes()
    assert "2 of 2 items failed" in (tmp_path / "r.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"schema_version": 1, "resul', "is not a JSON report, or was cut short: "),
        ("<html>", "is not a JSON report, or was cut short: "),
        (
            '{"schema_version": 2}',
            "has the schema version 2, and this pytest-glue reads 1: install the one that wrote it",
        ),
        ('"text"', "is not a JSON report of pytest-glue: it has no schema version"),
        ('{"schema_version": 1, "results": []}', "is not a complete report: it has no environment"),
        ("", "is empty"),
        (None, "is a folder, and a file is needed"),
    ],
)
def test_what_is_no_report(
    content: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says what is there instead, nothing is written, and a file that is there stays."""
    file, summary = tmp_path / "r.json", tmp_path / "r.md"
    summary.write_text("before", "utf-8")
    file.mkdir() if content is None else file.write_text(content, "utf-8")
    assert 2 == main(["report", str(file), f"--markdown={summary}"])
    found = capsys.readouterr().err
    assert str(file) in found
    assert message in found
    assert "before" == summary.read_text("utf-8")
