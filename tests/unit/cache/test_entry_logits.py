"""Logits in cache entries."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from pytest_glue.cache.entry import Entry, EntryError
from pytest_glue.core.tasks import GLUE
from pytest_glue.statistics.logits import encode_logits
from tests.factories import make_entry

LOGITS = np.array([[2.0, -1.0], [0.5, 1.0], [1.0, 0.0]])
METRICS = ("roc_auc", "accuracy")


def entry(metrics: tuple[str, ...] = METRICS, **changes: Any) -> Entry:
    """Return an entry of three examples, the last of which is wrong."""
    plain = make_entry()
    scores = {"roc_auc": 1.0, "accuracy": 2 / 3}
    run = replace(plain.run, logits=encode_logits(LOGITS), metrics={name: scores[name] for name in metrics}, history=())
    task = asdict(replace(GLUE["rte"], metrics=metrics))
    return replace(plain, key=replace(plain.key, task=task), run=replace(run, **changes))


def test_logits_are_read_back() -> None:
    """They are equal afterwards, and so is the score that is computed from them."""
    back = Entry.from_bytes(entry().to_bytes())
    back.check_scores()
    assert back.run == entry().run


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logits": None}, "its logits are not 6 numbers"),
        ({"logits": encode_logits(LOGITS[:2])}, "its logits are not 6 numbers"),
        ({"logits": encode_logits(-LOGITS)}, "its roc_auc is 1.0, and that of its predictions is 0"),
        ({"logits": encode_logits(LOGITS * np.nan)}, "its logits are not finite where its predictions are"),
        ({"logits": f"%{encode_logits(LOGITS)[1:]}"}, "logits are no float32 in base64"),
        ({"logits": 5}, "Expected `str"),
    ],
)
def test_damaged_logits_are_refused(changes: dict[str, Any], message: str) -> None:
    """Missing, too few, others', not finite and no text at all: each is damage."""
    with pytest.raises(EntryError, match=f"is damaged: .*{message}"):
        Entry.from_bytes(entry(**changes).to_bytes()).check_scores()


def test_logits_that_no_metric_needs_are_refused() -> None:
    """A run keeps logits only where a metric of its task needs them."""
    with pytest.raises(EntryError, match="its logits are not 0 numbers"):
        Entry.from_bytes(entry(("accuracy",)).to_bytes())
