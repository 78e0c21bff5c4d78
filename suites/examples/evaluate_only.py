"""Evaluate only: a classifier that is already fine-tuned is scored as it is.

pytest suites/examples/evaluate_only.py --glue-tasks=sst2 --glue-checkpoints=textattack/bert-base-uncased-SST-2
"""

import pytest

from pytest_glue.evaluation import Evaluation


@pytest.mark.glue(evaluate_only=True)
def test_evaluate_only(glue_evaluation: Evaluation) -> None:
    glue_evaluation.check()
