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
