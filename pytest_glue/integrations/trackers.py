"""Experiment trackers: what is installed, and where each of them writes."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from pytest_glue.core.choices import Tracker
from pytest_glue.core.errors import MissingPackageError, OptionError


@dataclass(frozen=True, slots=True)
class _Info:
    modules: tuple[str, ...]
    """One of them is needed."""
    requirement: str
    location: str | None
    """The variable that says where the tracker writes; without it, it writes files of its machine. None for a tracker
    that always writes to a server."""


_TRACKERS: Mapping[Tracker, _Info] = {
    Tracker.TENSORBOARD: _Info(("tensorboard", "tensorboardX"), "tensorboard", "TENSORBOARD_LOGGING_DIR"),
    Tracker.MLFLOW: _Info(("mlflow",), "mlflow", "MLFLOW_TRACKING_URI"),
    Tracker.WANDB: _Info(("wandb",), "wandb", None),
    Tracker.TRACKIO: _Info(("trackio",), "trackio", "TRACKIO_SPACE_ID"),
}
VARIABLES = ("MLFLOW_", "TENSORBOARD_", "TRACKIO_", "WANDB_")
"""How the names of the variables begin that trackers read."""


def require(trackers: Collection[Tracker], cluster: str | None = None) -> None:
    """Check that trackers are installed, without importing them, and that they do not write files of another machine.

    Args:
        trackers: that runs are reported to.
        cluster: the address of the Ray cluster that makes the runs; None if this machine makes them.

    Raises:
        MissingPackageError: one is not installed.
        OptionError: the files of one would stay on the machines of the cluster.
    """
    for tracker in trackers:
        info = _TRACKERS[tracker]
        if not any(map(find_spec, info.modules)):
            message = f"--glue-report-to={tracker} needs a package that is not installed: pip install"
            raise MissingPackageError(f"{message} {info.requirement}")
        if cluster is not None and info.location is not None and not os.environ.get(info.location):
            raise OptionError(
                f"--glue-report-to={tracker}: the machines of the cluster at {cluster} would keep its files; set "
                f"{info.location} to a place that they share"
            )
