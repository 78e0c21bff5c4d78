"""The lines above a test run."""

from typing import Any

import pytest

from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.environment import expected_device, header_versions
from pytest_glue.reports.header import MADE_UP, header


def lines(tmp_path: Any, **values: Any) -> list[str]:
    """Return the header of these options."""
    return header(combine([OptionSource("{name}", values, tmp_path)]))


def test_what_where_and_with_what(tmp_path: Any) -> None:
    """Tasks, checkpoints, seeds, data, device and versions are named."""
    found = lines(tmp_path, tasks="rte,cola", checkpoints="a/b@v1,c", seeds="7,8", data="./mine")
    assert found == [
        "glue: tasks cola, rte; checkpoints a/b@v1, c; seeds 7, 8",
        f"glue: data ./mine; device {expected_device()}; {header_versions()}",
    ]


def test_the_hubs_data_has_its_revision(tmp_path: Any) -> None:
    """By default, data is the hub's at a pinned commit."""
    assert lines(tmp_path)[1].startswith("glue: data nyu-mll/glue@bcdcba7; device ")


def test_no_checkpoint_is_said_to_be_none(tmp_path: Any) -> None:
    """A run in which a test brings its own checkpoints has none in the header."""
    assert "glue: tasks rte; checkpoints none; seeds 42" == lines(tmp_path, tasks="rte")[0]


def test_a_part_is_said_to_be_one(tmp_path: Any) -> None:
    """Where a test run has a part of the items, the header says which."""
    assert lines(tmp_path, tasks="rte", shard="2/5")[0].endswith("; seeds 42; part 2/5")


@pytest.mark.parametrize(
    ("values", "made_up"),
    [
        ({"data": "sample", "checkpoints": "a/b"}, True),
        ({"data": "./mine", "checkpoints": "a/b,sample"}, True),
        ({"data": "./mine", "checkpoints": "a/b"}, False),
    ],
    ids=["data", "checkpoint", "neither"],
)
def test_made_up_data_is_said_to_be_made_up(tmp_path: Any, values: dict[str, str], *, made_up: bool) -> None:
    """Whoever sees a score of the sample reads that it is no evidence."""
    assert made_up is (f"glue: {MADE_UP}" in lines(tmp_path, **values))
