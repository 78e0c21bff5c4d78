"""The comparison of two recorded sides: evaluations of the candidate's items, and the report on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_glue.config.options import Options
from pytest_glue.core.evaluation import Evaluation, Outcome
from pytest_glue.core.family import Family
from pytest_glue.core.formatting import count
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.json import document
from pytest_glue.reports.recorded_side import RecordedSide
from pytest_glue.reports.terminal import Summary
from pytest_glue.reports.width import wrapped


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found."""

    baseline: RecordedSide
    candidate: RecordedSide
    options: Options
    evaluations: tuple[Evaluation, ...]
    errors: Mapping[str, str]
    """The messages of items that cannot be compared, by node id."""
    only: tuple[str, ...] = ()
    """Lines about items of one side only."""

    @property
    def is_red(self) -> bool:
        """Whether an item failed, or could not be compared."""
        return bool(self.errors) or any(each.failed for each in self.evaluations)

    def lines(self, width: int | None = None) -> list[str]:
        """Return the lines for a terminal.

        Args:
            width: of the terminal; None for any.
        """
        failed = (each.reason for each in self.evaluations if each.failed and each.verdict is not Verdict.INCONCLUSIVE)
        errors = (f"{nodeid}: {message}" for nodeid, message in self.errors.items())
        summary = Summary(
            evaluations=self.evaluations,
            errors=self.errors,
            outcomes=self._outcomes,
            own_tasks=self._tasks,
            warnings=(*failed, *errors, *self.only, *self.baseline.warnings, *self.candidate.warnings),
            width=width,
        )
        n_items, n_compared = count(len(self.evaluations) + len(self.errors), "item"), len(self.evaluations)
        total = f"compared {n_compared} of {n_items} of {self.candidate.name} with {self.baseline.name}"
        return [*(line for line, _ in summary.lines()), *wrapped(total, width)]

    @property
    def _tasks(self) -> set[str]:
        """The names of the candidate's tasks, also of those whose items ended in an error."""
        recorded = self.candidate.report or {"options": {}}
        return {*(each.name for each in self.options.tasks), *recorded["options"].get("task", {})}

    @property
    def _outcomes(self) -> dict[str, Outcome]:
        return {each.nodeid: "failed" if each.failed else "passed" for each in self.evaluations}

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report that a test run of the candidate would write with `--glue-compare`."""
        family = Family(self.candidate.family_size)
        report = document(self.options, self.evaluations, self.errors, Path(), family, self._outcomes)
        recorded = self.candidate.report
        if recorded is None:
            return {**report, "environment": self._environment}
        asked = ("alpha", "baseline_max_age", "compare", "inconclusive", "max_drop", "on_missing_baseline")
        options = {**recorded["options"], **{name: report["options"][name] for name in asked}, "save": None}
        return {**report, "environment": recorded["environment"], "options": options}

    @property
    def _environment(self) -> dict[str, Any]:
        """What a baseline says about where it was recorded: of the first item only, since all are of one run."""
        first = self.candidate.items[0].baseline
        return {
            "libraries": dict(first.libraries),
            "python": "",
            "platform": "",
            "device": None,
            "commit": first.commit,
        }
