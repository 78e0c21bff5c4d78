"""Makespan of 12 unequal items on two workers: distributed by expected cost, and by xdist itself.

`python -m benchmarks.makespan` fine-tunes a real encoder with one to six of its layers on two tasks of the sample,
with `-n 2`, three times: distributed by estimates, by the durations that the first time recorded, and by xdist. The
makespan is from the start of the first item to the end of the last; its lower bound is the longest item, or half of the
sum. Each worker imports the heavy libraries before its first item, so they count in the command's wall time only.
"""

import argparse
import io
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from benchmarks.checkpoints import cut

SUITE = """
def test_glue(glue_evaluation):
    assert glue_evaluation.verdict
"""
IMPORTS_FIRST = """
def pytest_sessionstart(session):
    if hasattr(session.config, "workerinput"):
        import datasets, evaluate
        from transformers import Trainer
"""


class Stopwatch:
    """A plugin on xdist's controller that records when and on which worker each item ran."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = defaultdict(list)
        self._worker: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Called after each of setup, call and teardown."""
        self._times[report.nodeid] += [report.start, report.stop]
        self._worker[report.nodeid] = report.node.gateway.id

    @property
    def items_s(self) -> dict[str, float]:
        """Seconds by item."""
        return {nodeid: max(times) - min(times) for nodeid, times in self._times.items()}

    @property
    def makespan_s(self) -> float:
        """Seconds from the first start to the last end."""
        times = [time for times in self._times.values() for time in times]
        return max(times) - min(times)

    def lines(self) -> list[str]:
        """Return the items of each worker, in order, with their seconds."""
        found = []
        for worker in sorted(set(self._worker.values())):
            mine = sorted(
                (min(times), nodeid) for nodeid, times in self._times.items() if self._worker[nodeid] == worker
            )
            items = (f"{nodeid.partition('[')[2][:-1]} {self.items_s[nodeid]:.1f}" for _, nodeid in mine)
            found.append(f"  {worker}: {', '.join(items)}")
        return found


class DefaultScheduler:
    """A plugin on xdist's controller that uses xdist's own scheduler."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Called before the glue plugin's hook."""
        from xdist.scheduler import LoadScheduling

        return LoadScheduling(config, log)


def main() -> None:
    """Run the suite three times and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=400, help="to train on")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--tasks", default="cola,rte")
    parser.add_argument(
        "--layers",
        type=int,
        default=6,
        help="of the largest checkpoint; there is one checkpoint for each number of layers",
    )
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "test_suite.py").write_text(SUITE)
        (folder / "conftest.py").write_text(IMPORTS_FIRST)
        (folder / "pytest.ini").write_text("[pytest]\n")
        checkpoints = [cut(folder / f"layers-{count}", tuple(range(count))) for count in range(1, options.layers + 1)]
        asked = [
            *("--glue-data=sample", f"--glue-tasks={options.tasks}", "--glue-cache=off"),
            f"--glue-checkpoints={','.join(map(str, checkpoints))}",
            *(f"--glue-max-train-samples={options.examples}", f"--glue-recipe=num_train_epochs={options.epochs}"),
        ]
        os.chdir(folder)
        for name, plugins in (("estimated", []), ("recorded", []), ("xdist's own", [DefaultScheduler()])):
            print(measured(name, asked, plugins), flush=True)


def measured(name: str, arguments: Sequence[str], plugins: Sequence[object]) -> str:
    """Run the suite on two workers and return the results as text."""
    watch, start, output = Stopwatch(), time.perf_counter(), io.StringIO()
    with redirect_stdout(output):
        code = pytest.main(["-n", "2", *arguments], plugins=[watch, *plugins])
    if code != pytest.ExitCode.OK:
        raise SystemExit(output.getvalue())
    wall_s, seconds = time.perf_counter() - start, watch.items_s.values()
    bound = max(*seconds, sum(seconds) / 2)
    figures = f"makespan {watch.makespan_s:.1f} s, lower bound {bound:.1f} s, ratio {watch.makespan_s / bound:.2f}"
    return "\n".join([f"{name}: {len(seconds)} items, {figures}; wall {wall_s:.1f} s", *watch.lines()])


if __name__ == "__main__":
    main()
