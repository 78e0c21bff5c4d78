"""The header's warning of a design that cannot hold its error rate where fine-tunings fail to train."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.reports.header import failure_warnings, header


def warnings(tmp_path: Path, **values: Any) -> list[str]:
    """Return the warnings of a comparison on RTE."""
    asked = {"compare": "main", "tasks": "rte", "checkpoints": "a/b", **values}
    asked = {name: value for name, value in asked.items() if value is not None}
    return failure_warnings(combine([OptionSource("{name}", asked, tmp_path)]))


def test_one_seed_tolerates_few_failures(tmp_path: Path) -> None:
    """The warning names the design, the share of failures that it tolerates, and a number of seeds that is enough."""
    asked = {"compare": "main", "tasks": "rte", "checkpoints": "a/b", "data": "./mine"}
    (warning,) = warnings(tmp_path)
    assert warning == (
        "with 1 seed for 1 item, a test run in which nothing changed is red more often than alpha if more than 5 % of "
        "the fine-tunings fail to train; --glue-seeds=2 is enough for up to 10 %"
    )
    assert f"glue: {warning}" in header(combine([OptionSource("{name}", asked, tmp_path)]))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"seeds": 2}, None),
        ({"seeds": 3, "tasks": "all"}, None),
        ({"seeds": 2, "tasks": "all"}, "with 2 seeds for 10 items"),
        ({"alpha": 0.2}, None),
        ({"compare": None}, None),
        ({"checkpoints": None}, None),
    ],
)
def test_when_there_is_a_warning(tmp_path: Path, values: dict[str, Any], named: str | None) -> None:
    """There is one if a failure rate of 10 % makes red more likely than alpha, and something is compared."""
    found = warnings(tmp_path, **values)
    assert found == [] if named is None else found[0].startswith(named)
