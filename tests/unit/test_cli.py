"""The command `pytest-glue cache`: what it shows, and what it deletes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_glue.cache.entry import Entry
from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache
from pytest_glue.cli import main
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.core.tasks import GLUE

SHOWN = """\
task       checkpoint    seed  metric        score  trained in    size    last used
rte        a/b@main        42  accuracy      0.500  1 min 02 s  0.0 KB  10 days ago
(damaged)  ffffffffffff                                         0.0 KB   5 days ago
stsb       a/b@main        43  pearson   undefined  1 min 02 s  0.0 KB        today
3 runs, 0.00 MB
"""

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_cache(tmp_path: Path) -> RunCache:
    """A store of two runs and a damaged file."""
    run_cache = RunCache(tmp_path / "runs")
    checkpoint = Checkpoint("a/b", Origin.HUB, "main", f"sha256:{'1' * 64}")
    for task, seed, scores, days in (
        ("rte", 42, {"accuracy": 0.5}, 10),
        ("stsb", 43, {"pearson": None, "spearmanr": 0.5}, 0),
    ):
        key = Key.of(EvaluationSpec(Options(), GLUE[task], checkpoint), task, seed)
        run = Run(seed, scores, (), (0.0,), duration_s=62)
        entry = Entry(key, RunConditions(checkpoint, 8, 1, "sha256:", {}, "cpu", (1.0,), ()), run)
        run_cache.write(entry)
        used(run_cache.path(key), days)
    damaged = run_cache.folder / "ff" / f"{'f' * 64}.run"
    damaged.parent.mkdir(exist_ok=True)
    damaged.touch()
    used(damaged, 5)
    return run_cache


def used(path: Path, days: float) -> None:
    """Let a file look as if it had been used so many days ago."""
    os.utime(path, (time.time() - days * 86400,) * 2)


@pytest.fixture
def cache(run_cache: RunCache, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command on that store, and return its exit code and what it says."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["cache", *arguments, "--cache-dir", str(run_cache.folder)])
        return code, *capsys.readouterr()

    return run


def test_it_shows_what_is_kept(run_cache: RunCache, cache: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run has a line with what it is of, the one first that was not used for longest; a damaged one shows too."""
    files = [replace(kept, n_bytes=1) for kept in run_cache.files()]
    monkeypatch.setattr(RunCache, "files", lambda _: files)

    assert (0, f"{SHOWN}store: {run_cache.folder}\n", "") == cache("show")


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ([], []),
        (["--task=rte"], [None, "stsb"]),
        (["--checkpoint=a/b@main", "--task=stsb"], ["rte", None]),
        (["--checkpoint=a/b"], [None]),
        (["--checkpoint=other"], ["rte", None, "stsb"]),
        (["--older-than=7"], [None, "stsb"]),
        (["--older-than=2"], ["stsb"]),
        (["--older-than=2", "--task=rte"], [None, "stsb"]),
    ],
)
def test_it_clears_what_is_named(
    run_cache: RunCache, cache: Command, arguments: list[str], left: list[str | None]
) -> None:
    """All filters must agree on what is deleted; a damaged file, of which nobody knows the task, goes by its age."""
    code, out, _ = cache("clear", *arguments)
    n_deleted = 3 - len(left)
    assert (0, f"deleted {n_deleted} run{'' if n_deleted == 1 else 's'}, ") == (code, out.split("0.00")[0])
    entries = [kept.entry for kept in run_cache.files()]
    assert left == [entry and entry.key.task["name"] for entry in entries]


def test_what_is_shown_can_be_chosen(cache: Command) -> None:
    """The filters of `clear` are those of `show`, so that one can look first."""
    _, out, _ = cache("show", "--task=rte")
    assert ["rte", "1 run, 0.00 MB"] == [out.splitlines()[1].split()[0], out.splitlines()[2]]


def test_an_empty_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not there is a store without runs, and is not made."""
    assert 0 == main(["cache", "show", "--cache-dir", str(tmp_path / "none")])
    assert f"0 runs, 0.00 MB\nstore: {tmp_path / 'none'}\n" == capsys.readouterr().out
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("days", ["soon", "-1", "nan", "inf"])
def test_what_is_no_number_of_days(cache: Command, capsys: pytest.CaptureFixture[str], days: str) -> None:
    """An age that is none is refused before anything is deleted."""
    with pytest.raises(SystemExit):
        cache("clear", f"--older-than={days}")
    assert f"'{days}': expected a number of days, as in 30 or 0.5" in capsys.readouterr().err


def test_it_is_installed_and_light(run_cache: RunCache) -> None:
    """The module is a command, whose default store is that of the test runs, and imports none of numpy or pytest."""
    code = (
        "import sys; from pytest_glue.cli import main; main(['cache', 'show']); "
        "print([name for name in ('numpy', 'torch', 'pytest', 'filelock') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTEST_GLUE_CACHE": str(run_cache.folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert [f"store: {run_cache.folder}", "[]"] == done.stdout.splitlines()[-2:]


@pytest.mark.parametrize(
    ("arguments", "left"), [([], 0), (["--older-than=3"], 1), (["--older-than=30"], 2), (["--task=rte"], 2)], ids=str
)
def test_unfinished_runs_are_shown_and_cleared(
    run_cache: RunCache, cache: Command, arguments: list[str], left: int
) -> None:
    """What runs left that were stopped is named with its size, and goes where no filter asks for finished ones."""
    for name, days in (("a", 0), ("b", 5)):
        state = run_cache.folder / "unfinished" / name / "0000000006"
        state.mkdir(parents=True)
        (state / "model.pt").write_bytes(bytes(10_000))
        used(state.parent, days)
    assert "unfinished runs: 0.02 MB" in cache("show")[1]
    cache("clear", *arguments)
    assert left == len(list(run_cache.folder.glob("unfinished/*")))
