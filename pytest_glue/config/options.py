"""The options: what every place says, parsed and checked, as one frozen value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_glue.config.parsers import FIRST_SEED, PARSERS, SEED_END
from pytest_glue.config.search_space import Distribution
from pytest_glue.config.thresholds import Threshold
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import Batching, CachePolicy, ExecutorKind, InconclusivePolicy
from pytest_glue.core.errors import GlueError, OptionError, closest
from pytest_glue.core.recipe import Recipe
from pytest_glue.core.shards import Shard
from pytest_glue.core.study import HELD_OUT
from pytest_glue.core.tasks import GLUE, Task


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for, parsed and checked; paths are resolved against the place that named them."""

    tasks: tuple[Task, ...] = tuple(GLUE.values())
    checkpoints: tuple[Checkpoint, ...] = ()
    data: str = "hub"
    """`hub`, `hub@revision`, `sample` or a folder."""
    seeds: tuple[int, ...] = (FIRST_SEED,)
    recipe: Recipe = field(default_factory=dict)
    """What differs from the notebook's recipe."""
    max_train_samples: int | None = None
    max_eval_samples: int | None = None
    max_length: int | None = None
    """Tokens an example is truncated to; None for what the checkpoint can take."""
    batching: Batching = Batching.AUTO
    threshold: Mapping[tuple[str, str], Threshold] = field(default_factory=dict)
    """By (task, metric)."""
    save: str | None = None
    """The name under which items are recorded."""
    compare: str | None = None
    """The baseline that items are judged against: a name, or a file that ends in .json."""
    storage: Path = Path("glue-baselines")
    max_drop: Mapping[str | None, float] = field(default_factory=dict)
    """Allowed drop by task; under None, of every other."""
    alpha: float = 0.05
    """One-sided error rate of the whole test run."""
    max_seeds: int | None = None
    inconclusive: InconclusivePolicy = InconclusivePolicy.PASS
    stop_when_decided: bool = False
    """Whether a fine-tuning ends once its item is sure to pass."""
    search: str | None = None
    """The backend of a hyperparameter search; None where the recipe is used as it is."""
    trials: int = 10
    search_fraction: float = 0.1
    search_split: str = HELD_OUT
    search_storage: str = "glue-search"
    """A folder, or a URL."""
    cache: CachePolicy = CachePolicy.USE
    cache_dir: Path | None = None
    """Where finished runs are kept; None for the place that environment and platform name."""
    resume: bool = False
    """Whether a killed fine-tuning goes on from its last epoch, for which each epoch's state is written."""
    timeout: float | None = None
    """Seconds that one fine-tuning may take; None for as long as it likes."""
    executor: ExecutorKind = ExecutorKind.LOCAL
    """Where fine-tunings run."""
    shard: Shard | None = None
    """The part of the items that this test run has; None for all of them."""
    json: Path | None = None
    space: Mapping[str, Distribution] = field(default_factory=dict)
    """What `[tool.pytest_glue.search]` says of the search space; empty for the default one."""
    ray: Mapping[str, Any] = field(default_factory=dict)
    """What `[tool.pytest_glue.ray]` says of the cluster and of what one fine-tuning takes of it."""

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds, and behind them those that may be added."""
        missing = max((self.max_seeds or 0) - len(self.seeds), 0)
        return (*self.seeds, *range(max(self.seeds) + 1, SEED_END)[:missing])


@dataclass(frozen=True, slots=True)
class OptionSource:
    """The options that one place gives, as it gives them."""

    origin: str
    """How a message names an option of this place: a template for its name."""
    values: Mapping[str, Any]
    base: Path
    """What relative paths of this place start from."""


def combine(layers: Iterable[OptionSource]) -> Options:
    """Return the options that the places give together: a later place beats an earlier one, key by key in a mapping.

    Raises:
        OptionError: an unknown key or a value that is not accepted, named with its place.
    """
    options = Options()
    for layer in layers:
        for name, value in _spread(layer.values).items():
            origin = layer.origin.format(name=name, option=name.replace("_", "-"))
            if name not in PARSERS:
                message = f"{origin}: unknown option; {closest(name, PARSERS)}"
                raise OptionError(message)
            try:
                parsed = PARSERS[name](value, layer.base)
            except GlueError as error:
                message = f"{origin}: {error}"
                raise OptionError(message) from None
            if isinstance(parsed, Mapping):
                parsed = {**getattr(options, name), **parsed}
            options = replace(options, **{name: parsed})
    _check_together(options)
    return options


def _check_together(options: Options) -> None:
    needs_scores = {"save": options.save, "compare": options.compare}
    given = [f"--glue-{name}={value}" for name, value in needs_scores.items() if value is not None]
    if options.stop_when_decided and given:
        message = f"--glue-stop-when-decided leaves lower bounds, and {given[0]} needs scores: leave out one of the two"
        raise OptionError(message)


def _spread(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values with a table `search` taken apart: its backend, and the space that the rest of it is."""
    table = values.get("search")
    if not isinstance(table, Mapping):
        return values
    space = {name: value for name, value in table.items() if name != "backend"}
    backend = {"search": table["backend"]} if "backend" in table else {}
    return {name: value for name, value in values.items() if name != "search"} | {"space": space} | backend
