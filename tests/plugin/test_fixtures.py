"""Each fixture alone in a user's own test."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]


@pytest.mark.parametrize(
    ("fixture", "fact"),
    [
        ("glue_options", "glue_options.max_train_samples == 48"),
        ("glue_task", "glue_task.name == 'sst2' and glue_task.labels == ('negative', 'positive')"),
        ("glue_checkpoint", "glue_checkpoint.name == 'sample'"),
        ("glue_data", "[len(glue_data[name]) for name in ('train', 'validation')] == [48, 24]"),
        ("glue_data", "set(glue_data['train'].column_names) >= {'sentence', 'label'}"),
        ("glue_tokenizer", "glue_tokenizer.is_fast and len(glue_tokenizer('a', 'b')['input_ids']) >= 5"),
        ("glue_encoded_data", "sorted(glue_encoded_data) == ['train', 'validation']"),
        ("glue_encoded_data", "set(glue_encoded_data['train'].column_names) >= {'input_ids', 'label'}"),
        ("glue_model_init", "glue_model_init().config.id2label == {0: 'negative', 1: 'positive'}"),
        ("glue_model_init", "glue_model_init() is not glue_model_init()"),
        (
            "glue_compute_metrics",
            "glue_compute_metrics(EvalPrediction(np.eye(2), np.array([0, 0]))) == {'accuracy': 0.5}",
        ),
        ("glue_training_arguments", "glue_training_arguments.num_train_epochs == 1"),
        ("glue_training_arguments", "glue_training_arguments.seed == 42"),
        ("glue_trainer", "glue_trainer.train().global_step == 3"),
        (
            "glue_evaluation",
            "glue_evaluation.task == 'sst2' and glue_evaluation.verdict and 0 <= glue_evaluation.score <= 1",
        ),
    ],
)
def test_each_fixture_alone(pytester: pytest.Pytester, tiny: Run, fixture: str, fact: str) -> None:
    """Each fixture works in a test that uses no other one."""
    pytester.makepyfile(
        f"""
        import numpy as np
        from transformers import EvalPrediction

        def test_mine({fixture}):
            assert {fact}
        """
    )

    tiny("--glue-tasks=sst2").assert_outcomes(passed=1)


def test_a_task_that_the_test_parametrizes(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """A test that parametrizes `glue_task` itself runs on those tasks, whatever `--glue-tasks` says."""
    pytester.makepyfile(
        test_suite="""
        import pytest

        @pytest.mark.parametrize("glue_task", ["sst2"], indirect=True)
        def test_mine(glue_evaluation):
            assert (glue_evaluation.task, bool(glue_evaluation.verdict)) == ("sst2", True)
        """
    )

    tiny("--glue-tasks=cola,stsb", "--glue-json=out.json").assert_outcomes(passed=1)

    assert ["test_suite.py::test_mine[sample-sst2]"] == [each["nodeid"] for each in report()["results"]]


def test_a_task_alone_needs_no_checkpoint(pytester: pytest.Pytester, here: Run) -> None:
    """A test of `glue_task` and `glue_data` runs without a configured checkpoint."""
    pytester.makepyfile("def test_mine(glue_task, glue_data):\n    assert glue_task.train_split in glue_data")

    here("--glue-tasks=sst2,mnli-mm", "--glue-data=sample").assert_outcomes(passed=2)


def test_limits_take_the_first_examples(pytester: pytest.Pytester, tiny: Run) -> None:
    """`--glue-max-train-samples` and `--glue-max-eval-samples` take the first examples of the task's two splits."""
    pytester.makepyfile(
        """
        from pytest_glue.data.source import open_source

        def test_mine(glue_task, glue_data):
            whole = open_source("sample").load(glue_task)
            assert whole["train"][:48] == glue_data["train"][:]
            assert whole[glue_task.evaluation_split][:24] == glue_data[glue_task.evaluation_split][:]
            assert whole["test"][:] == glue_data["test"][:]
        """
    )

    tiny("--glue-tasks=sst2").assert_outcomes(passed=1)


def test_an_output_folder_in_the_recipe(pytester: pytest.Pytester, tiny: Run) -> None:
    """If the recipe names an `output_dir`, saved files stay there, in a folder for each item; otherwise none stay."""
    green = ("--glue-tasks=sst2", "--glue-threshold=sst2=0")

    tiny(*green).assert_outcomes(passed=1)
    assert [] == list(pytester.path.rglob("*.safetensors"))

    tiny(*green, "--glue-recipe=output_dir=kept").assert_outcomes(passed=1)
    (weights,) = pytester.path.rglob("*.safetensors")
    assert pytester.path / "kept" / "sst2-sample" == weights.parent.parent
