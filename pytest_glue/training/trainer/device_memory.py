"""The accelerator, where there is one: its memory, and work that it has not finished."""

import torch


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether the memory of the device was too small."""
    return "out of memory" in str(error).lower() or "OutOfMemory" in type(error).__name__


def free_memory() -> None:
    """Give back what torch keeps for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def wait() -> None:
    """Return once everything that was asked for is computed, so that it can be timed."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
