"""Contents of cache entries that no run has: refused although the digest is right."""

from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.cache.entry import Entry, EntryError
from pytest_glue.core.runs import Epoch
from tests.factories import make_entry

ODD = [2.0, -0.5, 1e308, float("nan"), float("inf"), True, "0.5", None, [0.5], 0.5]
"""Values of an accuracy of 2/3 in a file that somebody has edited and sealed again."""


def sealed(**changes: Any) -> bytes:
    """Return an entry's bytes with other values of its run or conditions."""
    entry = make_entry()
    run = replace(entry.run, **{name: value for name, value in changes.items() if hasattr(entry.run, name)})
    others = {name: value for name, value in changes.items() if hasattr(entry.conditions, name)}
    return replace(entry, run=run, conditions=replace(entry.conditions, **others)).to_bytes()


@pytest.mark.parametrize("score", ODD, ids=repr)
def test_a_score_is_that_of_the_predictions(score: Any) -> None:
    """Any other value of the metric is refused, and a message names both."""
    message = r"^is damaged: (its accuracy is .*predictions is 0\.666667|it has the accuracy|Expected `float)"
    with pytest.raises(EntryError, match=message):
        Entry.from_bytes(sealed(metrics={"accuracy": score})).check_scores()


@pytest.mark.parametrize(
    "changes",
    [
        {"metrics": {}},
        {"metrics": {"accuracy": 2 / 3, "f1": 0.5}},
        {"predictions": (0.0, 1.0, 7.0)},
        {"predictions": (0.0, 1.0, 0.5)},
        {"predictions": (0.0, 1.0, True)},
        {"references": (0.0, 1.0, float("nan"))},
        {"references": (0.0, 1.0, -1.0)},
        {"duration_s": -1.0},
        {"duration_s": float("nan")},
        {"duration_s": "long"},
        {"history": (Epoch(1.0, float("inf"), None, {}),)},
        {"history": (Epoch(1.0, None, None, {"accuracy": 2.0}),)},
        {"history": (Epoch(1.0, None, None, {"accuracy": float("nan")}),)},
        {"history": (Epoch(float("nan"), None, None, {}),)},
        {"n_eval": 4},
        {"n_train": "all"},
    ],
    ids=str,
)
def test_values_that_no_run_has(changes: dict[str, Any]) -> None:
    """Classes that the task does not have, and numbers out of their range or of another type, are refused."""
    with pytest.raises(EntryError, match=r"^is damaged: "):
        Entry.from_bytes(sealed(**changes))


def test_scores_that_do_not_exist() -> None:
    """An infinite prediction, as of a model that diverged, has no score: that entry is read."""
    diverged = {"predictions": (0.0, 1.0, float("inf")), "metrics": {"accuracy": None}, "history": ()}
    Entry.from_bytes(sealed(**diverged)).check_scores()
    with pytest.raises(EntryError, match=r"its accuracy is 0\.5, and that of its predictions is undefined"):
        Entry.from_bytes(sealed(**{**diverged, "metrics": {"accuracy": 0.5}})).check_scores()


@pytest.mark.parametrize("task", [{}, {"name": "rte"}, {"name": 1}], ids=str)
def test_a_key_without_a_task(task: dict[str, Any]) -> None:
    """The task of a key is checked before anything reads its fields."""
    entry = make_entry()
    with pytest.raises(EntryError, match=r"^is damaged: "):
        Entry.from_bytes(replace(entry, key=replace(entry.key, task=task)).to_bytes())
