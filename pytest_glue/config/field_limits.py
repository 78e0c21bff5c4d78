"""The numbers that fields of `TrainingArguments` accept.

`TrainingArguments` checks few of them: others fail in the middle of a run, or give a run that trains nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_glue.core.errors import OptionError, closest

_INT64 = 2**63 - 1
_TRAINS_NOTHING = "a run that trains nothing has the score of the pretrained weights"


@dataclass(frozen=True, slots=True)
class Limits:
    """A range of numbers."""

    low: float = -_INT64 - 1
    high: float = _INT64
    above: bool = False
    """Whether `low` itself is not accepted."""
    below: bool = False
    """Whether `high` itself is not accepted."""
    unset: float | None = None
    """A number outside the range that stands for no value."""
    reason: str = ""

    def holds(self, value: float) -> bool:
        """Return whether a number is accepted."""
        is_high_enough = value > self.low if self.above else value >= self.low
        is_low_enough = value < self.high if self.below else value <= self.high
        return value == self.unset or (is_high_enough and is_low_enough)

    def __str__(self) -> str:
        """Return the range in words."""
        parts = [f"{'above' if self.above else 'of at least'} {self.low:g}"] if self.low > -_INT64 else []
        if self.high < _INT64:
            parts.append(f"{'below' if self.below else 'at most'} {self.high:g}")
        words = f"a number {' and '.join(parts) or 'of at most 64 bits'}"
        return words + (f", or {self.unset:g} for none" if self.unset is not None else "")


_COUNT = Limits(low=1)
_NOT_NEGATIVE = Limits(low=0)
_SHARE = Limits(low=0, high=1)
_ADAM_BETA = Limits(low=0, high=1, below=True)
_POSITIVE = Limits(low=0, above=True)

_LIMITS: Mapping[str, Limits] = {
    "num_train_epochs": Limits(low=0, above=True, reason=_TRAINS_NOTHING),
    "max_steps": Limits(low=1, unset=-1, reason=_TRAINS_NOTHING),
    "learning_rate": Limits(low=0, above=True, reason=_TRAINS_NOTHING),
    "per_device_train_batch_size": _COUNT,
    "per_device_eval_batch_size": _COUNT,
    "gradient_accumulation_steps": _COUNT,
    "eval_accumulation_steps": _COUNT,
    "torch_empty_cache_steps": _COUNT,
    "save_total_limit": _COUNT,
    "ddp_timeout": _COUNT,
    "ddp_bucket_cap_mb": _COUNT,
    "dataloader_prefetch_factor": _COUNT,
    "dataloader_num_workers": Limits(low=0, high=256),
    "weight_decay": _NOT_NEGATIVE,
    "adam_beta1": _ADAM_BETA,
    "adam_beta2": _ADAM_BETA,
    "adam_epsilon": _NOT_NEGATIVE,
    "max_grad_norm": _NOT_NEGATIVE,
    "warmup_steps": _NOT_NEGATIVE,
    "warmup_ratio": _SHARE,
    "label_smoothing_factor": _SHARE,
    "neftune_noise_alpha": _NOT_NEGATIVE,
    "eval_delay": _NOT_NEGATIVE,
    "eval_steps": _POSITIVE,
    "save_steps": _POSITIVE,
    "logging_steps": _POSITIVE,
    "data_seed": _NOT_NEGATIVE,
}


_NO_TRACKERS: tuple[object, ...] = (None, "none", [], ["none"])
_LOG_LEVELS = ("debug", "info", "warning", "error", "critical", "passive", "detail")


def check_limits(name: str, value: object) -> None:
    """Check the number, the log level or the trackers of a field; other values pass.

    Raises:
        OptionError: the field does not accept the value.
    """
    if name == "report_to" and value not in _NO_TRACKERS:
        given = value if isinstance(value, list) else [value]
        remedy = f"use --glue-report-to={','.join(map(str, given))}, which names each run and keeps the cache"
        raise OptionError(f"report_to={value!r} is not part of a recipe: {remedy}")
    if name in {"log_level", "log_level_replica"} and value not in _LOG_LEVELS:
        raise OptionError(f"{name}={value!r}: {closest(value, _LOG_LEVELS)}")
    limits = _LIMITS.get(name, Limits())
    if isinstance(value, bool) or not isinstance(value, int | float) or limits.holds(value):
        return
    reason = f" ({limits.reason})" if limits.reason else ""
    raise OptionError(f"{name}={value!r}: expected {limits}{reason}")
