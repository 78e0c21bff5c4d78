"""Whether fine-tunings fit into the memory."""

from pathlib import Path

import pytest

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.scheduling.size_estimates import PROCESS, needed, warning


def test_what_a_fine_tuning_takes(tmp_path: Path) -> None:
    """A process, and five times the weights: those of the file, or what the name of a hub id tells."""
    (tmp_path / "model.safetensors").write_bytes(b"0" * 1000)
    assert PROCESS + 5000 == needed(Checkpoint.parse(str(tmp_path)))
    assert PROCESS == needed(Checkpoint.parse("sample"))
    assert PROCESS + 5 * 4 * (85e6 + 24e6) == needed(Checkpoint.parse("bert-base-uncased"))


@pytest.mark.parametrize(("at_a_time", "there", "warned"), [(1, 1e9, False), (8, 100e9, False), (8, 20e9, True)])
def test_too_many_at_a_time(at_a_time: int, there: float, *, warned: bool) -> None:
    """The largest checkpoint counts; a single fine-tuning has no choice."""
    found = warning(map(Checkpoint.parse, ("sample", "bert-base-uncased")), at_a_time, there, "this machine")
    expected = (
        "MEMORY: 8 fine-tunings at a time take about 22.2 GB and what their batches need, "
        "and this machine has 20.0 GB: let fewer run at a time"
    )
    assert (expected if warned else None) == found
