"""The search space: a distribution for each searched field of `TrainingArguments`, with Optuna's parameters."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_glue.config.training_fields import Field, find_field
from pytest_glue.core.errors import OptionError
from pytest_glue.core.recipe import WITHOUT_EFFECT, RecipeValue

_KEYS = ("low", "high", "step", "log")
_ACCEPTED = "accepted: {low = ..., high = ...}, optionally with log = true or step = ..., or a list, as in [8, 16, 32]"
_WHOLE = frozenset({"num_train_epochs", "warmup_steps"})
"""Fields of type float whose range is one of whole numbers if its bounds are."""

_FIXED = WITHOUT_EFFECT | {
    *("bf16", "fp16", "bf16_full_eval", "fp16_full_eval", "tf32", "use_cpu", "output_dir", "data_seed"),
    *("label_smoothing_factor", "neftune_noise_alpha", "greater_is_better", "full_determinism"),
    *("eval_strategy", "eval_steps", "save_strategy", "save_steps", "load_best_model_at_end", "metric_for_best_model"),
}
"""Fields that are the same in all trials: device, precision, evaluation, and what the trainer reads only once."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A range of numbers, including both ends."""

    low: float
    high: float
    step: float | None = None
    log: bool = False
    """Whether the logarithm of the number is uniform."""
    whole: bool = False

    @property
    def grid(self) -> tuple[float, ...]:
        """The values of a range with a step, from `low` upwards."""
        assert self.step is not None
        count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
        values = [self.low + self.step * index for index in range(count)]
        return tuple(round(value) if self.whole else value for value in values)

    def plain(self) -> dict[str, Any]:
        """Return the distribution as a table holds it."""
        extras = {"step": self.step, "log": self.log or None}
        return {"low": self.low, "high": self.high, **{name: value for name, value in extras.items() if value}}


@dataclass(frozen=True, slots=True)
class Choices:
    """Equally likely values."""

    values: tuple[RecipeValue, ...]

    def plain(self) -> list[Any]:
        """Return the distribution as a table holds it."""
        return list(self.values)


Distribution = Numbers | Choices
Space = Mapping[str, Distribution]
"""By field."""

DEFAULT: Space = {
    "learning_rate": Numbers(1e-5, 1e-4, log=True),
    "num_train_epochs": Numbers(2, 5, whole=True),
    "per_device_train_batch_size": Choices((8, 16, 32)),
}
"""The default space of transformers without its seed, around the values that are known to work for encoders.

A search over seeds finds luck: the best seed of a search is not better in the final run.
"""


def parse_space(table: object) -> dict[str, Distribution]:
    """Return the distributions that a table describes, sorted by field.

    Raises:
        OptionError: a field is unknown or cannot be searched, or a distribution is not accepted.
    """
    if not isinstance(table, Mapping):
        raise OptionError(f"{table!r}: expected a table with a distribution for each field; {_ACCEPTED}")
    return {name: _distribution(name, table[name]) for name in sorted(table, key=str)}


def plain_space(space: Space) -> dict[str, Any]:
    """Return the space as a table holds it, sorted by field."""
    return {name: space[name].plain() for name in sorted(space)}


def _distribution(name: str, value: Any) -> Distribution:
    field = find_field(name)
    if name in _FIXED:
        raise OptionError(f"{name} is the same in every trial: set it with --glue-recipe {name}=VALUE")
    if isinstance(value, list | tuple):
        if not value or any(isinstance(choice, list | dict) for choice in value):
            raise OptionError(f"{name} = {list(value)!r}: at least one plain value is needed; {_ACCEPTED}")
        return Choices(tuple(dict.fromkeys(field.check(choice) for choice in value)))
    if not isinstance(value, Mapping):
        raise OptionError(f"{name} = {value!r} is not a distribution; {_ACCEPTED}")
    if unknown := sorted(set(value) - set(_KEYS), key=str):
        raise OptionError(f"{name} = {dict(value)} has the unknown key {unknown[0]!r}; {_ACCEPTED}")
    if value.get("low") is None or value.get("high") is None:
        raise OptionError(f"{name} = {dict(value)} lacks low or high; {_ACCEPTED}")
    return _numbers(field, value)


def _numbers(field: Field, table: Mapping[str, Any]) -> Numbers:
    low, high, step, log = (table.get(key) for key in _KEYS)
    shown = f"{field.name} = {dict(table)}"
    if not {"int", "float"} & field.types:
        raise OptionError(f"{shown}: {field.name} is not a number; {_ACCEPTED}")
    given = [field.check(low), field.check(high), *([] if step is None else [field.check_type(step)])]
    if not isinstance(log, bool | None):
        raise OptionError(f"{shown}: log is true or false")
    assert low is not None
    assert high is not None
    for is_wrong, message in (
        (low > high, f"low {low} is above high {high}"),
        (step is not None and step <= 0, f"step {step} is not above 0"),
        (log and low <= 0, f"log needs a low above 0, and it is {low}"),
        (log and step is not None, "log and step exclude each other"),
    ):
        if is_wrong:
            raise OptionError(f"{shown}: {message}")
    if all(isinstance(value, int) for value in given) and ("int" in field.types or field.name in _WHOLE):
        return Numbers(low, high, step, bool(log), whole=True)
    return Numbers(float(low), float(high), None if step is None else float(step), bool(log))
