"""What others get to know of a report: which items, under which names, and nothing of this machine."""

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import ReportError
from pytest_glue.core.runs import Run
from pytest_glue.core.verdict import FailedRun, SliceResult, Verdict
from pytest_glue.data.hub import REVISION
from pytest_glue.reports.export.dataset import Dataset, dataset_of
from pytest_glue.reports.export.result import ExportedResult, exported_results, file_name
from tests.factories import CHECKPOINT, make_evaluation, make_run

Report = Callable[..., dict[str, Any]]
OWN_HUB = {"hub": "owner/tickets", "configuration": "en", "revision": "0123456" + "7" * 33}


def only(report: dict[str, Any], **given: Any) -> ExportedResult:
    """Return the only result of a report that can be published."""
    (result,), left_out = exported_results(report, **given)
    assert not left_out
    return result


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data": "sample (synthetic data)"}, "its data or its checkpoint is synthetic"),
        ({"checkpoint": Checkpoint("sample", Origin.SAMPLE)}, "its data or its checkpoint is synthetic"),
        ({"verdict": Verdict.DEGENERATE}, "every run failed to train, so that its score says nothing*"),
        ({"runs": [make_run(metrics={"accuracy": None})]}, "its accuracy is undefined"),
        ({"runs": [make_run(stopped=True)]}, "a run ended early *, so that its score is a limit"),
    ],
)
def test_what_is_left_out(report_of: Report, changes: dict[str, Any], reason: str) -> None:
    """A number that says nothing about the checkpoint is not published, and a reason says so."""
    results, left_out = exported_results(report_of(make_evaluation(**changes)))
    assert [] == results
    assert fnmatch(next(iter(left_out.values())), reason)


def test_an_item_in_error(report_of: Report) -> None:
    """It has no score; the others have."""
    results, left_out = exported_results(report_of(make_evaluation(), errors={"s.py::test[cola-a-b]": "gone"}))
    assert (["rte"], {"s.py::test[cola-a-b]": "it ended in an error"}) == ([each.task for each in results], left_out)


@pytest.mark.parametrize(
    ("checkpoint", "model", "folder"),
    [
        (CHECKPOINT, "a/b", "a-b-86b5e09"),
        (Checkpoint("/home/me/secret/candidate", Origin.FOLDER), "candidate", "candidate"),
        (Checkpoint("/home/me/secret/run-7", Origin.FOLDER, role="candidate"), "candidate", "candidate"),
        (Checkpoint("a/b", Origin.HUB, role="candidate"), "a/b", "candidate"),
        (Checkpoint("a/b", Origin.HUB, role="../../etc"), "a/b", "etc"),
    ],
)
def test_the_name_of_the_model(report_of: Report, checkpoint: Checkpoint, model: str, folder: str) -> None:
    """A hub id names a model; of a folder, only its role or its last part does. No name leaves the output folder."""
    report = report_of(make_evaluation(checkpoint=checkpoint))
    assert (model, folder) == (only(report).model, only(report).checkpoint_id)
    assert "owner/name" == only(report, model="owner/name").model


@pytest.mark.parametrize(("text", "name"), [("a/b@c", "a-b-c"), ("../x", "x"), ("..", "unnamed"), ("é_1.2", "é_1.2")])
def test_a_name_stays_in_its_folder(text: str, name: str) -> None:
    """Whatever an edited report holds."""
    assert name == file_name(text)


def test_several_checkpoints(report_of: Report) -> None:
    """Folders of the same name stay apart, and one name for two models is refused."""
    folders = [Checkpoint(f"/home/me/{parent}/last", Origin.FOLDER) for parent in ("one", "two")]
    report = report_of(*(make_evaluation(nodeid=f"s.py::t[{each.name}]", checkpoint=each) for each in folders))
    results, _ = exported_results(report)
    assert {"one-last", "two-last"} == {each.model for each in results} == {each.checkpoint_id for each in results}
    with pytest.raises(ReportError, match=r"--model=a/c names one model, and there are 2: choose one with --item="):
        exported_results(report, model="a/c")
    assert "a/c" == only(report, item="two", model="a/c").model
    with pytest.raises(ReportError, match=r"--item=three: no item .* items: s\.py::t"):
        exported_results(report, item="three")


def test_two_items_of_one_pair(report_of: Report) -> None:
    """No format could tell them apart, so that one has to be chosen."""
    pair = [make_evaluation(nodeid=f"s.py::{name}[rte-a-b]") for name in ("test_short", "test_long")]
    with pytest.raises(ReportError, match=r"2 items evaluate a/b@86b5e09 on rte: .*test_long.*test_short.*--item="):
        exported_results(report_of(*pair))
    assert "rte" == only(report_of(*pair), item="test_long").task


@pytest.mark.parametrize(
    ("changes", "how"),
    [
        ({}, "one fine-tuning (seed 42) on 2490 examples, evaluated on 277 examples"),
        ({"evaluate_only": True, "n_train": 0}, "not fine-tuned, evaluated on 277 examples"),
        ({"n_eval": 100}, "one fine-tuning (seed 42) on 2490 examples, evaluated on the first 100 examples *"),
        (
            {"runs": [make_run(seed=1), make_run(seed=2)], "failed_runs": (FailedRun(2, "one class"),)},
            "mean of 2 fine-tunings (seeds 1, 2, 1 of which failed to train) on 2490 examples, *",
        ),
    ],
)
def test_how_the_score_came_about(report_of: Report, changes: dict[str, Any], how: str) -> None:
    """Whoever compares it with another score needs to know."""
    assert fnmatch(only(report_of(make_evaluation(**changes), max_eval_samples=100)).how, how)


def test_scores(report_of: Report) -> None:
    """The headline metric comes first, slices last; undefined scores are left out, and paths of own metrics too."""
    names = {"f1": 0.9, "accuracy": 0.8, "my_metrics:cost": 7.0, "/home/me/metrics/gain.py": 2.0, "recall": None}
    part = SliceResult("domain=news\u202e", 20, 0.7, {"accuracy": 0.7}, (0.5, 0.9))
    run = Run(42, names, (), (), duration_s=1.0)
    given = make_evaluation([run], headline_metric="accuracy", slices=(part,), confidence_interval=(0.7, 0.9))
    scores = only(report_of(given)).scores
    assert ["accuracy", "f1", "cost", "gain", r"accuracy, slice domain=news\u202e"] == [each.label for each in scores]
    assert [(0.7, 0.9), None, None, None, (0.5, 0.9)] == [each.confidence_interval for each in scores]
    assert [True, True, None, None, True] == [each.greater_is_better for each in scores]
    assert [277] * 4 + [20] == [each.n_eval for each in scores]


def test_the_direction_of_an_own_headline_metric(report_of: Report) -> None:
    """This process does not know the metric, but the report does."""
    run = Run(42, {"my_metrics:cost": 7.0}, (), (), duration_s=1.0)
    report = report_of(make_evaluation([run]))
    report["results"][0]["greater_is_better"] = False
    assert [False] == [each.greater_is_better for each in only(report).scores]


@pytest.mark.parametrize(
    ("task", "source", "options", "expected"),
    [
        ("rte", "nyu-mll/glue@bcdcba7", {}, Dataset("GLUE RTE", "nyu-mll/glue", "rte", REVISION, "validation")),
        ("rte", "nyu-mll/glue@1111111", {}, Dataset("GLUE RTE", "nyu-mll/glue", "rte", None, "validation")),
        (
            "mnli-mm",
            "nyu-mll/glue@1111111",
            {"data": f"hub@{'1' * 40}"},
            Dataset("GLUE MNLI-MM", "nyu-mll/glue", "mnli", "1" * 40, "validation_mismatched"),
        ),
        ("rte", "/home/me/glue", {"data": "/home/me/glue"}, Dataset("GLUE RTE", split="validation")),
        ("mine", "/home/me/data", {}, Dataset("mine")),
        ("own", "/home/me/data", {"task": {"own": {"data": {"folder": "/home/me"}, "evaluation_split": "dev"}}},
         Dataset("own", split="dev")),
        ("own", "owner/tickets@0123456 (en)", {"task": {"own": {"data": OWN_HUB, "evaluation_split": "test"}}},
         Dataset("owner/tickets", "owner/tickets", "en", OWN_HUB["revision"], "test")),
        ("own", "owner/tickets@main", {"task": {"own": {"data": {"hub": "owner/tickets", "revision": "main"},
         "evaluation_split": "validation", "evaluation_fraction": 0.2}}}, Dataset("owner/tickets", "owner/tickets")),
    ],
)  # fmt: skip
def test_the_dataset(task: str, source: str, options: dict[str, Any], expected: Dataset) -> None:
    """It is named as others can find it; what is not known, or only here, is left out."""
    assert expected == dataset_of(task, source, {"data": "hub", **options})


def test_no_path_of_this_machine(report_of: Report, tmp_path: Path) -> None:
    """Neither folders of data and checkpoint nor the recipe's values are in what is exported."""
    checkpoint = Checkpoint("/home/me/secret/run-7", Origin.FOLDER, digest=CHECKPOINT.digest)
    recipe = {"deepspeed": "/home/me/secret/ds.json", "learning_rate": 2e-5, "hub_model_id": "secret/model"}
    given = make_evaluation(data="/home/me/secret/data", checkpoint=checkpoint, recipe=recipe)
    result = only(report_of(given, cache_dir=str(tmp_path)))
    public = replace(result, evaluation=make_evaluation())
    assert "secret" not in repr(public)
