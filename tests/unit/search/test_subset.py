"""The examples of a search: stratified and disjoint."""

import numpy as np
import pytest

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Kind
from pytest_glue.search.subset import MAX_HELD_OUT, split

LABELS = np.array([0] * 300 + [1] * 700)


@pytest.mark.parametrize(
    ("fraction", "train"), [(0.1, 100), (0.5, 500), (0.9, 800), (1.0, 800)], ids=["tenth", "half", "most", "all"]
)
def test_sizes(fraction: float, train: int) -> None:
    """A trial trains on the fraction of the training examples, at most on those that are not held out."""
    part = split(LABELS, fraction, 42, Kind.CLASSIFICATION)
    assert (train, 200) == (len(part.train), len(part.held_out))


def test_the_two_parts_are_disjoint() -> None:
    """The two parts have no example in common, and each is sorted."""
    part = split(LABELS, 1.0, 42, Kind.CLASSIFICATION)
    assert 1000 == len({*part.train.tolist(), *part.held_out.tolist()})
    assert (np.diff(part.train) > 0).all()
    assert (np.diff(part.held_out) > 0).all()


def test_classes_keep_their_shares() -> None:
    """Each class has the same share in each part as in the whole."""
    part = split(LABELS, 0.1, 42, Kind.CLASSIFICATION)
    assert (70, 140) == (LABELS[part.train].sum(), LABELS[part.held_out].sum())


def test_a_regression_is_stratified_by_deciles() -> None:
    """Each decile of a regression's labels has the same share in a part."""
    labels = np.random.default_rng(0).permutation(np.linspace(0, 5, 400))
    part = split(labels, 0.1, 42, Kind.REGRESSION)
    assert [4] * 10 == np.histogram(labels[part.train], bins=10, range=(0, 5))[0].tolist()


def test_sets_of_labels_are_stratified() -> None:
    """Each set of labels has the same share in a part, also if single examples have a set of their own."""
    labels = np.array([1] * 300 + [5] * 698 + [2, 4])
    part = split(labels, 0.1, 42, Kind.MULTI_LABEL)
    assert pytest.approx([30, 70], abs=1) == [(labels[part.train] == number).sum() for number in (1, 5)]


def test_the_seed_determines_the_choice() -> None:
    """The same seed chooses the same examples; another seed chooses others."""
    first, again, other = (split(LABELS, 0.1, seed, Kind.CLASSIFICATION).train.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_the_held_out_part_is_limited() -> None:
    """At most `MAX_HELD_OUT` examples are held out."""
    part = split(np.arange(20_000) % 2, 0.1, 42, Kind.CLASSIFICATION)
    assert (2000, MAX_HELD_OUT) == (len(part.train), len(part.held_out))


@pytest.mark.parametrize(
    ("labels", "fraction"),
    [([0] * 500 + [1] * 2, 0.01), ([0] * 500 + [1], 0.5), ([0, 1], 0.1), ([0, 1, 0, 1], 1.0)],
    ids=["vanishes", "one example", "two", "four"],
)
def test_too_few_examples(labels: list[int], fraction: float) -> None:
    """A part without one of the classes is an error that names fraction, number of examples and remedy."""
    with pytest.raises(DataError, match=rf"with {fraction:g} of {len(labels)} .*raise --glue-search-fraction"):
        split(np.array(labels), fraction, 42, Kind.CLASSIFICATION)
