"""The status of an item: its verdict, or that it ended in an error, and which items a reader meets first."""

from collections.abc import Iterable

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict

ERROR = "error"
"""The status of an item that ended without a verdict."""
_ORDER = (ERROR, Verdict.FAIL, Verdict.DEGENERATE, Verdict.INCONCLUSIVE, Verdict.PASS)
_GREEN_ANYWAY = frozenset({"passed", "skipped", "xfailed", "xpassed"})


def status_text(evaluation: Evaluation, outcome: str | None) -> str:
    """Return the verdict, with pytest's outcome where a reader of the verdict would expect another."""
    expected = {"failed"} if evaluation.failed else _GREEN_ANYWAY
    return evaluation.verdict if outcome is None or outcome in expected else f"{evaluation.verdict}, test {outcome}"


def is_red(*, failed: bool, outcome: str | None) -> bool:
    """Return whether pytest says that an item failed.

    Args:
        failed: whether its verdict fails the test.
        outcome: of the test; None if it is not known.
    """
    return failed if outcome is None else outcome in {"failed", "error"}


def reading_order(kind: str, nodeid: str, *, is_red: bool) -> tuple[bool, int, str]:
    """Return a key that sorts items: red ones first, then by verdict, then by node id.

    Args:
        kind: the verdict, or `error`.
        nodeid: of the item.
        is_red: whether it failed.
    """
    return not is_red, _ORDER.index(kind), nodeid


def names_in(nodeid: str, own_tasks: Iterable[str] = ()) -> tuple[str, str]:
    """Return the task and the checkpoint's id in the brackets of a node id; else its last part.

    Args:
        nodeid: of the item.
        own_tasks: the names of tasks beside those of GLUE.
    """
    last = _unescaped(nodeid.rpartition("::")[2])
    bracket = last.partition("[")[2].removesuffix("]")
    for task in sorted({*GLUE, *own_tasks}, key=len, reverse=True):
        if bracket == task or bracket.startswith(f"{task}-"):
            return task, bracket[len(task) + 1 :]
    return bracket or last or "test run", ""


def _unescaped(text: str) -> str:
    """Return a part of a node id with the characters that pytest escapes in parameters."""
    try:
        return text.encode("ascii").decode("unicode_escape")
    except UnicodeError:  # pytest was told to escape nothing
        return text
