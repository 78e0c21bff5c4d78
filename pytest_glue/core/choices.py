"""Batching: how the examples of a batch are laid out for the model, a question of speed alone."""

from enum import StrEnum


class Batching(StrEnum):
    """What `--glue-batching` accepts; the examples of each update are the same in all of them."""

    AUTO = "auto"
    """The first of packed and micro that is shown to compute the same as plain."""
    PACKED = "packed"
    """Sequences are laid end to end: no padding is computed."""
    MICRO = "micro"
    """Examples are grouped by length, in as many groups as pay off, whose gradients add up to the batch's."""
    PLAIN = "plain"
    """As `Trainer` does it: padded to the longest example of the batch."""


class CachePolicy(StrEnum):
    """Whether runs are read from the store, and whether they are trained and kept."""

    USE = "use"
    """A run that is there is read; one that is not is trained and kept."""
    REFRESH = "refresh"
    """Every run is trained, and kept in place of what was there."""
    ONLY = "only"
    """Nothing is trained: a run that is not there is an error."""
    OFF = "off"
    """The store is neither read nor written."""


class InconclusivePolicy(StrEnum):
    """What an inconclusive verdict does to its item."""

    PASS = "pass"  # noqa: S105 - no password
    """Green: a gate is red only where a checkpoint truly got worse."""
    FAIL = "fail"
    """Red: what is not shown to be good enough is not let through."""


class ExecutorKind(StrEnum):
    """Where fine-tunings run."""

    LOCAL = "local"
    """In the process that asks for them."""
    RAY = "ray"
    """In workers of Ray, as many at a time as it has resources for."""
