"""A submission of the five tasks whose data is at hand, with a real checkpoint that is hardly trained."""

from pathlib import Path

import pytest

from tests.glue_submission_checker import N_ROWS, problems
from tests.real.conftest import Run

TASKS = {"cola": "CoLA.tsv", "mrpc": "MRPC.tsv", "rte": "RTE.tsv", "stsb": "STS-B.tsv", "wnli": "WNLI.tsv"}
SUITE = "def test_glue(glue_evaluation):\n    assert glue_evaluation.verdict\n"

pytestmark = pytest.mark.xdist_group("real-submission")


@pytest.fixture(scope="module")
def output(run: Run, data: Path, two_layers: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the submission, and what the test run printed."""
    folder = tmp_path_factory.mktemp("submission")
    (folder / "test_suite.py").write_text(SUITE, "utf-8")
    what = (f"--glue-data={data}", f"--glue-checkpoints={two_layers}")
    limits = ("--glue-max-train-samples=64", "--glue-max-eval-samples=32", "--glue-max-length=16")
    recipe = ("--glue-recipe=num_train_epochs=1", "--glue-recipe=learning_rate=1e-3", "--glue-cache=off")
    asked = (f"--glue-tasks={','.join(TASKS)}", "--glue-unchecked=pass", "--glue-submission=submission")
    result = run([*what, *limits, *recipe, *asked], folder)
    return folder / "submission", result.stdout.str()


def test_the_leaderboard_accepts_it(output: tuple[Path, str]) -> None:
    """Every row of the five test splits is predicted, and the other files are filled, which the output says."""
    folder, text = output
    assert [] == problems(folder / "submission.zip")
    filled = ", ".join(name for name in N_ROWS if name not in TASKS.values())
    assert f"not predicted, filled with one label (STS-B: 0 to 5 in turn): {filled};" in text
    assert "the leaderboard would refuse" not in text


def test_predictions_are_those_of_the_runs(output: tuple[Path, str]) -> None:
    """The output names task, seed and score of each; the numbers of STS-B depend on the texts."""
    folder, text = output
    (line,) = [line for line in text.splitlines() if line.startswith("predicted: ")]
    for task, name in TASKS.items():
        assert f"{name} ({task}, seed 42: " in line
    predictions = [line.split("\t")[1] for line in (folder / "STS-B.tsv").read_text("utf-8").splitlines()[1:]]
    assert 10 < len(set(predictions))
