"""The header of a test run, and its warnings about power."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.environment import expected_device, header_versions
from pytest_glue.core.evaluation import SYNTHETIC_CHECKPOINT, SYNTHETIC_DATA
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import encode_baseline
from pytest_glue.gate.baseline_storage import read
from pytest_glue.reports.header import design_warnings, header, power_warnings, threshold_warnings
from pytest_glue.scheduling import size_estimates
from pytest_glue.statistics.metrics import compute
from tests.factories import RTE_LABELS, make_evaluation, make_runs


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


def test_own_tasks_have_a_line_each(tmp_path: Path) -> None:
    """Where the data comes from, and the labels, which are inferred; a threshold is compared with what is known."""
    (tmp_path / "all.csv").write_text("text,label\nx,b\ny,a\n", "utf-8")
    data, hub = str(tmp_path / "all.csv"), {"hub": "owner/name", "revision": "v1", "configuration": "en"}
    task = {
        "mine": {"data": data, "text": "text", "evaluation_fraction": 0.5},
        "other": {"data": hub, "text": "text", "labels": ["yes", "no"]},
        "third": {"data": hub, "text": "text"},
    }
    found = lines(tmp_path, tasks="all", task=task, checkpoints="a/b", threshold=["mine=0.5", "other=0.5"])
    assert found == [
        "glue: tasks mine, other, third; checkpoints a/b; seeds 42",
        f"glue: device {expected_device()}; {header_versions()}",
        f"glue: task mine: data {data}; classification; labels a, b (from the training data)",
        "glue: task other: data owner/name@v1 (en); classification; labels yes, no",
        "glue: task third: data owner/name@v1 (en); classification",
        "glue: other: the threshold 0.5 for accuracy is not above the chance level, which is 0.5 or more",
    ]


def test_many_labels_are_cut(tmp_path: Path) -> None:
    """Nobody reads a thousand labels, or a label of 100 kB."""
    labels = ["x" * 100_000, *(f"label-{number}" for number in range(1, 1000))]
    task = {"mine": {"data": {"hub": "owner/name"}, "text": "text", "labels": labels}}
    line = lines(tmp_path, tasks="mine", task=task, checkpoints="a/b")[-1]
    assert line.endswith("…, " + ", ".join(labels[1:10]) + " and 990 more")
    assert len(line) < 250


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
    ("values", "warnings"),
    [
        ({"data": "sample", "checkpoints": "a/b"}, [SYNTHETIC_DATA]),
        ({"data": "sample", "checkpoints": "sample"}, [SYNTHETIC_DATA]),
        ({"data": "./mine", "checkpoints": "a/b,sample"}, [SYNTHETIC_CHECKPOINT]),
        ({"data": "./mine", "checkpoints": "a/b"}, []),
    ],
    ids=["data", "both", "checkpoint", "neither"],
)
def test_what_is_synthetic_has_a_warning(tmp_path: Any, values: dict[str, str], warnings: list[str]) -> None:
    """The header says that scores of the sample are no evidence of quality."""
    assert warnings == [line.removeprefix("glue: ") for line in lines(tmp_path, **values) if "SYNTHETIC" in line]


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
def recorded(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that records a baseline `main` of RTE, whose runs have these numbers of wrong predictions."""

    def record(*wrong: int, task: str = "rte") -> Path:
        baseline = Baseline.of(make_evaluation(make_runs(task, RTE_LABELS, *wrong)), GLUE[task], {}, {})
        file = tmp_path / "records" / "main" / task / "sample.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(encode_baseline(baseline)))
        return file

    return record


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., Options]:
    """Return a function that makes options which compare with `main`."""

    def make(**values: Any) -> Options:
        asked = {"storage": "records", "tasks": "rte", "checkpoints": "sample", "compare": "main", "seeds": 3}
        return combine([OptionSource("{name}", asked | values, tmp_path)])

    return make


def shown_drop(line: str) -> float:
    """Return the detectable drop in a warning."""
    found = re.search(r"only a drop of about (0\.\d{3}) or more", line)
    assert found is not None
    return float(found[1])


def test_an_allowed_drop_that_is_too_small(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """A warning has both the allowed drop and the smallest drop that these seeds can detect."""
    recorded(78, 80, 82)
    (line,) = power_warnings(options(max_drop="0.001"))
    assert re.fullmatch(
        r"rte: the allowed drop is 0\.001, but with 3 seeds against the baseline's 3 and 1 item only a drop of about "
        r"0\.\d{3} or more is detected with a power of 80 %; an unchanged checkpoint may be inconclusive",
        line,
    )


def test_failed_runs_of_the_baseline_are_left_out(
    recorded: Callable[..., Path], options: Callable[..., Options]
) -> None:
    """A run that predicts one class is no part of a comparison: no drop was detectable with it."""
    file = recorded(70, 80, 90)
    baseline = read(file)
    wild = replace(baseline.runs[0], seed=1, metrics={"accuracy": 0.473}, predictions=(1.0,) * 277)
    (without,) = power_warnings(options(max_drop="0.001"))
    file.write_text(json.dumps(encode_baseline(replace(baseline, runs=(wild, *baseline.runs)))))
    assert [without] == power_warnings(options(max_drop="0.001"))


@pytest.mark.parametrize("drop", ["0.3", "0"])
def test_a_drop_that_can_be_detected(recorded: Callable[..., Path], options: Callable[..., Options], drop: str) -> None:
    """There is no warning about an allowed drop that these seeds can detect, or if no drop is allowed."""
    recorded(78, 80, 82)
    assert [] == power_warnings(options(max_drop=drop))


def test_the_detectable_drop_is_that_of_an_item_of_the_test_run(
    recorded: Callable[..., Path], options: Callable[..., Options]
) -> None:
    """More items raise the drop that each can detect; so do interim analyses, beside the same seeds at once."""
    recorded(70, 80, 90)
    (one,) = power_warnings(options(max_drop="0.001"))
    (at_once,) = power_warnings(options(max_drop="0.001", seeds=7))
    (interim,) = power_warnings(options(max_drop="0.001", max_seeds=7))
    recorded(70, 80, 90, task="sst2")
    two = power_warnings(options(max_drop="0.001", tasks="rte,sst2"))
    assert "against the baseline's 3 and 2 items" in two[0]
    assert 2 == len(two)
    assert shown_drop(at_once) < shown_drop(interim)
    assert shown_drop(one) < shown_drop(two[0])


def test_slices_raise_the_detectable_drop_of_all_examples(
    recorded: Callable[..., Path], options: Callable[..., Options]
) -> None:
    """They have half of the item's error rate."""
    recorded(70, 80, 90)
    (without,) = power_warnings(options(max_drop="0.001"))
    (with_slices,) = power_warnings(options(max_drop="0.001", slices={"rte": ["genre"]}))
    assert shown_drop(without) < shown_drop(with_slices)


def test_a_baseline_that_nothing_can_be_compared_with(
    recorded: Callable[..., Path], options: Callable[..., Options]
) -> None:
    """If no drop that the score leaves is detectable, the warning says so."""
    recorded(10, 160)
    (line,) = power_warnings(options(max_drop="0.02", seeds=2))
    assert "with 2 seeds against the baseline's 2 and 1 item no drop that the score leaves is detected" in line


def test_a_baseline_of_one_seed(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """One seed does not show the variance; a published one is used if there is one, else the remedy is named."""
    recorded(80)
    assert [] == power_warnings(options())
    recorded(80, task="cola")
    (line,) = power_warnings(options(tasks="cola"))
    assert line == (
        "cola: the baseline has one run, which does not show the variance between seeds; "
        "record it with --glue-seeds=3 or more"
    )


@pytest.mark.parametrize(
    ("threshold", "text"),
    [("0.70", "is 0.011 below the baseline's score 0.711"), ("0.72", "is 0.009 above the baseline's score 0.711")],
)
def test_a_threshold_that_seeds_alone_may_miss(
    recorded: Callable[..., Path], options: Callable[..., Options], threshold: str, text: str
) -> None:
    """The warning says how often an unchanged checkpoint misses it: the examples are the same in every test run."""
    recorded(70, 80, 90)
    (line,) = power_warnings(options(threshold=f"rte={threshold}"))
    assert f"rte: the threshold {float(threshold):.3g} {text}; the mean of 3 seeds of an unchanged checkpoint" in line
    found = re.search(r"misses it in about (\d+) % of test runs$", line)
    assert found is not None
    assert (5 < int(found[1]) < 50) is ("below" in text)


def test_a_threshold_far_below_the_baseline_has_no_warning(
    recorded: Callable[..., Path], options: Callable[..., Options]
) -> None:
    """A wide margin is safe, even one that is smaller than the detectable drop of a comparison."""
    recorded(78, 80, 82)
    assert [] == power_warnings(options(threshold="rte=0.62"))


def test_an_unreadable_baseline_has_no_warning(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """A missing or damaged baseline has no warning about power, and neither has a run without a comparison."""
    asked = {"max_drop": "0.001"}
    assert [] == power_warnings(options(**asked))
    recorded(78, 80, 82).write_text("{")
    assert [] == power_warnings(options(**asked))
    assert [] == power_warnings(Options())


def test_collecting_has_no_warnings_about_power(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """They need numpy, which nothing that is only collected imports."""
    recorded(78, 80, 82)
    asked = options(max_drop="0.001")
    assert any("the allowed drop is 0.001" in line for line in header(asked))
    assert not any("the allowed drop is 0.001" in line for line in header(asked, collect_only=True))


def test_seeds_that_cannot_show_a_drop(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """Two seeds against one leave a single degree of freedom; the line names a number of seeds that is enough."""
    recorded(80)
    (line,) = design_warnings(options(seeds=2))
    assert line == (
        "2 seeds against the baseline's 1 and 1 item: only drops of 10 standard deviations of a run's score or more "
        "are detectable at alpha 0.05; use --glue-seeds=3 or more for candidate and baseline"
    )


def test_many_items_need_more_seeds(recorded: Callable[..., Path], options: Callable[..., Options]) -> None:
    """What is enough for one item is not enough for three, nor for interim analyses."""
    file = recorded(80)
    assert [] == design_warnings(options())
    (interim,) = design_warnings(options(seeds=2, max_seeds=3))
    assert interim.startswith("3 seeds against the baseline's 1 and 1 item: only drops of 6 standard deviations")
    for task in ("mrpc", "cola"):
        other = file.parents[1] / task / file.name
        other.parent.mkdir()
        other.write_text(file.read_text())
    (line,) = design_warnings(options(tasks="rte,mrpc,cola"))
    assert line.startswith("3 seeds against the baseline's 1 and 3 items: only drops of 8 standard deviations")


def test_one_seed_on_each_side_may_not_hold_its_error_rate(
    recorded: Callable[..., Path], options: Callable[..., Options]
) -> None:
    """The published variance is that of another recipe; the line names seeds that measure their own."""
    recorded(80)
    (line,) = design_warnings(options(seeds=1))
    assert line == (
        "1 seed against the baseline's 1 and 1 item: the variance between seeds is a published one, of another recipe; "
        "alpha 0.05 does not hold for one that varies more; use --glue-seeds=3 or more for candidate and baseline"
    )


def test_designs_with_power_or_without_a_baseline_have_no_warning(options: Callable[..., Options]) -> None:
    """A run without a baseline has no line."""
    assert [] == design_warnings(options())
    assert [] == design_warnings(Options())


MINE = replace(GLUE["stsb"], name="mine", metrics=("mse", "pearson"))


@pytest.fixture
def errors(tmp_path: Path) -> Callable[..., Options]:
    """Return a function that makes options which compare errors with a baseline of three runs."""
    references = [0.1 * (number % 50) for number in range(300)]
    predictions = [
        [each + 0.8 + 0.02 * seed + 0.1 * (number % 7) for number, each in enumerate(references)] for seed in range(3)
    ]
    runs = [Run(seed, compute(MINE, each, references), (), tuple(each), 1.0) for seed, each in enumerate(predictions)]
    evaluation = make_evaluation(runs, task="mine", headline_metric="mse", n_eval=300, references=tuple(references))
    file = tmp_path / "records" / "main" / "mine" / "sample.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(encode_baseline(Baseline.of(evaluation, MINE, {}, {}))))

    def make(**values: Any) -> Options:
        asked = {"task": {"mine": MINE}, "storage": "records", "tasks": "mine", "checkpoints": "sample"}
        return combine([OptionSource("{name}", asked | {"compare": "main", "seeds": 3} | values, tmp_path)])

    return make


@pytest.mark.parametrize(
    ("threshold", "text", "is_close"), [("1.3", "above", True), ("1.2", "below", True), ("2.5", "", False)]
)
def test_a_threshold_that_errors_may_miss(
    errors: Callable[..., Options], threshold: str, text: str, *, is_close: bool
) -> None:
    """An unchanged checkpoint misses a threshold that is near the baseline's error, and none far above it."""
    found = [line for line in power_warnings(errors(threshold=f"mine={threshold}")) if "threshold" in line]
    assert is_close is bool(found)
    if found:
        probability = re.search(r"misses it in about (\d+) %", found[0])
        assert f" {text} the baseline's score 1.2" in found[0]
        assert probability is not None
        assert (int(probability[1]) < 50) is (text == "above")


def test_an_allowed_rise_that_is_too_small(errors: Callable[..., Options]) -> None:
    """The warning speaks of a rise, and there is none for a large one."""
    (line,) = power_warnings(errors(max_drop="mine=0.001"))
    assert re.match(r"mine: the allowed rise is 0\.001, but with 3 seeds .* only a rise of about 0\.\d+ or more", line)
    assert [] == power_warnings(errors(max_drop="mine=5"))


def test_no_threshold_of_an_error_is_at_chance_whatever_the_data(errors: Callable[..., Options]) -> None:
    """The variance of the labels, which is the chance level, can be of any size."""
    assert [] == threshold_warnings(errors(threshold="mine=1000"))
