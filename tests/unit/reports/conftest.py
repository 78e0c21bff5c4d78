"""Fixtures over `factories`."""

from collections.abc import Callable

import pytest

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.study import Study
from tests.factories import make_evaluation, make_study


@pytest.fixture
def evaluation() -> Evaluation:
    """An evaluation of one run, which misses its threshold."""
    return make_evaluation()


@pytest.fixture
def study() -> Study:
    """A study with a trial in each state."""
    return make_study()


@pytest.fixture
def like() -> Callable[..., Evaluation]:
    """Make an evaluation that differs in the given fields."""
    return make_evaluation
