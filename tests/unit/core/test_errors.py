"""Errors: their kinds, and the end of a message about an unknown name."""

import pytest

from pytest_glue.core import errors
from pytest_glue.core.errors import GlueError, VerdictError, closest


@pytest.mark.parametrize(
    ("name", "accepted", "expected"),
    [
        pytest.param("cloa", ["rte", "cola"], "did you mean cola?", id="one"),
        pytest.param("mnli-m", ["mnli", "mnli-mm", "rte"], "did you mean mnli-mm or mnli?", id="best-first"),
        pytest.param("imagenet", ["rte", "cola"], "accepted: cola, rte", id="all-sorted-where-none-is-close"),
    ],
)
def test_the_closest_names_are_offered(name: str, accepted: list[str], expected: str) -> None:
    """A message about an unknown name ends with the names that are like it, or with all names."""
    assert expected == closest(name, accepted)


def test_a_verdict_is_an_assertion_and_no_fault() -> None:
    """A verdict fails a test as an assertion does, and is not mistaken for an error of the user's world."""
    assert issubclass(VerdictError, AssertionError)
    assert not issubclass(VerdictError, GlueError)


def test_every_other_error_is_shown_as_its_message() -> None:
    """All of the package's errors but the verdict are `GlueError`s, whose traceback is not shown."""
    ours = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert {VerdictError} == {kind for kind in ours if not issubclass(kind, GlueError)}
