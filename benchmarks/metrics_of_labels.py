"""Error rates and power of comparisons in metrics of several classes, of probabilities and of sets of labels.

`python -m benchmarks.metrics_of_labels [TRIALS]` simulates runs of 3 against 3 seeds on 300 examples. The logits of a
run are the references' labels times a signal, plus the difficulty of the example, plus noise. At the smallest drop that
the baselines find detectable, it counts how often that drop is called a fail (the power), how often it passes as
allowed, and how often it fails although it is allowed: at most in 0.05 of the trials.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import Kind
from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.comparison import ComparisonDesign, compare_runs
from pytest_glue.statistics.metrics import score
from pytest_glue.statistics.planning import drops_detectable_with
from pytest_glue.statistics.scored_runs import ScoredRuns

Floats = NDArray[np.float64]
EXAMPLES, SEEDS, LABELS = 300, 3, 3
SIGNALS = np.linspace(0.5, 1.0, 6)
SPREAD = 0.05
"""The standard deviation of the signal between seeds."""
CASES = [
    ("accuracy", Kind.CLASSIFICATION),
    ("f1_macro", Kind.CLASSIFICATION),
    ("roc_auc", Kind.CLASSIFICATION),
    ("log_loss", Kind.CLASSIFICATION),
    ("f1_micro", Kind.MULTI_LABEL),
    ("average_precision", Kind.MULTI_LABEL),
]


class Split:
    """Examples with references and a difficulty."""

    def __init__(self, kind: Kind, n: int, rng: np.random.Generator) -> None:
        self.kind, self._rng = kind, rng
        if kind is Kind.MULTI_LABEL:
            self._has = rng.random((n, LABELS)) < 0.5
            self.references = (self._has @ 2 ** np.arange(LABELS)).astype(np.float64)
        else:
            classes = rng.choice(LABELS, n, p=(0.5, 0.3, 0.2))
            self._has, self.references = np.eye(LABELS)[classes] == 1, classes.astype(np.float64)
        self._difficulty = rng.normal(size=(n, LABELS))

    def outputs(self, metric: str, signal: float, runs: int) -> Floats:
        """Return logits, or predictions, of runs with this signal on average."""
        signals = signal + SPREAD * self._rng.normal(size=(runs, 1, 1))
        noise = 0.6 * self._rng.normal(size=(runs, *self._has.shape))
        logits = signals * np.where(self._has, 1.0, -1.0) + self._difficulty + noise
        if METRICS[metric].needs_probabilities:
            return np.asarray(logits, np.float64)
        predicted = (logits > 0) @ 2 ** np.arange(LABELS) if self.kind is Kind.MULTI_LABEL else logits.argmax(axis=-1)
        return np.asarray(predicted, np.float64)

    def runs(self, metric: str, signal: float) -> ScoredRuns:
        return ScoredRuns.of(metric, self.outputs(metric, signal, SEEDS), self.references, None, self.kind)


def expected_scores(metric: str, kind: Kind, rng: np.random.Generator) -> Floats:
    """Return the oriented score for each of `SIGNALS`, over 200,000 examples and 6 seeds each."""
    total = np.zeros(len(SIGNALS))
    for _ in range(10):
        split = Split(kind, 20_000, rng)
        total += [score(metric, split.outputs(metric, each, 6), split.references, kind).mean() for each in SIGNALS]
    return METRICS[metric].sign * total / 10


def main(trials: int) -> None:
    """Print a line for each metric."""
    print("metric             kind            drop   power  wrong pass  wrong fail")
    for metric, kind in CASES:
        rng = np.random.default_rng(5)
        baselines = [Split(kind, EXAMPLES, rng).runs(metric, SIGNALS[-1]) for _ in range(40)]
        detectable = [drops_detectable_with(each, metric, [SEEDS]).get(SEEDS, np.nan) for each in baselines]
        drop, expected = float(np.nanmedian(detectable)), expected_scores(metric, kind, rng)
        signal = float(np.interp(expected[-1] - drop, expected, SIGNALS))
        counts = np.zeros(3)
        for _ in range(trials):
            split = Split(kind, EXAMPLES, rng)
            sides = split.runs(metric, signal), split.runs(metric, SIGNALS[-1])
            at_none, at_drop = (compare_runs(*sides, metric, ComparisonDesign(each)).verdict for each in (0.0, drop))
            counts += [at_none is Verdict.FAIL, at_drop is Verdict.PASS, at_drop is Verdict.FAIL]
        power, wrong_pass, wrong_fail = counts / trials
        print(
            f"{metric:18} {kind:14} {drop:5.3f}   {power:.2f}       {wrong_pass:.3f}       {wrong_fail:.3f}", flush=True
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 600)
