"""The command `pytest-glue tasks`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_glue.cli import main
from pytest_glue.commands.project_options import project_options
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.scheduling.cost_model import TYPICAL_SCALE, estimate

Command = Callable[..., tuple[int, str, str]]

TABLE = """
[tool.pytest_glue]
checkpoints = ["candidate=./model"]

[tool.pytest_glue.task.tickets]
data = "tickets.csv"
text = "message"
label = "team"
evaluation_fraction = 0.25
metrics = ["f1_macro", "accuracy"]
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command in an empty folder, and return exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "tickets.csv").write_text("message,team\n" + "pay me,billing\nhelp,other\n" * 20, "utf-8")

    def run(*arguments: str, table: str = "") -> tuple[int, str, str]:
        (tmp_path / "pyproject.toml").write_text(table, "utf-8")
        return main(["tasks", *arguments]), *capsys.readouterr()

    return run


def test_the_tasks_of_glue(tasks: Command) -> None:
    """Nothing is downloaded: the sizes are published, and the chance level is the least that the data can have."""
    code, shown, problems = tasks()
    assert (0, "") == (code, problems)
    lines = shown.splitlines()
    assert ["cola", "classification", "matthews_correlation", "2", "8,551", "1,043", "≥0.000"] == lines[1].split()[:7]
    assert ["mnli-mm", "classification", "accuracy", "3", "392,702", "9,832", "≥0.333"] == lines[3].split()[:7]
    assert ["stsb", "regression", "pearson,", "spearmanr", "-", "5,749", "1,500", "≥0.000"] == lines[9].split()[:8]
    assert "time of a run: one seed of distilbert-base-uncased, a rough estimate for two CPU cores" == lines[-1]


def test_own_tasks_come_first_and_are_read(tasks: Command, tmp_path: Path) -> None:
    """Labels and sizes are those of the data, and the time that of recorded runs."""
    recorded = tmp_path / ".pytest_cache" / "v" / "glue" / "durations"
    recorded.parent.mkdir(parents=True)
    estimated = json.loads(tasks("tickets", "--json", table=TABLE)[1])[0]["expected_s"]
    recorded.write_text(json.dumps({"t.py::test_glue[rte-b]": {"estimated_s": 2, "trained_s": 6}}), "utf-8")

    code, shown, problems = tasks("tickets", "rte", table=TABLE)

    assert (0, "") == (code, problems)
    lines = shown.splitlines()
    assert ["tickets", "classification", "f1_macro,", "accuracy", "2", "30", "10", "0.333"] == lines[1].split()[:8]
    assert "rte" == lines[2].split()[0]
    assert "time of a run: one seed of candidate, from the runs that this project recorded" == lines[-1]
    (facts,) = json.loads(tasks("tickets", "--json", table=TABLE)[1])
    assert facts.pop("expected_s") == pytest.approx(3 * estimated / TYPICAL_SCALE)
    assert {
        "name": "tickets",
        "own": True,
        "kind": "classification",
        "text_columns": ["message"],
        "labels": ["billing", "other"],
        "metrics": ["f1_macro", "accuracy"],
        "headline_metric": "f1_macro",
        "n_train": 30,
        "n_eval": 10,
        "chance_level": pytest.approx(1 / 3),
        "is_least_chance_level": False,
        "problem": None,
    } == facts


def test_the_table_of_a_folder_above(tasks: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks(table=TABLE)
    (tmp_path / "suites").mkdir()
    monkeypatch.chdir(tmp_path / "suites")
    assert 0 == main(["tasks", "tickets"])
    assert 0 == main(["tasks", "tickets", "--config=../pyproject.toml"])


def test_data_that_cannot_be_used(tasks: Command) -> None:
    """The other tasks are listed; the exit code says that something is wrong."""
    code, shown, problems = tasks(table=TABLE.replace("message", "body"))
    assert 1 == code
    assert problems.startswith("tickets: ")
    assert "no column 'body'" in problems
    assert ["tickets", "classification", "f1_macro,", "accuracy", "-", "-", "-", "-", "-"] == shown.split("\n")[
        1
    ].split()
    assert "rte " in shown
    code, shown, _ = tasks("rte", "--data=nowhere", "--json")
    assert (1, None) == (code, json.loads(shown)[0]["n_train"])


def test_a_folder_without_some_tasks_of_glue(tasks: Command, tmp_path: Path) -> None:
    """It is no mistake, unless one of them is named."""
    code, shown, problems = tasks(f"--data={tmp_path}")
    assert (0, "") == (code, problems)
    assert 10 == len([line for line in shown.splitlines() if line.endswith("-")])


@pytest.mark.parametrize(
    ("arguments", "table", "message"),
    [
        (["rtee"], "", "unknown task 'rtee': did you mean rte?"),
        ([], "tasks = [", "is not valid TOML"),
        ([], "[tool.pytest_glue]\ntaks = ['rte']", "taks in pyproject.toml: unknown option; did you mean tasks"),
        (["--config=none.toml"], "", "none.toml"),
        (["--checkpoint=a b"], "", "--checkpoint: checkpoint 'a b' is neither a folder nor a hub id"),
        (["--data="], "", "--data"),
        ([], "[tool.pytest_glue.task.mine]\ndata = 'x.csv'", "mine has no field text"),
    ],
)
def test_what_is_not_accepted(tasks: Command, arguments: list[str], table: str, message: str) -> None:
    code, shown, problems = tasks(*arguments, table=table)
    assert (2, "") == (code, shown)
    assert message in problems
    assert "Traceback" not in problems


def test_the_time_of_an_own_task_that_was_run(tasks: Command, tmp_path: Path) -> None:
    """Its estimate was made without its size, so that it tells the time of this task and of no other."""
    estimated = json.loads(tasks("rte", "--json", table=TABLE)[1])[0]["expected_s"]
    config = Options(task=project_options(tmp_path / "pyproject.toml", required=True, given={}).task)
    candidate = Checkpoint("./model", Origin.FOLDER, role="candidate")
    unread = estimate(EvaluationSpec(config, config.task["tickets"], candidate))
    recorded = tmp_path / ".pytest_cache" / "v" / "glue" / "durations"
    recorded.parent.mkdir(parents=True)
    record = {"estimated_s": 3 * unread, "trained_s": 135}
    recorded.write_text(json.dumps({"t.py::test_glue[tickets-candidate]": record}), "utf-8")

    assert [pytest.approx(45)] == [
        each["expected_s"] for each in json.loads(tasks("tickets", "--json", table=TABLE)[1])
    ]
    assert tasks("tickets", table=TABLE)[1].endswith("from the runs that this project recorded\n")
    assert [estimated] == [each["expected_s"] for each in json.loads(tasks("rte", "--json", table=TABLE)[1])]
    assert tasks("rte", table=TABLE)[1].endswith("a rough estimate for two CPU cores\n")
