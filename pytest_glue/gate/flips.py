"""Negative flips from a baseline to a candidate, as a note for the reader."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_glue.core.runs import Run
from pytest_glue.gate.groups import Groups

if TYPE_CHECKING:
    from pytest_glue.statistics.flips import NegativeFlips

SHOWN = 5
"""The number of examples that a note names; the JSON report has more."""


def flips_of(
    runs: Sequence[Run], recorded: Sequence[Run], references: Sequence[float], groups: Groups = None
) -> "NegativeFlips":
    """Return the candidate's negative flips.

    Args:
        runs: of the candidate, that trained.
        recorded: runs of the baseline that trained.
        references: gold labels, one for each evaluation example: classes.
        groups: of the evaluation examples, two or more.
    """
    from pytest_glue.statistics.flips import negative_flips

    ours, theirs = ([run.predictions for run in side] for side in (runs, recorded))
    return negative_flips(ours, theirs, references, groups)


def flip_notes(flips: "NegativeFlips | None", name: str, n_eval: int) -> tuple[str, ...]:
    """Return a note that counts the negative flips and names the worst; none without flips.

    Args:
        flips: of the candidate.
        name: of the baseline.
        n_eval: the number of evaluation examples.
    """
    if flips is None or not flips.count:
        return ()
    more = f" and {flips.count - SHOWN} more" if flips.count > SHOWN else ""
    listed = f"examples {', '.join(map(str, flips.examples[:SHOWN]))}{more}"
    what = f"negative flips: {flips.count} of {n_eval} examples are right in most runs of {name} and wrong in most here"
    return (f"{what}{_above_churn(flips)}: {listed}",)


def _above_churn(flips: "NegativeFlips") -> str:
    if flips.excess is None or flips.confidence_interval is None:
        return ""
    low, high = flips.confidence_interval
    interval = f"95% CI {100 * low:+.1f} to {100 * high:+.1f}"
    return f" ({100 * flips.excess:+.1f} % of the examples beyond what seeds alone flip; {interval})"
