"""Runs pytest in processes that are forked from one that has imported the heavy libraries, which saves seconds each."""

import atexit
import multiprocessing
import os
import runpy
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.forked_interpreter import serve, settle, write_launcher

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        *("torch", "transformers.trainer", "transformers.models.auto.modeling_auto", "transformers.models.bert"),
        *("datasets", "evaluate", "sklearn.metrics", "scipy.stats", "optuna", "pytest"),
        "tests.frozen_libraries",
    ]
)
_TIMEOUT_S = 300


def run_forked(
    args: Sequence[str],
    folder: Path,
    *,
    script: Path | None = None,
    log: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> pytest.RunResult:
    """Run pytest in a folder, with the environment of this process.

    The libraries read the environment of the first call when they are imported.

    Args:
        args: of the command line.
        folder: the working directory.
        script: a script to run instead of pytest.
        log: the files of output and errors have this name with other suffixes; the name of the folder by default.
        variables: of the environment, besides those of this process.
    """
    output, errors = ((log or folder).with_suffix(suffix) for suffix in (".stdout", ".stderr"))
    start = time.perf_counter()
    run = _Run(args, folder, {**os.environ, **(variables or {})}, (output, errors), _launcher(), script)
    process = _CONTEXT.Process(target=_main, args=(run,))
    process.start()
    process.join(_TIMEOUT_S)
    if process.exitcode is None:
        process.kill()
        pytest.fail(f"{script or 'pytest'} {' '.join(args)} ran longer than {_TIMEOUT_S} s")
    shown, warned = output.read_text("utf-8"), errors.read_text("utf-8")
    sys.stdout.write(shown)
    sys.stderr.write(warned)
    return pytest.RunResult(process.exitcode, shown.splitlines(), warned.splitlines(), time.perf_counter() - start)


def run_at_once(*runs: tuple[Sequence[str], Mapping[str, str]], folder: Path) -> list[pytest.RunResult]:
    """Run pytest in a folder in several processes, each with its arguments and variables, at the same time."""
    with ThreadPoolExecutor() as pool:
        started = [
            pool.submit(run_forked, args, folder, log=folder.with_name(f"{folder.name}-{number}"), variables=variables)
            for number, (args, variables) in enumerate(runs)
        ]
        return [each.result() for each in started]


@cache
def _launcher() -> Path:
    """The interpreter for workers of xdist; its server ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="glue-"))  # short: it has a socket
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "socket"))
    server.listen()
    _CONTEXT.Process(target=serve, args=(server,), daemon=True).start()
    return write_launcher(folder, folder / "socket")


@dataclass(frozen=True)
class _Run:
    args: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    files: tuple[Path, Path]
    """Of output and errors."""
    executable: Path
    """What the process takes for its interpreter."""
    script: Path | None


def _main(run: _Run) -> None:
    for number, file in enumerate(run.files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    settle(run.environment, run.folder)
    sys.argv = [str(run.script or "pytest"), *run.args]
    sys.path.insert(0, str(run.folder))
    sys.executable = str(run.executable)
    if run.script is not None:
        runpy.run_path(str(run.script), run_name="__main__")
        return
    sys.exit(pytest.main(list(run.args)))
