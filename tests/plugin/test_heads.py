"""Checkpoints with a classification head: the order of its labels does not matter."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

TRAINS_NOTHING = (
    "--glue-tasks=sst2",
    "--glue-recipe=learning_rate=1e-12",
    "--glue-threshold=sst2=0",
    "--glue-json=out.json",
)
"""A learning rate of almost 0, so that the checkpoint's own head is scored."""


def save_with_head(folder: Path, labels: Sequence[str]) -> None:
    """Save the sample with a head that has a fixed weight for each label, in this order of labels."""
    import torch
    from transformers import AutoModelForSequenceClassification

    from pytest_glue.core.checkpoints import SAMPLE, Checkpoint
    from pytest_glue.training.pretrained import resolve

    sample = resolve(Checkpoint.parse(SAMPLE)).folder
    id2label = dict(enumerate(labels))
    model = AutoModelForSequenceClassification.from_pretrained(sample, id2label=id2label, num_labels=len(labels))
    for index, label in id2label.items():
        torch.manual_seed(ord(label[0]))
        model.classifier.weight.data[index] = torch.randn(model.config.hidden_size)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((sample / name).read_bytes())


def test_the_order_of_labels_does_not_matter(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """Checkpoints that differ only in the order of labels get the same scores, losses and predictions."""
    save_with_head(pytester.path / "tasks_order", ["negative", "positive"])
    save_with_head(pytester.path / "other_order", ["positive", "negative"])

    tiny(*TRAINS_NOTHING, "--glue-checkpoints=./tasks_order,./other_order").assert_outcomes(passed=2)

    other, tasks = report()["results"]
    assert ["other_order", "tasks_order"] == [Path(each["checkpoint"]["name"]).name for each in (other, tasks)]
    assert tasks["metrics"] == other["metrics"]
    assert 0 < tasks["score"] < 1
    assert (
        pytest.approx(tasks["runs"][0]["history"][0]["evaluation_loss"])
        == (other["runs"][0]["history"][0]["evaluation_loss"])
    )


def test_other_labels_are_refused(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """A head with other label names is an error of the item that shows both lists."""
    save_with_head(pytester.path / "model", ["entailment", "not_entailment"])

    tiny(*TRAINS_NOTHING, "--glue-checkpoints=./model").assert_outcomes(errors=1)

    (error,) = report()["errors"]
    assert "['entailment', 'not_entailment']" in error["message"]
    assert "['negative', 'positive']" in error["message"]


def test_a_new_head_is_asked_for(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """With head = new in marker, table or flag, such a head is dropped: the note, the recipe and the cache show it."""
    save_with_head(pytester.path / "model", ["entailment", "not_entailment"])
    pytester.makepyfile(
        test_suite="""
        import pytest

        @pytest.mark.glue(head="new")
        def test_marked(glue_evaluation):
            glue_evaluation.check()
        """
    )
    tiny(*TRAINS_NOTHING, "--glue-checkpoints=./model").assert_outcomes(passed=1)
    (marked,) = report()["results"]
    assert (
        "head: new, as asked for, in place of its own head for the labels ['entailment', 'not_entailment']"
        in marked["notes"]
    )
    assert "new" == marked["recipe"]["head"]

    pytester.makepyfile(test_suite="def test_glue(glue_evaluation):\n    glue_evaluation.check()\n")
    pytester.makepyprojecttoml('[tool.pytest_glue]\nhead = "new"\n')
    tiny(*TRAINS_NOTHING, "--glue-checkpoints=./model").assert_outcomes(passed=1)
    (cached,) = report()["results"]
    assert cached["runs"][0]["cached"]
    assert set(marked["notes"]) <= set(cached["notes"])

    tiny(*TRAINS_NOTHING, "--glue-checkpoints=./model", "--glue-head=keep").assert_outcomes(errors=1)
