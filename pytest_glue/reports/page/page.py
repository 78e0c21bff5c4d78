"""The page: its parts in the order of reading, written with templates that escape every text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup

from pytest_glue.core.formatting import count, decimal, seconds, visible
from pytest_glue.core.metrics import METRICS
from pytest_glue.reports.page import charts, search_charts
from pytest_glue.reports.page.chart_parts import NARROW, WIDE, Chart
from pytest_glue.reports.page.svg import svg
from pytest_glue.reports.view import Item, View


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its caption."""

    caption: str
    image: Markup


@dataclass(frozen=True, slots=True)
class Overview:
    """Items whose scores have one axis, for a phone and for a large screen."""

    caption: str
    narrow: Markup
    wide: Markup


@dataclass(frozen=True, slots=True)
class Section:
    """What the page shows of an item."""

    key: str
    """The id of its part of the page."""
    item: Item
    figures: tuple[Figure, ...]
    search_figures: tuple[Figure, ...]


def page(view: View) -> str:
    """Return the HTML of the page; it refers to no other file."""
    template = _environment().get_template("page.html.j2")
    sections = [_section(item, f"item{number}") for number, item in enumerate(view.items, start=1)]
    keys = {section.item.nodeid: section.key for section in sections}
    return template.render(view=view, overviews=_overviews(view.items), sections=sections, keys=keys)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pytest_glue.reports.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"decimal": _decimal, "interval": _interval, "seconds": seconds, "n": count}
    return environment


def _shown(value: Any) -> Any:
    """Return the text of a value in the page; charts are no text."""
    return value if isinstance(value, Markup) else visible(str(value))


def _decimal(value: float | None, sign: str = "") -> str:
    return "undefined" if value is None else decimal(value, sign)


def _interval(interval: Sequence[float] | None, sign: str = "") -> str:
    return "" if interval is None else " to ".join(decimal(each, sign) for each in interval)


def _overviews(items: Sequence[Item]) -> list[Overview]:
    """Return a dot plot of all items, one for each metric whose scores are no fractions."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        if item.score is not None and item.evaluation is not None:
            metric = item.evaluation.headline_metric
            groups.setdefault("" if _is_fraction(metric) else metric, []).append(item)
    found = []
    for number, (metric, group) in enumerate(sorted(groups.items())):
        caption = f"Scores{f' in {metric}' if metric else ''}, with 95 % intervals"
        words = "; ".join(f"{item.name}: {_decimal(item.score)}, {item.status}" for item in group)
        images = [
            _image(charts.dot_plot(group, width), caption, visible(words, 1000), f"scores{number}{name}")
            for name, width in (("narrow", NARROW), ("wide", WIDE))
        ]
        found.append(Overview(caption, *images))
    return found


def _is_fraction(metric: str) -> bool:
    known = METRICS.get(metric)
    return known is not None and known.low >= -1 and known.high <= 1


def _section(item: Item, key: str) -> Section:
    evaluation = item.evaluation
    if evaluation is None:
        return Section(key, item, (), ())
    metric = evaluation.headline_metric
    shown: Mapping[str, Chart | None] = {
        "Difference to the baseline": charts.differences(item),
        "Score of each seed": charts.scores_by_seed(item),
        f"{metric} by epoch": charts.learning_curves(evaluation),
        "Evaluation loss by epoch": charts.losses(evaluation),
    }
    study = evaluation.search
    searched: Mapping[str, Chart | None] = {}
    if study is not None:
        searched = {
            "Trials": search_charts.trials(study),
            "Importance of hyperparameters": search_charts.importance(study),
        }
    return Section(key, item, _figures(shown, item, f"{key}a"), _figures(searched, item, f"{key}b"))


def _figures(shown: Mapping[str, Chart | None], item: Item, key: str) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            caption, _image(chart, f"{caption}: {item.name}", "The values are in the tables below.", f"{key}{number}")
        )
        for number, (caption, chart) in enumerate(shown.items())
        if chart is not None
    )


_DESCRIPTION = "The values are in the tables below."


def _image(chart: Chart | None, title: str, description: str, key: str) -> Markup:
    assert chart is not None, title
    image = svg(chart, title=visible(title), description=visible(description), key=key)
    return Markup(image)  # noqa: S704 - its texts are escaped
