"""Golden examples: misses, the share that is allowed, and the sentence."""

from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.errors import DataError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE, Kind, Task
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.golden import GoldenCriteria
from tests.factories import RTE_LABELS, make_run, make_runs

TASK = replace(GLUE["sst2"], name="tickets", labels=("refund", "billing", "other"), golden="golden.csv")
TEXTS = (("give it back",), ("who pays?",), ("hello",), ("x" * 100,))
LABELS = (0.0, 1.0, 2.0, 0.0)


def predicting(*predictions: tuple[float, ...]) -> list[Run]:
    return [make_run(seed=seed, golden_predictions=each) for seed, each in enumerate(predictions, 42)]


def criteria(
    task: Task = TASK, labels: tuple[float, ...] = LABELS, positions: tuple[int, ...] = (0, 1, 2, 3)
) -> GoldenCriteria:
    return GoldenCriteria(task, TEXTS[: len(labels)], labels, positions)


def test_right_predictions() -> None:
    result = criteria().judge(predicting(LABELS, LABELS))
    assert (4, 1.0, 0, (), False) == (result.n_examples, result.share, result.n_missed, result.misses, result.failed)


def test_misses_are_grouped_by_what_is_predicted() -> None:
    result = criteria().judge(predicting((0, 2, 2, 0), (1, 2, 2, 0), (2, 1, 2, 0)))
    assert [(0, "refund", "billing", (43,)), (0, "refund", "other", (44,)), (1, "billing", "other", (42, 43))] == [
        (each.example, each.expected, each.predicted, each.seeds) for each in result.misses
    ]
    assert (2, 0.5, True) == (result.n_missed, result.share, result.failed)


def test_misses_are_named_in_the_order_of_the_file() -> None:
    """Runs predict the examples in another order, that of their texts."""
    result = criteria(positions=(2, 0, 3, 1)).judge(predicting((1, 2, 2, 1)))
    assert [(0, "billing"), (1, "refund"), (2, "refund")] == [(each.example, each.expected) for each in result.misses]
    assert [TEXTS[1], TEXTS[3], TEXTS[0]] == [each.texts for each in result.misses]


@pytest.mark.parametrize(("least", "failed"), [(1.0, True), (0.76, True), (0.75, False), (0.5, False), (0.0, False)])
def test_a_share_may_be_allowed(least: float, failed: bool) -> None:  # noqa: FBT001
    """Every run has to predict this share right; which examples it misses does not matter."""
    result = criteria(replace(TASK, golden_min=least)).judge(predicting((1, 1, 2, 0), (0, 1, 2, 1)))
    assert (0.75, 2, failed) == (result.share, result.n_missed, result.failed)


def test_numbers_within_the_tolerance_are_right() -> None:
    task = replace(GLUE["stsb"], golden="golden.csv")
    result = criteria(task, (3.0, 1.0)).judge(predicting((3.5, 0.5), (2.49, 1.0)))
    assert [("3.000", "2.490", (43,))] == [(each.expected, each.predicted, each.seeds) for each in result.misses]
    wider = criteria(replace(task, golden_tolerance=0.6), (3.0, 1.0)).judge(predicting((3.5, 0.5), (2.49, 1.0)))
    assert () == wider.misses


def test_sets_of_labels() -> None:
    task = replace(TASK, kind=Kind.MULTI_LABEL)
    result = criteria(task, (5.0, 0.0)).judge(predicting((1, 2)))
    assert [("refund, other", "refund"), ("no label", "billing")] == [
        (each.expected, each.predicted) for each in result.misses
    ]


@pytest.mark.parametrize(("prediction", "name"), [(float("nan"), "no number"), (3.0, "another label")])
def test_what_is_no_label_is_a_miss(prediction: float, name: str) -> None:
    result = criteria(labels=(0.0,)).judge(predicting((prediction,)))
    assert [name] == [each.predicted for each in result.misses]


def test_another_number_of_predictions() -> None:
    with pytest.raises(DataError, match=r"has 4 golden examples in golden.csv, and the run with seed 42 predicted 3"):
        criteria().judge(predicting((0, 1, 2)))


def judge(*predictions: tuple[float, ...], evaluate_only: bool = False, **changes: Any) -> Any:
    task = replace(GLUE["rte"], golden="golden.csv", **changes)
    runs = make_runs("rte", RTE_LABELS, *[50 for _ in predictions])
    runs = [replace(run, golden_predictions=each) for run, each in zip(runs, predictions, strict=True)]
    texts = tuple((f"text {i}", "b") for i in range(5))
    golden = GoldenCriteria(task, texts, (0.0,) * 5, tuple(range(5)), place=lambda index: f"golden.csv:{index + 2}")
    return Criteria(task, "a/b", {}, golden=golden, evaluate_only=evaluate_only).judge(runs, RTE_LABELS)


def test_a_miss_fails_the_item() -> None:
    judgement = judge((0, 0, 0, 0, 1), (0, 0, 0, 0, 1))
    assert Verdict.FAIL is judgement.verdict
    assert judgement.reason.startswith(
        "rte · a/b: 1 of 5 golden examples predicted wrong: golden.csv:6 expected entailment, predicted not_entailment "
        "(seeds 42 and 43); accuracy 0.819 > the chance level 0.527 ("
    )


def test_texts_may_be_confidential() -> None:
    """A miss has its text for terminal and page; sentence and notes, which all reports have, name its place."""
    shown = criteria().judge(predicting((0, 1, 2, 1)))
    hidden = replace(criteria(), shows_texts=False).judge(predicting((0, 1, 2, 1)))
    assert [[TEXTS[3]], [()]] == [[each.texts for each in result.misses] for result in (shown, hidden)]
    judgement = judge((0, 0, 0, 0, 1))
    assert judgement.golden is not None
    assert [("text 4", "b")] == [each.texts for each in judgement.golden.misses]
    assert "text 4" not in repr((judgement.reason, judgement.notes))


def test_a_sentence_names_some_of_many_misses() -> None:
    judgement = judge((1, 1, 1, 1, 1), golden_min=0.9)
    assert judgement.reason.startswith(
        "rte · a/b: 5 of 5 golden examples predicted wrong, and at least 90 % of them must be right in every run: "
        "golden.csv:2 expected entailment, "
    )
    assert "; and 2 more, in the JSON report (--glue-json); accuracy " in judgement.reason


def test_allowed_misses_are_a_note() -> None:
    judgement = judge((0, 0, 0, 0, 1), golden_min=0.8)
    assert Verdict.PASS is judgement.verdict
    (note,) = (each for each in judgement.notes if "golden" in each)
    assert note.startswith("1 of 5 golden examples predicted wrong, and at least 80 % ")
    assert note.endswith("; golden_min allows it")


def test_a_run_that_failed_to_train_is_left_out() -> None:
    """Its failure is said, and the item's comparison judges the share of such runs."""
    good = replace(make_runs("rte", RTE_LABELS, 50)[0], golden_predictions=(0.0,) * 5)
    constant = replace(make_run(seed=43), predictions=(1.0,) * len(RTE_LABELS), golden_predictions=(1.0,) * 5)
    task = replace(GLUE["rte"], golden="golden.csv")
    golden = GoldenCriteria(task, tuple((f"text {i}", "b") for i in range(5)), (0.0,) * 5, tuple(range(5)))
    judgement = Criteria(task, "a/b", {"accuracy": 0.5}, golden=golden).judge([good, constant], RTE_LABELS)
    assert judgement.golden is not None
    assert (Verdict.PASS, ()) == (judgement.verdict, judgement.golden.misses)


def test_a_run_may_not_end_early_where_there_are_golden_examples() -> None:
    assert Criteria(TASK, "a/b", {"accuracy": 0.6}, golden=criteria()).target_score((0.0, 1.0, 2.0)) is None


def test_golden_examples_that_do_not_fail_have_a_note() -> None:
    """Also where all are right; a share is exact, and a checkpoint that is evaluated only has no seed to be named."""
    right = judge((0.0,) * 5)
    assert "golden examples: 5 of 5 predicted right" in right.notes
    missed = judge((0.0, 1.0, 1.0, 1.0, 1.0), golden_min=0.2)
    assert 0.2 == missed.golden.share
    assert "(seed 42)" in missed.notes[-1]
    fixed = judge((0.0, 1.0, 1.0, 1.0, 1.0), evaluate_only=True)
    assert "seed" not in fixed.reason.partition(";")[0]
