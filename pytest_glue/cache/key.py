"""The key of a run: everything that determines it, known without importing what trains it."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Self

from pytest_glue.config.options import OPTIONS, Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.environment import expected_device, expected_devices, library_versions
from pytest_glue.core.recipe import WITHOUT_EFFECT, full_recipe
from pytest_glue.core.tasks import Task

LIBRARIES = ("torch", "transformers", "tokenizers", "accelerate", "datasets", "numpy", "scipy", "scikit-learn")
"""Those whose version a score depends on."""

_CODE = (
    *("data", "training", "sample", "execution/fine_tuning.py", "fixtures.py", "session/run_sources.py"),
    *("core/choices.py", "core/runs.py", "core/metrics.py", "core/recipe.py", "core/tasks.py"),
    "statistics/metrics.py",
)
"""The folders and files of this package that make a run out of what the rest of the key says."""

_VARIABLES = ("ACCELERATE_", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32", "WORLD_SIZE")
"""How the environment variables begin that change what is computed."""


@dataclass(frozen=True, slots=True)
class Key:
    """What determines a run: where all of it is equal, so is the run, to rounding.

    The number of threads is no part: it changes the order of sums and with it the last digits, as another machine
    does, and a store that it divides could not be shared by machines.
    """

    task: Mapping[str, Any]
    checkpoint: str
    """The digest of its files; of the sample's, which the code makes, its name."""
    data: str
    """What tells the examples apart, before they are read: `DataSource.identity`."""
    recipe: Mapping[str, Any]
    """The whole of it, without what changes no score."""
    options: Mapping[str, Any]
    """The options that are declared to affect a run."""
    seed: int
    device: str
    """The kind: `cpu`, `cuda`, `mps`."""
    devices: int
    """How many share a batch."""
    libraries: Mapping[str, str]
    code: str
    """The digest of those files of this package that make a run."""
    environment: Mapping[str, str]

    @classmethod
    def of(cls, options: Options, task: Task, checkpoint: Checkpoint, data: str, seed: int) -> Self:
        """Return the key of a run.

        Args:
            options: of the item.
            task: of the item.
            checkpoint: with its identity; the sample's own without.
            data: the identity of the task's examples.
            seed: of the run.
        """
        recipe = {
            name: value for name, value in full_recipe(task, options.recipe).items() if name not in WITHOUT_EFFECT
        }
        device = "cpu" if recipe.get("use_cpu") or recipe.get("no_cuda") else expected_device()
        return cls(
            task={name: value for name, value in asdict(task).items() if name != "report_only"},
            checkpoint=checkpoint.digest or checkpoint.name,
            data=data,
            recipe=recipe,
            options={name: getattr(options, name) for name, each in OPTIONS.items() if each.affects == "run"},
            seed=seed,
            device=device,
            devices=expected_devices() if device == "cuda" else 1,
            libraries={name: library_versions()[name] for name in LIBRARIES},
            code=code_digest(),
            environment={name: os.environ[name] for name in sorted(os.environ) if name.startswith(_VARIABLES)},
        )

    def of_seed(self, seed: int) -> Self:
        """Return the key of another run of the item."""
        return replace(self, seed=seed)

    @property
    def text(self) -> str:
        """The canonical form: JSON that is the same for equal keys."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @property
    def name(self) -> str:
        """The key in 64 hexadecimal digits, as a file name takes it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def differences(self, other: Self) -> list[str]:
        """Return the names of the parts in which two keys differ."""
        ours, theirs = json.loads(self.text), json.loads(other.text)
        return [field.name for field in fields(self) if ours[field.name] != theirs[field.name]]


@cache
def code_digest() -> str:
    """Return `sha256:...` of the package's files that make a run; whatever changes one of them changes the digest."""
    package = Path(__file__).parents[1]
    places = [package / name for name in _CODE]
    files = [path for place in places for path in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]
    total = hashlib.sha256()
    for path in files:
        total.update(f"{path.relative_to(package).as_posix()}\n".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{total.hexdigest()}"
