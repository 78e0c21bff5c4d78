"""The cache key of a run: everything that determines it, computed without importing torch."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from pytest_glue.cache.code_digest import code_digest
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import OPTIONS
from pytest_glue.core.environment import expected_device, expected_devices, library_versions
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.recipe import WITHOUT_EFFECT, full_recipe

LIBRARIES = ("torch", "transformers", "tokenizers", "accelerate", "datasets", "numpy", "scipy", "scikit-learn")
"""The libraries whose version a score depends on."""

_VARIABLES = ("ACCELERATE_", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32", "WORLD_SIZE")
"""The prefixes of environment variables that change what is computed."""
_NOT_OF_A_RUN = ("report_only", "data", "slices", "golden", "golden_min", "golden_tolerance")
"""The fields of a task that no run depends on; the key holds the identity of the data."""


@dataclass(frozen=True, slots=True)
class Key:
    """What determines a run: runs with equal keys are equal up to rounding.

    The number of threads is left out. It changes the last digits, as another machine does, and machines could not share
    a cache if it counted.
    """

    task: Mapping[str, Any]
    checkpoint: str
    """The digest of its files; the name of the sample, which the code makes."""
    data: str
    """`DataSource.identity`, which is known before the examples are read."""
    recipe: Mapping[str, Any]
    """All hyperparameters that can change a score, with the defaults; empty if nothing is trained."""
    options: Mapping[str, Any]
    """The options that are declared to affect a run."""
    seed: int
    device: str
    """`cpu`, `cuda` or `mps`."""
    devices: int
    """The number of devices that share a batch."""
    libraries: Mapping[str, str]
    code: str
    """The digest of the package's files that make a run."""
    environment: Mapping[str, str]
    """Variables that change what is computed, and the digest of the file with each of the user's own metrics."""

    @classmethod
    def of(cls, spec: EvaluationSpec, data: str, seed: int) -> Self:
        """Return the key of a run.

        Args:
            spec: the checkpoint has its digest, except the sample, which is identified by its name.
            data: the identity of the task's examples.
            seed: of the run.
        """
        options, task, checkpoint = spec.options, spec.task, spec.checkpoint
        full = {} if options.evaluate_only else full_recipe(task, options.recipe)
        recipe = {name: value for name, value in full.items() if name not in WITHOUT_EFFECT}
        device = "cpu" if recipe.get("use_cpu") or recipe.get("no_cuda") else expected_device()
        return cls(
            task={name: value for name, value in asdict(task).items() if name not in _NOT_OF_A_RUN},
            checkpoint=checkpoint.digest or checkpoint.name,
            data=data,
            recipe={name: _normalised(value) for name, value in recipe.items()},
            options={name: getattr(options, name) for name, each in OPTIONS.items() if each.affects == "run"},
            seed=seed,
            device=device,
            devices=expected_devices() if device == "cuda" else 1,
            libraries={name: library_versions()[name] for name in LIBRARIES},
            code=code_digest(),
            environment={
                **{name: os.environ[name] for name in sorted(os.environ) if name.startswith(_VARIABLES)},
                **{f"metric {name}": METRICS[name].digest for name in task.metrics if _is_own(name)},
            },
        )

    def of_seed(self, seed: int) -> Self:
        """Return the key of the item's run with another seed."""
        return replace(self, seed=seed)

    @property
    def text(self) -> str:
        """The canonical JSON, the same for equal keys."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @property
    def name(self) -> str:
        """The key as 64 hexadecimal digits, for a file name."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def differences(self, other: Self) -> dict[str, tuple[Any, Any]]:
        """Return the values in which two keys differ, by field or as `field.name`; None where one has no value."""
        ours, theirs = _flat(json.loads(self.text)), _flat(json.loads(other.text))
        names = dict.fromkeys([*ours, *theirs])
        pairs = {name: (ours.get(name), theirs.get(name)) for name in names}
        # As texts, which the key is made of: True and 1 differ.
        return {name: (one, other) for name, (one, other) in pairs.items() if json.dumps(one) != json.dumps(other)}


def _is_own(metric: str) -> bool:
    return metric in METRICS and bool(METRICS[metric].source)


def _normalised(value: Any) -> Any:
    """Return one form for equal numbers, also in lists and tables: 1.0 is 1, which a recipe may hold for it."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_normalised(each) for each in value]
        case dict():
            return {name: _normalised(each) for name, each in value.items()}
    return value


def _flat(key: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a key, with a name such as `recipe.learning_rate` for each value of a mapping."""
    found: dict[str, Any] = {}
    for name, value in key.items():
        found |= {f"{name}.{part}": each for part, each in value.items()} if isinstance(value, dict) else {name: value}
    return found
