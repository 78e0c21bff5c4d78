"""Tasks in TOML on the team's own data, end to end."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.own_data import TEAMS, TOPICS, write_tickets, write_topics, write_urgency
from tests.plugin.conftest import Run

HEAVY = ("torch", "transformers", "datasets", "evaluate", "numpy", "scipy", "sklearn", "pyarrow")
README = Path(__file__).parents[2] / "README.md"

TICKETS = """
[tool.pytest_glue]
checkpoints = ["sample"]
recipe = { learning_rate = 1e-3, num_train_epochs = 3 }

[tool.pytest_glue.task.tickets]
data = "data"
text = "message"
label = "team"
metrics = ["f1_macro", "accuracy"]
slices = ["language"]

[tool.pytest_glue.threshold]
tickets = { f1_macro = 0.6, accuracy = 0.6 }
"tickets[language=de]" = 0.6
"""
URGENCY = """
[tool.pytest_glue]
checkpoints = ["sample"]
recipe = { learning_rate = 1e-3, num_train_epochs = 3 }

[tool.pytest_glue.task.urgency]
data = { train = "data/train.jsonl", validation = "data/validation.jsonl" }
text = "message"
label = "level"
kind = "regression"
metrics = ["spearmanr", "pearson"]
slices = ["language"]

[tool.pytest_glue.threshold]
urgency = { spearmanr = 0.5, pearson = 0.5 }
"urgency[language=en]" = 0.5
"""
TOPICS_TASK = """
[tool.pytest_glue]
checkpoints = ["sample"]
recipe = { learning_rate = 1e-3, num_train_epochs = 8 }

[tool.pytest_glue.task.topics]
data = "data"
text = "message"
label = "topics"
kind = "multi_label"
slices = ["language"]

[tool.pytest_glue.threshold]
topics = { f1_macro = 0.6, accuracy = 0.6 }
"topics[language=de]" = 0.5
"""


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """The folder `data` of the project."""
    return pytester.mkdir("data")


@pytest.mark.parametrize(
    ("name", "table", "write", "labels"),
    [
        ("tickets", TICKETS, write_tickets, TEAMS),
        ("urgency", URGENCY, write_urgency, ()),
        ("topics", TOPICS_TASK, write_topics, TOPICS),
    ],
)
def test_each_kind_is_gated_by_its_thresholds(
    pytester: pytest.Pytester,
    folder: Path,
    here: Run,
    report: Callable[[], Any],
    name: str,
    table: str,
    write: Callable[[Path], None],
    labels: tuple[str, ...],
) -> None:
    """Under 20 lines of TOML; the second time the runs are read from the cache, and a higher threshold fails them."""
    assert len(table.strip().splitlines()) < 20
    write(folder)
    pytester.makepyprojecttoml(table)
    first = here("--glue-json=out.json")
    (trained,) = report()["results"]
    metric = trained["headline_metric"]
    second = here("--glue-json=out.json", f"--glue-threshold={name}:{metric}=1.0", "--glue-cache=only")
    (cached,) = report()["results"]

    first.assert_outcomes(passed=1)
    second.assert_outcomes(failed=1)
    assert (list(labels), False) == (trained["labels"], trained["runs"][0]["cached"])
    assert (trained["metrics"], True) == (cached["metrics"], cached["runs"][0]["cached"])
    assert "data" in trained["data"]
    assert {"language=de", "language=en"} == {each["name"] for each in trained["slices"]}
    header = f"glue: task {name}: data {trained['data']}; *" + (f"labels {', '.join(labels)} (from*" if labels else "")
    first.stdout.fnmatch_lines([header])
    assert {name} == set(report()["options"]["task"])


def test_the_example_of_the_readme(pytester: pytest.Pytester, here: Run) -> None:
    """Its table and files gate a task."""
    found = re.search(r"<!-- own task -->\n```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert found
    pytester.makepyprojecttoml(found[1])
    write_tickets(pytester.path)
    result = here(
        "--glue-checkpoints=sample", "--glue-recipe=learning_rate=1e-3", "--glue-recipe=num_train_epochs=3", "-v"
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_glue[[]tickets-sample[]] PASSED*"])


def test_the_task_in_python_of_the_documentation(pytester: pytest.Pytester, here: Run) -> None:
    """It is registered, and its labels are inferred."""
    blocks = re.findall(r"```python\n(.*?)```", (README.parent / "docs" / "tasks.md").read_text("utf-8"), re.DOTALL)
    (code,) = (block for block in blocks if "pytest_glue_register_tasks" in block)
    pytester.makeconftest(code)
    write_tickets(pytester.path, {"tickets": 100})
    result = here("--glue-checkpoints=sample", "--glue-recipe=num_train_epochs=1", "--glue-threshold=tickets=0", "-v")
    result.stdout.fnmatch_lines(
        ["glue: task tickets: data tickets.csv; classification; labels billing, *", "*test_glue[[]tickets-sample[]]*"]
    )
    assert result.parseoutcomes().keys() <= {"passed", "failed"}  # so short a training may predict one class


def test_a_registered_task_that_cannot_work(pytester: pytest.Pytester, here: Run) -> None:
    """It ends the test run, as one in TOML does."""
    pytester.makeconftest("""
        from pytest_glue import Task
        def pytest_glue_register_tasks(registry):
            registry.add(Task("mine", "mine", ("text",), ("no", "yes"), ("acuracy",)))
        """)
    result = here("--glue-checkpoints=sample")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*pytest_glue_register_tasks adds the task 'mine': unknown metric 'acuracy': did *"])


WRITES_IMPORTS = f"""
import sys
from pathlib import Path

def pytest_sessionfinish():
    Path("imported.txt").write_text(" ".join(name for name in {HEAVY} if name in sys.modules))
"""


@pytest.mark.parametrize("write", [write_tickets, write_topics])
def test_collecting_own_tasks_imports_no_library(
    pytester: pytest.Pytester, folder: Path, in_new_interpreter: Run, write: Callable[[Path], None]
) -> None:
    """Headers are checked and labels are inferred without numpy, torch and the like."""
    write(folder)
    pytester.makepyprojecttoml(TICKETS if write is write_tickets else TOPICS_TASK)
    pytester.makeconftest(WRITES_IMPORTS)
    result = in_new_interpreter("--co")
    result.stdout.fnmatch_lines(["*labels * (from the training data)", "*test_glue[[]*-sample[]]>"])
    assert "" == (pytester.path / "imported.txt").read_text("utf-8")


def test_the_same_scores_as_a_task_of_glue(pytester: pytest.Pytester, here: Run, report: Callable[[], Any]) -> None:
    """With the same examples in a CSV file, whose labels are names."""
    from pytest_glue.sample.examples import sample_dataset

    data = sample_dataset("rte")
    names = data["train"].features["label"].names
    for split in ("train", "validation"):
        with (pytester.path / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = [(row["sentence1"], row["sentence2"], names[row["label"]]) for row in data[split]]
            csv.writer(file).writerows([("first", "second", "label"), *rows])
    pytester.makepyprojecttoml("""
        [tool.pytest_glue.task.mine]
        data = { train = "train.csv", validation = "validation.csv" }
        text = ["first", "second"]
        """)
    less = ("--glue-max-train-samples=48", "--glue-max-eval-samples=24", "--glue-recipe=num_train_epochs=1")
    here("--glue-data=sample", "--glue-checkpoints=sample", "--glue-tasks=rte,mine", "--glue-json=out.json", *less)
    mine, rte = report()["results"]
    histories = [[each["history"] for each in result["runs"]] for result in (mine, rte)]
    assert histories[0] == histories[1]
    assert mine["metrics"] == rte["metrics"]


def test_a_column_that_is_not_there(pytester: pytest.Pytester, folder: Path, here: Run) -> None:
    """It is an error of the item, which names the columns that are there, the closest first."""
    write_tickets(folder)
    pytester.makepyprojecttoml(TICKETS.replace('"message"', '"mesage"'))
    result = here()
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*split 'train' of task tickets has no column 'mesage'; there: message, team, language"]
    )
    result.stdout.no_fnmatch_line("*threshold * is not used*")


def test_a_field_that_is_not_accepted(pytester: pytest.Pytester, folder: Path, here: Run) -> None:
    """It ends the test run before anything is read."""
    pytester.makepyprojecttoml(TICKETS.replace("text =", "texts ="))
    result = here()
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(
        ["*tool.pytest_glue* task in pyproject.toml: tickets has an unknown field 'texts': did you mean text?*"]
    )


def test_examples_that_are_trained_and_evaluated(
    pytester: pytest.Pytester, folder: Path, here: Run, report: Callable[[], Any]
) -> None:
    """They are counted in a note."""
    write_tickets(folder, {"train": 60})
    (folder / "validation.csv").write_bytes((folder / "train.csv").read_bytes())
    pytester.makepyprojecttoml(TICKETS)
    here("--glue-json=out.json", "--glue-recipe=num_train_epochs=1")
    (result,) = report()["results"]
    note = (
        "texts that also stand in the training split: 60 of 60 evaluation examples (100 %); the score is too high for "
        "new texts"
    )
    assert note in result["notes"]
