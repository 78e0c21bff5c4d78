"""The lines at the end of a test run: table of scores, matrix, slices, searches, notes, ranking and warnings."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_glue.config.options import Options
from pytest_glue.core.evaluation import Evaluation, Outcome
from pytest_glue.core.formatting import count, printable_message
from pytest_glue.core.slices import split_target
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.from_options import unused_baselines
from pytest_glue.reports.matrix import matrix_of
from pytest_glue.reports.matrix_table import matrix_lines
from pytest_glue.reports.ranking_lines import ranking_lines
from pytest_glue.reports.score_table import score_table
from pytest_glue.reports.search_lines import search_lines
from pytest_glue.reports.slice_table import slice_lines
from pytest_glue.reports.width import wrapped

_DETAILS = (
    *("0 of ", "batching: ", "the interval covers examples and seeds", "standard errors by group: "),
    "trained together with ",
)
"""Beginnings of notes on how a result was computed, which are shown with `-v` only."""
TITLE, PLAIN = "title", ""
Line = tuple[str, str]
"""A line, and what decides its colour: the status of an item, or that it is the title of the table, or plain."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known at the end of a test run, and how much of it is shown."""

    evaluations: Sequence[Evaluation]
    errors: Collection[str] = ()
    """The node ids of items and files with an error."""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """Of the evaluations' tests, by node id."""
    own_tasks: Collection[str] = ()
    ranking: Mapping[str, Any] | None = None
    """As `rank_checkpoints` returns it; None if there is none."""
    warnings: tuple[str, ...] = ()
    """On what is not used."""
    width: int | None = None
    """Of the terminal; None for any."""
    verbosity: int = 0
    """Of pytest: 1 with `-v`, -1 with `-q`."""

    def lines(self) -> list[Line]:
        """Return all lines."""
        return [*self._scores(), *((line, PLAIN) for line in self._others())]

    def _scores(self) -> list[Line]:
        """Return the table of scores."""
        found = score_table(self.evaluations, self.errors, self.outcomes, own_tasks=self.own_tasks, width=self.width)
        text = found.text
        rows = zip(text.rows, found.statuses, strict=True)
        above, below = ([(line, PLAIN) for line in lines] for lines in (text.above, text.below))
        return [*above, (text.title, TITLE), *rows, *below]

    def _others(self) -> list[str]:
        """Return the lines below the table; with `-q` those on verdicts and checkpoints."""
        evaluations, width, verbose = self.evaluations, self.width, self.verbosity > 0
        texts = [*reasons(evaluations, verbose=verbose), *self.warnings]
        if self.verbosity >= 0:
            texts = [*search_lines(evaluations), *notes(evaluations, verbose=verbose), *texts]
        tables = matrix_lines(matrix_of(evaluations, self.ranking), width)
        tables += slice_lines(evaluations, width, verbose=verbose)
        ranking = ranking_lines(self.ranking, width, is_short=self.verbosity < 0) if self.ranking else []
        synthetic = synthetic_lines(evaluations)
        return [
            *tables,
            *([""] if tables[:1] == [""] and texts else []),
            *fitting(texts, width),
            *ranking,
            *([""] if ranking and synthetic and self.verbosity >= 0 else []),
            *fitting(synthetic, width),
        ]


def fitting(texts: Iterable[str], width: int | None) -> list[str]:
    """Return texts as lines that fit; those of a text of several lines begin with a mark, but for the first."""
    return [line for text in texts for part in printable_message(text).split("\n") for line in wrapped(part, width)]


def reasons(evaluations: Iterable[Evaluation], *, verbose: bool = False) -> list[str]:
    """Return the sentences of verdicts that pytest does not show, since the tests pass.

    Args:
        evaluations: of one test run.
        verbose: whether to add those of plain passes.
    """
    return [
        each.reason
        for each in evaluations
        if each.verdict is Verdict.INCONCLUSIVE or each.is_certified or (verbose and each.verdict is Verdict.PASS)
    ]


def notes(evaluations: Sequence[Evaluation], *, verbose: bool = False) -> list[str]:
    """Return each note once, with the items that have it; notes on how a result was computed only if verbose."""
    noted: dict[str, list[Evaluation]] = defaultdict(list)
    for evaluation in evaluations:
        for note in evaluation.notes:
            if verbose or not note.startswith(_DETAILS):
                noted[note].append(evaluation)
    n_items = len(evaluations)
    return [
        f"{'all' if len(found) == n_items > 1 else ', '.join(_item_names(found, evaluations))}: {note}"
        for note, found in noted.items()
    ]


def _item_names(found: Sequence[Evaluation], evaluations: Sequence[Evaluation]) -> Iterable[str]:
    """Return the tasks of some of the evaluations, each with its checkpoint where others of the task are not there."""
    all_of, some_of = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for each in evaluations:
        all_of[each.task].add(each.checkpoint.label)
    for each in found:
        some_of[each.task].add(each.checkpoint.label)
    names = (
        each.task if some_of[each.task] == all_of[each.task] else f"{each.task} · {each.checkpoint.label}"
        for each in found
    )
    return dict.fromkeys(names)


def unused_lines(
    options: Options, evaluations: Sequence[Evaluation], unfinished: Collection[str | None] = ()
) -> list[str]:
    """Return a line for each baseline and each threshold that no item of the test run uses.

    Args:
        options: of the test run.
        evaluations: all that it has.
        unfinished: the tasks of its items that have none, such as after an error; None for one that is not known.
    """
    lines = [
        f"baseline {path} is no longer used by any item; delete it if it is obsolete"
        for path in unused_baselines(options, evaluations, unfinished)
    ]
    tasks = {*GLUE, *unfinished, *(each.task for each in evaluations)}
    names = [] if None in tasks else sorted({split_target(target)[0] for target, _ in options.threshold} - tasks)
    return lines + [f"the threshold of {name} is not used: no item of this test run has this task" for name in names]


def unchecked_lines(nodeids: Collection[str]) -> list[str]:
    """Return a line about tests that passed without asking for their red verdict."""
    if not nodeids:
        return []
    return [f"{count(len(nodeids), 'test')} passed without a check of the red verdict: {', '.join(sorted(nodeids))}"]


def synthetic_lines(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return a warning for each kind of synthetic items, with the tasks if others are not of that kind."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in evaluations:
        if each.synthetic_warning:
            found[each.synthetic_warning].append(each.task)
    return [
        warning if len(tasks) == len(evaluations) else f"{', '.join(dict.fromkeys(tasks))}: {warning}"
        for warning, tasks in found.items()
    ]
