"""Digests that are known from before: never those of other contents."""

import os
import time
from pathlib import Path

import pytest

from pytest_glue.cache.file_digests import FileDigests


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that was there for a while: its inode's time is now, which tests wait for."""
    file = tmp_path / "weights"
    file.write_bytes(b"abc")
    return file


@pytest.fixture
def digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileDigests:
    """An empty memory of digests, for which every file has settled."""
    monkeypatch.setattr("pytest_glue.cache.file_digests._SETTLED_S", -1)
    return FileDigests(tmp_path / "digests")


def answer(character: str) -> str:
    """Return a digest that is told from others."""
    return f"sha256:{character * 64}"


def never() -> str:
    """Fail: nothing should be read."""
    raise AssertionError("it was read")


def test_nothing_is_read_twice(digests: FileDigests, file: Path) -> None:
    """What is known of files as they are is not read again."""
    assert answer("1") == digests.of([file], lambda: answer("1"))
    assert answer("1") == digests.of([file], never)


@pytest.mark.parametrize("change", ["content", "copy", "more"])
def test_what_changed_is_read(digests: FileDigests, file: Path, change: str) -> None:
    """Other contents of the same size and time of change, another file in its place, or one more, are read."""
    digests.of([file], lambda: answer("1"))
    before, files = file.stat(), [file]
    time.sleep(0.02)  # the grain of the clock: what changes within it is what the time to settle is for
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


def test_a_file_that_may_still_change_is_not_remembered(tmp_path: Path, file: Path) -> None:
    """What was changed a moment ago can change again within the clock's grain, so it is read once more."""
    digests = FileDigests(tmp_path / "digests")
    digests.of([file], lambda: answer("1"))
    assert answer("2") == digests.of([file], lambda: answer("2"))


@pytest.mark.parametrize("damage", [lambda text: text.replace("1", "2"), lambda _: "", lambda text: text[:80]])
def test_an_edited_digest_is_not_believed(digests: FileDigests, file: Path, damage: object) -> None:
    """What somebody wrote over a digest is not taken for one."""
    assert callable(damage)
    digests.of([file], lambda: answer("1"))
    (place,) = digests.folder.iterdir()
    place.write_text(damage(place.read_text()))
    assert answer("3") == digests.of([file], lambda: answer("3"))
    assert answer("3") == digests.of([file], never)


def test_without_a_folder_everything_is_read(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written, nothing is remembered and nothing fails."""
    monkeypatch.setattr("pytest_glue.cache.file_digests._SETTLED_S", -1)
    digests = FileDigests(file / "digests")
    assert answer("1") == digests.of([file], lambda: answer("1"))
    assert answer("2") == digests.of([file], lambda: answer("2"))


def test_digests_go_after_a_while(digests: FileDigests, file: Path) -> None:
    """What was found long ago makes room when something new is kept."""
    digests.of([file], lambda: answer("1"))
    (old,) = digests.folder.iterdir()
    os.utime(old, (time.time() - 61 * 86400,) * 2)
    digests.of([file, file], lambda: answer("2"))
    assert not old.exists()
