"""What `pytest-glue init` writes into an empty repository is a gate that runs."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from pytest_glue.cli import main
from tests.own_data import write_tickets
from tests.plugin.conftest import Run


def test_a_new_repository(pytester: pytest.Pytester, here: Run, report: Callable[..., Any]) -> None:
    """With a CSV file of its own, the suite is green, and the workflow runs the same suite."""
    subprocess.run(["git", "init", "-q"], cwd=pytester.path, check=True)
    write_tickets(pytester.path, {"train": 300})
    own = ["--task=tickets", "--data=train.csv", "--text=message", "--label=team", "--checkpoint=sample"]
    assert 0 == main(["init", *own, "--ci=github", "--yes"])

    recipe = ("--glue-recipe=learning_rate=1e-3", "--glue-recipe=num_train_epochs=3")
    here("suites/", *recipe, "--glue-json=out.json").assert_outcomes(passed=1)

    (result,) = report()["results"]
    assert ("tickets", "pass", 240, 60) == tuple(result[name] for name in ("task", "verdict", "n_train", "n_eval"))
    workflow = yaml.safe_load((pytester.path / ".github" / "workflows" / "glue.yml").read_text("utf-8"))
    assert any(step.get("run", "").startswith("pytest suites/ ") for step in workflow["jobs"]["glue"]["steps"])
