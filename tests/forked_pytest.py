"""Runs pytest in processes that are forked from one that has imported the heavy libraries, which saves seconds each."""

import multiprocessing
import os
import runpy
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

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
    args: Sequence[str], folder: Path, *, script: Path | None = None, log: Path | None = None
) -> pytest.RunResult:
    """Run pytest in a folder, with the environment of this process.

    The libraries read the environment of the first call when they are imported.

    Args:
        args: of the command line.
        folder: the working directory.
        script: a script to run instead of pytest.
        log: the files of output and errors have this name with other suffixes; the name of the folder by default.
    """
    output, errors = ((log or folder).with_suffix(suffix) for suffix in (".stdout", ".stderr"))
    start = time.perf_counter()
    process = _CONTEXT.Process(target=_main, args=(args, folder, dict(os.environ), (output, errors), script))
    process.start()
    process.join(_TIMEOUT_S)
    if process.exitcode is None:
        process.kill()
        pytest.fail(f"{script or 'pytest'} {' '.join(args)} ran longer than {_TIMEOUT_S} s")
    shown, warned = output.read_text("utf-8"), errors.read_text("utf-8")
    sys.stdout.write(shown)
    sys.stderr.write(warned)
    return pytest.RunResult(process.exitcode, shown.splitlines(), warned.splitlines(), time.perf_counter() - start)


def _main(
    args: Sequence[str], folder: Path, environment: Mapping[str, str], files: tuple[Path, Path], script: Path | None
) -> None:
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # was taken from the environment of the first call
    os.chdir(folder)
    sys.argv = [str(script or "pytest"), *args]
    sys.path.insert(0, str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "anyio"]:
        del sys.modules[name]  # pytest imports it anew as a plugin, and warns if it is imported
    if script is not None:
        runpy.run_path(str(script), run_name="__main__")
        return
    sys.exit(pytest.main(list(args)))
