"""The agreement certificate: a bound of the drop in accuracy by the predictions of unlabelled texts that changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.formatting import count, name_seeds
from pytest_glue.core.runs import Run
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.baseline import Baseline


@dataclass(frozen=True, slots=True)
class Certificate:
    """The bound of a drop; the fields are those of `reports.reported_comparison.Certificate`."""

    seeds: list[int]
    """Of the runs that were compared, each with the baseline's run of the same seed."""
    changed: float
    """The number of unlabelled texts whose prediction changed, on average over the seeds."""
    n_texts: int
    bound: float
    """The upper limit of the drop in accuracy, as a fraction."""
    confidence_level: float
    certified: bool
    """Whether the bound is at most the allowed drop."""

    @property
    def evidence(self) -> str:
        """How many predictions changed, and in how many pairs of runs, as a clause."""
        number = f"{self.changed:,.{0 if self.changed.is_integer() else 1}f}"
        mean = "on average " if len(self.seeds) > 1 else ""
        pairs = f"{count(len(self.seeds), 'pair')} of runs with the same seed"
        return f"{mean}{number} of {self.n_texts:,} unlabelled texts changed their prediction in {pairs}"

    @property
    def points(self) -> str:
        """The bound in points of accuracy, with its confidence level."""
        return f"{100 * self.bound:.2f} points at {100 * self.confidence_level:.3g} %"


def check_certifiable(baseline: Baseline, file: str, seeds: Sequence[int]) -> None:
    """Check that a candidate's predictions of unlabelled texts can be compared with the baseline's.

    Args:
        baseline: the recorded baseline.
        file: the path of the baseline, for messages.
        seeds: of the candidate.

    Raises:
        BaselineError: the baseline has no such predictions, or no seed in common.
    """
    if baseline.unlabelled_digest is None:
        raise BaselineError(
            f"baseline {file} was saved without --glue-certify, so it has no predictions of unlabelled texts: save it "
            "again with --glue-save=NAME --glue-certify, or leave out --glue-certify"
        )
    if not set(seeds) & set(baseline.seeds):
        raise BaselineError(
            f"--glue-certify compares runs of the same seed, and baseline {file} has {name_seeds(baseline.seeds)}, "
            f"this item {name_seeds(seeds)}: give {_seeds_option(baseline.seeds)}"
        )


def _seeds_option(seeds: Sequence[int]) -> str:
    """Return the option with these seeds; a comma keeps a single one from being read as a number of seeds."""
    return f"--glue-seeds={','.join(map(str, seeds))}{',' * (len(seeds) == 1)}"


def partners_of(baseline: Baseline, file: str, trained: Iterable[Run], n_texts: int) -> dict[int, Sequence[float]]:
    """Return the baseline's predictions of the unlabelled texts, by seed, of those of its runs that trained.

    Args:
        baseline: with predictions of the same texts.
        file: the path of the baseline, for messages.
        trained: the baseline's runs that trained.
        n_texts: the number of texts that the candidate predicted.

    Raises:
        BaselineError: it has predictions of another number of texts.
    """
    seeds = {run.seed for run in trained}
    found = {run.seed: run.unlabelled_predictions for run in baseline.runs if run.unlabelled_predictions}
    if others := {len(each) for each in found.values()} - {n_texts}:
        raise BaselineError(
            f"baseline {file} contradicts itself: it holds predictions of {count(min(others), 'unlabelled text')}, and "
            f"this item predicted {n_texts} of the same digest. Restore the file or record it again"
        )
    return {seed: each for seed, each in found.items() if seed in seeds}


def unpaired_note(seeds: Sequence[int], paired: Sequence[int], *, adds_seeds: bool) -> str:
    """Return the note on a candidate that is not certified because some of its runs have no partner.

    Args:
        seeds: of the candidate's runs without a partner; at least one.
        paired: the seeds for which the baseline has one.
        adds_seeds: whether `--glue-max-seeds` adds seeds.
    """
    remedy = f"give {_seeds_option(paired)}" if paired else "record the baseline again"
    if adds_seeds:
        remedy = f"{remedy} without --glue-max-seeds, or record the baseline with all seeds up to --glue-max-seeds"
    lacking = f"{name_seeds(seeds)} {'has' if len(seeds) == 1 else 'have'} no partner in the baseline"
    return f"not certified: {lacking}, which is a run of the same seed that trained: {remedy}"


def certificate_of(
    partners: Mapping[int, Sequence[float]], runs: Sequence[Run], max_drop: float, alpha: float, n_analyses: int = 1
) -> Certificate:
    """Return the certificate of a candidate.

    A run that is left out could be the one that got worse, so every run needs a partner.

    Args:
        partners: the baseline's predictions of the same texts; of each of the runs' seeds, and maybe of others.
        runs: of the candidate, those that trained; each has predictions of the texts.
        max_drop: the allowed drop, as a fraction.
        alpha: the probability that a larger drop is certified.
        n_analyses: how often a verdict may be tried; the attempts share alpha.
    """
    from pytest_glue.statistics.agreement import agreement

    ours = [run.unlabelled_predictions or () for run in runs]
    found = agreement(ours, [partners[run.seed] for run in runs], alpha / n_analyses)
    return Certificate(
        seeds=[run.seed for run in runs],
        changed=found.changed,
        n_texts=found.n_texts,
        bound=found.bound,
        confidence_level=round(1 - alpha, 12),
        certified=found.bound <= max_drop,
    )


def certified(
    verdict: Verdict, text: str, scores: str, certificate: Certificate | None, max_drop: float
) -> tuple[Verdict, str]:
    """Return verdict and sentence of a comparison that has a certificate.

    A certified candidate passes, unless the comparison on the evaluation split shows a drop: the unlabelled texts are
    then of another kind. Without a certificate, the comparison decides.

    Args:
        verdict: of the comparison.
        text: the sentence on the comparison.
        scores: of both sides, as a clause.
        certificate: None if nothing was certified.
        max_drop: the allowed drop, as a fraction.
    """
    if certificate is None:
        return verdict, text
    if not certificate.certified:
        remedy = "" if max_drop else ", and no drop is allowed: see --glue-max-drop"
        bound = f"which bounds the drop at {certificate.points}{remedy}"
        return verdict, f"{text}; not certified: {certificate.evidence}, {bound}"
    if verdict is Verdict.FAIL:
        bound = f"which bounds the drop on those texts at {certificate.points}"
        return verdict, f"{text}, though only {certificate.evidence}, {bound}: they differ from the evaluation split"
    what = f"certified: accuracy drops by at most {certificate.points}: {certificate.evidence}"
    return Verdict.PASS, f"{scores}; {what}"
