"""The parser of each option: accepted values, and messages about others."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config import parsers
from pytest_glue.config.options import Options
from pytest_glue.config.parse_context import ParseContext
from pytest_glue.config.search_space import Choices, Numbers
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.choices import Tracker
from pytest_glue.core.errors import OptionError
from pytest_glue.core.shards import Shard
from pytest_glue.core.tasks import GLUE

SEEDS = "expected a count, as in 5 (seeds 42 to 46), or a list, as in 7,8 or 7,"
LINES = "expected a table, a text or a list of texts"


def options(base: Path | None = None, /, **values: Any) -> Options:
    """Return the options of one source."""
    return combine([OptionSource("{name}", values, base or Path.cwd())])


def message(name: str, value: Any) -> str:
    """Return the message about a value on the command line, without the name of the flag."""
    with pytest.raises(OptionError) as caught:
        combine([OptionSource("--glue-{option}", {name: value}, Path.cwd())])
    flag, _, text = str(caught.value).partition(": ")
    assert f"--glue-{name.replace('_', '-')}" == flag
    return text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("rte, cola", ["cola", "rte"]),
        (["rte", "cola", "rte"], ["cola", "rte"]),
        ("all", list(GLUE)),
        ("cola,all", list(GLUE)),
        ("mnli-mm,mnli,", ["mnli", "mnli-mm"]),
    ],
)
def test_tasks_are_sorted_and_distinct(value: object, expected: list[str]) -> None:
    """A text or a list names tasks; `all` stands for all of them."""
    assert expected == [task.name for task in options(tasks=value).tasks]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cloa", "unknown task 'cloa': did you mean cola?"),
        ("cola,imagenet", f"unknown task 'imagenet': accepted: {', '.join(GLUE)}"),
        (" , ", f"no task is named; accepted: all, {', '.join(GLUE)}"),
        (3, "3: expected a text or a list of texts"),
        ([1], "[1]: expected a text or a list of texts"),
    ],
)
def test_tasks_that_are_not_accepted(value: object, expected: str) -> None:
    """The message about an unknown task offers the closest names, or all."""
    assert expected == message("tasks", value)


def test_checkpoints_keep_their_order() -> None:
    assert (Checkpoint("b", Origin.HUB, "v1"), Checkpoint("sample", Origin.SAMPLE)) == options(
        checkpoints="b@v1, sample"
    ).checkpoints


def test_a_checkpoint_that_is_not_accepted() -> None:
    """The message lists the accepted forms."""
    assert message("checkpoints", "a b") == (
        "checkpoint 'a b' is neither a folder nor a hub id: "
        "expected `owner/name`, `owner/name@revision`, an existing folder, or `sample`"
    )


@pytest.mark.parametrize("value", ["hub", "hub@abc", "sample", "./not/there"])
def test_data_that_is_not_an_existing_folder_stays_as_written(value: str) -> None:
    assert value == options(data=f" {value} ").data


@pytest.mark.parametrize("value", ["", "  ", 5, None])
def test_data_that_is_not_accepted(value: object) -> None:
    assert f"{value!r}: expected hub, hub@revision, sample or a folder" == message("data", value)


def test_relative_folders_start_from_the_folder_of_their_source(tmp_path: Path) -> None:
    """This holds for data, checkpoints and reports."""
    (tmp_path / "here" / "mine").mkdir(parents=True)
    base = tmp_path / "here"
    found = options(base, data="mine", checkpoints="./mine,sample", json="out.json")
    assert str(base / "mine") == found.data
    assert (base / "mine", Path("sample")) == tuple(checkpoint.folder for checkpoint in found.checkpoints)
    assert base / "out.json" == found.json


def test_a_folder_in_the_current_folder_stays_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports show the name as the user wrote it."""
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "mine" == options(data="mine").data


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5", (42, 43, 44, 45, 46)),
        (2, (42, 43)),
        ("7,8", (7, 8)),
        ("7,", (7,)),
        ([8, 7], (8, 7)),
        (["7", "8"], (7, 8)),
        ("0,4294967295", (0, 2**32 - 1)),
    ],
)
def test_seeds_are_a_count_or_a_list(value: object, expected: tuple[int, ...]) -> None:
    """A count starts at 42. A comma makes a list of a single seed."""
    assert expected == options(seeds=value).seeds


@pytest.mark.parametrize(
    "value",
    ["0", "", "many", "1.5", "-1", "7,x", "-1,2", "4294967296,", ",", True, 2.0, None, [], [1.5], [True, 2], {"a": 1}],
    ids=repr,
)
def test_seeds_that_are_not_accepted(value: object) -> None:
    """At least one run is needed, and seeds are integers that torch and NumPy take; no value is rounded."""
    assert f"{value!r}: {SEEDS}" == message("seeds", value)


@pytest.mark.parametrize("value", ["7,8,7", [7, 8, 7]])
def test_a_repeated_seed_is_not_accepted(value: Any) -> None:
    """The same run twice would look like more evidence."""
    assert "seed 7 is given twice: the same seed gives the same run and adds no evidence" == message("seeds", value)


@pytest.mark.parametrize(
    "value",
    [
        ["num_train_epochs=1", "optim = adafactor", "eval_strategy=no"],
        {"num_train_epochs": 1, "optim": "adafactor", "eval_strategy": "no"},
    ],
    ids=["lines", "table"],
)
def test_a_recipe_is_typed(value: object) -> None:
    """A text of the command line gets the type of its field."""
    assert {"num_train_epochs": 1, "optim": "adafactor", "eval_strategy": "no"} == options(recipe=value).recipe


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["learning_rat=1"], "TrainingArguments has no field 'learning_rat': did you mean learning_rate?"),
        (["num_train_epochs=three"], "num_train_epochs='three': expected a number"),
        ({"num_train_epochs": "3"}, "num_train_epochs='3': expected a number"),
        ("max_steps", "'max_steps': expected KEY=VALUE"),
        ("seed=1", "seed is not part of a recipe: use --glue-seeds"),
        (5, f"5: {LINES}"),
        ([1], f"[1]: {LINES}"),
    ],
)
def test_a_recipe_that_is_not_accepted(value: object, expected: str) -> None:
    """Unknown keys, values of another type and other forms have messages of their own."""
    assert expected == message("recipe", value)


@pytest.mark.parametrize(
    "value",
    [
        "cola=0.5,mrpc:f1=0.8",
        ["cola=0.5", "mrpc:f1=.8"],
        {"cola": 0.5, "mrpc": {"f1": 0.8}},
        {"cola": 0.5, "mrpc:f1": 0.8},
    ],
    ids=["commas", "lines", "nested-table", "flat-table"],
)
def test_thresholds_are_by_task_and_metric(value: object) -> None:
    """All forms mean the same; without a metric it is the headline metric."""
    assert {("cola", "matthews_correlation"): 0.5, ("mrpc", "f1"): 0.8} == options(threshold=value).threshold


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cola", "'cola': expected TASK=VALUE or TASK:METRIC=VALUE; for a slice, TASK[SLICE] stands for TASK"),
        ("cloa=0.5", "unknown task 'cloa': did you mean cola?"),
        ("mrpc:acuracy=0.5", "task 'mrpc' has no metric 'acuracy': did you mean accuracy?"),
        ({"rte": {"f1": 0.5}}, "task 'rte' has no metric 'f1': accepted: accuracy"),
        ("rte=65", "rte=65: accuracy is a number from 0 to 1 (a fraction: did you mean 0.65?)"),
        ({"cola": -2}, "cola=-2: matthews_correlation is a number from -1 to 1"),
        (0.5, f"0.5: {LINES}"),
        ([0.5], f"[0.5]: {LINES}"),
    ],
)
def test_a_threshold_that_is_not_accepted(value: object, expected: str) -> None:
    assert expected == message("threshold", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("none", ()),
        (["none"], ()),
        ("wandb", (Tracker.WANDB,)),
        ("mlflow, tensorboard,mlflow", (Tracker.MLFLOW, Tracker.TENSORBOARD)),
        (["trackio"], (Tracker.TRACKIO,)),
    ],
)
def test_trackers(value: object, expected: tuple[Tracker, ...]) -> None:
    """A text of the command line or a list of a table; each tracker once."""
    assert expected == options(report_to=value).report_to


@pytest.mark.parametrize("value", ["", "all", "tensorboard,none", "comet_ml", [], [1], None, True])
def test_trackers_that_are_not_accepted(value: object) -> None:
    """The message says what is accepted."""
    assert "expected" in message("report_to", value)


@pytest.mark.parametrize("value", [["report_to=mlflow"], {"report_to": ["mlflow"]}, ['report_to=["mlflow"]']])
def test_a_tracker_in_a_recipe(value: object) -> None:
    """The message names the option that reports each run on its own; no tracker is what a run has anyway."""
    assert "is not part of a recipe: use --glue-report-to=mlflow," in message("recipe", value)
    assert {"report_to": "none"} == options(recipe=["report_to=none"]).recipe


@pytest.mark.parametrize("name", ["main", "v1.2", "my_branch-3"])
def test_the_name_of_a_baseline(name: str) -> None:
    """The name is safe as the name of a folder."""
    assert (name, name) == (options(save=name).save, options(compare=name).compare)


@pytest.mark.parametrize("value", ["", "a/b", "../up", ".hidden", "main.json", "a b", 3, None])
def test_a_name_that_is_not_accepted(value: Any) -> None:
    """A name never leads out of the storage, and is never taken for a file."""
    accepted = "letters, digits, `.`, `_` and `-`, without a leading `.` or the ending .json"
    assert f"{value!r} is not a name of a baseline; accepted: {accepted}" == message("save", value)


def test_a_baseline_file(tmp_path: Path) -> None:
    """A value that ends in .json is a file, relative to the folder of its source."""
    found = options(tmp_path, compare="old/a.json", storage="records")
    assert (str(tmp_path / "old" / "a.json"), tmp_path / "records") == (found.compare, found.storage)
    assert message("compare", "a/b").startswith("'a/b' is not a name of a baseline; accepted: ")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.02", {None: 0.02}),
        (0.02, {None: 0.02}),
        (0, {None: 0.0}),
        ("rte=0.03", {"rte": 0.03}),
        (["0.01", "rte=0.03,cola=0"], {None: 0.01, "rte": 0.03, "cola": 0.0}),
        ({"rte": 0.03}, {"rte": 0.03}),
        ("rte[genre=news, law]=0.1,0.02", {"rte[genre=news, law]": 0.1, None: 0.02}),
        ({"rte[genre=news]": 0.1}, {"rte[genre=news]": 0.1}),
    ],
)
def test_the_allowed_drop(value: Any, expected: dict[str | None, float]) -> None:
    """A drop is for one task, or for all tasks without one of their own."""
    assert expected == options(max_drop=value).max_drop


@pytest.mark.parametrize("value", ["1", "-0.1", "2", "nan", "inf", "much"])
def test_a_drop_that_is_not_accepted(value: str) -> None:
    expected = f"{value!r}: expected a fraction of at least 0 and below 1"
    assert (expected, expected) == (message("max_drop", value), message("max_drop", f"rte={value}"))


def test_a_drop_of_an_unknown_task() -> None:
    """The message offers the closest names."""
    assert "unknown task 'rt': did you mean rte?" == message("max_drop", "rt=0.1")
    assert "unknown task 'rt': did you mean rte?" == message("max_drop", "rt[a=b]=0.1")
    assert f"None: {LINES}" == message("max_drop", None)


@pytest.mark.parametrize(("value", "expected"), [("0.1", 0.1), (0.01, 0.01), (" 0.2 ", 0.2)])
def test_the_error_rate(value: Any, expected: float) -> None:
    assert expected == options(alpha=value).alpha


@pytest.mark.parametrize("value", ["0", "0.5", "5", "-0.05", "nan", "", "five", True, None, [0.1]])
def test_an_error_rate_that_is_not_accepted(value: Any) -> None:
    """An error rate of 0, or of a coin flip, is useless."""
    assert f"{value!r}: expected a number above 0 and below 0.5" == message("alpha", value)


@pytest.mark.parametrize(("value", "part", "parts"), [("2/5", 2, 5), (" 1 / 1 ", 1, 1)])
def test_a_shard_is_one_of_several(value: str, part: int, parts: int) -> None:
    """`2/5` is the second of five; it is written as it is read."""
    assert Shard(part, parts) == options(shard=value).shard
    assert f"{part}/{parts}" == str(options(shard=value).shard)


@pytest.mark.parametrize("value", ["", "2", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1.0/2", 2, None, [1, 2]])
def test_a_shard_that_is_not_accepted(value: object) -> None:
    assert f"{value!r}: expected K/N, the K-th of N shards, as in 1/5 to 5/5" == message("shard", value)


@pytest.mark.parametrize(
    ("value", "expected"), [("90", 90.0), ("0.5", 0.5), (600, 600.0), ("off", None), (False, None)]
)
def test_a_timeout(value: Any, expected: float | None) -> None:
    """`off` removes the limit that another source sets."""
    assert expected == combine([OptionSource("{name}", {"timeout": given}, Path()) for given in (30, value)]).timeout


@pytest.mark.parametrize("value", ["0", 0, "-1", "nan", "inf", "1 h", "", None, True, [3]])
def test_a_timeout_that_is_not_accepted(value: Any) -> None:
    assert f"{value!r}: expected a number of seconds above 0, or off" == message("timeout", value)


@pytest.mark.parametrize(("value", "expected"), [("30", 30.0), (0.5, 0.5), ("off", None), (False, None)])
def test_the_age_of_a_baseline(value: Any, expected: float | None) -> None:
    """`off` removes the limit that another source sets."""
    layers = [OptionSource("{name}", {"baseline_max_age": given}, Path()) for given in (7, value)]
    assert expected == combine(layers).baseline_max_age


@pytest.mark.parametrize("value", ["0", -1, "inf", "a month", None])
def test_an_age_that_is_not_accepted(value: Any) -> None:
    assert f"{value!r}: expected a number of days above 0, or off" == message("baseline_max_age", value)


@pytest.mark.parametrize("value", ["1", 1, 1.0])
def test_a_search_may_use_all_training_data(value: Any) -> None:
    assert 1.0 == options(search_fraction=value).search_fraction


@pytest.mark.parametrize(
    ("value", "expected"), [("studies", "/base/studies"), ("sqlite:///a.db", "sqlite:///a.db")], ids=["folder", "url"]
)
def test_the_storage_of_studies_is_a_folder_or_a_url(value: str, expected: str) -> None:
    """A folder is relative to the folder of its source; a URL stays as it is."""
    assert expected == options(Path("/base"), search_storage=value).search_storage


def test_a_search_space() -> None:
    found = options(space={"learning_rate": {"low": 1e-5, "high": 1e-4}, "per_device_train_batch_size": [8, 16]})
    assert {"learning_rate": Numbers(1e-5, 1e-4), "per_device_train_batch_size": Choices((8, 16))} == found.space


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("search", "hyperopt", "'hyperopt': expected optuna, ray or off"),
        ("search", ["optuna"], "['optuna']: expected optuna, ray or off"),
        ("space", {"learning_rate": {"low": 2.0, "high": 1.0}}, "low 2.0 is above high 1.0"),
        ("space", {"learning_rat": [1.0]}, "did you mean learning_rate"),
        ("trials", 0, "0: expected an integer of at least 1"),
        ("search_fraction", 0, "0: expected a fraction above 0 and at most 1"),
        ("search_fraction", "1.5", "'1.5': expected a fraction above 0 and at most 1"),
        ("search_fraction", True, "True: expected a fraction above 0 and at most 1"),
        ("search_split", "test", "'test': expected held-out or evaluation"),
        ("search_storage", "", "'': expected a path"),
        ("ray", {"cpus": 1}, "unknown key 'cpus'; accepted: address, num_cpus, num_gpus"),
        ("ray", "auto", "'auto': expected a table with address, num_cpus"),
        ("ray", {"num_gpus": "one"}, "num_gpus = 'one': expected a number of at least 0"),
        ("ray", {"num_gpus": "1"}, "num_gpus = '1': expected a number of at least 0"),
        ("ray", {"num_gpus": True}, "num_gpus = True: expected a number of at least 0"),
        ("ray", {"num_cpus": -1}, "num_cpus = -1: expected a number of at least 0"),
        ("ray", {"address": 8265}, "address = 8265: expected the address of a cluster"),
    ],
)
def test_search_and_ray_options_that_are_not_accepted(name: str, value: Any, expected: str) -> None:
    assert expected in message(name, value)


def test_roles_of_checkpoints(tmp_path: Path) -> None:
    """The path after a role is relative to its source, as any other; a folder's name may contain `=`."""
    for name in ("mine", "a=b"):
        (tmp_path / name).mkdir()
    layer = OptionSource("test", {"checkpoints": "new=mine,a=b,old=a/b"}, tmp_path)
    assert [("new", str(tmp_path / "mine")), (None, str(tmp_path / "a=b")), ("old", "a/b")] == [
        (each.role, each.name) for each in combine([layer]).checkpoints
    ]


def test_an_allowed_rise_has_no_upper_end() -> None:
    """A task whose metric has no bounds may have any, and the one for all tasks too if there is such a task."""
    own = {"mine": replace(GLUE["stsb"], name="mine", metrics=("mse",))}
    context = ParseContext(Path(), own)
    assert {"mine": 2.5} == parsers.max_drop("mine=2.5", context)
    assert {None: 2.5} == parsers.max_drop("2.5", context)
    with pytest.raises(OptionError, match=r"'2\.5': expected a fraction of at least 0 and below 1"):
        parsers.max_drop("rte=2.5", context)
    with pytest.raises(OptionError, match="'-1': expected a number of at least 0"):
        parsers.max_drop("mine=-1", context)
