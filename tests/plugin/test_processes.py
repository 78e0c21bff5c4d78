"""Workers of xdist and of Ray give what one process gives: metrics, slices, golden examples, hooks, files."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.core.tasks import GLUE
from pytest_glue.sample.checkpoint import write_sample_checkpoint
from tests.own_data import write_tickets, write_topics
from tests.plugin.conftest import Run

SUITE = """
import pytest

def test_tuned(glue_evaluation):
    glue_evaluation.check()

test_tuned = pytest.mark.glue(tasks=["sst2"], checkpoints=["./tuned"], evaluate_only=True)(test_tuned)

@pytest.mark.glue(tasks=["cola", "costly", "tickets", "topics"], checkpoints=["sample"])
def test_trained(glue_evaluation):
    glue_evaluation.check()
"""
CONFTEST = """
from dataclasses import replace
from pytest_glue.core.tasks import GLUE

def pytest_glue_register_tasks(registry):
    registry.add(replace(GLUE["stsb"], name="costly", metrics=("costs:cost", "pearson")))

def pytest_glue_training_arguments(item, arguments, task):
    return {"max_steps": 3} if task.name == "tickets" else None

def pytest_glue_metrics(item, task, run, references):
    return {"mine": float(len(references))}

def pytest_glue_verdict(item, task, evaluation):
    return ("fail", "because") if task.name == "cola" else None

def pytest_glue_evaluated(item, evaluation):
    with open("seen.txt", "a") as file:
        file.write(f"{item.name} {evaluation.verdict} {list(evaluation.metrics)}\\n")
"""
COSTS = """
def cost(predictions, references):
    return float(abs(predictions - references).mean())

cost.greater_is_better, cost.low = False, 0.0
"""
TASKS = """
[tool.pytest_glue]
data = "sample"
max_train_samples = 64
max_eval_samples = 50
seeds = 1
recipe = { learning_rate = 1e-3, num_train_epochs = 1 }
cache = "off"
threshold = { cola = -1, costly = 99, sst2 = 0, tickets = 0, "tickets[language=de]" = 0, topics = 0 }

[tool.pytest_glue.task.tickets]
data = { train = "tickets/train.csv", validation = "tickets/validation.csv", test = "tickets/test.csv" }
text = "message"
label = "team"
slices = ["language"]
golden = "golden.csv"

[tool.pytest_glue.task.topics]
data = "topics"
text = "message"
label = "topics"
kind = "multi_label"
metrics = ["accuracy"]
"""
COMPARED = ("metrics", "labels", "verdict", "reason", "decided_by_hook", "evaluate_only", "slices", "golden", "recipe")


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    """A suite of five items that uses what crosses from one process to another."""
    from transformers import AutoModelForSequenceClassification

    write_tickets(pytester.mkdir("tickets"), {"train": 240, "validation": 100, "test": 40})
    write_topics(pytester.mkdir("topics"))
    lines = (pytester.path / "tickets" / "train.csv").read_text("utf-8").splitlines(keepends=True)
    (pytester.path / "golden.csv").write_text("".join(lines[:5]), "utf-8")
    tuned = pytester.path / "tuned"
    write_sample_checkpoint(tuned)
    model = AutoModelForSequenceClassification.from_pretrained(tuned, id2label=dict(enumerate(GLUE["sst2"].labels)))
    model.save_pretrained(tuned)
    pytester.makepyprojecttoml(TASKS)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(costs=COSTS, test_suite=SUITE)
    return pytester.path


def test_other_processes(project: Path, fresh: Run, report: Callable[[], Any], shared_cluster: None) -> None:
    """The results, the files of the submission and what the hooks saw are the same; two items fail."""
    pytest.importorskip("ray")
    alone, xdist, ray = (_outcome(project, fresh, report, *way) for way in ((), ("-n2",), ("--glue-executor=ray",)))
    assert alone == xdist
    assert alone == ray


def _outcome(project: Path, fresh: Run, report: Callable[[], Any], *way: str) -> dict[str, Any]:
    done = fresh("--glue-json=out.json", "--glue-submission=submission", "--glue-unchecked=pass", *way)
    done.assert_outcomes(failed=2, passed=3)
    results = {each["nodeid"]: {name: each.get(name) for name in COMPARED} for each in report()["results"]}
    tickets = results["test_suite.py::test_trained[tickets-sample]"]
    assert (3, 4) == (tickets["recipe"]["max_steps"], tickets["golden"]["n_examples"])
    seen = (project / "seen.txt").read_text("utf-8")
    files = {str(path): path.read_bytes() for path in (project / "submission").glob("*/*.tsv")}
    (project / "seen.txt").unlink()
    shutil.rmtree(project / "submission")
    return {"results": results, "seen": sorted(seen.splitlines()), "files": files}
