"""A history for a terminal: a table of its records, and the sentences about it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from pytest_glue.core.formatting import count, printable, shortened
from pytest_glue.core.metrics import Metric, shown_metric
from pytest_glue.gate.baseline_age import BaselineAge
from pytest_glue.history.baseline_use import BaselineUse, baseline_use
from pytest_glue.history.record import Record
from pytest_glue.history.series import MIN_MEASUREMENTS, Change, Series, differences, span
from pytest_glue.reports.table import Column, laid_out

_NARROWEST_PLOT, _WIDEST_PLOT, _WITHOUT_PLOT = 16, 60, 80
"""Characters of the plot of one interval, and of a line without one."""
_WIDTH_OF_A_PIPE = 120
_COLUMNS = (
    Column("date"),
    Column("commit"),
    Column("files", is_right=True, omission=2),
    Column("seeds", is_right=True, omission=1),
    Column("score", is_right=True),
    Column("95% CI"),
    Column("plot", omission=3),
    Column("verdict"),
)


def metric_of(series: Series) -> Metric:
    """Return the headline metric of a series."""
    return shown_metric(series.last.headline_metric, greater_is_better=series.last.greater_is_better)


def title(series: Series) -> str:
    """Return the item and the extent of a series."""
    last = series.last
    name = printable(shortened(last.item, 150))
    n_results = count(len(series.records), "result")
    return f"{name}: {printable(last.headline_metric)}, {n_results}, {span(series.records)}"


def table(series: Series, width: int | None = None) -> list[str]:
    """Return a line for each record, the newest last, with a plot of the scores and their intervals.

    Args:
        series: that is shown.
        width: of the terminal; None for any.
    """
    metric, rows = metric_of(series), []
    low, high = _range(series.records)
    digests = [record.digest for record in series.records]
    n_plot = min(max((width or _WIDTH_OF_A_PIPE) - _WITHOUT_PLOT, _NARROWEST_PLOT), _WIDEST_PLOT)
    for number, record in enumerate(series.records):
        is_changed = number > 0 and digests[number] != digests[number - 1]
        rows.append(
            [
                record.time[:10],
                commit_of(record),
                f"{'*' if is_changed else ''}{digest_of(record)}",
                str(len(record.runs)),
                metric.text(record.score),
                interval_of(record, metric),
                _plot(record, low, high, n_plot),
                record.verdict,
            ]
        )
    return laid_out(_COLUMNS, rows, width).lines


def commit_of(record: Record) -> str:
    """Return the short commit, with `+` if files were changed since."""
    return printable(f"{(record.commit or '-')[:7]}{'+' if record.is_dirty else ''}")


def digest_of(record: Record) -> str:
    """Return the beginning of the digest of the checkpoint's files."""
    return printable((record.digest or "-").removeprefix("sha256:")[:8])


def interval_of(record: Record, metric: Metric) -> str:
    if record.interval_low is None or record.interval_high is None:
        return ""
    return metric.interval((record.interval_low, record.interval_high))


def sentences(series: Series, changes: Sequence[Change], others: Sequence[Series], alpha: float) -> list[str]:
    """Return what is to be said about a series.

    Args:
        series: that is shown.
        changes: of its score.
        others: the older series of the item, which are not shown.
        alpha: the false-alarm rate of the changes.
    """
    found = [
        *(change_sentence(change, metric_of(series)) for change in changes),
        *_without_change(series, changes, alpha),
        *_repeated(series),
        *_branches(series),
        *_baseline(series),
        *(_other(series, other) for other in others),
    ]
    return [printable(line) for line in found]


def change_sentence(change: Change, metric: Metric) -> str:
    """Return what changed, between which commits."""
    moved = "fell" if change.difference < 0 else "rose"
    kind = "worse" if change.is_worse else "better"
    scores = f"from {metric.text(change.score_before)} to {metric.text(change.score_after)}"
    difference = metric.text(change.difference, "+", change.score_before)
    before, after, likely = change.before, change.after, change.likely
    sentence = (
        f"The score {moved} {scores} ({difference}, {kind}; p = {change.p_value:.3f}) after {_point(before)} and not "
        f"later than {_point(after)}"
    )
    if likely.commit != after.commit or likely.time != after.time:
        sentence += f", most probably at {_point(likely)}"
    if before.commit and after.commit and before.commit != after.commit:
        sentence += f" (git log {before.commit[:10]}..{after.commit[:10]})"
    if change.others:
        sentence += f". What changed too: {', '.join(change.others)}"
    return sentence


def _point(record: Record) -> str:
    return f"{commit_of(record)} ({record.time[:10]})" if record.commit else record.time


def _without_change(series: Series, changes: Sequence[Change], alpha: float) -> Iterator[str]:
    n = len(series.measurements)
    rate = f"of histories without a change, {100 * alpha:g} % are said to have one"
    if n < MIN_MEASUREMENTS:
        yield f"Too few different results to show a change of the score: {n}, and {MIN_MEASUREMENTS} are needed"
    elif not changes:
        yield f"No change of the score is shown in {n} different results ({rate})"
    else:
        yield f"A range of commits holds the change with 95 % confidence; {rate}"


def _repeated(series: Series) -> Iterator[str]:
    n_scored = sum(record.score is not None and not record.is_bound for record in series.records)
    if repeats := n_scored - len(series.measurements):
        yield f"{count(repeats, 'result')} of the same seeds and files as the one before, and equal to it: counted once"
    if series.varies_less_than_seeds:
        yield (
            "The results differ far less than those of other seeds would: they repeat the same runs but for rounding, "
            "so other seeds may not show a change that is named here"
        )
    if bounds := sum(record.is_bound for record in series.records):
        yield f"{count(bounds, 'result')} of runs that were stopped early, whose scores are bounds: not tested"


def _branches(series: Series) -> Iterator[str]:
    if len(names := series.branches) > 1:
        shown = ", ".join(shortened(name, 40) for name in names[:5]) + (", ..." if len(names) > 5 else "")
        yield f"The results are of {len(names)} branches ({shown}): --branch={names[0]} shows one of them"


def _baseline(series: Series) -> Iterator[str]:
    if (use := baseline_use(series.records)) is not None:
        yield baseline_sentence(use, metric_of(series))


def baseline_sentence(use: BaselineUse, metric: Metric) -> str:
    """Return how old the baseline is.

    Raises:
        BaselineError: it was recorded at a time that is none.
    """
    now = datetime.now(UTC)
    days = BaselineAge.of(use.recorded_at or use.first.time, now).whole_days
    age = f"{'' if use.recorded_at else 'at least '}{count(days or 0, 'day')} old"
    compared = f"{count(use.n_compared, 'result')} compared with it, the first at {_point(use.first)}"
    return f"Baseline {use.name} ({metric.text(use.score)}) is {age}; {compared}"


def _other(series: Series, other: Series) -> str:
    apart = "; ".join(shortened(each, 120) for each in differences(series, other))
    records = count(len(other.records), "result")
    return f"Not comparable, so not shown: {records}, {span(other.records)}, with {apart} (--all shows them)"


def _range(records: Sequence[Record]) -> tuple[float, float]:
    """Return the lowest and the highest value of all scores and intervals."""
    values = [
        value
        for record in records
        for value in (record.score, record.interval_low, record.interval_high)
        if value is not None
    ]
    return (min(values), max(values)) if values else (0.0, 0.0)


def _plot(record: Record, low: float, high: float, width: int) -> str:
    """Return a line of text with the score and its interval, as in `  --o--  `."""
    if record.score is None:
        return ""

    def place(value: float) -> int:
        return round((value - low) / (high - low) * (width - 1)) if high > low else 0

    start = place(record.score if record.interval_low is None else record.interval_low)
    end = place(record.score if record.interval_high is None else record.interval_high)
    line = [" "] * start + ["-"] * (end - start + 1) + [" "] * (width - 1 - end)
    line[place(record.score)] = "o"
    return "".join(line)
