"""The environment of the page's templates: they escape every text, and its filters show values."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
from markupsafe import Markup, escape

from pytest_glue.core.error_analysis import LabelScores
from pytest_glue.core.formatting import count, decimal, seconds, visible
from pytest_glue.core.metrics import shown_metric

LONGEST_TEXT = 5000
"""In characters: of any text in the page."""
_MOST_LABELS = 50
_FLAG = re.compile(r"--glue-[a-z-]+(?:=[\w.-]{1,20}(?![\w.-]))?")


def environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("pytest_glue.reports.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "score": score_text,
        "interval": _interval,
        "seconds": seconds,
        "n": count,
        "with_flags": _with_flags,
        "setting": _setting,
        "option": option_text,
    }
    made.globals["worst_labels"] = _worst_labels
    return made


def _shown(value: Any) -> Any:
    """Return the text of a value in the page; charts are no text."""
    return value if isinstance(value, Markup) else visible(str(value), LONGEST_TEXT)


def _setting(value: Any) -> str:
    """Return a value of a hyperparameter; the recipe has all digits of it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _with_flags(text: str) -> Markup:
    """Return a text of the page whose flags are code, which no line break divides."""
    return Markup(_FLAG.sub(r"<code>\g<0></code>", str(escape(_shown(text)))))  # noqa: S704 - it is escaped


def score_text(value: float | None, metric: str | None, sign: str = "", beside: float | None = None) -> str:
    """Return a score or a difference as text, see `Metric.text`; without a metric, of a fraction."""
    return decimal(value, sign) if metric is None else shown_metric(metric).text(value, sign, beside)


def _interval(interval: Sequence[float] | None, metric: str | None) -> str:
    return "" if interval is None else " to ".join(score_text(each, metric) for each in interval)


def _worst_labels(labels: Sequence[LabelScores]) -> list[LabelScores]:
    """Return the labels in the order of their F1, undefined ones last."""
    return sorted(labels, key=lambda each: (each.f1 is None, each.f1 or 0.0))[:_MOST_LABELS]


def option_text(value: Any) -> str:
    """Return names as a list, and a table as JSON, without the fields that say nothing."""
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return ", ".join(map(str, value))
    return json.dumps(_without_empty(value), indent=1, ensure_ascii=False) if isinstance(value, Mapping) else str(value)


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_empty(each) for key, each in value.items() if each not in (None, "", [], {})}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value
