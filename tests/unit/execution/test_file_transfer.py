"""Transfer of folders to machines that do not have them."""

from pathlib import Path

import pytest

from pytest_glue.core.checkpoints import Checkpoint, ids
from pytest_glue.core.errors import CheckpointError, ExecutorError
from pytest_glue.core.paths import local_path, register_relocated
from pytest_glue.core.tasks import find_task
from pytest_glue.data.source import open_source
from pytest_glue.execution.file_transfer import Content, FileArchive, files_of_checkpoint, files_of_data, pack, unpack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, and with another file in a subfolder."""
    (tmp_path / "there" / "mine" / "below").mkdir(parents=True)
    (tmp_path / "there" / "mine" / "a").write_bytes(b"one")
    (tmp_path / "there" / "mine" / "below" / "b").write_bytes(b"two")
    return tmp_path / "there" / "mine"


def _packed(folder: Path) -> FileArchive:
    return pack("./mine", folder, [folder / "a", folder / "below" / "b"], dict)


def _never(_: Content) -> Content:
    raise AssertionError("fetched although it exists")


def test_an_existing_folder_is_used(folder: Path, tmp_path: Path) -> None:
    """The same files at the same path are neither fetched nor copied."""
    assert folder == unpack(_packed(folder), _never, tmp_path / "copies")


@pytest.mark.parametrize("state", ["missing", "changed"])
def test_a_missing_folder_is_copied_once(folder: Path, tmp_path: Path, state: str) -> None:
    """If the path is missing or has other files, the files are copied once, and the copy is reused."""
    archive = _packed(folder)
    if state == "missing":
        folder.rename(tmp_path / "renamed")
    else:
        (folder / "a").write_bytes(b"other")

    copy = unpack(archive, lambda content: content, tmp_path / "copies")

    assert (b"one", b"two") == ((copy / "a").read_bytes(), (copy / "below" / "b").read_bytes())
    assert copy == unpack(archive, _never, tmp_path / "copies")
    assert [archive.digest[:16]] == [path.name for path in (tmp_path / "copies").iterdir()]


def test_a_copied_checkpoint_has_its_original_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copied checkpoint has the same id as the original, and its own folder."""
    archive = _packed(folder)
    folder.rename(tmp_path / "renamed")
    copy = unpack(archive, lambda content: content, tmp_path / "copies")
    monkeypatch.setattr("pytest_glue.core.paths._COPIES", {})

    register_relocated({archive.name: copy})

    checkpoint = Checkpoint.parse("./mine")
    assert (copy, "mine", ["mine"]) == (checkpoint.folder, checkpoint.label, list(ids([checkpoint])))
    assert Path("./other") == local_path("./other")


def test_the_files_to_transfer(tmp_path: Path) -> None:
    """A data folder gives the files in the folders of its tasks and above; the hub and the sample give none."""
    for name in ("rte/train-0.parquet", "rte/validation-0.parquet", "rte/info.json", "qqp/train-0.parquet", "README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    expected = ["README", "rte/info.json", "rte/train-0.parquet", "rte/validation-0.parquet"]
    open_source.cache_clear()
    ((folder, found),) = files_of_data(str(tmp_path), find_task("rte")).items()

    assert (str(tmp_path), expected) == (folder, [path.relative_to(tmp_path).as_posix() for path in found])
    assert {} == files_of_data("hub", find_task("rte"))
    assert {} == files_of_data("sample", find_task("rte"))
    assert [] == files_of_checkpoint(Checkpoint.parse("owner/name"))
    with pytest.raises(CheckpointError, match="does not exist"):
        files_of_checkpoint(Checkpoint.parse(str(tmp_path / "none")))


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """A file that cannot be packed is named."""
    with pytest.raises(
        ExecutorError, match=rf"^{tmp_path / 'gone'} cannot be sent to the machines of the cluster: No "
    ):
        pack("data", tmp_path, [tmp_path / "gone"], lambda content: content)
