"""Early stopping: the target score, and when whole runs are needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from pytest_glue.core.choices import InconclusivePolicy
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Epoch, Run, RunConditions
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.execution.evaluate import SeedPlan, Subject, _target_score_of_next, evaluate
from pytest_glue.gate.criteria import Criteria
from tests.factories import make_conditions

RTE = GLUE["rte"]
REFERENCES = (0.0, 1.0) * 50


@dataclass
class Known:
    """A run source with known scores after each of two epochs, which records the requests."""

    epochs: Mapping[int, tuple[float, float]]
    asked: list[tuple[int, float | None]] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def conditions(self) -> RunConditions:
        """Of a hundred examples."""
        return make_conditions(n_eval=100, references=REFERENCES)

    def run(self, seed: int, *, target_score: float | None = None) -> Run:
        """Return the run, stopped after its first epoch if that reaches the target score."""
        self.asked.append((seed, target_score and round(target_score, 6)))
        first, second = self.epochs[seed]
        stopped = target_score is not None and first >= target_score
        score = first if stopped else max(first, second)
        right = round(100 * score)
        predictions = tuple(label if index < right else 1 - label for index, label in enumerate(REFERENCES))
        history = tuple(Epoch(float(n), 1 / n, 1 / n, {"accuracy": score}) for n in (1, 2))
        return Run(seed, {"accuracy": score}, history, predictions, 1.0, stopped=stopped)


def evaluated(
    runs: Known, thresholds: Mapping[str, float], *, seeds: Sequence[int] = (), stop: bool = True
) -> Evaluation:
    """Evaluate all runs, or the given seeds."""
    chosen = tuple(seeds or runs.epochs)
    seed_plan = SeedPlan(chosen, (len(chosen),), InconclusivePolicy.PASS, stop)
    return evaluate(Subject("a", RTE, "data"), runs, Criteria(RTE, "a/b", thresholds), seed_plan)


def test_the_duration_is_that_of_the_fine_tunings() -> None:
    """Runs that an executor made before the item was evaluated count, and cached runs do not."""
    assert 2.0 == evaluated(Known({1: (0.8, 0.9), 2: (0.7, 1.0)}), {}, stop=False).duration_s


def test_without_the_option_runs_are_whole() -> None:
    """Without the option no run has a target score."""
    runs = Known({1: (0.8, 0.9)})
    assert 0.9 == evaluated(runs, {"accuracy": 0.7}, stop=False).score
    assert [(1, None)] == runs.asked


def test_each_seed_ends_at_the_threshold() -> None:
    """If every seed reaches the threshold, each stops there, and the mean of the lower bounds passes."""
    runs = Known({1: (0.8, 0.9), 2: (0.7, 1.0)})
    found = evaluated(runs, {"accuracy": 0.7})
    assert (Verdict.PASS, 0.75, 2) == (found.verdict, found.score, found.n_stopped)
    assert [(1, 0.7), (2, 0.7)] == runs.asked


def test_a_seed_makes_up_for_earlier_ones() -> None:
    """If a run misses the threshold, the next one must exceed it by as much, so that the mean reaches it."""
    runs = Known({1: (0.5, 0.6), 2: (0.7, 0.9)})
    found = evaluated(runs, {"accuracy": 0.7})
    assert (Verdict.PASS, 0.75, 0) == (found.verdict, found.score, found.n_stopped)
    assert [(1, 0.7), (2, 0.8)] == runs.asked


@pytest.mark.parametrize(("last", "verdict"), [(0.9, Verdict.PASS), (0.7, Verdict.FAIL)])
def test_stopped_seeds_are_run_again_as_whole_runs(last: float, verdict: Verdict) -> None:
    """If a later seed misses the threshold, stopped seeds are run again as whole runs before the verdict."""
    runs = Known({1: (0.7, last), 2: (0.5, 0.6)})
    found = evaluated(runs, {"accuracy": 0.7})
    assert [(1, 0.7), (2, 0.7), (1, None)] == runs.asked
    whole = evaluated(Known(runs.epochs), {"accuracy": 0.7}, stop=False)
    assert (verdict, 0) == (found.verdict, found.n_stopped)
    assert (whole.verdict, whole.score, whole.reason, whole.runs) == (
        found.verdict,
        found.score,
        found.reason,
        found.runs,
    )


def test_no_more_runs_than_needed() -> None:
    """If the first whole run makes the mean pass, the second stopped seed is not run again."""
    runs = Known({1: (0.7, 0.9), 2: (0.7, 0.9), 3: (0.5, 0.6)})
    found = evaluated(runs, {"accuracy": 0.7})
    assert [(1, 0.7), (2, 0.7), (3, 0.7), (1, None)] == runs.asked
    assert (Verdict.PASS, 1) == (found.verdict, found.n_stopped)


def test_without_a_threshold_the_chance_level_is_the_target() -> None:
    """Here the chance level is 0.5, and a score above 0.582 beats it significantly: a score of 0.57 stops no run."""
    runs = Known({1: (0.57, 0.6), 2: (0.7, 0.8)})
    found = evaluated(runs, {})
    assert (Verdict.PASS, [2]) == (found.verdict, [run.seed for run in found.runs if run.stopped])
    assert Verdict.FAIL is evaluated(Known({1: (0.57, 0.57)}), {}).verdict


@pytest.mark.parametrize(
    ("task", "thresholds", "target_score"),
    [
        ("mrpc", {"accuracy": 0.7}, 0.7),
        ("mrpc", {"accuracy": 0.7, "f1": 0.8}, None),
        ("mrpc", {"f1": 0.8}, None),
        ("rte", {}, 0.5 + 1.644854 * 0.05),
        ("rte", {"accuracy": 0.55}, 0.5 + 1.644854 * 0.05),
        ("stsb", {"pearson": -1.0}, 1.644854 / 99**0.5),
        ("cola", {}, 1.644854 / 99**0.5),
    ],
)
def test_the_target_score(task: str, thresholds: Mapping[str, float], target_score: float | None) -> None:
    """Only the headline metric has a target score, which beats the chance level even if the threshold does not."""
    found = Criteria(GLUE[task], "a/b", thresholds).target_score(REFERENCES)
    assert (None if target_score is None else pytest.approx(target_score, abs=1e-6)) == found
    assert found is None or found > 0


@pytest.mark.parametrize(
    ("scores", "target"), [([], 0.7), ([0.5], 0.7), ([0.9], 0.5), ([0.9, 0.9], 0.3), ([0.9, None], None)], ids=str
)
def test_where_lower_is_better_a_run_makes_up_for_larger_errors(
    scores: list[float | None], target: float | None
) -> None:
    """The next run has to be below the threshold by as much as the others are above it, and never above it."""
    mine = replace(GLUE["stsb"], metrics=("mse",))
    finished = [Run(seed, {"mse": score}, (), (), 1.0) for seed, score in enumerate(scores)]
    found = _target_score_of_next(0.7, finished, mine)
    assert (None if target is None else pytest.approx(target)) == found
