"""The examples of a search: a part of the training data to train on, and another to score trials on."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_glue.core.errors import DataError

HELD_OUT_SHARE = 0.2
"""Of the training data."""
MAX_HELD_OUT = 1000
"""Beyond so many examples, scores of trials are told apart by their training and not by their scoring."""
STRATA = 10
"""Into which the labels of a regression are cut."""


@dataclass(frozen=True, slots=True)
class Part:
    """Positions of training examples, in their order."""

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]
    """No example of `train` is in it."""


def split(labels: Any, fraction: float, seed: int, *, is_regression: bool) -> Part:
    """Return the examples of a search, in which every label has its share.

    Args:
        labels: of the training data: shape (n,), class ids or numbers.
        fraction: of the training data to train on; where it leaves no room, whatever is not held out.
        seed: of the choice.
        is_regression: whether the labels are numbers; they are then stratified by deciles.

    Raises:
        DataError: so small a part that a class is missing from it.
    """
    from sklearn.model_selection import train_test_split

    values = np.asarray(labels)
    strata = _deciles(values) if is_regression else values
    everything = np.arange(len(values))
    held = min(round(HELD_OUT_SHARE * len(values)), MAX_HELD_OUT)
    train = min(round(fraction * len(values)), len(values) - held)
    if train == 0 or held == 0:
        raise DataError(_too_few(f"{train} to train on and {held} to score on", fraction, len(values)))
    try:
        chosen, held_out = train_test_split(
            everything, train_size=train, test_size=held, stratify=strata, random_state=seed
        )
    except ValueError as error:
        raise DataError(_too_few(str(error), fraction, len(values))) from None
    if not is_regression:
        for part, what in ((chosen, "to train on"), (held_out, "to score on")):
            if missing := sorted(set(Counter(values.tolist())) - set(values[part].tolist())):
                raise DataError(
                    _too_few(f"class {missing[0]} is not among the {len(part)} {what}", fraction, len(values))
                )
    return Part(np.sort(chosen), np.sort(held_out))


def _deciles(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return which tenth of the sorted labels each belongs to; fewer parts where there are few labels."""
    strata = max(min(STRATA, len(values) // 20), 1)
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return ranks * strata // len(values)


def _too_few(cause: str, fraction: float, count: int) -> str:
    return (
        f"the search has too few examples with {fraction:g} of {count} training examples: {cause}; "
        "raise --glue-search-fraction or --glue-max-train-samples"
    )
