"""Errors, and hints for unknown names."""

import pytest

from pytest_glue.core import errors
from pytest_glue.core.errors import GlueError, VerdictError, closest, ends_process


@pytest.mark.parametrize(
    ("name", "accepted", "expected"),
    [
        pytest.param("cloa", ["rte", "cola"], "did you mean cola?", id="one"),
        pytest.param("mnli-m", ["mnli", "mnli-mm", "rte"], "did you mean mnli-mm or mnli?", id="best-first"),
        pytest.param("imagenet", ["rte", "cola"], "accepted: cola, rte", id="all-sorted-where-none-is-close"),
    ],
)
def test_the_closest_names_are_offered(name: str, accepted: list[str], expected: str) -> None:
    """If no name is close, all are listed."""
    assert expected == closest(name, accepted)


def test_a_verdict_is_an_assertion_error() -> None:
    """A verdict fails a test; it is not an error that the user can fix."""
    assert issubclass(VerdictError, AssertionError)
    assert not issubclass(VerdictError, GlueError)


def test_every_other_error_is_a_glue_error() -> None:
    """These are shown without a traceback."""
    ours = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert {VerdictError} == {kind for kind in ours if not issubclass(kind, GlueError)}


def test_the_end_of_a_ray_worker_is_no_failure_of_user_code() -> None:
    """Ray marks the exception that ends its worker."""
    of_ray = SystemExit(1)
    vars(of_ray)["ray_terminate_msg"] = "SIGTERM"
    assert [True, False, False] == [ends_process(each) for each in (of_ray, SystemExit(1), ValueError())]
