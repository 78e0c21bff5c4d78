"""A weighted loss: each class counts as much as any other, however rare its examples are.

pytest suites/examples/weighted_loss.py --glue-tasks=cola --glue-checkpoints=bert-base-uncased
"""

from typing import Any

import pytest
import torch
from datasets import DatasetDict
from torch.nn.functional import cross_entropy
from transformers import Trainer

from pytest_glue.evaluation import Evaluation


@pytest.fixture
def glue_trainer(glue_trainer: Trainer, glue_encoded_data: DatasetDict) -> Trainer:
    """The trainer with a cross-entropy whose weights are inverse to the classes' frequencies."""
    counts = torch.bincount(torch.tensor(glue_encoded_data["train"]["label"][:]))
    weight = counts.sum() / (len(counts) * counts)

    def weighted_loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        loss = cross_entropy(outputs.logits, labels, weight.to(labels.device), reduction="sum")
        return loss / (len(labels) if num_items_in_batch is None else num_items_in_batch)

    glue_trainer.compute_loss_func = weighted_loss
    return glue_trainer


def test_weighted_loss(glue_evaluation: Evaluation) -> None:
    glue_evaluation.check()
