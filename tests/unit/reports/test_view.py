"""What a reader sees first: the headline, the order of items, and the matrix of checkpoints."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.view import View, short_names, view_of
from tests.factories import make_evaluation
from tests.unit.reports.page.test_page import compared

Report = Callable[..., dict[str, Any]]


def item(name: str, verdict: Verdict, **changes: Any) -> Evaluation:
    """Return the evaluation of an item with this verdict; red unless it passes or is inconclusive."""
    failed = verdict in {Verdict.FAIL, Verdict.DEGENERATE}
    return make_evaluation(nodeid=f"s.py::test[{name}]", verdict=verdict, failed=failed, **changes)


def of(checkpoint: str, task: str = "rte", **changes: Any) -> Evaluation:
    """Return the evaluation of a checkpoint on a task."""
    named = replace(make_evaluation().checkpoint, name=checkpoint, revision=None)
    return make_evaluation(nodeid=f"s.py::test[{task}-{checkpoint}]", task=task, checkpoint=named, **changes)


def test_red_items_come_first(report_of: Report) -> None:
    """Errors, fails and degenerate items, then what is not clear, then what passes; each by node id."""
    given = [
        item("a", Verdict.PASS),
        item("b", Verdict.INCONCLUSIVE),
        item("c", Verdict.DEGENERATE),
        item("e", Verdict.FAIL),
        item("d", Verdict.FAIL),
    ]
    view = view_of(report_of(*given, errors={"s.py::test[f]": "gone"}))
    assert ["f", "d", "e", "c", "b", "a"] == [each.nodeid[-2] for each in view.items]
    assert ("4 of 6 items failed, 1 inconclusive", Verdict.FAIL) == (view.headline, view.kind)


@pytest.mark.parametrize(
    ("verdicts", "is_complete", "headline", "kind"),
    [
        ("pass", True, "1 item passed", "pass"),
        ("pass pass", True, "All 2 items passed", "pass"),
        ("pass pass", False, "2 items passed; others have not ended", "inconclusive"),
        ("pass inconclusive", True, "None of 2 items failed, 1 inconclusive", "pass"),
        ("fail", False, "1 of 1 item failed; others have not ended", "fail"),
        ("", True, "No item was evaluated", "inconclusive"),
        ("", False, "No item has ended yet", "inconclusive"),
    ],
)
def test_the_headline(report_of: Report, verdicts: str, is_complete: bool, headline: str, kind: str) -> None:  # noqa: FBT001
    """It counts, and an incomplete report never looks green."""
    report = report_of(*(item(str(number), Verdict(each)) for number, each in enumerate(verdicts.split())))
    view = view_of(report if is_complete else {**report, "family": None})
    assert (headline, kind) == (view.headline, view.kind)


def test_another_outcome_than_the_verdict(report_of: Report) -> None:
    """A test that fails for another reason is red, and says both."""
    report = report_of(item("a", Verdict.PASS))
    report["results"][0]["outcome"] = "failed"
    (shown,) = view_of(report).items
    assert (True, "pass, test failed") == (shown.is_red, shown.status)


def test_the_matrix_has_a_place_for_each_pair(report_of: Report) -> None:
    """Tasks and checkpoints are sorted; a pair that was not evaluated is empty."""
    view = view_of(report_of(of("b"), of("a"), of("b", "cola")))
    assert view.matrix is not None
    assert (("a", "b"), ["cola", "rte"]) == (view.matrix.checkpoints, [row.task for row in view.matrix.rows])
    assert [[False, True], [True, True]] == [[cell is not None for cell in row.cells] for row in view.matrix.rows]
    assert ["tied for best"] * 2 == [cell.mark for cell in view.matrix.rows[1].cells if cell]


def test_a_merged_report_ranks_nothing(report_of: Report) -> None:
    """It has no predictions, so which checkpoints tie is not known; one checkpoint needs no matrix."""
    view = view_of({**report_of(of("b"), of("a")), "ranks": None})
    assert view.matrix is not None
    assert not view.matrix.is_ranked
    assert view_of(report_of(of("b"))).matrix is None


def test_an_old_baseline_is_a_warning(report_of: Report) -> None:
    """All reports say it above the items, once for all that were compared with it."""
    report = report_of(*map(compared, range(3)))
    assert () == view_of(report).warnings
    for result in report["results"][1:]:
        result["baseline"]["is_stale"] = True
    expected = "Old baseline: 2 of 3 items were compared with main, which is older than baseline_max_age allows"
    assert (expected,) == view_of(report).warnings


def test_what_a_score_is_compared_with(report_of: Report) -> None:
    """The baseline decides before the threshold, and that before the chance level."""

    def bounds(view: View) -> list[str]:
        return [each.name for each in view.items[0].bounds]

    assert ["threshold", "chance level"] == bounds(view_of(report_of(make_evaluation())))
    assert ["chance level"] == bounds(view_of(report_of(make_evaluation(threshold=None))))


def test_short_names(report_of: Report) -> None:
    """An axis has no room for what all items share, nor for an organisation that tells none apart."""

    def names(*items: Evaluation) -> list[str]:
        return short_names(view_of(report_of(*items)).items)

    assert ["cola", "rte"] == names(of("org/one"), of("org/one", "cola"))
    assert ["rte · one", "rte · two"] == names(of("org/one"), of("org/two"))
    assert ["rte · a/one", "rte · b/one"] == names(of("a/one"), of("b/one"))
    assert ["rte · one"] * 2 == names(of("org/one"), replace(of("org/one"), nodeid="s.py::other[rte-org/one]"))
