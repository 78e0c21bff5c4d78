"""The outlook: what a comparison will be able to show, said before anything is trained."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.baseline import Baseline, encode_baseline
from pytest_glue.reports.header import power_warnings


@pytest.fixture
def recorded(tmp_path: Path, evaluation: Evaluation) -> Callable[..., Path]:
    """Record a baseline `main` of RTE at accuracy 0.614, with these visible drops."""

    def record(visible_drops: Mapping[int, float]) -> Path:
        file = tmp_path / "records" / "main" / "rte" / "sample.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        of_it = encode_baseline(Baseline.of(evaluation, GLUE["rte"], {}, visible_drops))
        file.write_text(json.dumps(of_it))
        return file

    return record


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., Options]:
    """Make options that compare with `main`."""

    def make(**values: Any) -> Options:
        asked = {"storage": "records", "tasks": "rte", "checkpoints": "sample", "compare": "main", "seeds": 3}
        return combine([OptionSource("{name}", asked | values, tmp_path)])

    return make


def test_an_allowed_drop_that_is_too_small(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """A drop smaller than what these seeds show is named with both figures."""
    recorded({1: 0.09, 3: 0.041, 5: 0.03})
    (line,) = power_warnings(options(max_drop="0.02"))
    assert line == (
        "rte: the allowed drop of 0.02 is less than the 0.041 that 3 seeds against the baseline's 1 show: "
        "expect inconclusive verdicts"
    )


@pytest.mark.parametrize("drop", ["0.041", "0.1", "0"])
def test_a_drop_that_can_be_shown(recorded: Callable[..., Path], options: Callable[..., Options], drop: str) -> None:
    """Nothing is said of a drop that these seeds show, or where none is allowed."""
    recorded({3: 0.041})
    assert [] == power_warnings(options(max_drop=drop))


@pytest.mark.parametrize(
    ("seeds", "shown"),
    [({"seeds": 4}, "0.041 that 4 seeds"), ({"seeds": 3, "max_seeds": 7}, "0.030 that 7 seeds")],
)
def test_seeds_between_those_that_are_known(
    recorded: Callable[..., Path], options: Callable[..., Options], seeds: dict[str, Any], shown: str
) -> None:
    """Of a number of seeds that the baseline does not know the next smaller one holds; added seeds count."""
    recorded({3: 0.041, 5: 0.03})
    (line,) = power_warnings(options(max_drop="0.02", **seeds))
    assert shown in line


def test_a_baseline_that_shows_nothing(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """A baseline of one seed shows no drop of any size, and the remedy is named."""
    recorded({})
    (line,) = power_warnings(options())
    assert line == (
        "rte: 3 seeds against the baseline's 1 show no drop of any size: "
        "record the baseline with --glue-seeds=3 or more"
    )


def test_a_threshold_close_to_the_baseline(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """A threshold margin that is smaller than what can be shown is named; a wide one is not."""
    recorded({3: 0.041})
    (line,) = power_warnings(options(threshold="rte=0.6"))
    assert line == (
        "rte: the threshold 0.6 is 0.014 from the baseline's 0.614, and 3 seeds against the baseline's 1 show 0.041: "
        "expect it to be missed by chance"
    )
    assert [] == power_warnings(options(threshold="rte=0.5"))


def test_what_cannot_be_read_is_left_to_the_collection(
    recorded: Callable[..., Path], options: Callable[..., Options]
) -> None:
    """A missing or damaged baseline has no outlook, and neither has a run that compares nothing."""
    assert [] == power_warnings(options())
    recorded({3: 0.041}).write_text("{")
    assert [] == power_warnings(options())
    assert [] == power_warnings(Options())
