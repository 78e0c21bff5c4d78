"""Checkpoints: accepted texts, ids and labels."""

from pathlib import Path

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin, ids
from pytest_glue.core.errors import CheckpointError

COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"


def hub(name: str, revision: str | None = None) -> Checkpoint:
    """Return a checkpoint of the hub."""
    return Checkpoint(name, Origin.HUB, revision)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sample", Checkpoint("sample", Origin.SAMPLE)),
        ("bert-base-uncased", hub("bert-base-uncased")),
        (" FacebookAI/roberta-base ", hub("FacebookAI/roberta-base")),
        (f"a/b@{COMMIT}", hub("a/b", COMMIT)),
        ("a/b@refs/pr/1", hub("a/b", "refs/pr/1")),
        ("./not/there", Checkpoint("./not/there", Origin.FOLDER)),
        ("../there", Checkpoint("../there", Origin.FOLDER)),
        ("/models/mine", Checkpoint("/models/mine", Origin.FOLDER)),
        ("~/models/mine", Checkpoint("~/models/mine", Origin.FOLDER)),
    ],
)
def test_a_text_names_a_checkpoint(text: str, expected: Checkpoint) -> None:
    """The form tells `sample`, hub ids and paths apart."""
    assert expected == Checkpoint.parse(text)


def test_an_existing_folder_is_not_a_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`models/mine` is a folder if it exists, and a hub id otherwise."""
    monkeypatch.chdir(tmp_path)
    assert Origin.HUB is Checkpoint.parse("models/mine").origin
    (tmp_path / "models" / "mine").mkdir(parents=True)
    assert Origin.FOLDER is Checkpoint.parse("models/mine").origin


@pytest.mark.parametrize("text", ["", "a/b/c", "two words", "a/b@", "a/b@no spaces", "https://hub/a"])
def test_another_text_is_refused(text: str) -> None:
    """The message lists the accepted forms."""
    with pytest.raises(CheckpointError) as caught:
        Checkpoint.parse(text)
    assert str(caught.value) == (
        f"checkpoint {text!r} is neither a folder nor a hub id: "
        "expected `owner/name`, `owner/name@revision`, an existing folder, or `sample`"
    )


@pytest.mark.parametrize(
    ("checkpoint", "expected"),
    [
        (hub("a/b"), "a/b"),
        (hub("a/b", "main"), "a/b@main"),
        (hub("a/b", COMMIT), "a/b@86b5e09"),
        (Checkpoint("sample", Origin.SAMPLE), "sample"),
        (Checkpoint("/models/mine/", Origin.FOLDER), "mine"),
    ],
)
def test_a_label_is_short(checkpoint: Checkpoint, expected: str) -> None:
    """A label has the last part of a folder and the first seven digits of a commit."""
    assert expected == checkpoint.label


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("candidate=./runs/0042", "candidate", Checkpoint("./runs/0042", Origin.FOLDER, role="candidate")),
        ("main = a/b@v1", "main@v1", Checkpoint("a/b", Origin.HUB, "v1", role="main")),
        ("try-1=sample", "try-1", Checkpoint("sample", Origin.SAMPLE, role="try-1")),
        ("./a=b", "a=b", Checkpoint("./a=b", Origin.FOLDER)),
    ],
)
def test_a_role_is_the_name_of_a_checkpoint(text: str, label: str, expected: Checkpoint) -> None:
    """The role is label and id; a path with the character `=` has none."""
    checkpoint = Checkpoint.parse(text)
    assert expected == checkpoint == Checkpoint.parse(str(checkpoint))
    assert label == checkpoint.label
    assert [expected.role or "a-b"] == list(ids([checkpoint]))


def test_one_role_for_two_checkpoints_is_refused() -> None:
    """Items, baselines and reports of the two would have the same name."""
    with pytest.raises(CheckpointError) as caught:
        ids(map(Checkpoint.parse, ("new=a/b", "c/d", "new=./runs/7")))
    assert str(caught.value) == (
        "the checkpoints new=a/b and new=./runs/7 have the same id, new: give them different roles, "
        "as in candidate=./runs/7"
    )


def test_a_link_keeps_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link such as `latest` is the stable name of folders that change, by whichever path it is given."""
    (tmp_path / "runs" / "0042").mkdir(parents=True)
    (tmp_path / "latest").symlink_to("runs/0042")
    monkeypatch.chdir(tmp_path)
    for text in ("./latest", "latest", "./runs/../latest/", str(tmp_path / "latest")):
        checkpoint = Checkpoint.parse(text)
        assert ("latest", ["latest"]) == (checkpoint.label, list(ids([checkpoint])))


def test_a_checkpoint_is_identified() -> None:
    """Name and origin stay; revision and digest are set."""
    assert Checkpoint("a/b", Origin.HUB, COMMIT, "sha256:0") == hub("a/b", "main").identified(
        revision=COMMIT, digest="sha256:0"
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["z", "a/b"], ["a-b", "z"]),
        (["a/b", f"a/b@{COMMIT}", "a/b@v1"], ["a-b", "a-b-86b5e09", "a-b-v1"]),
        (["sample", "sample"], ["sample"]),
        (["/x/run 1/model"], ["model"]),
        (["/x/run 1/model", "/x/run;2/model"], ["run-1-model", "run-2-model"]),
        (["/x/1/a/m", "/x/2/a/m", "bert"], ["1-a-m", "2-a-m", "bert"]),
    ],
    ids=["sorted", "revisions", "once", "folder", "folders-of-one-name", "as-many-parents-as-needed"],
)
def test_ids_are_short_unique_and_safe_in_a_shell(texts: list[str], expected: list[str]) -> None:
    """An id is the name without special characters; it is longer only if two would be equal."""
    assert expected == list(ids(map(Checkpoint.parse, texts)))


def test_ids_do_not_depend_on_the_order() -> None:
    checkpoints = [Checkpoint.parse(text) for text in ("/x/1/m", "/x/2/m", "bert")]
    assert ids(checkpoints) == ids(reversed(checkpoints))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["/x/m", "z", "/x/./m"], "/x/m and /x/./m are the same folder: leave out one of the two"),
        (
            ["z", "a/b", "a-b", "/y/m"],
            "a/b and a-b have the same id, a-b: give one of them a role, as in candidate=a-b",
        ),
        (
            ["new=a/b", "z", "new"],
            "new=a/b and new have the same id, new: give one of them a role, as in candidate=new",
        ),
    ],
    ids=["one-folder-twice", "same-id", "a role that is a name"],
)
def test_checkpoints_with_the_same_id_are_refused(texts: list[str], message: str) -> None:
    """The message names the two and what to do; the others are left out."""
    with pytest.raises(CheckpointError) as caught:
        ids(map(Checkpoint.parse, texts))
    assert f"the checkpoints {message}" == str(caught.value)


def test_other_plugins_show_a_readable_text() -> None:
    """The representation, which reports of other plugins show for a parameter, is what the user wrote, escaped."""
    shown = {"a/b@v1": "a/b@v1", "./model": "./model", "./a\nb": r"./a\nb"}
    assert shown == {text: repr(Checkpoint.parse(text)) for text in shown}


@pytest.mark.parametrize("text", ["x" * 201, "x" * 201 + "=a/b", "/x/" + "y" * 201])
def test_an_id_that_is_too_long_for_a_file_is_refused(text: str) -> None:
    """Otherwise, the baseline could not be written after all the training."""
    with pytest.raises(CheckpointError, match="exceeds 200 bytes, and files are named after it: give the"):
        ids([Checkpoint.parse(text)])
