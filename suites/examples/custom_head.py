"""A custom head: two layers on the encoder instead of one.

pytest suites/examples/custom_head.py --glue-tasks=cola --glue-checkpoints=bert-base-uncased
"""

from collections.abc import Callable
from typing import Any

import pytest
from torch import nn
from transformers import PreTrainedModel

from pytest_glue import Task
from pytest_glue.evaluation import Evaluation

ModelInit = Callable[..., PreTrainedModel]


@pytest.fixture
def glue_model_init(glue_model_init: ModelInit, glue_task: Task) -> ModelInit:
    """The checkpoint with a new head of two layers."""

    def with_head(trial: Any = None) -> PreTrainedModel:
        model = glue_model_init(trial)
        size = model.config.hidden_size
        hidden, last = nn.Linear(size, size), nn.Linear(size, glue_task.num_labels)
        model.classifier = nn.Sequential(hidden, nn.GELU(), nn.Dropout(0.1), last)
        return model

    return with_head


def test_custom_head(glue_evaluation: Evaluation) -> None:
    glue_evaluation.check()
