"""The gate: one item for each task and checkpoint."""

from pytest_glue.evaluation import Evaluation


def test_glue(glue_evaluation: Evaluation) -> None:
    """The score reaches the task's threshold, or beats the chance level significantly if there is no threshold."""
    glue_evaluation.check()
