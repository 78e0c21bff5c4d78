"""Storage of baselines: finding, reading and replacing files."""

import json
import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_glue.core.errors import BaselineError, MissingBaselineError
from pytest_glue.core.runs import Run
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import decode_baseline, encode_baseline
from tests.factories import RTE_LABELS, make_baseline, make_runs

AFTER = (
    "which leaves out items that fail, or choose with --glue-on-missing-baseline=save or skip "
    "what happens to a new item"
)  # fmt: skip
RunSource = Callable[..., list[Run]]
Make = Callable[..., Baseline]


@pytest.fixture
def three() -> Baseline:
    """A baseline of RTE with three seeds and accuracy 0.697."""
    return make_baseline(make_runs("rte", RTE_LABELS, 84, 84, 84))


def touch(folder: Path, *names: str) -> list[Path]:
    """Create files of RTE's items in `main`."""
    files = [baseline_storage.path_of(folder, "main", "rte", name) for name in names]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return files


def missed(folder: Path, name: str = "main", checkpoint: str = "sample") -> str:
    """Return the error message if no file is found."""
    with pytest.raises(BaselineError) as caught:
        baseline_storage.find(folder, name, "rte", checkpoint)
    return str(caught.value)


def test_an_item_has_a_file_of_its_own(tmp_path: Path) -> None:
    """The path has a folder for the name, a folder for the task and a file for the checkpoint."""
    assert tmp_path / "main" / "rte" / "a-b.json" == baseline_storage.path_of(tmp_path, "main", "rte", "a-b")


def test_the_own_file_is_found(tmp_path: Path) -> None:
    """Among several files an item is compared with its own."""
    _other, own = touch(tmp_path, "other", "sample")
    assert own == baseline_storage.find(tmp_path, "main", "rte", "sample")


def test_the_only_file_of_a_task_is_found(tmp_path: Path) -> None:
    """A candidate with another id than the recorded checkpoint is compared with the task's only file."""
    (other,) = touch(tmp_path, "other")
    assert other == baseline_storage.find(tmp_path, "main", "rte", "sample")


def test_one_of_several_files_must_be_named(tmp_path: Path) -> None:
    """If there are several files and none is the item's own, the user must name one."""
    first, _second = touch(tmp_path, "one", "two")
    assert missed(tmp_path) == (
        "baseline 'main' has files of one, two for rte, but not of sample: "
        f"name the file to compare with, as in --glue-compare={first}, or give the checkpoint the role that was "
        "recorded, as in --glue-checkpoints=one=CHECKPOINT"
    )


def test_the_files_of_other_checkpoints_of_the_test_run(tmp_path: Path) -> None:
    """A file that is another checkpoint's own is not taken for the only file of the task."""
    touch(tmp_path, "other")
    with pytest.raises(MissingBaselineError):
        baseline_storage.find(tmp_path, "main", "rte", "sample", {"sample", "other"})
    own, *_ = touch(tmp_path, "sample")
    assert own == baseline_storage.find(tmp_path, "main", "rte", "sample", {"sample", "other"})


def test_recorded_names_are_listed(tmp_path: Path) -> None:
    """The error of an unknown name lists the recorded ones."""
    touch(tmp_path, "one")
    assert missed(tmp_path, "mian") == (
        f"baseline 'mian' has no file for rte; baselines in {tmp_path}: main. Record it with --glue-save=mian, {AFTER}"
    )


def test_an_empty_storage_says_so(tmp_path: Path) -> None:
    """The error says how to record if nothing is recorded yet, even if the folder does not exist."""
    folder = tmp_path / "nowhere"
    assert missed(folder) == (
        f"baseline 'main' has no file for rte; no baseline is recorded in {folder}. Record it with --glue-save=main, "
        f"{AFTER}"
    )


def test_a_file_can_be_named(tmp_path: Path) -> None:
    """A name that ends in .json is a path, and the file must exist."""
    (file,) = touch(tmp_path, "one")
    assert file == baseline_storage.find(tmp_path / "other", str(file), "rte", "sample")
    assert f"there is no baseline file {tmp_path / 'two.json'}" == missed(tmp_path, str(tmp_path / "two.json"))


def test_round_trip(tmp_path: Path, three: Baseline) -> None:
    """A written baseline is read again; its file ends with a newline."""
    file = baseline_storage.path_of(tmp_path, "main", "rte", "sample")
    assert f"recorded {file}: accuracy 0.697 of 3 seeds" == baseline_storage.write(file, three)
    assert three == baseline_storage.read(file)
    assert file.read_text("utf-8").endswith("}\n")
    assert [file] == list(file.parent.iterdir())


def test_an_old_baseline_is_read(tmp_path: Path) -> None:
    """A file that an earlier version wrote is read, and written again as the same bytes."""
    old = Path(__file__).with_name("data") / "baseline.json"
    recorded = baseline_storage.read(old)
    assert ("cola", (42, 43), 240, 0.194) == (
        recorded.task,
        recorded.seeds,
        len(recorded.runs[0].predictions),
        recorded.visible_drops[3],
    )
    baseline_storage.write(tmp_path / "new.json", recorded)
    assert old.read_bytes() == (tmp_path / "new.json").read_bytes()


def test_the_same_baseline_is_the_same_file(tmp_path: Path, three: Baseline) -> None:
    """Recording the same baseline again changes no byte."""
    file = tmp_path / "a.json"
    baseline_storage.write(file, three)
    before = file.read_bytes()
    assert f"recorded {file} again: accuracy 0.697 -> 0.697" == baseline_storage.write(file, three)
    assert before == file.read_bytes()


def test_overwriting_names_the_changes(tmp_path: Path, three: Baseline) -> None:
    """Overwriting names the differences of scores, seeds, checkpoint, data and recipe."""
    file = tmp_path / "a.json"
    baseline_storage.write(file, three)
    other = make_baseline(make_runs("rte", RTE_LABELS, 70), data_digest="sha256:e", recipe={"num_train_epochs": 3})
    assert baseline_storage.write(file, other) == (
        f"recorded {file} again: accuracy 0.697 -> 0.747, 3 -> 1 seed, other data, another recipe"
    )


def test_a_damaged_file_is_replaced(tmp_path: Path, three: Baseline) -> None:
    """Recording again replaces a damaged file and says so."""
    file = tmp_path / "a.json"
    file.write_text("{")
    assert f"recorded {file} in place of a damaged file: accuracy 0.697" == baseline_storage.write(file, three)
    assert three == baseline_storage.read(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: restore it or record it again"),
        (b'{"schema_version": 1', "is damaged (not JSON: "),
        (b"\xff\xfe", "is damaged (not JSON: "),
        (b"[]", "cannot be used: it is not a baseline of pytest-glue: it has no schema_version"),
        (b'{"schema_version": 2}', "cannot be used: it has schema version 2 "),
        (b'{"schema_version": 1}', "cannot be used: it is incomplete or was edited: "),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: bytes, message: str) -> None:
    """The error names the file and what is wrong with it."""
    file = tmp_path / "a.json"
    file.write_bytes(content)
    with pytest.raises(BaselineError) as caught:
        baseline_storage.read(file)
    assert str(caught.value).startswith(f"baseline {file} {message}")


def test_a_file_that_is_a_folder(tmp_path: Path, three: Baseline) -> None:
    """Errors of the operating system are reported with its message, for reading and for writing."""
    folder = tmp_path / "a.json"
    (folder / "b").mkdir(parents=True)
    with pytest.raises(BaselineError, match=r"a\.json is a folder, and a file is needed"):
        baseline_storage.read(folder)
    with pytest.raises(BaselineError, match=r"a\.json cannot be written: "):
        baseline_storage.write(folder, three)
    assert [folder] == list(tmp_path.iterdir())


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, three: Baseline) -> None:
    """If a baseline cannot be written, the existing file stays and no temporary file remains."""
    file = tmp_path / "a.json"
    baseline_storage.write(file, three)
    before = file.read_bytes()
    impossible = replace(three, visible_drops={3: float("nan")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        baseline_storage.write(file, impossible)
    assert before == file.read_bytes()
    assert [file] == list(tmp_path.iterdir())


def write_often(file: str, plain: str) -> None:
    """Write a baseline fifty times; runs in a process of its own."""
    baseline = decode_baseline(json.loads(plain))
    for _ in range(50):
        baseline_storage.write(Path(file), baseline)


def test_two_processes_write_one_file(tmp_path: Path, three: Baseline) -> None:
    """While two processes write the same file, a reader sees one of the two versions, complete."""
    file = tmp_path / "a.json"
    both = [three, make_baseline(make_runs("rte", RTE_LABELS, 60, 61))]
    baseline_storage.write(file, three)
    context = multiprocessing.get_context("fork")
    writers = [
        context.Process(target=write_often, args=(str(file), json.dumps(encode_baseline(each)))) for each in both
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert baseline_storage.read(file) in both
    assert [0, 0] == [writer.exitcode for writer in writers]
    assert baseline_storage.read(file) in both
    assert [file] == list(tmp_path.iterdir())


def test_unused_files_are_found(tmp_path: Path) -> None:
    """Files that no item was compared with are returned in order; none if the user named a file."""
    one, three, two = touch(tmp_path, "one", "three", "two")
    assert [one, three] == baseline_storage.unused(tmp_path, "main", {two})
    assert [] == baseline_storage.unused(tmp_path, str(one), set())
    assert [] == baseline_storage.unused(tmp_path, "other", set())


def test_a_folder_that_cannot_be_read_has_no_unused_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The items report the folder as their error; the summary must not fail on it."""

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "glob", refused)
    assert [] == baseline_storage.unused(tmp_path, "main", set())


def test_a_storage_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses is an error of the baseline, with its reason."""

    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refuse)
    assert f"the baselines in {tmp_path} cannot be read: Permission denied" == missed(tmp_path)
