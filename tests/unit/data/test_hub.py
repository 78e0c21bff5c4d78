"""The hub as a data source, with the real client library and a local hub server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.core.errors import DataError, HubError
from pytest_glue.core.tasks import GLUE
from pytest_glue.data.fingerprint import digest
from pytest_glue.data.hub import DATASET, HubSource
from pytest_glue.data.source import open_source
from pytest_glue.sample.examples import sample_dataset
from tests.unit.hub_server import RECORDS_FILES

COLA, RTE = GLUE["cola"], GLUE["rte"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Synthetic data of two tasks in the layout of the hub's repository."""
    folder = tmp_path_factory.mktemp("glue")
    for configuration in ("cola", "rte"):
        for split, examples in sample_dataset(configuration).items():
            path = folder / configuration / f"{split}-00000-of-00001.parquet"
            path.parent.mkdir(exist_ok=True)
            examples.to_parquet(path)
    parquet = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.parquet")}
    return parquet | {"README.md": b"text", "ax/test-00000-of-00001.parquet": b""}


def test_only_the_tasks_own_files_are_fetched(hub: Any, files: dict[str, bytes]) -> None:
    """`check` makes no request; `load` downloads the configuration's files once.

    A library that does not record the files of a commit asks for their names each time.
    """
    commit = hub.publish("datasets", DATASET, files)
    source = open_source(f"hub@{commit}")
    source.check(COLA)
    assert [] == hub.requests
    loaded = source.load(COLA)
    assert {"cola"} == {request.split("/")[-2] for request in hub.requests if "/resolve/" in request}
    assert digest(sample_dataset("cola")["train"], COLA.columns) == digest(loaded["train"], COLA.columns)
    hub.requests.clear()
    assert ["train", "validation", "test"] == list(source.load(COLA))
    assert set() == set(hub.requests) - (set() if RECORDS_FILES else {f"GET /api/datasets/{DATASET}/revision/{commit}"})


def test_the_identity_is_the_commit(hub: Any, files: dict[str, bytes]) -> None:
    """A full commit needs no request; a branch is resolved to its current commit."""
    commit = hub.publish("datasets", DATASET, files)
    assert f"{DATASET}@{commit} cola" == open_source(f"hub@{commit}").identity(COLA)
    assert [] == hub.requests
    assert f"{DATASET}@{commit} rte" == HubSource("main").identity(RTE)


def test_a_task_that_the_revision_does_not_have(hub: Any, files: dict[str, bytes]) -> None:
    """A configuration without files is an error that lists those with files."""
    hub.publish("datasets", DATASET, files)
    with pytest.raises(DataError, match=r"nyu-mll/glue@main has no data for task wnli .*; there: ax, cola, rte"):
        open_source("hub@main").load(GLUE["wnli"])


def test_another_tasks_cache_is_not_enough(hub: Any, files: dict[str, bytes]) -> None:
    """With only cola in the cache and the hub down, cola is loaded with a note, and rte is an error with a remedy."""
    hub.publish("datasets", DATASET, files)
    source: Any = open_source("hub@main")
    source.load(COLA)
    assert () == source.notes
    hub.go_down()
    source.load(COLA)
    assert "the hub could not be asked" in source.notes[0]
    with pytest.raises(HubError, match=r"nyu-mll/glue@main is not complete in the cache.*\. Give `--glue-data=FOLDER`"):
        source.load(RTE)
    hub.come_up()


def test_the_default_revision_is_pinned(python: Callable[..., Any], hub_server: Any, tmp_path: Path) -> None:
    """Without a revision, the request is for the default commit, which the error names."""
    code = """
import json
from pytest_glue.data.source import open_source
from pytest_glue.core.errors import HubError
from pytest_glue.core.tasks import GLUE
try:
    open_source("hub").load(GLUE["cola"])
except HubError as error:
    print(json.dumps(str(error)))
"""
    message = python(code)
    assert "nyu-mll/glue@bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c" in message
    asked = [request for request in hub_server.requests if "datasets" in request]
    assert ["GET /api/datasets/nyu-mll/glue/revision/bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"] == asked
