"""Enumerations of the values of options."""

from enum import StrEnum


class Batching(StrEnum):
    """How the examples of a batch are laid out. Each update sees the same examples with every layout."""

    AUTO = "auto"
    """The first of packed and micro that is shown to be equivalent to plain."""
    PACKED = "packed"
    """Sequences are concatenated; no padding is computed."""
    MICRO = "micro"
    """Examples of similar length form micro-batches, whose gradients are accumulated."""
    PLAIN = "plain"
    """The layout of `Trainer`: padded to the longest example of the batch."""


class HeadPolicy(StrEnum):
    """What becomes of a checkpoint's own classification head."""

    KEEP = "keep"
    """It is used if its labels are the task's."""
    NEW = "new"
    """It is dropped, and each run starts with a new one."""


class CachePolicy(StrEnum):
    """How the cache of finished runs is used."""

    USE = "use"
    """Read cached runs; train and cache the others."""
    REFRESH = "refresh"
    """Train every run, and replace its cache entry."""
    ONLY = "only"
    """Never train: a run that is not cached is an error."""
    OFF = "off"
    """Neither read nor write the cache."""


class InconclusivePolicy(StrEnum):
    """What an inconclusive verdict does to its item."""

    PASS = "pass"  # noqa: S105 - not a password
    """The item passes: it fails only if it is shown that the checkpoint got worse."""
    FAIL = "fail"
    """The item fails: it passes only if the checkpoint is shown to be good enough."""


class MissingBaselinePolicy(StrEnum):
    """What happens to an item without a baseline to compare with."""

    FAIL = "fail"
    """The item ends in an error."""
    SAVE = "save"
    """The item is judged without a baseline, and recorded as one if it passes."""
    SKIP = "skip"
    """Pytest skips the item."""


class UncheckedPolicy(StrEnum):
    """What happens to a test that passes without asking for its red verdict."""

    ERROR = "error"
    """An error, since the test most likely forgets `glue_evaluation.check()`."""
    PASS = "pass"  # noqa: S105 - not a password
    """The test passes; the end of the test run names it."""


class ReportText(StrEnum):
    """Which texts of examples a report may show: data can be confidential."""

    FLIPPED = "flipped"
    """The page shows examples that the baseline gets right and the candidate gets wrong, or whose error grew most, and
    golden examples that are predicted wrong; the terminal shows the latter. No other report has any."""
    NONE = "none"


class Tracker(StrEnum):
    """An experiment tracker that runs are reported to."""

    TENSORBOARD = "tensorboard"
    MLFLOW = "mlflow"
    WANDB = "wandb"
    """Weights & Biases."""
    TRACKIO = "trackio"


class ExecutorKind(StrEnum):
    """Where runs execute."""

    LOCAL = "local"
    """In the process that needs them."""
    RAY = "ray"
    """In Ray workers, as many at once as Ray has resources for."""
