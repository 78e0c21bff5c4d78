"""SVG elements for a page, from Altair's charts."""

import re
from xml.etree import ElementTree as ET

import altair as alt
import vl_convert
from markupsafe import Markup

from pytest_glue.core.formatting import visible
from pytest_glue.reports.page.chart_parts import Chart

_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_NAMESPACES = re.compile(r' xmlns(:\w+)?="[^"]*"')
_KEPT = frozenset(
    {
        *("d", "dominant-baseline", "dy", "fill", "fill-opacity", "font-size", "font-weight", "height", "stroke"),
        *("stroke-dasharray", "stroke-opacity", "stroke-width", "text-anchor", "transform", "viewBox", "width"),
        *("x", "x1", "x2", "y", "y1", "y2", "opacity"),
    }
)
"""Attributes that change what is seen; a page's style sheet sets the fonts."""
_DEFAULTS = {
    "opacity": "1",
    "stroke-width": "1",
    "font-weight": "normal",
    "font-size": "11px",
    "text-anchor": "start",
    "transform": "translate(0,0)",
    "x2": "0",
    "y2": "0",
}
"""What holds without the attribute, by SVG or by the style sheet of the page, as it does for the colour of texts."""


def image(chart: Chart, title: str, description: str, key: str) -> Markup:
    """Return a chart as an SVG element with a title and a description for screen readers.

    Its colours may be CSS variables of the page. Its texts have no font of their own.

    Args:
        chart: whose texts are printable.
        title: of the chart; of any content, as the description.
        description: what the chart says, in words.
        key: unique in the page; the ids of title and description begin with it.
    """
    found = vl_convert.vegalite_to_svg(_themed(chart).to_dict(validate=False))  # which would take half the time
    root = ET.fromstring(_NAMESPACES.sub("", found))  # noqa: S314 - vl-convert has just made it
    _reduce(root)
    for name, text in (("desc", visible(description, 1000)), ("title", visible(title, 300))):
        element = ET.Element(name, {"id": f"{key}-{name}"})
        element.text = text
        root.insert(0, element)
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-title {key}-desc")
    return Markup(ET.tostring(root, encoding="unicode").replace(" />", "/>"))  # noqa: S704 - its texts are escaped


def _themed(chart: Chart) -> Chart:
    text = {"labelColor": "var(--text)", "titleColor": "var(--text)", "labelFontSize": 11, "titleFontSize": 11}
    lines = {"domainColor": "var(--muted)", "tickColor": "var(--muted)", "gridColor": "var(--line)"}
    return chart.configure(
        aria=False,
        background="transparent",
        padding={"left": 12, "right": 8, "top": 5, "bottom": 5},  # a browser's font can be wider than the measured one
        axis=alt.AxisConfig(**text, **lines, titleFontWeight="normal", tickCount=4),
        legend=alt.LegendConfig(**text, orient="bottom", symbolType="square", offset=8),
        view=alt.ViewConfig(stroke="transparent"),
        autosize=alt.AutoSizeParams(type="fit", contains="padding"),
    )


def _reduce(element: ET.Element) -> None:
    """Remove what is not seen, and digits that no screen shows."""
    for name, value in list(element.attrib.items()):
        is_default = _DEFAULTS.get(name) == value or (element.tag, name, value) == ("text", "fill", "var(--text)")
        if name not in _KEPT or is_default:
            del element.attrib[name]
        else:
            element.set(name, _NUMBER.sub(_rounded, value))
    if "stroke" not in element.attrib and element.tag != "g":
        element.attrib.pop("stroke-width", None)
    for child in list(element):
        if _is_invisible(child):
            element.remove(child)
            continue
        _reduce(child)
        if child.tag == "g" and not len(child):
            element.remove(child)
        elif child.tag == "g" and not child.attrib:
            position = list(element).index(child)
            element.remove(child)
            for offset, grandchild in enumerate(child):
                element.insert(position + offset, grandchild)


def _is_invisible(element: ET.Element) -> bool:
    return (
        element.get("opacity") == "0"
        or element.get("class") in {"background", "foreground"}
        or (element.tag == "path" and not element.get("d"))
    )


def _rounded(found: re.Match[str]) -> str:
    return f"{round(float(found[0]), 1) + 0.0:g}"
