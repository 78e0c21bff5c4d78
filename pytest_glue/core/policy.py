"""What a test run does with the store."""

from enum import StrEnum


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
