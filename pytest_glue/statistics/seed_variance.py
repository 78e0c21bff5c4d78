"""The variance of scores between seeds, measured or published, for comparisons of one run on each side."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class SeedVariance:
    """How much the score of one checkpoint and recipe varies from seed to seed on one split."""

    standard_deviation: float
    """Of a single run's score, as a fraction."""
    degrees_of_freedom: float
    """Of the estimate: the number of runs it was measured on, less 1."""
    source: str
    """Where it was measured, for reports."""

    def __post_init__(self) -> None:
        if not 0 <= self.standard_deviation < float("inf"):
            raise ValueError(f"standard deviation {self.standard_deviation!r}; accepted: a finite number from 0 up")
        if not self.degrees_of_freedom >= 1:
            raise ValueError(f"degrees of freedom {self.degrees_of_freedom!r}; accepted: 1 or more")


PUBLISHED: Mapping[tuple[str, str], tuple[float, str]] = MappingProxyType(
    {
        ("mnli", "accuracy"): (0.0026, "roberta-base"),
        ("mrpc", "accuracy"): (0.0232, "bert-base-cased"),
        ("qnli", "accuracy"): (0.0075, "bert-base-uncased"),
        ("qqp", "accuracy"): (0.0054, "bert-base-uncased"),
        ("rte", "accuracy"): (0.0217, "bert-base-cased"),
        ("stsb", "spearmanr"): (0.0061, "bert-base-cased"),
        ("sst2", "accuracy"): (0.0042, "bert-base-uncased and bert-base-cased"),
        ("wnli", "accuracy"): (0.0641, "bert-base-uncased"),
        ("cola", "accuracy"): (0.0081, "bert-base-cased"),
        ("mnli-mm", "accuracy"): (0.0026, "roberta-base on mnli"),
    }
)
"""By task and metric: the largest standard deviation published for three of the source's six checkpoints
(bert-base-uncased, bert-base-cased and roberta-base), and its checkpoint.

Source: IBM/model-recycling@0dfeb00, `*_pretrain_scores_table.md`, 20 seeds each; the metrics are named in its
`results/models_results_*_pretrain.csv`. It has CoLA in accuracy but not in Matthews, and STS-B in Spearman's
correlation but not in Pearson's.
"""


def published_seed_variance(task: str, metric: str) -> SeedVariance | None:
    """Return the published variance of a task's metric; None if there is none.

    Use it only if no own runs tell the variance between seeds: an unstable recipe can vary several times as much.
    """
    if (task, metric) not in PUBLISHED:
        return None
    standard_deviation, checkpoint = PUBLISHED[task, metric]
    return SeedVariance(standard_deviation, 19, f"published: {checkpoint}, 20 seeds, IBM/model-recycling@0dfeb00")
