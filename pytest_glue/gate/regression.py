"""The comparison of a candidate with its baseline, as a sentence and as plain data for reports."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from pytest_glue.core.formatting import count
from pytest_glue.core.metrics import Metric, find_metric
from pytest_glue.core.serialization import to_plain
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_age import BaselineAge
from pytest_glue.gate.certificate import Certificate, certificate_of, certified, partners_of, unpaired_note
from pytest_glue.gate.diagnostics import ExaminedRuns
from pytest_glue.gate.failure_comparison import ERROR_SHARE, FailureComparison, compare_failures
from pytest_glue.gate.flips import flip_notes, flips_of
from pytest_glue.gate.groups import Groups
from pytest_glue.gate.scored import scored_runs

if TYPE_CHECKING:
    from pytest_glue.statistics.comparison import Comparison
    from pytest_glue.statistics.seed_variance import SeedVariance


_FIELDS = {"minimum_detectable_drop": "smallest_visible_drop", "variance_source": "spread_source"}
"""Names in the JSON report that differ from those of a `Comparison`."""


@dataclass(frozen=True, slots=True)
class RegressionCriterion:
    """When a drop is a regression."""

    name: str
    """Of the baseline, for sentences."""
    file: str
    """The path of the baseline."""
    baseline: Baseline
    max_drop: float
    """The allowed drop, or rise if lower is better, in units of the score; positive."""
    alpha: float
    """One-sided error rate: of the whole test run for `fail`, of the item for `pass`."""
    family_size: int
    """Number of items of the test run that are compared."""
    interim_analyses: tuple[int, ...] = ()
    """The numbers of seeds at which a verdict is tried; empty if there is one analysis."""
    certify: bool = False
    """Whether a bound by the predictions of unlabelled texts can show a pass."""
    notes: tuple[str, ...] = ()
    """On the choice of the baseline."""
    fail_share: float = 1.0
    """The share of the item's error rate of `fail` that the comparison of all examples has; slices have the rest."""
    evaluate_only: bool = False
    """Whether the candidate is a fixed model; the baseline says itself whether it is one."""
    age: BaselineAge = field(default_factory=BaselineAge)
    """Of the baseline."""

    @property
    def fixed(self) -> tuple[bool, bool]:
        """Whether candidate and baseline are fixed models."""
        return self.evaluate_only, self.baseline.evaluate_only

    @property
    def metric(self) -> Metric:
        """The headline metric."""
        return find_metric(self.baseline.headline_metric)


@dataclass(frozen=True, slots=True)
class Regression:
    """The result of a comparison with a baseline."""

    verdict: Verdict
    text: str
    differences: tuple[str, ...]
    """Shown in the sentence's brackets, before the sample size."""
    facts: Mapping[str, Any]
    """For reports, under the names of `reports.reported_comparison.Comparison`."""
    notes: tuple[str, ...] = ()
    is_futile: bool = False
    """Whether the seeds to come would hardly make an inconclusive comparison conclusive."""
    share_of_scores: float = 1.0
    """The share of the item's error rate that is not the test's of failed runs."""


def against_baseline(
    rule: RegressionCriterion,
    candidate: ExaminedRuns,
    baseline: ExaminedRuns,
    references: Sequence[float],
    groups: Groups = None,
) -> Regression:
    """Compare a candidate's runs that trained with a baseline's, example by example, and the counts of failed runs.

    `fail` is shown by either comparison; together they keep the error rate. `pass` needs the scores to pass, and no
    larger share of failed runs than the baseline has.

    Args:
        rule: the baseline and the allowed drop.
        candidate: its runs; at least one trained.
        baseline: the runs of the rule's baseline; at least one trained.
        references: gold labels, one for each evaluation example; two or more.
        groups: of the evaluation examples, two or more.

    Raises:
        BaselineError: the baseline's predictions of unlabelled texts do not fit the candidate's.
    """
    from pytest_glue.statistics.comparison import ComparisonDesign, compare_runs

    failures = _failures(rule, candidate, baseline)
    design = ComparisonDesign(
        rule.max_drop,
        rule.alpha,
        rule.family_size,
        rule.interim_analyses,
        published(rule.baseline),
        fail_share=failures.share_of_scores * rule.fail_share,
        later_analyses=_later_analyses(rule, candidate),
        fixed=rule.fixed,
    )
    metric, kind = rule.baseline.headline_metric, rule.baseline.kind
    ours, theirs = (scored_runs(metric, side.trained, references, kind, groups) for side in (candidate, baseline))
    comparison = compare_runs(ours, theirs, metric, design)
    certificate, certificate_notes = _certificate(rule, candidate, baseline, failures)
    compared, text = _answer(rule, comparison, failures)
    verdict, text = certified(compared, text, _scores(rule, comparison), certificate, rule.max_drop)
    # A certificate, and failed runs that turn out to be more, can decide although the scores do not.
    scores_decide = verdict is Verdict.INCONCLUSIVE and certificate is None and not failures.have_larger_share
    futility = _futility(rule, comparison.conditional_power) if scores_decide else ""
    flips = None
    if not rule.baseline.is_regression:
        flips = flips_of(candidate.trained, baseline.trained, references, groups)
    notes = flip_notes(flips, rule.name, len(references)) if comparison.verdict is Verdict.FAIL else ()
    differences = _differences(rule, comparison, len(candidate.trained), len(baseline.trained))
    return Regression(
        verdict,
        f"{text}{futility}",
        (*differences, *failures.facts),
        {
            **_facts(rule, comparison),
            "verdict": compared,
            "baseline_scores": [score for run in baseline.trained if (score := run.metrics[metric]) is not None],
            "failed_runs": [asdict(run) for run in baseline.failed],
            "p_failed_runs": failures.p_value,
            "alpha_failed_runs": failures.alpha,
            "negative_flips": None if flips is None else to_plain(flips),
            "certificate": None if certificate is None else asdict(certificate),
        },
        (*rule.notes, *rule.age.notes(rule.name), *notes, *certificate_notes),
        is_futile=bool(futility),
        share_of_scores=failures.share_of_scores,
    )


def _failures(rule: RegressionCriterion, candidate: ExaminedRuns, baseline: ExaminedRuns) -> FailureComparison:
    from pytest_glue.statistics.error_rates import error_rates

    alpha, _ = error_rates(ERROR_SHARE * rule.alpha, rule.family_size, rule.interim_analyses)
    return compare_failures(rule.name, candidate, baseline, alpha)


def _facts(rule: RegressionCriterion, comparison: "Comparison") -> dict[str, Any]:
    """Return what was asked and what the scores say."""
    return {
        "name": rule.name,
        "file": rule.file,
        "checkpoint": asdict(rule.baseline.checkpoint),
        "seeds": list(rule.baseline.seeds),
        **{_FIELDS.get(name, name): value for name, value in asdict(comparison).items()},
        "difference": comparison.difference,
        "alpha": rule.alpha,
        "family_size": rule.family_size,
        "looks": list(rule.interim_analyses),
        "fail_share": rule.fail_share,
        "recorded_at": rule.baseline.recorded_at,
        "commit": rule.baseline.commit,
        "age_days": rule.age.whole_days,
        "is_stale": rule.age.is_stale,
    }


def _later_analyses(rule: RegressionCriterion, candidate: ExaminedRuns) -> tuple[int, ...]:
    """Return the numbers of runs that will have trained at the analyses to come, if no more of them fail."""
    n_runs = len(candidate.trained) + len(candidate.failed)
    return tuple(n_seeds - len(candidate.failed) for n_seeds in rule.interim_analyses if n_seeds > n_runs)


def _futility(rule: RegressionCriterion, conditional_power: float | None) -> str:
    """Return the end of an inconclusive sentence if further seeds would hardly decide it, else an empty text."""
    from pytest_glue.statistics.futility import FUTILITY_LIMIT

    if conditional_power is None or conditional_power >= FUTILITY_LIMIT:
        return ""
    power = "below 1 %" if conditional_power < 0.01 else f"{100 * conditional_power:.0f} %"
    return f"; further seeds, up to {rule.interim_analyses[-1]}, would hardly decide it: conditional power {power}"


def _certificate(
    rule: RegressionCriterion, candidate: ExaminedRuns, baseline: ExaminedRuns, failures: FailureComparison
) -> tuple[Certificate | None, tuple[str, ...]]:
    """Return the certificate, or a note if failed runs or seeds are the reason that there is none.

    Raises:
        BaselineError: the baseline has predictions of another number of unlabelled texts.
    """
    predicted = [run.unlabelled_predictions for run in candidate.trained if run.unlabelled_predictions is not None]
    if not rule.certify or len(predicted) < len(candidate.trained):
        return None, ()
    if any(rule.fixed) and not all(rule.fixed):
        return None, ("not certified: only one of checkpoint and baseline was fine-tuned, so no runs are a pair",)
    if failures.have_larger_share:
        return None, ("not certified: a larger share of the runs failed to train",)
    partners = partners_of(rule.baseline, rule.file, baseline.trained, len(predicted[0]))
    if unpaired := [run.seed for run in candidate.trained if run.seed not in partners]:
        return None, (unpaired_note(unpaired, list(partners), adds_seeds=bool(rule.interim_analyses)),)
    n_analyses = max(len(rule.interim_analyses), 1)
    return certificate_of(partners, candidate.trained, rule.max_drop, rule.alpha, n_analyses), ()


def published(baseline: Baseline) -> "SeedVariance | None":
    """Return the published variance between seeds of the baseline's task, for comparisons of one run on each side."""
    from pytest_glue.statistics.seed_variance import published_seed_variance

    return published_seed_variance(baseline.task, baseline.headline_metric)


def _answer(rule: RegressionCriterion, comparison: "Comparison", failures: FailureComparison) -> tuple[Verdict, str]:
    """Return the verdict and its sentence: of the scores first, then of the counts of failed runs."""
    scores, drop, limit = _scores(rule, comparison), rule.metric.drop, f"{rule.max_drop:.3g}"
    allowed = f"a {drop} of more than {limit}" if rule.max_drop else f"a {drop}"
    if comparison.verdict is Verdict.FAIL:
        return Verdict.FAIL, f"{scores}: {allowed}"
    if failures.are_more:
        return Verdict.FAIL, f"{scores}: more runs fail to train (p {failures.p_value:.2g})"
    if comparison.verdict is Verdict.INCONCLUSIVE:
        remedy = _remedy(rule, comparison)
        return Verdict.INCONCLUSIVE, f"{scores}: {allowed} is neither shown nor ruled out{remedy}"
    claim = f"no {drop} of {limit} or more" if rule.max_drop else "an improvement"
    if failures.have_larger_share:
        text = f"{scores}: {claim} of the runs that trained, but a larger share of failed runs"
        return Verdict.INCONCLUSIVE, text
    return Verdict.PASS, f"{scores}: {claim}, at {100 * (1 - rule.alpha):.3g} % confidence"


def _scores(rule: RegressionCriterion, comparison: "Comparison") -> str:
    ours, theirs = rule.metric.text(comparison.candidate_score), rule.metric.text(comparison.baseline_score)
    return f"{rule.metric.name} {ours} against {rule.name}'s {theirs}"


def _remedy(rule: RegressionCriterion, comparison: "Comparison") -> str:
    if comparison.variance_source is None:
        which, remedy = _UNKNOWN[rule.fixed]
        return f", because {which} does not show the variance between seeds: {remedy}"
    design = "With this split" if all(rule.fixed) else "With these seeds and this split"
    detectable, metric = comparison.minimum_detectable_drop, rule.metric
    if detectable is None:
        largest = f"a {metric.drop} to {metric.worst:.0f}" if isfinite(metric.worst) else f"a large {metric.drop}"
        shown = f". {design}, even {largest} would be shown in less than 80 % of the test runs"
    else:
        size = f"a {metric.drop} of about {metric.text(detectable)} or more"
        shown = f". {design}, the test run could only have shown {size} (power 80 %)"
    if not rule.max_drop or (detectable is not None and rule.max_drop >= detectable):
        return shown
    needed = comparison.seeds_needed
    if any(rule.fixed):
        more = "a larger split is needed" if all(rule.fixed) else "more seeds or a larger split are needed"
        return f"{shown}; to detect {rule.max_drop:.3g}, {more}"
    if needed is None:
        return f"{shown}; no number of seeds is enough to detect {rule.max_drop:.3g} on this split"
    recorded = f"record the baseline anew with {needed} seeds"
    return f"{shown}; to detect {rule.max_drop:.3g}, {recorded} and use --glue-seeds={needed}"


_UNKNOWN = {
    (False, False): ("one seed on each side", "use --glue-seeds=3 or more for both"),
    (True, False): ("the baseline's one seed", "record it with --glue-seeds=3 or more"),
    (False, True): ("one seed", "use --glue-seeds=3 or more"),
}
"""What cannot show the variance between seeds, and the remedy, by whether candidate and baseline are fixed models."""


def _sides(rule: RegressionCriterion, n_runs: int, n_baseline: int) -> str:
    """Return what was compared, as a fact of a sentence."""
    match rule.fixed:
        case True, True:
            return "both evaluated only, so seeds are not covered"
        case True, False:
            return f"evaluated only, against {count(n_baseline, 'seed')}"
        case False, True:
            return f"{count(n_runs, 'seed')} against a checkpoint that was evaluated only"
    return f"{n_runs} against {count(n_baseline, 'seed')}"


def _differences(rule: RegressionCriterion, comparison: "Comparison", n_runs: int, n_baseline: int) -> tuple[str, ...]:
    metric, seeds, beside = rule.metric, _sides(rule, n_runs, n_baseline), comparison.baseline_score
    difference = metric.text(comparison.difference, "+", beside)
    if comparison.confidence_interval is None:
        return difference, seeds
    low, high = (metric.text(end, "+", beside) for end in comparison.confidence_interval)
    return difference, f"{100 * comparison.confidence_level:.3g}% CI {low} to {high}", seeds
