"""The slices of an item: scores, thresholds, comparisons, and what they say about the item."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.errors import DataError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Judgement, SliceResult, Verdict
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.gate.slices import SHARE, SliceCriteria
from tests.factories import FALLING_LOSS, make_baseline, make_scored_run

N = 400
GOLD = (0.0, 1.0) * (N // 2)
FIRST, REST = tuple(range(100)), tuple(range(100, N))
PARTS = {"language=de": FIRST, "language=en": REST}
RTE = GLUE["rte"]


def runs(first_seed: int, *wrong: Sequence[int], task: str = "rte") -> list[Run]:
    """Return runs that get these examples wrong."""
    return [
        make_scored_run(task, [1 - gold if i in set(out) else gold for i, gold in enumerate(GOLD)], GOLD, seed)
        for seed, out in enumerate(wrong, first_seed)
    ]


def rule(*wrong: Sequence[int], max_drop: float = 0.05, **changes: Any) -> RegressionCriterion:
    """Return a comparison with a baseline that gets these examples wrong."""
    return RegressionCriterion("main", "main.json", make_baseline(runs(1, *wrong)), max_drop, 0.05, 1, **changes)


def judge(
    candidate: Sequence[Run],
    compared: RegressionCriterion | None = None,
    parts: Mapping[str, tuple[int, ...]] = PARTS,
    thresholds: Mapping[str, Mapping[str, float]] | None = None,
    **of_all: float,
) -> Judgement:
    slices = SliceCriteria(parts, thresholds or {}, N)
    return Criteria(RTE, "a/b", of_all, compared, slices=slices).judge(candidate, GOLD)


def found(judgement: Judgement, name: str) -> SliceResult:
    (result,) = (each for each in judgement.slices if each.name == name)
    return result


NEAR = (range(0, 60, 2), range(0, 62, 2), range(0, 64, 2))
"""Three runs, wrong on about a third of the first slice and right on the rest."""


def test_each_slice_has_its_score() -> None:
    """Without thresholds and a baseline, a slice says nothing about the item."""
    judgement = judge(runs(42, *NEAR))
    german, english = judgement.slices
    assert (Verdict.PASS, None, None) == (judgement.verdict, german.verdict, english.verdict)
    assert ("language=de", 100) == (german.name, german.n_eval)
    assert pytest.approx(0.69) == german.score
    assert ("language=en", 300, 1.0, {"accuracy": 1.0}) == (
        english.name,
        english.n_eval,
        english.score,
        english.metrics,
    )
    assert german.confidence_interval is not None
    low, high = german.confidence_interval
    assert low < 0.69 < high


def test_a_slice_of_all_examples_has_the_items_score_and_interval() -> None:
    judgement = judge(runs(42, *NEAR), parts={"all": tuple(range(N))})
    (everything,) = judgement.slices
    assert judgement.confidence_interval == everything.confidence_interval


def test_a_missed_threshold_of_a_slice_fails_the_item() -> None:
    """The item's own threshold is reached; the sentence names the slice that missed its own."""
    judgement = judge(runs(42, *NEAR), thresholds={"language=de": {"accuracy": 0.75}}, accuracy=0.9)
    assert (Verdict.FAIL, Verdict.FAIL) == (judgement.verdict, found(judgement, "language=de").verdict)
    assert found(judgement, "language=en").verdict is None
    assert judgement.reason.startswith(
        "rte · a/b: slice language=de accuracy 0.690 < threshold 0.750 (-0.060; n=100); all examples: "
        "accuracy 0.922 >= threshold 0.900 (+0.022; n=400, 3 seeds, "
    )


def test_a_reached_threshold_of_a_slice_passes() -> None:
    judgement = judge(runs(42, *NEAR), thresholds={"language=de": {"accuracy": 0.69}})
    assert (Verdict.PASS, Verdict.PASS) == (judgement.verdict, found(judgement, "language=de").verdict)


def test_a_slice_that_got_worse_fails_the_item() -> None:
    """The rest improves as much, so that the score of all examples is the same."""
    recorded = [range(100, 160 + i, 2) for i in range(3)]
    judgement = judge(runs(42, *NEAR), rule(*recorded))
    german = found(judgement, "language=de")
    assert (Verdict.FAIL, Verdict.FAIL, Verdict.PASS) == (
        judgement.verdict,
        german.verdict,
        found(judgement, "language=en").verdict,
    )
    assert judgement.baseline is not None
    assert Verdict.FAIL != judgement.baseline["verdict"]
    assert judgement.reason.startswith(
        "rte · a/b: slice language=de accuracy 0.690 against main's 1.000: a drop of more than 0.05 (-0.310; n=100); "
        "all examples: accuracy 0.922 against main's 0.923: no drop of 0.05 or more"
    )


def test_a_slice_can_have_an_allowed_drop_of_its_own() -> None:
    recorded = [range(100, 160 + i, 2) for i in range(3)]
    slices = SliceCriteria(PARTS, {}, N, max_drops={"language=de": 0.5})
    german, english = Criteria(RTE, "a/b", {}, rule(*recorded), slices=slices).judge(runs(42, *NEAR), GOLD).slices
    assert german.baseline is not None
    assert english.baseline is not None
    assert (0.5, 0.05) == (german.baseline.max_drop, english.baseline.max_drop)
    assert Verdict.FAIL is not german.verdict


def test_all_and_a_slice_got_worse() -> None:
    judgement = judge(runs(42, *NEAR), rule((), (1,), (3,), max_drop=0.02))
    assert judgement.baseline is not None
    assert (Verdict.FAIL, Verdict.FAIL) == (judgement.verdict, judgement.baseline["verdict"])
    assert judgement.reason.startswith("rte · a/b: slice language=de accuracy 0.690 against main's 0.993: a drop of ")
    assert "; all examples: accuracy 0.922 against main's 0.998: a drop of more than 0.02 (-0.0" in judgement.reason


@pytest.mark.parametrize("analyses", [(), (3, 5)])
def test_slices_and_all_examples_share_the_error_rate(analyses: tuple[int, ...]) -> None:
    """Half is that of all examples, and the slices that are large enough divide the other half."""
    from pytest_glue.statistics.error_rates import error_rates

    parts = {**PARTS, "few": tuple(range(19))}
    judgement = judge(runs(42, *NEAR), rule(*NEAR, interim_analyses=analyses), parts)
    compared = [each.baseline for each in judgement.slices if each.baseline is not None]
    half, _ = error_rates(SHARE * 0.05, 1, analyses)
    quarter, of_pass = error_rates(SHARE * 0.05 / 2, 1, analyses)[0], error_rates(0.05, 1, analyses)[1]
    assert judgement.baseline is not None
    assert [quarter, quarter] == [each.alpha for each in compared]
    assert pytest.approx(1 - half - of_pass) == judgement.baseline["confidence_level"]
    assert 0.5 == judgement.baseline["fail_share"]


def test_without_a_slice_that_is_large_enough_all_examples_have_the_whole_error_rate() -> None:
    judgement = judge(runs(42, *NEAR), rule(*NEAR), {"few": tuple(range(19))})
    assert judgement.baseline is not None
    assert 1.0 == judgement.baseline["fail_share"]


@pytest.mark.parametrize(
    ("indices", "note"),
    [
        (tuple(range(19)), "not judged: 19 examples, fewer than the 20 that a verdict needs"),
        ((3,), "not judged: 1 example, fewer than the 20 that a verdict needs"),
        (tuple(range(0, 100, 2)), "not judged: only examples with the same label"),
    ],
)
def test_a_slice_that_says_too_little(indices: tuple[int, ...], note: str) -> None:
    """It is shown with its score, and is not compared."""
    (result,) = judge(runs(42, *NEAR), rule((), (1,), (3,)), {"part": indices}).slices
    assert (note, None, None, None) == (result.note, result.verdict, result.baseline, result.confidence_interval)
    assert result.score is not None


def test_a_threshold_of_too_few_examples_is_an_error() -> None:
    """A threshold that is never judged would look like one that is reached."""
    criteria = Criteria(RTE, "a/b", {}, slices=SliceCriteria({"few": (0, 1, 2)}, {"few": {"accuracy": 0.5}}, N))
    with pytest.raises(DataError, match=r"the threshold of rte\[few\] cannot be judged: it has 3 examples, fewer "):
        criteria.check(GOLD)


def test_examples_that_are_left_out_after_the_slices_are_read() -> None:
    criteria = Criteria(RTE, "a/b", {}, slices=SliceCriteria(PARTS, {}, N))
    criteria.check(GOLD)
    with pytest.raises(DataError, match="has 400 evaluation examples, and 399 are predicted: select them in glue_data"):
        criteria.check(GOLD[1:])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (PARTS, "task rte has no slice 'language=dee': did you mean language=de or language=en?"),
        ({}, r"task rte has no slice 'language=dee': there is none; declare some in \[tool.pytest_glue.slices\]"),
    ],
)
def test_a_threshold_or_allowed_drop_of_an_unknown_slice(parts: Mapping[str, tuple[int, ...]], message: str) -> None:
    with pytest.raises(DataError, match=message.replace("?", r"\?")):
        SliceCriteria(parts, {}, max_drops={"language=dee": 0.1}).check_names(RTE)
    with pytest.raises(DataError, match=message.replace("?", r"\?")):
        SliceCriteria(parts, {"language=dee": {"accuracy": 0.5}}).check_names(RTE)


def test_an_undefined_score() -> None:
    """Matthews correlation of constant predictions is undefined: it reaches no threshold and is not compared."""
    always = [gold if i >= 100 else 1.0 for i, gold in enumerate(GOLD)]
    candidate = [make_scored_run("cola", always, GOLD, seed) for seed in (42, 43, 44)]
    baseline = make_baseline(runs(1, *NEAR, task="cola"), task="cola", headline_metric="matthews_correlation")
    compared = RegressionCriterion("main", "main.json", baseline, 0.5, 0.05, 1)

    def judged(**thresholds: float) -> tuple[Judgement, SliceResult]:
        criteria = SliceCriteria({"de": FIRST}, {"de": thresholds} if thresholds else {}, N)
        judgement = Criteria(GLUE["cola"], "a/b", {}, compared, slices=criteria).judge(candidate, GOLD)
        return judgement, judgement.slices[0]

    _, plain = judged()
    failing, missed = judged(matthews_correlation=0.1)
    assert (None, None, "not compared: matthews_correlation is undefined for a run") == (
        plain.score,
        plain.verdict,
        plain.note,
    )
    assert (Verdict.FAIL, Verdict.FAIL) == (failing.verdict, missed.verdict)
    assert "slice de matthews_correlation is undefined, threshold 0.1 (n=100)" in failing.reason


def test_a_sentence_names_some_of_many_slices() -> None:
    parts = {f"part={i}": tuple(range(40 * i, 40 * i + 40)) for i in range(10)}
    judgement = judge(runs(42, ()), parts=parts, thresholds={name: {"accuracy": 1.0} for name in parts})
    assert Verdict.PASS is judgement.verdict
    judgement = judge(runs(42, range(0, N, 4)), parts=parts, thresholds={name: {"accuracy": 0.9} for name in parts})
    assert 5 == judgement.reason.count("slice part=")
    assert "; and 5 more slices; all examples: accuracy 0.750 > the chance level" in judgement.reason


def test_a_degenerate_item_has_no_slices() -> None:
    """No run trained, so that no score says anything about the checkpoint."""
    constant = make_scored_run("rte", [1.0] * N, GOLD)
    judgement = judge([constant], thresholds={"language=de": {"accuracy": 0.9}})
    assert (Verdict.DEGENERATE, ()) == (judgement.verdict, judgement.slices)


def test_a_run_may_not_end_early_where_a_slice_has_a_threshold() -> None:
    """Its score is known of whole runs only."""
    slices = SliceCriteria(PARTS, {"language=de": {"accuracy": 0.5}}, N)
    assert Criteria(RTE, "a/b", {"accuracy": 0.6}, slices=slices).target_score(GOLD) is None
    assert Criteria(RTE, "a/b", {"accuracy": 0.6}, slices=SliceCriteria(PARTS, {}, N)).target_score(GOLD) == 0.6


def test_an_error_rises() -> None:
    """Where lower is better, a slice fails above its threshold, and if its error rose."""
    task, rng = replace(GLUE["stsb"], metrics=("mae",)), random.Random(1)  # noqa: S311 - no cryptography
    gold = tuple(rng.uniform(0, 5) for _ in range(N))

    def made(first_seed: int, error: float) -> list[Run]:
        """Return three runs that are wrong by this much in the first slice, and by a tenth in the rest."""
        found = []
        for seed in range(first_seed, first_seed + 3):
            signs = [rng.choice((-1, 1)) for _ in gold]
            off = [sign * rng.uniform(0.9, 1.1) * (error if i < 100 else 0.1) for i, sign in enumerate(signs)]
            predictions = tuple(value + each for value, each in zip(gold, off, strict=True))
            score = sum(map(abs, off)) / N
            found.append(Run(seed, {"mae": score}, FALLING_LOSS, predictions, duration_s=1.0))
        return found

    recorded = make_baseline(made(1, 0.1), task="stsb", headline_metric="mae", is_regression=True)
    compared = RegressionCriterion("main", "main.json", recorded, 0.3, 0.05, 1)
    slices = SliceCriteria(PARTS, {"language=de": {"mae": 0.5}}, N)
    judgement = Criteria(task, "a/b", {}, compared, slices=slices).judge(made(42, 0.8), gold)
    german, english = judgement.slices
    assert (Verdict.FAIL, Verdict.PASS) == (german.verdict, english.verdict)
    assert re.match(
        r"stsb · a/b: slice language=de mae 0\.8\d+ > threshold 0\.500 \(\+0\.3\d+; n=100\); "
        r"mae 0\.8\d+ against main's 0\.[01]\d*: a rise of more than 0\.3 \(\+0\.7\d*; n=100\); all examples: mae",
        judgement.reason,
    )
