"""What a page or a summary shows: the items of a report in the order of reading, failing ones first.

A view is made of a report as it is in its file, so that a page can be written again from the file.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_glue.config.options import OPTIONS
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import count, shortened
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.bounds import Bound, bounds_of, judged_score
from pytest_glue.reports.command import command_of
from pytest_glue.reports.json import encode
from pytest_glue.reports.matrix import Matrix, matrix_of
from pytest_glue.reports.recorded_report import Report, evaluations, is_red
from pytest_glue.reports.status import ERROR, names_in, reading_order, status_text

_LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a test run, with an evaluation or an error."""

    nodeid: str
    name: str
    """Task and checkpoint, or what is known of an item with an error."""
    status: str
    """The verdict, with pytest's outcome if that differs; `error` without one."""
    is_red: bool
    sentence: str
    """The verdict as a sentence, or the message of the error."""
    command: str
    """Runs this item alone, in a shell; empty if there is none, as for the file of a baseline."""
    evaluation: Evaluation | None = None
    tables: tuple[str, ...] = ()
    """The options that its command needs in the configuration, since no flag can give them."""

    @property
    def kind(self) -> str:
        """The verdict, or `error`."""
        return ERROR if self.evaluation is None else str(self.evaluation.verdict)

    @property
    def score(self) -> float | None:
        """The score that was judged; None if it is undefined."""
        return None if self.evaluation is None else judged_score(self.evaluation)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """What the score is compared with, the decisive bound first."""
        return () if self.evaluation is None else bounds_of(self.evaluation)

    @property
    def bound(self) -> Bound | None:
        """The decisive bound; None if there is none."""
        return next(iter(self.bounds), None)

    @property
    def difference(self) -> float | None:
        """Score minus the decisive bound."""
        return None if self.score is None or self.bound is None else self.score - self.bound.value

    @property
    def difference_interval(self) -> tuple[float, float] | None:
        """Of the difference to a baseline; None if there is none."""
        found = ((self.evaluation and self.evaluation.baseline) or {}).get("confidence_interval")
        return None if found is None else (float(found[0]), float(found[1]))


@dataclass(frozen=True, slots=True)
class View:
    """A report as a reader meets it."""

    headline: str
    """One line about all items."""
    items: tuple[Item, ...]
    matrix: Matrix | None
    """None with fewer than two checkpoints."""
    warnings: tuple[str, ...]
    """On all items, such as that the data is synthetic."""
    environment: Mapping[str, Any]
    options: Mapping[str, Any]
    """Without those about a machine, such as folders."""
    is_complete: bool
    """Whether all items have ended."""

    @property
    def kind(self) -> Verdict:
        """What all items say together: `fail` if one is red, `inconclusive` if some are missing."""
        if self.red:
            return Verdict.FAIL
        return Verdict.PASS if self.items and self.is_complete else Verdict.INCONCLUSIVE

    @property
    def red(self) -> tuple[Item, ...]:
        """The items that failed."""
        return tuple(each for each in self.items if each.is_red)

    @property
    def evaluated(self) -> tuple[Item, ...]:
        """The items with an evaluation."""
        return tuple(each for each in self.items if each.evaluation is not None)


def short_names(items: Sequence[Item]) -> list[str]:
    """Return names of items with an evaluation, without what all of them share and what tells none apart."""
    pairs = [(each.evaluation.task, each.evaluation.checkpoint.label) for each in items if each.evaluation is not None]
    if len({label for _, label in pairs}) == 1 and len(set(pairs)) == len(pairs):
        return [task for task, _ in pairs]
    last = {label: label.partition("@")[0].rpartition("/")[2] for _, label in pairs}
    if len(set(last.values())) == len(last):
        return [f"{task} · {last[label]}" for task, label in pairs]
    return [item.name for item in items]


def as_written(document: Report) -> Report:
    """Return a report as a reader of its file gets it.

    Raises:
        ValueError: a part of the report is no plain data.
    """
    report: Report = json.loads(encode(document))
    return report


def view_of(report: Report) -> View:
    """Return the view of a report that was read from its file, or that `as_written` returned."""
    options = report["options"]
    items = [
        Item(
            nodeid=each.nodeid,
            name=shortened(f"{each.task} · {each.checkpoint.label}", _LONGEST_NAME),
            status=status_text(each, result.get("outcome")),
            is_red=is_red(result),
            sentence=each.reason,
            command=_command(options, each),
            evaluation=each,
            tables=_tables(options, each),
        )
        for each, result in zip(evaluations(report), report["results"], strict=True)
    ]
    items += [_failed(error, options) for error in report["errors"]]
    items.sort(key=lambda item: reading_order(item.kind, item.nodeid, is_red=item.is_red))
    return View(
        headline=_headline(items, is_complete=report["family"] is not None),
        items=tuple(items),
        matrix=matrix_of([each.evaluation for each in items if each.evaluation is not None], report["ranks"]),
        warnings=tuple(_warnings(items)),
        environment=report["environment"],
        options={name: value for name, value in options.items() if _is_shared(name)},
        is_complete=report["family"] is not None,
    )


def _command(options: Mapping[str, Any], evaluation: Evaluation) -> str:
    """Return the command of an item; a comparison without a test run has none."""
    if "::" not in evaluation.nodeid:
        return ""
    family_size = (evaluation.baseline or {}).get("family_size", 1)
    return command_of(options, evaluation.nodeid, evaluation.task, family_size)


def _tables(options: Mapping[str, Any], evaluation: Evaluation) -> tuple[str, ...]:
    needed = {
        "slices": evaluation.task in options.get("slices", {}),
        "space": evaluation.search is not None and bool(options.get("space")),
        "task": evaluation.task in options.get("task", {}),
    }
    return tuple(name for name, is_needed in needed.items() if is_needed)


def _is_shared(name: str) -> bool:
    return name not in OPTIONS or OPTIONS[name].affects != "machine"


def _failed(error: Mapping[str, Any], options: Mapping[str, Any]) -> Item:
    """Return the item of an error."""
    task, checkpoint = names_in(error["nodeid"], options.get("task", {}))
    name = shortened(" · ".join(filter(None, (task, checkpoint))), _LONGEST_NAME)
    command = command_of(options, error["nodeid"], task) if "[" in error["nodeid"] else ""
    return Item(error["nodeid"], name, ERROR, is_red=True, sentence=error["message"], command=command)


def _headline(items: list[Item], *, is_complete: bool) -> str:
    n_red, n_items = sum(each.is_red for each in items), count(len(items), "item")
    unclear = sum(each.kind == Verdict.INCONCLUSIVE and not each.is_red for each in items)
    if not items:
        return "No item was evaluated" if is_complete else "No item has ended yet"
    if n_red:
        found = f"{n_red} of {n_items} failed"
    elif unclear:
        found = f"None of {n_items} failed"
    else:
        found = f"All {n_items} passed" if len(items) > 1 and is_complete else f"{n_items} passed"
    found += f", {unclear} inconclusive" if unclear else ""
    return found if is_complete else f"{found}; others have not ended"


def _warnings(items: list[Item]) -> list[str]:
    found = (each.evaluation.synthetic_warning for each in items if each.evaluation is not None)
    return [*dict.fromkeys(filter(None, found)), *_stale(items)]


def _stale(items: list[Item]) -> Iterator[str]:
    """Yield a warning if items were compared with a baseline that is older than `baseline_max_age` allows."""
    baselines = ((each.evaluation and each.evaluation.baseline) or {} for each in items)
    stale = [str(each["name"]) for each in baselines if each.get("is_stale")]
    if stale:
        which = f"{len(stale)} of {count(len(items), 'item')}"
        names, verb = ", ".join(sorted(set(stale))), "was" if len(stale) == 1 else "were"
        yield f"Old baseline: {which} {verb} compared with {names}, which is older than baseline_max_age allows"
