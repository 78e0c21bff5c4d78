"""The search space: a distribution for each field of `TrainingArguments`, written in Optuna's words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_glue.config.training_fields import Field, find_field
from pytest_glue.core.errors import OptionError
from pytest_glue.core.recipe import WITHOUT_EFFECT, RecipeValue

_KEYS = ("low", "high", "step", "log")
_ACCEPTED = (
    "accepted: {low = ..., high = ...} with log = true or step = ... if wanted, or a list of choices, as in [8, 16, 32]"
)
_WHOLE = frozenset({"num_train_epochs", "warmup_steps"})
"""Fields that take fractions, where whole numbers are meant if the bounds are whole."""

_FIXED = WITHOUT_EFFECT | {
    *("bf16", "fp16", "bf16_full_eval", "fp16_full_eval", "tf32", "use_cpu", "output_dir", "data_seed"),
    *("eval_strategy", "eval_steps", "save_strategy", "save_steps", "load_best_model_at_end", "metric_for_best_model"),
}
"""Fields that are the same in each trial: where it runs, and how it is watched."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A range of numbers, both ends included."""

    low: float
    high: float
    step: float | None = None
    log: bool = False
    """Whether the logarithm is uniform."""
    whole: bool = False

    @property
    def grid(self) -> tuple[float, ...]:
        """The values of a range with a step."""
        assert self.step is not None
        count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
        values = [self.low + self.step * position for position in range(count)]
        return tuple(round(value) if self.whole else value for value in values)

    def plain(self) -> dict[str, Any]:
        """Return what a table would hold."""
        extras = {"step": self.step, "log": self.log or None}
        return {"low": self.low, "high": self.high, **{name: value for name, value in extras.items() if value}}


@dataclass(frozen=True, slots=True)
class Choices:
    """A list of values, each as likely as the others."""

    values: tuple[RecipeValue, ...]

    def plain(self) -> list[Any]:
        """Return what a table would hold."""
        return list(self.values)


Distribution = Numbers | Choices
Space = Mapping[str, Distribution]
"""By the names of fields."""

DEFAULT: Space = {
    "learning_rate": Numbers(1e-5, 1e-4, log=True),
    "num_train_epochs": Numbers(2, 5, whole=True),
    "per_device_train_batch_size": Choices((8, 16, 32)),
}
"""That of transformers without its seed, and about the recipes that are known to work for encoders.

A seed is no hyperparameter: what a search over seeds finds is luck, which does not come again.
"""


def parse_space(table: Mapping[str, Any]) -> dict[str, Distribution]:
    """Return the distributions that a table describes, in the order of their names.

    Raises:
        OptionError: a field is unknown or not to be searched, or a distribution is not accepted.
    """
    return {name: _distribution(name, table[name]) for name in sorted(table)}


def plain_space(space: Space) -> dict[str, Any]:
    """Return the table that describes the space, in the order of its names."""
    return {name: space[name].plain() for name in sorted(space)}


def _distribution(name: str, value: Any) -> Distribution:
    field = find_field(name)
    if name in _FIXED:
        message = f"{name} is the same in every trial: set it with --glue-recipe {name}=VALUE"
        raise OptionError(message)
    if isinstance(value, list | tuple):
        return _choices(field, value)
    if not isinstance(value, Mapping):
        message = f"{name} = {value!r} is no distribution; {_ACCEPTED}"
        raise OptionError(message)
    unknown = sorted(set(value) - set(_KEYS))
    if unknown or not {"low", "high"} <= set(value):
        found = f"has {unknown[0]!r}" if unknown else "lacks low or high"
        message = f"{name} = {dict(value)} {found}; {_ACCEPTED}"
        raise OptionError(message)
    return _numbers(field, value)


def _choices(field: Field, values: Sequence[Any]) -> Choices:
    if not values or any(isinstance(value, list | dict) for value in values):
        message = f"{field.name} = {list(values)!r}: at least one plain value is needed; {_ACCEPTED}"
        raise OptionError(message)
    return Choices(tuple(dict.fromkeys(field.check(value) for value in values)))


def _numbers(field: Field, table: Mapping[str, Any]) -> Numbers:
    low, high, step, log = (table.get(key) for key in _KEYS)
    given = [value for value in (low, high, step) if value is not None]
    shown = f"{field.name} = {dict(table)}"
    if not {"int", "float"} & field.types:
        message = f"{shown}: {field.name} is not a number; {_ACCEPTED}"
        raise OptionError(message)
    for value in given:
        field.check(value)
    if not isinstance(log, bool | None):
        message = f"{shown}: log is true or false"
        raise OptionError(message)
    assert low is not None
    assert high is not None
    is_whole = all(isinstance(value, int) for value in given)
    for problem, message in (
        (low > high, f"low {low} is above high {high}"),
        (step is not None and step <= 0, f"step {step} is not above 0"),
        (log and low <= 0, f"log needs a low above 0, and it is {low}"),
        (log and step is not None, "log and step exclude each other"),
    ):
        if problem:
            raise OptionError(f"{shown}: {message}")
    whole = is_whole and ("int" in field.types or field.name in _WHOLE)
    return Numbers(low, high, step, bool(log), whole) if whole else _real(low, high, step, log=bool(log))


def _real(low: float, high: float, step: float | None, *, log: bool) -> Numbers:
    return Numbers(float(low), float(high), None if step is None else float(step), log)
