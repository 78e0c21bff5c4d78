"""The command `pytest-glue cache`; `merge` is tested with the reports."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
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
task       checkpoint    seed  metric        score  trained in  size    last used  settings
rte        a/b@main        42  accuracy      0.500  1 min 02 s   1 B  10 days ago  max_train_samples=64 max_length=32
(damaged)  ffffffffffff                                          1 B   5 days ago
stsb       a/b@main        43  pearson   undefined  1 min 02 s   1 B        today  num_train_epochs=1
3 runs, 3 B
"""

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_cache(tmp_path: Path) -> RunCache:
    """A cache of two runs and a damaged file."""
    run_cache = RunCache(tmp_path / "runs")
    checkpoint = Checkpoint("a/b", Origin.HUB, "main", f"sha256:{'1' * 64}")
    for task, seed, scores, days, options in (
        ("rte", 42, {"accuracy": 0.5}, 10, Options(max_train_samples=64, max_length=32)),
        ("stsb", 43, {"pearson": None, "spearmanr": 0.5}, 0, Options(recipe={"num_train_epochs": 1})),
    ):
        key = Key.of(EvaluationSpec(options, GLUE[task], checkpoint), task, seed)
        run = Run(seed, scores, (), (0.0,), duration_s=62)
        conditions = RunConditions(checkpoint, 8, 1, "sha256:", options.recipe, "cpu", (1.0,), ())
        entry = Entry(key, conditions, run)
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
    code, out, _ = cache("clear", "--yes", *arguments)
    n_deleted = 3 - len(left)
    assert (0, f"deleted {n_deleted} run{'' if n_deleted == 1 else 's'}") == (code, out.partition(",")[0])
    entries = [file.entry for file in run_cache.files()]
    assert left == [entry and entry.key.task["name"] for entry in entries]


@pytest.mark.parametrize(
    ("answer", "left"), [("y", 0), ("Yes ", 0), ("", 3), ("n", 3), (EOFError(), 3), (KeyboardInterrupt(), 3)], ids=repr
)
def test_clear_asks(
    run_cache: RunCache, cache: Command, monkeypatch: pytest.MonkeyPatch, answer: str | BaseException, left: int
) -> None:
    """At a terminal, only the answer yes deletes; the question says how much would be lost."""
    asked = []

    def reply(question: str) -> str:
        asked.append(question)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", reply)
    code, out, err = cache("clear")
    assert (left, 2 if left else 0) == (len(run_cache.files()), code)
    assert asked[0].startswith("delete 3 runs, ")
    assert "nothing was deleted" in err if left else "deleted 3 runs, " in out


def test_clear_without_a_terminal(run_cache: RunCache, cache: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script has to give --yes; where nothing matches, it need not."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    code, out, err = cache("clear")
    assert (2, "", 3) == (code, out, len(run_cache.files()))
    assert err.startswith("nothing was deleted: this would delete 3 runs, ")
    assert err.endswith("; repeat the command with --yes\n")
    assert 0 == cache("clear", "--task=cola")[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task=rt"], "no cached run has the task 'rt'; did you mean rte?"),
        (["--task=nope"], "no cached run has the task 'nope'; accepted: rte, stsb"),
        (["--checkpoint=a/c@main"], "no cached run has the checkpoint 'a/c@main'; did you mean a/b@main?"),
    ],
)
def test_a_filter_that_selects_nothing(cache: Command, arguments: list[str], message: str) -> None:
    """Show and clear say what the cache has."""
    for command in (["show"], ["clear", "--yes"]):
        code, out, _ = cache(*command, *arguments)
        assert (0, message) == (code, out.splitlines()[1])


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is that of the installed distribution."""
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert 0 == caught.value.code
    assert f"pytest-glue {version('pytest-glue')}\n" == capsys.readouterr().out


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
    cache("clear", "--yes", *arguments)
    assert left == len(list(run_cache.folder.glob("unfinished/*")))


def test_a_cache_that_cannot_be_used(run_cache: RunCache, cache: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has folder and cause."""

    def refuse(_: RunCache) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(RunCache, "files", refuse)
    assert (1, "", f"the cache {run_cache.folder} cannot be used: Permission denied\n") == cache("show")


@pytest.mark.parametrize("folder", ["~no-such-user/runs", "x" * 300])
def test_a_folder_that_cannot_exist(capsys: pytest.CaptureFixture[str], folder: str) -> None:
    """The message has the folder, and there is no traceback."""
    assert 1 == main(["cache", "show", f"--cache-dir={folder}"])
    assert folder[:20] in capsys.readouterr().err


@pytest.mark.parametrize("action", ["show", "clear"])
def test_a_folder_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], action: str) -> None:
    """It has no runs, but not because nothing was cached."""
    (tmp_path / "runs").touch()
    assert 1 == main(["cache", action, f"--cache-dir={tmp_path / 'runs'}"])
    assert f"the cache {tmp_path / 'runs'} cannot be used: Not a directory\n" == capsys.readouterr().err
