"""A comparison of checkpoints: the end of the test run ranks them and says which ones are tied for best.

pytest suites/examples/comparison.py --glue-tasks=rte --glue-checkpoints=distilbert-base-uncased,bert-base-uncased
"""

import pytest

from pytest_glue.evaluation import Evaluation


@pytest.mark.glue(seeds=3, unchecked="pass")
def test_comparison(glue_evaluation: Evaluation) -> None:
    """A score fails nothing here; a checkpoint whose runs all failed to train cannot be ranked."""
    assert len(glue_evaluation.failed_runs) < len(glue_evaluation.runs), glue_evaluation.reason
