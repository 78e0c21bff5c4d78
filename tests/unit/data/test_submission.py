"""The texts of the leaderboard's files, from each data source."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict
from pyarrow import parquet

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import GLUE
from pytest_glue.data.folder import FolderSource
from pytest_glue.data.hub import DATASET
from pytest_glue.data.source import open_source
from pytest_glue.data.submission import encoded_files, submission_identity, submission_texts

MNLI, RTE = GLUE["mnli"], GLUE["rte"]
PAIR: dict[str, list[Any]] = {"premise": ["a"], "hypothesis": ["b"]}
LABELLED: dict[str, list[Any]] = {**PAIR, "label": [0]}
HIDDEN: dict[str, list[Any]] = {**PAIR, "label": [-1]}


def write(folder: Path, configuration: str, **splits: dict[str, list[Any]]) -> None:
    """Write splits in the hub's layout."""
    (folder / configuration).mkdir()
    for name, content in splits.items():
        parquet.write_table(pa.table(content), folder / configuration / f"{name}.parquet")


def write_mnli(folder: Path, *tests: str) -> None:
    """Write MNLI with these test splits."""
    splits = {"train": LABELLED, "validation_matched": LABELLED, "validation_mismatched": LABELLED}
    write(folder, "mnli", **splits, **dict.fromkeys(tests, HIDDEN))


def names(source: Any) -> list[str]:
    """Return the names of the files that a model of mnli predicts."""
    return list(submission_texts(source, MNLI, source.load(MNLI), "here"))


def test_mnli_predicts_all_three_files(tmp_path: Path) -> None:
    """The diagnostic set has a configuration of its own, without a training split."""
    write_mnli(tmp_path, "test_matched", "test_mismatched")
    write(tmp_path, "ax", test={"premise": ["c"], "hypothesis": ["d"], "label": [-1], "idx": [0]})
    source = FolderSource(str(tmp_path))
    found = submission_texts(source, MNLI, source.load(MNLI), "here")
    assert ["MNLI-m.tsv", "AX.tsv", "MNLI-mm.tsv"] == list(found)
    assert {"premise": ["c"], "hypothesis": ["d"], "label": [0]} == found["AX.tsv"].to_dict()


def test_only_the_own_test_split_is_needed(tmp_path: Path) -> None:
    """Files of other texts are left out where the data lacks them; without its own, the task cannot be submitted."""
    write_mnli(tmp_path, "test_matched")
    source = FolderSource(str(tmp_path))
    assert ["MNLI-m.tsv"] == names(source)
    with pytest.raises(DataError, match=r"--glue-submission predict the texts of the split 'test_mismatched'"):
        submission_identity(source, GLUE["mnli-mm"])
    with pytest.raises(DataError, match=r"the texts of the split 'test_mismatched' of task mnli-mm; there: .*Add one"):
        submission_texts(source, GLUE["mnli-mm"], source.load(GLUE["mnli-mm"]), "here")


def test_the_identity_names_all_files(tmp_path: Path) -> None:
    """A change of any texts, or texts that were not there before, change it."""
    write_mnli(tmp_path, "test_matched")
    source = FolderSource(str(tmp_path))
    before = submission_identity(source, MNLI)
    write(tmp_path, "ax", test=PAIR)
    assert submission_identity(source, MNLI).startswith(f"{before} AX.tsv sha256:")
    assert "" == submission_identity(source, _own())


def _own() -> Any:
    from dataclasses import replace

    return replace(RTE, name="tickets")


@pytest.mark.parametrize(
    ("index", "expected"), [([2, 0, 1], ["b", "c", "a"]), ([7, 7, 8], ["a", "b", "c"]), (None, ["a", "b", "c"])]
)
def test_rows_are_in_the_order_of_the_index(index: list[int] | None, expected: list[str]) -> None:
    """The hub's column `idx` gives the rows of the file; a column that does not number the rows is not used."""
    rows = {"sentence1": ["a", "b", "c"], "sentence2": ["x"] * 3} | ({} if index is None else {"idx": index})
    data = DatasetDict(test=Dataset.from_dict(rows))
    assert expected == submission_texts(open_source("sample"), RTE, data, "here")["RTE.tsv"]["sentence1"][:]


def test_no_row_is_cut() -> None:
    """Unlike the texts of a certificate, the test split is predicted as a whole."""
    data = DatasetDict(test=Dataset.from_dict({"question1": ["a"] * 10_001, "question2": ["b"] * 10_001}))
    assert 10_001 == len(submission_texts(open_source("sample"), GLUE["qqp"], data, "here")["QQP.tsv"])


@pytest.mark.parametrize("name", GLUE)
def test_the_sample_has_the_test_split_of_each_task(name: str) -> None:
    """It has no diagnostic set."""
    source = open_source("sample")
    found = submission_texts(source, GLUE[name], source.load(GLUE[name]), "sample")
    assert "AX.tsv" not in found
    assert "sample" in submission_identity(source, GLUE[name])
    assert (2 if name.startswith("mnli") else 1) == len(found)


def test_the_diagnostic_set_of_the_hub(hub: Any, tmp_path: Path) -> None:
    """Of a commit and of a branch, whose files are asked for by name."""
    write_mnli(tmp_path, "test_matched")
    write(tmp_path, "ax", test=PAIR)
    files = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    commit = hub.publish("datasets", DATASET, files)
    for revision in (commit, "main"):
        source = open_source(f"hub@{revision}")
        assert ["MNLI-m.tsv", "AX.tsv"] == names(source)
        assert f" AX.tsv {DATASET}@{commit} ax" in submission_identity(source, MNLI)


def test_the_diagnostic_set_of_the_download(tmp_path: Path) -> None:
    """It is `diagnostic/diagnostic.tsv` there."""
    write_mnli(tmp_path, "test_matched")
    (tmp_path / "diagnostic").mkdir()
    (tmp_path / "diagnostic" / "diagnostic.tsv").write_text("index\tsentence1\tsentence2\n0\tc\td\n", "utf-8")
    source = FolderSource(str(tmp_path))
    found = submission_texts(source, MNLI, source.load(MNLI), "here")["AX.tsv"]
    assert {"premise": ["c"], "hypothesis": ["d"], "label": [0]} == found.to_dict()


def test_encoded_data_without_the_own_file() -> None:
    """A fixture of the user may leave out what it does not know of; the message says which split is missing."""
    encoded = DatasetDict({"train": Dataset.from_dict({"input_ids": [[1]]}), "MNLI-m.tsv": Dataset.from_dict({})})
    assert ["MNLI-m.tsv"] == list(encoded_files(encoded, MNLI))
    with pytest.raises(DataError, match=r"glue_encoded_data: --glue-submission predicts the split 'RTE.tsv', .*train"):
        encoded_files(encoded, RTE)
