"""The examples of a search: one part of the training data to train on, and another to score trials on."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Kind
from pytest_glue.statistics.stratification import strata

HELD_OUT_SHARE = 0.2
"""Fraction of the training data."""
MAX_HELD_OUT = 1000
"""More examples would not help: scores of trials then differ by their training, not by sampling error."""


@dataclass(frozen=True, slots=True)
class Part:
    """Indices of training examples, sorted."""

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]
    """Disjoint from `train`."""


def split(labels: Any, fraction: float, seed: int, kind: Kind | None) -> Part:
    """Return a stratified choice of examples for a search.

    Args:
        labels: labels of the training data, shape (n,): class ids, numbers, or numbers whose bits are labels.
        fraction: of the training data to train on; at most all examples that are not held out.
        seed: of the random choice.
        kind: of the task.

    Raises:
        DataError: a part is so small that a class is missing from it.
    """
    from sklearn.model_selection import train_test_split

    values = np.asarray(labels)
    everything = np.arange(len(values))
    held = min(round(HELD_OUT_SHARE * len(values)), MAX_HELD_OUT)
    train = min(round(fraction * len(values)), len(values) - held)
    if train == 0 or held == 0:
        raise DataError(_too_few(f"{train} to train on and {held} to score on", fraction, len(values)))
    try:
        chosen, held_out = train_test_split(
            everything, train_size=train, test_size=held, stratify=strata(values, kind), random_state=seed
        )
    except ValueError as error:
        raise DataError(_too_few(str(error), fraction, len(values))) from None
    if kind is Kind.CLASSIFICATION:
        for part, what in ((chosen, "to train on"), (held_out, "to score on")):
            if missing := sorted(set(Counter(values.tolist())) - set(values[part].tolist())):
                raise DataError(
                    _too_few(f"class {missing[0]} is not among the {len(part)} {what}", fraction, len(values))
                )
    return Part(np.sort(chosen), np.sort(held_out))


def _too_few(cause: str, fraction: float, count: int) -> str:
    return (
        f"the search has too few examples with {fraction:g} of {count} training examples: {cause}; "
        "raise --glue-search-fraction or --glue-max-train-samples"
    )
