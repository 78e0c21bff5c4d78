"""A Ray cluster of one machine, and waiting for a condition with a deadline."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil


@contextmanager
def running_cluster(cpus: int, variables: Mapping[str, str], prefix: Sequence[str] = ()) -> Iterator[str]:
    """Start a cluster, yield its address, and stop it.

    Args:
        cpus: the number of its cores.
        variables: of its environment.
        prefix: a command that runs the command of its arguments.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "GLUE_", "PYTEST_"))
    }
    start = ["ray", "start", "--head", f"--port={port}", f"--num-cpus={cpus}", "--include-dashboard=false", "--block"]
    # The path of a socket has at most 107 characters, which a test's own folder would exceed.
    with TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "log"
        with log.open("w") as output:
            head = subprocess.Popen(
                [*prefix, *start, "--temp-dir", folder, "--disable-usage-stats"],
                env={**environment, "RAY_AUTH_MODE": "disabled", "RAY_worker_niceness": "0", **variables},
                stdout=output,
                stderr=output,
            )
        try:
            wait_for(lambda: "Ray runtime started" in log.read_text("utf-8"))
            yield f"127.0.0.1:{port}"
        finally:
            children = psutil.Process(head.pid).children(recursive=True)
            head.terminate()
            head.wait(timeout=60)
            wait_for(lambda: not [child for child in children if child.is_running()])


def wait_for(condition: Callable[[], bool], seconds: float = 300) -> None:
    """Wait until the condition is true, and fail if that takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
