"""`GlueMetric`: an `evaluate.Metric` that needs neither network nor plugin."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_glue.core.errors import OptionError
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.statistics.metrics import compute
from pytest_glue.training.evaluate_metric import GlueMetric

WITHOUT_NETWORK = """
import json, socket, sys

def refuse(*_):
    raise AssertionError("a socket was opened")

socket.socket.connect = socket.getaddrinfo = refuse
from pytest_glue.training.evaluate_metric import GlueMetric

scores = GlueMetric("mrpc").compute(predictions=[1, 1, 1, 0], references=[1, 0, 1, 1])
print(json.dumps([scores, "pytest" in sys.modules]))
"""


def test_it_needs_neither_network_nor_plugin(tmp_path: Path) -> None:
    """It scores in a fresh process that may not open a socket, without importing pytest or writing a file."""
    home = tmp_path / "home"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTEST_"))}
    command = [sys.executable, "-c", WITHOUT_NETWORK]
    done = subprocess.run(
        command, env={**environment, "HF_HOME": str(home)}, capture_output=True, text=True, timeout=120, check=False
    )
    assert 0 == done.returncode, done.stderr
    scores, has_pytest = json.loads(done.stdout)
    assert {"accuracy": 0.5, "f1": 2 / 3} == pytest.approx(scores)
    assert not has_pytest
    assert [] == [path for path in home.rglob("*") if path.is_file()]


@pytest.mark.parametrize("task", GLUE)
def test_it_returns_the_tasks_metrics(task: str) -> None:
    """For each task of GLUE, it returns what `compute` returns."""
    generator = np.random.default_rng(0)
    references = generator.integers(0, 2, 50).astype(float)
    predictions = np.where(generator.random(50) < 0.2, 1 - references, references)
    expected = compute(GLUE[task], predictions, references)
    assert expected == GlueMetric(task).compute(predictions=predictions, references=references)


def test_batches_add_up() -> None:
    """Predictions can be added in batches, as with any `evaluate.Metric`."""
    metric = GlueMetric("mnli-mm")
    for predictions, references in (([0, 1], [0, 1]), ([2, 2], [2, 0])):
        metric.add_batch(predictions=predictions, references=references)
    assert {"accuracy": 0.75} == metric.compute()


@pytest.mark.parametrize("predictions", [[1, 1], [0.5, float("nan")]], ids=["constant", "nan"])
def test_an_undefined_score_is_nan(predictions: list[float]) -> None:
    """An undefined score is NaN."""
    scores: dict[str, Any] = GlueMetric("cola").compute(predictions=predictions, references=[0, 1])
    assert np.isnan(scores["matthews_correlation"])


def test_a_users_own_task() -> None:
    """It accepts a task that is not in the table."""
    own = Task("own", "own", ("text",), ("no", "yes"), ("f1",))
    assert {"f1": 1.0} == GlueMetric(own).compute(predictions=[0, 1], references=[0, 1])


def test_an_unknown_task_is_refused() -> None:
    """The message names the closest tasks."""
    with pytest.raises(OptionError, match=r"^unknown task 'stsbb': did you mean stsb"):
        GlueMetric("stsbb")


def test_a_metric_of_probabilities_is_refused() -> None:
    """`evaluate` passes predictions only; the message names the function that takes logits."""
    with pytest.raises(OptionError, match=r"roc_auc of 'own' need logits: use pytest_glue\.training\.metrics"):
        GlueMetric(Task("own", "own", ("text",), ("no", "yes"), ("roc_auc",)))
