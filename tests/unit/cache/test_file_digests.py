"""Cached digests of files: never those of other contents."""

import os
import time
from pathlib import Path

import pytest

from pytest_glue.cache.file_digests import FileDigests


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with three bytes."""
    file = tmp_path / "weights"
    file.write_bytes(b"abc")
    return file


@pytest.fixture
def digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileDigests:
    """An empty folder of digests that caches the digests of new files too."""
    monkeypatch.setattr("pytest_glue.cache.file_digests._SETTLED_S", -1)
    return FileDigests(tmp_path / "digests")


def answer(character: str) -> str:
    """Return a digest of one repeated character."""
    return f"sha256:{character * 64}"


def never() -> str:
    """Fail, since nothing should be read."""
    raise AssertionError("a file was read")


def test_unchanged_files_are_read_once(digests: FileDigests, file: Path) -> None:
    """The second call returns the cached digest."""
    assert answer("1") == digests.of([file], lambda: answer("1"))
    assert answer("1") == digests.of([file], never)


@pytest.mark.parametrize("change", ["content", "copy", "more"])
def test_changed_files_are_read(digests: FileDigests, file: Path, change: str) -> None:
    """New contents of the same size and modification time, another file with the name, or one more file are read."""
    digests.of([file], lambda: answer("1"))
    before, files = file.stat(), [file]
    time.sleep(0.02)  # longer than the resolution of file times
    if change == "content":
        file.write_bytes(b"xyz")
    elif change == "copy":
        aside = file.with_name("aside")
        aside.write_bytes(b"xyz")
        aside.replace(file)
    else:
        files = [file, file.with_name("more")]
        files[1].touch()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert answer("2") == digests.of(files, lambda: answer("2"))


def test_the_digest_of_a_new_file_is_not_cached(tmp_path: Path, file: Path) -> None:
    """A file that was just written may change again within the resolution of its times, so it is read again."""
    digests = FileDigests(tmp_path / "digests")
    digests.of([file], lambda: answer("1"))
    assert answer("2") == digests.of([file], lambda: answer("2"))


@pytest.mark.parametrize("damage", [lambda text: text.replace("1", "2"), lambda _: "", lambda text: text[:80]])
def test_a_damaged_digest_is_ignored(digests: FileDigests, file: Path, damage: object) -> None:
    """An edited or cut digest file is replaced."""
    assert callable(damage)
    digests.of([file], lambda: answer("1"))
    (path,) = digests.folder.iterdir()
    path.write_text(damage(path.read_text()))
    assert answer("3") == digests.of([file], lambda: answer("3"))
    assert answer("3") == digests.of([file], never)


def test_without_a_folder_everything_is_read(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the folder cannot be written, each call reads the file and none fails."""
    monkeypatch.setattr("pytest_glue.cache.file_digests._SETTLED_S", -1)
    digests = FileDigests(file / "digests")
    assert answer("1") == digests.of([file], lambda: answer("1"))
    assert answer("2") == digests.of([file], lambda: answer("2"))


def test_old_digests_are_deleted(digests: FileDigests, file: Path) -> None:
    """A digest that is older than two months is deleted when another one is cached."""
    digests.of([file], lambda: answer("1"))
    (old,) = digests.folder.iterdir()
    os.utime(old, (time.time() - 61 * 86400,) * 2)
    digests.of([file, file], lambda: answer("2"))
    assert not old.exists()
