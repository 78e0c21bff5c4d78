"""An interpreter for workers of xdist, forked from a process that has imported the heavy libraries."""

import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from select import select
from typing import Any

_LAUNCHER = """#!{python} -IS
import json, os, signal, socket, sys

options, code = sys.argv[1:-1], sys.argv[-1]
if options[-1:] != ["-c"] or not {{"-u", "-B", "-c"}}.issuperset(options):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
connection = socket.socket(socket.AF_UNIX)
connection.connect({address!r})
request = json.dumps([code, dict(os.environ), os.getcwd()]).encode()
socket.send_fds(connection, [len(request).to_bytes(8, "big")], [0, 1, 2])
connection.sendall(request)
replies = connection.makefile("rb")
pid = int(replies.readline())
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, _: os.kill(pid, number))
status = replies.readline()
os._exit(int(status) if status else 1)
"""
"""Takes the place of `python` for a program on the command line; everything else starts `python` itself."""


def write_launcher(folder: Path, address: Path) -> Path:
    """Write a program that runs `-c CODE` in a process that the server at an address forks."""
    launcher = folder / "python"
    launcher.write_text(_LAUNCHER.format(python=sys.executable, address=str(address)), "utf-8")
    launcher.chmod(0o755)
    return launcher


def serve(server: socket.socket) -> None:
    """Fork an interpreter for each launcher that connects, for ever."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes that watch interpreters
    while True:
        connection, _ = server.accept()
        if not os.fork():
            server.close()
            _and_exit(partial(_watch, connection))
        connection.close()


def _watch(connection: socket.socket) -> int:
    """Run an interpreter and tell its launcher the exit status; kill it if the launcher is killed."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, standard_files, _, _ = socket.recv_fds(connection, 8, 3)
    request = connection.makefile("rb").read(int.from_bytes(length, "big"))
    pid = os.fork()
    if not pid:
        connection.close()
        code, environment, folder = json.loads(request)
        _and_exit(partial(_run, code, environment, Path(folder), standard_files))
    for file in standard_files:
        os.close(file)
    connection.sendall(f"{pid}\n".encode())
    ended = os.pidfd_open(pid)
    ready, _, _ = select([ended, connection.fileno()], [], [])
    if ended not in ready:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(OSError):
        connection.sendall(f"{status if status >= 0 else 128 - status}\n".encode())
    return 0


def _run(code: str, environment: Mapping[str, str], folder: Path, standard_files: Sequence[int]) -> int:
    for number, file in enumerate(standard_files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    settle(environment, folder)
    sys.argv = ["-c"]
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    exec(code, names)  # noqa: S102 - what `python -c` does
    return 0


def settle(environment: Mapping[str, str], folder: Path) -> None:
    """Give a forked process an environment and a working directory."""
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # was taken from the environment of the process that was forked
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "anyio"]:
        del sys.modules[name]  # pytest imports it anew as a plugin, and warns if it is imported


def _and_exit(run: Callable[[], int]) -> None:
    status = 1
    try:
        status = run()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001 - as an interpreter does
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
