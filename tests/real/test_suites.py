"""Each suite in `suites/examples` on real texts with a real checkpoint, by the command in its docstring."""

import ast
import csv
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from benchmarks.checkpoints import cut
from tests.real.conftest import Run

ROOT = Path(__file__).parents[2]
SIZES = {"train": 128, "validation": 64}
ORIGINS = {"cola": "sentence", "rte": "sentence2"}
TASK = """
[tool.pytest_glue]
tasks = ["origin"]
max_length = 24
recipe = {{ num_train_epochs = 1, per_device_train_batch_size = 8 }}
threshold = {{ origin = 0.65 }}

[tool.pytest_glue.task.origin]
data = {folder!r}
text = "sentence"
label = "origin"
metrics = ["accuracy"]
"""
"""Does a sentence come from a textbook of linguistics or from the news? A few examples teach it, and chance is 0.5."""
RATES = {"custom_head": 1e-3, "frozen_encoder": 3e-2, "lora": 1e-2, "weighted_loss": 1e-3}
"""The suites that override a fixture, and a learning rate for a short training."""
FIXTURES = dict.fromkeys(RATES, "glue_model_init") | {"weighted_loss": "glue_trainer"}


def read(folder: Path, split: str, n_rows: int) -> dict[str, list[Any]]:
    """Return the first rows of a split by column."""
    (file,) = folder.glob(f"{split}-*.parquet")
    rows: dict[str, list[Any]] = parquet.read_table(file).slice(0, n_rows).to_pydict()
    return rows


@pytest.fixture(scope="session")
def origins(data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The option that names a file with the task."""
    folder = tmp_path_factory.mktemp("origins")
    for split, size in SIZES.items():
        with (folder / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["sentence", "origin"])
            for task, column in ORIGINS.items():
                rows = read(data / task, split, size // 2)
                writer.writerows((sentence, task) for sentence in rows[column])
    (folder / "task.toml").write_text(TASK.format(folder=str(folder)), "utf-8")
    return f"--glue-config={folder / 'task.toml'}"


def run_suite(run: Run, name: str, folder: Path, *arguments: str) -> Any:
    """Run the command in a suite's docstring with further arguments, and return the JSON report."""
    docstring = ast.get_docstring(ast.parse((ROOT / "suites" / "examples" / f"{name}.py").read_text("utf-8")))
    (command,) = (line for line in str(docstring).splitlines() if line.startswith("pytest "))
    report = folder / "glue.json"
    asked = [*shlex.split(command)[1:], *arguments, f"--glue-json={report}", "-pno:cacheprovider"]
    run(asked, ROOT, log=folder / "output")
    return json.loads(report.read_text("utf-8"))


@pytest.mark.parametrize("name", RATES)
def test_a_suite_with_an_overridden_fixture(
    name: str, run: Run, origins: str, checkpoint: Path, two_layers: Path, tmp_path: Path
) -> None:
    """It fine-tunes with the fixture, and its model tells the origin of as many sentences as the threshold asks."""
    encoder = checkpoint if name == "frozen_encoder" else two_layers  # two layers alone do not tell the origin
    asked = (f"--glue-checkpoints={encoder}", f"--glue-recipe=learning_rate={RATES[name]}", "--glue-tasks=origin")
    (result,) = run_suite(run, name, tmp_path, origins, *asked)["results"]
    reason = f"{FIXTURES[name]} is overridden, and a cache key does not cover user code"
    assert f"the cache is not used: {reason}" in result["notes"]
    assert ("folder", "pass", 0.65) == (result["checkpoint"]["origin"], result["verdict"], result["threshold"])


def test_a_task_in_python(run: Run, data: Path, two_layers: Path, tmp_path: Path) -> None:
    """The registered task is trained on RTE's hypotheses, which do not give the labels away."""
    asked = (f"--glue-data={data}", f"--glue-checkpoints={two_layers}", "--glue-recipe=learning_rate=1e-4")
    limits = ("--glue-max-train-samples=128", "--glue-max-eval-samples=64", "--glue-max-length=24")
    recipe = ("--glue-recipe=num_train_epochs=1", "--glue-recipe=per_device_train_batch_size=4")
    (result,) = run_suite(run, "python_task/suite", tmp_path, *asked, *limits, *recipe)["results"]
    assert "rte-hypothesis" == result["task"]
    assert 0.25 < result["score"] < 0.75


def test_a_comparison(run: Run, origins: str, two_layers: Path, tmp_path: Path) -> None:
    """Checkpoints with two layers each, all of which beat chance, are ranked by the means of three seeds."""
    checkpoints = f"--glue-checkpoints={two_layers},{cut(tmp_path / 'others', (0, 5))}"
    asked = (checkpoints, "--glue-tasks=origin", "--glue-recipe=learning_rate=1e-3")
    report = run_suite(run, "comparison", tmp_path, origins, *asked)
    means = []
    for result in report["results"]:
        scores = [each["metrics"]["accuracy"] for each in result["runs"]]
        assert 3 == len(scores)
        assert min(scores) > 0.6
        means.append(sum(scores) / 3)
    (ranked,) = report["ranks"]["tasks"]
    assert pytest.approx(sorted(means, reverse=True)) == [each["value"] for each in ranked["scores"]]


def test_a_classifier_that_is_evaluated_only(run: Run, data: Path, two_layers: Path, tmp_path: Path) -> None:
    """A checkpoint with a head for RTE is scored as it is: its accuracy is that of the model's own predictions."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    labels = dict(enumerate(("entailment", "not_entailment")))
    model = AutoModelForSequenceClassification.from_pretrained(two_layers, id2label=labels)
    tokenizer = AutoTokenizer.from_pretrained(two_layers)
    for saved in (model, tokenizer):
        saved.save_pretrained(tmp_path / "classifier")
    asked = (f"--glue-data={data}", f"--glue-checkpoints={tmp_path / 'classifier'}", "--glue-tasks=rte")
    few = ("--glue-max-eval-samples=32", "--glue-max-length=48", "--glue-threshold=rte=0")
    (result,) = run_suite(run, "evaluate_only", tmp_path, *asked, *few)["results"]

    rows = read(data / "rte", "validation", 32)
    encoded = tokenizer(
        rows["sentence1"], rows["sentence2"], truncation=True, max_length=48, padding=True, return_tensors="pt"
    )
    with torch.no_grad():
        predicted = model.eval()(**encoded).logits.argmax(-1).tolist()
    right = sum(one == other for one, other in zip(predicted, rows["label"], strict=True))
    assert result["evaluate_only"]
    assert (right / 32, 0, 32) == (result["score"], result["n_train"], result["n_eval"])
