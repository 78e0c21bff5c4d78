"""The Markdown report: its order, what is escaped, and how it is cut."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.markdown import code_block, plain_text
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.markdown import LIMIT, markdown
from pytest_glue.reports.view import view_of
from tests.factories import make_evaluation
from tests.hostile import HOSTILE
from tests.unit.reports.page.test_page import compared

Report = Callable[..., dict[str, Any]]


def rendered(text: str) -> str:
    """Return the HTML that GitHub's dialect means."""
    html: str = github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)  # GitHub removes tags afterwards
    return html


def passing(evaluation: Evaluation, number: int) -> Evaluation:
    """Return another evaluation, which passes."""
    judgement = replace(evaluation.judgement, verdict=Verdict.PASS, reason=f"reason {number}")
    return replace(evaluation, nodeid=f"s.py::test[{number:03}]", judgement=judgement, failed=False)


def test_what_failed_comes_first(evaluation: Evaluation, report_of: Report) -> None:
    """The title counts, then come the reasons of red items, the table of scores, and folded details."""
    text = markdown(view_of(report_of(passing(evaluation, 1), evaluation, errors={"s.py::test[cola-x]": "no\nmemory"})))
    assert text.startswith("## ❌ pytest-glue: 2 of 3 items failed\n")
    order = ["What failed", "no\n  memory", "accuracy 0.614 &lt;", "Scores", "<details>", "reason 1"]
    assert order == sorted(order, key=text.index)
    rows = [line for line in text.splitlines() if line.startswith(("| ❌", "| ✅"))]
    assert ["error |", "**fail** |", "pass |"] == [row[-len(end) :] for row, end in zip(rows, _ENDS, strict=True)]


_ENDS = ("error |", "**fail** |", "pass |")


def test_without_a_red_item(evaluation: Evaluation, report_of: Report) -> None:
    """The title says so, and nothing is said of failures."""
    text = markdown(view_of(report_of(passing(evaluation, 1), passing(evaluation, 2))))
    assert text.startswith("## ✅ pytest-glue: All 2 items passed\n")
    assert "What failed" not in text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_block_of_code_stays_closed(text: str) -> None:
    """Whatever a text holds, it is one block, and what follows is not code."""
    html = rendered(f"{code_block(text)}\n\nafter\n")
    assert 1 == html.count("<pre>")
    assert html.endswith("<p>after</p>\n")


def test_plain_text_is_readable() -> None:
    """What is no markup stays as it is."""
    text = "rte · a/b: accuracy 0.614 < threshold 0.650 (-0.036; n=277, 3 seeds, 95% CI 0.581 to 0.646)"
    assert text.replace("<", "&lt;") == plain_text(text)
    assert f"<p>{text.replace('<', '&lt;')}</p>\n" == rendered(plain_text(text))


def test_details_are_cut_at_the_limit(evaluation: Evaluation, report_of: Report) -> None:
    """A long report keeps all verdicts and the first details, and says how many are missing."""
    report = report_of(*(passing(evaluation, number) for number in range(50)), evaluation)
    whole = markdown(view_of(report))
    cut = markdown(view_of(report), LIMIT // 60)
    assert len(whole.encode()) < LIMIT
    assert len(cut.encode()) <= LIMIT // 60
    n_shown = cut.count("<details>") - 1
    assert 0 < n_shown < 51
    assert f"{51 - n_shown} items without details: with them, this report would exceed {LIMIT // 60} bytes" in cut
    assert "without details" not in whole
    assert 51 == cut.count("| ✅") + cut.count("| ❌")
    assert 51 + 1 == rendered(whole).count("<details>") == rendered(whole).count("</details>")


def test_several_checkpoints_have_a_matrix(evaluation: Evaluation, report_of: Report) -> None:
    """Tasks are rows and checkpoints are columns; the best or tied ones are marked."""
    other = replace(evaluation.checkpoint, name="other")
    second = replace(evaluation, nodeid="s.py::z", conditions=replace(evaluation.conditions, checkpoint=other))
    text = markdown(view_of(report_of(evaluation, second)))
    assert "| task | a/b@<!-- -->86b5e09 | other@<!-- -->86b5e09 |" in text
    assert 2 == text.count("(tied for best)")


def test_a_run_that_has_not_ended(report_of: Report) -> None:
    """Before the first item has ended, the report says that there is nothing yet."""
    report = {**report_of(), "family": None}
    assert markdown(view_of(report)).startswith("## ❔ pytest-glue: No item has ended yet\n")


def test_a_score_without_any_bound_has_no_difference(evaluation: Evaluation, report_of: Report) -> None:
    """A report-only item whose metric has no chance level is compared with nothing."""
    free = replace(evaluation, judgement=replace(evaluation.judgement, threshold=None, chance=None))
    view = view_of(report_of(free))
    assert (None, None, ()) == (view.items[0].bound, view.items[0].difference, view.items[0].bounds)
    (row,) = [line for line in markdown(view).splitlines() if line.startswith("| ❌")]
    assert "0.614" in row


def test_an_error_has_the_digits_that_it_needs(report_of: Report) -> None:
    """A score without bounds is no fraction; where lower is better, a run that stopped has an upper bound."""
    found = make_evaluation(headline_metric="mse", score=0.00012, threshold=0.0005, confidence_interval=(1e-4, 1.4e-4))
    stopped = replace(found, runs=tuple(replace(run, stopped=True) for run in found.runs))
    text = markdown(view_of(report_of(stopped)))
    assert "| ≤ 0.000120 | 0.000100 to 0.000140 | threshold 0.000500 | -0.000380 |" in text


def test_the_command_of_an_item(evaluation: Evaluation, report_of: Report) -> None:
    """It has the options that make the result, each as a flag, and names those that only a table can hold."""
    given = {
        "seeds": "7,",
        "threshold": {"rte": 0.65, "cola": 0.4},
        "recipe": {"num_train_epochs": 1},
        "compare": "main",
    }
    unaffecting = {"save": "next", "cache": "refresh", "storage": "records", "json": "out.json"}
    slices = {"slices": {"rte": ["language"]}}
    text = markdown(view_of(report_of(evaluation, **given, **unaffecting, **slices, tasks="rte,cola")))
    command = (
        "pytest 'suites/test_glue.py::test_glue[rte-a-b]' --glue-tasks=rte --glue-data=sample --glue-seeds=7, "
        "--glue-recipe=num_train_epochs=1 --glue-threshold=rte:accuracy=0.65 --glue-compare=main"
    )
    assert f"```\n{command}\n```" in text
    assert "Run it again, with the same values of slices in the table `[tool.pytest_glue]`:" in text


def test_the_command_of_one_of_several_compared_items(evaluation: Evaluation, report_of: Report) -> None:
    """Alone, it has the share of alpha that it had beside the others."""
    report = report_of(evaluation, compare="main")
    report["results"][0]["baseline"] = {**(compared().baseline or {}), "family_size": 4}
    assert "--glue-compare=main --glue-family-size=4\n" in markdown(view_of(report))
