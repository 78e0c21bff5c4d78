"""Types of the JSON report: what is written under which name; `schema.json` is generated from them."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import (
    Batching,
    CachePolicy,
    ExecutorKind,
    HeadPolicy,
    InconclusivePolicy,
    MissingBaselinePolicy,
    UncheckedPolicy,
)
from pytest_glue.core.evaluation import Outcome
from pytest_glue.core.family import Family
from pytest_glue.core.runs import Epoch
from pytest_glue.core.study import SearchConfig, Trial
from pytest_glue.core.verdict import FailedRun, Verdict


def _constraint(**keywords: Any) -> Meta:
    """Return a constraint of the schema; writing a report does not check it, since an odd score is worth reporting."""
    return Meta(extra_json_schema=keywords)


Count = Annotated[int, _constraint(minimum=0)]
PositiveCount = Annotated[int, _constraint(minimum=1)]
Seconds = Annotated[float, _constraint(minimum=0)]
Score = Annotated[float, _constraint(minimum=-1, maximum=1)]
Scores = dict[str, float | None]
Seeds = Annotated[list[Count], _constraint(minItems=1, uniqueItems=True)]
Digest = Annotated[str, _constraint(pattern="^sha256:[0-9a-f]{64}$")]
Interval = tuple[float, float]


class ReportedRun(Struct):
    """One run, without its predictions."""

    seed: Count
    metrics: Scores
    """Of the best epoch."""
    history: list[Epoch]
    duration_s: Seconds
    cached: bool
    """Whether the run was read from the cache; its duration is then that of the fine-tuning."""
    stopped: bool
    """Whether the run ended early, once the verdict was sure; the headline metric is then a lower bound."""
    retries: Count
    """How often the run was started again because its process or machine was lost."""


class StateCounts(Struct):
    """The number of trials by state."""

    complete: Count
    pruned: Count
    failed: Count


class ReportedStudy(Struct):
    """A finished hyperparameter search."""

    terms: SearchConfig
    name: str
    storage: str
    objective: str
    """The metric that was maximised."""
    n_train: PositiveCount
    """Examples that each trial was trained on."""
    n_eval: PositiveCount
    """Examples that each trial was scored on."""
    seed: int
    trials: list[Trial]
    importance: dict[str, float]
    """Share of each hyperparameter in the differences between trials; empty if unknown."""
    duration_s: Seconds
    best: Trial
    counts: StateCounts


class NegativeFlips(Struct):
    """Examples that the baseline gets right and the candidate gets wrong. Rates are shares of all examples."""

    count: Count
    """Examples that most runs of the baseline get right and most runs of the candidate get wrong."""
    examples: list[Count]
    """Their indices in the evaluation split, from 0, those on which most runs agree first; at most 100."""
    rate: Score
    """The share that a run of the baseline gets right and a run of the candidate gets wrong: the mean over pairs."""
    churn: Score | None
    """The same share for two runs of one checkpoint with different seeds; null if both sides have one run."""
    excess: Score | None
    """Rate minus churn: 0 on average for an unchanged checkpoint."""
    confidence_interval: Interval | None
    """Of the excess, at 95 %."""


class Certificate(Struct):
    """A bound of the drop in accuracy, by the predictions of unlabelled texts that changed."""

    seeds: Seeds
    """Of the runs that were compared, each with the baseline's run of the same seed."""
    changed: Annotated[float, _constraint(minimum=0)]
    """The number of texts whose prediction changed, on average over the seeds."""
    n_texts: PositiveCount
    bound: Score
    """The upper limit of the drop."""
    confidence_level: float
    certified: bool
    """Whether the bound is at most the allowed drop."""


class Comparison(Struct):
    """The comparison with a baseline."""

    name: str
    file: str
    checkpoint: dict[str, Any]
    seeds: Seeds
    candidate_score: Score
    baseline_score: Score
    max_drop: Annotated[float, _constraint(minimum=0)]
    verdict: Literal["pass", "fail", "inconclusive"]
    standard_error_seeds: float | None
    standard_error_examples: float
    degrees_of_freedom: float | None
    confidence_interval: Interval | None
    """Of the difference."""
    confidence_level: float
    p_fail: float | None
    p_pass: float | None
    smallest_visible_drop: float | None
    """The minimum detectable drop: the drop that this item would show with a power of 0.8, at its share of alpha; null
    if no drop that the score leaves is detectable, or the variance between seeds is unknown."""
    seeds_needed: int | None
    """Seeds on each side, with the baseline recorded anew, with which `max_drop` can be detected."""
    spread_source: str | None
    """The source of the variance between seeds."""
    difference: float
    """Candidate minus baseline."""
    alpha: float
    """One-sided error rate: of the whole test run for `fail`, of the item for `pass`."""
    family_size: PositiveCount
    """Number of items that are judged together."""
    looks: list[int]
    """The numbers of seeds at which interim analyses are made; empty if there is one analysis."""
    negative_flips: NegativeFlips | None = None
    """Null for a regression."""
    failed_runs: list[FailedRun] = []
    """Runs of the baseline that failed to train; the scores are those of the runs that trained."""
    p_failed_runs: float | None = None
    """One-sided p value of the null hypothesis that the candidate's runs fail to train no more often than the
    baseline's; null if no run failed."""
    alpha_failed_runs: float | None = None
    """Error rate of that test; null if it could not reject, so that the scores have the whole error rate."""
    certificate: Certificate | None = None
    """Null without `--glue-certify`, and if the headline metric is not accuracy."""
    conditional_power: float | None = None
    """The probability that a later interim analysis is conclusive, if the difference stays as it is; null if this
    comparison is conclusive, or if no analysis comes later."""


class Result(Struct):
    """The evaluation of one item."""

    nodeid: str
    task: str
    checkpoint: Checkpoint
    headline_metric: str
    score: Score | None
    """Mean of the headline metric over the runs; a lower bound if a run was stopped. An undefined score of a run that
    failed to train counts as the chance level, unless every run failed."""
    metrics: Scores
    """Mean of each metric over the runs."""
    confidence_interval: Interval | None
    """Of the score, at 95 %; null if none is computed."""
    seeds: Seeds
    runs: Annotated[list[ReportedRun], _constraint(minItems=1)]
    failed_runs: list[FailedRun]
    """Runs that failed to train, each with the reason."""
    threshold: Score | None
    """The headline metric's threshold; null if none was given."""
    chance: Score
    """The chance level: the score of the best constant prediction on this split."""
    baseline: Comparison | None
    """The comparison with a baseline; null if there was none."""
    verdict: Verdict
    failed: bool
    """Whether the verdict fails the test."""
    reason: str
    """The verdict as a sentence."""
    outcome: Outcome | None
    """Of the item's test in pytest, which can fail for another reason than the verdict; null while it runs."""
    n_train: PositiveCount
    n_eval: PositiveCount
    duration_s: Seconds
    data: str
    """The source of the examples."""
    data_digest: Digest
    """Of the training and evaluation splits as they were used."""
    recipe: dict[str, Any]
    """Training arguments that differ from the defaults of transformers."""
    device: str
    search: ReportedStudy | None
    """The hyperparameter search; null if there was none."""
    notes: list[str]
    n_groups: PositiveCount | None = None
    """The number of groups of evaluation examples that depend on each other, such as those about one sentence; null if
    the task has none. With two or more, standard errors count groups."""


class Environment(Struct):
    """Versions and machine."""

    libraries: dict[str, str]
    python: str
    platform: str
    device: str | None
    """The devices that runs used; null if there were none."""
    commit: str | None
    """Of the repository that was tested; null outside of one."""


class ReportedOptions(Struct):
    """The options of command line, ini file and table; a test's marker may have changed them for its items."""

    tasks: list[str]
    checkpoints: list[str]
    data: str
    seeds: Seeds
    recipe: dict[str, Any]
    """What differs from the default recipe."""
    max_train_samples: PositiveCount | None
    max_eval_samples: PositiveCount | None
    max_length: PositiveCount | None
    head: HeadPolicy
    batching: Batching
    save: str | None
    compare: str | None
    on_missing_baseline: MissingBaselinePolicy
    storage: str
    max_drop: dict[str, float]
    """By task; the empty name stands for every other task."""
    alpha: Annotated[float, _constraint(exclusiveMinimum=0, exclusiveMaximum=0.5)]
    certify: bool
    """Whether predictions of unlabelled texts are compared with the baseline's."""
    max_seeds: Annotated[int, _constraint(minimum=2)] | None
    inconclusive: InconclusivePolicy
    unchecked: UncheckedPolicy
    """Whether a test that passes without asking for its red verdict is an error."""
    stop_when_decided: bool
    """Whether a fine-tuning ends as soon as its item is sure to pass."""
    search: str | None
    """The search backend; null if nothing is searched."""
    trials: PositiveCount
    search_fraction: Annotated[float, _constraint(exclusiveMinimum=0, maximum=1)]
    search_split: Literal["held-out", "evaluation"]
    search_storage: str
    space: dict[str, Any]
    """The search space of the table; empty for the default one."""
    ray: dict[str, Any]
    """The table of that name."""
    cache: CachePolicy
    cache_dir: str | None
    """Null for the default folder of environment and platform."""
    resume: bool
    """Whether a killed fine-tuning is resumed."""
    timeout: Annotated[float, _constraint(exclusiveMinimum=0)] | None
    """Seconds that a fine-tuning may take; null for no limit."""
    executor: ExecutorKind
    """Where fine-tunings run."""
    shard: Annotated[str, _constraint(pattern="^[1-9][0-9]*/[1-9][0-9]*$")] | None
    """The part of the items that was run; null for all of them."""
    threshold: dict[str, Score]
    """By TASK:METRIC."""


class Estimate(Struct):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float
    covers: Literal["examples and seeds", "examples"]


class RankedCheckpoint(Estimate):
    """The score of a checkpoint on a task."""

    checkpoint: str
    seeds: PositiveCount


class RankedPair(Estimate):
    """The difference of two checkpoints: the first minus the second."""

    first: str
    second: str
    p_value: float | None
    """Two-sided, with Holm's correction; null if the variance between seeds is unknown."""


class RankedAverage(Estimate):
    """The average of a checkpoint over the ranked tasks."""

    checkpoint: str
    tasks: PositiveCount


class RankedTask(Struct):
    """The checkpoints on one task."""

    task: str
    metric: str
    n_eval: PositiveCount
    scores: list[RankedCheckpoint]
    """Best first."""
    pairs: list[RankedPair]
    best: list[str]
    """The best checkpoint and those tied with it."""


class Ranks(Struct):
    """Checkpoints compared with each other."""

    alpha: float
    tasks: list[RankedTask]
    average: list[RankedAverage]
    """Best first."""


class ItemError(Struct):
    """An item that ended without a verdict, or a file that could not be collected."""

    nodeid: str
    """Empty if the test run ended before all items were collected."""
    message: str


class Report(Struct):
    """Scores are fractions; null if a metric is undefined. Durations are in seconds."""

    schema_version: Literal[1]
    environment: Environment
    options: ReportedOptions
    family: Family | None
    """The items that are judged together, in all shards; null if an item of this shard has not ended."""
    results: list[Result]
    """Sorted by node id."""
    ranks: Ranks | None
    """Null if no task has two checkpoints."""
    errors: list[ItemError]
    """Sorted by node id."""
