"""The cost model: how many seconds an item is expected to take."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import ids
from pytest_glue.core.recipe import full_recipe
from pytest_glue.scheduling.size_estimates import GLUE_SIZES, SAMPLE_SIZES, UNKNOWN, Size, parameters_of

_OPERATIONS = 6
"""Floating-point operations of a parameter and a token, forward and backward."""
_OPERATIONS_PER_S = 50e9
"""Of two cores. If it is wrong, all costs are wrong by the same factor, which changes no order and no share."""
TYPICAL_SCALE = 0.32
"""How long a second of this model takes on two cores: two epochs of RTE with a checkpoint of 22 million parameters took
145 s, where the model says 449 s."""
_EXAMPLE_S = 0.00125
"""Seconds that an example takes in addition to its operations; they matter for very small checkpoints."""
_EVALUATION = 1 / 30
"""The cost of an evaluation, in epochs of training: a third of the operations, and mostly fewer examples by far."""
DEFAULT_COST_S = 1.0
"""The cost of an item if no item has an estimate."""


@dataclass(frozen=True, slots=True)
class RecordedDuration:
    """How long the fine-tunings of an item took in an earlier test run."""

    estimated_s: float
    """The item's estimate at that time. The record is used as long as the estimate stays the same."""
    trained_s: float

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`."""
        return cls(float(data["estimated_s"]), float(data["trained_s"]))


def specs_by_nodeid(asked: Mapping[str, Options]) -> dict[str, EvaluationSpec]:
    """Return the spec of each item, by node id, without items whose node id does not tell.

    Args:
        asked: the options of each item, by node id.
    """
    by_options: dict[int, dict[str, EvaluationSpec]] = {}  # many items share one object of options
    for options in asked.values():
        if id(options) not in by_options:
            by_options[id(options)] = _by_bracket(options)
    found = ((nodeid, by_options[id(options)].get(_bracket(nodeid))) for nodeid, options in asked.items())
    return {nodeid: spec for nodeid, spec in found if spec is not None}


def estimate(spec: EvaluationSpec, size: Size | None = None) -> float:
    """Return a rough number of seconds for an item's fine-tunings; only ratios of estimates are reliable.

    Args:
        spec: of the item.
        size: of its data; by default a published one, which is the same on every machine.
    """
    options, task = spec.options, spec.task
    size = size or (SAMPLE_SIZES if options.data == "sample" else GLUE_SIZES).get(task.configuration, UNKNOWN)
    tokens = _at_most(size.tokens, options.max_length)
    example_s = _OPERATIONS * parameters_of(spec.checkpoint) * tokens / _OPERATIONS_PER_S + _EXAMPLE_S
    epochs = full_recipe(task, options.recipe)["num_train_epochs"]
    runs = len(options.seeds) + (options.trials * options.search_fraction if options.search else 0)
    if options.evaluate_only:
        return example_s * size.train * _EVALUATION
    examples = _at_most(size.train, options.max_train_samples)
    return example_s * examples * (epochs if isinstance(epochs, int | float) else 1) * runs


def expected_costs(estimates: Mapping[str, float], records: Mapping[str, RecordedDuration]) -> dict[str, float]:
    """Return how many seconds each item is expected to take.

    The recorded duration of an item is used if its estimate has not changed. Other estimates are scaled by the median
    ratio of recorded durations to estimates.

    Args:
        estimates: by node id.
        records: by node id; may include other items.
    """
    valid = {nodeid: records[nodeid] for nodeid, cost in estimates.items() if _is_valid(records.get(nodeid), cost)}
    ratios = [record.trained_s / record.estimated_s for record in (valid or records).values()]
    scale = median(ratios) if ratios else 1.0
    return {nodeid: valid[nodeid].trained_s if nodeid in valid else cost * scale for nodeid, cost in estimates.items()}


def typical(costs: Mapping[str, float]) -> float:
    """Return the cost of an item without an estimate: the median of the others."""
    return median(costs.values()) if costs else DEFAULT_COST_S


def _is_valid(record: RecordedDuration | None, estimated_s: float) -> bool:
    return record is not None and abs(record.estimated_s - estimated_s) <= 1e-6 * estimated_s


def _by_bracket(options: Options) -> dict[str, EvaluationSpec]:
    """Return the specs by the bracket of their node id, for all tasks, since a marker can name any task."""
    return {
        f"{task.name}-{name}": EvaluationSpec(options, task, checkpoint)
        for name, checkpoint in ids(options.checkpoints).items()
        for task in options.known_tasks.values()
    }


def _bracket(nodeid: str) -> str:
    found = re.search(r"\[(.*)\]$", nodeid.rpartition("::")[2])
    return found[1] if found else ""


def _at_most(size: int, limit: int | None) -> int:
    return size if limit is None else min(size, limit)
