"""The verdict on an item's runs: against thresholds, a baseline or, without either, the chance level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_glue.core.formatting import name_seeds
from pytest_glue.core.metrics import chance_level
from pytest_glue.core.runs import Run, Scores, mean_scores
from pytest_glue.core.tasks import Task
from pytest_glue.core.verdict import Judgement, Verdict
from pytest_glue.gate.confidence_interval import Uncertainty, uncertainty_of
from pytest_glue.gate.diagnostics import all_constant, diagnose
from pytest_glue.gate.groups import Groups, group_notes, usable
from pytest_glue.gate.regression import Regression, RegressionCriterion, against_baseline


@dataclass(frozen=True, slots=True)
class BoundComparison:
    """A score and the bound that it is compared with."""

    metric: str
    score: float
    bound: float
    bound_name: str = "threshold"
    at_least: bool = False
    """Whether the score is a lower bound."""

    def text(self, relation: str) -> str:
        """Return, for example, `accuracy 0.614 < threshold 0.650`."""
        bound = f"{self.bound_name} {self.bound:.{self._digits}f}"
        return f"{self.metric} {self._at_least}{self.score:.{self._digits}f} {relation} {bound}"

    @property
    def difference(self) -> str:
        """Score minus bound with a sign; a difference that rounds to zero is +0.000, never -0.000."""
        return f"{self._at_least}{round(self.score - self.bound, self._digits) + 0.0:+.{self._digits}f}"

    @property
    def _at_least(self) -> str:
        return "at least " if self.at_least else ""

    @property
    def _digits(self) -> int:
        """Three, or as many as make the two numbers differ: never `0.650 < 0.650`."""
        differing = (n for n in range(3, 12) if f"{self.score:.{n}f}" != f"{self.bound:.{n}f}")
        return next(differing, 3)


_ROUNDING = 1e-9
"""Scores this close are equal: less than one example can change a score, more than floating point does."""


@dataclass(frozen=True, slots=True)
class VerdictText:
    """A verdict and the parts of its sentence."""

    verdict: Verdict
    text: str
    facts: tuple[str, ...] = ()
    """Shown in the sentence's brackets, before the sample sizes."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What an item's score is compared with."""

    task: Task
    checkpoint: str
    """The checkpoint's label."""
    thresholds: Mapping[str, float]
    """The threshold of each metric that has one; all of them must be reached."""
    rule: RegressionCriterion | None = None
    """The baseline and the drop that is allowed; None if nothing is compared."""

    def judge(self, runs: Sequence[Run], references: Sequence[float], groups: Groups = None) -> Judgement:
        """Return the verdict on runs.

        If a run is broken, every verdict but `pass` becomes `degenerate`: the score then says nothing about the
        checkpoint. If every run predicts the same for every example, `pass` does too: a threshold at or below the
        chance level is then reached without learning anything. On a report-only task constant predictions are only
        noted, since fine-tuning does not beat them.

        Args:
            runs: at least one, on the same examples.
            references: gold labels, one for each evaluation example.
            groups: of the evaluation examples, as in `RunConditions`.
        """
        scores = mean_scores(runs)
        broken = diagnose(self.task, runs, references)
        undefined = [metric for metric in self._decisive if scores[metric] is None]
        stopped = [run for run in runs if run.stopped]
        no_interval = undefined or stopped  # a lower bound is no estimate
        uncertainty = None if no_interval else uncertainty_of(self.task, runs, references, self.rule, usable(groups))
        regression = None
        if self.rule is not None and not undefined:
            regression = against_baseline(self.rule, runs, references, usable(groups))
        if undefined:
            answer = VerdictText(Verdict.DEGENERATE, f"{undefined[0]} is undefined")
        else:
            answer = self._answer(scores, references, regression, at_least=bool(stopped))
        passes = answer.verdict is Verdict.PASS and not all_constant(runs)
        judged = not passes and not self.task.report_only
        if broken and (judged or undefined):
            answer, broken = VerdictText(Verdict.DEGENERATE, f"{'; '.join(broken)}: {answer.text}", answer.facts), []
        return Judgement(
            verdict=answer.verdict,
            reason=self._sentence(answer, len(runs), len(references), uncertainty),
            threshold=self.thresholds.get(self.task.headline_metric),
            chance=chance_level(self.task.headline_metric, references),
            confidence_interval=uncertainty.interval if uncertainty else None,
            baseline=regression.facts if regression else None,
            notes=(
                *self._not_judged,
                *self._reached_by_chance(references),
                *broken,
                *_of_stopped(stopped),
                *((uncertainty.note,) if uncertainty else ()),
                *(group_notes(self.task, groups) if uncertainty or regression else ()),
                *(regression.notes if regression else ()),
            ),
        )

    def target_score(self, references: Sequence[float]) -> float | None:
        """Return the headline score that makes the verdict `pass` if every run reaches it in some epoch.

        Return None if only whole runs can decide. The best epoch is chosen by the headline metric, so other metrics
        and comparisons are not known before the last epoch.

        Args:
            references: gold labels, one for each evaluation example.
        """
        headline = self.task.headline_metric
        if self.rule is not None or not set(self.thresholds) <= {headline}:
            return None
        # No constant prediction, and no undefined score, which counts as 0 when epochs are compared, reaches this.
        above_chance = chance_level(headline, references) + 2 * _ROUNDING
        return max(self.thresholds.get(headline, above_chance), above_chance)

    @property
    def _not_judged(self) -> tuple[str, ...]:
        if not self.task.report_only or self.thresholds or self.rule:
            return ()
        return (f"{self.task.name} is report-only, because {self.task.report_only}",)

    def _reached_by_chance(self, references: Sequence[float]) -> list[str]:
        levels = {metric: chance_level(metric, references) for metric in self.thresholds}
        return [
            f"the threshold {self.thresholds[metric]:.3g} for {metric} is not above the chance level {level:.3f}"
            for metric, level in levels.items()
            if self.thresholds[metric] <= level
        ]

    @property
    def _decisive(self) -> tuple[str, ...]:
        """The metrics without which there is no verdict."""
        compared = (self.task.headline_metric,) if self.rule is not None or not self.thresholds else ()
        return tuple(dict.fromkeys((*self.thresholds, *compared)))

    def _answer(
        self, scores: Scores, references: Sequence[float], regression: Regression | None, *, at_least: bool
    ) -> VerdictText:
        """Decide by missed thresholds first, then the baseline, then reached thresholds, then the chance level."""
        comparisons = [
            BoundComparison(metric, _of(scores, metric), bound, at_least=at_least)
            for metric, bound in self.thresholds.items()
        ]
        missed = [each for each in comparisons if each.score < each.bound - _ROUNDING]
        if missed:
            return _against_thresholds(Verdict.FAIL, "<", missed)
        if regression is not None:
            return VerdictText(regression.verdict, regression.text, regression.differences)
        if comparisons:
            return _against_thresholds(Verdict.PASS, ">=", comparisons)
        return self._against_chance(scores, references, at_least=at_least)

    def _against_chance(self, scores: Scores, references: Sequence[float], *, at_least: bool) -> VerdictText:
        metric, note = self.task.headline_metric, self.task.report_only
        level = chance_level(metric, references)
        comparison = BoundComparison(metric, _of(scores, metric), level, "the chance level", at_least)
        beats = comparison.score > level + _ROUNDING
        text = comparison.text(">" if beats else "does not beat")
        if note:
            text = f"{text}; report-only, because {note}: give a threshold to have it judged"
        return VerdictText(Verdict.PASS if beats or note else Verdict.FAIL, text, (comparison.difference,))

    def _sentence(self, answer: VerdictText, n_runs: int, n_eval: int, uncertainty: Uncertainty | None) -> str:
        if self.rule is not None and answer.facts:
            size = [f"n={n_eval}"]
        else:
            size = [f"n={n_eval}", f"{n_runs} seed{'s' if n_runs > 1 else ''}"]
            size += [uncertainty.text] if uncertainty else []
        evidence = "; ".join((*answer.facts, ", ".join(size)))
        return f"{self.task.name} · {self.checkpoint}: {answer.text} ({evidence})"


def _against_thresholds(verdict: Verdict, relation: str, comparisons: Sequence[BoundComparison]) -> VerdictText:
    text = ", ".join(each.text(relation) for each in comparisons)
    return VerdictText(verdict, text, tuple(each.difference for each in comparisons))


def _of_stopped(stopped: Sequence[Run]) -> list[str]:
    if not stopped:
        return []
    seeds = name_seeds([run.seed for run in stopped])
    return [
        f"{seeds} stopped early, once the verdict was sure: the score is a lower bound, other metrics are of that epoch"
    ]


def _of(scores: Scores, metric: str) -> float:
    score = scores[metric]
    assert score is not None, metric
    return score
