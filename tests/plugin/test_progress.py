"""Progress: the lines that a test run shows while items run."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_glue.progress import log

Run = Callable[..., pytest.RunResult]

TINY = (
    *("--glue-data=sample", "--glue-checkpoints=sample", "--glue-tasks=cola,rte"),
    *("--glue-max-train-samples=64", "--glue-max-eval-samples=24", "--glue-threshold=rte=0"),
)
EAGER = """
from pytest_glue.progress import log, worker_status

log.FIRST_LINE_S = log.INTERVAL_S = 0.0
worker_status.INTERVAL_S = 0.01
"""
REPORTS_EACH_STEP = """
from pytest_glue.training.callbacks import progress

progress.INTERVAL_S = 0.0
"""
WAITS_FOR_ITS_LINE = """
import time
from pathlib import Path

import pytest
from pytest_glue.progress.events import TrainingProgress
from pytest_glue.session.session import GlueSession

written = log.ProgressLog.on_progress

def on_progress(self, *items):
    written(self, *items)
    for item in items:
        Path(item.item.partition("[")[2]).touch()

log.ProgressLog.on_progress = on_progress

@pytest.fixture
def glue_evaluation(request, glue_task, glue_checkpoint):
    callback = GlueSession.of(request.config).progress.callback(request.node, [42])
    callback(TrainingProgress("training", 42, 0.5, 1.5, 3.0))
    shown = Path(request.node.nodeid.partition("[")[2])
    end = time.monotonic() + 60
    while not shown.exists():
        assert time.monotonic() < end
"""
"""Items without a fine-tuning, each of which ends when its progress was shown."""
DOES_NOTHING = """
def test_glue(glue_evaluation):
    pass
"""
WITHOUT_FLAGS = """
[tool.pytest_glue]
tasks = ["cola", "rte", "wnli"]
data = "sample"
checkpoints = ["sample"]
"""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, each state of an item is due for a line."""
    monkeypatch.setattr(log, "FIRST_LINE_S", 0.0)
    monkeypatch.setattr(log, "INTERVAL_S", 0.0)


def progress_lines(result: pytest.RunResult) -> list[str]:
    """Return the lines about running items."""
    return [line for line in result.outlines if "items done" in line]


def test_a_line_says_what_runs_and_what_is_done(pytester: pytest.Pytester, fresh: Run) -> None:
    """Each state that is due is a line of its own, without codes that move a cursor."""
    pytester.makeconftest(EAGER + REPORTS_EACH_STEP)

    result = fresh(*TINY)

    lines = progress_lines(result)
    assert "glue: cola-sample: loading; 0 of 2 items done" == lines[0]
    tasks = [line.split()[1].partition("-")[0] for line in lines]
    assert {"cola", "rte"} == {*tasks}
    assert tasks == sorted(tasks)
    assert all(line.endswith(" in total") or ": loading" in line or "epoch 0.0" in line for line in lines)
    text = "\n".join(lines)
    epochs = re.findall(r"cola-sample: seed 42, epoch (\d\.\d) of 5", text)
    assert ("0.0", "5.0", sorted(epochs)) == (epochs[0], epochs[-1], epochs)
    assert any(", loss " in line and ", score " in line and " left; " in line for line in lines)
    assert {"0", "1"} == set(re.findall(r"; (\d) of 2 items done", text))
    assert "\x1b[" not in result.stdout.str()
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "args", [[], ["-v"], ["-s"], ["-o", "log_cli=true"]], ids=["dots", "verbose", "no capture", "log"]
)
def test_a_line_stands_by_itself(pytester: pytest.Pytester, fresh: Run, args: list[str]) -> None:
    """A line begins on the terminal's next line, and pytest goes on below it."""
    pytester.makeconftest(EAGER + WAITS_FOR_ITS_LINE)
    pytester.makepyfile(test_suite=DOES_NOTHING)

    result = fresh(*TINY, *args)

    lines = progress_lines(result)
    assert ["glue: cola-sample: seed 42, epoch 1.5 of 3; 0 of 2 items done", "glue: rte-sample"] == [
        lines[0].partition(", about")[0],
        lines[1].partition(": seed")[0],
    ]
    result.assert_outcomes(passed=2)


@pytest.mark.usefixtures("eager")
def test_a_test_run_without_a_terminal_reporter(here: Run) -> None:
    """Where the terminal reporter is missing, nothing is shown and nothing breaks."""
    result = here(*TINY, "-p", "no:terminal")
    assert (pytest.ExitCode.OK, []) == (result.ret, progress_lines(result))


def test_an_interrupt_without_a_terminal_reporter(pytester: pytest.Pytester, fresh: Run) -> None:
    """An interrupt ends the test run as it does with one, though options of the terminal reporter are missing."""
    pytester.makeconftest(
        "import pytest\n\n@pytest.fixture\ndef glue_model_init():\n    raise KeyboardInterrupt\n",
    )
    assert pytest.ExitCode.INTERRUPTED == fresh(*TINY, "-p", "no:terminal").ret


def test_a_short_item_has_no_line(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An item that ends before its first line is due is shown by pytest alone."""
    monkeypatch.setattr(log, "FIRST_LINE_S", 600.0)
    assert [] == progress_lines(here(*TINY))


@pytest.mark.usefixtures("eager")
def test_quiet_shows_nothing(here: Run) -> None:
    """With -q no line is shown, even if it is due."""
    assert [] == progress_lines(here(*TINY, "-q"))


def test_a_cached_item_has_no_line(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test run that trains nothing has no progress to show."""
    here(*TINY)
    monkeypatch.setattr(log, "FIRST_LINE_S", 0.0)
    result = here(*TINY)
    result.stdout.fnmatch_lines(["*cached*"])
    assert [] == progress_lines(result)


@pytest.mark.usefixtures("eager")
def test_a_search_shows_its_trials(here: Run) -> None:
    """Before the first run, lines say that the search has begun, and how many trials have ended."""
    search = ("--glue-search=optuna", "--glue-trials=2", "--glue-search-fraction=0.5", "--glue-tasks=cola")
    lines = progress_lines(here(*TINY, *search, "--glue-recipe=num_train_epochs=1"))
    stages = [line.split(": ")[2].split(";")[0] for line in lines]
    assert ["loading", "searching", "searching, 1 of 2 trials done", "searching, 2 of 2 trials done"] == stages[:4]
    assert stages[4].startswith("seed 42, epoch 0.0 of ")


@pytest.mark.parametrize("verbose", [[], ["-v"]], ids=["dots", "verbose"])
def test_the_controller_shows_all_workers(
    pytester: pytest.Pytester, fresh: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verbose: list[str]
) -> None:
    """With `-n 2`, and no flag that names an item, a line names the worker; no status file is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pytester.makeconftest(EAGER + WAITS_FOR_ITS_LINE)
    pytester.makepyfile(test_suite=DOES_NOTHING + "\ndef test_other():\n    pass\n")
    pytester.makepyprojecttoml(WITHOUT_FLAGS)

    result = fresh("-n", "2", *verbose)

    pattern = re.compile(r"glue: \[(gw\d)\] (\w+)-sample: seed 42, epoch 1.5 of 3; \d of 3 items done.*")
    found = [pattern.fullmatch(line) for line in progress_lines(result)]
    assert {"gw0", "gw1"} == {each.group(1) for each in found if each}
    assert {"cola", "rte", "wnli"} == {each.group(2) for each in found if each}
    assert all(found)
    result.assert_outcomes(passed=4)
    assert [] == list(tmp_path.glob("pytest-glue-progress-*"))


def test_quiet_workers_leave_no_file(
    pytester: pytest.Pytester, fresh: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `-n 2 -q` nothing is shown, and the controller deletes the status files all the same."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pytester.makeconftest(EAGER)
    result = fresh(*TINY, "-n", "2", "-q")
    assert [] == progress_lines(result)
    assert [] == list(tmp_path.glob("pytest-glue-progress-*"))


def test_workers_without_items_leave_no_file(
    pytester: pytest.Pytester, fresh: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test run of xdist without a glue item makes no folder, and no session on its controller."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pytester.makepyfile(test_suite="def test_other(tmp_path_factory): pass")
    pytester.makeconftest("""
        import sys, tempfile
        from pathlib import Path

        def pytest_unconfigure(config):
            assert "pytest_glue.session.session" not in sys.modules
            assert [] == list(Path(tempfile.gettempdir()).glob("pytest-glue-*"))
    """)
    result = fresh("-n", "2", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    assert pytest.ExitCode.OK == result.ret
