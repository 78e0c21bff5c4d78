"""Missing or incomplete checkpoints and data are errors of the items that need them, before anything is trained."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

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
    pytester: pytest.Pytester, here: Run, report: Report, files: Sequence[str] | None, message: str
) -> None:
    """A folder that is not a checkpoint is an error that says what is missing and what is there, also in the report."""
    if files is not None:
        make_files(pytester.path / "model", files)

    result = here("--glue-tasks=rte", "--glue-data=sample", "--glue-checkpoints=./model", "--glue-json=out.json")

    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.assert_outcomes(errors=1)
    (error,) = report()["errors"]
    assert "test_suite.py::test_glue[rte-model]" == error["nodeid"]
    assert error["message"].startswith(message)
    result.stdout.fnmatch_lines([f"glue: 1 of 1 items cannot run: {message.partition(';')[0]}*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_other_items_run(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """Items with another checkpoint get their verdicts; a deselected or skipped item has no error."""
    pytester.makepyfile(
        test_suite="""
        import pytest

        def test_glue(glue_evaluation):
            glue_evaluation.check()

        @pytest.mark.skip
        def test_skipped(glue_evaluation): ...
        """
    )
    arguments = ("--glue-tasks=stsb", "--glue-threshold=stsb=-1", "--glue-checkpoints=sample,./none")

    result = tiny(*arguments, "--glue-json=out.json")

    result.assert_outcomes(passed=1, errors=1, skipped=2)
    assert ["test_suite.py::test_glue[stsb-none]"] == [each["nodeid"] for each in report()["errors"]]
    assert ["sample"] == [each["checkpoint"]["name"] for each in report()["results"]]
    assert report()["family"] is not None
    result.stdout.fnmatch_lines(["glue: 2 of 4 items cannot run: checkpoint ./none does not exist: *"])
    tiny(*arguments, "-k", "sample and glue").assert_outcomes(passed=1, deselected=3)


def test_a_fixture_of_the_user_needs_no_file(pytester: pytest.Pytester, here: Run) -> None:
    """Where the user's own fixture provides data, task or checkpoint, the plugin's are not looked for."""
    pytester.makeconftest(
        """
        import pytest
        from pytest_glue.core.checkpoints import Checkpoint

        @pytest.fixture
        def glue_data():
            return {}

        @pytest.fixture
        def glue_checkpoint():
            return Checkpoint.parse("sample")
        """
    )
    pytester.makepyfile("def test_mine(glue_data, glue_task, glue_checkpoint): assert not glue_data")

    here("--glue-tasks=rte", "--glue-data=./none", "--glue-checkpoints=./none").assert_outcomes(passed=1)


def test_a_checkpoint_with_wrong_contents(pytester: pytest.Pytester, here: Run) -> None:
    """Files with the right names and wrong contents are an error of the item that names the checkpoint."""
    make_files(pytester.path / "model", CHECKPOINT_FILES)

    result = here("--glue-tasks=rte", "--glue-data=sample", "--glue-checkpoints=./model")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["ERROR test_suite.py::test_glue[[]rte-model[]] - *model: model.safetensors is no safetensors file*"]
    )


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

    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()


def test_a_missing_data_folder(here: Run) -> None:
    """A missing data folder is an error: no other data is used instead."""
    result = here("--glue-tasks=rte", "--glue-data=./none", "--glue-checkpoints=sample")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the data folder ./none does not exist: give a folder, `hub` or `sample`"])


def test_damaged_encoded_data(
    tiny: Run, report: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encoded data with a changed bit, or a cache that is no folder, changes no score, and a note says so."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "datasets")
    folder = tmp_path / "datasets" / "pytest-glue"

    def scores() -> tuple[Any, str]:
        shown = tiny("--glue-tasks=stsb", "--glue-cache=off", "--glue-json=out.json").stdout.str()
        (result,) = report()["results"]
        (run,) = result["runs"]
        return (run["metrics"], run["history"]), shown

    expected, _ = scores()
    files = sorted(folder.glob("*.arrow"))
    for file in files:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    damaged, shown = scores()
    assert expected == damaged
    assert [f"{file} does not match its checksum; it was encoded again" in shown for file in files] == [True, True]
    intact, shown = scores()
    assert (expected, False) == (intact, "encoded again" in shown)
    shutil.rmtree(folder)
    folder.write_text("in the way", "utf-8")
    unwritable, shown = scores()
    assert expected == unwritable
    assert f"stsb: the encoded data is not cached: {folder} cannot be written (" in shown
