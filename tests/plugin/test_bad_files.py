"""Missing or incomplete checkpoints and data end the test run at collection."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]

CHECKPOINT_FILES = ("config.json", "model.safetensors", "tokenizer.json")
RTE = {"sentence1": ["a"], "sentence2": ["b"], "label": [0]}


def make_files(folder: Path, names: Sequence[str]) -> None:
    """Make a folder with empty files that are named like a checkpoint's."""
    folder.mkdir()
    for name in names:
        (folder / name).write_text("{}", "utf-8")


def write_split(file: Path, columns: dict[str, list[str] | list[int]]) -> None:
    """Write a split as a Parquet file."""
    import pyarrow as pa
    from pyarrow import parquet

    file.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), file)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (None, "checkpoint ./model does not exist: give a folder, a hub id (`owner/name`) or `sample`"),
        ([], "checkpoint ./model has no config.json; there: nothing. `model.save_pretrained(FOLDER)` and"),
        (CHECKPOINT_FILES[1:], "checkpoint ./model has no config.json; there: model.safetensors, tokenizer.json."),
        (CHECKPOINT_FILES[:2], "checkpoint ./model has no tokenizer (tokenizer.json, vocab.txt, "),
        (CHECKPOINT_FILES[::2], "checkpoint ./model has no weights (model.safetensors or pytorch_model.bin)"),
    ],
)
def test_incomplete_checkpoints(
    pytester: pytest.Pytester, here: Run, files: Sequence[str] | None, message: str
) -> None:
    """A folder that is not a checkpoint is an error that says what is missing and what is there."""
    if files is not None:
        make_files(pytester.path / "model", files)

    result = here("--glue-tasks=rte", "--glue-data=sample", "--glue-checkpoints=sample,./model")

    assert pytest.ExitCode.INTERRUPTED == result.ret
    assert message in result.stdout.str()


def test_a_checkpoint_with_wrong_contents(pytester: pytest.Pytester, here: Run) -> None:
    """Files with the right names and wrong contents are an error of the item that names the checkpoint."""
    make_files(pytester.path / "model", CHECKPOINT_FILES)

    result = here("--glue-tasks=rte", "--glue-data=sample", "--glue-checkpoints=./model")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ERROR test_suite.py::test_glue[[]rte-model[]] - *of model cannot be *"])


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({}, "./data has no data for task rte (configuration 'rte'); there: no task that can be recognised"),
        ({"cola/train": RTE, "mrpc/train": RTE}, "no data for task rte (configuration 'rte'); there: cola, mrpc"),
        ({"rte/train": RTE}, "./data: task rte needs the split 'validation'; there: train"),
        ({"rte/validation": RTE}, "./data: task rte needs the split 'train'; there: validation"),
        (
            {"rte/train": RTE, "rte/validation": {"sentence1": ["a"], "label": [0]}},
            "split 'validation' of task rte has no column 'sentence2'; there: sentence1, label",
        ),
    ],
)
def test_incomplete_data(
    pytester: pytest.Pytester, here: Run, splits: dict[str, dict[str, list[str] | list[int]]], message: str
) -> None:
    """A folder without the task, a split or a column is an error that lists what is there."""
    pytester.mkdir("data")
    for name, columns in splits.items():
        write_split(pytester.path / "data" / f"{name}-00000-of-00001.parquet", columns)

    result = here("--glue-tasks=rte", "--glue-data=./data", "--glue-checkpoints=sample")

    assert pytest.ExitCode.INTERRUPTED == result.ret
    assert message in result.stdout.str()


def test_a_missing_data_folder(here: Run) -> None:
    """A missing data folder is an error: no other data is used instead."""
    result = here("--glue-tasks=rte", "--glue-data=./none", "--glue-checkpoints=sample")

    assert pytest.ExitCode.INTERRUPTED == result.ret
    result.stdout.fnmatch_lines(["the data folder ./none does not exist: give a folder, `hub` or `sample`"])
