"""The page and the picture of a history."""

import re
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from pytest_glue.history.series import Series
from pytest_glue.reports.history_json import Shown
from pytest_glue.reports.history_text import commit_of, digest_of, interval_of, metric_of, title
from pytest_glue.reports.page.chart_parts import NARROW, WIDE
from pytest_glue.reports.page.environment import environment
from pytest_glue.reports.page.history_chart import scores_over_time
from pytest_glue.reports.page.svg import image

_VARIABLE = re.compile(r"var\((--\w+)\)")
_UNCOLOURED = re.compile(r"<text (?![^>]*\bfill=)")
_VALUE = re.compile(r"(--\w+): (#\w+)")


def _image(shown: Shown, key: str, width: int) -> Markup:
    """Return the chart of a series; empty without a defined score."""
    chart = scores_over_time(shown.series, shown.changes, width)
    if chart is None:
        return Markup()
    return image(chart, title(shown.series), " ".join(shown.sentences), key)


def history_page(shown: Sequence[Shown]) -> str:
    """Return the HTML of the page; it refers to no other file."""
    sections = [
        {
            "title": title(each.series),
            "sentences": each.sentences,
            "narrow": _image(each, f"narrow{number}", NARROW),
            "wide": _image(each, f"wide{number}", WIDE),
            "rows": _rows(each.series),
        }
        for number, each in enumerate(shown)
    ]
    return environment().get_template("history.html.j2").render(sections=sections)


def _rows(series: Series) -> list[tuple[str, ...]]:
    metric = metric_of(series)
    return [
        (
            record.time.replace("T", " ").removesuffix("Z"),
            commit_of(record),
            record.branch or "",
            digest_of(record),
            ", ".join(map(str, record.seeds)),
            metric.text(record.score),
            interval_of(record, metric),
            record.verdict,
        )
        for record in reversed(series.records)
    ]


def picture(shown: Shown) -> str:
    """Return the chart as an SVG file, in the colours of a light page; empty without a defined score."""
    style = (Path(__file__).parent / "templates" / "style.css").read_text("utf-8")
    colours = dict(_VALUE.findall(style[: style.index("}")]))
    drawn = _VARIABLE.sub(lambda found: colours[found[1]], _image(shown, "history", WIDE))
    drawn = _UNCOLOURED.sub(f'<text fill="{colours["--text"]}" ', drawn)
    font = 'font-family="Arial, Helvetica, sans-serif" font-size="11px"'
    return drawn.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" {font} ', 1)
