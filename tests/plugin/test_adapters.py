"""LoRA with PEFT: a user wraps the model in an overridden `glue_model_init`."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

ASKED = ("--glue-tasks=rte", "--glue-json=out.json", "--glue-threshold=rte=0", "--glue-seeds=2")
SUITE = """
def test_glue(glue_evaluation, glue_trainer):
    glue_evaluation.check()
    trained = {name for name, weight in glue_trainer.model.named_parameters() if weight.requires_grad}
    assert trained
    assert all("lora_" in name or "modules_to_save" in name for name in trained)
"""
WRAPS = """
import pytest
from peft import LoraConfig, TaskType, get_peft_model

@pytest.fixture
def glue_model_init(glue_model_init):
    def with_adapter(trial=None):
        config = LoraConfig(task_type=TaskType.SEQ_CLS, r=2, target_modules=["query", "value"])
        return get_peft_model(glue_model_init(trial), config)
    return with_adapter
"""
INJECTS = """
import pytest
from peft import LoraConfig

@pytest.fixture
def glue_model_init(glue_model_init):
    def with_adapter(trial=None):
        model = glue_model_init(trial)
        model.add_adapter(LoraConfig(r=2, target_modules=["query", "value"]))
        return model
    return with_adapter
"""


@pytest.mark.parametrize("recipe", [(), ("--glue-recipe=output_dir=runs",)], ids=["in-memory", "on-disk"])
def test_lora_of_get_peft_model(pytester: pytest.Pytester, tiny: Run, report: Report, recipe: tuple[str, ...]) -> None:
    """A wrapped model is trained and evaluated with plain batches, and a note says why."""
    pytester.makepyfile(test_suite=SUITE)
    pytester.makeconftest(WRAPS)

    tiny(*ASKED, *recipe).assert_outcomes(passed=1)

    (result,) = report()["results"]
    reason = "the model is a PeftModelForSequenceClassification and no PreTrainedModel"
    assert f"batching: plain, since {reason}" in result["notes"]
    assert 2 == len(result["runs"])


def test_lora_of_add_adapter(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """An adapter inside a model of transformers leaves the fast layouts, whose results are shown to be equal."""
    pytester.makepyfile(test_suite=SUITE.replace('"modules_to_save"', '"classifier"'))
    pytester.makeconftest(INJECTS)
    scores = []
    for batching in ("auto", "plain"):
        tiny(*ASKED, f"--glue-batching={batching}").assert_outcomes(passed=1)
        (result,) = report()["results"]
        scores.append([run["history"][0]["evaluation_loss"] for run in result["runs"]])
    assert pytest.approx(scores[0], rel=1e-4) == scores[1]
