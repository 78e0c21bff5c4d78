"""The verdict on a score: against thresholds where there are any, against knowing nothing where there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_glue.evaluation import Judgement, Scores, Verdict
from pytest_glue.judge.chance import chance_score
from pytest_glue.metrics import METRICS, Chance
from pytest_glue.tasks import Task

_ROUNDING = 1e-9
"""Less than any example can change a score, and more than floating point does: scores this close are equal."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on."""

    task: Task
    checkpoint: str
    """The checkpoint as a person reads it."""
    scores: Scores
    """Means over the runs."""
    references: Sequence[float]
    """Gold labels, one for each evaluation example."""
    constant_runs: int
    """How many of the runs predict the same for every example."""
    n_runs: int

    def sentence(self, text: str, differences: Iterable[str] = ()) -> str:
        """Return the reason that a person reads, with the size of the evidence behind it."""
        size = f"n={len(self.references)}, {self.n_runs} seed{'s' if self.n_runs > 1 else ''}"
        return f"{self.task.name} · {self.checkpoint}: {text} ({'; '.join((*differences, size))})"


@dataclass(frozen=True, slots=True)
class Finding:
    """A score beside a bound."""

    metric: str
    score: float
    relation: str
    bound: float
    bound_name: str

    @property
    def text(self) -> str:
        """For example `accuracy 0.614 < threshold 0.650`."""
        bound = f"{self.bound_name} {self.bound:.{self._digits}f}"
        return f"{self.metric} {self.score:.{self._digits}f} {self.relation} {bound}"

    @property
    def difference(self) -> str:
        """The score minus the bound, with its sign."""
        return f"{self.score - self.bound:+z.{self._digits}f}"

    @property
    def _digits(self) -> int:
        """Three, or as many as it takes to see that the two differ: never `0.650 < 0.650`."""
        differing = (n for n in range(3, 12) if f"{self.score:.{n}f}" != f"{self.bound:.{n}f}")
        return next(differing, 3)


def judge(evidence: Evidence, thresholds: Mapping[str, float]) -> Judgement:
    """Return the verdict on the evidence.

    Args:
        evidence: the scores and how they came about.
        thresholds: the floor of each metric that has one; all of them must be reached.
    """
    headline = evidence.task.headline_metric
    floor, chance = thresholds.get(headline), chance_score(headline, evidence.references)
    undefined = [metric for metric in thresholds or (headline,) if evidence.scores[metric] is None]
    if undefined:
        verdict, reason = Verdict.DEGENERATE, evidence.sentence(_undefined(evidence, undefined[0]))
    elif thresholds:
        verdict, reason = _against_thresholds(evidence, thresholds)
    else:
        verdict, reason = _against_chance(evidence, chance)
    return Judgement(verdict, reason, floor, chance)


def _against_thresholds(evidence: Evidence, thresholds: Mapping[str, float]) -> tuple[Verdict, str]:
    missed = [metric for metric, bound in thresholds.items() if _score(evidence, metric) < bound - _ROUNDING]
    findings = [
        Finding(metric, _score(evidence, metric), "<" if missed else ">=", thresholds[metric], "threshold")
        for metric in missed or thresholds
    ]
    reason = evidence.sentence(", ".join(f.text for f in findings), (f.difference for f in findings))
    return (Verdict.FAIL if missed else Verdict.PASS), reason


def _against_chance(evidence: Evidence, chance: float) -> tuple[Verdict, str]:
    task = evidence.task
    score = _score(evidence, task.headline_metric)
    beats = score > chance + _ROUNDING
    relation = ">" if beats else "does not beat"
    knows_nothing = METRICS[task.headline_metric].chance is Chance.ZERO
    bound_name = "knowing nothing," if knows_nothing else "the majority class,"
    finding = Finding(task.headline_metric, score, relation, chance, bound_name)
    reason = evidence.sentence(finding.text, (finding.difference,))
    if task.report_only:
        return Verdict.PASS, f"{reason}; report-only, since {task.report_only}: give a threshold to have it judged"
    return (Verdict.PASS if beats else Verdict.FAIL), reason


def _undefined(evidence: Evidence, metric: str) -> str:
    if evidence.constant_runs:
        runs = f"{evidence.constant_runs} of {evidence.n_runs} runs predict the same for every example"
        return f"{metric} is undefined: {runs}"
    return f"{metric} is undefined: a prediction is no number, or the references are all the same"


def _score(evidence: Evidence, metric: str) -> float:
    score = evidence.scores[metric]
    assert score is not None, metric
    return score
