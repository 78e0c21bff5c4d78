"""The submission to GLUE's leaderboard: every file from synthetic predictions, and a checker that sees each mistake."""

import random
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.leaderboard import FILES
from pytest_glue.core.tasks import GLUE
from pytest_glue.reports.submission import Submission, submissions
from pytest_glue.session.submission_folder import SubmissionFolder
from tests.factories import make_evaluation, make_run
from tests.glue_submission_checker import N_ROWS, problems

NAN = float("nan")


def predicted(task: str, *runs: tuple[float | None, Mapping[str, Any]], **changes: Any) -> Evaluation:
    """Return an evaluation of a task: for each run, its score and its predictions by file, with seeds from 42."""
    metric = GLUE[task].headline_metric
    made = [
        make_run(seed=seed, metrics={metric: score}, test_predictions=files)
        for seed, (score, files) in enumerate(runs, 42)
    ]
    return make_evaluation(made, task=task, nodeid=f"test_glue[{task}]", **changes)


def column(submission: Submission, name: str) -> list[str]:
    """Return the predictions of a file."""
    return [line.split("\t")[1] for line in submission.contents[name].splitlines()[1:]]


@pytest.fixture(scope="module")
def evaluations() -> list[Evaluation]:
    """One for each task of GLUE, with random predictions of its own test split, and by mnli of AX."""
    generator = random.Random(1)  # noqa: S311 - no cryptography

    def some(name: str, task: str) -> tuple[float, ...]:
        labels = len(GLUE[task].labels)
        return tuple(
            float(generator.randrange(labels)) if labels else generator.uniform(-1, 7) for _ in range(N_ROWS[name])
        )

    own = {file.texts.name: file.name for file in FILES}
    names = {task: [own[task], *(["AX.tsv"] if task == "mnli" else [])] for task in GLUE}
    return [predicted(task, (0.5, {name: some(name, task) for name in names[task]})) for task in GLUE]


@pytest.fixture(scope="module")
def archive(evaluations: list[Evaluation], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of a whole submission."""
    folder = SubmissionFolder(tmp_path_factory.mktemp("submission"))
    folder.write(evaluations, n_checkpoints=1)
    assert folder.error is None
    assert not [line for line in folder.lines if "not predicted" in line or "refuse" in line]
    return Path(folder.lines[0].rpartition(": ")[2])


def test_the_leaderboard_accepts_it(archive: Path) -> None:
    """All eleven files, in the folder as in the zip."""
    assert [] == problems(archive)
    with zipfile.ZipFile(archive) as packed:
        assert {name: packed.read(name) for name in N_ROWS} == {
            path.name: path.read_bytes() for path in archive.parent.glob("*.tsv")
        }


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("CoLA.tsv", ("index\t", "id\t"), r"CoLA.tsv: the header is 'id\tprediction'"),
        ("MRPC.tsv", ("\n1724\t", "\n1725\t"), "MRPC.tsv: the indices are not 0, 1, 2 and so on"),
        ("QNLI.tsv", ("not_entailment", "not entailment"), "QNLI.tsv: no prediction: 'not entailment'"),
        ("MNLI-mm.tsv", ("neutral", "1"), "MNLI-mm.tsv: no prediction: '1'"),
        ("WNLI.tsv", ("\n145\t0\n", "\n"), "WNLI.tsv: 145 rows"),
        ("STS-B.tsv", ("5.000", "5.001"), "STS-B.tsv: no prediction: '5.001'"),
        ("STS-B.tsv", ("\t0.000", "\t-0.100"), "STS-B.tsv: no prediction: '-0.100'"),
        ("AX.tsv", ("\n7\t", "\n7 "), "AX.tsv: a row has not two columns"),
    ],
)
def test_the_checker_sees_mistakes(
    archive: Path, tmp_path: Path, name: str, change: tuple[str, str], problem: str
) -> None:
    """A wrong header, order, word, count or range is found."""
    with zipfile.ZipFile(archive) as packed, zipfile.ZipFile(tmp_path / "out.zip", "w") as changed:
        for each in packed.namelist():
            content = packed.read(each).decode()
            if each == name:
                content = content.replace("\n145\t1\n", "\n145\t0\n") if name == "WNLI.tsv" else content
                assert change[0] in content
                content = content.replace(*change)
            changed.writestr(each, content)
    assert [problem] == problems(tmp_path / "out.zip")


def test_the_checker_sees_a_missing_file_and_a_subfolder(archive: Path, tmp_path: Path) -> None:
    """Eleven files at the top level."""
    for prefix, left_out in (("", {"AX.tsv"}), ("submission/", set())):
        with zipfile.ZipFile(archive) as packed, zipfile.ZipFile(tmp_path / "out.zip", "w") as changed:
            for each in set(packed.namelist()) - left_out:
                changed.writestr(prefix + each, packed.read(each))
        assert ["the files are"] == [each[:13] for each in problems(tmp_path / "out.zip")]


def test_the_best_run_is_submitted() -> None:
    """The highest score of all items of the task; of equal scores the first seed, an undefined score only if alone."""
    (found,) = submissions(
        [
            predicted("rte", (0.6, {"RTE.tsv": (0.0,)}), (0.7, {"RTE.tsv": (1.0,)}), (0.7, {"RTE.tsv": (0.0,)})),
            predicted("cola", (None, {"CoLA.tsv": (1.0, 0.0)})),
        ]
    ).values()
    assert ["not_entailment"] == column(found, "RTE.tsv")
    assert ["1", "0"] == column(found, "CoLA.tsv")
    assert (
        "predicted: CoLA.tsv (cola, seed 42: matthews_correlation undefined), "
        "RTE.tsv (rte, seed 43, the best of 3: accuracy 0.700)"
    ) == found.lines[0]


def test_numbers_are_clipped() -> None:
    """Predictions of STS-B are in [0, 5], with three digits."""
    (found,) = submissions([predicted("stsb", (0.9, {"STS-B.tsv": (-0.2, 5.3, 2.34567)}))]).values()
    assert ["0.000", "5.000", "2.346"] == column(found, "STS-B.tsv")


def test_files_of_mnli() -> None:
    """Each genre is predicted by its own task, the others by the task that was run, and AX by mnli first."""
    matched = predicted("mnli", (0.5, {"MNLI-m.tsv": (0.0,), "MNLI-mm.tsv": (0.0,), "AX.tsv": (0.0,)}))
    mismatched = predicted("mnli-mm", (0.9, {"MNLI-m.tsv": (2.0,), "MNLI-mm.tsv": (2.0,), "AX.tsv": (2.0,)}))
    names = ("MNLI-m.tsv", "MNLI-mm.tsv", "AX.tsv")
    words = []
    for evaluations in ([matched], [mismatched], [mismatched, matched]):
        (found,) = submissions(evaluations).values()
        words.append([column(found, name)[0] for name in names])
    assert [["entailment"] * 3, ["contradiction"] * 3, ["entailment", "contradiction", "entailment"]] == words


def test_what_was_not_predicted_is_filled(tmp_path: Path) -> None:
    """With a constant, but for a correlation; files without any finite prediction too. The lines say so."""
    folder = SubmissionFolder(tmp_path)
    folder.write(
        [predicted("wnli", (0.5, {"WNLI.tsv": (NAN, NAN)})), predicted("rte", (0.5, {"RTE.tsv": (1.0,) * 3000}))], 1
    )
    assert [] == problems(tmp_path / "submission.zip")
    assert ["0", "0", "0"] == (tmp_path / "WNLI.tsv").read_text("utf-8").replace("\n", "\t").split("\t")[3:8:2]
    assert 6 == len({line.split("\t")[1] for line in (tmp_path / "STS-B.tsv").read_text("utf-8").splitlines()[1:]})
    others = ", ".join(name for name in N_ROWS if name != "RTE.tsv")
    assert f"not predicted, filled with one label (STS-B: 0 to 5 in turn): {others}" == folder.lines[2].split(";")[0]


def test_rows_without_a_prediction_are_filled() -> None:
    """A run that predicted every row is preferred to one with a higher score; else the rows are filled and counted."""
    whole, partly = (0.5, {"RTE.tsv": (1.0, 1.0)}), (0.9, {"RTE.tsv": (NAN, 1.0)})
    (found,) = submissions([predicted("rte", whole, partly)]).values()
    assert "RTE.tsv (rte, seed 42, the best of 2: accuracy 0.500)" in found.lines[0]
    (found,) = submissions([predicted("rte", partly)]).values()
    assert ["entailment", "not_entailment"] == column(found, "RTE.tsv")
    assert "filled where the model predicted no label of the task: RTE.tsv (1 row)" == found.lines[2]


def test_the_sample_submission_fills_files(tmp_path: Path, archive: Path) -> None:
    """If the folder has the leaderboard's zip, its files stand for those that were not predicted."""
    with zipfile.ZipFile(archive) as packed, zipfile.ZipFile(tmp_path / "CBOW.zip", "w") as sample:
        for name in ("AX.tsv", "RTE.tsv"):
            sample.writestr(f"CBOW/{name}", packed.read(name))
    folder = SubmissionFolder(tmp_path)
    folder.write([predicted("rte", (0.5, {"RTE.tsv": (1.0,) * 3000}))], 1)
    assert [] == problems(tmp_path / "submission.zip")
    with zipfile.ZipFile(archive) as packed:
        assert packed.read("AX.tsv") == (tmp_path / "AX.tsv").read_bytes()
        assert packed.read("RTE.tsv") != (tmp_path / "RTE.tsv").read_bytes()
    assert "not predicted, copied from the sample submission: AX.tsv" == folder.lines[2]


def test_a_sample_submission_that_is_no_zip(tmp_path: Path) -> None:
    """The end of the test run says which file is wrong, and nothing is written."""
    (tmp_path / "CBOW.zip").write_text("<html>", "utf-8")
    folder = SubmissionFolder(tmp_path)
    folder.write([predicted("rte", (0.5, {"RTE.tsv": (1.0,)}))], 1)
    assert f"{tmp_path / 'CBOW.zip'} cannot be read as the leaderboard's sample submission" in str(folder.error)
    assert ["CBOW.zip"] == [path.name for path in tmp_path.iterdir()]


def test_other_numbers_of_rows_are_named() -> None:
    """Own or synthetic data is written, and the leaderboard would refuse it."""
    (found,) = submissions([predicted("rte", (0.5, {"RTE.tsv": (1.0,) * 96}))]).values()
    assert "the leaderboard would refuse it: RTE.tsv has 96 rows instead of 3000" == found.lines[-1]


def test_each_checkpoint_has_a_submission(tmp_path: Path) -> None:
    """Of several checkpoints each has a folder with its id, also if the others failed."""
    runs = [(0.5, {"RTE.tsv": (1.0,)})]
    one, two = (predicted("rte", *runs, checkpoint=Checkpoint(name, Origin.HUB)) for name in ("a/one", "a/two"))
    for evaluations, names in (([one], ["a-one"]), ([one, two], ["a-one", "a-two"])):
        folder = SubmissionFolder(tmp_path / str(len(evaluations)))
        folder.write(evaluations, n_checkpoints=2)
        assert names == sorted(path.name for path in (tmp_path / str(len(evaluations))).iterdir())
        assert all((tmp_path / str(len(evaluations)) / name / "submission.zip").is_file() for name in names)


def test_nothing_to_submit(tmp_path: Path, like: Callable[..., Evaluation]) -> None:
    """Without any prediction there is no zip; without the option there is no word about it."""
    folder = SubmissionFolder(tmp_path)
    folder.write([like()], 1)
    assert f"no submission was written to {str(tmp_path)!r}: no run predicted a test split of GLUE" == folder.error
    assert [] == list(tmp_path.iterdir())
    unasked = SubmissionFolder(None)
    unasked.write([like()], 1)
    assert (None, []) == (unasked.error, unasked.lines)
