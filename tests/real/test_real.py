"""A real checkpoint on real GLUE data, where the environment variable GLUE_DATA names a folder in the hub's layout."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_glue.reports.json import SCHEMA
from tests.real.conftest import Run

NOTEBOOK = Path(__file__).parents[2] / "benchmarks" / "notebook.py"
SUITE = """
import pytest

@pytest.mark.glue(tasks=["cola", "mrpc", "stsb"])
def test_as_the_notebook(glue_evaluation):
    assert glue_evaluation.score is not None and glue_evaluation.verdict

@pytest.mark.glue(tasks=["rte"], max_length=32)
def test_long_sentences(glue_evaluation):
    assert glue_evaluation.score is not None and glue_evaluation.verdict
"""
EXAMPLES, EPOCHS, LEARNING_RATE = 64, 2, 1e-5
"""The learning rate is so small that predictions are not constant after eight steps."""

pytestmark = pytest.mark.xdist_group("real-scores")


@pytest.fixture(scope="module")
def report(data: Path, checkpoint: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The JSON report of the plugin's evaluations of all four tasks."""
    folder = tmp_path_factory.mktemp("scores")
    (folder / "test_suite.py").write_text(SUITE, "utf-8")
    file = folder / "out.json"
    limits = (f"--glue-max-train-samples={EXAMPLES}", f"--glue-max-eval-samples={EXAMPLES}")
    recipe = (f"--glue-recipe=num_train_epochs={EPOCHS}", f"--glue-recipe=learning_rate={LEARNING_RATE}")
    asked = (f"--glue-data={data}", f"--glue-checkpoints={checkpoint}", f"--glue-json={file}")
    run([*asked, *limits, *recipe, "--glue-batching=plain"], folder)
    return json.loads(file.read_text("utf-8"))


def test_each_task_has_a_score(report: Any) -> None:
    """Fine-tuning a real checkpoint on real data gives a valid report with a score for each task."""
    jsonschema.validate(report, json.loads(SCHEMA.read_text("utf-8")), jsonschema.Draft202012Validator)
    assert [] == report["errors"]
    assert ["cola", "mrpc", "stsb", "rte"] == [result["task"] for result in report["results"]]
    for result in report["results"]:
        assert isinstance(result["score"], float)
        assert (EXAMPLES, EXAMPLES, "folder") == (result["n_train"], result["n_eval"], result["checkpoint"]["origin"])
        assert EPOCHS == len(result["runs"][0]["history"])


@pytest.mark.parametrize("task", ["cola", "mrpc", "stsb"])
def test_parity_with_the_notebook(
    task: str, report: Any, data: Path, checkpoint: Path, run: Run, tmp_path: Path
) -> None:
    """Scores and losses of each epoch, and of the best one, equal those of a plain `Trainer` script to 1e-6."""
    limits = ("--max-train-samples", str(EXAMPLES), "--max-eval-samples", str(EXAMPLES))
    recipe = ("--epochs", str(EPOCHS), "--learning-rate", str(LEARNING_RATE), "--seed", "42")
    asked = ("--task", task, "--checkpoint", str(checkpoint), "--data", str(data), "--json", "out.json")
    run([*asked, *limits, *recipe], tmp_path, script=NOTEBOOK)
    notebook = json.loads((tmp_path / "out.json").read_text("utf-8"))

    (ours,) = [result["runs"][0] for result in report["results"] if result["task"] == task]
    theirs = {name: value for name, value in notebook["metrics"].items() if name in ours["metrics"]}
    assert pytest.approx(theirs, abs=1e-6) == ours["metrics"]
    assert EPOCHS == len(ours["history"]) == len(notebook["history"])
    for own, other in zip(ours["history"], notebook["history"], strict=True):
        assert pytest.approx(other["loss"], abs=1e-6) == own["evaluation_loss"]
        assert pytest.approx({name: other[name] for name in own["metrics"]}, abs=1e-6) == own["metrics"]
