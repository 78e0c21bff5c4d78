"""The expected cost of an item, from its options and from recorded durations."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.tasks import GLUE
from pytest_glue.scheduling.cost_model import RecordedDuration, estimate, expected_costs, specs_by_nodeid, typical

Asked = Callable[..., Options]


def cost(options: Options, task: str = "rte") -> float:
    """Return the estimate of the first checkpoint on a task."""
    return estimate(EvaluationSpec(options, GLUE[task], options.checkpoints[0]))


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"seeds": (1, 2, 3)}, 3),
        ({"recipe": {"num_train_epochs": 10}}, 2),
        ({"max_train_samples": 249}, 0.1),
        ({"max_length": 7}, 0.1),
        ({"max_train_samples": 10**6, "max_length": 10**6}, 1),
        ({"search": "optuna", "trials": 20, "search_fraction": 0.1}, 3),
    ],
)
def test_costs_follow_the_options(asked: Asked, changes: dict[str, Any], factor: float) -> None:
    """Seeds, epochs, examples, lengths and trials multiply a cost; limits only lower it."""
    assert pytest.approx(factor, rel=0.05) == cost(asked("roberta-large", **changes)) / cost(asked("roberta-large"))


def test_tasks_are_ordered_by_examples_and_lengths(asked: Asked) -> None:
    """Costs order the tasks by their examples times their lengths; qqp costs hundreds of wnli."""
    options = asked("bert-base-uncased")
    assert 400 < cost(options, "qqp") / cost(options, "wnli") < 1000
    assert ["wnli", "cola", "stsb", "rte", "mrpc", "sst2", "qnli", "qqp", "mnli", "mnli-mm"] == sorted(
        GLUE, key=lambda name: cost(options, name)
    )


def test_the_sample_has_sizes_of_its_own(asked: Asked) -> None:
    """On the sample, qqp costs what mnli does."""
    options = asked("bert-base-uncased", data="sample")
    assert cost(options, "mnli") == cost(options, "qqp") < cost(asked("bert-base-uncased"), "qqp") / 100


def test_the_bracket_of_a_node_id_tells_what_is_fine_tuned(asked: Asked) -> None:
    """The bracket is matched with all checkpoints and all tasks, which a marker can name; others have no spec."""
    options = asked("sample", "me/mnli-mm", tasks=(GLUE["mnli"], GLUE["mnli-mm"]))
    nodeids = {
        "suites/test_a.py::test_glue[mnli-sample]": ("mnli", "sample"),
        "suites/test_[a].py::TestIt::test_glue[mnli-mm-sample]": ("mnli-mm", "sample"),
        "test_a.py::test_glue[mnli-mm-me-mnli-mm]": ("mnli-mm", "me/mnli-mm"),
        "test_a.py::test_glue[rte-sample]": ("rte", "sample"),
        "test_a.py::test_glue[rte-other]": None,
        "test_a.py::test_glue[mnli-sample-1]": None,
        "test_a.py::test_plain": None,
    }
    found = specs_by_nodeid(dict.fromkeys(nodeids, options))
    assert {nodeid: told for nodeid, told in nodeids.items() if told} == {
        nodeid: (spec.task.name, spec.checkpoint.name) for nodeid, spec in found.items()
    }


def test_each_item_has_its_own_options(asked: Asked) -> None:
    """Two items of one task and checkpoint, one of them limited by a marker, have different costs."""
    whole, limited = asked(), asked(max_train_samples=8)
    found = specs_by_nodeid({"a.py::test_a[rte-sample]": whole, "a.py::test_b[rte-sample]": limited})
    assert [cost(whole), cost(limited)] == [estimate(spec) for spec in found.values()]


def test_recorded_durations_take_precedence_over_estimates() -> None:
    """A recorded duration is used as it is; other estimates are scaled by the median of recorded over estimated."""
    estimates = {"a": 10.0, "b": 20.0, "c": 30.0, "d": 40.0}
    records = {"a": RecordedDuration(10, 5), "b": RecordedDuration(20, 40), "c": RecordedDuration(30, 90)}
    assert {"a": 5, "b": 40, "c": 90, "d": 80} == expected_costs(estimates, records)


def test_a_record_of_another_estimate_only_scales() -> None:
    """A duration recorded with other limits is not used for the item, but tells how fast the machine is."""
    assert {"a": 20, "b": 2} == expected_costs({"a": 100.0, "b": 10.0}, {"a": RecordedDuration(10, 2)})


def test_valid_records_scale_before_others() -> None:
    """If some records match the current estimates, only those scale the others."""
    records = {"a": RecordedDuration(10, 5), "b": RecordedDuration(1, 100), "gone": RecordedDuration(1, 100)}
    assert {"a": 5, "b": 10} == expected_costs({"a": 10.0, "b": 20.0}, records)


def test_without_records_estimates_are_used() -> None:
    """Without records, estimates are not scaled."""
    assert {"a": 10} == expected_costs({"a": 10.0}, {})


def test_an_unknown_item_costs_the_median() -> None:
    """Other tests cost the median of glue items, or 1 if there are none."""
    assert (20, 1) == (typical({"a": 1, "b": 20, "c": 90}), typical({}))


def test_a_record_survives_json() -> None:
    """A record is equal after a round trip through JSON."""
    assert RecordedDuration(2, 3) == RecordedDuration.from_dict(asdict(RecordedDuration(2, 3)))
