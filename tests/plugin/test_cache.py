"""The cache: finished runs are read in later test runs, and trained again where they cannot be read."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pytest_glue.sample.checkpoint import write_sample_checkpoint
from pytest_glue.sample.examples import sample_dataset
from tests.forked_pytest import run_at_once
from tests.plugin.conftest import WAITS_FOR_THE_OTHER

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]
JUnit = Callable[[], dict[str, ET.Element]]

TINY = ("--glue-max-train-samples=16", "--glue-max-eval-samples=24", "--glue-recipe=num_train_epochs=1")
STSB = ("--glue-tasks=stsb", "--glue-threshold=stsb=-1", "--glue-json=out.json", *TINY)
SAMPLE = (*STSB, "--glue-data=sample", "--glue-checkpoints=sample")
HEAVY = [
    *("torch", "transformers", "datasets", "evaluate", "sklearn", "scipy.stats", "accelerate", "huggingface_hub"),
    "filelock",
]
LISTS_IMPORTS_AT_EXIT = f"""
import atexit, sys
from pathlib import Path

@atexit.register
def _list():
    Path("imported.txt").write_text(" ".join(name for name in {HEAVY} if name in sys.modules))
"""


@pytest.fixture
def folder() -> Path:
    """The cache folder of this test."""
    return Path(os.environ["PYTEST_GLUE_CACHE"])


@pytest.fixture
def files(pytester: pytest.Pytester) -> tuple[str, ...]:
    """Arguments with data and a checkpoint in folders."""
    data = sample_dataset("stsb")
    (pytester.path / "data" / "stsb").mkdir(parents=True)
    for split in ("train", "validation"):
        data[split].to_parquet(pytester.path / "data" / "stsb" / f"{split}-00000-of-00001.parquet")
    write_sample_checkpoint(pytester.path / "model")
    return (*STSB, "--glue-data=./data", "--glue-checkpoints=./model")


def cached(report: Report) -> list[bool]:
    """Return for each run of the one item whether it was read from the cache."""
    (result,) = report()["results"]
    return [run["cached"] for run in result["runs"]]


def without_times(result: dict[str, Any]) -> dict[str, Any]:
    """Return an item's result without what differs between a trained and a cached run."""
    runs = [{name: value for name, value in run.items() if name != "cached"} for run in result["runs"]]
    return {**result, "runs": runs, "duration_s": None}


def test_the_same_command_again(here: Run, report: Report, junit: JUnit) -> None:
    """The second test run reads every run: the result is the same to the last digit, and each report says `cached`."""
    here(*SAMPLE).assert_outcomes(passed=1)
    (trained,) = report()["results"]
    assert [False] == cached(report)

    result = here(*SAMPLE, "--junitxml=out.xml")

    result.assert_outcomes(passed=1)
    (read,) = report()["results"]
    assert [True] == cached(report)
    assert without_times(trained) == without_times(read)
    result.stdout.fnmatch_lines(["task * time *", "stsb * cached *"])
    (case,) = junit().values()
    assert ["1"] == [each.attrib["value"] for each in case.findall(".//property[@name='glue.cached_runs']")]


def test_reading_imports_no_heavy_library(
    pytester: pytest.Pytester, fresh: Run, in_new_interpreter: Run, files: tuple[str, ...], report: Report
) -> None:
    """A test run that reads all its runs imports neither torch nor transformers nor other heavy libraries."""
    fresh(*files).assert_outcomes(passed=1)
    pytester.makeconftest(LISTS_IMPORTS_AT_EXIT)

    in_new_interpreter(*files).assert_outcomes(passed=1)

    assert [True] == cached(report)
    assert "" == (pytester.path / "imported.txt").read_text("utf-8")


def test_only_missing_seeds_are_trained(here: Run, report: Report) -> None:
    """With an additional seed only its run is trained, and the table counts the cached ones."""
    here(*SAMPLE, "--glue-seeds=8,").assert_outcomes(passed=1)

    result = here(*SAMPLE, "--glue-seeds=7,8")

    assert [False, True] == cached(report)
    result.stdout.fnmatch_lines(["stsb * s (1 of 2 cached) *"])


@pytest.mark.parametrize(
    ("policy", "second", "later"), [("use", True, True), ("refresh", False, True), ("off", False, False)]
)
def test_policies(here: Run, report: Report, policy: str, *, second: bool, later: bool) -> None:
    """`use` reads and writes the cache, `refresh` writes it only, `off` does neither."""
    here(*SAMPLE, "--glue-cache=off").assert_outcomes(passed=1)
    for expected in (False, second):
        here(*SAMPLE, f"--glue-cache={policy}").assert_outcomes(passed=1)
        assert [expected] == cached(report)
    here(*SAMPLE).assert_outcomes(passed=1)
    assert [later] == cached(report)


def test_refresh_replaces_an_entry(here: Run, report: Report, folder: Path) -> None:
    """Later test runs read the run that `refresh` trained, also if the old entry was damaged."""
    here(*SAMPLE)
    (file,) = folder.rglob("*.run")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    here(*SAMPLE, "--glue-cache=refresh").assert_outcomes(passed=1)
    here(*SAMPLE, "--glue-cache=only").assert_outcomes(passed=1)
    assert [True] == cached(report)


def test_only_trains_nothing(
    pytester: pytest.Pytester, fresh: Run, in_new_interpreter: Run, report: Report, files: tuple[str, ...]
) -> None:
    """With `only`, a missing run is an error that names the run, the closest cached run and the command to train it."""
    fresh(*files).assert_outcomes(passed=1)
    pytester.makeconftest(LISTS_IMPORTS_AT_EXIT)
    in_new_interpreter(*files, "--glue-cache=only").assert_outcomes(passed=1)

    in_new_interpreter(*files, "--glue-cache=only", "--glue-seeds=7,").assert_outcomes(errors=1)

    (error,) = report()["errors"]
    assert "the run of stsb with seed 7 is not in the cache " in error["message"]
    assert "(the closest of its 1 run differs in seed (7 here, 42 there)), and --glue-cache=only" in error["message"]
    assert error["message"].endswith("--glue-seeds=7, --glue-cache=use`")
    assert "" == (pytester.path / "imported.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("damage", "note"),
    [
        (lambda content: content[:-1], "is damaged: its contents do not match its digest; it was not used"),
        (lambda _: b"", "is damaged: it does not begin like a cache entry; it was not used"),
        (
            lambda content: content.replace(b"run 1 ", b"run 9 ", 1),
            "was written by another version of pytest-glue (format 9, this one reads 1); it was not used",
        ),
    ],
    ids=["cut", "empty", "newer"],
)
def test_a_damaged_entry(here: Run, report: Report, folder: Path, damage: Callable[[bytes], bytes], note: str) -> None:
    """A damaged entry, or one of a newer version, is replaced by a new training, with a note."""
    here(*SAMPLE)
    (trained,) = report()["results"]
    (file,) = folder.rglob("*.run")
    file.write_bytes(damage(file.read_bytes()))

    here(*SAMPLE).assert_outcomes(passed=1)

    (again,) = report()["results"]
    assert [False] == cached(report)
    assert trained["score"] == again["score"]
    assert [f"the cache entry {file} {note}"] == [each for each in again["notes"] if "cache entry" in each]
    here(*SAMPLE)
    assert [True] == cached(report)


def test_a_cache_that_cannot_be_written(pytester: pytest.Pytester, here: Run, report: Report) -> None:
    """Without a cache folder the run is trained, with a note; with `only` it is an error."""
    (pytester.path / "file").touch()

    here(*SAMPLE, "--glue-cache-dir=file/runs").assert_outcomes(passed=1)

    (result,) = report()["results"]
    folder = pytester.path / "file" / "runs"
    assert [f"not cached: the cache {folder} cannot be written (Not a directory)"] == [
        note for note in result["notes"] if "cache" in note
    ]
    here(*SAMPLE, "--glue-cache-dir=file/runs", "--glue-cache=only").assert_outcomes(errors=1)


def test_changes_of_a_run(pytester: pytest.Pytester, here: Run, report: Report, files: Any) -> None:
    """A new seed, recipe, example or weight needs a new run; a new modification time does not."""
    here(*files)
    os.utime(pytester.path / "model" / "model.safetensors")
    here(*files)
    assert [True] == cached(report)
    for change in ("--glue-seeds=7,", "--glue-recipe=weight_decay=0.5", "--glue-max-length=20"):
        here(*files, change).assert_outcomes(passed=1)
        assert [False] == cached(report), change

    data = sample_dataset("stsb")["train"].to_list()
    data[0]["label"] = 5 - data[0]["label"]
    changed = sample_dataset("stsb")["train"].from_list(data, features=sample_dataset("stsb")["train"].features)
    changed.to_parquet(pytester.path / "data" / "stsb" / "train-00000-of-00001.parquet")
    here(*files)
    assert [False] == cached(report)

    weights = pytester.path / "model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-3] ^= 1
    weights.write_bytes(content)
    here(*files)
    assert [False] == cached(report)


def test_changes_of_no_run(pytester: pytest.Pytester, here: Run, report: Report, files: Any) -> None:
    """Other names of the same files and another threshold read the same run; the report has the new names."""
    here(*files)
    (pytester.path / "model").rename(pytester.path / "candidate")
    (pytester.path / "data").rename(pytester.path / "glue")

    here(*files, "--glue-data=./glue", "--glue-checkpoints=./candidate", "--glue-threshold=stsb=1").assert_outcomes(
        failed=1
    )

    assert [True] == cached(report)
    (result,) = report()["results"]
    assert ("./candidate", "./glue") == (result["checkpoint"]["name"], result["data"])


@pytest.mark.parametrize(
    ("suite", "conftest", "arguments", "reason"),
    [
        (
            "",
            "@pytest.fixture\ndef glue_model_init(glue_model_init):\n    return glue_model_init",
            [],
            "glue_model_init is overridden, and a cache key does not cover user code",
        ),
        (
            (
                "def test_glue(glue_evaluation, glue_trainer):\n    assert glue_trainer.state.global_step == 1\n"
                "    assert glue_evaluation.verdict"
            ),
            "",
            [],
            "the test uses glue_trainer, and cached runs leave it untrained",
        ),
        (
            "",
            "",
            ["--glue-search=optuna", "--glue-trials=1", "--glue-search-fraction=1"],
            "hyperparameters are searched, and a search is stored as a study",
        ),
        (
            "",
            "",
            ["--glue-recipe=output_dir=kept"],
            "the recipe sets output_dir, and cached runs have no such side effect",
        ),
    ],
    ids=["override", "trainer", "search", "output"],
)
def test_uncacheable_runs(
    pytester: pytest.Pytester,
    here: Run,
    report: Report,
    folder: Path,
    suite: str,
    conftest: str,
    arguments: list[str],
    reason: str,
) -> None:
    """Runs that involve user code or have side effects are always trained, with a note that gives the reason."""
    here(*SAMPLE).assert_outcomes(passed=1)
    (before,) = folder.rglob("*.run")
    pytester.makeconftest("import pytest\n" + conftest)
    if suite:
        pytester.makepyfile(test_suite=suite)

    for _ in range(2):
        here(*SAMPLE, *arguments).assert_outcomes(passed=1)
        assert [False] == cached(report)

    (result,) = report()["results"]
    assert f"the cache is not used: {reason}" in result["notes"]
    assert [before] == list(folder.rglob("*.run"))
    here(*SAMPLE, *arguments, "--glue-cache=only").assert_outcomes(errors=1)
    assert reason in report()["errors"][0]["message"]


@pytest.mark.parametrize("fixture", ["glue_task", "glue_checkpoint"])
def test_overrides_that_a_key_covers(pytester: pytest.Pytester, here: Run, report: Report, fixture: str) -> None:
    """The key contains task and checkpoint, so runs with these fixtures overridden are cached."""
    pytester.makeconftest(f"import pytest\n@pytest.fixture\ndef {fixture}({fixture}):\n    return {fixture}")
    for expected in (False, True):
        here(*SAMPLE).assert_outcomes(passed=1)
        assert [expected] == cached(report)


def test_a_baseline_of_cached_runs(here: Run, report: Report) -> None:
    """Cached runs can be recorded as a baseline and compared with it, like trained ones."""
    asked = (*SAMPLE, "--glue-seeds=2")
    here(*asked)
    here(*asked, "--glue-save=main").assert_outcomes(passed=1)
    here(*asked, "--glue-compare=main").assert_outcomes(passed=1)
    assert [True, True] == cached(report)
    (result,) = report()["results"]
    assert pytest.approx(0, abs=1e-4) == result["baseline"]["difference"]  # predictions are recorded to four decimals


def test_two_commands_at_once(pytester: pytest.Pytester) -> None:
    """Two processes that start together with the same items train each item once."""
    pytester.makepyfile(test_suite="def test_glue(glue_evaluation):\n    glue_evaluation.check()")
    pytester.makeconftest(WAITS_FOR_THE_OTHER)
    args = [*SAMPLE, "--glue-tasks=stsb,wnli", "-p", "no:cacheprovider"]

    results = run_at_once(*(([*args, f"--glue-json={name}.json"], {}) for name in ("one", "two")), folder=pytester.path)

    assert [0, 0] == [result.ret for result in results]
    trained = (pytester.path / "trained.txt").read_text("utf-8").splitlines()
    assert ["stsb 42", "wnli 42"] == sorted(trained)


def test_workers_share_the_cache(pytester: pytest.Pytester, fresh: Run) -> None:
    """Two tests that evaluate the same task and checkpoint on two workers train once."""
    suite = "def test_glue(glue_evaluation): glue_evaluation.verdict"
    pytester.makepyfile(test_one=suite, test_two=suite)
    pytester.makeconftest(WAITS_FOR_THE_OTHER)

    fresh(*SAMPLE, "-n", "2").assert_outcomes(passed=2)

    assert ["stsb 42"] == (pytester.path / "trained.txt").read_text("utf-8").splitlines()
