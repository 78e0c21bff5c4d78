"""The suite with tasks in TOML on real data with a real checkpoint: the scores are those of the same data in GLUE."""

import json
import re
from pathlib import Path
from typing import Any

from tests.real.conftest import Run

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "suites" / "examples" / "own_task.toml"
LIMITS = (
    *("--glue-max-train-samples=64", "--glue-max-eval-samples=64", "--glue-max-length=48"),
    "--glue-recipe=num_train_epochs=1",
)
TASKS = {"paraphrase": "mrpc", "similarity": "stsb"}


def test_tasks_in_toml(run: Run, data: Path, two_layers: Path, tmp_path: Path) -> None:
    """The suite's tables, with local files in place of the hub."""
    table = re.sub(r'\{ hub = "nyu-mll/glue", configuration = "(\w+)" \}', r'"\1"', SUITE.read_text("utf-8"))
    (tmp_path / "own_task.toml").write_text(table, "utf-8")
    for name in TASKS.values():
        (tmp_path / name).symlink_to(data / name)
    (tmp_path / "test_glue.py").write_text((ROOT / "suites" / "test_glue.py").read_text("utf-8"), "utf-8")
    asked = (f"--glue-data={data}", f"--glue-checkpoints={two_layers}", "--glue-recipe=learning_rate=1e-4", *LIMITS)
    named = ("--glue-config=own_task.toml", f"--glue-tasks={','.join([*TASKS, *TASKS.values()])}")
    run([*asked, *named, "--glue-json=glue.json"], tmp_path, status=1)  # so few examples do not reach the thresholds

    results: dict[str, Any] = {
        each["task"]: each for each in json.loads((tmp_path / "glue.json").read_text("utf-8"))["results"]
    }
    assert {"paraphrase": 0.82, "similarity": 0.85} == {name: results[name]["threshold"] for name in TASKS}
    assert ["not_equivalent", "equivalent"] == results["paraphrase"]["labels"]
    for own, glue in TASKS.items():
        assert results[own]["runs"][0]["history"] == results[glue]["runs"][0]["history"]
        assert results[own]["data_digest"] == results[glue]["data_digest"]
