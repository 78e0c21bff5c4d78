"""The header of a test run, and its warnings about power."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.environment import expected_device, header_versions
from pytest_glue.core.evaluation import SYNTHETIC_DATA, Evaluation
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.baseline import Baseline, encode_baseline
from pytest_glue.reports.header import design_warnings, header, power_warnings
from pytest_glue.scheduling import size_estimates


def lines(tmp_path: Any, **values: Any) -> list[str]:
    """Return the header of these options."""
    return header(combine([OptionSource("{name}", values, tmp_path)]))


def test_a_header(tmp_path: Any) -> None:
    """The header names tasks, checkpoints, seeds, data, device and versions."""
    found = lines(tmp_path, tasks="rte,cola", checkpoints="a/b@v1,c", seeds="7,8", data="./mine")
    assert found == [
        "glue: tasks cola, rte; checkpoints a/b@v1, c; seeds 7, 8",
        f"glue: data ./mine; device {expected_device()}; {header_versions()}",
    ]


@pytest.mark.parametrize(
    ("threshold", "bound"),
    [("mnli=0.33", "0.333"), ("rte=0.5", "0.5"), ("cola=0", "0"), ("mrpc:f1=0", "0"), ("stsb:spearmanr=-0.1", "0")],
)
def test_a_threshold_that_chance_reaches(tmp_path: Any, threshold: str, bound: str) -> None:
    """The header warns of a threshold that is reached without learning anything, whatever the labels are."""
    name, _, value = threshold.partition("=")
    task, _, metric = name.partition(":")
    metric = metric or GLUE[task].headline_metric
    (warning,) = [line for line in lines(tmp_path, tasks="all", threshold=threshold) if "chance level" in line]
    assert warning == (
        f"glue: {task}: the threshold {float(value):.3g} for {metric} is not above the chance level, "
        f"which is {bound} or more"
    )


def test_a_threshold_above_chance_has_no_warning(tmp_path: Any) -> None:
    found = lines(tmp_path, tasks="rte,mnli", threshold=["rte=0.51", "mnli=0.34", "cola=0"])
    assert [] == [line for line in found if "chance level" in line]


def test_data_from_the_hub_has_its_revision(tmp_path: Any) -> None:
    """By default, data comes from the hub at a pinned commit."""
    assert lines(tmp_path)[1].startswith("glue: data nyu-mll/glue@bcdcba7; device ")


def test_a_header_without_checkpoints(tmp_path: Any) -> None:
    """If the tests bring their own checkpoints, the header says `none`."""
    assert "glue: tasks rte; checkpoints none; seeds 42" == lines(tmp_path, tasks="rte")[0]


def test_a_shard_is_named(tmp_path: Any) -> None:
    """If a test run has a part of the items, the header names it."""
    assert lines(tmp_path, tasks="rte", shard="2/5")[0].endswith("; seeds 42; shard 2/5")


@pytest.mark.parametrize(
    ("values", "is_synthetic"),
    [
        ({"data": "sample", "checkpoints": "a/b"}, True),
        ({"data": "./mine", "checkpoints": "a/b,sample"}, True),
        ({"data": "./mine", "checkpoints": "a/b"}, False),
    ],
    ids=["data", "checkpoint", "neither"],
)
def test_synthetic_data_has_a_warning(tmp_path: Any, values: dict[str, str], *, is_synthetic: bool) -> None:
    """The header says that scores of the sample are no evidence of quality."""
    assert is_synthetic is (f"glue: {SYNTHETIC_DATA}" in lines(tmp_path, **values))


def test_a_comparison_is_named(tmp_path: Any) -> None:
    """The header names the baseline, and the error rate of the whole test run."""
    found = lines(tmp_path, data="./mine", compare="main", alpha=0.01)
    assert "glue: compared with baseline main; alpha 0.01 for the whole test run" == found[2]


@pytest.mark.parametrize(
    ("workers", "device", "warning", "expected"),
    [
        (2, "cpu", "too many", ["glue: too many"]),
        (2, "cpu", None, []),
        (1, "cpu", "too many", []),
        (2, "cuda", "!", []),
    ],
    ids=["too little memory", "enough memory", "one process", "gpu"],
)
def test_a_memory_warning(
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
    device: str,
    warning: str | None,
    expected: list[str],
) -> None:
    """If several processes train on this machine's CPU, the header warns when its memory is likely too small."""
    monkeypatch.setattr(size_estimates, "warning", lambda *_: warning)
    monkeypatch.setattr("pytest_glue.reports.header.expected_device", lambda: device)
    assert expected == header(combine([OptionSource("{name}", {"data": "./mine"}, tmp_path)]), workers)[2:]


@pytest.fixture
def recorded(tmp_path: Path, evaluation: Evaluation) -> Callable[..., Path]:
    """Return a function that records a baseline `main` of RTE: accuracy 0.614, and these minimum detectable drops."""

    def record(drops: Mapping[int, float]) -> Path:
        file = tmp_path / "records" / "main" / "rte" / "sample.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(encode_baseline(Baseline.of(evaluation, GLUE["rte"], {}, drops))))
        return file

    return record


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., Options]:
    """Return a function that makes options which compare with `main`."""

    def make(**values: Any) -> Options:
        asked = {"storage": "records", "tasks": "rte", "checkpoints": "sample", "compare": "main", "seeds": 3}
        return combine([OptionSource("{name}", asked | values, tmp_path)])

    return make


def test_an_allowed_drop_that_is_too_small(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """A warning has both the allowed drop and the smallest drop that these seeds can detect."""
    recorded({1: 0.09, 3: 0.041, 5: 0.03})
    (line,) = power_warnings(options(max_drop="0.02"))
    assert line == (
        "rte: the allowed drop is 0.02, but with 3 seeds against the baseline's 1 only drops of 0.041 or more are "
        "detectable; expect inconclusive verdicts"
    )


@pytest.mark.parametrize("drop", ["0.041", "0.1", "0"])
def test_a_drop_that_can_be_detected(recorded: Callable[..., Path], options: Callable[..., Options], drop: str) -> None:
    """There is no warning about an allowed drop that these seeds can detect, or if no drop is allowed."""
    recorded({3: 0.041})
    assert [] == power_warnings(options(max_drop=drop))


@pytest.mark.parametrize(
    ("seeds", "shown"),
    [
        ({"seeds": 4}, "with 4 seeds against the baseline's 1 only drops of 0.041 or more"),
        ({"seeds": 3, "max_seeds": 7}, "with 7 seeds against the baseline's 1 only drops of 0.030 or more"),
    ],
)
def test_the_next_smaller_number_of_seeds_counts(
    recorded: Callable[..., Path], options: Callable[..., Options], seeds: dict[str, Any], shown: str
) -> None:
    """If the baseline has no drop for a number of seeds, that of the next smaller number counts; so do added seeds."""
    recorded({3: 0.041, 5: 0.03})
    (line,) = power_warnings(options(max_drop="0.02", **seeds))
    assert shown in line


def test_a_baseline_of_one_seed(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """With a baseline of one seed no drop can be detected, and the warning names the remedy."""
    recorded({})
    (line,) = power_warnings(options())
    assert line == (
        "rte: with 3 seeds against the baseline's 1 no drop of any size is detectable; "
        "record the baseline with --glue-seeds=3 or more"
    )


def test_a_threshold_close_to_the_baseline(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """There is a warning about a margin that is smaller than the detectable drop, and none about a wide one."""
    recorded({3: 0.041})
    (line,) = power_warnings(options(threshold="rte=0.6"))
    assert line == (
        "rte: the threshold 0.6 is 0.014 from the baseline's score 0.614, but with 3 seeds against the baseline's 1 "
        "only drops of 0.041 or more are detectable; expect random failures"
    )
    assert [] == power_warnings(options(threshold="rte=0.5"))


def test_an_unreadable_baseline_has_no_warning(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """A missing or damaged baseline has no warning about power, and neither has a run without a comparison."""
    assert [] == power_warnings(options())
    recorded({3: 0.041}).write_text("{")
    assert [] == power_warnings(options())
    assert [] == power_warnings(Options())


def test_seeds_that_cannot_show_a_drop(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """Two seeds against one leave a single degree of freedom; the line names a number of seeds that is enough."""
    recorded({3: 0.041})
    (line,) = design_warnings(options(seeds=2))
    assert line == (
        "2 seeds against the baseline's 1 and 1 item: only drops of 34 standard deviations of a run's score or more "
        "are detectable at alpha 0.05; use --glue-seeds=3 or more for candidate and baseline"
    )


def test_many_items_need_more_seeds(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """What is enough for one item is not enough for three, nor for interim analyses."""
    file = recorded({3: 0.041})
    assert [] == design_warnings(options())
    (interim,) = design_warnings(options(seeds=2, max_seeds=3))
    assert interim.startswith("3 seeds against the baseline's 1 and 1 item: only drops of 10 standard deviations")
    for task in ("mrpc", "cola"):
        other = file.parents[1] / task / file.name
        other.parent.mkdir()
        other.write_text(file.read_text())
    (line,) = design_warnings(options(tasks="rte,mrpc,cola"))
    assert line.startswith("3 seeds against the baseline's 1 and 3 items: only drops of 14 standard deviations")


def test_designs_with_power_or_without_a_baseline_have_no_warning(options: Callable[..., Options]) -> None:
    """A run without a baseline has no line, and neither has one seed on each side, which the other warning covers."""
    assert [] == design_warnings(options())
    assert [] == design_warnings(Options())
