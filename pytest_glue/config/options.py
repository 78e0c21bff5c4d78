"""The options. Each is declared once, in `Options`; flags, files, cache key, JSON report and reference follow from it.

Every pytest run loads this file, so it imports other modules only inside functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.config.declaration import FrozenOptions, Option, declared_options, option, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_glue.config.search_space import Distribution
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.choices import (
        Batching,
        CachePolicy,
        ExecutorKind,
        HeadPolicy,
        InconclusivePolicy,
        MissingBaselinePolicy,
        ReportText,
        Tracker,
        UncheckedPolicy,
    )
    from pytest_glue.core.recipe import Recipe
    from pytest_glue.core.shards import Shard
    from pytest_glue.core.slices import Slice
    from pytest_glue.core.tasks import Task


class Options(FrozenOptions):
    """All options, parsed and checked. Paths are resolved against the source that gave them."""

    tasks: tuple[Task, ...] = option(
        "NAMES",
        "tasks to run, comma-separated, or `all`: your own tasks, or GLUE's if there are none",
        affects="item",
        default="all",
    )
    checkpoints: tuple[Checkpoint, ...] = option(
        "NAMES",
        "checkpoints to test, comma-separated: a hub id, `id@revision`, a folder, or `sample`; `ROLE=` before it names "
        "the item and its baseline",
        affects="item",
        default="",
    )
    data: str = option(
        "SOURCE",
        "where the data comes from: `hub` (nyu-mll/glue), `hub@revision`, a folder, or `sample`",
        affects="item",
        default="hub",
    )
    seeds: tuple[int, ...] = option(
        "SEEDS",
        "seeds of each item's runs: a count, as in `5` (seeds 42 to 46), or a list, as in `7,8` or `7,`",
        affects="item",
        default="1",
    )
    recipe: Recipe = option(
        "KEY=VALUE", "set a field of TrainingArguments; repeatable", affects="item", default={}, repeatable=True
    )
    max_train_samples: int | None = option(
        "N", "train on the first N examples only", affects="run", default=None, parser="positive_integer"
    )
    max_eval_samples: int | None = option(
        "N", "evaluate on the first N examples only", affects="run", default=None, parser="positive_integer"
    )
    max_length: int | None = option(
        "N", "truncate inputs to N tokens (default: the checkpoint's limit)", affects="run", default=None
    )
    head: HeadPolicy = option(
        "keep|new",
        "the checkpoint's own head: keep it if its labels are the task's, or train a new one",
        affects="run",
        default="keep",
    )
    evaluate_only: bool = option(
        "",
        "score the checkpoint as it is, a fine-tuned classifier, without fine-tuning",
        affects="run",
        default="off",
        parser="switch",
    )
    batching: Batching = option(
        "auto|packed|micro|plain",
        "how the examples of a batch are laid out; changes the speed only",
        affects="run",
        default="auto",
    )
    threshold: Mapping[tuple[str, str], float] = option(
        "TASK[:METRIC]=VALUE",
        "lowest score that passes, as a fraction, or the highest where lower is better; METRIC is the headline metric "
        "if left out; for a slice, `TASK[SLICE]` stands for TASK; repeatable",
        affects="verdict",
        default={},
        repeatable=True,
    )
    save: str | None = option(
        "NAME",
        "record the result of each item as the baseline NAME",
        affects="verdict",
        default=None,
        parser="baseline_name",
    )
    compare: str | None = option(
        "NAME",
        "compare each item with the baseline NAME, or with a baseline file that ends in .json",
        affects="verdict",
        default=None,
        parser="baseline",
    )
    on_missing_baseline: MissingBaselinePolicy = option(
        "fail|save|skip",
        "what `--glue-compare` does with an item that has no baseline: an error, judge it without one and record it, "
        "or skip it",
        affects="verdict",
        default="fail",
    )
    baseline_max_age: float | None = option(
        "DAYS",
        "warn of a baseline that is this old; `off` for no warning",
        affects="report",
        default="off",
    )
    storage: Path = option(
        "FOLDER", "folder of the baselines", affects="machine", default="glue-baselines", parser="path"
    )
    max_drop: Mapping[str | None, float] = option(
        "[TASK=]VALUE",
        "allowed drop below the baseline, as a fraction (default: 0); where lower is better, the allowed rise, in "
        "units of the metric; for a slice, `TASK[SLICE]` stands for TASK; repeatable",
        affects="verdict",
        default={},
        repeatable=True,
    )
    alpha: float = option(
        "PROBABILITY",
        "family-wise error rate: probability of a false failure per test run",
        affects="verdict",
        default="0.05",
    )
    family_size: int | None = option(
        "N",
        "judge each item as one of N that share alpha, to repeat some of them alone; by default those of the test run",
        affects="verdict",
        default=None,
        parser="positive_integer",
    )
    certify: bool = option(
        "",
        "bound the drop in accuracy by the predictions that changed on unlabelled text, the test split; needs "
        "`--glue-compare`, and a baseline that was saved with `--glue-certify`",
        affects="verdict",
        default="off",
        parser="switch",
    )
    max_seeds: int | None = option(
        "N",
        "add seeds to an item while its comparison is inconclusive and they may decide it, up to N",
        affects="verdict",
        default=None,
    )
    inconclusive: InconclusivePolicy = option(
        "pass|fail", "whether an item with an inconclusive verdict passes or fails", affects="verdict", default="pass"
    )
    unchecked: UncheckedPolicy = option(
        "error|pass",
        "what a test is that passes without asking for its red verdict; `pass` if tests only report",
        affects="verdict",
        default="error",
    )
    stop_when_decided: bool = option(
        "",
        "end a run once its item is sure to pass; its score is then a lower bound, which no baseline can use",
        affects="verdict",
        default="off",
        parser="switch",
    )
    search: str | None = option(
        "optuna|ray",
        "search hyperparameters on part of the training data first; `off` overrides a table",
        affects="search",
        default="off",
    )
    trials: int = option("N", "number of trials of a search", affects="search", default="10", parser="positive_integer")
    search_fraction: float = option(
        "SHARE", "share of the training data that each trial is trained on", affects="search", default="0.1"
    )
    search_split: str = option(
        "held-out|evaluation",
        "data that trials are scored on: held-out training data, or the evaluation split",
        affects="search",
        default="held-out",
    )
    search_storage: str = option(
        "FOLDER|URL",
        "folder of the studies, or for Optuna the URL of a database",
        affects="machine",
        default="glue-search",
    )
    cache: CachePolicy = option(
        "use|refresh|only|off",
        "finished runs: read and write them, train again and replace them, never train, or ignore the cache",
        affects="machine",
        default="use",
    )
    cache_dir: Path | None = option(
        "FOLDER",
        "folder of the cache (default: $PYTEST_GLUE_CACHE, or the user's cache folder)",
        affects="machine",
        default=None,
        parser="path",
    )
    resume: bool = option(
        "",
        "save the state of a run after each epoch; a run that was killed resumes there, with the same result",
        affects="machine",
        default="off",
        parser="switch",
    )
    timeout: float | None = option(
        "SECONDS",
        "end a run (one seed of an item) that takes longer, with an error; `off` for no limit",
        affects="machine",
        default="off",
    )
    executor: ExecutorKind = option(
        "local|ray",
        "where runs execute: in the pytest process of their item, or in Ray workers",
        affects="machine",
        default="local",
    )
    shard: Shard | None = option(
        "K/N",
        "run the K-th of N shards of the items, balanced by expected cost; `pytest-glue merge` joins their reports",
        affects="machine",
        default=None,
    )
    json: Path | None = option("PATH", "write the JSON report to PATH", affects="output", default=None, parser="path")
    json_predictions: bool = option(
        "",
        "write predictions and gold labels to the JSON report too, as `pytest-glue compare` needs them",
        affects="report",
        default="off",
        parser="switch",
    )
    submission: Path | None = option(
        "FOLDER",
        "predict GLUE's test splits and write the files of the leaderboard, and a zip of them, to FOLDER",
        affects="output",
        default=None,
        parser="path",
    )
    html: Path | None = option(
        "PATH",
        "write a page with plots to PATH; needs `pip install 'pytest-glue[report]'`",
        affects="output",
        default=None,
        parser="path",
    )
    markdown: Path | None = option(
        "PATH",
        "write a summary in GitHub's Markdown to PATH; it is appended to the file `$GITHUB_STEP_SUMMARY` by itself",
        affects="output",
        default=None,
        parser="path",
    )
    history: Path | None = option(
        "FILE",
        "append the result of each item to a history, which `pytest-glue history TASK` shows: an SQLite database",
        affects="output",
        default=None,
        parser="path",
    )
    report_text: ReportText = option(
        "flipped|none",
        "which texts of examples are shown: those whose prediction got worse and golden examples that are predicted "
        "wrong, or none; the former in `--glue-html` only, the latter there and in the terminal",
        affects="report",
        default="flipped",
    )
    junit_properties: bool = option(
        "on|off",
        "write the facts of each item as properties of its JUnit test case; `off` where a schema forbids them",
        affects="output",
        default="on",
        parser="switch",
    )
    report_to: tuple[Tracker, ...] = option(
        "TRACKERS",
        "report losses and scores of each fine-tuning to experiment trackers, comma-separated: `tensorboard`, "
        "`mlflow`, `wandb`, `trackio`; `none` overrides a table",
        affects="output",
        default="none",
    )
    space: Mapping[str, Distribution] = option(
        None, "search space, by field of TrainingArguments", affects="search", default={}
    )
    task: Mapping[str, Task] = option(None, "own tasks, by name", affects="item", default={}, parser="own_tasks")
    slices: Mapping[str, tuple[Slice, ...]] = option(
        None, "slices of the evaluation examples, by task", affects="verdict", default={}
    )
    ray: Mapping[str, Any] = option(None, "Ray cluster, and the resources of one run", affects="machine", default={})

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds, followed by those that `max_seeds` may add."""
        from pytest_glue.config.parsers import SEED_END

        missing = max((self.max_seeds or 0) - len(self.seeds), 0)
        return (*self.seeds, *range(max(self.seeds) + 1, SEED_END)[:missing])

    @property
    def known_tasks(self) -> dict[str, Task]:
        """All tasks that can be run, by name, with their slices: those of GLUE and the user's own."""
        from dataclasses import replace

        from pytest_glue.core.tasks import GLUE

        tasks = {**GLUE, **self.task}
        tasks |= {name: replace(tasks[name], slices=slices) for name, slices in self.slices.items()}
        return {name: task.untrained for name, task in tasks.items()} if self.evaluate_only else tasks

    def to_dict(self) -> dict[str, Any]:
        """Return the options as the JSON report holds them, without secrets."""
        from dataclasses import asdict

        from pytest_glue.core.secrets import mask_fields

        own_tasks = {name: asdict(task) for name, task in self.task.items()}
        shown = self.replace(recipe=mask_fields(self.recipe), task=own_tasks)
        return {name: plain(getattr(shown, name)) for name, each in OPTIONS.items() if each.affects != "output"}

    def __repr__(self) -> str:
        """Return the options as pytest shows the arguments of a test that failed, without secrets."""
        from pytest_glue.core.secrets import mask

        return mask(super().__repr__())


OPTIONS: Mapping[str, Option] = declared_options(Options)
"""The declarations by name."""
