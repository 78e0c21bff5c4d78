"""Baselines: encoding, decoding and the errors of damaged ones."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE, Kind, Task
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import decode_baseline, encode_baseline
from tests.factories import CHECKPOINT, DIGEST, RTE_LABELS, make_baseline, make_evaluation, make_runs, make_scored_run

RunSource = Callable[..., list[Run]]
Make = Callable[..., Baseline]


@pytest.fixture
def recorded() -> Baseline:
    """A baseline of RTE with three seeds."""
    return make_baseline(make_runs("rte", RTE_LABELS, 80, 84, 88))


def refused(plain: Any) -> str:
    """Return the error message of content that is not a baseline."""
    with pytest.raises(BaselineError) as caught:
        decode_baseline(plain)
    return str(caught.value)


def test_round_trip(recorded: Baseline) -> None:
    """A baseline survives encoding to JSON and back."""
    assert recorded == decode_baseline(json.loads(json.dumps(encode_baseline(recorded))))


def test_round_trip_of_a_regression_task() -> None:
    """Predictions of a regression are recorded with four decimals."""
    gold = tuple(number / 9 for number in range(9))
    run = make_scored_run("stsb", [label + 0.123456 * (-1) ** index for index, label in enumerate(gold)], gold)
    evaluated = make_evaluation([run], task="stsb", n_eval=9, references=gold)
    baseline = Baseline.of(evaluated, GLUE["stsb"], {}, {})
    back = decode_baseline(json.loads(json.dumps(encode_baseline(baseline))))
    assert tuple(round(value, 4) for value in run.predictions) == back.runs[0].predictions
    assert gold == back.references  # with all digits
    assert (True, "pearson") == (back.is_regression, back.headline_metric)


@pytest.mark.parametrize(
    ("task", "predictions"),
    [
        (replace(GLUE["rte"], name="intents", labels=tuple(map(str, range(40)))), (0.0, 39.0, 12.0)),
        (replace(GLUE["rte"], name="topics", labels=("a", "b", "c"), kind=Kind.MULTI_LABEL), (0.0, 7.0, 5.0)),
    ],
    ids=["40 classes", "sets of labels"],
)
def test_round_trip_of_an_own_task(task: Task, predictions: tuple[float, ...]) -> None:
    """More classes than there are digits, and sets of labels, are recorded with the labels."""
    run = replace(make_runs("rte", (0.0, 1.0, 1.0), 1)[0], predictions=predictions)
    baseline = Baseline.of(make_evaluation([run], task=task.name, n_eval=3, references=predictions), task, {}, {})
    back = decode_baseline(json.loads(json.dumps(encode_baseline(baseline))))
    assert (predictions, predictions, task.labels) == (back.runs[0].predictions, back.references, back.labels)
    assert task.is_multi_label == back.is_multi_label


def test_what_is_recorded(recorded: Baseline) -> None:
    """Score, seeds, split, recipe and digests of an evaluation are recorded under stable names."""
    plain = encode_baseline(recorded)
    assert [
        *("schema_version", "task", "checkpoint", "headline_metric", "is_regression", "evaluation_split", "n_train"),
        *("n_eval", "data_digest", "recipe", "libraries", "visible_drops", "runs", "search", "references"),
    ] == list(plain)
    assert RTE_LABELS == recorded.references
    assert (42, 43, 44) == recorded.seeds
    assert recorded.score == pytest.approx(193 / 277)
    assert ("validation", 2490, 277, DIGEST) == (
        recorded.evaluation_split,
        recorded.n_train,
        recorded.n_eval,
        recorded.data_digest,
    )
    assert {"seed", "metrics", "predictions"} == plain["runs"][0].keys()
    assert CHECKPOINT == recorded.checkpoint


@pytest.mark.parametrize("plain", [None, [], 3, "{}", {}, {"task": "rte"}])
def test_content_that_is_not_a_baseline(plain: Any) -> None:
    """Other JSON is refused as not a baseline."""
    assert "it is not a baseline of pytest-glue: it has no schema_version" == refused(plain)


@pytest.mark.parametrize("version", [2, 0, "1", None])
def test_another_schema_version(recorded: Baseline, version: Any) -> None:
    """A baseline of another schema version is refused with both versions and the remedy."""
    assert (
        f"it has schema version {version!r} and this pytest-glue reads 1: "
        "install the version that wrote it, or record it again"
    ) == refused({**encode_baseline(recorded), "schema_version": version})


@pytest.mark.parametrize("name", ["task", "runs", "n_eval", "checkpoint", "recipe", "is_regression", "visible_drops"])
def test_a_field_that_is_missing(recorded: Baseline, name: str) -> None:
    """A missing field is named."""
    plain = encode_baseline(recorded)
    del plain[name]
    message = refused(plain)
    assert message.startswith("it is incomplete or was edited: ")
    assert name in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("extra", 1),
        ("runs", 3),
        ("runs", [3]),
        ("runs", [{"seed": 42}]),
        ("runs", {}),
        ("checkpoint", None),
        ("checkpoint", {"name": "a", "origin": "moon"}),
        ("recipe", 3),
        ("recipe", ["num_train_epochs"]),
        ("visible_drops", 0.1),
        ("visible_drops", {"three": 0.1}),
        ("visible_drops", {"3": "much"}),
        ("libraries", None),
        ("task", 3),
        ("headline_metric", None),
        ("data_digest", 12),
        ("n_eval", "277"),
        ("n_train", None),
        ("is_regression", "no"),
    ],
)
def test_a_value_of_the_wrong_type(recorded: Baseline, name: str, value: Any) -> None:
    """A value of the wrong type is refused with a sentence."""
    assert refused({**encode_baseline(recorded), name: value}).startswith(("it ", "its "))


def test_no_runs(recorded: Baseline) -> None:
    """A baseline without runs is refused."""
    assert "it holds no runs" == refused({**encode_baseline(recorded), "runs": []})


def test_a_seed_twice(recorded: Baseline) -> None:
    """A seed that occurs twice is refused: the same run twice is not more evidence."""
    plain = encode_baseline(recorded)
    plain["runs"][2]["seed"] = 42
    assert "it holds a seed twice: [42, 43, 42]" == refused(plain)


@pytest.mark.parametrize(("lines", "count"), [(["0101"], 4), ([], 0)])
def test_another_number_of_predictions(recorded: Baseline, lines: list[str], count: int) -> None:
    """A wrong number of predictions is refused with the seed and both numbers."""
    plain = encode_baseline(recorded)
    plain["runs"][1]["predictions"] = lines
    assert f"it says n_eval 277 and holds {count} predictions of seed 43" == refused(plain)


@pytest.mark.parametrize("score", ["none", 61.4, "0.6", float("nan"), True])
def test_a_value_that_is_not_a_score(recorded: Baseline, score: Any) -> None:
    """A score that is out of range or not a number is refused with its seed."""
    plain = encode_baseline(recorded)
    plain["runs"][0]["metrics"]["accuracy"] = score
    assert f"its accuracy of seed 42 is {score!r}, which is not a score" == refused(plain)


def test_predictions_of_unlabelled_texts(recorded: Baseline) -> None:
    """They are recorded in lines as the others are, and survive; a baseline without them has no such fields."""
    runs = [replace(run, unlabelled_predictions=(0.0, 1.0) * 60) for run in make_runs("rte", RTE_LABELS, 80, 84)]
    certified = Baseline.of(make_evaluation(runs, unlabelled_digest=DIGEST), GLUE["rte"], {}, {})
    plain = json.loads(json.dumps(encode_baseline(certified)))
    assert ["01" * 50, "01" * 10] == plain["runs"][0]["unlabelled_predictions"]
    assert certified == decode_baseline(plain)
    assert "unlabelled" not in json.dumps(encode_baseline(recorded))


@pytest.mark.parametrize("lines", [None, ["01"]], ids=["none", "short"])
def test_unlabelled_predictions_that_do_not_fit(lines: Any) -> None:
    """Runs without, or with other numbers of predictions than the others, are refused."""
    runs = [replace(run, unlabelled_predictions=(0.0, 1.0, 1.0)) for run in make_runs("rte", RTE_LABELS, 80, 84)]
    plain = encode_baseline(make_baseline(runs, unlabelled_digest=DIGEST))
    plain["runs"][1]["unlabelled_predictions"] = lines
    assert "its predictions of unlabelled texts and their digest do not match" == refused(plain)
    del plain["unlabelled_digest"]
    assert "its predictions of unlabelled texts and their digest do not match" == refused(plain)


def test_unlabelled_predictions_that_are_empty() -> None:
    """Runs none of which has a prediction are refused, because nothing could be certified with them."""
    runs = [replace(run, unlabelled_predictions=(0.0, 1.0, 1.0)) for run in make_runs("rte", RTE_LABELS, 80, 84)]
    plain = encode_baseline(make_baseline(runs, unlabelled_digest=DIGEST))
    plain["runs"][0]["unlabelled_predictions"] = []
    decode_baseline(plain)
    plain["runs"][1]["unlabelled_predictions"] = []
    assert "its predictions of unlabelled texts are empty for every run" == refused(plain)
