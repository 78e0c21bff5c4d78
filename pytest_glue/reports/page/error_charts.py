"""The charts of what the runs of an item predict."""

from collections.abc import Sequence

import altair as alt

from pytest_glue.core.error_analysis import CalibrationBin, ConfusionMatrix, ResidualBin
from pytest_glue.reports.page.chart_parts import NARROW, PLOT, Chart, data, names_axis, quantity, rows_height, unique

_MOST_NUMBERED = 8
"""Labels of a matrix whose cells have room for a number."""


def confusion(matrix: ConfusionMatrix) -> Chart | None:
    """Return a heat map with a row for each gold label; None if nothing is counted."""
    names = unique(matrix.labels)
    totals = [sum(row) for row in matrix.counts]
    rows = [
        {"gold": gold, "predicted": predicted, "count": count, "share": count / total if total else 0.0}
        for gold, counts, total in zip(names, matrix.counts, totals, strict=True)
        for predicted, count in zip(names, counts, strict=True)
        if count
    ]
    if not rows:
        return None
    axis = alt.Axis(labelAngle=-40, labelLimit=100)
    base = alt.Chart(data(rows)).encode(
        x=alt.X("predicted:N", sort=names, title="predicted", axis=axis).scale(domain=names),
        y=names_axis("gold", names, "gold label").scale(domain=names),
    )
    share = alt.FillOpacity("share:Q", legend=None).scale(domain=[0, 1], range=[0.05, 0.5])
    cells = base.mark_rect(fill="var(--accent)", stroke="var(--line)").encode(fillOpacity=share)
    numbers = base.mark_text(fontSize=12, color="var(--text)").encode(text="count:Q")
    layers = [cells, numbers] if len(names) <= _MOST_NUMBERED else [cells]
    return alt.layer(*layers).properties(width=NARROW, height=rows_height(len(names)) + 60)


def residual_quantiles(bins: Sequence[ResidualBin]) -> Chart | None:
    """Return the median of the residuals by gold value, with the ranges of half and of 90 % of them."""
    if not bins:
        return None
    rows = []
    for each in bins:
        low, first, median, third, high = each.quantiles
        middle = (each.low + each.high) / 2
        rows.append({"gold": middle, "q05": low, "q25": first, "q50": median, "q75": third, "q95": high})
    base = alt.Chart(data(rows)).encode(x=quantity("gold", "gold value"))
    zero = alt.Chart(data([{"value": 0}])).mark_rule(strokeDash=[4, 3], color="var(--text)").encode(y="value:Q")
    residual = alt.Y("q05:Q", title="prediction minus gold value")
    return alt.layer(
        base.mark_rule(strokeWidth=2, color="var(--accent)").encode(y=residual, y2="q95:Q"),
        base.mark_rule(strokeWidth=8, color="var(--accent)", opacity=0.5).encode(y="q25:Q", y2="q75:Q"),
        base.mark_point(filled=True, size=50, opacity=1, color="var(--text)").encode(y="q50:Q"),
        zero,
    ).properties(width=NARROW, height=PLOT)


def calibration_curve(bins: Sequence[CalibrationBin]) -> Chart | None:
    """Return the share that is right by probability, beside the line on which both are equal; None without bins."""
    if not bins:
        return None
    rows = [{"confidence": each.confidence, "accuracy": each.accuracy, "n": each.n_predictions} for each in bins]
    equal = alt.Chart(data([{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(strokeDash=[4, 3], color="var(--muted)")
    x = alt.X("x:Q", title="mean probability").scale(domain=[0, 1])
    y = alt.Y("y:Q", title="share that is right").scale(domain=[0, 1])
    base = alt.Chart(data(rows)).encode(x="confidence:Q", y="accuracy:Q")
    return alt.layer(
        equal.encode(x=x, y=y),
        base.mark_line(color="var(--accent)"),
        base.mark_point(filled=True, opacity=1, color="var(--accent)").encode(
            size=alt.Size("n:Q", legend=None).scale(range=[20, 160])
        ),
    ).properties(width=NARROW, height=PLOT)
