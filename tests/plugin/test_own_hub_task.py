"""An own task whose data is on the hub: downloaded once, then read and cached without a request."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.own_data import TEAMS, write_tickets
from tests.plugin.conftest import Run
from tests.unit.hub_server import HubServer

TABLE = """
[tool.pytest_glue]
checkpoints = ["sample"]
recipe = {{ learning_rate = 1e-3, num_train_epochs = 2 }}
threshold = {{ tickets = 0.3 }}

[tool.pytest_glue.task.tickets]
data = {{ hub = "team/tickets", configuration = "en", revision = "{revision}" }}
text = "message"
label = "team"
"""


def test_a_dataset_on_the_hub(
    pytester: pytest.Pytester,
    in_new_interpreter: Run,
    report: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """With a full commit, the second test run works although the hub is down."""
    write_tickets(tmp_path, {"train": 120, "validation": 50})
    hub = HubServer()
    files = {f"en/{path.name}": path.read_bytes() for path in tmp_path.glob("*.csv")}
    commit = hub.publish("datasets", "team/tickets", files)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    pytester.makepyprojecttoml(TABLE.format(revision=commit))
    first = in_new_interpreter("--glue-json=out.json")
    (trained,) = report()["results"]
    hub.go_down()
    second = in_new_interpreter("--glue-json=out.json", "--glue-cache=only")
    (cached,) = report()["results"]

    first.assert_outcomes(passed=1)
    second.assert_outcomes(passed=1)
    assert (list(TEAMS), f"team/tickets@{commit[:7]} (en)") == (trained["labels"], trained["data"])
    assert trained["metrics"] == cached["metrics"]
    header = f"glue: task tickets: data team/tickets@{commit[:7]} (en); classification"
    first.stdout.fnmatch_lines([header])
