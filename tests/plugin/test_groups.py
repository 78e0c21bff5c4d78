"""Standard errors by group: from the data to the report, and from the cache."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]


def test_examples_about_one_sentence(pytester: pytest.Pytester, tiny: Run, report: Callable[[], Any]) -> None:
    """QNLI's standard errors count sentences, also if the runs are read from the cache."""
    from pytest_glue.sample.examples import sample_dataset

    data = sample_dataset("qnli")
    data["validation"] = data["validation"].map(
        lambda example, index: {**example, "sentence": f"the sentence {index % 8} ."}, with_indices=True
    )
    data.save_to_disk(str(pytester.path / "data" / "qnli"))
    asked = ("--glue-data=data", "--glue-tasks=qnli", "--glue-threshold=qnli=0", "--glue-json=out.json", "-v")

    first = tiny(*asked)
    (trained,) = report()["results"]
    second = tiny(*asked)
    (cached,) = report()["results"]

    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(["*qnli: standard errors by group: sentence, 8 groups"])
    second.stdout.fnmatch_lines(["*qnli: standard errors by group: sentence, 8 groups"])
    assert (False, True) == (trained["runs"][0]["cached"], cached["runs"][0]["cached"])
    assert (8, 8) == (trained["n_groups"], cached["n_groups"])
    assert trained["confidence_interval"] == cached["confidence_interval"]
