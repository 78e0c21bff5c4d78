"""Fetching chosen files of a repository, with the real client library and a hub on this machine."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.core.errors import DataError, HubError
from pytest_glue.integrations.hub import Kind, Repository, Snapshot, fetch

NAME = "owner/data"
FILES = {"cola/train.parquet": b"cola train", "rte/train.parquet": b"rte train", "README.md": b"text"}


def one(name: str) -> Callable[[Sequence[str]], Sequence[str]]:
    """Choose a folder's files, or complain."""

    def choose(names: Sequence[str]) -> list[str]:
        chosen = [file for file in names if file.startswith(f"{name}/")]
        if not chosen:
            raise DataError(f"there is no {name}")
        return chosen

    return choose


def get(revision: str | None = None, folder: str = "cola", name: str = NAME) -> Snapshot:
    """Fetch a folder of the test's repository."""
    return fetch(Repository(Kind.DATASET, name, revision), one(folder))


def content(snapshot: Snapshot) -> dict[str, bytes]:
    """Return the content of the chosen files by name."""
    return {name: (snapshot.folder / name).read_bytes() for name in snapshot.files}


@pytest.fixture
def commit(hub: Any) -> str:
    """The newest commit of the repository."""
    newest: str = hub.publish("datasets", NAME, FILES)
    return newest


def test_fetches_only_what_is_chosen(hub: Any, commit: str) -> None:
    """The chosen files are there with their content, no other file is, and no note is made."""
    snapshot = get(commit)
    assert {"cola/train.parquet": b"cola train"} == content(snapshot)
    assert ["cola/train.parquet"] == [
        path.relative_to(snapshot.folder).as_posix() for path in snapshot.folder.rglob("*") if path.is_file()
    ]
    assert (commit, ()) == (snapshot.commit, snapshot.notes)


def test_a_pinned_revision_is_fetched_once(hub: Any, commit: str) -> None:
    """The second fetch of a full commit makes no request at all, and needs no hub."""
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
    """After a push, the branch is the new commit and its files are the new ones; the old commit stays what it was."""
    old = get()
    new = hub.publish("datasets", NAME, FILES | {"cola/train.parquet": b"corrected"})
    assert (new, {"cola/train.parquet": b"corrected"}) == ((snapshot := get()).commit, content(snapshot))
    assert {"cola/train.parquet": b"cola train"} == content(old)


@pytest.mark.parametrize("revision", [None, "main", "v1"])
def test_an_outage_falls_back_to_the_cached_branch(hub: Any, commit: str, revision: str | None) -> None:
    """When the hub is down, a cached branch is what it was when last asked for, and a note says so."""
    hub.publish("datasets", NAME, FILES, branch="v1")
    get(revision)
    hub.go_down()
    snapshot = get(revision)
    hub.come_up()
    assert (commit, {"cola/train.parquet": b"cola train"}) == (snapshot.commit, content(snapshot))
    assert "the hub could not be asked" in snapshot.notes[0]
    assert commit[:7] in snapshot.notes[0]


@pytest.mark.parametrize("mood", ["down", "HANGING", "OUT_OF_ORDER"])
@pytest.mark.parametrize(("kind", "flag"), [(Kind.DATASET, "--glue-data"), (Kind.MODEL, "--glue-checkpoints")])
def test_an_outage_without_a_cache_is_an_error(hub: Any, hub_module: Any, mood: str, kind: Kind, flag: str) -> None:
    """Whether the hub refuses, hangs or is out of order: the error names repository, revision and the ways out."""
    if mood == "down":
        hub.go_down()
    else:
        hub.mood = hub_module.Mood[mood]
    with pytest.raises(HubError, match=rf"cannot be reached .*{kind} {NAME}@v1 .*{flag}=FOLDER.*{flag}=sample"):
        fetch(Repository(kind, NAME, "v1"), one("cola"))
    if mood == "down":
        hub.come_up()


def test_a_partial_cache_is_not_complete(hub: Any, commit: str) -> None:
    """With cola in the cache and the hub down, rte is an error rather than an empty task."""
    get(commit)
    hub.go_down()
    with pytest.raises(HubError, match="not complete in the cache"):
        get(commit, "rte")
    hub.come_up()
    assert {"rte/train.parquet": b"rte train"} == content(get(commit, "rte"))


def test_a_cache_that_another_tool_filled_is_enough(hub: Any, commit: str) -> None:
    """Files that huggingface_hub put there are used without a hub, and a note says that nobody could be asked."""
    from huggingface_hub import hf_hub_download

    hf_hub_download(NAME, "cola/train.parquet", repo_type="dataset", revision=commit)
    hub.go_down()
    snapshot = get(commit)
    assert {"cola/train.parquet": b"cola train"} == content(snapshot)
    assert "what the cache holds" in snapshot.notes[0]
    with pytest.raises(HubError, match="there is no rte"):
        get(commit, "rte")
    hub.come_up()


@pytest.mark.parametrize(
    ("name", "revision", "message"),
    [
        ("owner/dada", "main", "the hub has no dataset owner/dada@main, or it is private: .*HF_TOKEN"),
        (NAME, "nightly", f"dataset {NAME}@nightly: there is no such revision"),
        (NAME, "0" * 40, "there is no such revision"),
        ("owner/a--b", None, "not a name that the hub accepts"),
    ],
)
def test_a_wrong_name_or_revision(hub: Any, commit: str, name: str, revision: str | None, message: str) -> None:
    """What the hub does not have is an error of its own, and no outage."""
    with pytest.raises(HubError, match=message):
        get(revision, name=name)


def test_a_gated_repository(hub: Any, hub_module: Any, commit: str) -> None:
    """A repository that wants a token says so."""
    hub.mood = hub_module.Mood.GATED
    with pytest.raises(HubError, match=r"is gated: .*HF_TOKEN"):
        get(commit)


def test_what_is_not_in_the_repository(hub: Any, commit: str) -> None:
    """A choice that the repository's files do not allow is the chooser's own error."""
    with pytest.raises(DataError, match="there is no wnli"):
        get(commit, "wnli")


def test_a_file_that_is_listed_but_not_there(hub: Any, commit: str) -> None:
    """A file that the hub does not deliver is an error that names it."""
    with pytest.raises(HubError, match=f"dataset {NAME}@main has no file gone.txt at commit {commit[:7]}"):
        fetch(Repository(Kind.DATASET, NAME, "main"), lambda _: ["gone.txt"])


def test_a_cut_download(hub: Any, hub_module: Any) -> None:
    """A download that ends halfway is an error, never a file; the next try gives the whole file."""
    whole = {"cola/train.parquet": bytes(range(256)) * 4096}
    commit = hub.publish("datasets", NAME, whole)
    hub.mood = hub_module.Mood.CUTTING
    with pytest.raises(HubError, match=r"cola/train.parquet of .* did not finish"):
        get(commit)
    hub.mood = hub_module.Mood.OUT_OF_ORDER
    with pytest.raises(HubError, match=r"not in the cache|not complete"):
        get(commit)
    hub.mood = hub_module.Mood.UP
    assert whole == content(get(commit))


def test_a_cache_that_cannot_be_written_to(hub: Any, commit: str, tmp_path: Path) -> None:
    """Without its own notes in the cache, a complete snapshot is still found, with one request."""
    snapshot = get(commit)
    for path in snapshot.folder.parents[1].glob(".pytest-glue/*"):
        path.unlink()
    hub.requests.clear()
    assert snapshot == get(commit)
    assert [f"GET /api/datasets/{NAME}/revision/{commit}"] == hub.requests


def test_in_fresh_processes(hub_server: Any, python: Callable[..., Any]) -> None:
    """HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE are honoured; what is offline, or pinned and cached, makes no request."""
    commit = hub_server.publish("datasets", NAME, FILES)

    def ask(name: str, revision: str | None, **variables: str) -> Any:
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

    folder, found = ask(NAME, None)
    assert commit == found
    assert "home" in Path(folder).parts
    assert hub_server.requests
    assert [folder, commit] == ask(NAME, commit)
    assert [] == hub_server.requests
    assert [folder, commit] == ask(NAME, None, HF_HUB_OFFLINE="1")[:2]
    assert "HF_HUB_OFFLINE is set" in ask(NAME, "v2", HF_HUB_OFFLINE="1")
    assert [] == hub_server.requests
