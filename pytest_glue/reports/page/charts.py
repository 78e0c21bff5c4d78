"""The charts of items and their runs: each function returns a chart of Altair, or None where there is nothing to show.

Colours are CSS variables of the page. Every chart has a fixed width in pixels, for a phone unless another is given.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Epoch
from pytest_glue.reports.bounds import differences_of
from pytest_glue.reports.page.chart_parts import (
    NARROW,
    PLOT,
    Chart,
    colour,
    data,
    height,
    label,
    names_axis,
    quantity,
    rows_height,
    ticks_at,
    unique,
)
from pytest_glue.reports.view import Item, short_names

_VERDICTS = {
    "pass": "var(--pass)",
    "inconclusive": "var(--unclear)",
    "fail": "var(--fail)",
    "degenerate": "var(--fail)",
}
_SHAPES = ("circle", "square", "triangle-down", "cross")
_BOUNDS = {"baseline": "var(--accent)", "threshold": "var(--text)", "chance level": "var(--muted)"}
_LIMITS = {"no difference": "var(--text)", "allowed drop": "var(--fail)"}
_SEEDS = tuple(f"var(--seed{number})" for number in range(6))
THIS_RUN = "this run"
_MOST_POINTS = 20
"""Of curves whose points are marked."""
_POINT: dict[str, Any] = {"filled": True, "size": 70, "opacity": 1}
_DASHED: dict[str, Any] = {"strokeWidth": 2, "strokeDash": [4, 3]}


def dot_plot(items: Sequence[Item], width: int = NARROW) -> Chart | None:
    """Return the scores of items with their intervals, and what each is compared with; one row for each item."""
    scored = [(item, item.evaluation, item.score) for item in items]
    shown = [(item, evaluation, score) for item, evaluation, score in scored if evaluation and score is not None]
    names = unique(short_names([item for item, _, _ in shown]))
    rows, bounds = [], []
    for name, (item, evaluation, score) in zip(names, shown, strict=True):
        low, high = evaluation.confidence_interval or (score, score)
        rows.append({"item": name, "score": score, "low": low, "high": high, "verdict": item.kind})
        bounds += [{"item": name, "bound": _bound(each.name), "value": each.value} for each in item.bounds]
    if not rows:
        return None
    row, verdict = names_axis("item", names, width=width), colour("verdict", _VERDICTS, _VERDICTS, legend=False)
    shape = alt.Shape("verdict:N", legend=None).scale(domain=list(_VERDICTS), range=_SHAPES)
    base = alt.Chart(data(rows)).encode(y=row, color=verdict)
    ticks = alt.Chart(data(bounds)).mark_tick(thickness=2, size=16, opacity=1)
    return (
        alt.layer(
            ticks.encode(y=row, x=quantity("value", "score"), color=_bound_colour(bounds)),
            base.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q"),
            base.mark_point(**_POINT).encode(x="score:Q", shape=shape),
        )
        .resolve_scale(color="independent")
        .properties(width=width, height=rows_height(len(rows)))
    )


def _bound(name: str) -> str:
    return name if name in _BOUNDS else "baseline"


def _bound_colour(bounds: Sequence[dict[str, Any]]) -> Any:
    return colour("bound", _BOUNDS, (each["bound"] for each in bounds))


def learning_curves(evaluation: Evaluation) -> Chart | None:
    """Return the headline metric after each epoch, one line for each seed; None with fewer than two epochs."""

    def score(epoch: Epoch) -> float | None:
        return epoch.metrics.get(evaluation.headline_metric)

    return _curves(evaluation, score, label(evaluation.headline_metric))


def losses(evaluation: Evaluation) -> Chart | None:
    """Return the evaluation loss after each epoch, one line for each seed; None with fewer than two epochs."""

    def loss(epoch: Epoch) -> float | None:
        return epoch.evaluation_loss

    return _curves(evaluation, loss, "evaluation loss")


def _curves(evaluation: Evaluation, value_of: Any, title: str) -> Chart | None:
    rows = [
        {"epoch": epoch.epoch, "value": value, "seed": str(run.seed)}
        for run in evaluation.runs
        for epoch in run.history
        if (value := value_of(epoch)) is not None
    ]
    if len({row["epoch"] for row in rows}) < 2:
        return None
    point = alt.OverlayMarkDef(size=30) if len(rows) <= _MOST_POINTS else False
    lines = alt.Chart(data(rows)).mark_line(point=point)
    ticks = ticks_at(epoch.epoch for run in evaluation.runs for epoch in run.history)
    epoch_axis = quantity("epoch", "epoch", format=".3~g", **ticks)
    encoded = lines.encode(x=epoch_axis, y=height("value", title), color=_seed_colour(evaluation))
    return encoded.properties(width=NARROW, height=PLOT)


def _seed_colour(evaluation: Evaluation) -> Any:
    """Return the colour of each seed; one for all if there are more seeds than colours."""
    seeds = [str(run.seed) for run in evaluation.runs]
    if len(seeds) > len(_SEEDS):
        return colour("seed", dict.fromkeys(seeds, _SEEDS[0]), seeds, legend=False)
    return colour("seed", dict(zip(seeds, _SEEDS, strict=False)), seeds)


def scores_by_seed(item: Item) -> Chart | None:
    """Return the score of each run beside what it is compared with; None without a defined score.

    Runs of a baseline are points too, in a row of their own: seeds of both sides are no pairs.
    """
    evaluation = item.evaluation
    assert evaluation is not None, item
    metric, recorded = evaluation.headline_metric, evaluation.baseline or {}
    rows = [
        {"row": THIS_RUN if recorded else str(run.seed), "score": run.metrics[metric]}
        for run in evaluation.runs
        if run.metrics[metric] is not None
    ]
    if not rows:
        return None
    baseline = label(str(recorded.get("name", "")))
    rows += [{"row": baseline, "score": score} for score in recorded.get("baseline_scores", ())]
    names = list(dict.fromkeys(str(row["row"]) for row in rows))
    bounds = [{"bound": _bound(each.name), "value": each.value} for each in item.bounds]
    rules = alt.Chart(data(bounds)).mark_rule(**_DASHED)
    points = alt.Chart(data(rows)).mark_point(**{**_POINT, "opacity": 0.7}, color=_SEEDS[0])
    return alt.layer(
        rules.encode(x="value:Q", color=_bound_colour(bounds)),
        points.encode(x=quantity("score", label(metric)), y=names_axis("row", names, None if recorded else "seed")),
    ).properties(width=NARROW, height=rows_height(len(names)))


def differences(item: Item) -> Chart | None:
    """Return the difference to the baseline with its interval, of all examples and of slices; None without one."""
    evaluation = item.evaluation
    baseline = None if evaluation is None else evaluation.baseline
    if evaluation is None or baseline is None:
        return None
    parts = differences_of(evaluation)
    names = unique(name for name, _, _ in parts)
    rows = []
    for name, (_, value, interval) in zip(names, parts, strict=True):
        low, high = interval or (value, value)
        rows.append({"part": name, "difference": value, "low": low, "high": high})
    limits: list[dict[str, Any]] = [{"value": 0.0, "limit": "no difference"}]
    if drop := baseline["max_drop"]:
        limits.append({"value": -drop if evaluation.greater_is_better else drop, "limit": "allowed drop"})
    rules = alt.Chart(data(limits)).mark_rule(**_DASHED)
    base = alt.Chart(data(rows)).encode(y=names_axis("part", names))
    title = f"difference in {label(evaluation.headline_metric)}"
    return alt.layer(
        rules.encode(x="value:Q", color=colour("limit", _LIMITS, (each["limit"] for each in limits))),
        base.mark_rule(strokeWidth=2, color="var(--accent)").encode(x="low:Q", x2="high:Q"),
        base.mark_point(**_POINT, color="var(--accent)").encode(x=quantity("difference", title)),
    ).properties(width=NARROW, height=rows_height(len(rows)))
