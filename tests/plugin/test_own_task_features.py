"""Own tasks with what works for GLUE's: baselines, certificates, search, workers and Ray."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from tests.own_data import write_tickets, write_topics
from tests.plugin.conftest import Run

Report = Callable[..., Any]

TASKS = """
[tool.pytest_glue]
checkpoints = ["sample"]
recipe = { learning_rate = 1e-3, num_train_epochs = 2 }
threshold = { tickets = 0.0, topics = 0.0 }

[tool.pytest_glue.task.tickets]
data = { train = "tickets/train.csv", validation = "tickets/validation.csv", test = "tickets/test.csv" }
text = "message"
label = "team"
group = "language"

[tool.pytest_glue.task.topics]
data = "topics"
text = "message"
label = "topics"
kind = "multi_label"
metrics = ["accuracy"]
"""
LESS = ("--glue-max-train-samples=120", "--glue-max-eval-samples=50")
JSON = ("--glue-json=out.json",)


@pytest.fixture(autouse=True)
def project(pytester: pytest.Pytester) -> Path:
    """A project with two own tasks."""
    write_tickets(pytester.mkdir("tickets"), {"train": 240, "validation": 100, "test": 40})
    write_topics(pytester.mkdir("topics"))
    pytester.makepyprojecttoml(TASKS)
    return pytester.path


def scores(report: Report) -> dict[str, Any]:
    """Return metrics and labels by task."""
    return {each["task"]: (each["metrics"], each["labels"]) for each in report()["results"]}


def test_an_unchanged_checkpoint_is_compared_and_certified(here: Run, report: Report, project: Path) -> None:
    """Baselines hold sets of labels as numbers, and the labels of the task; other labels are refused."""
    saved = here("--glue-save=main", "--glue-certify", "--glue-seeds=2")
    compared = here("--glue-compare=main", "--glue-certify", "--glue-max-drop=0.2", "--glue-seeds=2", *JSON)
    verdicts = {each["task"]: (each["verdict"], each["n_groups"]) for each in report()["results"]}
    (project / "pyproject.toml").write_text(TASKS.replace('label = "team"', 'label = "team"\nlabels = LABELS').replace(
        "LABELS", '["sales", "returns", "outage", "delivery", "billing"]'
    ))  # fmt: skip
    other = here("--glue-compare=main", "--glue-tasks=tickets", "--glue-seeds=2")

    saved.assert_outcomes(errors=1, passed=1)
    saved.stdout.fnmatch_lines(["*predict the texts of the split 'test' of task topics; there: *"])
    assert ("pass", 2) == verdicts["tickets"]
    compared.assert_outcomes(errors=1, passed=1)
    other.assert_outcomes(errors=1)
    other.stdout.re_match_lines([r".*labels \['billing', .*\] in the baseline, \['sales', .*\] here"])


def test_a_baseline_of_sets_of_labels(here: Run, report: Report, project: Path) -> None:
    """An unchanged task has the recorded scores, and its predictions are read as they were written."""
    here("--glue-save=main", "--glue-tasks=topics", "--glue-seeds=2")
    text = (project / "glue-baselines" / "main" / "topics" / "sample.json").read_text("utf-8")
    result = here("--glue-compare=main", "--glue-tasks=topics", "--glue-seeds=2", "--glue-max-drop=0.3", *JSON)
    (found,) = report()["results"]
    result.assert_outcomes(passed=1)
    assert '"is_multi_label": true' in text
    assert found["score"] == pytest.approx(found["baseline"]["baseline_score"], abs=1e-9)


def test_a_search(here: Run, report: Report) -> None:
    """Trials are trained on a stratified part, of sets of labels too."""
    result = here("--glue-search=optuna", "--glue-trials=1", "--glue-search-fraction=0.3", *JSON)
    result.assert_outcomes(passed=2)
    assert {72} == {each["search"]["n_train"] for each in report()["results"]}


def test_shards(here: Run, report: Report) -> None:
    """Each shard has one of the tasks, and the merged report has both."""
    for shard in (1, 2):
        result = here(f"--glue-shard={shard}/2", f"--glue-json=part-{shard}.json", *LESS)
        result.assert_outcomes(passed=1, deselected=1)
    assert 0 == main(["merge", "part-1.json", "part-2.json", "-o", "out.json"])
    assert {"tickets", "topics"} == scores(report).keys() == report()["options"]["task"].keys()


def test_a_classifier_that_is_evaluated_as_it_is(here: Run, report: Report, project: Path) -> None:
    """Labels of an own task are mapped by name, in another order; the scores are those of its fine-tuning."""
    here("--glue-tasks=tickets", "--glue-recipe=output_dir=saved", "--glue-cache=off", *JSON)
    (trained,) = report()["results"]
    (folder,) = {path.parent for path in project.glob("saved/**/model.safetensors")}
    here("--glue-tasks=tickets", f"--glue-checkpoints={folder}", "--glue-evaluate-only", *JSON)
    (evaluated,) = report()["results"]
    assert trained["metrics"] == pytest.approx(evaluated["metrics"], abs=1e-6)
    assert trained["labels"] == evaluated["labels"]
