"""The page: its parts in the order of reading, written with templates that escape every text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import jinja2
from markupsafe import Markup

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.metrics import METRICS
from pytest_glue.reports.answers import Answer, answers
from pytest_glue.reports.example_texts import ExampleTexts, ItemTexts
from pytest_glue.reports.page import charts, error_charts, search_charts, words
from pytest_glue.reports.page.chart_parts import NARROW, WIDE, Chart
from pytest_glue.reports.page.environment import LONGEST_TEXT, environment, score_text
from pytest_glue.reports.page.svg import image
from pytest_glue.reports.view import Item, View

_TEXT_BUDGET = 250_000
"""In characters: of all texts of examples."""
_NO_ROOM = "the texts of the items above fill the page"


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
    answers: tuple[Answer, ...]
    decisive_figures: tuple[Figure, ...]
    """What the score is compared with."""
    figures: tuple[Figure, ...]
    search_figures: tuple[Figure, ...]
    texts: ItemTexts


def page(view: View, texts: Mapping[str, ItemTexts]) -> str:
    """Return the HTML of the page; it refers to no other file.

    Args:
        view: what is shown.
        texts: of examples, by the node id of their item.

    Raises:
        LookupError: a part of the view is missing.
    """
    template = environment().get_template("page.html.j2")
    texts = _within_budget(texts, [item.nodeid for item in view.items])
    sections = [
        _section(item, f"item{number}", texts.get(item.nodeid, ItemTexts()), view.environment["commit"])
        for number, item in enumerate(view.items, start=1)
    ]
    keys = {section.item.nodeid: section.key for section in sections}
    try:
        return template.render(view=view, overviews=_overviews(view.items), sections=sections, keys=keys)
    except jinja2.UndefinedError as error:
        raise LookupError(str(error)) from error


def _within_budget(texts: Mapping[str, ItemTexts], nodeids: Sequence[str]) -> Mapping[str, ItemTexts]:
    """Return the texts of the first items that the page has room for."""
    sizes = accumulate(_size(each) for nodeid in nodeids if (each := texts.get(nodeid)))
    found = zip((nodeid for nodeid in nodeids if nodeid in texts), sizes, strict=True)
    return {nodeid: texts[nodeid] if size <= _TEXT_BUDGET else _without_room(texts[nodeid]) for nodeid, size in found}


def _size(texts: ItemTexts) -> int:
    pairs = (*texts.flipped.by_example.values(), *texts.golden.by_example.values())
    return sum(min(len(text), LONGEST_TEXT) for pair in pairs for text in pair)


def _without_room(texts: ItemTexts) -> ItemTexts:
    found = (texts.flipped, texts.golden)
    return ItemTexts(*(ExampleTexts(problem=_NO_ROOM) if each.by_example else each for each in found))


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
        scores = "; ".join(f"{item.name}: {score_text(item.score, metric or None)}, {item.status}" for item in group)
        images = [
            image(chart, caption, scores, f"scores{number}{name}")
            for name, width in (("narrow", NARROW), ("wide", WIDE))
            if (chart := charts.dot_plot(group, width)) is not None
        ]
        found.append(Overview(caption, *images))
    return found


def _is_fraction(metric: str) -> bool:
    known = METRICS.get(metric)
    return known is not None and known.low >= -1 and known.high <= 1


def _section(item: Item, key: str, texts: ItemTexts, commit: str | None) -> Section:
    evaluation = item.evaluation
    if evaluation is None:
        return Section(key, item, (), (), (), (), texts)
    return Section(
        key,
        item,
        answers(evaluation, commit),
        _decisive_figures(item, evaluation, f"{key}c"),
        _figures(item, evaluation, f"{key}a"),
        _search_figures(item, f"{key}b"),
        texts,
    )


def _decisive_figures(item: Item, evaluation: Evaluation, key: str) -> tuple[Figure, ...]:
    return _drawn(
        item,
        key,
        {
            "Difference to the baseline": (charts.differences(item), words.differences(evaluation)),
            "Score of each seed": (charts.scores_by_seed(item), words.scores(evaluation)),
        },
    )


def _figures(item: Item, evaluation: Evaluation, key: str) -> tuple[Figure, ...]:
    metric, matrix = evaluation.headline_metric, evaluation.confusion_matrix
    return _drawn(
        item,
        key,
        {
            f"{metric} by epoch": (charts.learning_curves(evaluation), words.learning_curves(evaluation)),
            "Evaluation loss by epoch": (charts.losses(evaluation), words.losses(evaluation)),
            "Predictions by gold label, over all seeds": (
                error_charts.confusion(matrix) if matrix else None,
                words.confusion(matrix) if matrix else "",
            ),
            "Residuals: their median, half and 90 % of them": (
                error_charts.residual_quantiles(evaluation.residuals),
                words.residuals(evaluation.residuals),
            ),
            "Calibration: the share that is right by probability": (
                error_charts.calibration_curve(evaluation.calibration),
                words.calibration(evaluation.calibration),
            ),
        },
    )


def _search_figures(item: Item, key: str) -> tuple[Figure, ...]:
    study = item.evaluation.search if item.evaluation else None
    if study is None:
        return ()
    return _drawn(
        item,
        key,
        {
            "Trials": (search_charts.trials(study), words.trials(study)),
            "Importance of hyperparameters": (search_charts.importance(study), words.importance(study)),
        },
    )


def _drawn(item: Item, key: str, shown: Mapping[str, tuple[Chart | None, str]]) -> tuple[Figure, ...]:
    """Return the figures of the charts that there are.

    Args:
        item: that they are about.
        key: the beginning of their ids.
        shown: charts with their content in words, by caption.
    """
    return tuple(
        Figure(caption, image(chart, f"{caption}: {item.name}", described, f"{key}{number}"))
        for number, (caption, (chart, described)) in enumerate(shown.items())
        if chart is not None
    )
