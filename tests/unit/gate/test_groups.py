"""Standard errors by group: when groups are used, and what the report says."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Judgement
from pytest_glue.gate.baseline_storage import read
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.from_options import record
from pytest_glue.gate.groups import Groups
from pytest_glue.gate.planning import recorded_items
from pytest_glue.gate.ranking import rank_checkpoints
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.reports.terminal import notes as shown_notes
from pytest_glue.statistics.power import minimum_detectable_drop
from tests.factories import CHECKPOINT, make_baseline, make_scored_run

N = 300
GOLD = (0.0, 1.0) * (N // 2)
TEN = tuple(index // 10 for index in range(N))
"""Thirty groups of ten."""
QNLI = GLUE["qnli"]


def runs(first_seed: int, *wrong: Sequence[int]) -> list[Run]:
    """Return runs of QNLI that get these examples wrong."""
    return [
        make_scored_run("qnli", [1 - gold if i in set(out) else gold for i, gold in enumerate(GOLD)], GOLD, seed)
        for seed, out in enumerate(wrong, first_seed)
    ]


CANDIDATE = (range(70), range(10, 80), range(60))
BASELINE = (range(30, 60), range(20, 60), range(30, 70))


def judge(groups: Groups, *, compared: bool = True) -> Judgement:
    """Judge the candidate, whose mistakes are those of whole groups."""
    baseline = make_baseline(runs(1, *BASELINE), task="qnli", n_eval=N)
    rule = RegressionCriterion("main", "f.json", baseline, 0.02, 0.05, 1) if compared else None
    return Criteria(QNLI, "a/b", {}, rule).judge(runs(7, *CANDIDATE), GOLD, groups)


def test_intervals_are_wider_by_group() -> None:
    """The intervals of score, difference and flips count groups, and a note says which."""
    alone, grouped = judge(None), judge(TEN)
    for found in (alone, grouped):
        assert found.baseline is not None
        assert found.confidence_interval is not None
    assert alone.confidence_interval[0] > grouped.confidence_interval[0]  # type: ignore[index]
    assert alone.baseline["standard_error_examples"] < grouped.baseline["standard_error_examples"]  # type: ignore[index]
    assert alone.baseline["difference"] == grouped.baseline["difference"]  # type: ignore[index]
    flips = [each.baseline["negative_flips"]["confidence_interval"] for each in (alone, grouped)]  # type: ignore[index]
    assert flips[0][0] > flips[1][0]
    assert "standard errors by group: sentence, 30 groups" in grouped.notes


@pytest.mark.parametrize(
    ("groups", "note"),
    [
        (None, "the data has no column sentence, whose values group them"),
        ((0,) * N, "all 300 examples have the same sentence"),
    ],
    ids=["unknown", "one"],
)
def test_without_usable_groups_examples_count(groups: Groups, note: str, evaluation: Callable[..., Evaluation]) -> None:
    """Without groups, or with one only, the intervals are those by example; a note, shown without -v, warns of that."""
    found = judge(groups)
    expected = f"standard errors by example, which are likely too small: {note}"
    assert expected in found.notes
    assert [f"qnli: {expected}"] == shown_notes([evaluation(runs(7, *CANDIDATE), task="qnli", notes=(expected,))])
    assert found.confidence_interval == judge(None).confidence_interval


def test_groups_of_one_example_need_no_note() -> None:
    """If every example has its own sentence, the intervals are those by example, without a note."""
    found = judge(range(N), compared=False)
    assert not [note for note in found.notes if note.startswith("standard errors")]
    assert found.confidence_interval == pytest.approx(judge(None, compared=False).confidence_interval)


def test_a_task_without_groups_needs_no_note() -> None:
    """A task without a group column has no note."""
    found = Criteria(replace(QNLI, group_column=None), "a/b", {}).judge(runs(7, *CANDIDATE), GOLD)
    assert not [note for note in found.notes if note.startswith("standard errors")]


def test_a_recorded_baseline_detects_by_group(tmp_path: Path, evaluation: Callable[..., Evaluation]) -> None:
    """The minimum detectable drops of a baseline count groups, and so does a plan, which has no references."""

    def drops(groups: Groups, name: str) -> tuple[float, float]:
        options = Options(storage=tmp_path, save=name, checkpoints=(CHECKPOINT,))
        found = evaluation(runs(1, *BASELINE), task="qnli", references=GOLD, n_eval=N, groups=groups)
        record(EvaluationSpec(options, QNLI, CHECKPOINT), found)
        (file,) = (tmp_path / name).glob("*/*.json")
        (item,), _ = recorded_items(tmp_path, name)
        return read(file).visible_drops[3], float(minimum_detectable_drop(item.run, (3, 3), 0.05))

    (alone, planned_alone), (grouped, planned) = drops(None, "alone"), drops(TEN, "grouped")
    assert alone < grouped
    assert [alone, grouped] == pytest.approx([planned_alone, planned], rel=0.05)


def test_checkpoints_are_ranked_by_group(evaluation: Callable[..., Evaluation]) -> None:
    """The intervals of ranked scores count groups."""

    def low(groups: Groups) -> float:
        named = (("a/b", CANDIDATE), ("c/d", BASELINE))
        found = [
            evaluation(
                runs(1, *wrong),
                task="qnli",
                checkpoint=replace(CHECKPOINT, name=name),
                references=GOLD,
                n_eval=N,
                groups=groups,
            )
            for name, wrong in named
        ]
        ranking = rank_checkpoints(found, 0.05)
        assert ranking is not None
        return float(ranking["tasks"][0]["scores"][0]["low"])

    assert low(None) > low(TEN)
