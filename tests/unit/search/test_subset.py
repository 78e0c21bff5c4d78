"""The examples of a search: a share of every class, and none of them twice."""

import numpy as np
import pytest

from pytest_glue.core.errors import DataError
from pytest_glue.search.subset import MAX_HELD_OUT, split

LABELS = np.array([0] * 300 + [1] * 700)


@pytest.mark.parametrize(
    ("fraction", "train"), [(0.1, 100), (0.5, 500), (0.9, 800), (1.0, 800)], ids=["tenth", "half", "most", "all"]
)
def test_sizes(fraction: float, train: int) -> None:
    """A trial has the fraction of all training examples, or what the fifth that is held out leaves of them."""
    part = split(LABELS, fraction, 42, is_regression=False)
    assert (train, 200) == (len(part.train), len(part.held_out))


def test_nothing_is_scored_that_was_trained_on() -> None:
    """The two parts have no example in common, and each is in the order of the data."""
    part = split(LABELS, 1.0, 42, is_regression=False)
    assert 1000 == len({*part.train.tolist(), *part.held_out.tolist()})
    assert (np.diff(part.train) > 0).all()
    assert (np.diff(part.held_out) > 0).all()


def test_classes_keep_their_shares() -> None:
    """Each class has the share in each part that it has in all."""
    part = split(LABELS, 0.1, 42, is_regression=False)
    assert (70, 140) == (LABELS[part.train].sum(), LABELS[part.held_out].sum())


def test_a_regression_keeps_its_spread() -> None:
    """Every tenth of a regression's labels has its share in a part."""
    labels = np.random.default_rng(0).permutation(np.linspace(0, 5, 400))
    part = split(labels, 0.1, 42, is_regression=True)
    assert [4] * 10 == np.histogram(labels[part.train], bins=10, range=(0, 5))[0].tolist()


def test_the_seed_chooses() -> None:
    """The same seed chooses the same examples, and another one others."""
    first, again, other = (split(LABELS, 0.1, seed, is_regression=False).train.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_much_data_is_not_all_held_out() -> None:
    """Of much data no more is held out than it takes to tell trials apart."""
    part = split(np.arange(20_000) % 2, 0.1, 42, is_regression=False)
    assert (2000, MAX_HELD_OUT) == (len(part.train), len(part.held_out))


@pytest.mark.parametrize(
    ("labels", "fraction"),
    [([0] * 500 + [1] * 2, 0.01), ([0] * 500 + [1], 0.5), ([0, 1], 0.1), ([0, 1, 0, 1], 1.0)],
    ids=["vanishes", "one example", "two", "four"],
)
def test_too_few_examples(labels: list[int], fraction: float) -> None:
    """Where a class would be missing from a part, that is an error that names fraction, number and remedy."""
    with pytest.raises(DataError, match=rf"with {fraction:g} of {len(labels)} .*raise --glue-search-fraction"):
        split(np.array(labels), fraction, 42, is_regression=False)
