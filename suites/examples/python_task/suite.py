"""A task in Python, which conftest.py registers: does a hypothesis alone give its label away?

pytest suites/examples/python_task/suite.py --glue-checkpoints=bert-base-uncased
"""

import pytest

from pytest_glue.evaluation import Evaluation


@pytest.mark.glue(tasks=["rte-hypothesis"])
def test_the_hypothesis_alone_is_not_enough(glue_evaluation: Evaluation) -> None:
    """A model that beats chance without the premises learned from artefacts of the data."""
    assert glue_evaluation.verdict != "pass", glue_evaluation.reason
