"""The table of slices at the end of a test run."""

from collections.abc import Sequence

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import count
from pytest_glue.core.metrics import shown_metric
from pytest_glue.core.verdict import SliceResult, Verdict
from pytest_glue.reports.table import Column, laid_out
from pytest_glue.reports.width import shortened_name, wrapped

_COLUMNS = (
    Column("slice of", "task", is_name=True),
    Column("checkpoint", is_name=True),
    Column("slice", is_name=True),
    Column("n", is_right=True),
    Column("score", is_right=True),
    Column("95% CI", omission=1),
    Column("compared with", "bound", is_right=True),
    Column("difference", "diff", is_right=True),
    Column("verdict"),
)


def slice_lines(evaluations: Sequence[Evaluation], width: int | None = None, *, verbose: bool = False) -> list[str]:
    """Return a table of the slices, and why some are not judged; those that do not fail only if verbose.

    Args:
        evaluations: of one test run.
        width: of the terminal; None for any.
        verbose: whether slices are shown that do not fail.
    """
    found = [(each, part) for each in evaluations for part in each.judgement.slices]
    found.sort(key=lambda pair: pair[1].verdict is not Verdict.FAIL)
    shown = [pair for pair in found if verbose or pair[1].verdict is Verdict.FAIL]
    texts = [
        f"slice {part.name} of {each.task} {part.note}" for each, part in shown if part.verdict is None and part.note
    ]
    if n_others := len(found) - len(shown):
        texts.append(f"{count(n_others, 'slice')} without a fail: shown with -v, and in the JSON report (--glue-json)")
    table = ["", *laid_out(_COLUMNS, [_row(*pair) for pair in shown], width).lines] if shown else []
    return [*table, *(line for text in dict.fromkeys(texts) for line in wrapped(text, width))]


def _row(evaluation: Evaluation, part: SliceResult) -> list[str]:
    metric = shown_metric(evaluation.headline_metric)
    bound, shown_bound = _bound(evaluation, part)
    score = part.baseline.candidate_score if part.baseline else part.score
    difference = "" if bound is None or score is None else metric.text(score - bound, "+", score)
    return [
        evaluation.task,
        evaluation.checkpoint.label,
        part.name,
        str(part.n_eval),
        metric.text(score),
        metric.interval(part.confidence_interval),
        shown_bound,
        difference,
        part.verdict or part.note.partition(":")[0],
    ]


def _bound(evaluation: Evaluation, part: SliceResult) -> tuple[float | None, str]:
    """Return what the score of a slice is compared with, and its text."""
    text = shown_metric(evaluation.headline_metric).text
    if part.baseline is not None:
        name = shortened_name((evaluation.baseline or {}).get("name", "baseline"))
        return part.baseline.baseline_score, f"{name} {text(part.baseline.baseline_score)}"
    bound = part.thresholds.get(evaluation.headline_metric)
    return bound, "" if bound is None else text(bound)
