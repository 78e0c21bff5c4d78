"""Annotations of GitHub Actions: its runner shows them at the line of a test, also in the changes of a pull request."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pytest_glue.core.evaluation import Evaluation, Outcome
from pytest_glue.core.formatting import printable, printable_message, shortened
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.status import ERROR, is_red, names_in, reading_order, status_text

_LONGEST_TITLE, _LONGEST_MESSAGE = 200, 4000
_OF_MESSAGES = {"%": "%25", "\n": "%0A"}
_OF_PROPERTIES = {**_OF_MESSAGES, ":": "%3A", ",": "%2C"}
"""What the runner would act on, as its own toolkit escapes it (`@actions/core`, command.ts)."""

_MAX_AGE = "baseline_max_age"
"""Notes on the age of a baseline name this option."""

Location = tuple[str, int | None]
"""A file in the repository, and a line from 1 up; empty and None if they are not known."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is said about an item at the line of its test."""

    level: str
    """`error` or `warning`."""
    title: str
    message: str
    nodeid: str
    """Of the item."""
    order: tuple[bool, int, str]
    """Of the item among others: GitHub shows the first ten errors and the first ten warnings of a step."""

    def command(self, location: Location) -> str:
        """Return the line that makes the runner show the annotation at that place."""
        file, line = location
        title = shortened(printable(self.title), _LONGEST_TITLE)
        found = {"file": printable(file), "line": "" if line is None else str(line), "title": title}
        properties = ",".join(f"{name}={_escaped(value, _OF_PROPERTIES)}" for name, value in found.items() if value)
        message = shortened(printable_message(self.message), _LONGEST_MESSAGE)
        return f"::{self.level} {properties}::{_escaped(message, _OF_MESSAGES)}"


def annotations(
    evaluations: Iterable[Evaluation],
    errors: Mapping[str, str],
    outcomes: Mapping[str, Outcome],
    own_tasks: Collection[str] = (),
) -> list[Annotation]:
    """Return an error for each red item, and a warning for each that is inconclusive, or red without a red test.

    The last warnings are about baselines that are older than the user allows.

    Args:
        evaluations: of one test run.
        errors: messages of items and files that ended without a verdict, by node id.
        outcomes: of the tests, by node id.
        own_tasks: the names of tasks beside those of GLUE.
    """
    items = list(evaluations)
    found = [_of_error(nodeid, message, own_tasks) for nodeid, message in errors.items()]
    found += [each for each in (_of(each, outcomes.get(each.nodeid)) for each in items) if each is not None]
    ages = dict.fromkeys(note for each in items for note in each.notes if _MAX_AGE in note)
    return [*sorted(found, key=lambda each: each.order), *map(_of_age, ages)]


def _of_age(note: str) -> Annotation:
    """Return the annotation of a note on the age of a baseline."""
    return Annotation("warning", "old baseline", note, "", reading_order(Verdict.PASS, "", is_red=False))


def _of_error(nodeid: str, message: str, own_tasks: Collection[str]) -> Annotation:
    title = f"{' · '.join(filter(None, names_in(nodeid, own_tasks)))}: {ERROR}"
    return Annotation("error", title, message, nodeid, reading_order(ERROR, nodeid, is_red=True))


def _of(evaluation: Evaluation, outcome: Outcome | None) -> Annotation | None:
    """Return the annotation of an evaluation; None if it has none."""
    red = is_red(failed=evaluation.failed, outcome=outcome)
    is_unchecked = evaluation.failed and outcome == "passed"
    if not (red or is_unchecked or evaluation.verdict is Verdict.INCONCLUSIVE):
        return None
    title = f"{evaluation.task} · {evaluation.checkpoint.label}: {status_text(evaluation, outcome)}"
    order = reading_order(evaluation.verdict, evaluation.nodeid, is_red=red)
    return Annotation("error" if red else "warning", title, evaluation.reason, evaluation.nodeid, order)


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    """Return a text whose every character the runner takes as it is."""
    return "".join(escapes.get(each, each) for each in text)
