"""The order of a model's labels, with real configurations."""

from dataclasses import replace

import pytest
from transformers import BertConfig

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import GLUE, Kind
from pytest_glue.training.head import has_head, plan_evaluation, plan_head, require_head


def config(*names: str, architecture: str = "BertForSequenceClassification") -> BertConfig:
    """Return the configuration of a checkpoint with these labels."""
    return BertConfig(id2label=dict(enumerate(names)), architectures=[architecture])


@pytest.mark.parametrize(
    ("task", "names", "expected"),
    [
        ("rte", ("entailment", "not_entailment"), (0, 1)),
        ("rte", ("not_entailment", "entailment"), (1, 0)),
        ("mnli", ("CONTRADICTION", "NEUTRAL", "ENTAILMENT"), (2, 1, 0)),
        ("mnli", ("contradiction", "entailment", "neutral"), (1, 2, 0)),
        ("mrpc", ("Not Equivalent", "equivalent"), (0, 1)),
        ("qqp", ("duplicate", "not-duplicate"), (1, 0)),
        ("rte", ("LABEL_0", "LABEL_1"), (0, 1)),
        ("mnli", ("positive", "negative"), (0, 1, 2)),
        ("stsb", ("positive", "negative"), ()),
    ],
    ids=["same", "swapped", "upper-case", "permuted", "spaces", "hyphens", "generic", "other-number", "regression"],
)
def test_the_models_ids_of_the_tasks_labels(task: str, names: tuple[str, ...], expected: tuple[int, ...]) -> None:
    """The names decide if they are the task's. Generic names, and a head that is replaced, keep the task's order."""
    assert expected == plan_head(config(*names), GLUE[task], "a/b").label_ids


def test_labels_that_differ_in_case_only() -> None:
    """Exact names decide first."""
    task = replace(GLUE["rte"], labels=("a", "A", "c"))
    assert (2, 1, 0) == plan_head(config("c", "A", "a"), task, "a/b").label_ids


def test_an_encoder_without_a_head_has_no_label_names() -> None:
    """Label names in the configuration of an encoder without a head are ignored."""
    names = config("positive", "negative", architecture="BertModel")
    assert (0, 1) == plan_head(names, GLUE["rte"], "a/b").label_ids


@pytest.mark.parametrize(
    "names", [("positive", "negative"), ("entailment", "LABEL_1"), ("entailment", "Entailment")], ids="-".join
)
def test_other_names_are_rejected_with_both_lists(names: tuple[str, ...]) -> None:
    """A head for other labels of the same number is rejected; the message has both lists and the remedy."""
    with pytest.raises(CheckpointError) as caught:
        plan_head(config(*names), GLUE["rte"], "a/b")
    assert str(caught.value) == (
        f"a/b has a head for the labels {list(names)}, and rte has ['entailment', 'not_entailment']: these cannot be "
        "mapped. Set id2label in its config.json to the task's labels, or train a new head with --glue-head=new"
    )


@pytest.mark.parametrize(
    ("architectures", "expected"),
    [(["BertForSequenceClassification"], True), (["BertForMaskedLM"], False), ([], False), (None, False)],
)
def test_a_head_is_known_by_the_architecture(architectures: list[str] | None, *, expected: bool) -> None:
    """A checkpoint has a head if its architecture is a sequence classifier."""
    assert expected is has_head(BertConfig(architectures=architectures))


@pytest.mark.parametrize(
    ("task", "names", "expected"),
    [
        ("rte", ("not_entailment", "entailment"), (1, 0)),
        ("rte", ("LABEL_0", "LABEL_1"), (0, 1)),
        ("rte", ("contradiction", "entailment", "neutral", "Not Entailment"), (1, 3)),
        ("stsb", ("LABEL_0",), ()),
    ],
    ids=["swapped", "generic", "more-labels", "regression"],
)
def test_a_head_that_is_evaluated(task: str, names: tuple[str, ...], expected: tuple[int, ...]) -> None:
    """A head may have more labels than the task; a note names them."""
    plan = plan_evaluation(config(*names), GLUE[task], "a/b")
    assert (expected, True) == (plan.label_ids, plan.is_required)
    others = "head: the checkpoint's own, with labels that rte lacks (contradiction, neutral); these count as wrong"
    generic = "head: its labels have no names, and are taken in the task's order (entailment, not_entailment)"
    notes = {"contradiction": others, "LABEL_0": "" if task == "stsb" else generic}
    assert notes.get(names[0], "") == plan.note


@pytest.mark.parametrize(
    ("kind", "problem"),
    [(Kind.CLASSIFICATION, "multi_label_classification"), (Kind.MULTI_LABEL, "single_label_classification")],
)
def test_a_head_that_was_trained_for_another_problem(kind: Kind, problem: str) -> None:
    """Its outputs mean something else: the largest one is predicted, or each that is above zero."""
    task, saved = replace(GLUE["rte"], kind=kind), config("entailment", "not_entailment")
    assert plan_evaluation(saved, task, "a/b").is_kept
    saved.update({"problem_type": problem})
    with pytest.raises(CheckpointError, match=f"a/b was trained for problem_type '{problem}', and rte is a task of"):
        plan_evaluation(saved, task, "a/b")


@pytest.mark.parametrize(
    ("task", "names", "wanted"),
    [
        ("rte", ("positive", "negative"), "has the labels ['entailment', 'not_entailment']"),
        ("rte", ("LABEL_0", "LABEL_1", "LABEL_2"), "has the labels ['entailment', 'not_entailment']"),
        ("rte", ("entailment",), "has the labels ['entailment', 'not_entailment']"),
        ("mnli", ("entailment", "not_entailment"), "has the labels ['entailment', 'neutral', 'contradiction']"),
        ("stsb", ("positive", "negative"), "is a regression, which needs a single output"),
    ],
    ids=["other", "generic-and-more", "fewer", "another-task", "regression"],
)
def test_a_head_that_lacks_a_label_is_rejected_with_both_lists(task: str, names: tuple[str, ...], wanted: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        plan_evaluation(config(*names), GLUE[task], "a/b")
    expected = f"a/b has a head for the labels {list(names)}, and {task} {wanted}: these cannot be mapped. "
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize("architecture", ["BertModel", "BertForTokenClassification"])
def test_a_checkpoint_without_a_classification_head_is_not_evaluated(architecture: str) -> None:
    """But a model of the user's own may have one: its labels are in the task's order."""
    encoder = config("a", "b", architecture=architecture)
    assert (0, 1) == plan_evaluation(encoder, GLUE["rte"], "a/b").label_ids
    with pytest.raises(CheckpointError, match=rf"a/b has no classification head \({architecture}\)"):
        require_head(encoder, "a/b")


def test_probabilities_need_a_head_without_other_labels() -> None:
    """Without the others, they would be too high; of sets of labels, each has a probability of its own."""
    more = config("entailment", "neutral", "not_entailment")
    task = replace(GLUE["rte"], metrics=("accuracy", "log_loss"))
    with pytest.raises(CheckpointError, match=r"lacks \(neutral\), .* needs probabilities"):
        plan_evaluation(more, task, "a/b")
    assert (0, 2) == plan_evaluation(more, replace(task, kind=Kind.MULTI_LABEL), "a/b").label_ids
    assert (0, 1) == plan_evaluation(config("entailment", "not_entailment"), task, "a/b").label_ids
