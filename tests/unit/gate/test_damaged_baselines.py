"""A baseline's file in each state, and each of its fields with each odd value: a `BaselineError`, or a comparison."""

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import SCHEMA_VERSION, decode_baseline
from pytest_glue.gate.comparability import check_comparable
from pytest_glue.gate.diagnostics import examine, examine_baseline
from pytest_glue.gate.regression import RegressionCriterion, against_baseline
from tests.damage import DAMAGES, changed, places, remove
from tests.factories import RTE_LABELS, make_baseline, make_conditions, make_runs

RTE = GLUE["rte"]
RUNS = make_runs("rte", RTE_LABELS, 78, 80)
NUMBERS = [-1, 0, 1, 0.5, -1.5, 2**70, 10**400, 1e308, float("nan"), float("inf")]
ODD: list[Any] = [None, True, *NUMBERS, "", "x", "0", "\0", [], [1], ["a"], [[]], [None], [{}], {}, {"a": 1}]
MAY_PASS = {name for name in DAMAGES if name.startswith("a bit at")} | {"cut by a byte"}
"""A bit of a number or a name of a library, and the last line end."""
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "1" * 64 + "\nsize 12\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A baseline of RTE with two seeds."""
    path = tmp_path / "main" / "rte" / "sample.json"
    baseline_storage.write(path, make_baseline(RUNS))
    return path


def compared(file: Path) -> str:
    """Read a baseline and compare RTE with it; return the verdict or the message of the error."""
    try:
        baseline = baseline_storage.read(file)
        check_comparable(baseline, str(file), RTE, make_conditions())
    except BaselineError as error:
        return str(error)
    rule = RegressionCriterion("main", str(file), baseline, 0.01, 0.05, 1)
    candidate, recorded = examine(RTE, RUNS, RTE_LABELS), examine_baseline(RTE, baseline, RTE_LABELS)
    return against_baseline(rule, candidate, recorded, RTE_LABELS).verdict


def test_every_field_with_every_odd_value(file: Path) -> None:
    """An edited field is refused, or it is one that a comparison does not depend on."""
    content, verdict = json.loads(file.read_text("utf-8")), compared(file)
    for place in places(content):
        for value in ODD:
            file.write_text(json.dumps(changed(content, place, value)), "utf-8")
            found = compared(file)
            assert found == verdict or str(file) in found, (place, value)


def test_every_damage(file: Path) -> None:
    """Reading neither hangs nor ends in another error than a `BaselineError`, which names the file."""
    content, verdict = file.read_bytes(), compared(file)
    for name, damage in DAMAGES.items():
        damage(file)
        found = compared(file)
        assert str(file) in found or (found == verdict and name in MAY_PASS), name
        if name != "missing":
            assert file == baseline_storage.find(file.parents[2], "main", "rte", "sample"), name
        remove(file)
        file.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_eval": 1}, "it holds 1 evaluation example, and a comparison needs 2"),
        ({"seed": -1}, f"it holds the seed -1; seeds are from 0 to {2**32 - 1}"),
        ({"visible_drops": {"3": -0.5}}, "its visible_drops contain -0.5, which is no drop"),
        (
            {"groups": {"n_groups": 1, "size": 2.0, "effect": 1.0}},
            "its groups do not fit 277 evaluation examples: {'n_groups': 1, 'size': 2.0, 'effect': 1.0}",
        ),
        ({"schema_version": True}, "it has schema version True and this pytest-glue reads 1"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_values_that_no_run_writes(file: Path, change: dict[str, Any], message: str) -> None:
    """One example, a negative seed or a negative drop is refused where the file is read."""
    content = json.loads(file.read_text("utf-8"))
    for run in content["runs"]:
        run["predictions"] = ["0"] if "n_eval" in change else run["predictions"]
    if "seed" in change:
        content["runs"][0] |= change
    else:
        content |= change
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(BaselineError, match=message):
        baseline_storage.read(file)


def test_a_pointer_of_git_lfs(file: Path) -> None:
    """A checkout without Git LFS is named, with the remedy."""
    file.write_text(LFS, "utf-8")
    with pytest.raises(BaselineError, match=r"is a Git LFS pointer, .*: run `git lfs pull` in its repository$"):
        baseline_storage.read(file)


def test_json_that_is_nested_too_deeply(file: Path) -> None:
    """A document that no parser reads is damage."""
    file.write_text("[" * 100_000, "utf-8")
    with pytest.raises(BaselineError, match=r"is damaged \(not JSON: "):
        baseline_storage.read(file)


@pytest.mark.parametrize("obstacle", ["file", "folder", "long"])
def test_a_baseline_that_cannot_be_written(file: Path, obstacle: str) -> None:
    """That is known before anything is trained; a path that can be written passes, and nothing is created."""
    storage = file.parents[2]
    baseline_storage.check_writable(storage / "new" / "rte" / "sample.json")
    assert not (storage / "new").exists()
    target = {
        "file": file / "rte" / "sample.json",
        "folder": storage / "main" / "rte",
        "long": file.with_name("x" * 201),
    }[obstacle]
    with pytest.raises(BaselineError, match=r"cannot be written: "):
        baseline_storage.check_writable(target)


def test_the_baseline_is_read_back(file: Path) -> None:
    """The file that the other tests change is a whole baseline."""
    assert isinstance(baseline_storage.read(file), Baseline)
    assert compared(file) in {"inconclusive", "pass"}


def test_a_report_is_no_baseline() -> None:
    """A user who wants to compare with an earlier test run may name its report."""
    report = {"schema_version": SCHEMA_VERSION, "environment": {}, "options": {}, "results": [], "errors": []}
    with pytest.raises(BaselineError, match=r"it is a JSON report: record a baseline with --glue-save=NAME, or"):
        decode_baseline(report)
