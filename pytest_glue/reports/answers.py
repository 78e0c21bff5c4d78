"""What a reader of a red item asks first: is it real, since when, what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import count, shortened
from pytest_glue.core.metrics import Metric, shown_metric
from pytest_glue.core.verdict import Verdict

_SMALLEST_P = 0.0001


@dataclass(frozen=True, slots=True)
class Answer:
    """A question with its answer."""

    question: str
    text: str


def answers(evaluation: Evaluation, commit: str | None) -> tuple[Answer, ...]:
    """Return what is known beside the verdict's sentence; of an item that passes, with what it was compared.

    Args:
        evaluation: of the item.
        commit: of the repository that was tested; None if it is unknown.
    """
    found = {
        "Is it real?": " ".join(_is_real(evaluation)),
        "Since when?": " ".join(_since(evaluation, commit)),
        "What to do?": " ".join(_remedies(evaluation)),
    }
    return tuple(Answer(question, text) for question, text in found.items() if text)


def _is_real(evaluation: Evaluation) -> Iterator[str]:
    compared = evaluation.baseline
    if evaluation.verdict is Verdict.DEGENERATE:
        yield "No run trained, so that the score says nothing about the checkpoint."
    elif evaluation.verdict is Verdict.FAIL and _misses_threshold(evaluation):
        yield _is_miss_real(evaluation)
    elif compared is not None and compared["verdict"] == evaluation.verdict != Verdict.PASS:
        yield from _is_drop_real(compared, shown_metric(evaluation.headline_metric))
    if evaluation.golden is not None and evaluation.golden.failed:
        yield "Golden examples are a plain check, which has no error rate."


def _is_drop_real(compared: Mapping[str, Any], metric: Metric) -> Iterator[str]:
    if compared["verdict"] == Verdict.FAIL:
        if (p_value := compared["p_fail"]) is not None:
            small = p_value < _SMALLEST_P
            shown = f"below {_SMALLEST_P}" if small else f"{p_value:.2g}"
            yield f"Yes: if the {metric.drop} were no larger than allowed, seeds and examples would show"
            yield f"a difference like this with a probability {shown} (p value)."
        return
    yield "Not known: the difference fits both an unchanged checkpoint and a worse one."
    if (detectable := compared["smallest_visible_drop"]) is not None:
        yield f"A {metric.drop} of {metric.text(detectable)} would be detected in 80 % of such comparisons."


def _is_miss_real(evaluation: Evaluation) -> str:
    interval, threshold = evaluation.confidence_interval, evaluation.threshold
    if interval is None or threshold is None:
        return ""
    if interval[0] <= threshold <= interval[1]:
        return "Perhaps not: the threshold lies inside the 95 % interval of the score."
    return "Yes: the whole 95 % interval of the score misses the threshold."


def _since(evaluation: Evaluation, commit: str | None) -> Iterator[str]:
    compared = evaluation.baseline
    if compared is None:
        return
    recorded, then = compared.get("recorded_at"), compared.get("commit")
    where = f" at commit {then[:10]}" if then else ""
    if recorded:
        ago = f", {count(age, 'day')} before" if (age := compared.get("age_days")) else ""
        yield f"{shortened(compared['name'], 100)} was recorded on {recorded[:10]}{where}{ago}."
    if commit:
        yield "This run is at the same commit." if commit == then else f"This run is at commit {commit[:10]}."
    if (digest := compared["checkpoint"].get("digest")) is None or evaluation.checkpoint.digest is None:
        return
    if digest == evaluation.checkpoint.digest:
        yield "The checkpoint is the same: what can differ is code, libraries and machine."
    else:
        name = shortened(str(compared["checkpoint"]["name"]), 100)
        yield f"The checkpoint is another one: {name} then, {shortened(evaluation.checkpoint.name, 100)} now."


def _remedies(evaluation: Evaluation) -> Iterator[str]:
    compared, judgement = evaluation.baseline, evaluation.judgement
    if evaluation.verdict is Verdict.DEGENERATE:
        yield "Lower the learning rate, train longer, or train on more examples."
    if evaluation.verdict is Verdict.INCONCLUSIVE and compared is not None:
        metric, can_add = shown_metric(evaluation.headline_metric), not evaluation.conditions.evaluate_only
        yield from _more_seeds(compared, metric, can_add=can_add)
    if evaluation.verdict is not Verdict.FAIL:
        return
    if judgement.golden is not None and judgement.golden.failed:
        luck = "" if evaluation.conditions.evaluate_only else "If only some seeds miss one, others get it by luck. "
        yield f"{luck}Correct or replace golden examples that are wrong, or train on texts like them."
    if judgement.failed_slices:
        yield "Look at the slices that fail: few examples have wide intervals."
    if compared is not None and compared["verdict"] == Verdict.FAIL:
        yield "Look at the examples that got worse. Do not repeat the run until it is green: use --glue-max-seeds."
        name = shortened(compared["name"], 100)
        yield f"To accept the new score, record it with --glue-save={name} and without --glue-compare."
    elif _misses_threshold(evaluation):
        yield from _better_score(evaluation)
    elif _is_at_chance(evaluation):
        yield "Train longer or on more examples, or use another recipe: the score is not shown to be above chance."


def _more_seeds(compared: Mapping[str, Any], metric: Metric, *, can_add: bool) -> Iterator[str]:
    if (detectable := compared["smallest_visible_drop"]) is not None and detectable > compared["max_drop"]:
        yield f"Allow a {metric.drop} of {metric.text(detectable)} or more (--glue-max-drop)."
    if not can_add:
        return
    yield "Add seeds to the items that need them (--glue-max-seeds=10)."
    if (needed := compared["seeds_needed"]) is not None:
        yield f"{count(needed, 'seed')} on each side are enough to detect the allowed {metric.drop}."


def _better_score(evaluation: Evaluation) -> Iterator[str]:
    if _is_miss_real(evaluation).startswith("Perhaps") and not evaluation.conditions.evaluate_only:
        yield "Run more seeds (--glue-seeds=5), or record a baseline and compare with it."
    else:
        yield "The checkpoint is not good enough, or the threshold is too high for this recipe."


def _misses_threshold(evaluation: Evaluation) -> bool:
    score, threshold, sign = evaluation.score, evaluation.threshold, shown_metric(evaluation.headline_metric).sign
    return score is not None and threshold is not None and sign * (score - threshold) < 0


def _is_at_chance(evaluation: Evaluation) -> bool:
    """Return whether the chance level is what an item that fails was compared with."""
    judgement = evaluation.judgement
    has_bound = judgement.baseline is not None or judgement.threshold is not None or judgement.decided_by_hook
    has_other_cause = judgement.failed_slices or (judgement.golden is not None and judgement.golden.failed)
    return not has_bound and not has_other_cause
