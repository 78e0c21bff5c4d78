"""The table of slices at the end of a test run."""

from collections.abc import Sequence

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import columns, count
from pytest_glue.core.metrics import shown_metric
from pytest_glue.core.verdict import SliceResult, Verdict

_COLUMNS = ("slice of", "checkpoint", "slice", "n", "score", "95% CI", "compared with", "difference", "verdict")
_RIGHT_ALIGNED = ("n", "score", "compared with", "difference")


def slice_lines(evaluations: Sequence[Evaluation], *, verbose: bool = False) -> list[str]:
    """Return a table of the slices, and why some are not judged; those that do not fail only if verbose."""
    found = [(evaluation, each) for evaluation in evaluations for each in evaluation.judgement.slices]
    shown = [(evaluation, each) for evaluation, each in found if verbose or each.verdict is Verdict.FAIL]
    n_others = len(found) - len(shown)
    lines = columns(_COLUMNS, [_row(*each) for each in shown], right=_RIGHT_ALIGNED) if shown else []
    if n_others:
        lines.append(f"{count(n_others, 'slice')} without a fail: shown with -v, and in the JSON report (--glue-json)")
    return lines


def _row(evaluation: Evaluation, part: SliceResult) -> list[str]:
    text = shown_metric(evaluation.headline_metric).text
    bound, shown_bound = _bound(evaluation, part)
    score = part.baseline.candidate_score if part.baseline else part.score
    difference = "" if bound is None or score is None else text(score - bound, "+", score)
    return [
        evaluation.task,
        evaluation.checkpoint.label,
        part.name,
        str(part.n_eval),
        "undefined" if score is None else text(score),
        " to ".join(map(text, part.confidence_interval or ())),
        shown_bound,
        difference,
        part.note if part.verdict is None and part.note else part.verdict or "",
    ]


def _bound(evaluation: Evaluation, part: SliceResult) -> tuple[float | None, str]:
    """Return what the score of a slice is compared with, and its text."""
    text = shown_metric(evaluation.headline_metric).text
    if part.baseline is not None:
        name = (evaluation.baseline or {}).get("name", "baseline")
        return part.baseline.baseline_score, f"{name} {text(part.baseline.baseline_score)}"
    bound = part.thresholds.get(evaluation.headline_metric)
    return bound, "" if bound is None else text(bound)
