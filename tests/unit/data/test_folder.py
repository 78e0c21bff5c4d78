"""The folder source: its layouts and its errors."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from datasets import DatasetDict

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import GLUE
from pytest_glue.data.fingerprint import digest
from pytest_glue.data.folder import FolderSource
from pytest_glue.data.source import open_source
from pytest_glue.sample.examples import sample_dataset

COLA, RTE = GLUE["cola"], GLUE["rte"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same data of cola in three layouts: `hub`, `saved` and `tsv`."""
    folder = tmp_path_factory.mktemp("layouts")
    data = sample_dataset("cola")
    data.save_to_disk(folder / "saved" / "cola")
    for split, examples in data.items():
        hub = folder / "hub" / "cola" / f"{split}-00000-of-00001.parquet"
        hub.parent.mkdir(parents=True, exist_ok=True)
        examples.to_parquet(hub)
        tsv = folder / "tsv" / "CoLA" / f"{split.replace('validation', 'dev')}.tsv"
        tsv.parent.mkdir(parents=True, exist_ok=True)
        if split == "test":
            lines = ["index\tsentence", *(f"{row['idx']}\t{row['sentence']}" for row in examples)]
        else:
            lines = [f"gj04\t{row['label']}\t*\t{row['sentence']}" for row in examples]
        tsv.write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.mark.parametrize("layout", ["hub", "saved", "saved/cola", "tsv"])
def test_all_layouts_give_the_same_data(folder: Path, layout: str) -> None:
    """Splits, columns, features and content equal the written ones, in memory and without a cache file."""
    expected = sample_dataset("cola")
    source = open_source(str(folder / layout))
    source.check(COLA)
    loaded = source.load(COLA)
    assert list(expected) == list(loaded)
    for split in ("train", "validation"):
        assert expected[split].features == loaded[split].features
        assert digest(expected[split], COLA.columns) == digest(loaded[split], COLA.columns)
        assert [] == loaded[split].cache_files
    assert digest(expected["test"], ["sentence"]) == digest(loaded["test"], ["sentence"])


@pytest.mark.parametrize("layout", ["hub", "saved", "tsv"])
def test_the_identity_depends_on_the_contents(folder: Path, tmp_path: Path, layout: str) -> None:
    """A copy has the same identity; only a change in the training or evaluation split changes it."""
    before = open_source(str(folder / layout)).identity(COLA)
    copy = FolderSource(str(shutil.copytree(folder / layout, tmp_path / "copy")))
    assert before == copy.identity(COLA)
    files = [path for path in (tmp_path / "copy").rglob("*") if path.suffix in {".arrow", ".parquet", ".tsv"}]
    assert 3 == len(files)
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        is_test = "test" in path.relative_to(tmp_path).as_posix()
        assert is_test == (before == copy.identity(COLA)), path
        path.write_bytes(whole)


def test_the_identity_of_a_missing_file(tmp_path: Path, folder: Path) -> None:
    """A saved split without its file is an error that names the file."""
    copy = Path(shutil.copytree(folder / "saved", tmp_path / "copy"))
    (missing,) = (copy / "cola" / "train").glob("*.arrow")
    missing.unlink()
    with pytest.raises(DataError, match=rf"{missing.name} does not exist"):
        FolderSource(str(copy)).identity(COLA)


def test_check_imports_nothing_heavy(folder: Path) -> None:
    """`check` imports neither torch nor transformers nor datasets, for every source and layout."""
    code = f"""
import sys
from pytest_glue.data.source import open_source
from pytest_glue.core.tasks import GLUE
for text in ("hub", "sample", *{[str(folder / layout) for layout in ("hub", "saved", "tsv")]}):
    open_source(text).check(GLUE["cola"])
print(sorted({{"torch", "transformers", "datasets", "huggingface_hub"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize("layout", ["hub", "saved", "tsv"])
def test_a_missing_task(folder: Path, layout: str) -> None:
    """The error names folder, task and configuration, and lists the tasks in the folder."""
    with pytest.raises(DataError, match=rf"{layout} has no data for task rte \(configuration 'rte'\); there: cola$"):
        FolderSource(str(folder / layout)).check(RTE)


def test_the_recorded_configuration_of_a_saved_folder(tmp_path: Path) -> None:
    """A saved dataset is not used for another task if its configuration is recorded, even with the same columns."""
    data = sample_dataset("mrpc")
    for split in data.values():
        split.info.config_name = "mrpc"
    data.save_to_disk(tmp_path / "mine")
    source = FolderSource(str(tmp_path / "mine"))
    source.check(GLUE["mrpc"])
    with pytest.raises(DataError, match="no data for task wnli"):
        source.check(GLUE["wnli"])


def test_no_folder(tmp_path: Path) -> None:
    """A folder that is missing, is a file or has no task is an error with the path as the user wrote it."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for name, message in {"gone": "does not exist", "file": "is a file", "empty": "there: no task"}.items():
        with pytest.raises(DataError, match=f"{name}.* {message}"):
            FolderSource(str(tmp_path / name)).check(COLA)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("cola/train.parquet", b"PAR1 and then nothing"),
        ("cola/dataset_dict.json", b"{"),
        ("cola/dataset_dict.json", b'{"splits": ["train", "validation"]}'),
        ("CoLA/train.tsv", b"\xff\xfe broken"),
        ("CoLA/train.tsv", b""),
    ],
)
def test_an_unreadable_file(tmp_path: Path, path: str, content: bytes) -> None:
    """A broken file is a `DataError` that names the file."""
    file = tmp_path / path
    file.parent.mkdir()
    for name in (file.name, file.name.replace("train", "validation")):
        (file.parent / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{file.parent}.* (cannot be read|is empty|does not exist)"):
        FolderSource(str(tmp_path)).load(COLA)


def test_a_missing_shard(folder: Path, tmp_path: Path) -> None:
    """The first of two files is not accepted as the whole split."""
    content = (folder / "hub" / "cola" / "train-00000-of-00001.parquet").read_bytes()
    (tmp_path / "cola").mkdir()
    for number in (0, 1):
        (tmp_path / "cola" / f"validation-0000{number}-of-00002.parquet").write_bytes(content)
    (tmp_path / "cola" / "train-00000-of-00002.parquet").write_bytes(content)
    with pytest.raises(DataError, match="split 'train' is incomplete or mixed: 1 files, whose names say 2"):
        FolderSource(str(tmp_path)).check(COLA)
    (tmp_path / "cola" / "train-00001-of-00002.parquet").write_bytes(content)
    assert 2 * len(sample_dataset("cola")["train"]) == len(FolderSource(str(tmp_path)).load(COLA)["train"])


def test_descriptions(tmp_path: Path) -> None:
    """The description of a source shows the user's path, the short commit, or that the data is synthetic."""
    described = {
        "hub": "nyu-mll/glue@bcdcba7",
        "hub@main": "nyu-mll/glue@main",
        "sample": "sample (synthetic data)",
        "~/glue": "~/glue",
    }
    assert list(described.values()) == [open_source(text).description for text in described]


def test_the_sample_as_a_source() -> None:
    """The sample source gives a GLUE task with its columns."""
    source = open_source("sample")
    source.check(COLA)
    loaded = source.load(COLA)
    assert isinstance(loaded, DatasetDict)
    assert json.dumps(COLA.columns) == json.dumps([name for name in loaded["train"].column_names if name != "idx"])


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses is an error of the data, with its reason."""

    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(DataError, match=rf"^the data folder {tmp_path} cannot be read: Permission denied$"):
        FolderSource(str(tmp_path)).check(COLA)


@pytest.mark.parametrize(
    ("text", "hint"), [("smaple", "did you mean sample?"), ("./none", "give a folder, `hub` or `sample`")]
)
def test_a_folder_that_does_not_exist(text: str, hint: str) -> None:
    """The message names the word that was meant, if there is one."""
    with pytest.raises(DataError) as caught:
        FolderSource(text).check(COLA)
    assert f"the data folder {text} does not exist: {hint}" == str(caught.value)


@pytest.mark.parametrize("layout", ["hub", "tsv"])
def test_without_a_training_the_evaluation_split_is_enough(folder: Path, tmp_path: Path, layout: str) -> None:
    """It is checked, identified and loaded without the training split, which is not read where there is one."""
    copy = Path(shutil.copytree(folder / layout, tmp_path / "copy"))
    whole = open_source(str(folder / layout))
    assert ["validation", "test"] == list(whole.load(COLA.untrained))
    (train,) = copy.rglob("train*")
    train.unlink()
    source = FolderSource(str(copy))
    source.check(COLA.untrained)
    assert whole.identity(COLA.untrained) == source.identity(COLA.untrained) != whole.identity(COLA)
    assert digest(source.load(COLA.untrained)["validation"], COLA.columns) == digest(
        whole.load(COLA)["validation"], COLA.columns
    )
    with pytest.raises(DataError, match="task cola needs the split 'train'"):
        source.check(COLA)
