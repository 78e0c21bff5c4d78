"""The command `pytest-glue cache`; `merge` is tested with the reports."""

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
task       checkpoint    seed  metric        score  trained in  size    last used
rte        a/b@main        42  accuracy      0.500  1 min 02 s   1 B  10 days ago
(damaged)  ffffffffffff                                          1 B   5 days ago
stsb       a/b@main        43  pearson   undefined  1 min 02 s   1 B        today
3 runs, 3 B
"""

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_cache(tmp_path: Path) -> RunCache:
    """A cache of two runs and a damaged file."""
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
    """Set the time when a file was last used."""
    os.utime(path, (time.time() - days * 86400,) * 2)


@pytest.fixture
def cache(run_cache: RunCache, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command on this cache, and return exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["cache", *arguments, "--cache-dir", str(run_cache.folder)])
        return code, *capsys.readouterr()

    return run


def test_show_lists_the_cached_runs(run_cache: RunCache, cache: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The least recently used run comes first; damaged files are listed, too."""
    files = [replace(file, n_bytes=1) for file in run_cache.files()]
    monkeypatch.setattr(RunCache, "files", lambda _: files)

    assert (0, f"{SHOWN}cache: {run_cache.folder}\n", "") == cache("show")


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
def test_clear_deletes_what_the_filters_select(
    run_cache: RunCache, cache: Command, arguments: list[str], left: list[str | None]
) -> None:
    """All filters must match. The task of a damaged file is unknown, so only its age selects it."""
    code, out, _ = cache("clear", *arguments)
    n_deleted = 3 - len(left)
    assert (0, f"deleted {n_deleted} run{'' if n_deleted == 1 else 's'}") == (code, out.partition(",")[0])
    entries = [file.entry for file in run_cache.files()]
    assert left == [entry and entry.key.task["name"] for entry in entries]


def test_show_has_the_filters_of_clear(cache: Command) -> None:
    """A user can look before deleting."""
    _, out, _ = cache("show", "--task=rte")
    assert ["rte", "1 run"] == [out.splitlines()[1].split()[0], out.splitlines()[2].partition(",")[0]]


def test_an_empty_cache(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing folder is an empty cache, and is not created."""
    assert 0 == main(["cache", "show", "--cache-dir", str(tmp_path / "none")])
    assert f"0 runs, 0 B\ncache: {tmp_path / 'none'}\n" == capsys.readouterr().out
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("days", ["soon", "-1", "nan", "inf"])
def test_an_age_that_is_not_accepted(cache: Command, capsys: pytest.CaptureFixture[str], days: str) -> None:
    """The message comes before anything is deleted."""
    with pytest.raises(SystemExit):
        cache("clear", f"--older-than={days}")
    assert f"'{days}': expected a number of days, as in 30 or 0.5" in capsys.readouterr().err


def test_the_command_is_light(run_cache: RunCache) -> None:
    """The default cache is that of pytest; neither pytest nor a heavy library is imported."""
    code = (
        "import sys; from pytest_glue.cli import main; main(['cache', 'show']); "
        "print([name for name in ('numpy', 'torch', 'pytest', 'filelock') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTEST_GLUE_CACHE": str(run_cache.folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert [f"cache: {run_cache.folder}", "[]"] == done.stdout.splitlines()[-2:]


@pytest.mark.parametrize(
    ("arguments", "left"), [([], 0), (["--older-than=3"], 1), (["--older-than=30"], 2), (["--task=rte"], 2)], ids=str
)
def test_unfinished_runs_are_shown_and_cleared(
    run_cache: RunCache, cache: Command, arguments: list[str], left: int
) -> None:
    """The states of killed runs are shown by size; only an age, or no filter at all, deletes them."""
    for name, days in (("a", 0), ("b", 5)):
        state = run_cache.folder / "unfinished" / name / "0000000006"
        state.mkdir(parents=True)
        (state / "model.pt").write_bytes(bytes(10_000))
        used(state.parent, days)
    assert "unfinished runs: 20.0 KB" in cache("show")[1]
    cache("clear", *arguments)
    assert left == len(list(run_cache.folder.glob("unfinished/*")))


def test_a_cache_that_cannot_be_used(run_cache: RunCache, cache: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has folder and cause."""

    def refuse(_: RunCache) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(RunCache, "files", refuse)
    assert (1, "", f"the cache {run_cache.folder} cannot be used: Permission denied\n") == cache("show")
