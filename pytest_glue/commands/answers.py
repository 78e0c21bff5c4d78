"""Answers to questions that a command asks on a terminal."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_glue.core.errors import GlueError, OptionError, closest

if TYPE_CHECKING:
    from collections.abc import Collection


class NotConfirmedError(GlueError):
    """The user did not agree, or nobody can be asked."""


def can_ask() -> bool:
    return sys.stdin.isatty()


def is_confirmed(question: str, *, default: bool) -> bool:
    """Ask a question, and return whether the answer is yes; an empty answer is the default."""
    choices = "Y/n" if default else "y/N"
    answer = _answer(f"{question} [{choices}] ")
    if answer is None:
        return False
    return answer.lower() in {"y", "yes"} if answer else default


def confirm_deletion(what: str) -> None:
    """Ask whether to delete something.

    Raises:
        NotConfirmedError: the answer is not yes, or nobody can be asked.
    """
    if not can_ask():
        raise NotConfirmedError(f"nothing was deleted: this would delete {what}; repeat the command with --yes")
    if not is_confirmed(f"delete {what}?", default=False):
        raise NotConfirmedError("nothing was deleted")


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks for what the command line does not give, or takes the default."""

    are_asked: bool
    """Whether there is a terminal, and the user wants questions."""

    def value(self, flag: str, given: str | None, text: str, default: str | None) -> str:
        """Return what the flag gives, else the answer, else the default.

        Raises:
            OptionError: there is none of them.
            NotConfirmedError: the user ended the questions.
        """
        if given is not None:
            return given
        answer: str | None = ""
        if self.are_asked:
            answer = _answer(f"{text} [{default}]: " if default else f"{text}: ")
        if answer is None:
            raise NotConfirmedError("no answer")
        if not answer and default is None:
            raise OptionError(f"give {flag}: {text}")
        return answer or str(default)

    def choice(self, flag: str, given: str | None, text: str, accepted: Collection[str], default: str) -> str:
        """Return a value as `value` does, which is one of those that are accepted.

        Raises:
            OptionError: it is not.
            NotConfirmedError: the user ended the questions.
        """
        value = self.value(flag, given, f"{text} ({', '.join(accepted)})", default)
        if value not in accepted:
            raise OptionError(f"{flag}={value}: {closest(value, accepted)}")
        return value


def _answer(question: str) -> str | None:
    """Return the answer without spaces around it; None if the user ended the questions."""
    try:
        return input(question).strip()
    except (EOFError, KeyboardInterrupt):
        return None
