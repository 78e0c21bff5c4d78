"""An evaluation uses the fixtures that a user's conftest.py overrides."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

ASKED = ("--glue-tasks=sst2", "--glue-json=out.json", "--glue-threshold=sst2=0")


def test_data(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """An overridden `glue_data` is the data of training and evaluation, and changes the report's digest."""
    tiny(*ASKED).assert_outcomes(passed=1)
    (plain,) = report()["results"]
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def glue_data(glue_data):
            glue_data["train"] = glue_data["train"].select(range(32))
            glue_data["validation"] = glue_data["validation"].select(range(8))
            return glue_data
        """
    )

    tiny(*ASKED).assert_outcomes(passed=1)

    (own,) = report()["results"]
    assert (32, 8) == (own["n_train"], own["n_eval"])
    assert plain["data_digest"] != own["data_digest"]


def test_model(pytester: pytest.Pytester, tiny: Run) -> None:
    """With a frozen encoder from an overridden `glue_model_init`, an evaluation trains only the head."""
    suite = """
        import torch

        def test_glue(glue_evaluation, glue_trainer, glue_model_init):
            before, after = glue_model_init().state_dict(), glue_trainer.model.state_dict()
            trained = {name.partition(".")[0] for name in before if not torch.equal(before[name], after[name])}
            assert {"classifier"} == trained and glue_evaluation.verdict
        """
    pytester.makepyfile(test_suite=suite)
    tiny(*ASKED).assert_outcomes(failed=1)
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def glue_model_init(glue_model_init):
            def make(trial=None):
                model = glue_model_init(trial)
                model.base_model.requires_grad_(False)
                return model
            return make
        """
    )

    tiny(*ASKED).assert_outcomes(passed=1)


def test_training_arguments(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """Overridden `glue_training_arguments` are used, and the report's recipe shows them."""
    pytester.makeconftest(
        """
        import dataclasses
        import pytest

        @pytest.fixture
        def glue_training_arguments(glue_training_arguments):
            return dataclasses.replace(glue_training_arguments, max_steps=2, learning_rate=3e-4)
        """
    )

    tiny(*ASKED).assert_outcomes(passed=1)

    (result,) = report()["results"]
    assert (2, 3e-4) == (result["recipe"]["max_steps"], result["recipe"]["learning_rate"])
    assert pytest.approx(2 / 3) == result["runs"][0]["history"][-1]["epoch"]


def test_trainer(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """An overridden `glue_trainer` fine-tunes and evaluates: here, one that multiplies the loss by a hundred."""
    pytester.makeconftest(
        """
        import pytest
        from transformers import Trainer

        class Loud(Trainer):
            def compute_loss(self, *args, **kwargs):
                loss = super().compute_loss(*args, **kwargs)
                return (loss[0] * 100, *loss[1:]) if isinstance(loss, tuple) else loss * 100

        @pytest.fixture
        def glue_trainer(
            glue_model_init, glue_training_arguments, glue_encoded_data, glue_tokenizer, glue_compute_metrics
        ):
            return Loud(
                model_init=glue_model_init,
                args=glue_training_arguments,
                train_dataset=glue_encoded_data["train"],
                eval_dataset=glue_encoded_data["validation"],
                processing_class=glue_tokenizer,
                compute_metrics=glue_compute_metrics,
            )
        """
    )

    tiny(*ASKED).assert_outcomes(passed=1)

    (epoch,) = report()["results"][0]["runs"][0]["history"]
    assert epoch["loss"] > 30
    assert epoch["evaluation_loss"] > 30


@pytest.mark.parametrize(
    ("scores", "score", "verdict", "sentence"),
    [
        ("{'accuracy': 0.25, 'own': 3.0}", 0.25, "pass", "accuracy 0.250 >= threshold 0.000"),
        ("{'accuracy': float('nan')}", None, "degenerate", ": accuracy is undefined (n=24"),
    ],
)
def test_metrics(
    pytester: pytest.Pytester, tiny: Run, report: Report, scores: str, score: float | None, verdict: str, sentence: str
) -> None:
    """An overridden `glue_compute_metrics` gives the score; NaN makes it undefined, and the item red."""
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.fixture
        def glue_compute_metrics():
            return lambda output: {scores}
        """
    )

    result = tiny(*ASKED)

    (found,) = report()["results"]
    assert (score, verdict) == (found["score"], found["verdict"])
    assert sentence in found["reason"]
    assert (pytest.ExitCode.OK if verdict == "pass" else pytest.ExitCode.TESTS_FAILED) == result.ret


def test_metrics_without_the_headline_metric(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """An overridden `glue_compute_metrics` without the headline metric is an error that names the metric."""
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def glue_compute_metrics():
            return lambda output: {"own": 0.5}
        """
    )

    tiny(*ASKED).assert_outcomes(errors=1)

    (error,) = report()["errors"]
    assert "accuracy" in error["message"]


def test_several_seeds(tiny: Run, report: Report) -> None:
    """Each seed gives another run, and the item's scores are the means of the runs."""
    tiny("--glue-tasks=stsb", "--glue-seeds=7,8,9", "--glue-threshold=stsb=-1", "--glue-json=out.json")

    (result,) = report()["results"]
    assert [7, 8, 9] == result["seeds"] == [run["seed"] for run in result["runs"]]
    assert 3 == len({run["history"][0]["loss"] for run in result["runs"]})
    for metric in ("pearson", "spearmanr"):
        scores = [run["metrics"][metric] for run in result["runs"]]
        assert 3 == len(set(scores))
        assert pytest.approx(sum(scores) / 3) == result["metrics"][metric]
    assert result["metrics"]["pearson"] == result["score"]
    assert "; n=24, 3 seeds, 95% CI " in result["reason"]


def test_a_run_depends_on_its_seed_alone(tiny: Run, report: Report) -> None:
    """A seed gives the same run, whether another run precedes it or not."""
    runs = []
    for seeds in ("7,8", "8,"):
        tiny("--glue-tasks=stsb", f"--glue-seeds={seeds}", "--glue-json=out.json", "--glue-cache=off")
        runs.append(report()["results"][0]["runs"][-1] | {"duration_s": None})

    assert runs[0] == runs[1]


def test_data_of_other_types(pytester: pytest.Pytester, tiny: Run) -> None:
    """Names of labels in an overridden `glue_data` become class ids; texts that are no strings are an error."""
    pytester.makeconftest(
        """
        import pytest
        from datasets import DatasetDict, Value

        @pytest.fixture
        def glue_data(glue_data, glue_task):
            if glue_task.name == "cola":
                names = glue_data["train"].features["label"].names
                def named(split):
                    return split.cast_column("label", Value("int64")).map(
                        lambda row: {"label": names[row["label"]]}, features=None, remove_columns="label"
                    )
                return DatasetDict({name: named(split) for name, split in glue_data.items() if name != "test"})
            if glue_task.name == "sst2":
                return glue_data.map(lambda row: {"sentence": None})
            return glue_data.map(lambda row: {"sentence1": len(row["sentence1"])})
        """
    )
    result = tiny("--glue-tasks=cola,rte,sst2", "--glue-threshold=cola=-1")

    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines_random(
        [
            "*glue_data: column 'sentence1' of task rte holds int64, as in *: make strings of its values",
            "*glue_data: 48 of 48 values of column 'sentence' are missing; the first is at glue_data, example 1",
        ]
    )
