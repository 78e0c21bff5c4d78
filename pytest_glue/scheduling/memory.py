"""Memory: whether as many fine-tunings as run at a time fit into it, as far as can be told before the first."""

from collections.abc import Iterable

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.scheduling.size_estimates import parameters_of

PROCESS = 0.6e9
"""Bytes of a process that has imported torch, transformers and datasets; seen: 0.5 to 0.6 GB on Linux."""
_COPIES = 5
"""Weights, gradients, the two moments of AdamW, and the best epoch's weights."""
_BYTES = 4
_VOCABULARY = 24_000_000
"""Parameters of BERT base's, where no file tells of another."""


def needed(checkpoint: Checkpoint) -> float:
    """Return about how many bytes one fine-tuning takes, without what the batches do."""
    return PROCESS + _COPIES * _weights(checkpoint)


def warning(checkpoints: Iterable[Checkpoint], at_a_time: int, there: float, where: str) -> str | None:
    """Return the sentence about too many fine-tunings at a time; None where the largest of them fit.

    Args:
        checkpoints: that are fine-tuned.
        at_a_time: how many fine-tunings a machine has at a time.
        there: bytes of memory that it has for them.
        where: that is, in words.
    """
    most = max(map(needed, checkpoints), default=0.0) * at_a_time
    if at_a_time < 2 or most <= there:
        return None
    return (
        f"MEMORY: {at_a_time} fine-tunings at a time take about {most / 1e9:.1f} GB and what their batches need, "
        f"and {where} has {there / 1e9:.1f} GB: let fewer run at a time"
    )


def _weights(checkpoint: Checkpoint) -> float:
    files = checkpoint.folder.glob("*.safetensors") if checkpoint.origin is Origin.FOLDER else ()
    size = sum(file.stat().st_size for file in files)
    if size or checkpoint.origin is Origin.SAMPLE:
        return size
    return _BYTES * (parameters_of(checkpoint) + _VOCABULARY)
