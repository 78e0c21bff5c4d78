"""Documented alias of `pytest_glue.core.evaluation`, for type annotations in suites."""

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Epoch, Run, Scores
from pytest_glue.core.verdict import Verdict

__all__ = ["Epoch", "Evaluation", "Run", "Scores", "Verdict"]
