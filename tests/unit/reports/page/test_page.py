"""The page: its order, what it shows of an item, its size, and that foreign text stays text."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from pytest_glue.core.error_analysis import CalibrationBin, LabelScores
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.golden import GoldenMiss, GoldenResult
from pytest_glue.core.runs import Epoch
from pytest_glue.core.study import Study
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.error_analysis import confusion_matrix, residuals
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.reports.example_texts import ExampleTexts, ItemTexts
from pytest_glue.reports.page.page import page
from pytest_glue.reports.view import view_of
from tests.factories import RTE_LABELS, make_baseline, make_evaluation, make_runs, make_scored_run

Report = Callable[..., dict[str, Any]]
VOID = frozenset({"meta", "link", "br"})


class Parsed(HTMLParser):
    """The elements of a page; fails on a tag that is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name in {"href", "src"} and value]
        assert not any(name.startswith("on") for name in given)
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def compared(number: int = 0, n_seeds: int = 3, **changes: Any) -> Evaluation:
    """Return an evaluation of RTE that got worse than its baseline."""
    recorded = make_baseline(make_runs("rte", RTE_LABELS, *[20 + each for each in range(n_seeds)]))
    rule = RegressionCriterion("main", "f.json", recorded, 0.01, 0.05, 1)
    wrong = [1 - label if index % 3 == 0 else label for index, label in enumerate(RTE_LABELS)]
    runs = [
        replace(
            make_scored_run("rte", wrong, RTE_LABELS, seed),
            history=tuple(Epoch(float(epoch), 0.7, 0.6 + seed / 1000, {"accuracy": 0.5}) for epoch in (1, 2, 3)),
        )
        for seed in range(n_seeds)
    ]
    judgement = Criteria(GLUE["rte"], "a/b", {}, rule).judge(runs, RTE_LABELS)
    evaluation = make_evaluation(runs, nodeid=f"s.py::test[rte-{number:03}]", notes=judgement.notes)
    matrix = confusion_matrix(GLUE["rte"], runs, RTE_LABELS)
    return replace(evaluation, judgement=judgement, confusion_matrix=matrix, **changes)


@pytest.fixture
def shown(report_of: Report) -> Callable[..., str]:
    """Return the page of evaluations."""

    def make(*evaluations: Evaluation, texts: dict[str, ItemTexts] | None = None, **options: Any) -> str:
        return page(view_of(report_of(*evaluations, **options)), texts or {})

    return make


def test_an_item_that_got_worse(shown: Callable[..., str]) -> None:
    """Its sentence comes first, then what to do, the difference, and the examples with their texts."""
    evaluation = compared()
    texts = {evaluation.nodeid: ItemTexts(ExampleTexts({0: ("a premise", "a hypothesis")}))}
    html = shown(evaluation, texts=texts)
    parts = [
        "1 of 1 item failed",
        "What failed and why",
        "a drop of more than 0.01",
        "Is it real?",
        "To accept the new score, record it with <code>--glue-save=main</code>",
        "pytest &#39;s.py::test[rte-000]&#39;",
        "Difference to the baseline",
        "Score of each seed",
        "main: 0.928, 0.924, 0.921",
        "Examples that got worse",
        "Example 0, <strong>entailment</strong>. main: entailment × 3. Now: ",
        "not_entailment × 3",
        '<blockquote dir="auto">a premise</blockquote>',
        "accuracy by epoch",
        "Evaluation loss by epoch",
        "Predictions by gold label",
        "Runs</h4>",
        "Recipe, data and checkpoint",
        "Environment",
    ]
    position = 0
    for part in parts:
        position = html.index(part, position)


def test_golden_examples_of_a_checkpoint_that_is_evaluated_only(shown: Callable[..., str]) -> None:
    """Its only run has no seed to be named."""
    miss = GoldenMiss(0, "entailment", "not_entailment", (4242,), "golden.csv:2")
    golden = GoldenResult("golden.csv", 1, 1.0, 0.0, 1, (miss,))
    for evaluate_only in (False, True):
        html = shown(make_evaluation(golden=golden, evaluate_only=evaluate_only))
        assert evaluate_only is ("4242" not in html)


def test_texts_that_cannot_be_read(shown: Callable[..., str]) -> None:
    """The page says why, and the indices stay."""
    evaluation = compared()
    html = shown(evaluation, texts={evaluation.nodeid: ItemTexts(ExampleTexts(problem="the data of task rte is gone"))})
    assert "Their texts are not shown: the data of task rte is gone." in html
    assert "Example 0, " in html
    assert "<blockquote" not in html


def test_a_regression_and_a_search(shown: Callable[..., str], study: Study) -> None:
    """A regression has residuals by gold value instead of a matrix; a search has its trials and its best values."""
    gold = tuple(float(value % 50) / 10 for value in range(200))
    runs = [make_scored_run("stsb", [value + 0.1 * (index % 3) for index, value in enumerate(gold)], gold)]
    evaluation = replace(make_evaluation(runs, study=study), residuals=residuals(GLUE["stsb"], runs, gold))
    html = shown(evaluation)
    for part in ("Residuals: ", "Trials", "Importance of hyperparameters", "optuna ran 3 trials (1 complete, 1 pruned"):
        assert part in html
    assert "Predictions by gold label" not in html


def test_a_regression_that_got_worse(shown: Callable[..., str]) -> None:
    """The examples whose error grew most are listed with the predictions of both sides and their texts."""
    evaluation = compared()
    errors = [{"example": 7, "gold": 4.5, "baseline": [4.25, 4.5], "candidate": [1.0, 2.0]}]
    facts = {**(evaluation.baseline or {}), "negative_flips": None, "grown_errors": errors}
    worse = replace(evaluation, judgement=replace(evaluation.judgement, baseline=facts))
    html = shown(worse, texts={worse.nodeid: ItemTexts(ExampleTexts({7: ("one", "other")}))})
    listed = 'Example 7, gold value 4.500. main: 4.250, 4.500. Now: <span class="fail">1.000, 2.000</span>.'
    assert listed in html
    assert '<blockquote dir="auto">other</blockquote>' in html


def test_calibration_where_logits_are_kept(shown: Callable[..., str]) -> None:
    """A chart of the share that is right by probability."""
    bins = (CalibrationBin(0.6, 0.7, 20, 0.65, 0.5), CalibrationBin(0.9, 1.0, 80, 0.97, 0.9))
    html = shown(replace(compared(), calibration=bins))
    assert "Calibration: the share that is right by probability" in html
    assert "mean probability 0.970: 0.900 right of 80" in html


def test_golden_examples_and_labels(shown: Callable[..., str]) -> None:
    """A miss has its place and its text, or why there is none; labels are in the order of their F1."""
    miss = GoldenMiss(1, "refund", "billing", (42, 43), "golden.csv:3")
    golden = GoldenResult("golden.csv", 2, 1.0, 0.5, 1, (miss,))
    labels = (LabelScores("often", 9, 8.0, 0.9, 0.8, 0.85), LabelScores("rare", 3, 0.0, None, 0.0, 0.0))
    evaluation = replace(make_evaluation(golden=golden), label_scores=labels)
    html = shown(evaluation, texts={evaluation.nodeid: ItemTexts(golden=ExampleTexts({1: ("my money",)}))})
    found = 'golden.csv:3, <strong>refund</strong>. Predicted: <span class="fail">billing</span>, seeds 42, 43.</p>'
    assert f'{found}\n<blockquote dir="auto">my money</blockquote>' in html
    assert html.index('<th scope="row">rare</th>') < html.index('<th scope="row">often</th>')
    hidden = shown(evaluation, texts={evaluation.nodeid: ItemTexts(golden=ExampleTexts(problem="it is gone"))})
    assert "Their texts are not shown: it is gone." in hidden


def test_the_page_is_well_formed(shown: Callable[..., str], study: Study) -> None:
    """Elements are closed, ids are unique, links lead into the page, and headings skip no level."""
    other = compared(1, conditions=replace(make_evaluation(study=study).conditions, checkpoint=_other()))
    parsed = Parsed(shown(compared(), other, errors={"s.py::test[cola-x]": "no memory"}))
    assert [] == [name for name, count in Counter(parsed.ids).items() if count > 1]
    anchors = [link.removeprefix("#") for link in parsed.links if link.startswith("#")]
    assert set(anchors) <= set(parsed.ids)
    assert ["data:,"] == [link for link in parsed.links if not link.startswith("#")]
    levels = parsed.headings
    assert (1, 1) == (levels[0], levels.count(1))
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert {"header", "main", "section", "article", "svg", "title", "desc"} <= set(parsed.tags)
    assert "script" not in parsed.tags


def _other() -> Any:
    return replace(make_evaluation().checkpoint, name="other/one")


@pytest.mark.untraced
def test_a_large_report_is_small(shown: Callable[..., str]) -> None:
    """Ten tasks, five checkpoints and five seeds take less than 2 MB, texts included."""
    first = compared(n_seeds=5)
    found = []
    for number in range(50):
        checkpoint = replace(first.checkpoint, name=f"organisation/checkpoint-{number % 5}")
        conditions = replace(first.conditions, checkpoint=checkpoint)
        task = f"task{number // 5}"
        found.append(replace(first, nodeid=f"s.py::test[{number:03}]", conditions=conditions, task=task))
    text = "a sentence of some length, as examples have it, " * 3
    flips = (first.baseline or {})["negative_flips"]["examples"][:50]
    texts = {each.nodeid: ItemTexts(ExampleTexts(dict.fromkeys(flips, (text, text)))) for each in found}
    html = shown(*found, texts=texts)
    assert len(html.encode()) < 1_800_000
    assert 50 == html.count("<article")
    assert "tied for best" in html
    assert "Their texts are not shown: the texts of the items above fill the page." in html
    assert "<p>40 more are in the JSON report.</p>" in html


def test_an_error_has_the_digits_that_it_needs(shown: Callable[..., str]) -> None:
    """A score without bounds is no fraction; where lower is better, a run that stopped has an upper bound."""
    found = make_evaluation(
        headline_metric="mse", task="mine", score=0.00012, threshold=0.0005, confidence_interval=(1e-4, 1.4e-4)
    )
    stopped = replace(found, runs=tuple(replace(run, stopped=True) for run in found.runs))
    text = shown(stopped)
    for each in (">0.000120<", ">0.000100 to 0.000140<", "threshold 0.000500", ">-0.000380<"):
        assert each in text
    assert "stopped early: the score is an upper bound" in text
