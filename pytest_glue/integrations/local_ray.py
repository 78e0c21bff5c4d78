"""The surroundings of Ray on this machine: its folder, its home, its address and its processes."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from unittest.mock import patch

from pytest_glue.core.errors import ExecutorError
from pytest_glue.integrations.processes import descendants, wait_or_kill
from pytest_glue.integrations.signals import delayed_interrupts

_PREFIX = "glue-ray-"
_SOCKET = f"/{_PREFIX}12345678/session_2026-11-27_20-00-00_000000_4194304/sockets/plasma_store"
_MAX_PARENT = (103 if sys.platform == "darwin" else 107) - len(_SOCKET)
"""The longest path that Ray's folder may be in: the system limits the path of a socket."""
_SHORT_PARENTS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - the folder in them has a random name and is private

_VARIABLES = {
    "RAY_worker_niceness": "0",  # its workers replace the work of this process, so they get the same priority
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # listen on the loopback address, as Ray does on those systems
}


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """The temporary folder of Ray on this machine."""

    path: Path

    @property
    def worker_variables(self) -> Mapping[str, str]:
        """Variables of the workers. Their temporary files are removed with the folder, even if they are killed."""
        return {"TMPDIR": str(self.path / "tmp"), "HOME": str(Path.home())}

    @contextmanager
    def start_environment(self) -> Iterator[None]:
        """Let what is started in the block listen on the loopback address only, and ask no other machine.

        Even without its dashboard and its usage statistics, Ray asks the metadata address of the cloud providers where
        it runs, unless the home folder has a configuration of a cluster.
        """
        from ray._private import ray_constants

        home = self.path / "home"
        home.mkdir()
        (home / "ray_bootstrap_config.yaml").write_text("{}\n")
        # Ray has read its variable when it was imported.
        with (
            patch.dict(os.environ, HOME=str(home)),
            patch.object(ray_constants, "ENABLE_RAY_CLUSTER", new=False, create=True),
        ):
            yield


def local_variables() -> dict[str, str]:
    """Return the variables for Ray on this machine that are set unless the user has set them."""
    # Ray reads its token once a process, and without one it writes one into the home folder.
    return {"RAY_AUTH_TOKEN": _token(), **_VARIABLES}


@contextmanager
def local_folder() -> Iterator[LocalFolder]:
    """Make the folder, in the first folder for temporary files with a path that is short enough.

    Raises:
        ExecutorError: there is none.
    """
    with TemporaryDirectory(prefix=_PREFIX, dir=_parent(), ignore_cleanup_errors=True) as folder:
        (Path(folder) / "tmp").mkdir()
        yield LocalFolder(Path(folder))


@contextmanager
def local_processes(start: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    """Start Ray, and afterwards stop it and wait until none of its processes is left.

    Args:
        start: starts it; what else is started in the block is no process of Ray.
        stop: stops it; its workers may outlive this.
    """
    before = roots = descendants()
    try:
        try:
            start()
        finally:
            roots = descendants() - before
        yield
    finally:
        processes = roots.union(*map(descendants, roots))
        with delayed_interrupts():
            stop()
            wait_or_kill(processes)


def _parent() -> str:
    named = tempfile.gettempdir()
    if os.name == "nt":
        return named
    for parent in (named, *_SHORT_PARENTS):
        if len(parent) <= _MAX_PARENT and os.access(parent, os.W_OK):
            return parent
    raise ExecutorError(
        f"Ray cannot be started: the folder for temporary files, {named}, has a path of {len(named)} characters, and "
        f"Ray's sockets allow {_MAX_PARENT}: set TMPDIR to a folder with a shorter path"
    )


@cache
def _token() -> str:
    return token_hex(32)
