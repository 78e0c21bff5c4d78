"""The plugin's overhead: the wall time of an item over the time in `Trainer.train` and `Trainer.predict`.

`python -m benchmarks.overhead suites/ --glue-tasks=cola ...` accepts the arguments of pytest. The heavy libraries,
which any program has to import once, are imported first and reported separately.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest


class Stopwatch:
    """A pytest plugin that times items and the trainer in them."""

    def __init__(self) -> None:
        self.item_s: dict[str, float] = defaultdict(float)
        self.trainer_s: dict[str, float] = defaultdict(float)
        self._nodeid = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Called before an item's setup."""
        self._nodeid = nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called after each of setup, call and teardown."""
        self.item_s[report.nodeid] += report.duration

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, wrapped to add its time to the current item."""

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.trainer_s[self._nodeid] += time.perf_counter() - start

        return wrapper


def main(arguments: list[str]) -> int:
    """Run pytest with the arguments and print a line for each item."""
    start = time.perf_counter()
    import datasets
    import evaluate
    from transformers import Trainer

    import pytest_glue.execution.fine_tuning

    assert all((datasets, evaluate, pytest_glue.execution.fine_tuning))
    imports_s = time.perf_counter() - start
    watch = Stopwatch()
    for name in ("train", "predict"):
        setattr(Trainer, name, watch.timed(getattr(Trainer, name)))
    code = pytest.main([*arguments, "--glue-cache=off"], plugins=[watch])
    print(f"\nimports, once a process: {imports_s:.1f} s")
    print(f"{'item':<60} {'wall':>9} {'trainer':>9} {'overhead':>9}")
    for nodeid, inside in watch.trainer_s.items():
        wall = watch.item_s[nodeid]
        print(f"{nodeid:<60} {wall:>7.2f} s {inside:>7.2f} s {wall / inside - 1:>9.1%}")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
