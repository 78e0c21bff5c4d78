"""The memory that fine-tunings need."""

from pathlib import Path

import pytest

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.scheduling.size_estimates import PROCESS, needed, warning


def test_a_fine_tuning_needs_a_process_and_five_times_its_weights(tmp_path: Path) -> None:
    """The weights are those of the file, or estimated from a hub id."""
    (tmp_path / "model.safetensors").write_bytes(b"0" * 1000)
    assert PROCESS + 5000 == needed(Checkpoint.parse(str(tmp_path)))
    assert PROCESS == needed(Checkpoint.parse("sample"))
    assert PROCESS + 5 * 4 * (85e6 + 24e6) == needed(Checkpoint.parse("bert-base-uncased"))


@pytest.mark.parametrize(("at_a_time", "available", "warned"), [(1, 1e9, False), (8, 100e9, False), (8, 20e9, True)])
def test_too_many_at_a_time(at_a_time: int, available: float, *, warned: bool) -> None:
    """The warning is about the largest checkpoint; a single fine-tuning is never warned about."""
    found = warning(map(Checkpoint.parse, ("sample", "bert-base-uncased")), at_a_time, available, "this machine")
    expected = (
        "MEMORY: 8 fine-tunings at a time need about 22.2 GB plus memory for their batches, "
        "but this machine has 20.0 GB: run fewer at a time"
    )
    assert (expected if warned else None) == found
