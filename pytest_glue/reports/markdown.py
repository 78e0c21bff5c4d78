"""The Markdown report: a summary for a comment on a pull request or for the summary of a CI job, as GitHub reads it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import count, decimal, seconds
from pytest_glue.core.markdown import code_block, html_text, plain_text
from pytest_glue.core.metrics import Metric, shown_metric
from pytest_glue.core.verdict import SliceResult, Verdict
from pytest_glue.reports.answers import answers
from pytest_glue.reports.matrix import Matrix, Row
from pytest_glue.reports.view import Item, View

LIMIT = 1024 * 1024
"""In bytes: GitHub shows no summary that is longer."""
_MOST_REASONS = 50
_MOST_ROWS = 500
_RESERVED = 1000
"""In bytes: for the sentence on what was left out."""
_MARKS = {Verdict.FAIL: "❌", Verdict.PASS: "✅", Verdict.INCONCLUSIVE: "❔"}


def markdown(view: View, limit: int = LIMIT) -> str:
    """Return the report. Details are left out from its end if it would be longer than the limit.

    Args:
        view: what is shown.
        limit: in bytes of UTF-8.
    """
    start, end = [*_summary(view), *_matrix(view.matrix)], _environment(view)
    details = [_details(item, view.environment["commit"]) for item in view.evaluated]
    left = limit - _RESERVED - sum(map(_size, (*start, end)))
    sizes = accumulate(map(_size, details))
    shown = [each for each, size in zip(details, sizes, strict=True) if size <= left]
    if n_omitted := len(details) - len(shown):
        which = f"{count(n_omitted, 'item')} without details"
        start.append(f"{which}: with them, this report would exceed {limit} bytes. The JSON report has all of them.\n")
    return "\n".join([*start, *shown, end])


def _size(part: str) -> int:
    return len(part.encode("utf-8", "backslashreplace")) + 1


def _summary(view: View) -> Iterator[str]:
    yield f"## {_MARKS[view.kind]} pytest-glue: {view.headline}\n"
    yield from (f"> {plain_text(warning)}\n" for warning in view.warnings)
    if view.red:
        yield "### What failed\n"
        yield "\n".join(map(_reason, view.red[:_MOST_REASONS])) + "\n"
    if len(view.red) > _MOST_REASONS:
        yield f"{count(len(view.red) - _MOST_REASONS, 'more item')} failed: see the table.\n"
    if view.items:
        yield "### Scores\n"
        yield _score_table(view.items)


def _reason(item: Item) -> str:
    if item.evaluation is None:
        block = code_block(item.sentence).replace("\n", "\n  ")
        return f"- **{plain_text(item.name, 200)}**: error\n\n  {block}\n"
    return f"- **{item.status}**: {plain_text(item.sentence)}"


def _score_table(items: Sequence[Item]) -> str:
    titles = ("", "item", "score", "95% CI", "compared with", "difference", "verdict")
    text = _table(titles, map(_score_row, items[:_MOST_ROWS]), right=("score", "difference"))
    n_more = len(items) - _MOST_ROWS
    return f"{text}\n{count(n_more, 'more item')}: see the JSON report.\n" if n_more > 0 else text


def _score_row(item: Item) -> tuple[str, ...]:
    mark = _mark(item)
    if item.evaluation is None:
        return (mark, plain_text(item.name, 200), "", "", "", "", item.status)
    metric = shown_metric(item.evaluation.headline_metric)
    limit = f"{metric.limit_sign} " if item.evaluation.n_stopped else ""
    score = f"{limit}{metric.text(item.score)}"
    bound = "" if item.bound is None else f"{plain_text(item.bound.name, 100)} {metric.text(item.bound.value)}"
    difference = "" if item.difference is None else metric.text(item.difference, "+", item.score)
    if (interval := item.difference_interval) is not None:
        difference = f"{difference} ({metric.interval(interval, '+', item.score)})"
    return (
        mark,
        f"{plain_text(item.name, 200)}<br>{_name(metric)}",
        score,
        metric.interval(item.evaluation.confidence_interval),
        bound,
        difference,
        f"**{item.status}**" if item.is_red else item.status,
    )


def _mark(item: Item) -> str:
    if item.is_red:
        return _MARKS[Verdict.FAIL]
    return _MARKS[Verdict.INCONCLUSIVE if item.kind == Verdict.INCONCLUSIVE else Verdict.PASS]


def _name(metric: Metric) -> str:
    return plain_text(metric.name) + ("" if metric.greater_is_better else " (lower is better)")


def _matrix(matrix: Matrix | None) -> Iterator[str]:
    if matrix is None:
        return
    yield "### Checkpoints\n"
    rows = [(f"{plain_text(row.task)}<br>{_name(shown_metric(row.metric))}", *_cells(row)) for row in matrix.rows]
    if matrix.averages:
        cells = (
            "" if each is None else f"{decimal(each.value)}<br>{_FRACTION.interval(each.interval)}"
            for each in matrix.averages
        )
        rows.append(("average of the ranked tasks", *cells))
    yield _table(("task", *(plain_text(each, 200) for each in matrix.checkpoints)), rows)
    if not matrix.is_ranked:
        yield "Which checkpoints are best is not known: that needs predictions, which a merged report does not have.\n"


_FRACTION = Metric("average", 0.0, 1.0)
"""Only fractions have an average over tasks."""


def _cells(row: Row) -> Iterator[str]:
    metric = shown_metric(row.metric)
    for cell in row.cells:
        if cell is None:
            yield ""
            continue
        score = metric.text(cell.score)
        shown = f"**{score}** ({cell.mark})" if cell.mark else score
        yield shown if cell.interval is None else f"{shown}<br>{metric.interval(cell.interval)}"


def _details(item: Item, commit: str | None) -> str:
    """Return the folded details of an item.

    Args:
        item: with an evaluation.
        commit: of the repository that was tested.
    """
    evaluation = item.evaluation
    assert evaluation is not None, item
    blocks = [
        _folded_title(item),
        plain_text(item.sentence) + "\n",
        *_answers(evaluation, commit),
        _run_table(evaluation),
        *_slices(evaluation.judgement.slices, shown_metric(evaluation.headline_metric)),
        *([_notes(evaluation)] if evaluation.notes else []),
        *([_command(item)] if item.command else []),
        "</details>\n",
    ]
    return "\n".join(blocks)


def _answers(evaluation: Evaluation, commit: str | None) -> Iterator[str]:
    for each in answers(evaluation, commit):
        yield f"**{each.question}** {plain_text(each.text)}\n"


def _command(item: Item) -> str:
    tables = ", ".join(item.tables)
    needed = f", with the same values of {tables} in the table `[tool.pytest_glue]`" if tables else ""
    return f"Run it again{needed}:\n\n{code_block(item.command)}\n"


def _folded_title(item: Item) -> str:
    return f"<details>\n<summary>{_mark(item)} {html_text(item.name, 200)}: {item.status}</summary>\n"


def _run_table(evaluation: Evaluation) -> str:
    metrics = sorted(evaluation.metrics, key=lambda name: (name != evaluation.headline_metric, name))
    failed = {each.seed: each.reason for each in evaluation.failed_runs}
    rows = [
        (
            str(run.seed),
            *(shown_metric(name).text(run.metrics.get(name)) for name in metrics),
            "cached" if run.cached else seconds(run.duration_s),
            plain_text(failed.get(run.seed, "")),
        )
        for run in evaluation.runs
    ]
    rows.append(("mean", *(shown_metric(name).text(evaluation.metrics[name]) for name in metrics), "", ""))
    return _table(("seed", *map(plain_text, metrics), "time", "failed to train"), rows, right=("seed",))


def _slices(slices: Sequence[SliceResult], metric: Metric) -> Iterator[str]:
    if not slices:
        return
    rows = [
        (
            plain_text(each.name, 200),
            str(each.n_eval),
            metric.text(each.score),
            metric.interval(each.confidence_interval),
            "" if each.baseline is None else metric.text(each.baseline.difference, "+", each.score),
            plain_text(each.note or str(each.verdict or "")),
        )
        for each in slices
    ]
    yield _table(("slice", "n", "score", "95% CI", "difference", "verdict"), rows, right=("n", "score", "difference"))


def _notes(evaluation: Evaluation) -> str:
    return "\n".join(f"- {plain_text(note)}" for note in evaluation.notes) + "\n"


def _environment(view: View) -> str:
    environment = view.environment
    facts = [
        ("commit", environment.get("commit")),
        ("device", environment.get("device")),
        ("python", environment.get("python")),
        ("platform", environment.get("platform")),
        *sorted(environment.get("libraries", {}).items()),
    ]
    rows = [(plain_text(name), plain_text(str(value))) for name, value in facts if value]
    table = _table(("environment", "version"), rows)
    return f"<details>\n<summary>Environment</summary>\n\n{table}\n</details>\n"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Return a table; cells hold Markdown."""
    rule = ["---:" if title in right else "---" for title in titles]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (titles, rule, *rows)) + "\n"
