"""The time limit: a fine-tuning that hangs is an error of its item, and other items run."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

HANGS_ON_COLA = """
import time
import pytest

@pytest.fixture
def glue_compute_metrics(glue_task, glue_compute_metrics):
    if glue_task.name == "cola":
        return lambda output: time.sleep(600)
    return glue_compute_metrics
"""


def test_an_item_that_hangs_is_an_error_and_others_go_on(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """User code that hangs is ended at the limit with an error. The next item has its own limit."""
    pytester.makeconftest(HANGS_ON_COLA)

    result = tiny(
        *("--glue-tasks=cola,sst2", "--glue-timeout=10", "--glue-threshold=sst2=0", "--glue-json=out.json"),
        "--glue-recipe=dataloader_num_workers=2",
    )

    result.assert_outcomes(passed=1, errors=1)
    document = report()
    assert 10.0 == document["options"]["timeout"]
    assert ["sst2"] == [each["task"] for each in document["results"]]
    (error,) = document["errors"]
    assert error["message"].startswith(
        "cola-sample, seed 42: the fine-tuning took longer than --glue-timeout=10 and was ended at epoch 1.0 of 1, "
    )
    assert any(error["message"] in line for line in result.outlines)


def test_a_limit_that_is_none_is_refused(tiny: Run) -> None:
    """An invalid limit is rejected before collection."""
    result = tiny("--glue-timeout=0")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*--glue-timeout: '0': expected a number of seconds above 0, or off"])
