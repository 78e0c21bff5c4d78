"""Folders on their way to machines that lack them."""

from pathlib import Path

import pytest

from pytest_glue.core.checkpoints import Checkpoint, ids
from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.paths import local_path, register_relocated
from pytest_glue.core.tasks import find_task
from pytest_glue.data.source import open_source
from pytest_glue.execution.file_transfer import Content, FileArchive, files_of_checkpoint, files_of_data, pack, unpack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, and one in a folder below."""
    (tmp_path / "there" / "mine" / "below").mkdir(parents=True)
    (tmp_path / "there" / "mine" / "a").write_bytes(b"one")
    (tmp_path / "there" / "mine" / "below" / "b").write_bytes(b"two")
    return tmp_path / "there" / "mine"


def _packed(folder: Path) -> FileArchive:
    return pack("./mine", folder, [folder / "a", folder / "below" / "b"], dict)


def _never(_: Content) -> Content:
    raise AssertionError("fetched, though it is here")


def test_a_folder_that_is_here_is_used(folder: Path, tmp_path: Path) -> None:
    """The same files at the same path: nothing is fetched or copied."""
    assert folder == unpack(_packed(folder), _never, tmp_path / "shelf")


@pytest.mark.parametrize("state", ["gone", "changed"])
def test_a_folder_that_is_not_here_is_copied_once(folder: Path, tmp_path: Path, state: str) -> None:
    """A path that is missing or holds other files: a copy, which the next one finds."""
    archive = _packed(folder)
    if state == "gone":
        folder.rename(tmp_path / "elsewhere")
    else:
        (folder / "a").write_bytes(b"other")

    copy = unpack(archive, lambda content: content, tmp_path / "shelf")

    assert (b"one", b"two") == ((copy / "a").read_bytes(), (copy / "below" / "b").read_bytes())
    assert copy == unpack(archive, _never, tmp_path / "shelf")
    assert [archive.digest[:16]] == [path.name for path in (tmp_path / "shelf").iterdir()]


def test_what_is_sent_goes_by_its_name(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that was sent has the id that it has where it was named, and its own folder."""
    archive = _packed(folder)
    folder.rename(tmp_path / "elsewhere")
    copy = unpack(archive, lambda content: content, tmp_path / "shelf")
    monkeypatch.setattr("pytest_glue.core.paths._COPIES", {})

    register_relocated({archive.name: copy})

    checkpoint = Checkpoint.parse("./mine")
    assert (copy, "mine", ["mine"]) == (checkpoint.folder, checkpoint.label, list(ids([checkpoint])))
    assert Path("./other") == local_path("./other")


def test_what_has_to_be_sent(tmp_path: Path) -> None:
    """Of a data folder what its tasks need, and what lies beside it; of the hub and the sample nothing."""
    for name in ("rte/train-0.parquet", "rte/validation-0.parquet", "rte/info.json", "qqp/train-0.parquet", "README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    expected = ["README", "rte/info.json", "rte/train-0.parquet", "rte/validation-0.parquet"]
    open_source.cache_clear()
    found = files_of_data(str(tmp_path), [find_task("rte")])

    assert expected == [path.relative_to(tmp_path).as_posix() for path in found]
    assert [] == files_of_data("hub", [find_task("rte")])
    assert [] == files_of_checkpoint(Checkpoint.parse("owner/name"))
    with pytest.raises(CheckpointError, match="does not exist"):
        files_of_checkpoint(Checkpoint.parse(str(tmp_path / "none")))
