"""Each suite in `suites/examples` on real data with a real checkpoint, by the command in its docstring."""

import ast
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.checkpoints import cut

ROOT = Path(__file__).parents[2]
LIMITS = (
    *("--glue-max-train-samples=192", "--glue-max-eval-samples=64", "--glue-max-length=48"),
    *("--glue-recipe=num_train_epochs=1", "--glue-recipe=per_device_train_batch_size=4"),
)
"""Small batches make as many updates as a run needs so that its predictions are not constant."""
ENCODER_RATE = "--glue-recipe=learning_rate=1e-4"
HEAD_RATE = "--glue-recipe=learning_rate=1e-2"
"""Where the encoder keeps its weights."""
STSB = ("--glue-tasks=stsb", "--glue-threshold=stsb=-1")
OVERRIDES = {
    "custom_head": ("glue_model_init", (*STSB, ENCODER_RATE)),
    "frozen_encoder": ("glue_model_init", (*STSB, HEAD_RATE)),
    "lora": ("glue_model_init", (*STSB, HEAD_RATE)),
    "weighted_loss": ("glue_trainer", ("--glue-threshold=cola=-1", ENCODER_RATE)),
}
"""The fixture that a suite overrides, and arguments for a short run."""

pytestmark = pytest.mark.xdist_group("real")


def run_suite(name: str, folder: Path, *arguments: str) -> Any:
    """Run the command in a suite's docstring with further arguments, and return the JSON report."""
    docstring = ast.get_docstring(ast.parse((ROOT / "suites" / "examples" / f"{name}.py").read_text("utf-8")))
    (command,) = (line for line in str(docstring).splitlines() if line.startswith("pytest "))
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTEST_"))}
    theirs = {"OMP_NUM_THREADS": "1", "HF_HOME": str(folder / "huggingface"), "HF_HUB_OFFLINE": "1"}
    theirs |= {"PYTEST_GLUE_CACHE": str(folder / "runs")}
    report = folder / "glue.json"
    asked = [*shlex.split(command), *arguments, f"--glue-json={report}", "-pno:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", *asked], cwd=ROOT, env=ours | theirs, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return json.loads(report.read_text("utf-8"))


@pytest.mark.parametrize("name", OVERRIDES)
def test_a_suite_with_an_overridden_fixture(name: str, data: Path, checkpoint: Path, tmp_path: Path) -> None:
    """It fine-tunes with the fixture and is green."""
    fixture, arguments = OVERRIDES[name]
    asked = (f"--glue-data={data}", f"--glue-checkpoints={checkpoint}", *LIMITS, *arguments)
    (result,) = run_suite(name, tmp_path, *asked)["results"]
    reason = f"{fixture} is overridden, and a cache key does not cover user code"
    assert f"the cache is not used: {reason}" in result["notes"]
    assert "folder" == result["checkpoint"]["origin"]


def test_a_task_in_python(data: Path, checkpoint: Path, tmp_path: Path) -> None:
    """The registered task is trained on RTE's hypotheses, which do not give the labels away."""
    asked = (f"--glue-data={data}", f"--glue-checkpoints={checkpoint}", *LIMITS, ENCODER_RATE)
    (result,) = run_suite("python_task/suite", tmp_path, *asked)["results"]
    assert "rte-hypothesis" == result["task"]


def test_a_comparison(data: Path, checkpoint: Path, tmp_path: Path) -> None:
    """The encoder and the same with two layers are ranked, with three seeds each."""
    checkpoints = f"--glue-checkpoints={checkpoint},{cut(tmp_path / 'cut')}"
    shorter = ("--glue-max-train-samples=96", "--glue-recipe=learning_rate=3e-4")
    report = run_suite("comparison", tmp_path, f"--glue-data={data}", checkpoints, *STSB, *LIMITS, *shorter)
    assert [3, 3] == [len(result["runs"]) for result in report["results"]]
    (ranked,) = report["ranks"]["tasks"]
    assert 2 == len(ranked["scores"])


def test_a_classifier_that_is_evaluated_only(data: Path, checkpoint: Path, tmp_path: Path) -> None:
    """A checkpoint with a head for RTE is scored as it is."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    labels = dict(enumerate(("entailment", "not_entailment")))
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint, id2label=labels)
    model.save_pretrained(tmp_path / "classifier")
    AutoTokenizer.from_pretrained(checkpoint).save_pretrained(tmp_path / "classifier")
    asked = (f"--glue-data={data}", f"--glue-checkpoints={tmp_path / 'classifier'}", "--glue-tasks=rte")
    few = ("--glue-max-eval-samples=32", "--glue-max-length=48", "--glue-threshold=rte=0")
    (result,) = run_suite("evaluate_only", tmp_path, *asked, *few)["results"]
    assert result["evaluate_only"]
    assert (0, 32) == (result["n_train"], result["n_eval"])
