"""A frozen encoder: only the head is trained.

pytest suites/examples/frozen_encoder.py --glue-tasks=cola --glue-checkpoints=bert-base-uncased
"""

from collections.abc import Callable
from typing import Any

import pytest
from transformers import PreTrainedModel

from pytest_glue.evaluation import Evaluation

ModelInit = Callable[..., PreTrainedModel]


@pytest.fixture
def glue_model_init(glue_model_init: ModelInit) -> ModelInit:
    """The checkpoint with an encoder that keeps its weights."""

    def frozen(trial: Any = None) -> PreTrainedModel:
        model = glue_model_init(trial)
        for weight in model.base_model.parameters():
            weight.requires_grad = False
        return model

    return frozen


@pytest.mark.glue(recipe={"learning_rate": 1e-3})
def test_frozen_encoder(glue_evaluation: Evaluation) -> None:
    glue_evaluation.check()
