"""The output of an evaluation as plain values and tensors, which torch reads without running code from the file."""

from typing import Any

import numpy as np
import torch
from transformers.trainer_utils import EvalLoopOutput


def plain_output(output: EvalLoopOutput) -> dict[str, Any]:
    """Return an evaluation's output as `torch.load(weights_only=True)` gives it back."""
    metrics = {name: float(value) for name, value in (output.metrics or {}).items()}
    return {
        "predictions": _tensors(output.predictions),
        "label_ids": _tensors(output.label_ids),
        "metrics": metrics,
        "num_samples": output.num_samples,
    }


def output_of(plain: dict[str, Any]) -> EvalLoopOutput:
    """Inverse of `plain_output`."""
    return EvalLoopOutput(
        _arrays(plain["predictions"]), _arrays(plain["label_ids"]), plain["metrics"], plain["num_samples"]
    )


def _tensors(value: Any) -> Any:
    if value is None or isinstance(value, tuple | list):
        return None if value is None else tuple(map(_tensors, value))
    return torch.from_numpy(np.ascontiguousarray(value))


def _arrays(value: Any) -> Any:
    if value is None or isinstance(value, tuple):
        return None if value is None else tuple(map(_arrays, value))
    return value.numpy()
