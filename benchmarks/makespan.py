"""How evenly two workers are busy: 12 unequal items, spread by expected cost, beside xdist's own distribution.

`python -m benchmarks.makespan` fine-tunes a real encoder with one to six of its layers on two tasks of the sample under
`-n 2`, three times: spread by what is estimated, by what the first time recorded, and by xdist. The makespan is from
the first item's start to the last one's end; its lower bound is the longest item, or half of all items. Each worker
imports torch and its like before its first item, so that no item's time holds that; the wall time of the command does.
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
    assert glue_evaluation.runs
"""
IMPORTS_FIRST = """
def pytest_sessionstart(session):
    if hasattr(session.config, "workerinput"):
        import datasets, evaluate
        from transformers import Trainer
"""


class Stopwatch:
    """A plugin on xdist's controller: when each item started and ended, and on which worker."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = defaultdict(list)
        self._worker: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Called after each of setup, call and teardown."""
        self._times[report.nodeid] += [report.start, report.stop]
        self._worker[report.nodeid] = report.node.gateway.id

    @property
    def items_s(self) -> dict[str, float]:
        """How long each item took."""
        return {nodeid: max(times) - min(times) for nodeid, times in self._times.items()}

    @property
    def makespan_s(self) -> float:
        """From the first start to the last end."""
        times = [time for times in self._times.values() for time in times]
        return max(times) - min(times)

    def lines(self) -> list[str]:
        """Return what each worker did, in its order."""
        found = []
        for worker in sorted(set(self._worker.values())):
            mine = sorted(
                (min(times), nodeid) for nodeid, times in self._times.items() if self._worker[nodeid] == worker
            )
            items = (f"{nodeid.partition('[')[2][:-1]} {self.items_s[nodeid]:.1f}" for _, nodeid in mine)
            found.append(f"  {worker}: {', '.join(items)}")
        return found


class Default:
    """A plugin on xdist's controller: items are spread as xdist does it."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Called in place of the glue plugin's."""
        from xdist.scheduler import LoadScheduling

        return LoadScheduling(config, log)


def main() -> None:
    """Run the three, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=400, help="to train on")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--tasks", default="cola,rte")
    parser.add_argument("--layers", type=int, default=6, help="of the largest checkpoint, one for each number of them")
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
        for name, plugins in (("estimated", []), ("recorded", []), ("xdist's own", [Default()])):
            print(measured(name, asked, plugins), flush=True)


def measured(name: str, arguments: Sequence[str], plugins: Sequence[object]) -> str:
    """Run the suite on two workers, and return what is to be said of it."""
    watch, start, said = Stopwatch(), time.perf_counter(), io.StringIO()
    with redirect_stdout(said):
        code = pytest.main(["-n", "2", *arguments], plugins=[watch, *plugins])
    if code != pytest.ExitCode.OK:
        raise SystemExit(said.getvalue())
    wall_s, seconds = time.perf_counter() - start, watch.items_s.values()
    bound = max(*seconds, sum(seconds) / 2)
    figures = f"makespan {watch.makespan_s:.1f} s, lower bound {bound:.1f} s, ratio {watch.makespan_s / bound:.2f}"
    return "\n".join([f"{name}: {len(seconds)} items, {figures}; wall {wall_s:.1f} s", *watch.lines()])


if __name__ == "__main__":
    main()
