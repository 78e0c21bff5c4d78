"""What can go wrong: each error says what happened, with which value, what is accepted and what to do next."""

from collections.abc import Iterable


class GlueError(Exception):
    """An error of the user's world (an option, a file, a network), shown as its message and without a traceback."""


class OptionError(GlueError):
    """An option, an ini key, a table or a marker has a value that is not accepted."""


class DataError(GlueError):
    """A task's data is missing, incomplete or not in the form of the task."""


class CheckpointError(GlueError):
    """A checkpoint is missing, incomplete or does not fit the task."""


class HubError(GlueError):
    """The hub could not be reached, or does not hold what was asked for."""


class MissingPackageError(GlueError):
    """A package that a feature needs is not installed."""


class FineTuningError(GlueError):
    """A fine-tuning ended without a result."""


class SearchError(GlueError):
    """A hyperparameter search cannot be done, or found nothing."""


class ExecutorError(GlueError):
    """A fine-tuning cannot be done where it was asked for, or failed there."""


class BaselineError(GlueError):
    """A baseline is missing, damaged, or of something else than what is compared with it."""


class CacheError(GlueError):
    """A run may only come from the store, and cannot."""


class ReportError(GlueError):
    """A report cannot be written, read or merged."""


class VerdictError(AssertionError):
    """A checkpoint was judged and did not pass: a verdict, not a fault of the test."""


def closest(name: str, accepted: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the closest accepted names, or all of them."""
    from difflib import get_close_matches

    names = sorted(accepted)
    matches = get_close_matches(name, names, n=3, cutoff=0.6)
    if matches:
        return f"did you mean {' or '.join(matches)}?"
    return f"accepted: {', '.join(names)}"
