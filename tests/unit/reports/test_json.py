"""The JSON report: its content, and its validity against the shipped schema."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.evaluation import Evaluation, Outcome
from pytest_glue.core.family import Family
from pytest_glue.core.study import Study
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.json import SCHEMA, document
from pytest_glue.reports.schema import schema
from tests.factories import CHECKPOINT, DIGEST

jsonschema = importlib.import_module("jsonschema")  # ships no types

Like = Callable[..., Evaluation]

GIVEN = {
    "tasks": "rte,mrpc",
    "checkpoints": ["a/b@main", "sample"],
    "data": "sample",
    "seeds": 2,
    "recipe": {"num_train_epochs": 1, "optim": "adafactor"},
    "max_train_samples": 8,
    "head": "new",
    "batching": "micro",
    "threshold": "rte=0.65,mrpc:f1=0.8",
    "save": "next",
    "compare": "main",
    "on_missing_baseline": "skip",
    "storage": "records",
    "max_drop": "0.01,rte=0.03",
    "alpha": 0.1,
    "max_seeds": 5,
    "inconclusive": "fail",
    "stop_when_decided": False,
    "search": {"backend": "ray", "learning_rate": {"low": 1e-5, "high": 1e-4}},
    "trials": 6,
    "search_fraction": 0.5,
    "search_split": "evaluation",
    "search_storage": "studies",
    "ray": {"num_cpus": 2},
    "cache": "refresh",
    "cache_dir": "runs",
    "resume": "on",
    "timeout": "90",
    "shard": "2/3",
    "json": "out.json",
}

FAMILY = Family.of_shards(5, [["a"], ["b"], []])


@pytest.fixture
def report(evaluation: Evaluation, like: Like, tmp_path: Path) -> dict[str, Any]:
    """A report of three evaluations and two errors, as read from its file."""
    found = [
        like(nodeid="z", score=None, verdict=Verdict.DEGENERATE, threshold=None),
        evaluation,
        like(nodeid="a", confidence_interval=(0.58, 0.65), verdict=Verdict.INCONCLUSIVE, device="cuda:0"),
    ]
    errors = {"y": "the hub cannot be reached", "b": "out of memory"}
    outcomes: dict[str, Outcome] = {evaluation.nodeid: "failed"}
    options = combine([OptionSource("{name}", GIVEN, tmp_path)])
    read: dict[str, Any] = json.loads(json.dumps(document(options, found, errors, tmp_path, FAMILY, outcomes)))
    return read


def faults(report: Any) -> list[str]:
    """Return the errors of a report against the shipped schema."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    return [error.message for error in validator.iter_errors(report)]


def test_the_schema_is_valid() -> None:
    """The shipped file is a valid JSON Schema."""
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text("utf-8")))


def test_the_shipped_schema_is_that_of_the_types() -> None:
    """After a change of the types or their docstrings, `python -m pytest_glue.reports.schema` writes it anew."""
    assert json.loads(SCHEMA.read_text("utf-8")) == schema()


def test_a_report_is_valid(report: dict[str, Any]) -> None:
    """A report with several verdicts and an error is valid."""
    assert [] == faults(report)


def test_a_report_of_nothing_is_valid(tmp_path: Path) -> None:
    """A report before the first item has ended, with default options, is valid."""
    report = document(combine([]), [], {}, tmp_path)
    assert [] == faults(report)
    assert (None, [], []) == (report["environment"]["device"], report["results"], report["errors"])
    assert report["family"] is None


def test_results_and_errors_are_sorted(report: dict[str, Any]) -> None:
    """Results and errors are sorted by node id, whatever the order of the items was."""
    assert ["a", "suites/test_glue.py::test_glue[rte-a-b]", "z"] == [each["nodeid"] for each in report["results"]]
    assert [("b", "out of memory"), ("y", "the hub cannot be reached")] == [
        (each["nodeid"], each["message"]) for each in report["errors"]
    ]


def test_a_result_holds_the_evaluation(report: dict[str, Any]) -> None:
    """A result is flat: the evaluation, its conditions and its judgement, without predictions and references."""
    scores = {"accuracy": 0.614}
    assert {
        "nodeid": "suites/test_glue.py::test_glue[rte-a-b]",
        "task": "rte",
        "checkpoint": {"name": "a/b", "origin": "hub", "revision": CHECKPOINT.revision, "digest": DIGEST, "role": None},
        "headline_metric": "accuracy",
        "score": 0.614,
        "metrics": scores,
        "confidence_interval": None,
        "seeds": [42],
        "runs": [
            {
                "seed": 42,
                "metrics": scores,
                "history": [{"epoch": 1.0, "loss": 0.7, "evaluation_loss": 0.6, "metrics": scores}],
                "duration_s": 61.0,
                "cached": False,
                "stopped": False,
                "retries": 0,
            }
        ],
        "failed_runs": [],
        "threshold": 0.65,
        "chance": 0.527,
        "baseline": None,
        "verdict": "fail",
        "failed": True,
        "outcome": "failed",
        "reason": "rte · a/b@86b5e09: accuracy 0.614 < threshold 0.650 (-0.036; n=277, 1 seed)",
        "n_train": 2490,
        "n_eval": 277,
        "duration_s": 62.0,
        "data": "nyu-mll/glue@bcdcba7",
        "data_digest": DIGEST,
        "recipe": {"num_train_epochs": 1},
        "device": "cpu",
        "search": None,
        "notes": ["slow tokenizer"],
        "n_groups": None,
        "evaluate_only": False,
        "slices": [],
        "golden": None,
        "labels": [],
        "confusion_matrix": None,
        "label_scores": [],
        "calibration": [],
        "residuals": [],
        "decided_by_hook": False,
        "greater_is_better": True,
        "predictions": None,
    } == report["results"][1]


def test_a_search_is_reported_with_its_best_trial(like: Like, study: Study, tmp_path: Path) -> None:
    """A search is reported with its best hyperparameters, the number of trials by state and every trial."""
    report = document(combine([]), [like(study=study)], {}, tmp_path)
    jsonschema.validate(report, json.loads(SCHEMA.read_text("utf-8")), jsonschema.Draft202012Validator)
    (result,) = report["results"]
    assert {"learning_rate": 5e-5, "per_device_train_batch_size": 8} == result["search"]["best"]["hyperparameters"]
    assert {"complete": 1, "pruned": 1, "failed": 1} == result["search"]["counts"]
    assert [0.6, 0.4, None] == [trial["objective"] for trial in result["search"]["trials"]]


def test_options_are_as_they_were_given(report: dict[str, Any], tmp_path: Path) -> None:
    """Options are reported as they were given, under the names of the command line."""
    assert {
        "tasks": ["mrpc", "rte"],
        "checkpoints": ["a/b@main", "sample"],
        "data": "sample",
        "seeds": [42, 43],
        "recipe": {"num_train_epochs": 1, "optim": "adafactor"},
        "max_train_samples": 8,
        "max_eval_samples": None,
        "max_length": None,
        "head": "new",
        "evaluate_only": False,
        "batching": "micro",
        "save": "next",
        "compare": "main",
        "on_missing_baseline": "skip",
        "storage": str(tmp_path / "records"),
        "max_drop": {"": 0.01, "rte": 0.03},
        "alpha": 0.1,
        "family_size": None,
        "certify": False,
        "max_seeds": 5,
        "inconclusive": "fail",
        "unchecked": "error",
        "stop_when_decided": False,
        "search": "ray",
        "trials": 6,
        "search_fraction": 0.5,
        "search_split": "evaluation",
        "search_storage": str(tmp_path / "studies"),
        "space": {"learning_rate": {"low": 1e-5, "high": 1e-4}},
        "ray": {"num_cpus": 2},
        "cache": "refresh",
        "cache_dir": str(tmp_path / "runs"),
        "resume": True,
        "timeout": 90.0,
        "executor": "local",
        "shard": "2/3",
        "threshold": {"rte:accuracy": 0.65, "mrpc:f1": 0.8},
        "task": {},
        "slices": {},
        "report_text": "flipped",
        "baseline_max_age": None,
        "json_predictions": False,
    } == report["options"]


def test_the_environment_is_named(report: dict[str, Any]) -> None:
    """Versions and devices are reported; the commit is null outside of a repository."""
    environment = report["environment"]
    assert ("cpu, cuda:0", None) == (environment["device"], environment["commit"])
    assert {"torch", "transformers", "pytest-glue"} <= environment["libraries"].keys()


def broken(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return a function that sets a value in a report by its path, as in `results.0.score`; None deletes it."""

    def damage(report: Any) -> None:
        *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
        for part in way:
            report = report[part]
        if value is None:
            del report[last]
        else:
            report[last] = value

    return damage


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("errors", None),
        ("results.0.score", None),
        ("results.0.score", "0.614"),
        ("results.0.verdict", "green"),
        ("results.0.seeds", []),
        ("results.0.seeds", [7, 7]),
        ("results.0.runs.0.predictions", [1.0]),
        ("results.0.checkpoint.digest", "sha256:abc"),
        ("results.0.confidence_interval", [0.5]),
        ("results.0.n_eval", 0),
        ("results.0.failed", None),
        ("results.0.references", [1.0]),
        ("options.max_train_samples", 0),
        ("options.alpha", 0.7),
        ("ranks", None),
        ("options.shard", "2"),
        ("family", None),
        ("family.size", -1),
        ("family.partition", "abc"),
        ("environment.libraries.torch", 2),
        ("schema_version", 2),
        ("extra", 1),
    ],
)
def test_a_broken_report_is_not_valid(report: dict[str, Any], path: str, value: Any) -> None:
    """A value that is missing, of another type, out of range or unknown gives one error."""
    broken(path, value)(report)
    assert 1 == len(faults(report))
