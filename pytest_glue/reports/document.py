"""Types of the JSON report: what is written under which name; `schema.json` is generated from them."""

from typing import Annotated, Any, Literal

from msgspec import Struct

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import (
    Batching,
    CachePolicy,
    ExecutorKind,
    HeadPolicy,
    InconclusivePolicy,
    MissingBaselinePolicy,
    ReportText,
    UncheckedPolicy,
)
from pytest_glue.core.error_analysis import CalibrationBin, ConfusionMatrix, LabelScores, ResidualBin
from pytest_glue.core.evaluation import Outcome
from pytest_glue.core.family import Family
from pytest_glue.core.runs import Epoch
from pytest_glue.core.study import Direction, SearchConfig, Trial
from pytest_glue.core.tasks import Kind
from pytest_glue.core.verdict import FailedRun, SliceResult, Verdict
from pytest_glue.reports.fields import Count, Digest, Interval, PositiveCount, Scores, Seconds, Seeds, constraint
from pytest_glue.reports.reported_comparison import Comparison
from pytest_glue.reports.reported_ranks import Ranks


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
    """Whether the run ended early, once the verdict was sure; the headline metric is then a lower bound, or an upper
    one where lower is better."""
    retries: Count
    """How often the run was started again because its process or machine was lost."""


class PredictedRun(Struct):
    """The predictions of a run, as lines of text like those of a baseline's file."""

    seed: Count
    predictions: list[str]
    """Empty if one is not finite."""
    logits: list[str] | None = None
    """float32, little-endian, in base64; null if no metric needs them."""


class Predictions(Struct):
    """What `pytest-glue compare` needs beside the scores."""

    kind: Kind
    evaluation_split: str
    references: list[str]
    """Gold labels, in lines as those of predictions."""
    groups: list[str]
    """The number of each example's group; empty if the task has none."""
    slices: dict[str, list[str]]
    """For each slice, which examples it has: 1 for those, 0 for others."""
    runs: list[PredictedRun]


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
    """The metric that was maximised, or minimised if lower is better."""
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
    direction: Direction = Direction.MAXIMIZE
    """Whether the objective was maximised or minimised."""


class ReportedMiss(Struct):
    """A golden example that runs predict wrong in the same way, without its text."""

    example: Count
    """Its index in the file, from 0."""
    place: str
    """File and line, as in `golden.csv:3`."""
    expected: str
    predicted: str
    seeds: Seeds
    """Of the runs that predict this."""


class ReportedGolden(Struct):
    """What the runs of an item that trained predict for the golden examples."""

    file: str
    digest: Digest
    """Of the texts in the file."""
    n_examples: PositiveCount
    min_share: float
    """The share that every run has to predict right."""
    share: float
    """The share that the run with the most misses predicts right."""
    n_missed: Count
    """The number of examples that a run predicts wrong."""
    misses: list[ReportedMiss]
    """In the order of the file; at most 100."""


class Result(Struct):
    """The evaluation of one item."""

    nodeid: str
    task: str
    checkpoint: Checkpoint
    headline_metric: str
    score: float | None
    """Mean of the headline metric over the runs; the worst that it can be if a run was stopped. An undefined score of a
    run that failed to train counts as the chance level, unless every run failed."""
    metrics: Scores
    """Mean of each metric over the runs."""
    confidence_interval: Interval | None
    """Of the score, at 95 %; null if none is computed."""
    seeds: Seeds
    runs: Annotated[list[ReportedRun], constraint(minItems=1)]
    failed_runs: list[FailedRun]
    """Runs that failed to train, each with the reason."""
    threshold: float | None
    """The headline metric's threshold; null if none was given."""
    chance: float | None
    """The chance level: the score of the best constant prediction on this split; null if the metric has none."""
    baseline: Comparison | None
    """The comparison with a baseline; null if there was none."""
    verdict: Verdict
    failed: bool
    """Whether the verdict fails the test."""
    reason: str
    """The verdict as a sentence."""
    outcome: Outcome | None
    """Of the item's test in pytest, which can fail for another reason than the verdict; null while it runs."""
    n_train: Count
    """0 if the checkpoint was evaluated as it is."""
    n_eval: PositiveCount
    duration_s: Seconds
    data: str
    """The source of the examples."""
    data_digest: Digest
    """Of the training and evaluation splits as they were used; of the latter alone if nothing was trained."""
    recipe: dict[str, Any]
    """Training arguments that differ from the defaults of transformers."""
    device: str
    search: ReportedStudy | None
    """The hyperparameter search; null if there was none."""
    notes: list[str]
    n_groups: PositiveCount | None = None
    """The number of groups of evaluation examples that depend on each other, such as those about one sentence; null if
    the task has none. With two or more, standard errors count groups."""
    slices: list[SliceResult] = []
    """The scores of parts of the evaluation examples; empty if the task has no slices, or no run trained."""
    golden: ReportedGolden | None = None
    """What the runs predict for the golden examples; null if the task has none, or no run trained."""
    labels: list[str] = []
    """Of the task, in the order of their ids; empty for a regression."""
    confusion_matrix: ConfusionMatrix | None = None
    """Of a classification; null for other tasks, and for more than 50 labels."""
    label_scores: list[LabelScores] = []
    """Of a multi-label task, and of a classification with more than 50 labels; empty for other tasks."""
    residuals: list[ResidualBin] = []
    """Of a regression, in at most ten ranges of gold values; empty for other tasks."""
    calibration: list[CalibrationBin] = []
    """Of predictions by their probability; empty if the runs keep no logits, as only metrics of probabilities need."""
    decided_by_hook: bool = False
    """Whether the hook `pytest_glue_verdict` decided, and not the bounds; a note has the verdict without it."""
    greater_is_better: bool = True
    """Whether a higher score is better. If not, a drop is a rise, and a threshold is the highest score that passes."""
    evaluate_only: bool = False
    """Whether the checkpoint was evaluated as it is: nothing was trained, and there is no variance between seeds."""
    predictions: Predictions | None = None
    """Null without `--glue-json-predictions`."""


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
    evaluate_only: bool
    """Whether checkpoints are scored as they are, without fine-tuning."""
    batching: Batching
    save: str | None
    compare: str | None
    on_missing_baseline: MissingBaselinePolicy
    storage: str
    max_drop: dict[str, float]
    """By task; the empty name stands for every other task."""
    alpha: Annotated[float, constraint(exclusiveMinimum=0, exclusiveMaximum=0.5)]
    family_size: PositiveCount | None
    """The number of items that share alpha, if it was given."""
    certify: bool
    """Whether predictions of unlabelled texts are compared with the baseline's."""
    max_seeds: Annotated[int, constraint(minimum=2)] | None
    inconclusive: InconclusivePolicy
    unchecked: UncheckedPolicy
    """Whether a test that passes without asking for its red verdict is an error."""
    stop_when_decided: bool
    """Whether a fine-tuning ends as soon as its item is sure to pass."""
    search: str | None
    """The search backend; null if nothing is searched."""
    trials: PositiveCount
    search_fraction: Annotated[float, constraint(exclusiveMinimum=0, maximum=1)]
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
    timeout: Annotated[float, constraint(exclusiveMinimum=0)] | None
    """Seconds that a fine-tuning may take; null for no limit."""
    executor: ExecutorKind
    """Where fine-tunings run."""
    shard: Annotated[str, constraint(pattern="^[1-9][0-9]*/[1-9][0-9]*$")] | None
    """The part of the items that was run; null for all of them."""
    threshold: dict[str, float]
    """By TASK:METRIC, or TASK[SLICE]:METRIC."""
    task: dict[str, Any] = {}
    """The project's own tasks, by name."""
    slices: dict[str, list[Any]] = {}
    """The slices of the table, by task."""
    report_text: ReportText = ReportText.FLIPPED
    """Which texts of examples the page shows; no other report has any."""
    baseline_max_age: Annotated[float, constraint(exclusiveMinimum=0)] | None = None
    """The age in days from which on a warning says that a baseline is old; null for none."""
    json_predictions: bool = False
    """Whether the results have their predictions."""


class ItemError(Struct):
    """An item that ended without a verdict, or a file that could not be collected."""

    nodeid: str
    """Empty if the test run ended before all items were collected."""
    message: str


class Report(Struct):
    """Durations are in seconds, scores fractions or, without bounds, in units of the metric; null if undefined."""

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
