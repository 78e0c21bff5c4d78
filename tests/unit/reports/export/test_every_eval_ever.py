"""Records of Every Eval Ever, checked against its published schema."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import ReportError
from pytest_glue.core.runs import Run
from pytest_glue.core.verdict import SliceResult
from pytest_glue.data.hub import REVISION
from pytest_glue.reports.export.every_eval_ever import SCHEMA_VERSION
from pytest_glue.reports.export.formats import Export, Publisher, export
from pytest_glue.reports.export.result import exported_results
from tests.factories import CHECKPOINT, DIGEST, make_evaluation

Report = Callable[..., dict[str, Any]]
PUBLISHER = Publisher("Example Lab", "first_party")
SCHEMA = json.loads(Path(__file__).with_name("every_eval_ever-0.3.0").joinpath("eval.schema.json").read_text("utf-8"))
UUID4 = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
"""As its validator wants the names of files."""


def exported(report: dict[str, Any], publisher: Publisher = PUBLISHER, **given: Any) -> Export:
    """Return the export of a report, whose records are valid."""
    results, _ = exported_results(report, **given)
    made = export("every-eval-ever", results, publisher)
    for text in made.files.values():
        jsonschema.validate(json.loads(text), SCHEMA)
    return made


def test_it_is_accepted(report_of: Report) -> None:
    """A record has all results of a model on a benchmark, with intervals and seeds."""
    runs = [Run(seed, {"accuracy": score}, (), (), 1.0) for seed, score in ((1, 0.75), (2, 0.85))]
    part = SliceResult("domain=news", 20, 0.7, {"accuracy": 0.7})
    given = make_evaluation(runs, slices=(part,), confidence_interval=(0.7, 0.9))
    ((path, text),) = exported(report_of(given, make_evaluation(nodeid="s.py::c", task="cola"))).files.items()
    assert re.fullmatch(f"data/glue/a/b/{UUID4}\\.json", path.as_posix())
    record = json.loads(text)
    assert SCHEMA["version"] == SCHEMA_VERSION == record["schema_version"]
    assert {"name", "version"} == record["eval_library"].keys()
    details = {"deployment_type": "self_deployed", "model_availability": "unknown"}
    details |= {"revision": CHECKPOINT.revision or "", "digest": DIGEST}
    assert details == record["model_info"]["additional_details"]
    results = {each["evaluation_result_id"]: each for each in record["evaluation_results"]}
    assert {"rte:accuracy", "rte/domain=news:accuracy", "cola:accuracy"} == results.keys()
    score = results["rte:accuracy"]["score_details"]
    interval = {"lower": 0.7, "upper": 0.9, "confidence_level": 0.95}
    assert (0.8, {"confidence_interval": interval, "num_samples": 277}) == (score["score"], score["uncertainty"])
    assert ("0.75", "277") == (score["details"]["score_with_seed_1"], score["details"]["n_eval"])
    source = results["rte:accuracy"]["source_data"]
    assert ("nyu-mll/glue", "val", REVISION) == (
        source["hf_repo"],
        source["hf_split"],
        source["additional_details"]["revision"],
    )


def test_metrics_without_bounds_and_own_ones(report_of: Report) -> None:
    """Unbounded ends are texts; of a user's own metric no range is known, and without a direction it is left out."""
    metrics = {"log_loss": 0.4, "mine:gain": 3.0}
    recipe = {"optim": "adafactor", "deepspeed": "/secret", "disable_tqdm": True, "do_eval": True}
    given = make_evaluation([Run(42, metrics, (), (), 1.0)], recipe=recipe)
    (text,) = exported(report_of(given)).files.values()
    (result,) = json.loads(text)["evaluation_results"]
    expected = {"metric_id": "log_loss", "lower_is_better": True, "score_type": "continuous"}
    assert expected | {"min_score": 0.0, "max_score": "Infinity"} == result["metric_config"]
    assert {"optim": "adafactor"} == result["generation_config"]["additional_details"]
    own = make_evaluation([Run(42, {"mine:gain": 3.0}, (), (), 1.0)])
    (text,) = exported(report_of(own)).files.values()
    (result,) = json.loads(text)["evaluation_results"]
    assert {"metric_id": "gain", "lower_is_better": False} == result["metric_config"]


def test_private_data_and_a_folder(report_of: Report) -> None:
    """A folder has no name of the form OWNER/NAME, so that the user gives one; its path is nowhere."""
    checkpoint = Checkpoint("/home/me/candidate", Origin.FOLDER)
    report = report_of(make_evaluation(task="tickets", data="/home/me/data", checkpoint=checkpoint))
    made = exported(report)
    assert {} == made.files
    assert "give --model=OWNER/NAME" in next(iter(made.left_out.values()))
    ((path, text),) = exported(report, model="owner/tickets-model").files.items()
    assert path.as_posix().startswith("data/tickets/owner/tickets-model/")
    assert "/home/me" not in text
    (result,) = json.loads(text)["evaluation_results"]
    assert {"dataset_name": "tickets", "source_type": "other", "additional_details": {"data_digest": DIGEST}} == result[
        "source_data"
    ]


@pytest.mark.parametrize("name", ["../../x", "bert", "a/b/c", "a/..", "/a/b"])
def test_names_that_are_no_model(report_of: Report, name: str) -> None:
    """They would be paths outside of the datastore."""
    made = exported(report_of(make_evaluation(checkpoint=Checkpoint(name, Origin.HUB))))
    assert ({}, 1) == (made.files, len(made.left_out))


def test_the_name_of_a_task_stays_in_its_folder(report_of: Report) -> None:
    """A report may have been edited."""
    (path,) = exported(report_of(make_evaluation(task="../../x"))).files
    assert "data/x/a/b" == path.parent.as_posix()


@pytest.mark.parametrize("publisher", [Publisher(), Publisher("Lab"), Publisher(relationship="other")])
def test_the_publisher_is_asked_for(report_of: Report, publisher: Publisher) -> None:
    """The schema needs it, and a report cannot know it."""
    with pytest.raises(ReportError, match=r"--organization=NAME, .* --relationship=first_party"):
        exported(report_of(make_evaluation()), publisher)
