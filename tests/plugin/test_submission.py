"""`--glue-submission` on the sample, whose test splits have other numbers of rows than GLUE's."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.glue_submission_checker import problems

Run = Callable[..., pytest.RunResult]
REPORTS_ONLY = "def test_glue(glue_evaluation):\n    assert glue_evaluation.verdict\n"


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """The folder of the submission."""
    return pytester.path / "submission"


def predictions(file: Path) -> list[str]:
    """Return the second column of a file."""
    return [line.split("\t")[1] for line in file.read_text("utf-8").splitlines()[1:]]


def test_files_and_zip(pytester: pytest.Pytester, folder: Path, tiny: Run) -> None:
    """A cached run without predictions is trained again; then the same command trains nothing and writes the same."""
    pytester.makepyfile(test_suite=REPORTS_ONLY)
    asked = ("--glue-tasks=stsb,mnli", "--glue-unchecked=pass", "--glue-seeds=2")
    plain = tiny(*asked)
    trained = tiny(*asked, "--glue-submission=submission")
    before = (folder / "submission.zip").read_bytes()
    again = tiny(*asked, "--glue-submission=submission", "--glue-cache=only")

    for result in (plain, trained, again):
        result.assert_outcomes(passed=2)
    trained.stdout.fnmatch_lines(
        [
            "*: the cached run of mnli with seed 42 did not predict the texts of the leaderboard; it was not used",
            f"submission to GLUE's leaderboard: {folder / 'submission.zip'}",
            "predicted: MNLI-m.tsv (mnli, seed *, the best of 2: accuracy *), MNLI-mm.tsv (mnli, *), STS-B.tsv (stsb*",
            "not predicted, filled with one label (STS-B: 0 to 5 in turn): AX.tsv, CoLA.tsv, MRPC.tsv, *",
            "the leaderboard would refuse it: MNLI-m.tsv has 96 rows instead of 9796, MNLI-mm.tsv *, STS-B.tsv *",
        ]
    )
    assert before == (folder / "submission.zip").read_bytes()
    assert ["MNLI-m.tsv: 96 rows", "MNLI-mm.tsv: 96 rows", "STS-B.tsv: 96 rows"] == problems(folder / "submission.zip")
    assert 96 == len(predictions(folder / "STS-B.tsv"))
    assert 1 < len(set(predictions(folder / "STS-B.tsv")))


def test_predictions_are_in_the_order_of_the_rows(pytester: pytest.Pytester, folder: Path, tiny: Run) -> None:
    """If the test split has the evaluation examples, in reverse order, the file has the recorded predictions."""
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def glue_data(glue_data):
            examples = glue_data["validation"]
            glue_data["test"] = examples.select(range(len(examples) - 1, -1, -1))
            return glue_data
        """
    )
    result = tiny(*("--glue-tasks=sst2", "--glue-threshold=sst2=0", "--glue-save=main", "--glue-submission=submission"))
    result.assert_outcomes(passed=1)
    (run,) = json.loads((pytester.path / "glue-baselines/main/sst2/sample.json").read_text("utf-8"))["runs"]
    recorded = "".join(run["predictions"])
    assert {"0", "1"} == set(recorded)
    assert list(recorded) == predictions(folder / "SST-2.tsv")


def test_each_checkpoint_has_a_folder(folder: Path, tiny: Run) -> None:
    """Each with its zip; a red item is submitted too."""
    result = tiny("--glue-tasks=cola", "--glue-checkpoints=old=sample,new=sample", "--glue-submission=submission")
    assert ["new", "old"] == sorted(path.name for path in folder.iterdir())
    assert (folder / "new" / "submission.zip").read_bytes() == (folder / "old" / "submission.zip").read_bytes()
    result.stdout.fnmatch_lines([f"submission to GLUE's leaderboard: {folder / 'new' / 'submission.zip'}"])


def test_data_without_a_test_split(pytester: pytest.Pytester, folder: Path, tiny: Run) -> None:
    """An error of its item before anything is trained, and the end says that no file was written."""
    from pytest_glue.sample.examples import sample_dataset

    data = sample_dataset("cola")
    del data["test"]
    data.save_to_disk(str(pytester.path / "data" / "cola"))
    result = tiny("--glue-data=data", "--glue-tasks=cola", "--glue-submission=submission")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "data: --glue-certify and --glue-submission predict the texts of the split 'test' of task cola; there: *",
            f"no submission was written to '{folder}': no run predicted a test split of GLUE",
        ]
    )


def test_a_part_of_the_items_is_refused(here: Run) -> None:
    """A shard has not all predictions, and a merge has none: refused before anything is collected."""
    result = here("--glue-submission=submission", "--glue-shard=1/2")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*--glue-submission needs the predictions of all tasks, and --glue-shard runs a *"])


def test_a_folder_that_cannot_be_written(pytester: pytest.Pytester, here: Run) -> None:
    """Said before anything is trained."""
    (pytester.path / "submission").write_text("a file", "utf-8")
    result = here("--glue-submission=submission", "--glue-checkpoints=sample", "--glue-data=sample")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*the submission cannot be written to '*submission': *; name a writable folder"])
