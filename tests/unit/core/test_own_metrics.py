"""A user's own metrics: where they are found, and what they say about themselves."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_glue.core.errors import OptionError
from pytest_glue.core.metrics import METRICS, Metric, metrics_problem
from pytest_glue.core.own_metrics import function_of, know_metrics, share_metrics
from pytest_glue.core.tasks import GLUE, Kind, Task

FUNCTIONS = """
def gain(predictions, references):
    return 1.0

def cost(predictions, references):
    return 2.0

cost.greater_is_better, cost.low = False, 0.0

def upside(predictions, references):
    return 0.0

upside.low, upside.high = 1.0, 0.0

def odd(predictions, references):
    return 0.0

odd.greater_is_better = "no"

def calibrated(predictions, references):
    return 0.0

calibrated.needs_probabilities = True
number = 3
"""
METRIC = """
import evaluate
greater_is_better = False
low, other = 0.0, 1
high = 10

class Mine(evaluate.Metric):
    pass
"""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Forget the metrics and modules of a test."""
    metrics, modules = dict(METRICS), set(sys.modules)
    yield
    METRICS.clear()
    METRICS.update(metrics)
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a module and an `evaluate` metric."""
    (tmp_path / "costs.py").write_text(FUNCTIONS)
    (tmp_path / "broken.py").write_text("raise RuntimeError('no licence')")
    (tmp_path / "exits.py").write_text("raise SystemExit(3)")
    (tmp_path / "metrics" / "mine").mkdir(parents=True)
    (tmp_path / "metrics" / "mine" / "mine.py").write_text(METRIC)
    (tmp_path / "metrics" / "bad.py").write_text("def (")
    return tmp_path


def test_a_function_is_found_in_the_folder(folder: Path) -> None:
    """Its attributes say which way is better and what the range is; without any, more is better, without bounds."""
    path = list(sys.path)
    know_metrics(["costs:gain", "costs:cost", "accuracy"], folder)
    gain, cost = METRICS["costs:gain"], METRICS["costs:cost"]
    assert (True, float("-inf"), float("inf")) == (gain.greater_is_better, gain.low, gain.high)
    assert (False, 0.0, float("inf")) == (cost.greater_is_better, cost.low, cost.high)
    assert 2.0 == function_of(cost)([], [])
    assert gain.digest == cost.digest != ""
    assert path == sys.path


def test_a_changed_file_has_another_digest(folder: Path) -> None:
    know_metrics(["./metrics/mine"], folder)
    before = METRICS["./metrics/mine"].digest
    (folder / "metrics" / "mine" / "mine.py").write_text(METRIC + "\n")
    know_metrics(["./metrics/mine"], folder)
    assert before != METRICS["./metrics/mine"].digest


@pytest.mark.parametrize("name", ["./metrics/mine", "metrics/mine/mine.py"])
def test_a_metric_of_evaluate_is_read_and_not_run(folder: Path, name: str) -> None:
    """What its module assigns says which way is better."""
    know_metrics([name], folder)
    metric = METRICS[name]
    assert (False, float("-inf"), 10.0) == (metric.greater_is_better, metric.low, metric.high)
    assert Path(metric.source).exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere:cost", "'nowhere:cost' cannot be imported: ModuleNotFoundError: No module named 'nowhere'; accepted"),
        ("broken:cost", "'broken:cost' cannot be imported: RuntimeError: no licence; accepted: MODULE:FUNCTION"),
        ("exits:cost", "'exits:cost' cannot be imported: SystemExit: 3; accepted: MODULE:FUNCTION"),
        ("costs:costs", "'costs:costs': costs has no 'costs': did you mean cost"),
        ("costs:number", "'costs:number' is a int and no function"),
        ("costs:odd", "'costs:odd': greater_is_better is 'no'; accepted: True or False"),
        ("costs:upside", "'costs:upside': low is 1.0 and high 0.0; accepted: two rising numbers"),
        ("./metrics/none", "there is no file"),
        ("./metrics/bad.py", "is not Python"),
    ],
)
def test_what_is_no_metric_is_refused(folder: Path, name: str, message: str) -> None:
    """The message says what is wrong and what is accepted."""
    with pytest.raises(OptionError) as caught:
        know_metrics([name], folder)
    assert message in str(caught.value)


def test_which_tasks_an_own_metric_fits(folder: Path) -> None:
    """Classes and numbers; one that needs probabilities only classes."""
    know_metrics(["costs:cost", "costs:calibrated"], folder)
    numbers = Task("n", "n", ("text",), (), ("costs:cost", "costs:calibrated"))
    classes = Task("c", "c", ("text",), ("no", "yes"), ("costs:cost", "costs:calibrated"))
    assert "'costs:calibrated' does not fit the kind regression" in metrics_problem(numbers)
    assert "" == metrics_problem(classes)
    sets = replace(classes, metrics=("costs:cost",), kind=Kind.MULTI_LABEL)
    assert (
        "the metric 'costs:cost' does not fit the kind multi_label, because a metric of your own takes one label for "
        "each example, and this kind has sets of labels; those that fit: accuracy, "
    ) in metrics_problem(sets)


def test_only_own_metrics_are_shared() -> None:
    """Another process has the table of metrics itself."""
    mine = Metric("m:f", 0.0, 1.0, source="/x")
    share_metrics([mine, Metric("accuracy", 0.0, 9.0)])
    assert mine is METRICS["m:f"]
    assert 1.0 == METRICS["accuracy"].high
    assert "" == metrics_problem(GLUE["rte"])
