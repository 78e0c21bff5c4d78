"""Cost: how many seconds an item is expected to take, from what was asked for and from what was seen before."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint, ids
from pytest_glue.core.recipe import RecipeValue, full_recipe
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.scheduling.size_estimates import GLUE_SIZES, SAMPLE_SIZES, UNKNOWN, Size, parameters_of

_RATE = 50e9
"""Operations a second, of two cores without an accelerator. Elsewhere all costs are wrong by the same factor, which
changes no order and no share."""
_STEP_S = 0.02
"""What a step takes that computes nothing."""
_RUN_S = 0.5
"""What a run takes that has no step."""
_OPERATIONS = 6
"""Of a parameter and a token, forward and backward; forward alone is a third of it."""
_WITHOUT_ANY = 1.0
"""The cost of an item of which nothing is known, where nothing is known of any."""


@dataclass(frozen=True, slots=True)
class CostTarget:
    """What an item fine-tunes."""

    task: Task
    checkpoint: Checkpoint
    options: Options


@dataclass(frozen=True, slots=True)
class RecordedDuration:
    """How long an item took in an earlier test run."""

    estimated_s: float
    """What it was expected to take: a record holds for what is asked for as long as this stays the same."""
    trained_s: float
    """What its fine-tunings took."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`."""
        return cls(float(data["estimated_s"]), float(data["trained_s"]))


def targets(asked: Mapping[str, Options]) -> dict[str, CostTarget]:
    """Return what each item fine-tunes, as its node id tells; items that tell it of none are left out.

    Args:
        asked: the options of each item, by node id.
    """
    known: dict[int, dict[str, CostTarget]] = {}  # by options, which many items share
    for options in asked.values():
        if id(options) not in known:
            known[id(options)] = _by_bracket(options)
    found = ((nodeid, known[id(options)].get(_bracket(nodeid))) for nodeid, options in asked.items())
    return {nodeid: target for nodeid, target in found if target is not None}


def estimate(target: CostTarget) -> float:
    """Return how many seconds an item's fine-tunings take: the order is to be trusted, the number is not."""
    options, task = target.options, target.task
    size, recipe = _size(options, task), full_recipe(task, options.recipe)
    train = _at_most(size.train, options.max_train_samples)
    evaluation = _at_most(size.evaluation, options.max_eval_samples)
    tokens = _at_most(size.tokens, options.max_length)
    batch = _number(recipe, "per_device_train_batch_size", 16) * _number(recipe, "gradient_accumulation_steps", 1)
    steps = _number(recipe, "max_steps", -1)
    seen = steps * batch if steps > 0 else train * _number(recipe, "num_train_epochs", 5)
    epochs = max(seen / train, 1)
    operations = _OPERATIONS * parameters_of(target.checkpoint) * tokens * (seen + epochs * evaluation / 3)
    run = operations / _RATE + seen / batch * _STEP_S + _RUN_S
    runs = float(len(options.seeds))
    if options.search is not None:
        runs += options.trials * options.search_fraction
    return run * runs


def expected_costs(estimates: Mapping[str, float], records: Mapping[str, RecordedDuration]) -> dict[str, float]:
    """Return how many seconds each item is expected to take.

    What was recorded of an item beats what is estimated, where the same was asked of it; the other estimates are scaled
    by the median ratio of the two.

    Args:
        estimates: by node id.
        records: by node id, also of items that are not there now.
    """
    held = {nodeid: records[nodeid] for nodeid, cost in estimates.items() if _holds(records.get(nodeid), cost)}
    ratios = [record.trained_s / record.estimated_s for record in (held or records).values()]
    scale = median(ratios) if ratios else 1.0
    return {nodeid: held[nodeid].trained_s if nodeid in held else cost * scale for nodeid, cost in estimates.items()}


def typical(costs: Mapping[str, float]) -> float:
    """Return the cost of an item that none is known of: the median of the others."""
    return median(costs.values()) if costs else _WITHOUT_ANY


def _holds(record: RecordedDuration | None, estimated_s: float) -> bool:
    return record is not None and abs(record.estimated_s - estimated_s) <= 1e-6 * estimated_s


def _by_bracket(options: Options) -> dict[str, CostTarget]:
    """Return what stands between the brackets of a node id, with what it means: a marker can name any task."""
    return {
        f"{task.name}-{name}": CostTarget(task, checkpoint, options)
        for name, checkpoint in ids(options.checkpoints).items()
        for task in {*GLUE.values(), *options.tasks}
    }


def _bracket(nodeid: str) -> str:
    found = re.search(r"\[(.*)\]$", nodeid.rpartition("::")[2])
    return found[1] if found else ""


def _size(options: Options, task: Task) -> Size:
    table = SAMPLE_SIZES if options.data == "sample" else GLUE_SIZES
    return table.get(task.configuration, UNKNOWN)


def _at_most(size: int, limit: int | None) -> int:
    return size if limit is None else min(size, limit)


def _number(recipe: Mapping[str, RecipeValue], name: str, default: float) -> float:
    value = recipe.get(name, default)
    return float(value) if isinstance(value, int | float) else default
