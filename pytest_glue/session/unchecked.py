"""Notices a test that passes although its verdict is red, because it never asked for the verdict."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.core.choices import UncheckedPolicy
from pytest_glue.core.errors import UncheckedVerdictError, closest
from pytest_glue.core.evaluation import Evaluation

if TYPE_CHECKING:
    from typing import Self

HAS_PASSED = pytest.StashKey[bool]()
"""Whether the item's test function passed."""
IS_UNCHECKED = pytest.StashKey[bool]()
"""Set for an item whose test passed without asking for its red verdict."""
_ASKS = frozenset({"failed", "verdict"})
"""What `check()` reads too. The name `check` alone, without a call, asks for nothing."""


class WatchedEvaluation(Evaluation):
    """An evaluation that notes whether its test asks for the verdict, with `check()`, `failed` or `verdict`."""

    __slots__ = ("_was_asked",)

    @classmethod
    def of(cls, evaluation: Evaluation) -> Self:
        return cls(**{field.name: getattr(evaluation, field.name) for field in fields(evaluation)})

    @property
    def was_asked(self) -> bool:
        return getattr(self, "_was_asked", False)

    def __getattribute__(self, name: str) -> Any:
        if name in _ASKS:
            object.__setattr__(self, "_was_asked", True)
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        """Raise the error of a misspelt name; called for no other."""
        __tracebackhide__ = True
        hint = closest(name, (each for each in dir(Evaluation) if not each.startswith("_")))
        raise AttributeError(f"glue_evaluation has no attribute {name!r}: {hint}", name=name, obj=self)

    def __repr__(self) -> str:
        """Return the text of the evaluation; a test that prints it does not ask for the verdict."""
        return repr(Evaluation(**{field.name: object.__getattribute__(self, field.name) for field in fields(self)}))


def require_check(item: pytest.Item, evaluation: WatchedEvaluation, policy: UncheckedPolicy) -> None:
    """Note that a test passed without asking for its red verdict; called when the test has ended.

    Raises:
        UncheckedVerdictError: it did, and that is an error.
    """
    if evaluation.was_asked or not item.stash.get(HAS_PASSED, False) or not evaluation.failed:
        return
    item.stash[IS_UNCHECKED] = True
    if policy is UncheckedPolicy.ERROR:
        raise UncheckedVerdictError(
            f"{evaluation.reason}. The test passed without asking for this verdict: call `glue_evaluation.check()` at "
            "its end; a test that decides itself reads `glue_evaluation.failed` or `.verdict`; "
            "--glue-unchecked=pass is for tests that only report"
        )
