"""The predictions of a model as it is: in evaluation mode and without gradients, as `Trainer.predict` makes them."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from transformers import DataCollatorWithPadding, PreTrainedModel

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.batch_layout import ForwardPass, laid_out
from pytest_glue.training.trainer.flat_batch import LABELS, Padding, TokenizedSplit
from pytest_glue.training.trainer.layout_selector import LayoutSelector
from pytest_glue.training.trainer.partition import Cost
from pytest_glue.training.trainer.sorted_evaluation import predict_by_length, tokens_per_part

_TOKENS_OF_OTHERS = 256
"""The length that an example without token ids is taken to have."""


class Predictor:
    """A model on its device, and the tokenizer that pads its batches."""

    def __init__(self, model_init: Callable[[], Any], tokenizer: Any, batching: Batching = Batching.AUTO) -> None:
        """Load the model.

        Args:
            model_init: returns the model.
            tokenizer: encoded the examples.
            batching: how the examples of a batch are laid out.
        """
        self.tokenizer = tokenizer
        self.device = default_device()
        self.model: torch.nn.Module = model_init().to(self.device).eval()
        self._loading_notes: tuple[str, ...] = getattr(model_init, "notes", ())
        self._layouts = LayoutSelector(batching)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know about the model and its batches."""
        return (*self._loading_notes, *self._layouts.notes)

    def logits(self, examples: Dataset) -> NDArray[np.float32]:
        """Return the model's first output for each example.

        The examples are sorted by length, and parts of them are padded to their longest, or packed.

        Args:
            examples: encoded; columns that the model does not take are left out.

        Raises:
            RuntimeError: the forward pass failed, or the memory is too small for a single example.
        """
        accepted = _accepted_columns(self.model)
        with torch.no_grad():
            split = self._layouts.fast_split(examples, self._plain_reason, [*accepted, *LABELS], self._forward_pass)
            if split is not None:
                return self._by_length(split)
            columns = [name for name in examples.column_names if name in accepted]
            return self._collated(examples.select_columns(columns))

    @property
    def _plain_reason(self) -> str:
        is_known = isinstance(self.model, PreTrainedModel)
        return "" if is_known else f"the model is a {type(self.model).__name__} and no PreTrainedModel"

    def _forward_pass(self) -> ForwardPass:
        assert isinstance(self.model, PreTrainedModel)
        return ForwardPass(self.model, self.device, Padding.of(self.tokenizer), self._output)

    def _output(self, inputs: Mapping[str, torch.Tensor], _batch_size: int = 1) -> tuple[torch.Tensor, Any]:
        """Return the model's output, after a loss of 0: nothing is trained, so that no loss is computed."""
        output = self.model(**{name: values for name, values in inputs.items() if name not in LABELS})
        none = torch.zeros((), device=self.device)
        return none, output if isinstance(output, Mapping) else (none, *output)

    def _by_length(self, split: TokenizedSplit) -> NDArray[np.float32]:
        forward, pooling = self._forward_pass(), self._layouts.pooling

        def predict(indices: NDArray[np.int64]) -> tuple[float, NDArray[np.float32]]:
            with laid_out(split.flat(indices).to(self.device), forward, pooling) as inputs:
                return 0.0, _first(self._output(inputs)[1])

        cost = Cost(0.0, pooling is None, tokens_per_part(self.device.type))
        return predict_by_length(split.lengths, cost, predict)[0]

    def _collated(self, examples: Dataset) -> NDArray[np.float32]:
        collate = DataCollatorWithPadding(self.tokenizer)

        def predict(indices: NDArray[np.int64]) -> tuple[float, NDArray[np.float32]]:
            by_length = indices[np.argsort(lengths[indices], kind="stable")]
            batch: Any = collate([examples[int(index)] for index in by_length])
            return 0.0, _first(self._output(batch.to(self.device))[1])

        lengths = _lengths(examples)
        cost = Cost(0.0, padded=True, limit=tokens_per_part(self.device.type))
        return predict_by_length(lengths, cost, predict)[0]


def default_device() -> torch.device:
    """Return the device that `Trainer` would use: the first accelerator, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return accelerator or torch.device("cpu")


def _accepted_columns(model: Any) -> list[str]:
    """Return the names of the inputs that a model takes; an adapter passes on those of its base model."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    return list(inspect.signature(base.forward).parameters)


def _first(output: Any) -> NDArray[np.float32]:
    """Return the logits of a model's output: the first value that is no loss."""
    if isinstance(output, Mapping):
        logits = output["logits"] if "logits" in output else next(v for k, v in output.items() if k != "loss")
    else:
        logits = output[1]
    found: NDArray[np.float32] = logits.float().cpu().numpy()
    return found


def _lengths(examples: Dataset) -> NDArray[np.int64]:
    if "input_ids" not in examples.column_names:
        return np.full(len(examples), _TOKENS_OF_OTHERS)
    return np.array([len(tokens) for tokens in examples["input_ids"]])
