"""The state of the process is the same before and after a fine-tuning."""

import os
import random
from typing import Any

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from transformers.integrations import deepspeed

from pytest_glue.training.process_state import preserved_state


def settings() -> dict[str, Any]:
    """Return what a fine-tuning can change."""
    return {
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "dtype": torch.get_default_dtype(),
        "grad": torch.is_grad_enabled(),
        "threads": torch.get_num_threads(),
        "precision": torch.get_float32_matmul_precision(),
        "anomaly": torch.is_anomaly_enabled(),
        "cudnn": (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark),
        "deepspeed": deepspeed._hf_deepspeed_config_weak_ref,
        "accelerate": [dict(each._shared_state) for each in (PartialState, AcceleratorState, GradientState)],
        "random": (random.getstate(), np.random.get_state()[1].tolist(), torch.random.get_rng_state().tolist()),  # type: ignore[index] # noqa: NPY002
    }


def change_everything() -> None:
    """Change the settings, as `full_determinism`, FSDP and others do, and as a user's own trainer may."""
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    torch.use_deterministic_algorithms(mode=True)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(mode=False)
    torch.set_num_threads(torch.get_num_threads() + 1)
    torch.set_float32_matmul_precision("medium")
    torch.autograd.set_detect_anomaly(mode=True)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = True
    deepspeed._hf_deepspeed_config_weak_ref = object()  # type: ignore[assignment]
    PartialState._shared_state["device"] = "another"
    AcceleratorState._shared_state.clear()
    GradientState._shared_state["plugin_kwargs"] = {"a": 1}


def test_settings_and_random_states() -> None:
    before = settings()

    with preserved_state():
        change_everything()
        changed = settings()

    assert [] == [name for name in before if before[name] == changed[name] and name != "accelerate"]
    assert before == settings()


def test_an_error_inside() -> None:
    """The state is restored, too."""
    before = settings()

    def fail() -> None:
        with preserved_state():
            change_everything()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert before == settings()


def test_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the libraries are restored; those of the user's fixtures stay."""
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "fp16")
    monkeypatch.setenv("NCCL_DEBUG", "INFO")
    for name in ("ACCELERATE_USE_FSDP", "CUBLAS_WORKSPACE_CONFIG", "MY_SERVER"):
        monkeypatch.delenv(name, raising=False)

    with preserved_state():
        del os.environ["NCCL_DEBUG"]
        for name in ("ACCELERATE_MIXED_PRECISION", "ACCELERATE_USE_FSDP", "CUBLAS_WORKSPACE_CONFIG", "MY_SERVER"):
            monkeypatch.setenv(name, "changed")

    assert ("fp16", "INFO", "changed") == tuple(
        os.environ[name] for name in ("ACCELERATE_MIXED_PRECISION", "NCCL_DEBUG", "MY_SERVER")
    )
    assert not {"ACCELERATE_USE_FSDP", "CUBLAS_WORKSPACE_CONFIG"} & os.environ.keys()
