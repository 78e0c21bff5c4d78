"""Which trackers can be used, and where they write."""

from importlib.util import find_spec

import pytest

from pytest_glue.core.choices import Tracker
from pytest_glue.core.errors import MissingPackageError, OptionError
from pytest_glue.integrations import trackers as module
from pytest_glue.integrations.trackers import require


@pytest.mark.parametrize("tracker", Tracker)
def test_a_tracker_that_is_not_installed(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(MissingPackageError, match=f"--glue-report-to={tracker} needs .* pip install {tracker}"):
        require([tracker])


def test_tensorboard_without_its_own_package() -> None:
    """Either package writes its files."""
    assert find_spec("tensorboardX")
    require([Tracker.TENSORBOARD])


def test_files_on_the_machines_of_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would be lost, unless a variable names a place that all share; a server is such a place."""
    monkeypatch.setattr(module, "find_spec", lambda name: name)
    for tracker, variable in (("tensorboard", "TENSORBOARD_LOGGING_DIR"), ("mlflow", "MLFLOW_TRACKING_URI")):
        monkeypatch.delenv(variable, raising=False)
        with pytest.raises(OptionError, match=f"the cluster at ray://host:1 would keep its files; set {variable}"):
            require([Tracker(tracker)], "ray://host:1")
        monkeypatch.setenv(variable, "/shared")
        require([Tracker(tracker)], "ray://host:1")
    require([Tracker.WANDB], "ray://host:1")
