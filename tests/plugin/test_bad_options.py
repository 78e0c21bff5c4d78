"""Options that are not accepted: the message comes before anything is trained."""

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

SAMPLE = ("--glue-data=sample", "--glue-checkpoints=sample")


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--glue-tasks=rte,kola", "--glue-tasks: unknown task 'kola': did you mean cola?"),
        ("--glue-tasks=mnli-m", "unknown task 'mnli-m': did you mean mnli"),
        ("--glue-tasks=squad", "unknown task 'squad': accepted: cola, mnli, mnli-mm, mrpc, qnli, qqp, rte, sst2, stsb"),
        ("--glue-tasks=,", "no task is named; accepted: all, cola, mnli"),
        ("--glue-checkpoints=a b", "checkpoint 'a b' is neither a folder nor a hub id: expected `owner/name`"),
        ("--glue-data=", "--glue-data: '': expected hub, hub@revision, sample or a folder"),
        ("--glue-seeds=0", "'0': expected a count, as in 5 (seeds 42 to 46)"),
        ("--glue-seeds=some", "--glue-seeds: 'some': expected a count, as in 5 (seeds 42 to 46), or a list"),
        ("--glue-seeds=7,-8", "'7,-8': expected a count"),
        ("--glue-seeds=7,7", "seed 7 is given twice: the same seed gives the same run"),
        (
            "--glue-recipe=learning_rat=1e-4",
            "TrainingArguments has no field 'learning_rat': did you mean learning_rate",
        ),
        ("--glue-recipe=learning_rate=fast", "--glue-recipe: learning_rate='fast': expected a number"),
        ("--glue-recipe=num_train_epochs", "'num_train_epochs': expected KEY=VALUE"),
        ("--glue-recipe=bf16=maybe", "bf16='maybe': expected true or false"),
        ("--glue-recipe=max_steps=1.5", "max_steps='1.5': expected an integer"),
        ("--glue-recipe=lr_scheduler_type=cosin", "lr_scheduler_type='cosin': did you mean cosine"),
        ("--glue-recipe=seed=7", "seed is not part of a recipe: use --glue-seeds"),
        ("--glue-max-train-samples=0", "--glue-max-train-samples: '0': expected an integer of at least 1"),
        ("--glue-max-eval-samples=few", "--glue-max-eval-samples: 'few': expected an integer of at least 1"),
        ("--glue-max-length=2", "--glue-max-length: '2': expected an integer of at least 4"),
        ("--glue-threshold=kola=0.5", "--glue-threshold: unknown task 'kola': did you mean cola?"),
        ("--glue-threshold=rte:f1=0.5", "task 'rte' has no metric 'f1': accepted: accuracy"),
        ("--glue-threshold=stsb:pearsons=0.5", "task 'stsb' has no metric 'pearsons': did you mean pearson"),
        ("--glue-threshold=rte=65", "rte=65: accuracy is a number from 0 to 1 (a fraction: did you mean 0.65?)"),
        ("--glue-threshold=rte=-0.1", "rte=-0.1: accuracy is a number from 0 to 1"),
        ("--glue-threshold=cola=-1.5", "cola=-1.5: matthews_correlation is a number from -1 to 1"),
        ("--glue-threshold=rte=high", "rte=high: accuracy is a number from 0 to 1"),
        ("--glue-threshold=rte=nan", "rte=nan: accuracy is a number from 0 to 1"),
        ("--glue-threshold=0.6", "'0.6': expected TASK=VALUE or TASK:METRIC=VALUE"),
        ("--glue-threshold=cola=0,5", "stands for TASK; write a number with a decimal point, as in 0.5"),
        ("--glue-alpha=0,05", "above 0 and below 0.5; write a number with a decimal point, as in 0.05"),
        ("--glue-max-drop=rte=0,1", "below 1; write a number with a decimal point, as in 0.1"),
        ("--glue-recipe=learning_rate=1,5e-5", "expected a number; write a number with a decimal point, as in 1.5e-5"),
        ("--glue-config=.", "--glue-config=.: this is a folder: name a file"),
        ("--glue-cache=none", "--glue-cache: 'none': expected use, refresh, only or off"),
        ("--glue-cache-dir=", "--glue-cache-dir: '': expected a path"),
        ("--glue-json=.", "cannot be written: it is a folder; name a file in a writable folder"),
        ("--glue-json=test_suite.py/x.json", "cannot be written: File exists; name a file in a writable folder"),
    ],
)
def test_flags(here: Run, flag: str, message: str) -> None:
    """The test run ends with exit code 4; the message names the flag and the remedy."""
    result = here(*SAMPLE, flag)

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert [] == [line for line in result.outlines if "test_suite.py" in line]
    assert result.errlines[0].startswith("ERROR: ")
    assert message in result.errlines[0]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            "checkpoint = ['a']",
            "[tool.pytest_glue] checkpoint in pyproject.toml: unknown option; did you mean checkpoints?",
        ),
        ("seeds = 'some'", "[tool.pytest_glue] seeds in pyproject.toml: 'some': expected a count"),
        ("seeds = true", "True: expected a count"),
        ("tasks = [1]", "[1]: expected a text or a list of texts"),
        ("recipe = { learning_rate = 'fast' }", "learning_rate='fast': expected a number"),
        ("recipe = { learning_rat = 1.0 }", "has no field 'learning_rat': did you mean learning_rate"),
        ("threshold = { rte = { f1 = 0.5 } }", "task 'rte' has no metric 'f1': accepted: accuracy"),
        ("threshold = { rte = true }", "rte=True: accuracy is a number from 0 to 1"),
        ("max_length = '8.5'", "max_length in pyproject.toml: '8.5': expected an integer of at least 4"),
        ("json = 3", "3: expected a path"),
        ("recip = { learning_rate = 1.0 }", "[tool.pytest_glue] recip in pyproject.toml: unknown option; did you mean"),
        ("[tool.pytest-glue]", "pyproject.toml has a table [tool.pytest-glue], which is not read: name it"),
        ("recipe = { num_train_epochs = 0 }", "num_train_epochs=0: expected a number above 0 (a run that trains"),
    ],
)
def test_the_table(pytester: pytest.Pytester, here: Run, table: str, message: str) -> None:
    """The test run ends when the first item needs the table, as for a wrong flag; the message names key and file."""
    (pytester.path / "pyproject.toml").write_text(f"[tool.pytest_glue]\n{table}\n", "utf-8")
    pytester.makeini("[pytest]")

    result = here()

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.assert_outcomes()
    assert result.errlines[0].startswith("ERROR: ")
    assert message in result.errlines[0]


def test_the_table_under_xdist(pytester: pytest.Pytester, fresh: Run) -> None:
    """The controller ends the test run before a worker starts."""
    (pytester.path / "pyproject.toml").write_text("[tool.pytest_glue]\nseeds = true\n", "utf-8")

    result = fresh("-n1")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    (error,) = [line for line in result.errlines if line]
    assert error.startswith("ERROR: [tool.pytest_glue] seeds in pyproject.toml: True: expected a count")


def test_other_tests_run_beside_a_wrong_table(pytester: pytest.Pytester, here: Run) -> None:
    """A test run without glue items does not read the table."""
    (pytester.path / "pyproject.toml").write_text("[tool.pytest_glue]\nseeds = true\n", "utf-8")
    pytester.makepyfile(test_suite="def test_plain(): pass")

    here().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "'rte'",
            "@pytest.mark.glue takes keywords only, as in @pytest.mark.glue(tasks=['rte'], threshold={'rte': 0.6})",
        ),
        (
            "task='rte'",
            "set it in [tool.pytest_glue], or did you mean tasks?; a marker accepts tasks, ",
        ),
        ("tasks='kola'", "@pytest.mark.glue(tasks=...): unknown task 'kola': did you mean cola?"),
        (
            "threshold={'rte': 65}",
            "@pytest.mark.glue(threshold=...): rte=65: accuracy is a number from 0 to 1 (a fraction",
        ),
    ],
)
def test_markers(pytester: pytest.Pytester, here: Run, marker: str, message: str) -> None:
    """Only the test file of the marker has an error; the message names the keyword."""
    mistake = f"import pytest\n@pytest.mark.glue({marker})\ndef test_mine(glue_evaluation): ..."
    pytester.makepyfile(test_mistake=mistake, test_other="def test_plain(): ...")

    result = here(*SAMPLE, "--continue-on-collection-errors")

    result.assert_outcomes(passed=1, errors=1)
    assert message in result.stdout.str()


def test_ini(pytester: pytest.Pytester, here: Run) -> None:
    """The message names the key."""
    pytester.makeini("[pytest]\nglue_tasks = kola\n")

    result = here(*SAMPLE)

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["ERROR: glue_tasks: unknown task 'kola': did you mean cola[?]"])


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("none.toml", "--glue-config=none.toml: this file does not exist"),
        ("broken.toml", "*broken.toml is not valid TOML: *"),
    ],
)
def test_the_file_of_options(pytester: pytest.Pytester, here: Run, file: str, message: str) -> None:
    """A missing or broken file is an error; it is not treated as empty."""
    (pytester.path / "broken.toml").write_text("[tool.pytest_glue]\nseeds = = 3\n", "utf-8")

    result = here(*SAMPLE, f"--glue-config={file}")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_no_checkpoint(here: Run) -> None:
    """The message says how to name one."""
    result = here("--glue-data=sample")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(
        ["ERROR: no checkpoint to test: name one with --glue-checkpoints=ID, *--glue-checkpoints=FOLDER*"]
    )


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "-n 1"])
@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("a/b,a-b", "the checkpoints a/b and a-b have the same id, a-b: give one of them a role, *"),
        (f"./{'x' * 201}", "the checkpoint id 'xxx*'... exceeds 200 bytes, *"),
    ],
    ids=["same", "long"],
)
def test_ids_of_checkpoints(here: Run, names: str, message: str, workers: tuple[str, ...]) -> None:
    """The test run ends as for any other wrong option."""
    result = here("--glue-data=sample", f"--glue-checkpoints={names}", "--glue-tasks=cola", *workers)

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_an_id_of_a_marker(here: Run, pytester: pytest.Pytester) -> None:
    """It is an error of the marker's file, as every wrong value of a marker."""
    pytester.makepyfile(
        test_suite="""
        import pytest

        @pytest.mark.glue(checkpoints=["a/b", "a-b"])
        def test_glue(glue_evaluation):
            pass
        """
    )
    result = here("--glue-data=sample")

    assert pytest.ExitCode.INTERRUPTED == result.ret
    result.stdout.fnmatch_lines(["*the checkpoints a/b and a-b have the same id*"])


def test_an_unwritable_junit_report(here: Run, pytester: pytest.Pytester) -> None:
    """Pytest itself would find out after all training."""
    result = here(*SAMPLE, "--junitxml=test_suite.py/out.xml")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    expected = "ERROR: the JUnit report 'test_suite.py/out.xml' cannot be written: *; name a file in a writable folder"
    result.stderr.fnmatch_lines([expected])


def test_an_unwritable_report_of_a_file(pytester: pytest.Pytester, here: Run) -> None:
    """A path from the table is checked before anything is trained, too."""
    pytester.makepyprojecttoml(
        "[tool.pytest_glue]\njson = 'test_suite.py/out.json'\ndata = 'sample'\ncheckpoints = 'sample'\n"
    )

    result = here()

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["ERROR: the JSON report '*' cannot be written: *; name a file in a writable folder*"])
