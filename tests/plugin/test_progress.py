"""Progress: what a test run shows while items run, on a terminal and in a log."""

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]

TINY = (
    *("--glue-data=sample", "--glue-checkpoints=sample", "--glue-tasks=cola,rte"),
    *("--glue-max-train-samples=64", "--glue-max-eval-samples=24"),
)
EAGER = """
from pytest_glue.progress import tracker

tracker.INTERVAL_S = 0.0
"""
REPORTS_PROGRESS = """
import time
import pytest
from pytest_glue.progress.events import TrainingProgress
from pytest_glue.session.session import GlueSession

@pytest.fixture
def glue_evaluation(request, glue_task, glue_checkpoint):
    on_progress = GlueSession.of(request.config).on_progress(request.node, [42])
    for step in (1, 2):
        on_progress(TrainingProgress("training", 42, step, 3, epoch=step, epochs=3.0))
        time.sleep(0.25)
"""
"""Items without a fine-tuning, which tell of one all the same."""
DOES_NOTHING = """
def test_glue(glue_evaluation):
    pass
"""
SUITE = """
def test_glue(glue_evaluation):
    glue_evaluation.check()

def test_other():
    pass
"""
DRAWN = re.compile(r"(\r+\n[^\r\n]*\x1b\[K)+\x1b\[J\x1b\[\d+A\x1b\[\d+G")
"""How lines are drawn: each below the last, its rest and what is below it cleared, and back to where pytest was."""
ITEM = re.compile(r"(cola|rte)-sample: (loading|seed 42, epoch \d\.\d of \d)")
ALL = re.compile(r"(\d) of 2 items done")


@pytest.fixture(scope="module")
def terminal() -> Any:
    """The module `pseudo_terminal`: loaded by its path, since tests are no package."""
    if sys.platform == "win32":
        pytest.skip("a pseudo-terminal is a thing of Unix")
    spec = importlib.util.spec_from_file_location("pseudo_terminal", Path(__file__).with_name("pseudo_terminal.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def spoken(result: pytest.RunResult) -> list[str]:
    """Return the lines of a log that tell of an item that runs."""
    return [line for line in result.outlines if line.startswith("glue: ") and "items done" in line]


def test_a_terminal_shows_what_runs_and_leaves_no_trace(pytester: pytest.Pytester, terminal: Any) -> None:
    """An item's line and one for all stand below pytest's own, in place, and in the end all is as if they never had."""
    pytester.makepyfile(test_suite=SUITE)

    written = terminal.pytest_in_terminal(pytester.path, *TINY)

    *_, screen = seen = list(terminal.screens(written))
    shown = {line for lines in seen for line in lines if ITEM.match(line)}
    assert {("cola", "loading"), ("rte", "loading")} <= {
        found.groups() for line in shown if (found := ITEM.match(line))
    }
    assert {"0", "1"} == {found.group(1) for lines in seen for line in lines if (found := ALL.match(line))}
    assert any(", loss " in line and ", score " in line and " left" in line for line in shown)
    assert {0, 1} == {sum(bool(ALL.match(line)) for line in lines) for lines in seen}
    assert [] == [line for line in screen if ITEM.match(line) or ALL.match(line)]
    *_, without = terminal.screens(DRAWN.sub("", written))
    assert without == screen
    assert 1 == sum(bool(re.fullmatch(r"test_suite\.py \.\.\. +\[100%\]", line)) for line in screen)


def test_a_waiting_line_of_verbose_output_stays_whole(pytester: pytest.Pytester, terminal: Any) -> None:
    """With -v an item's own line, which waits for its result, is continued where it ended."""
    pytester.makeconftest(REPORTS_PROGRESS)
    pytester.makepyfile(test_suite=DOES_NOTHING)

    written = terminal.pytest_in_terminal(pytester.path, *TINY, "-v")

    *_, screen = terminal.screens(written)
    items = [line for line in screen if line.startswith("test_suite.py::")]
    assert 2 == len(items)
    assert all(re.fullmatch(r"test_suite\.py::test_glue\[\w+-sample\] PASSED +\[ *\d+%\]", line) for line in items)
    assert 4 == len(DRAWN.findall(written))


def test_a_line_that_ends_at_the_edge_is_left_alone(pytester: pytest.Pytester, terminal: Any) -> None:
    """Where pytest's line fills the terminal, to come back to its end is not possible, and nothing is drawn."""
    pytester.makeconftest(REPORTS_PROGRESS)
    path = pytester.mkdir("x" * (terminal.COLUMNS - len("/test_suite.py::test_glue[cola-sample] "))) / "test_suite.py"
    path.write_text(DOES_NOTHING, "utf-8")

    written = terminal.pytest_in_terminal(pytester.path, *TINY, "-v")

    assert 2 == len(DRAWN.findall(written))
    *_, screen = terminal.screens(written)
    assert 2 == sum("PASSED" in line for line in screen)


@pytest.mark.parametrize(
    ("args", "environment"),
    [(["-q"], {}), (["-s"], {}), ([], {"CI": "true"}), ([], {"TERM": "dumb"}), (["-o", "log_cli=true"], {})],
    ids=["quiet", "no capture", "CI", "dumb", "live log"],
)
def test_a_terminal_that_others_write_to_is_not_drawn_on(
    pytester: pytest.Pytester, terminal: Any, args: list[str], environment: dict[str, str]
) -> None:
    """Nothing is moved or erased where somebody else may write, or nobody looks."""
    pytester.makeconftest(REPORTS_PROGRESS)
    pytester.makepyfile(test_suite=DOES_NOTHING)

    written = terminal.pytest_in_terminal(pytester.path, *TINY, *args, environment=environment)

    assert "2 passed" in written
    assert None is DRAWN.search(written)
    assert "items done" not in written


def test_an_interrupted_run_leaves_no_line(pytester: pytest.Pytester, terminal: Any) -> None:
    """Where an item is interrupted while it runs, its lines are gone before pytest says so."""
    pytester.makeconftest(REPORTS_PROGRESS + "    raise KeyboardInterrupt")
    pytester.makepyfile(test_suite=DOES_NOTHING)

    written = terminal.pytest_in_terminal(pytester.path, *TINY)

    *_, screen = terminal.screens(written)
    assert 2 == len(DRAWN.findall(written))
    assert any("KeyboardInterrupt" in line for line in screen)
    assert [] == [line for line in screen if ITEM.match(line) or ALL.match(line)]


def test_a_log_has_a_line_now_and_then(pytester: pytest.Pytester, fresh: Run) -> None:
    """Where lines cannot be taken back, each moment that is due is a line, in order, with nothing to move a cursor."""
    pytester.makeconftest(EAGER)

    result = fresh(*TINY)

    lines = spoken(result)
    assert ["cola"] * 7 + ["rte"] * 7 == [line.split()[1].partition("-")[0] for line in lines]
    assert "glue: cola-sample: loading; 0 of 2 items done, 1 waiting" == lines[0]
    epochs = [f"seed 42, epoch {epoch}.0 of 5" for epoch in range(6)]
    assert epochs == [line.partition(": ")[2].partition(": ")[2].partition(" of 5")[0] + " of 5" for line in lines[1:7]]
    assert "\x1b[" not in result.stdout.str()
    result.assert_outcomes(passed=2)


def test_a_short_item_is_not_in_a_log(here: Run) -> None:
    """What is over before a line is due is told by pytest alone."""
    assert [] == spoken(here(*TINY))


def test_quiet_is_quiet(pytester: pytest.Pytester, here: Run) -> None:
    """With -q nobody hears of what runs, however often it would be due."""
    pytester.makeconftest(EAGER)
    assert [] == spoken(here(*TINY, "-q"))


def test_what_comes_from_the_store_is_not_told(
    pytester: pytest.Pytester, here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test run that trains nothing has nothing to tell."""
    here(*TINY)
    pytester.makeconftest(EAGER)
    result = here(*TINY)
    result.stdout.fnmatch_lines(["*cached*"])
    assert [] == spoken(result)


def test_trials_are_told(pytester: pytest.Pytester, here: Run) -> None:
    """A search has its say before the first training: that it began, and each trial that ended."""
    pytester.makeconftest(EAGER)
    search = ("--glue-search=optuna", "--glue-trials=2", "--glue-search-fraction=0.5", "--glue-tasks=cola")
    lines = spoken(here(*TINY, *search, "--glue-recipe=num_train_epochs=1"))
    stages = [line.split(": ")[2].split(";")[0] for line in lines]
    assert ["loading", "searching", "searching, 1 of 2 trials done", "searching, 2 of 2 trials done"] == stages[:4]
    assert stages[4].startswith("seed 42, epoch 0.0 of ")


def test_a_terminal_shows_all_workers(
    pytester: pytest.Pytester, terminal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `-n 2` both workers have a line at once; neither a line nor a file is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pytester.makepyfile(test_suite=SUITE)

    written = terminal.pytest_in_terminal(pytester.path, *TINY, "-n", "2", "--dist=worksteal")

    *_, screen = seen = list(terminal.screens(written))
    workers = re.compile(r"\[(gw\d)\] (cola|rte)-sample: (loading|seed 42)")
    shown = [sorted(found.groups() for line in lines if (found := workers.match(line))) for lines in seen]
    assert {("gw0", "gw1")} <= {tuple(worker for worker, _task, _stage in lines) for lines in shown}
    assert {("cola", "seed 42"), ("rte", "seed 42")} <= {each[1:] for lines in shown for each in lines}
    *_, without = terminal.screens(DRAWN.sub("", written))
    assert without == screen
    assert 1 == sum(bool(re.fullmatch(r"\.\.\. +\[100%\]", line)) for line in screen)
    assert [] == list(tmp_path.glob("pytest-glue-progress-*"))


def test_a_log_has_the_lines_of_all_workers(
    pytester: pytest.Pytester, fresh: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `-n 2` and no flag that names an item, a log names the worker, and each line stands by itself."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pytester.makeconftest(EAGER + REPORTS_PROGRESS.replace("0.25", "2.5"))
    pytester.makepyfile(test_suite=DOES_NOTHING + "\ndef test_other():\n    pass\n")
    pytester.makepyprojecttoml("""
        [tool.pytest_glue]
        tasks = ["cola", "rte", "wnli"]
        data = "sample"
        checkpoints = ["sample"]
    """)

    result = fresh("-n", "2")

    found = [
        re.fullmatch(r"glue: \[(gw\d)\] (\w+)-sample: seed 42, epoch .* items done.*", line) for line in result.outlines
    ]
    assert {"gw0", "gw1"} == {each.group(1) for each in found if each}
    assert {"cola", "rte", "wnli"} == {each.group(2) for each in found if each}
    assert [] == [line for line in result.outlines if "items done" in line and not line.startswith("glue: [gw")]
    result.assert_outcomes(passed=4)
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
