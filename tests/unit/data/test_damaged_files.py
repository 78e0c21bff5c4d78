"""Each file of a data folder, in each layout, damaged in each way: examples, or an error that names the folder."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import GLUE
from pytest_glue.data.folder import FolderSource
from tests.damage import DAMAGES, remove

COLA = GLUE["cola"]
EXAMPLES: dict[str, list[Any]] = {"sentence": [f"the {word} was here" for word in "abcdefghij"], "label": [0, 1] * 5}
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "1" * 64 + "\nsize 123456\n"


def write(folder: Path, layout: str) -> Path:
    """Write cola in a layout, and return the folder of its files."""
    splits = {name: Dataset.from_dict(EXAMPLES) for name in ("train", "validation")}
    if layout == "saved":
        DatasetDict(splits).save_to_disk(folder / "cola")
    elif layout == "parquet":
        for name, split in splits.items():
            split.to_parquet(folder / "cola" / f"{name}-00000-of-00001.parquet")
    else:
        (folder / "CoLA").mkdir(parents=True)
        lines = [f"gj04\t{label}\t*\t{text}\n" for text, label in zip(*EXAMPLES.values(), strict=True)]
        for name in ("train", "dev"):
            (folder / "CoLA" / f"{name}.tsv").write_text("".join(lines), "utf-8")
    return folder


def read(folder: Path) -> DatasetDict:
    """Check, identify and load the data as a test run does."""
    source = FolderSource(str(folder))
    source.check(COLA)
    source.identity(COLA)
    return source.load(COLA)


def outcome(folder: Path) -> tuple[DatasetDict | None, str]:
    """Return the data or the message of the error; any other error is not caught."""
    try:
        return read(folder), ""
    except DataError as error:
        return None, str(error)


def columns(data: DatasetDict) -> dict[str, tuple[int, list[str]]]:
    """Return number of rows and names of columns, by split."""
    return {name: (len(split), [each for each in split.column_names if each != "idx"]) for name, split in data.items()}


@pytest.mark.parametrize("layout", ["parquet", "saved", "tsv"])
def test_every_file_and_every_damage(tmp_path: Path, layout: str) -> None:
    """Reading neither hangs nor ends in another error than a `DataError`, which names the folder."""
    folder = write(tmp_path / "data", layout)
    expected = read(folder)
    intact = Path(shutil.copytree(folder, tmp_path / "intact"))
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        original = path.read_bytes()
        for name, damage in DAMAGES.items():
            damage(path)
            where = f"{path.relative_to(folder)}, {name}"
            found, message = outcome(folder)
            assert found or str(folder) in message, where
            may_differ = layout == "tsv" and "bit" in name  # of a text that is still one
            assert not found or may_differ or columns(found) == columns(expected), where
            remove(path)
            path.write_bytes(original)
    assert read(folder)["train"][:] == read(intact)["train"][:] == expected["train"][:]


@pytest.mark.parametrize("layout", ["parquet", "saved", "tsv"])
def test_every_file_as_a_pointer_of_git_lfs(tmp_path: Path, layout: str) -> None:
    """A checkout without Git LFS is recognised at collection, and the remedy is named."""
    folder = write(tmp_path / "data", layout)
    read_at_check = {".parquet", ".tsv", ".arrow", ".json"}
    for path in sorted(path for path in folder.rglob("*") if path.suffix in read_at_check):
        original = path.read_bytes()
        path.write_text(LFS, "utf-8")
        with pytest.raises(DataError, match=rf"{path.name} is a Git LFS pointer, not the file .* `git lfs pull`"):
            FolderSource(str(folder)).check(COLA)
        path.write_bytes(original)
