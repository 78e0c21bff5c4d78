"""Flags that do nothing where they stand: the lines about them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.session.unused_flags import repeated_flags, unused_flags

TWICE = "is given 2 times, and the last one counts"


def unused(*tasks: str | None, options: dict[str, Any] | None = None, **given: Any) -> list[str]:
    """Return the lines for a command line and items of these tasks, which have these options."""
    config: Any = SimpleNamespace(option=SimpleNamespace(**{f"glue_{name}": value for name, value in given.items()}))
    return unused_flags(config, [combine([OptionSource("{name}", options or {}, Path.cwd())])] * len(tasks), tasks)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], []),
        (["--glue-tasks=cola"], []),
        (["--glue-tasks=cola", "--glue-tasks=cola"], []),
        (
            [
                "--glue-threshold=cola=0.1",
                "--glue-threshold=rte=0.5",
                "--glue-recipe",
                "optim=adamw",
                "--glue-recipe=a=1",
            ],
            [],
        ),
        (
            ["--glue-tasks=cola", "-x", "--glue-tasks", "rte"],
            [f"--glue-tasks {TWICE}: rte; for all of them write --glue-tasks=cola,rte"],
        ),
        (
            ["--glue-alpha=0.1", "--glue-alpha=0.2", "--glue-alpha=0.1"],
            ["--glue-alpha is given 3 times, and the last one counts: 0.1"],
        ),
    ],
)
def test_a_flag_that_is_given_twice(arguments: list[str], expected: list[str]) -> None:
    """As with pytest's own flags the last one counts; the line says how to give several values."""
    assert expected == repeated_flags(arguments)


@pytest.mark.parametrize(
    ("given", "needed", "cause"),
    [
        ({"max_drop": ["0.1"]}, {"compare": "main"}, "no item is compared with a baseline; give --glue-compare=NAME"),
        ({"on_missing_baseline": "skip"}, {"compare": "main"}, "no item is compared with a baseline"),
        ({"baseline_max_age": "30"}, {"compare": "main"}, "no item is compared with a baseline"),
        ({"json_predictions": True}, {"json": "r.json"}, "no JSON report is written; give --glue-json=PATH"),
        ({"trials": "3"}, {"search": "optuna"}, "no item has a search; give --glue-search=optuna"),
        ({"search_fraction": "0.5"}, {"search": "optuna"}, "no item has a search"),
        ({"search_split": "held-out"}, {"search": "ray"}, "no item has a search"),
        ({"search_storage": "x"}, {"search": "ray"}, "no item has a search"),
    ],
)
def test_a_flag_that_needs_another(given: dict[str, Any], needed: dict[str, Any], cause: str) -> None:
    """It has no effect without the other one, which a marker can give to some items."""
    (line,) = unused("cola", **given)
    assert line.startswith(f"--glue-{next(iter(given)).replace('_', '-')} has no effect: {cause}")
    assert [] == unused("cola", options=needed, **given)
    assert [] == unused(**given)


def test_a_value_for_a_task_that_is_not_run() -> None:
    """A task of the user's own is known only when its item runs."""
    given = {"threshold": ["cola=0.1,rte=0.5", "mrpc:f1=0.5"], "max_drop": ["0.1", "rte=0.2"]}
    assert unused("cola", "sst2", options={"compare": "main"}, **given) == [
        "--glue-threshold: the value for mrpc is not used: no item has this task",
        "--glue-threshold: the value for rte is not used: no item has this task",
        "--glue-max-drop: the value for rte is not used: no item has this task",
    ]
    assert [] == unused("cola", "rte", "mrpc", options={"compare": "main"}, **given)
    assert [] == unused("cola", None, options={"compare": "main"}, **given)


@pytest.mark.parametrize(
    "given", [{"max_train_samples": "9"}, {"stop_when_decided": "on"}, {"resume": "on"}, {"trials": "3"}], ids=str
)
def test_what_concerns_a_training_has_no_effect_without_one(given: dict[str, Any]) -> None:
    (name,) = given
    flag = f"--glue-{name.replace('_', '-')}"
    assert [f"{flag} has no effect: --glue-evaluate-only trains nothing"] == unused(
        "rte", options={"evaluate_only": "on"}, **given
    )
