"""Errors. A message says what happened, with which value, what is accepted and what to do next."""

from collections.abc import Iterable

from pytest_glue.core.formatting import printable_message
from pytest_glue.core.secrets import mask


class GlueError(Exception):
    """An error that the user can fix (an option, a file, the network): shown as its message, without a traceback.

    The message shows no secret that an option holds, and no control character of a name.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable_message(mask(message)))


class OptionError(GlueError):
    """An option, an ini key, a table or a marker has a value that is not accepted."""


class DataError(GlueError):
    """The data of a task is missing, incomplete or in another form than the task needs."""


class CheckpointError(GlueError):
    """A checkpoint is missing, incomplete or does not fit the task."""


class HubError(GlueError):
    """The hub cannot be reached, or has no such repository, revision or file."""


class MissingPackageError(GlueError):
    """A package that a feature needs is not installed."""


class FineTuningError(GlueError):
    """A run ended without a result, or took too long."""


class PredictionError(GlueError):
    """A checkpoint that is evaluated as it is gave no predictions."""


class MetricError(GlueError):
    """A user's own metric raised, or returned no score."""


class SearchError(GlueError):
    """A hyperparameter search cannot start, or no trial completed."""


class ExecutorError(GlueError):
    """An executor cannot start, or failed."""


class BaselineError(GlueError):
    """A baseline is missing, damaged, or not comparable with the evaluation."""


class MissingBaselineError(BaselineError):
    """An item has no baseline to be compared with."""


class CacheError(GlueError):
    """A run is not cached, and must not be trained."""


class ReportError(GlueError):
    """A report cannot be written, read or merged."""


class HistoryError(GlueError):
    """A history cannot be written or read."""


class HookError(GlueError):
    """A hook of a `conftest.py` or a plugin returned something that is not accepted."""


class UncheckedVerdictError(GlueError):
    """A test passed without asking for its red verdict."""


class VerdictError(AssertionError):
    """An item did not pass: a verdict, not a defect of the test.

    The message shows no control character of a label or of a hook's reason, and no line of it is a command of a CI log.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable_message(message))


def ends_process(error: BaseException) -> bool:
    """Return whether Ray raised an exception to end this process, after SIGTERM; user code raises `SystemExit` too."""
    return isinstance(error, SystemExit) and hasattr(error, "ray_terminate_msg")


_MANY = 60
"""A message lists no more names than this."""


def suggestion(name: object, accepted: Iterable[str]) -> str:
    """Return a hint for a name that is close to accepted names; empty if none is close."""
    found = closest(name, accepted)
    return found if found.startswith("did you mean") else ""


def closest(name: object, accepted: Iterable[str]) -> str:
    """Return a hint for an unknown name: the closest accepted names, or all of them. Case does not matter."""
    from difflib import get_close_matches

    names = {each.lower(): each for each in sorted(accepted)}
    matches = get_close_matches(str(name).lower(), names, n=3, cutoff=0.6)
    if matches:
        return f"did you mean {' or '.join(names[match] for match in matches)}?"
    if len(names) > _MANY:
        return f"none of the {len(names)} accepted names is similar"
    return f"accepted: {', '.join(names.values())}"
