"""A real checkpoint that was fine-tuned on real data is evaluated as it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.real.conftest import Run

SUITE = """
import json
from pathlib import Path

def test_glue(glue_evaluation):
    Path("predictions.json").write_text(json.dumps(glue_evaluation.runs[0].predictions))
"""
SAVES = (
    SUITE.replace("glue_evaluation)", "glue_evaluation, glue_trainer)")
    + """
    glue_trainer.save_model("tuned")
"""
)


def evaluated(run: Run, folder: Path, suite: str, *arguments: str) -> tuple[Any, list[float]]:
    """Run a suite, and return its only result and the predictions."""
    (folder / "test_suite.py").write_text(suite, "utf-8")
    run(["--glue-json=out.json", "--glue-unchecked=pass", *arguments], folder)
    (result,) = json.loads((folder / "out.json").read_text("utf-8"))["results"]
    return result, json.loads((folder / "predictions.json").read_text("utf-8"))


def swap(folder: Path) -> Path:
    """Copy the checkpoint with its two outputs and their names in the other order."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder)
    for parameter in model.classifier.parameters():
        parameter.data = parameter.data.flip(0)
    model.config.id2label = {0: model.config.id2label[1], 1: model.config.id2label[0]}
    model.config.label2id = {name: index for index, name in model.config.id2label.items()}
    swapped = folder.with_name("swapped")
    model.save_pretrained(swapped)
    AutoTokenizer.from_pretrained(folder).save_pretrained(swapped)
    return swapped


def test_a_fine_tuned_checkpoint_has_the_score_that_it_had(
    run: Run, data: Path, checkpoint: Path, tmp_path: Path
) -> None:
    """On 100 examples of RTE, with 1e-6, also with its labels in another order; nothing is trained again."""
    given = (f"--glue-data={data}", "--glue-tasks=rte", "--glue-max-eval-samples=100", "--glue-max-length=48")
    trained = ("--glue-max-train-samples=96", "--glue-recipe=num_train_epochs=1", "--glue-recipe=learning_rate=2e-4")

    before, predictions = evaluated(run, tmp_path, SAVES, *given, *trained, f"--glue-checkpoints={checkpoint}")
    swap(tmp_path / "tuned")

    assert {0.0, 1.0} == set(predictions)
    for name in ("tuned", "swapped"):
        found, again = evaluated(run, tmp_path, SUITE, *given, "--glue-evaluate-only", f"--glue-checkpoints=./{name}")
        assert pytest.approx(before["metrics"], abs=1e-6) == found["metrics"]
        assert predictions == again
        assert (100, 0, False) == (found["n_eval"], found["n_train"], found["runs"][0]["cached"])
