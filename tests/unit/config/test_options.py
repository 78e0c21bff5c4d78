"""Options: declarations, defaults, and what follows from them."""

import pickle
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config import parsers
from pytest_glue.config.flags import FLAGS
from pytest_glue.config.options import OPTIONS, Options
from pytest_glue.config.parse_context import ParseContext
from pytest_glue.core import choices
from pytest_glue.core.choices import (
    Batching,
    CachePolicy,
    ExecutorKind,
    HeadPolicy,
    InconclusivePolicy,
    MissingBaselinePolicy,
    ReportText,
    UncheckedPolicy,
)
from pytest_glue.core.tasks import GLUE

DEFAULTS: dict[str, object] = {
    "tasks": tuple(GLUE.values()),
    "checkpoints": (),
    "data": "hub",
    "seeds": (42,),
    "recipe": {},
    "max_train_samples": None,
    "max_eval_samples": None,
    "max_length": None,
    "head": HeadPolicy.KEEP,
    "evaluate_only": False,
    "batching": Batching.AUTO,
    "threshold": {},
    "save": None,
    "compare": None,
    "on_missing_baseline": MissingBaselinePolicy.FAIL,
    "baseline_max_age": None,
    "storage": Path("glue-baselines"),
    "max_drop": {},
    "alpha": 0.05,
    "family_size": None,
    "certify": False,
    "max_seeds": None,
    "inconclusive": InconclusivePolicy.PASS,
    "unchecked": UncheckedPolicy.ERROR,
    "stop_when_decided": False,
    "search": None,
    "trials": 10,
    "search_fraction": 0.1,
    "search_split": "held-out",
    "search_storage": "glue-search",
    "cache": CachePolicy.USE,
    "cache_dir": None,
    "resume": False,
    "timeout": None,
    "executor": ExecutorKind.LOCAL,
    "shard": None,
    "json": None,
    "json_predictions": False,
    "submission": None,
    "html": None,
    "markdown": None,
    "history": None,
    "report_text": ReportText.FLIPPED,
    "report_to": (),
    "junit_properties": True,
    "space": {},
    "task": {},
    "slices": {},
    "ray": {},
}


def test_the_defaults() -> None:
    """By default, all tasks run on the hub's data with seed 42; nothing is recorded, compared or searched."""
    assert DEFAULTS == vars(Options())


def test_every_annotated_attribute_is_declared() -> None:
    """An attribute without a declaration could be read and never be set."""
    assert list(Options.__annotations__) == list(OPTIONS)


@pytest.mark.parametrize("name", [name for name, option in OPTIONS.items() if option.default is not None])
def test_a_default_is_a_value_that_a_user_could_write(name: str) -> None:
    assert getattr(Options(), name) == OPTIONS[name].parse(OPTIONS[name].default, ParseContext(Path()))


def test_a_repeatable_option_takes_tables() -> None:
    """Values of several sources merge key by key."""
    assert {"recipe", "threshold", "max_drop"} == {name for name, option in FLAGS.items() if option.repeatable}
    assert [] == [name for name, option in FLAGS.items() if option.repeatable and option.default != {}]


def test_options_are_frozen() -> None:
    """A change makes a copy."""
    plain = Options(seeds=(1, 2))
    with pytest.raises(AttributeError, match=r"options are frozen: make a copy with replace\(seeds=\.\.\.\)"):
        plain.seeds = (3,)  # type: ignore[misc]
    other = plain.replace(max_length=8)
    assert ((1, 2), None) == (plain.seeds, plain.max_length)
    assert ((1, 2), 8) == (other.seeds, other.max_length)


def test_an_unknown_option_is_an_error() -> None:
    with pytest.raises(TypeError, match="unknown options: seed"):
        Options(seed=1)  # type: ignore[call-arg]


def test_options_can_be_sent_to_another_process() -> None:
    plain = Options(seeds=(1,), threshold={("rte", "accuracy"): 0.5})
    assert plain == pickle.loads(pickle.dumps(plain))  # noqa: S301 - own data
    assert plain != plain.replace(seeds=(2,))
    assert "Options(tasks=(Task(name='cola'," in repr(plain)


@pytest.mark.parametrize(
    ("seeds", "limit", "expected"),
    [
        ((42, 43, 44), None, (42, 43, 44)),
        ((42, 43, 44), 5, (42, 43, 44, 45, 46)),
        ((9, 7), 4, (9, 7, 10, 11)),
        ((42, 43, 44), 2, (42, 43, 44)),
        ((4294967294,), 3, (4294967294, 4294967295)),
    ],
)
def test_the_seeds_that_may_be_added(seeds: tuple[int, ...], limit: int | None, expected: tuple[int, ...]) -> None:
    """Added seeds follow the largest one, as long as there are any."""
    assert expected == Options(seeds=seeds, max_seeds=limit).all_seeds


def test_the_report_holds_every_option_but_outputs() -> None:
    """The report is the same wherever it is written, and whatever other files are."""
    outputs = {"json", "html", "markdown", "history", "junit_properties", "submission", "report_to"}
    assert OPTIONS.keys() - outputs == Options().to_dict().keys()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("tasks", "rte,mrpc", ["mrpc", "rte"]),
        ("checkpoints", "a/b@main,sample", ["a/b@main", "sample"]),
        ("seeds", 2, [42, 43]),
        ("recipe", {"optim": "adafactor", "report_to": ["none"]}, {"optim": "adafactor", "report_to": ["none"]}),
        ("batching", "micro", "micro"),
        ("threshold", "rte=0.65,mrpc:f1=0.8", {"rte:accuracy": 0.65, "mrpc:f1": 0.8}),
        (
            "threshold",
            "rte[domain=news, legal]=0.65,rte=0.5",
            {"rte[domain=news, legal]:accuracy": 0.65, "rte:accuracy": 0.5},
        ),
        (
            "slices",
            {"rte": ["domain", {"name": "long", "column": "words", "min": 30}]},
            {"rte": ["domain", {"name": "long", "column": "words", "min": 30.0}]},
        ),
        ("storage", "records", "/base/records"),
        ("max_drop", "0.01,rte=0.03", {"": 0.01, "rte": 0.03}),
        ("resume", "on", True),
        ("timeout", "90", 90.0),
        ("shard", "2/3", "2/3"),
        (
            "space",
            {"learning_rate": {"low": 1e-5, "high": 1e-4, "log": True}, "per_device_train_batch_size": [8, 16]},
            {"learning_rate": {"low": 1e-5, "high": 1e-4, "log": True}, "per_device_train_batch_size": [8, 16]},
        ),
        ("ray", {"num_cpus": 2}, {"num_cpus": 2}),
    ],
)
def test_an_option_in_the_report(name: str, value: Any, expected: object) -> None:
    """The report holds plain data: a value as a table would hold it."""
    found = Options(**{name: OPTIONS[name].parse(value, ParseContext(Path("/base")))}).to_dict()[name]
    assert (expected, type(expected)) == (found, type(found))


def test_what_each_option_affects() -> None:
    """Cache key and `merge` depend on this: an option that changes runs must never be declared otherwise."""
    found: dict[str, set[str]] = {}
    for name, option in OPTIONS.items():
        found.setdefault(option.affects, set()).add(name)
    assert found == {
        "item": {"task", "tasks", "checkpoints", "data", "seeds", "recipe"},
        "run": {"max_train_samples", "max_eval_samples", "max_length", "head", "evaluate_only", "batching"},
        "verdict": {
            *(
                "threshold",
                "save",
                "compare",
                "on_missing_baseline",
                "max_drop",
                "alpha",
                "family_size",
                "certify",
                "max_seeds",
                "inconclusive",
                "stop_when_decided",
            ),
            "unchecked",
            "slices",
        },
        "search": {"search", "trials", "search_fraction", "search_split", "space"},
        "machine": {
            *("storage", "search_storage", "cache", "cache_dir", "resume", "timeout", "executor", "shard", "ray"),
        },
        "report": {"report_text", "baseline_max_age", "json_predictions"},
        "output": {"json", "html", "markdown", "history", "junit_properties", "submission", "report_to"},
    }


@pytest.mark.parametrize("name", OPTIONS)
def test_the_type_is_that_of_the_parser(name: str) -> None:
    """A type checker does not see the parser, so the annotations have to agree."""
    option = OPTIONS[name]
    parser = getattr(parsers, option.parser or name, None)
    if parser is None:
        assert issubclass(getattr(choices, option.annotation), StrEnum)
        return
    parsed = parser.__annotations__["return"]
    assert Options.__annotations__[name] == (parsed if option.default is not None else f"{parsed} | None")
