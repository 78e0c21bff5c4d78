"""Checks of a baseline that was read: its parts have to fit each other."""

import math

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.metrics import METRICS, Metric
from pytest_glue.core.serialization import to_plain
from pytest_glue.gate.baseline import MIN_EXAMPLES, Baseline
from pytest_glue.gate.baseline_age import parse_time


def check_baseline(baseline: Baseline) -> None:
    """Check that the parts of a baseline fit each other.

    Raises:
        BaselineError: they do not; the message begins with "it" or "its".
    """
    _check_seeds(baseline)
    if baseline.recorded_at is not None:
        parse_time(baseline.recorded_at)
    if baseline.n_eval < MIN_EXAMPLES:
        raise BaselineError(f"it holds {baseline.n_eval} evaluation example, and a comparison needs {MIN_EXAMPLES}")
    if wrong_drops := [drop for drop in baseline.visible_drops.values() if not 0 <= drop <= math.inf]:
        raise BaselineError(f"its visible_drops contain {wrong_drops[0]}, which is no drop")
    metric = baseline.headline_metric
    known = METRICS.get(metric, Metric(metric, -math.inf, math.inf))
    if all(run.metrics.get(metric, 0.0) is None for run in baseline.runs):
        raise BaselineError(f"its {metric} is undefined for every run")
    for run in baseline.runs:
        score: object = run.metrics.get(metric, "missing")
        if len(run.predictions) != baseline.n_eval and not (score is None and not run.predictions):
            raise BaselineError(
                f"it says n_eval {baseline.n_eval} and holds {len(run.predictions)} predictions of seed {run.seed}"
            )
        if score is not None and not known.is_score(score):
            raise BaselineError(f"its {metric} of seed {run.seed} is {score!r}, which is not a score")
    _check_logits(baseline)
    _check_groups(baseline)
    _check_unlabelled(baseline)
    for name in ("references", "group_numbers"):
        if (found := len(getattr(baseline, name))) not in {0, baseline.n_eval}:
            raise BaselineError(f"it says n_eval {baseline.n_eval} and holds {found} {name}")


def _check_seeds(baseline: Baseline) -> None:
    if not baseline.runs:
        raise BaselineError("it holds no runs")
    if len(set(baseline.seeds)) < len(baseline.seeds):
        raise BaselineError(f"it holds a seed twice: {list(baseline.seeds)}")
    if baseline.evaluate_only and len(baseline.runs) > 1:
        raise BaselineError(f"it was evaluated only and holds {len(baseline.runs)} runs; a fixed model has one")
    if wrong := [seed for seed in baseline.seeds if not 0 <= seed < 2**32]:
        raise BaselineError(f"it holds the seed {wrong[0]}; seeds are from 0 to {2**32 - 1}")


def _check_logits(baseline: Baseline) -> None:
    metric = METRICS.get(baseline.headline_metric)
    for run in baseline.runs:
        if run.predictions and metric and metric.needs_probabilities and run.logits is None:
            raise BaselineError(f"its run of seed {run.seed} lacks the logits that {metric.name} is computed from")


def _check_groups(baseline: Baseline) -> None:
    groups, n = baseline.groups, baseline.n_eval
    if groups is None:
        return
    is_possible = 2 <= groups.n_groups <= n and 1 <= groups.size <= n and 0 < groups.effect <= groups.size
    if not is_possible:
        raise BaselineError(f"its groups do not fit {n} evaluation examples: {to_plain(groups)}")


def _check_unlabelled(baseline: Baseline) -> None:
    unlabelled = [run.unlabelled_predictions for run in baseline.runs]
    are_known = baseline.unlabelled_digest is not None
    if (
        any((each is not None) != are_known for each in unlabelled)
        or len({len(each) for each in unlabelled if each}) > 1
    ):
        raise BaselineError("its predictions of unlabelled texts and their digest do not match")
    if are_known and not any(unlabelled):
        raise BaselineError("its predictions of unlabelled texts are empty for every run")
