"""What the page answers beside the sentence: is it real, since when, what to do."""

from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.golden import GoldenResult
from pytest_glue.core.verdict import SliceResult, Verdict
from pytest_glue.reports.answers import answers
from tests.factories import make_evaluation

FACTS = {
    "name": "main",
    "verdict": "fail",
    "checkpoint": {"name": "a/b", "digest": None},
    "max_drop": 0.01,
    "p_fail": 0.00001,
    "smallest_visible_drop": 0.034,
    "seeds_needed": None,
}


def answered(verdict: Verdict, commit: str | None = None, **changes: Any) -> dict[str, str]:
    if "baseline" in changes:
        changes = {"threshold": None, **changes, "baseline": FACTS | changes["baseline"]}
    return {each.question: each.text for each in answers(make_evaluation(verdict=verdict, **changes), commit)}


def test_a_drop_against_a_baseline() -> None:
    found = answered(Verdict.FAIL, baseline={})
    assert (
        "seeds and examples would show a difference like this with a probability below 0.0001 (p value)."
        in (found["Is it real?"])
    )
    assert "0.02 (p value)" in answered(Verdict.FAIL, baseline={"p_fail": 0.02})["Is it real?"]
    assert found["What to do?"].endswith("record it with --glue-save=main and without --glue-compare.")
    assert "Since when?" not in found


def test_since_when() -> None:
    """When and where the baseline was recorded, and whether the checkpoint is another one."""
    digest = make_evaluation().checkpoint.digest
    recorded = {"recorded_at": "2026-11-20T08:00:00+00:00", "commit": "b" * 40, "age_days": 8}
    known = {**recorded, "checkpoint": {"name": "a/b", "digest": digest}}
    assert answered(Verdict.FAIL, "c" * 40, baseline=known)["Since when?"] == (
        f"main was recorded on 2026-11-20 at commit {'b' * 10}, 8 days before. This run is at commit {'c' * 10}. "
        "The checkpoint is the same: what can differ is code, libraries and machine."
    )
    at_once = {"recorded_at": recorded["recorded_at"], "commit": "c" * 40, "age_days": 0}
    assert answered(Verdict.FAIL, "c" * 40, baseline=at_once)["Since when?"] == (
        f"main was recorded on 2026-11-20 at commit {'c' * 10}. This run is at the same commit."
    )
    other = {**recorded, "commit": None, "checkpoint": {"name": "old", "digest": f"sha256:{'2' * 64}"}}
    assert answered(Verdict.PASS, baseline=other | {"verdict": "pass"}) == {
        "Since when?": (
            "main was recorded on 2026-11-20, 8 days before. The checkpoint is another one: old then, a/b now."
        )
    }


def test_an_inconclusive_comparison() -> None:
    """It names what would be detected; if the allowed drop is larger, more seeds are left."""
    found = answered(Verdict.INCONCLUSIVE, baseline={"verdict": "inconclusive", "seeds_needed": 7})
    assert found["Is it real?"].endswith("A drop of 0.034 would be detected in 80 % of such comparisons.")
    assert found["What to do?"] == (
        "Allow a drop of 0.034 or more (--glue-max-drop). Add seeds to the items that need them (--glue-max-seeds=10). "
        "7 seeds on each side are enough to detect the allowed drop."
    )
    wide = answered(Verdict.INCONCLUSIVE, baseline={"verdict": "inconclusive", "max_drop": 0.1})
    assert "Add seeds to the items that need them (--glue-max-seeds=10)." == wide["What to do?"]
    fixed = answered(Verdict.INCONCLUSIVE, baseline={"verdict": "inconclusive"}, evaluate_only=True)
    assert "Allow a drop of 0.034 or more (--glue-max-drop)." == fixed["What to do?"]


@pytest.mark.parametrize(
    ("interval", "real", "remedy"),
    [
        ((0.55, 0.67), "Perhaps not: the threshold lies inside", "Run more seeds (--glue-seeds=5)"),
        ((0.60, 0.63), "Yes: the whole 95 % interval", "The checkpoint is not good enough"),
        (None, "", "The checkpoint is not good enough"),
    ],
)
def test_a_missed_threshold(interval: tuple[float, float] | None, real: str, remedy: str) -> None:
    found = answered(Verdict.FAIL, confidence_interval=interval)
    assert found.get("Is it real?", "").startswith(real)
    assert found["What to do?"].startswith(remedy)


def test_a_missed_threshold_decides_before_a_comparison() -> None:
    """What the comparison says is not what failed."""
    inconclusive = {"verdict": "inconclusive"}
    found = answered(Verdict.FAIL, baseline=inconclusive, threshold=0.65, confidence_interval=(0.6, 0.63))
    assert found["Is it real?"] == "Yes: the whole 95 % interval of the score misses the threshold."
    assert found["What to do?"].startswith("The checkpoint is not good enough")


def test_other_verdicts() -> None:
    """Slices and golden examples have remedies of their own; an item that passes has none."""
    assert {} == answered(Verdict.PASS, threshold=0.5)
    assert answered(Verdict.FAIL, threshold=None)["What to do?"].startswith("Train longer or on more examples")
    assert {} == answered(Verdict.FAIL, threshold=None, decided_by_hook=True)
    assert "No run trained" in answered(Verdict.DEGENERATE)["Is it real?"]
    golden = GoldenResult("golden.csv", 2, 1.0, 0.5, 1, ())
    slices = (SliceResult("a", 30, 0.1, {}, verdict=Verdict.FAIL),)
    parts = answered(Verdict.FAIL, threshold=None, golden=golden, slices=slices)
    assert "If only some seeds miss one, others get it by luck." in parts["What to do?"]
    assert "Look at the slices that fail" in parts["What to do?"]
    assert parts["Is it real?"] == "Golden examples are a plain check, which has no error rate."
    inconclusive = {"verdict": "inconclusive"}  # which is not what failed
    assert "Is it real?" not in answered(Verdict.FAIL, baseline=inconclusive, slices=slices)


def test_a_rise_where_lower_is_better() -> None:
    found = make_evaluation(headline_metric="mse", score=0.5, threshold=0.4, confidence_interval=(0.45, 0.55))
    texts = [each.text for each in answers(replace(found), None)]
    assert "Yes: the whole 95 % interval of the score misses the threshold." == texts[0]
