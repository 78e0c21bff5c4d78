"""The texts of examples, read for a page."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.data.fingerprint import digest_of_task
from pytest_glue.data.golden import golden_identity
from pytest_glue.data.source import limited, open_source, source_of
from pytest_glue.reports.example_texts import ExampleTexts, ItemTexts
from pytest_glue.session.example_texts import example_texts

NODEID = "s.py::test[rte-sample]"


def report(name: str = "rte", digest: str = "", examples: tuple[int, ...] = (3, 1), **options: Any) -> dict[str, Any]:
    """Return the parts of a report that name texts: of an item whose examples got worse."""
    flips = {"predictions": [{"example": index} for index in examples]}
    result = {"nodeid": NODEID, "task": name, "data_digest": digest, "baseline": {"negative_flips": flips}}
    return {"options": Options(data="sample", **options).to_dict(), "results": [result]}


def sample_digest(max_train: int | None = None, max_eval: int | None = None) -> str:
    data = limited(open_source("sample").load(GLUE["rte"]), GLUE["rte"], max_train, max_eval)
    return digest_of_task(data, GLUE["rte"])


def test_the_texts_of_both_columns() -> None:
    """Each example has its one or two texts, by the index in the evaluation split."""
    found = example_texts(report(digest=sample_digest()))[NODEID].flipped
    split = open_source("sample").load(GLUE["rte"])["validation"]
    expected = {index: (split[index]["sentence1"], split[index]["sentence2"]) for index in (3, 1)}
    assert (expected, "") == (found.by_example, found.problem)


def test_limits_are_those_of_the_item() -> None:
    """The digest is of the examples that were used."""
    given = report(digest=sample_digest(8, 4), max_train_samples=8, max_eval_samples=4)
    assert {3, 1} == example_texts(given)[NODEID].flipped.by_example.keys()


def test_other_data_shows_no_texts() -> None:
    """A text that a run did not see would be wrong."""
    found = example_texts(report(digest=f"sha256:{'0' * 64}"))[NODEID].flipped
    assert ({}, "the data of task rte is not what this item was evaluated on") == (found.by_example, found.problem)


@pytest.mark.parametrize(
    ("task", "options", "problem"),
    [
        ("rte", {"data": "no/such/folder"}, "no/such/folder"),
        ("mine", {}, "task mine is not in the options of the report"),
    ],
)
def test_data_that_cannot_be_read(task: str, options: dict[str, Any], problem: str) -> None:
    """The reason is what a page shows."""
    given = report(task)
    given["options"] |= options
    assert problem in example_texts(given)[NODEID].flipped.problem


def test_no_texts_are_read_if_none_may_be_shown() -> None:
    """Confidential data stays where it is."""
    given = report(digest=sample_digest())
    given["options"]["report_text"] = "none"
    found = example_texts(given)[NODEID].flipped
    assert ({}, "the option report_text is none") == (found.by_example, found.problem)


def test_an_item_without_flips_reads_nothing() -> None:
    """No data is loaded for it, nor for one without a comparison."""
    given = report(examples=())
    given["results"].append({"nodeid": "other", "baseline": None})
    assert {} == example_texts(given)


def test_an_own_task(tmp_path: Path) -> None:
    """The options of a report describe an own task, whose labels can be inferred."""
    (tmp_path / "train.csv").write_text("text,team\na,x\nb,y\n", "utf-8")
    (tmp_path / "validation.csv").write_text("text,team\nfirst,x\nsecond,y\n", "utf-8")
    files = tuple((name, (str(tmp_path / f"{name}.csv"),)) for name in ("train", "validation"))
    task = Task("own", "own", ("text",), ("x", "y"), ("accuracy",), label_column="team", data=TaskData(files=files))
    digest = digest_of_task(source_of(task, "sample").load(task), task)
    given = report("own", digest, examples=(1,), task={"own": task})
    assert {1: ("second",)} == example_texts(given)[NODEID].flipped.by_example


def test_golden_examples(tmp_path: Path) -> None:
    """Their texts are those of the golden file, if it is as it was."""
    file = tmp_path / "golden.csv"
    file.write_text("text,team\nfirst,x\nsecond,y\n", "utf-8")
    columns: dict[str, Any] = {"label_column": "team", "data": TaskData(files=()), "golden": str(file)}
    task = Task("own", "own", ("text",), ("x", "y"), ("accuracy",), **columns)
    given = report("own", examples=(), task={"own": task})
    golden = {"digest": golden_identity(task), "misses": [{"example": 1}]}
    given["results"][0] |= {"baseline": None, "golden": golden}
    assert {1: ("second",)} == example_texts(given)[NODEID].golden.by_example
    file.write_text("text,team\nfirst,x\nanother,y\n", "utf-8")
    assert "has other texts" in example_texts(given)[NODEID].golden.problem
    given["options"]["report_text"] = "none"
    assert ItemTexts(golden=ExampleTexts(problem="the option report_text is none")) == example_texts(given)[NODEID]
