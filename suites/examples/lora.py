"""LoRA: adapters of low rank are trained instead of the encoder's weights. Needs the package `peft`.

pytest suites/examples/lora.py --glue-tasks=cola --glue-checkpoints=bert-base-uncased
"""

from collections.abc import Callable
from typing import Any

import pytest
from peft import LoraConfig, TaskType, get_peft_model

from pytest_glue.evaluation import Evaluation

ADAPTER = LoraConfig(task_type=TaskType.SEQ_CLS, r=8, lora_alpha=16, target_modules=["query", "value"])
ModelInit = Callable[..., Any]


@pytest.fixture
def glue_model_init(glue_model_init: ModelInit) -> ModelInit:
    """The checkpoint with adapters at the attention's queries and values, and a new head."""

    def with_adapters(trial: Any = None) -> Any:
        return get_peft_model(glue_model_init(trial), ADAPTER)

    return with_adapters


@pytest.mark.glue(recipe={"learning_rate": 1e-3})
def test_lora(glue_evaluation: Evaluation) -> None:
    glue_evaluation.check()
