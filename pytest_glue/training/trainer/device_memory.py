"""The accelerator's memory and its asynchronous work."""

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether the device's memory was too small."""
    return "out of memory" in str(error).lower() or "OutOfMemory" in type(error).__name__


def free_memory() -> None:
    """Release memory that torch holds for reuse."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def synchronize() -> None:
    """Wait until all queued work is computed, so that it can be timed."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
