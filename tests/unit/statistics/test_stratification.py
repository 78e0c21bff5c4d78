"""Strata: classes, deciles, and sets of labels."""

import numpy as np

from pytest_glue.core.tasks import Kind
from pytest_glue.statistics.stratification import strata


def test_classes() -> None:
    """Equal labels are one stratum."""
    assert [0, 2, 1, 0] == strata([0, 7, 3, 0], Kind.CLASSIFICATION).tolist()


def test_deciles() -> None:
    """Ten groups of equal size; fewer of a short list."""
    labels = np.random.default_rng(0).permutation(200)
    assert [20] * 10 == np.bincount(strata(labels, Kind.REGRESSION)).tolist()
    assert [0] * 39 == strata(range(39), Kind.REGRESSION).tolist()


def test_rare_sets_are_one_stratum() -> None:
    """Two sets that one example has each are put together, since a stratum needs two examples."""
    found = strata([1, 1, 2, 4, 1], Kind.MULTI_LABEL)
    assert found[2] == found[3] != found[0] == found[1] == found[4]


def test_a_single_rare_set_joins_the_largest() -> None:
    found = strata([1, 1, 1, 5, 5, 2], Kind.MULTI_LABEL)
    assert found[5] == found[0] != found[3]
