"""The charts of a hyperparameter search."""

import altair as alt

from pytest_glue.core.study import Study, best_objective
from pytest_glue.reports.page.chart_parts import (
    NARROW,
    PLOT,
    Chart,
    data,
    height,
    label,
    names_axis,
    quantity,
    rows_height,
    ticks_at,
)

_LABELS = 480
"""The width that leaves room for the names of hyperparameters, as `names_axis` takes it."""


def trials(study: Study) -> Chart | None:
    """Return the objective of each trial and the best one so far; None if no trial has one."""
    rows = []
    for number, each in enumerate(study.trials, 1):
        if each.objective is not None:
            best = best_objective(study.trials[:number], study.direction)
            state = str(each.state)
            rows.append({"trial": each.number + 1, "score": each.objective, "best": best, "state": state})
    if not rows:
        return None
    ticks = ticks_at(each.number + 1 for each in study.trials if each.objective is not None)
    base = alt.Chart(data(rows)).encode(x=quantity("trial", "trial", format="d", **ticks))
    state = alt.Shape("state:N", title=None).scale(domain=["complete", "pruned"], range=["circle", "cross"])
    points = base.mark_point(filled=True, size=60, opacity=1, color="var(--accent)")
    return alt.layer(
        base.mark_line(interpolate="step-after", color="var(--muted)").encode(y="best:Q"),
        points.encode(y=height("score", label(study.objective)), shape=state),
    ).properties(width=NARROW, height=PLOT)


def importance(study: Study) -> Chart | None:
    """Return the share of each hyperparameter in the differences between trials; None if unknown."""
    shares = sorted(study.importance.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [{"name": label(name), "share": share} for name, share in shares]
    if not rows:
        return None
    bars = alt.Chart(data(rows)).mark_bar(color="var(--accent)")
    share = alt.X("share:Q", title="share of the differences between trials", axis=alt.Axis(format="%"))
    encoded = bars.encode(x=share, y=names_axis("name", [str(row["name"]) for row in rows], width=_LABELS))
    return encoded.properties(width=NARROW, height=rows_height(len(rows)))
