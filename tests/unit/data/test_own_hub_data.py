"""The data of own tasks on the hub: which files are read, and what is said if there are none."""

from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.errors import DataError, HubError
from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import Kind, Task
from pytest_glue.data.hub_files import choose_files
from pytest_glue.data.source import own_data, resolved, source_of

TASK = Task("own", "own", ("text",), (), ("accuracy",), kind=Kind.CLASSIFICATION)
CSV = b"text,label\nx,a\ny,b\n"


@pytest.mark.parametrize(
    ("names", "configuration", "expected"),
    [
        (["data/train-00000-of-00001.parquet", "data/dev.parquet"], "", [1, 0]),
        (["train.csv", "validation.csv", "README.md"], "", [0, 1]),
        (["en/train.jsonl", "en/valid.jsonl", "de/train.jsonl", "de/valid.jsonl"], "en", [0, 1]),
        (["default/train/0000.parquet", "default/train/0001.parquet", "default/dev/0000.parquet"], "", [0, 1, 2]),
        (["train.csv", "validation.csv", "data/train.parquet", "data/validation.parquet"], "", [2, 3]),
        (["train.csv", "test.csv", "validation.csv"], "", [1, 0, 2]),
    ],
)  # fmt: skip
def test_the_files_of_a_configuration(names: list[str], configuration: str, expected: list[int]) -> None:
    """By their names; of several formats, the first one that has every split."""
    assert sorted(names[index] for index in expected) == choose_files(names, configuration, TASK, "owner/name")


@pytest.mark.parametrize(
    ("names", "configuration", "expected"),
    [
        (["en/train.csv", "en/validation.csv"], "fr", r"configuration 'fr' has none in files .*; folders there: en$"),
        (["train.csv"], "", r"the splits train and validation, and the dataset without a configuration has train "),
        (["name.py"], "", r'it is a script, whose data is at revision = "refs/convert/parquet" of the same dataset$'),
    ],
)  # fmt: skip
def test_no_such_files(names: list[str], configuration: str, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        choose_files(names, configuration, TASK, "owner/name")


def test_the_identity_is_the_commit(hub: Any) -> None:
    """A full commit needs no request before the data is loaded; labels are inferred from the files."""
    commit = hub.publish("datasets", "owner/name", {"train.csv": CSV, "dev.csv": CSV})
    task = replace(TASK, data=TaskData(hub="owner/name", revision=commit))
    source = source_of(task, "hub")
    source.check(task)
    assert f"owner/name@{commit}" == source.identity(task)
    assert f"owner/name@{commit[:7]}" == source.description
    assert [] == hub.requests
    assert ("a", "b") == resolved(task).labels
    assert {} == source.files(task)
    assert 2 == len(source.load(resolved(task))["validation"])


def test_a_dataset_that_cannot_be_reached(hub: Any) -> None:
    """The remedy is another data of the task, not another `--glue-data`."""
    hub.go_down()
    with pytest.raises(HubError, match=r"Name a folder or files in `data` of the task$"):
        own_data(TaskData(hub="owner/gone")).labels(TASK)
    hub.come_up()
