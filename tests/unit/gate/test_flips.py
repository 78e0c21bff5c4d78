"""Negative flips in a comparison: facts and note."""

from dataclasses import replace

import pytest

from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Judgement, Verdict
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion
from tests.factories import RTE_LABELS, make_baseline, make_runs, make_scored_run

N = 277
WRONG = tuple(range(0, 90, 3))
"""Examples that every run of the candidate gets wrong, and no run of the baseline."""


def judge(max_drop: float, n_seeds: int, *flipped: int) -> Judgement:
    """Judge runs that get these examples wrong, against as many runs of a baseline that gets all but one right."""

    def mistaken(*wrong: int) -> list[float]:
        return [1 - label if index in wrong else label for index, label in enumerate(RTE_LABELS)]

    recorded = make_baseline(
        [make_scored_run("rte", mistaken(270 + seed), RTE_LABELS, seed) for seed in range(n_seeds)]
    )
    rule = RegressionCriterion("main", "f.json", recorded, max_drop, 0.05, 1)
    seeds = range(100, 100 + n_seeds)
    found = [make_scored_run("rte", mistaken(*flipped, seed + 150), RTE_LABELS, seed) for seed in seeds]
    return Criteria(GLUE["rte"], "a/b", {}, rule).judge(found, RTE_LABELS)


def test_a_fail_names_the_flipped_examples() -> None:
    """The note of a fail has the number of flips, the share beyond the seeds' own, and the first examples."""
    judgement = judge(0.02, 3, *WRONG)
    assert Verdict.FAIL is judgement.verdict
    (note,) = [note for note in judgement.notes if "flip" in note]
    assert note.startswith(
        "negative flips: 30 of 277 examples are right in most runs of main and wrong in most here "
        "(+10.8 % of the examples beyond what seeds alone flip; 95% CI +"
    )
    assert note.endswith("): examples 0, 3, 6, 9, 12 and 25 more")


def test_the_facts_are_in_the_report() -> None:
    """The report's facts have all flips, also if the verdict needs no note."""
    judgement = judge(0.5, 3, *WRONG)
    assert Verdict.PASS is judgement.verdict
    assert not any("flip" in note for note in judgement.notes)
    assert judgement.baseline is not None
    flips = judgement.baseline["negative_flips"]
    assert (30, list(WRONG)) == (flips["count"], flips["examples"])
    assert (30 * 3 + 3) / 3 / N == pytest.approx(flips["rate"], abs=1e-4)
    assert 1 / N == pytest.approx(flips["churn"])
    assert flips["rate"] - flips["churn"] == pytest.approx(flips["excess"])
    low, high = flips["confidence_interval"]
    assert low < flips["excess"] < high


def test_one_seed_on_each_side_shows_no_share() -> None:
    """With one run on each side the note counts the flips, without a share beyond the seeds' own."""
    (note,) = [note for note in judge(0.0, 1, *range(150)).notes if "flip" in note]
    assert note.endswith(" and wrong in most here: examples 0, 1, 2, 3, 4 and 146 more")


def test_numbers_are_not_right_or_wrong() -> None:
    """A regression has no flips."""
    gold = [index / 10 for index in range(40)]
    runs = [
        make_scored_run("stsb", [label + 0.1 * (index % seed) for index, label in enumerate(gold)], gold, seed)
        for seed in (2, 3)
    ]
    recorded = replace(make_baseline(runs, task="stsb", headline_metric="pearson"), is_regression=True)
    rule = RegressionCriterion("main", "f.json", recorded, 0.02, 0.05, 1)
    judgement = Criteria(GLUE["stsb"], "a/b", {}, rule).judge(runs, gold)
    assert judgement.baseline is not None
    assert judgement.baseline["negative_flips"] is None


def test_runs_of_one_recipe_flip_examples_too() -> None:
    """A note is given only if the verdict is fail: an unchanged recipe flips examples as well."""
    recorded = make_baseline(make_runs("rte", RTE_LABELS, 78, 80, 82))
    rule = RegressionCriterion("main", "f.json", recorded, 0.02, 0.05, 1)
    judgement = Criteria(GLUE["rte"], "a/b", {}, rule).judge(make_runs("rte", RTE_LABELS, 79, 80, 83), RTE_LABELS)
    assert judgement.baseline is not None
    assert Verdict.FAIL is not judgement.verdict
    assert not any("flip" in note for note in judgement.notes)
