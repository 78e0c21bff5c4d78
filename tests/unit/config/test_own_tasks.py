"""Tasks in TOML: accepted tables, and messages about others."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.errors import OptionError
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.slices import Slice
from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import GLUE, Kind, Task

FILES = 'data = { train = "a.csv", validation = "b.csv" }\ntext = "message"\n'
ORIGIN = "[tool.pytest_glue] task in pyproject.toml"


def parsed(toml: str, name: str = "tickets", base: Path | None = None) -> Task:
    """Return the task that is declared by lines of TOML."""
    table = {"task": {name: tomllib.loads(toml)}}
    return combine([OptionSource(ORIGIN, table, base or Path.cwd())]).task[name]


def test_the_least_that_a_task_needs() -> None:
    """Data and text; the rest has defaults."""
    expected = Task(
        "tickets",
        "tickets",
        ("message",),
        (),
        ("accuracy",),
        kind=Kind.CLASSIFICATION,
        data=TaskData(files=(("train", ("a.csv",)), ("validation", ("b.csv",)))),
    )
    assert expected == parsed(FILES)


def test_every_field() -> None:
    """Each field of the table sets one of the task."""
    task = parsed(
        """
        data = "folder"
        text = ["question", "answer"]
        label = "grade"
        kind = "classification"
        labels = [3, 1, 2]
        metrics = ["accuracy", "matthews_correlation"]
        headline_metric = "matthews_correlation"
        train_split = "training"
        evaluation_fraction = 0.2
        unlabelled_split = "rest"
        group = "question"
        slices = ["language"]
        golden = "golden.csv"
        golden_min = 0.9
        """
    )
    assert ((Slice("language"),), "golden.csv", 0.9) == (task.slices, task.golden, task.golden_min)
    assert (("question", "answer"), "grade", ("3", "1", "2")) == (task.text_columns, task.label_column, task.labels)
    assert ("matthews_correlation", "accuracy") == task.metrics
    assert ("training", 0.2, "rest", "question") == (
        task.train_split,
        task.evaluation_fraction,
        task.unlabelled_split,
        task.group_column,
    )


def test_metrics_by_kind() -> None:
    """A regression is scored by its two correlations, sets of labels by each label and as a whole."""
    assert ("pearson", "spearmanr") == parsed(f'{FILES}kind = "regression"').metrics
    assert ("f1_macro", "accuracy") == parsed(f'{FILES}kind = "multi_label"').metrics


def test_columns_of_a_multi_label_task() -> None:
    """Several label columns make one set of labels."""
    task = parsed(f'{FILES}kind = "multi_label"\nlabel = ["urgent", "billing"]\nmetrics = "accuracy"')
    assert (("urgent", "billing"), "label_set") == (task.label_columns, task.label_column)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('"folder"', TaskData(folder="folder")),
        ('"one.csv"', TaskData(files=(("train", ("one.csv",)),))),
        ('{ train = ["a.tsv", "b.tsv"] }', TaskData(files=(("train", ("a.tsv", "b.tsv")),))),
        ('{ hub = "a/b", configuration = "en", revision = "v1" }', TaskData("", (), "a/b", "en", "v1")),
    ],
)
def test_data(data: str, expected: TaskData) -> None:
    """A folder, a file, files of splits, or a dataset on the hub."""
    assert expected == parsed(f'data = {data}\ntext = "message"\nevaluation_fraction = 0.2').data


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    """A relative path is that from the file with the table; an absolute one stays."""
    data = parsed('data = { train = "a.csv", validation = "/b.csv" }\ntext = "message"', base=tmp_path).data
    assert data
    assert (("train", (f"{tmp_path}/a.csv",)), ("validation", ("/b.csv",))) == data.files


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("", "tickets has no field text: name the column with the texts, as in text = "),
        (f'{FILES}texts = "a"', "tickets has an unknown field 'texts': did you mean text?"),
        ('data = "x"\ntext = ["a", "b", "c"]', "tickets: text: ['a', 'b', 'c']: expected one or two columns"),
        ('data = "x"\ntext = ["a", "a"]', "tickets: text: 'a' is given twice"),
        ('data = "x"\ntext = 3', "tickets: text: 3: expected a text"),
        (f'{FILES}label = "message"', "tickets: the column 'message' is both text and label"),
        (f'{FILES}label = ["a", "b"]', "tickets: label = ['a', 'b']: expected one column; several are for kind = "),
        (f'{FILES}kind = "ranking"', "tickets: kind: 'ranking': expected classification, regression or multi_label"),
        (f'{FILES}labels = ["a"]', "tickets: labels: ['a']: expected two labels or more"),
        (f'{FILES}labels = ["a", "a"]', "tickets: labels: 'a' is given twice"),
        (f'{FILES}labels = "a, b"', "tickets: labels: 'a, b': expected a list of texts, integers or booleans"),
        (f'{FILES}kind = "regression"\nlabels = [1, 2]', "tickets: a regression has no labels: leave the field out"),
        (f'{FILES}metrics = ["acuracy"]', "tickets: unknown metric 'acuracy': did you mean accuracy?"),
        (
            f'{FILES}metrics = ["pearson"]',
            "tickets: the metric 'pearson' does not fit the kind classification; those that fit: accuracy",
        ),
        (f'{FILES}headline_metric = "f1"', "tickets: headline_metric = 'f1' is not one of the metrics: accepted: "),
        (f"{FILES}golden_min = 0.5", "tickets: golden_min is a share of the golden examples: name their file, as in "),
        (f"{FILES}slices = [3]", "tickets: slices: slice 3: expected a column, as in "),
        (
            f"{FILES}golden_tolerance = 0.1",
            "tickets: golden_tolerance is for the golden examples of a regression: leave",
        ),
        (f"{FILES}golden_tolerance = -1", "tickets: golden_tolerance: -1: expected a number of at least 0"),
        (f'{FILES}golden = "golden.md"', "tickets: golden: 'golden.md': expected a file that ends with .csv, "),
        (f"{FILES}evaluation_fraction = 1.5", "tickets: evaluation_fraction: 1.5: expected a fraction above 0 and "),
        (f"{FILES}evaluation_fraction = 0.2", "tickets: data has the split 'validation', and evaluation_fraction "),
        (f'{FILES}train_split = "validation"', "tickets: train_split and evaluation_split are both 'validation'"),
        (f'{FILES}label_separator = ";"', 'tickets: label_separator is for one label column of kind = "multi_label"'),
        ('text = "message"', "tickets: it has neither labels nor data: name the labels, or the data that they can be"),
        ('data = "one.csv"\ntext = "message"', "tickets: data has no file for the split 'validation'; there: train: "),
        ('data = { train = "a.xlsx" }\ntext = "m"', "tickets: data: train = 'a.xlsx': expected a file that ends with "),
        ('data = { train = ["a.csv", "b.tsv"] }\ntext = "m"', "tickets: data: train = ['a.csv', 'b.tsv']: the files "),
        ('data = { hub = "a/b", config = "en" }\ntext = "m"', "tickets: data: unknown key 'config' of a dataset on "),
        ('data = 3\ntext = "m"', "tickets: data: 3: expected a folder, as in "),
    ],
)
def test_tables_that_are_not_accepted(toml: str, expected: str) -> None:
    """The message names task, field and value, and what is accepted."""
    with pytest.raises(OptionError) as caught:
        parsed(toml)
    assert str(caught.value).startswith(f"{ORIGIN}: {expected}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rte", "'rte' cannot be the name of an own task: rte is a task of GLUE; choose another name"),
        ("CoLA", "'CoLA' cannot be the name of an own task: cola is a task of GLUE; choose another name"),
        ("all", "'all' cannot be the name of an own task: all stands for every task; choose another name"),
        ("a/b", "'a/b' is not a name of a task; accepted: at most 100 letters, digits, `.`, `_` and `-`, "),
        ("a:b", "'a:b' is not a name of a task; accepted: "),
        ("-a", "'-a' is not a name of a task; accepted: "),
        ("x" * 101, f"'{'x' * 40}' is not a name of a task; accepted: "),
    ],
)
def test_names_that_are_not_accepted(name: str, expected: str) -> None:
    """A name is safe in a shell and as the name of a file, and no other task has it."""
    with pytest.raises(OptionError) as caught:
        parsed(FILES, name)
    assert str(caught.value).startswith(f"{ORIGIN}: {expected}")


def test_names_that_differ_in_case_only() -> None:
    """Their baselines would be one file on some systems."""
    table = {name: tomllib.loads(FILES) for name in ("tickets", "Tickets")}
    with pytest.raises(OptionError, match="the names 'tickets' and 'Tickets' differ in upper and lower case only"):
        combine([OptionSource("{name}", {"task": table}, Path.cwd())])


def test_a_task_that_a_plugin_registers_too() -> None:
    """A table cannot replace it in silence."""
    registered: dict[str, Any] = {"tickets": GLUE["rte"]}
    sources = [OptionSource("default {name}", {"task": registered}, Path.cwd())]
    with pytest.raises(OptionError, match="registers the task 'tickets' too: choose another name"):
        combine([*sources, OptionSource("{name}", {"task": {"tickets": tomllib.loads(FILES)}}, Path.cwd())])


def test_own_metrics(tmp_path: Path) -> None:
    """Paths and modules start from the folder of the table; a metric that is not there is refused."""
    (tmp_path / "ticket_costs.py").write_text("def cost(predictions, references):\n    return 0.0\n")
    metrics, before = 'metrics = ["ticket_costs:cost", "accuracy"]\n', dict(METRICS)
    try:
        assert ("ticket_costs:cost", "accuracy") == parsed(FILES + metrics, base=tmp_path).metrics
        assert METRICS["ticket_costs:cost"].greater_is_better
        with pytest.raises(OptionError, match=r"tickets: the metric './none.py': there is no file"):
            parsed(FILES + 'metrics = ["./none.py"]', base=tmp_path)
    finally:
        METRICS.clear()
        METRICS.update(before)
