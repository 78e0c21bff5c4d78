"""The command-line flags and their ini twins: how the options are spelt. `options` says how they are read.

This file is loaded by every pytest run on the machine, so it imports next to nothing and makes no classes.
"""

from pathlib import Path
from typing import Any, Literal

import pytest

FLAGS = (
    ("tasks", "NAMES", "tasks, comma-separated, or `all` (the default)"),
    ("checkpoints", "NAMES", "checkpoints, comma-separated: a hub id, `id@revision`, a folder, or `sample`"),
    ("data", "SOURCE", "`hub` (the default: nyu-mll/glue), `hub@revision`, `sample` or a folder"),
    ("seeds", "SEEDS", "fine-tunings per item: a count, as in `5` (42 to 46), or a list, as in `7,8` or `7,`"),
    ("recipe", "KEY=VALUE", "any field of TrainingArguments; repeatable"),
    ("max_train_samples", "N", "train on the first N examples only"),
    ("max_eval_samples", "N", "evaluate on the first N examples only"),
    ("max_length", "N", "truncate to N tokens, where the checkpoint could take more"),
    ("batching", "auto|packed|micro|plain", "how batches are laid out, a question of speed alone (default: auto)"),
    ("threshold", "TASK[:METRIC]=VALUE", "lowest score that passes, a fraction; repeatable; METRIC: the headline one"),
    ("save", "NAME", "record each item as the baseline of that name"),
    ("compare", "NAME", "judge each item against the baseline of that name, or in that file"),
    ("storage", "FOLDER", "where baselines are kept (default: glue-baselines, below the root)"),
    ("max_drop", "[TASK=]VALUE", "the drop below the baseline that is allowed, a fraction (default: 0); repeatable"),
    ("alpha", "PROBABILITY", "how often a test run in which nothing dropped may be red (default: 0.05)"),
    ("max_seeds", "N", "add seeds to an item while its comparison is inconclusive, up to N"),
    ("inconclusive", "pass|fail", "what an inconclusive verdict does to its item (default: pass)"),
    ("stop_when_decided", "", "end a fine-tuning once its item is sure to pass; its score is then a lower bound"),
    ("search", "optuna|ray", "search hyperparameters on part of the data first; `off` where a table asks for it"),
    ("trials", "N", "trials of a search (default: 10)"),
    ("search_fraction", "SHARE", "of the training data, for each trial (default: 0.1)"),
    (
        "search_split",
        "held-out|evaluation",
        "what trials are scored on (default: held-out of the training data)",
    ),
    ("search_storage", "FOLDER|URL", "where studies are kept, and go on from (default: glue-search, below the root)"),
    ("cache", "use|refresh|only|off", "finished runs: read and keep them (default), train anew, train nothing, ignore"),
    ("cache_dir", "FOLDER", "where finished runs are kept (default: $PYTEST_GLUE_CACHE, or the user's caches)"),
    ("resume", "", "let a fine-tuning that is killed go on from its last epoch; its state is written each epoch"),
    (
        "timeout",
        "SECONDS",
        "end a fine-tuning (one seed of an item) that takes longer, as an error; `off` for no limit",
    ),
    ("executor", "local|ray", "where fine-tunings run: in the items' own process (default), or in workers of Ray"),
    ("shard", "K/N", "run the K-th of N parts of the items; `pytest-glue merge` joins their reports"),
    ("json", "PATH", "write the JSON report there"),
)
"""Name (the field of `Options`, the table's key and, behind `glue_`, the ini key), placeholder and help.

A flag without a placeholder takes no value: it says `on`, where the other places also say `off`.
"""

REPEATABLE = ("recipe", "threshold", "max_drop")
CONFIG = "glue_config"


def add_flags(parser: pytest.Parser) -> None:
    """Register every flag with its ini twin."""
    group = parser.getgroup("glue", "fine-tuned checkpoints (pytest-glue)")
    for name, metavar, text in FLAGS:
        option = f"--glue-{name.replace('_', '-')}"
        if name in REPEATABLE:
            group.addoption(option, dest=f"glue_{name}", metavar=metavar, help=text, action="append")
        elif not metavar:
            group.addoption(option, dest=f"glue_{name}", help=text, action="store_const", const="on")
        else:
            group.addoption(option, dest=f"glue_{name}", metavar=metavar, help=text)
        kind: Literal["linelist", "string"] = "linelist" if name in REPEATABLE else "string"
        parser.addini(f"glue_{name}", f"as {option}", type=kind, default=None)
    text = "file that holds the table [tool.pytest_glue], instead of pyproject.toml"
    group.addoption("--glue-config", dest=CONFIG, metavar="FILE", help=text)
    parser.addini(CONFIG, "as --glue-config", default=None)


def given(config: pytest.Config) -> dict[str, Any]:
    """Return the flags that stand on the command line, by name."""
    values = {name: getattr(config.option, f"glue_{name}", None) for name, _metavar, _text in FLAGS}
    return {name: value for name, value in values.items() if value is not None}


def asked(config: pytest.Config) -> bool:
    """Return whether any place may ask for glue items, told without parsing one: a flag, an ini key or the table."""
    if given(config) or any(config.getini(f"glue_{name}") for name, _metavar, _text in FLAGS):
        return True
    file = table_file(config)
    return file.is_file() and b"pytest_glue" in file.read_bytes()


def table_file(config: pytest.Config) -> Path:
    """Return the file that holds the table; one that a flag names is looked for from where pytest was started."""
    flag, ini = config.getoption(CONFIG), config.getini(CONFIG)
    return Path.cwd() / flag if flag else config.rootpath / (ini or "pyproject.toml")
