"""State of the process that a fine-tuning changes, and that no other test may see."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from transformers.integrations import deepspeed

_VARIABLES = (
    *("ACCELERATE_", "FSDP_", "DEEPSPEED_", "PARALLELISM_CONFIG_", "MEGATRON_LM_", "FLASH_ATTENTION_", "XLA_"),
    *(
        "CUDA_LAUNCH_BLOCKING",
        "CUBLAS_",
        "ASCEND_",
        "HCCL_",
        "PYTORCH_",
        "TORCH",
        "_TORCH",
        "NCCL_",
        "TOKENIZERS_PARALLELISM",
    ),
    *("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_"),
)
"""The prefixes of environment variables that transformers, accelerate and torch set.

Variables that a user's own fixtures set for a whole test run stay.
"""
_SINGLETONS = (PartialState, AcceleratorState, GradientState)
"""The classes whose instances share their state."""
_ATTRIBUTES = (
    (deepspeed, "_hf_deepspeed_config_weak_ref"),  # with it, every model is loaded in shards
    *((torch.backends.cudnn, name) for name in ("enabled", "benchmark", "deterministic")),
)

Setter = Callable[[Any], object]


@contextmanager
def preserved_state() -> Iterator[None]:
    """Restore after the context the environment variables, settings and random states that a fine-tuning changes."""
    with ExitStack() as stack:
        for remember in (_variables, _singletons, _attributes, _torch_settings, _random_states):
            stack.callback(remember())
        yield


@contextmanager
def preserved_random_states() -> Iterator[None]:
    """Restore the random states after the context."""
    restore = _random_states()
    try:
        yield
    finally:
        restore()


def _variables() -> Callable[[], None]:
    """Return a function that restores the variables, as each of the functions below does for its part."""
    before = _set_variables()

    def restore() -> None:
        for name in _set_variables().keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)

    return restore


def _set_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_VARIABLES)}


def _singletons() -> Callable[[], None]:
    before = [(each._shared_state, dict(each._shared_state)) for each in _SINGLETONS]

    def restore() -> None:
        for state, values in before:
            state.clear()
            state.update(values)

    return restore


def _attributes() -> Callable[[], None]:
    before = [(owner, name, getattr(owner, name)) for owner, name in _ATTRIBUTES]

    def restore() -> None:
        for owner, name, value in before:
            if getattr(owner, name) != value:  # setting a flag of cudnn costs more than reading it
                setattr(owner, name, value)

    return restore


def _torch_settings() -> Callable[[], None]:
    is_deterministic, warns = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    before: list[tuple[Setter, Any]] = [
        (torch.set_default_dtype, torch.get_default_dtype()),
        (torch.set_grad_enabled, torch.is_grad_enabled()),
        (torch.set_num_threads, torch.get_num_threads()),
        (torch.set_float32_matmul_precision, torch.get_float32_matmul_precision()),
        (torch.autograd.set_detect_anomaly, torch.is_anomaly_enabled()),
    ]

    def restore() -> None:
        torch.use_deterministic_algorithms(is_deterministic, warn_only=warns)
        for setter, value in before:
            setter(value)

    return restore


def _random_states() -> Callable[[], None]:
    python, numpy, cpu = random.getstate(), np.random.get_state(), torch.random.get_rng_state()  # noqa: NPY002
    has_gpus = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    gpus = torch.cuda.get_rng_state_all() if has_gpus else []

    def restore() -> None:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002 - what `set_seed` of transformers changes
        torch.random.set_rng_state(cpu)
        if gpus:
            torch.cuda.set_rng_state_all(gpus)

    return restore
