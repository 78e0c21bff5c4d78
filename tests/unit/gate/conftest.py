"""Fixtures over `factories`."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Run
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.baseline import Baseline
from tests.factories import RTE_LABELS, make_baseline, make_evaluation, make_runs


@pytest.fixture
def rte() -> tuple[float, ...]:
    """RTE's labels."""
    return RTE_LABELS


@pytest.fixture
def runs() -> Callable[..., list[Run]]:
    """Make runs of a task, each with a given number of wrong predictions."""
    return make_runs


@pytest.fixture
def evaluation() -> Callable[..., Evaluation]:
    """Make a passing evaluation of RTE from its runs."""

    def make(runs: Sequence[Run], **changes: Any) -> Evaluation:
        passing = {"verdict": Verdict.PASS, "failed": False, "threshold": None, "notes": ()}
        return make_evaluation(runs, **{**passing, **changes})

    return make


@pytest.fixture
def baseline() -> Callable[..., Baseline]:
    """Make a baseline of RTE from its runs."""
    return make_baseline
