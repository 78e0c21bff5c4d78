"""Fixtures over `factories`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.study import Study
from pytest_glue.reports.json import document
from pytest_glue.reports.view import as_written
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


@pytest.fixture
def report_of(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Make the report of evaluations, as read from its file."""

    def make(*evaluations: Evaluation, errors: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
        asked = combine([OptionSource("{name}", {"data": "sample", **options}, tmp_path)])
        family = Family(len(evaluations) + len(errors or {}))
        return dict(as_written(document(asked, evaluations, errors or {}, tmp_path, family)))

    return make
