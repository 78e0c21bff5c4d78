"""Fetching chosen files of a repository, with the real client library and a local hub server."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.core.errors import DataError, HubError
from pytest_glue.integrations.hub import Kind, Repository, Snapshot, fetch

NAME = "owner/data"
FILES = {"cola/train.parquet": b"cola train", "rte/train.parquet": b"rte train", "README.md": b"text"}


def files_in(name: str) -> Callable[[Sequence[str]], Sequence[str]]:
    """Return a function that chooses the files of a folder and raises if there are none."""

    def choose(names: Sequence[str]) -> list[str]:
        chosen = [file for file in names if file.startswith(f"{name}/")]
        if not chosen:
            raise DataError(f"there is no {name}")
        return chosen

    return choose


def get(revision: str | None = None, folder: str = "cola", name: str = NAME) -> Snapshot:
    """Fetch a folder of the test's repository."""
    return fetch(Repository(Kind.DATASET, name, revision), files_in(folder))


def content(snapshot: Snapshot) -> dict[str, bytes]:
    """Return the content of the chosen files by name."""
    return {name: (snapshot.folder / name).read_bytes() for name in snapshot.files}


@pytest.fixture
def commit(hub: Any) -> str:
    """The newest commit of the repository."""
    newest: str = hub.publish("datasets", NAME, FILES)
    return newest


def test_fetches_only_what_is_chosen(hub: Any, commit: str) -> None:
    """The snapshot holds the chosen files, no other file, and no note."""
    snapshot = get(commit)
    assert {"cola/train.parquet": b"cola train"} == content(snapshot)
    assert ["cola/train.parquet"] == [
        path.relative_to(snapshot.folder).as_posix() for path in snapshot.folder.rglob("*") if path.is_file()
    ]
    assert (commit, ()) == (snapshot.commit, snapshot.notes)


def test_a_pinned_revision_is_fetched_once(hub: Any, commit: str) -> None:
    """The second fetch of a full commit makes no request and works without a hub."""
    first = get(commit)
    hub.requests.clear()
    assert first == get(commit)
    assert [] == hub.requests
    hub.go_down()
    assert first == get(commit)
    hub.come_up()


def test_a_branch_is_asked_for_with_one_request(hub: Any, commit: str) -> None:
    """A cached branch costs one request, and none for its files."""
    get("main")
    hub.requests.clear()
    assert commit == get("main").commit
    assert [f"GET /api/datasets/{NAME}/revision/main"] == hub.requests


def test_a_moved_branch_is_seen(hub: Any, commit: str) -> None:
    """After a push, the branch gives the new commit with its new files; the old snapshot does not change."""
    old = get()
    new = hub.publish("datasets", NAME, FILES | {"cola/train.parquet": b"corrected"})
    assert (new, {"cola/train.parquet": b"corrected"}) == ((snapshot := get()).commit, content(snapshot))
    assert {"cola/train.parquet": b"cola train"} == content(old)


@pytest.mark.parametrize("revision", [None, "main", "v1"])
def test_an_outage_falls_back_to_the_cached_branch(hub: Any, commit: str, revision: str | None) -> None:
    """If the hub is down, a branch gives its last known commit, and a note says so."""
    hub.publish("datasets", NAME, FILES, branch="v1")
    get(revision)
    hub.go_down()
    snapshot = get(revision)
    hub.come_up()
    assert (commit, {"cola/train.parquet": b"cola train"}) == (snapshot.commit, content(snapshot))
    assert "the hub could not be asked" in snapshot.notes[0]
    assert commit[:7] in snapshot.notes[0]


@pytest.mark.parametrize("mode", ["down", "HANGING", "FAILING"])
@pytest.mark.parametrize(("kind", "flag"), [(Kind.DATASET, "--glue-data"), (Kind.MODEL, "--glue-checkpoints")])
def test_an_outage_without_a_cache_is_an_error(hub: Any, hub_module: Any, mode: str, kind: Kind, flag: str) -> None:
    """If the hub refuses connections, hangs or fails, the error names repository, revision and remedies."""
    if mode == "down":
        hub.go_down()
    else:
        hub.mode = hub_module.Mode[mode]
    with pytest.raises(HubError, match=rf"cannot be reached .*{kind} {NAME}@v1 .*{flag}=FOLDER.*{flag}=sample"):
        fetch(Repository(kind, NAME, "v1"), files_in("cola"))
    if mode == "down":
        hub.come_up()


def test_a_partial_cache_is_not_complete(hub: Any, commit: str) -> None:
    """With only cola in the cache and the hub down, rte is an error and not an empty task."""
    get(commit)
    hub.go_down()
    with pytest.raises(HubError, match="not complete in the cache"):
        get(commit, "rte")
    hub.come_up()
    assert {"rte/train.parquet": b"rte train"} == content(get(commit, "rte"))


def test_a_cache_that_another_tool_filled_is_enough(hub: Any, commit: str) -> None:
    """Files that `hf_hub_download` cached are used if the hub is down, and a note says so."""
    from huggingface_hub import hf_hub_download

    hf_hub_download(NAME, "cola/train.parquet", repo_type="dataset", revision=commit)
    hub.go_down()
    snapshot = get(commit)
    assert {"cola/train.parquet": b"cola train"} == content(snapshot)
    assert "the hub could not be asked" in snapshot.notes[0]
    with pytest.raises(HubError, match="there is no rte"):
        get(commit, "rte")
    hub.come_up()


@pytest.mark.parametrize(
    ("name", "revision", "message"),
    [
        ("owner/dada", "main", "the hub has no dataset owner/dada@main, or it is private: .*HF_TOKEN"),
        (NAME, "nightly", f"dataset {NAME}@nightly: there is no such revision"),
        (NAME, "0" * 40, "there is no such revision"),
        ("owner/a--b", None, "the hub does not accept this name"),
    ],
)
def test_a_wrong_name_or_revision(hub: Any, commit: str, name: str, revision: str | None, message: str) -> None:
    """A repository or revision that the hub does not have is reported as such, not as an outage."""
    with pytest.raises(HubError, match=message):
        get(revision, name=name)


def test_a_gated_repository(hub: Any, hub_module: Any, commit: str) -> None:
    """The error of a gated repository says how to get access."""
    hub.mode = hub_module.Mode.GATED
    with pytest.raises(HubError, match=r"is gated: .*HF_TOKEN"):
        get(commit)


def test_what_is_not_in_the_repository(hub: Any, commit: str) -> None:
    """The error of `choose` is raised unchanged."""
    with pytest.raises(DataError, match="there is no wnli"):
        get(commit, "wnli")


def test_a_file_that_is_listed_but_not_there(hub: Any, commit: str) -> None:
    """A chosen file that the hub does not have is an error that names the file."""
    with pytest.raises(HubError, match=f"dataset {NAME}@main has no file gone.txt at commit {commit[:7]}"):
        fetch(Repository(Kind.DATASET, NAME, "main"), lambda _: ["gone.txt"])


def test_a_truncated_download(hub: Any, hub_module: Any) -> None:
    """A download that ends halfway is an error and leaves no file; the next fetch gives the whole file."""
    whole = {"cola/train.parquet": bytes(range(256)) * 4096}
    commit = hub.publish("datasets", NAME, whole)
    hub.mode = hub_module.Mode.TRUNCATING
    with pytest.raises(HubError, match=r"cola/train.parquet of .* did not finish"):
        get(commit)
    hub.mode = hub_module.Mode.FAILING
    with pytest.raises(HubError, match=r"not in the cache|not complete"):
        get(commit)
    hub.mode = hub_module.Mode.UP
    assert whole == content(get(commit))


def test_without_a_record_of_the_file_names(hub: Any, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the library does not record the names of all files, a cached commit costs one request."""
    snapshot = get(commit)
    monkeypatch.setattr("pytest_glue.integrations.hub._recorded_names", lambda _: [])
    hub.requests.clear()
    assert snapshot == get(commit)
    assert [f"GET /api/datasets/{NAME}/revision/{commit}"] == hub.requests


def test_in_fresh_processes(hub_server: Any, python: Callable[..., Any]) -> None:
    """HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE apply; offline mode and a cached commit make no request."""
    commit = hub_server.publish("datasets", NAME, FILES)

    def fetch_in_process(name: str, revision: str | None, **variables: str) -> Any:
        code = f"""
import json
from pytest_glue.core.errors import HubError
from pytest_glue.integrations.hub import Kind, Repository, fetch
try:
    found = fetch(Repository(Kind.DATASET, {name!r}, {revision!r}), lambda names: names)
    print(json.dumps([str(found.folder), found.commit, *found.notes]))
except HubError as error:
    print(json.dumps(str(error)))
"""
        hub_server.requests.clear()
        return python(code, **variables)

    folder, found = fetch_in_process(NAME, None)
    assert commit == found
    assert "home" in Path(folder).parts
    assert hub_server.requests
    assert [folder, commit] == fetch_in_process(NAME, commit)
    assert [] == hub_server.requests
    assert [folder, commit] == fetch_in_process(NAME, None, HF_HUB_OFFLINE="1")[:2]
    assert "HF_HUB_OFFLINE is set" in fetch_in_process(NAME, "v2", HF_HUB_OFFLINE="1")
    assert [] == hub_server.requests
