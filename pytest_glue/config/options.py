"""The options. Each is declared once, in `Options`; flags, files, cache key, JSON report and reference follow from it.

Every pytest run loads this file and the parsers, so both import other modules only inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_glue.config import parsers, values
from pytest_glue.config.declaration import FrozenOptions, Option, declared_options, option

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_glue.config.search_space import Distribution
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.choices import Batching, CachePolicy, ExecutorKind, InconclusivePolicy
    from pytest_glue.core.recipe import Recipe
    from pytest_glue.core.shards import Shard
    from pytest_glue.core.tasks import Task


class Options(FrozenOptions):
    """All options, parsed and checked. Paths are resolved against the source that gave them."""

    tasks: tuple[Task, ...] = option(
        parsers.tasks, "NAMES", "tasks to run, comma-separated, or `all`", affects="item", default="all"
    )
    checkpoints: tuple[Checkpoint, ...] = option(
        parsers.checkpoints,
        "NAMES",
        "checkpoints to test, comma-separated: a hub id, `id@revision`, a folder, or `sample`",
        affects="item",
        default="",
    )
    data: str = option(
        parsers.data,
        "SOURCE",
        "where the data comes from: `hub` (nyu-mll/glue), `hub@revision`, a folder, or `sample`",
        affects="item",
        default="hub",
    )
    seeds: tuple[int, ...] = option(
        parsers.seeds,
        "SEEDS",
        "seeds of each item's runs: a count, as in `5` (seeds 42 to 46), or a list, as in `7,8` or `7,`",
        affects="item",
        default="1",
    )
    recipe: Recipe = option(
        parsers.recipe,
        "KEY=VALUE",
        "set a field of TrainingArguments; repeatable",
        affects="item",
        default={},
        repeatable=True,
    )
    max_train_samples: int | None = option(
        values.at_least(1), "N", "train on the first N examples only", affects="run", default=None
    )
    max_eval_samples: int | None = option(
        values.at_least(1), "N", "evaluate on the first N examples only", affects="run", default=None
    )
    max_length: int | None = option(
        values.at_least(4),
        "N",
        "truncate inputs to N tokens (default: the checkpoint's limit)",
        affects="run",
        default=None,
    )
    batching: Batching = option(
        parsers.batching,
        "auto|packed|micro|plain",
        "how the examples of a batch are laid out; changes the speed only",
        affects="run",
        default="auto",
    )
    threshold: Mapping[tuple[str, str], float] = option(
        parsers.threshold,
        "TASK[:METRIC]=VALUE",
        "lowest score that passes, as a fraction; METRIC is the headline metric if left out; repeatable",
        affects="verdict",
        default={},
        repeatable=True,
    )
    save: str | None = option(
        parsers.baseline_name,
        "NAME",
        "record the result of each item as the baseline NAME",
        affects="verdict",
        default=None,
    )
    compare: str | None = option(
        parsers.baseline,
        "NAME",
        "compare each item with the baseline NAME, or with a baseline file that ends in .json",
        affects="verdict",
        default=None,
    )
    storage: Path = option(
        values.path,
        "FOLDER",
        "folder of the baselines",
        affects="machine",
        default="glue-baselines",
    )
    max_drop: Mapping[str | None, float] = option(
        parsers.max_drop,
        "[TASK=]VALUE",
        "allowed drop below the baseline, as a fraction (default: 0); repeatable",
        affects="verdict",
        default={},
        repeatable=True,
    )
    alpha: float = option(
        parsers.alpha,
        "PROBABILITY",
        "family-wise error rate: probability of a false failure per test run",
        affects="verdict",
        default="0.05",
    )
    max_seeds: int | None = option(
        values.at_least(2),
        "N",
        "add seeds to an item while its comparison is inconclusive, up to N",
        affects="verdict",
        default=None,
    )
    inconclusive: InconclusivePolicy = option(
        parsers.inconclusive,
        "pass|fail",
        "whether an item with an inconclusive verdict passes or fails",
        affects="verdict",
        default="pass",
    )
    stop_when_decided: bool = option(
        values.switch,
        "",
        "end a run once its item is sure to pass; its score is then a lower bound, which no baseline can use",
        affects="verdict",
        default="off",
    )
    search: str | None = option(
        parsers.search,
        "optuna|ray",
        "search hyperparameters on part of the training data first; `off` overrides a table",
        affects="search",
        default="off",
    )
    trials: int = option(values.at_least(1), "N", "number of trials of a search", affects="search", default="10")
    search_fraction: float = option(
        parsers.search_fraction,
        "SHARE",
        "share of the training data that each trial is trained on",
        affects="search",
        default="0.1",
    )
    search_split: str = option(
        parsers.search_split,
        "held-out|evaluation",
        "data that trials are scored on: held-out training data, or the evaluation split",
        affects="search",
        default="held-out",
    )
    search_storage: str = option(
        parsers.search_storage,
        "FOLDER|URL",
        "folder of the studies, or for Optuna the URL of a database",
        affects="machine",
        default="glue-search",
    )
    cache: CachePolicy = option(
        parsers.cache,
        "use|refresh|only|off",
        "finished runs: read and write them, train again and replace them, never train, or ignore the cache",
        affects="machine",
        default="use",
    )
    cache_dir: Path | None = option(
        values.path,
        "FOLDER",
        "folder of the cache (default: $PYTEST_GLUE_CACHE, or the user's cache folder)",
        affects="machine",
        default=None,
    )
    resume: bool = option(
        values.switch,
        "",
        "save the state of a run after each epoch; a run that was killed resumes there, with the same result",
        affects="machine",
        default="off",
    )
    timeout: float | None = option(
        parsers.timeout,
        "SECONDS",
        "end a run (one seed of an item) that takes longer, with an error; `off` for no limit",
        affects="machine",
        default="off",
    )
    executor: ExecutorKind = option(
        parsers.executor,
        "local|ray",
        "where runs execute: in the pytest process of their item, or in Ray workers",
        affects="machine",
        default="local",
    )
    shard: Shard | None = option(
        parsers.shard,
        "K/N",
        "run the K-th of N shards of the items, balanced by expected cost; `pytest-glue merge` joins their reports",
        affects="machine",
        default=None,
    )
    json: Path | None = option(values.path, "PATH", "write the JSON report to PATH", affects="output", default=None)
    space: Mapping[str, Distribution] = option(
        parsers.space, None, "search space, by field of TrainingArguments", affects="search", default={}
    )
    ray: Mapping[str, Any] = option(
        parsers.ray, None, "Ray cluster, and the resources of one run", affects="machine", default={}
    )

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds, followed by those that `max_seeds` may add."""
        missing = max((self.max_seeds or 0) - len(self.seeds), 0)
        return (*self.seeds, *range(max(self.seeds) + 1, parsers.SEED_END)[:missing])

    def to_dict(self) -> dict[str, Any]:
        """Return the options as the JSON report holds them."""
        return {name: _plain(getattr(self, name)) for name, each in OPTIONS.items() if each.affects != "output"}


OPTIONS: Mapping[str, Option] = declared_options(Options)
"""The declarations by name."""


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case list() | tuple():
            return [_plain(each) for each in value]
        case Mapping():
            return {":".join(key) if isinstance(key, tuple) else key or "": _plain(each) for key, each in value.items()}
    return value.plain() if hasattr(value, "plain") else str(value)
