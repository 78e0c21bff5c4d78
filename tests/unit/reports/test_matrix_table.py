"""The matrix of tasks and checkpoints in a terminal."""

from typing import Any

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.matrix import matrix_of
from pytest_glue.reports.matrix_table import matrix_lines
from tests.factories import make_evaluation

RANKS = {
    "tasks": [{"task": "cola", "best": ["a"]}, {"task": "rte", "best": ["a", "b"]}],
    "average": [{"checkpoint": "a", "value": 0.61, "low": 0.5, "high": 0.7}],
}


def evaluation(task: str, checkpoint: str, score: float | None, verdict: Verdict = Verdict.PASS) -> Evaluation:
    named: dict[str, Any] = {
        "nodeid": f"t.py::test_glue[{task}-{checkpoint}]",
        "checkpoint": Checkpoint(checkpoint, Origin.HUB),
    }
    return make_evaluation(task=task, score=score, verdict=verdict, **named)


FOUND = [
    evaluation("cola", "a", 0.6),
    evaluation("cola", "b", 0.5, Verdict.FAIL),
    evaluation("rte", "a", 0.62),
    evaluation("rte", "b", None, Verdict.DEGENERATE),
    evaluation("rte", "c", 0.61, Verdict.INCONCLUSIVE),
]


def test_the_matrix() -> None:
    """Marks of the best and of verdicts that are no pass, in words; no evaluation is a dash."""
    assert matrix_lines(matrix_of(FOUND, RANKS), 80) == [
        "",
        "scores by task and checkpoint (tied: not shown to be worse than the best)",
        "task     metric    a           b                     c",
        "cola     accuracy  0.600 best  0.500 fail            -",
        "rte      accuracy  0.620 tied  undefined degenerate  0.610 inconclusive",
        "average            0.610",
    ]


def test_more_checkpoints_than_fit() -> None:
    """There are several tables, each with the tasks, and long names are cut."""
    names = [f"organisation/model-number-{number}" for number in range(7)]
    found = [evaluation(task, name, 0.5) for task in ("cola", "rte") for name in names]
    lines = matrix_lines(matrix_of(found, None), 80)
    titles = [line.split()[2:] for line in lines if line.startswith("task")]
    assert [2, 2, 2, 1] == [len(each) for each in titles]
    assert 7 == len({name for each in titles for name in each})
    assert max(map(len, lines)) <= 80
    assert 1 == len([line for line in matrix_lines(matrix_of(found, None), 300) if line.startswith("task")])


def test_one_task_or_one_checkpoint_has_none() -> None:
    assert [] == matrix_lines(matrix_of(FOUND[:2], RANKS), 80)
    assert [] == matrix_lines(matrix_of(FOUND[::2][:2], None), 80)
