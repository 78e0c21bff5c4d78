"""The folder of an unfinished run holds a complete state or none."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_glue.training.trainer.resume_state import ResumeState
from tests.damage import DAMAGES as FILE_DAMAGES


@pytest.fixture
def resume_state(tmp_path: Path) -> ResumeState:
    """A run without a folder yet."""
    return ResumeState(tmp_path / "cache" / "run", "the key")


def save(resume_state: ResumeState, step: int, text: str) -> None:
    """Save a state of two files."""
    with resume_state.saving(step) as folder:
        (folder / "model.pt").write_text(text, "utf-8")
        (folder / "held.pt").write_text("held", "utf-8")


def test_nothing_is_left_of_a_run_that_was_never_saved(resume_state: ResumeState) -> None:
    """Without a folder there is no state and no note."""
    assert (None, ()) == (resume_state.find(), resume_state.notes)


def test_the_last_state_takes_the_place_of_the_one_before(resume_state: ResumeState) -> None:
    """Only the last state is kept; step 10 comes after step 9."""
    save(resume_state, 9, "first")
    save(resume_state, 10, "second")
    found = resume_state.find()
    assert found is not None
    assert "second" == (found / "model.pt").read_text("utf-8")
    assert [found] == list(resume_state.folder.iterdir())


def test_a_save_that_fails_leaves_the_state_before(resume_state: ResumeState) -> None:
    """An incomplete state is removed, and the one before stays."""
    save(resume_state, 9, "first")
    with suppress(ZeroDivisionError), resume_state.saving(18) as folder:
        (folder / "model.pt").write_text("half", "utf-8")
        raise ZeroDivisionError
    found = resume_state.find()
    assert found is not None
    assert "first" == (found / "model.pt").read_text("utf-8")
    assert [found] == list(resume_state.folder.iterdir())


def test_what_a_killed_process_was_writing_is_no_state(resume_state: ResumeState) -> None:
    """A process killed while writing leaves the state before. The next save removes the incomplete one."""
    save(resume_state, 9, "first")
    aside = resume_state.folder / ".4711-abcd"
    aside.mkdir()
    (aside / "model.pt").write_text("half", "utf-8")
    found = resume_state.find()
    assert found is not None
    assert "first" == (found / "model.pt").read_text("utf-8")
    save(resume_state, 18, "second")
    assert ["0000000018"] == [path.name for path in resume_state.folder.iterdir()]


def test_a_killed_process_can_leave_two_states(resume_state: ResumeState) -> None:
    """If a killed process left two states, the later one is used."""
    save(resume_state, 18, "second")
    (resume_state.folder / "0000000009").mkdir()
    found = resume_state.find()
    assert found is not None
    assert "0000000018" == found.name


DAMAGES: dict[str, Callable[[Path], object]] = {
    "is damaged: model.pt changed": lambda state: (state / "model.pt").write_text("fir", "utf-8"),
    "is damaged: held.pt changed": lambda state: (state / "held.pt").unlink(),
    "is damaged: best.pt changed": lambda state: (state / "best.pt").write_text("new", "utf-8"),
    "is damaged (FileNotFoundError": lambda state: (state / "manifest.json").unlink(),
    "is damaged (JSONDecodeError": lambda state: (state / "manifest.json").write_text("{", "utf-8"),
    "is damaged (KeyError": lambda state: (state / "manifest.json").write_text("{}", "utf-8"),
    "is damaged (TypeError": lambda state: (state / "manifest.json").write_text("[]", "utf-8"),
}


@pytest.mark.parametrize("reason", DAMAGES)
def test_a_damaged_state_is_removed(resume_state: ResumeState, reason: str) -> None:
    """A changed, missing or new file, or a damaged manifest, is detected: the run starts again, with a note."""
    save(resume_state, 9, "first")
    DAMAGES[reason](resume_state.folder / "0000000009")
    assert None is resume_state.find()
    (note,) = resume_state.notes
    assert note.startswith(f"started again, since its saved state in {resume_state.folder} {reason}")
    assert not resume_state.folder.exists()


def test_a_state_of_another_run_is_removed(resume_state: ResumeState) -> None:
    """A state with the key of another run is removed."""
    save(resume_state, 9, "first")
    other = ResumeState(resume_state.folder, "another key")
    assert None is other.find()
    assert (f"started again, since its saved state in {other.folder} is of another run",) == other.notes
    assert not other.folder.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """If a file is in the way, saving raises an OSError and no state is found."""
    (tmp_path / "cache").write_text("a file", "utf-8")
    resume_state = ResumeState(tmp_path / "cache" / "run", "the key")
    assert None is resume_state.find()
    with pytest.raises(NotADirectoryError), resume_state.saving(9):
        pass


def test_every_damage_of_every_file(resume_state: ResumeState) -> None:
    """A damaged state is not used, and a note says so; a named pipe is not waited for."""
    for name in ("model.pt", "held.pt", "manifest.json"):
        for kind, damage in FILE_DAMAGES.items():
            save(resume_state, 9, "a text of some length")
            found = resume_state.find()
            assert found is not None
            damage(found / name)
            again = ResumeState(resume_state.folder, "the key")
            assert again.find() is None, (name, kind)
            assert again.notes, (name, kind)
            shutil.rmtree(resume_state.folder, ignore_errors=True)
