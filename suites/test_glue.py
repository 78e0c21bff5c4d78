"""The gate: one item for each task and checkpoint, red where a checkpoint is not good enough."""

from pytest_glue.evaluation import Evaluation


def test_glue(glue_evaluation: Evaluation) -> None:
    """The fine-tuned checkpoint reaches the task's threshold, or beats knowing nothing where there is none."""
    glue_evaluation.check()
