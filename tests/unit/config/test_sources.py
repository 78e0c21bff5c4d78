"""Sources of options: which one wins, how they merge, and messages that name the source."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import OPTIONS, Options
from pytest_glue.config.sources import OptionSource, OptionSources, combine
from pytest_glue.core.errors import OptionError

BASE = Path("/base")
SOURCES = ["table", "ini", "marker", "command line"]


def read(pytester: pytest.Pytester, *arguments: str, **marker: Any) -> Options:
    """Return the options of a test with this marker in a run with these arguments."""
    sources = OptionSources.from_pytest_config(pytester.parseconfig(*arguments))
    return sources.options(*([pytest.mark.glue(**marker).mark] if marker else []))


def combined(*values: dict[str, Any], origin: str = "[tool.pytest_glue] {name}") -> Options:
    """Return the options of several sources, weakest first."""
    return combine([OptionSource(origin, each, BASE) for each in values])


def write(pytester: pytest.Pytester, table: str = "", ini: str = "") -> None:
    """Write the project's pyproject.toml."""
    pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\n{ini}\n[tool.pytest_glue]\n{table}\n")


@pytest.mark.parametrize("last", range(4), ids=SOURCES)
def test_command_line_beats_marker_beats_ini_beats_table(pytester: pytest.Pytester, last: int) -> None:
    """The last source in this order that gives a value wins."""
    write(pytester, "max_length = 10", "glue_max_length = '11'" if last >= 1 else "")
    marker = {"max_length": 12} if last >= 2 else {}
    arguments = ["--glue-max-length=13"] if last >= 3 else []
    assert 10 + last == read(pytester, *arguments, **marker).max_length


@pytest.mark.parametrize("last", range(4), ids=SOURCES)
def test_recipes_are_merged_key_by_key(pytester: pytest.Pytester, last: int) -> None:
    """A key keeps its value until a stronger source sets it."""
    write(
        pytester,
        "recipe = {warmup_steps = 10, max_steps = 10}",
        "glue_recipe = ['warmup_steps=11', 'optim=adafactor']" if last >= 1 else "",
    )
    marker = {"recipe": {"warmup_steps": 12, "bf16": True}} if last >= 2 else {}
    arguments = ["--glue-recipe=warmup_steps=13", "--glue-recipe=fp16=true"] if last >= 3 else []
    added: list[dict[str, Any]] = [{"max_steps": 10}, {"optim": "adafactor"}, {"bf16": True}, {"fp16": True}]
    expected = {name: value for each in added[: last + 1] for name, value in each.items()}
    assert {**expected, "warmup_steps": 10 + last} == read(pytester, *arguments, **marker).recipe


@pytest.mark.parametrize("last", range(4), ids=SOURCES)
def test_thresholds_are_merged_key_by_key(pytester: pytest.Pytester, last: int) -> None:
    """A threshold holds until a stronger source sets the same task and metric."""
    write(pytester, "threshold = {cola = 0.1, rte = 0.9}", "glue_threshold = ['cola=0.2']" if last >= 1 else "")
    marker = {"threshold": {"cola": 0.3, "mrpc": {"f1": 0.8}}} if last >= 2 else {}
    arguments = ["--glue-threshold=cola=0.4"] if last >= 3 else []
    found = read(pytester, *arguments, **marker).threshold
    expected = {"cola": (last + 1) / 10, "rte": 0.9} | ({"mrpc": 0.8} if last >= 2 else {})
    assert expected == {task: floor for (task, _), floor in found.items()}


def test_markers_of_class_and_function_are_merged_key_by_key(pytester: pytest.Pytester) -> None:
    """The closest marker wins; the marker around it gives what the closest one leaves out."""
    outer = pytest.mark.glue(seeds=2, threshold={"cola": 0.1, "rte": 0.9}).mark
    inner = pytest.mark.glue(threshold={"cola": 0.2}).mark
    options = OptionSources.from_pytest_config(pytester.parseconfig()).options(inner, outer)
    assert {"cola": 0.2, "rte": 0.9} == {name: floor for (name, _), floor in options.threshold.items()}
    assert (42, 43) == options.seeds


@pytest.mark.parametrize(
    ("arguments", "tasks", "checkpoints"),
    [
        ([], ["cola", "rte"], ["a", "b"]),
        (["--glue-tasks=rte,wnli"], ["rte"], ["a", "b"]),
        (["--glue-checkpoints=c,b"], ["cola", "rte"], ["b"]),
        (["--glue-tasks=wnli"], [], ["a", "b"]),
    ],
)
def test_the_command_line_selects_among_a_markers_tasks(
    pytester: pytest.Pytester, arguments: list[str], tasks: list[str], checkpoints: list[str]
) -> None:
    """A marker says what a test is for: the command line removes tasks and never adds any."""
    write(pytester, "tasks = ['stsb']\ncheckpoints = ['z']")
    options = read(pytester, *arguments, tasks=["cola", "rte"], checkpoints=["a", "b"])
    assert (tasks, checkpoints) == (
        [task.name for task in options.tasks],
        [checkpoint.name for checkpoint in options.checkpoints],
    )


def test_another_file_holds_the_table(pytester: pytest.Pytester) -> None:
    """`--glue-config` replaces the table of pyproject.toml; relative folders start from the folder of that file."""
    write(pytester, "max_length = 10\nseeds = 2")
    data = pytester.mkdir("gate") / "data"
    data.mkdir()
    (data.parent / "glue.toml").write_text("[tool.pytest_glue]\nmax_length = 20\ndata = 'data'\n", encoding="utf-8")
    options = read(pytester, "--glue-config=gate/glue.toml")
    assert (20, (42,), str(data)) == (options.max_length, options.seeds, options.data)


@pytest.mark.parametrize("by", ["flag", "ini"])
def test_a_config_file_is_relative_to_the_source_that_names_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The path of a flag starts from the current folder, that of an ini key from the root directory."""
    write(pytester, ini="glue_config = 'glue.toml'" if by == "ini" else "")
    sub = pytester.mkdir("sub")
    for folder, length in ((pytester.path, 20), (sub, 30)):
        (folder / "glue.toml").write_text(f"[tool.pytest_glue]\nmax_length = {length}\n", encoding="utf-8")
    monkeypatch.chdir(sub)
    arguments = ["--glue-config=glue.toml"] if by == "flag" else []
    assert {"flag": 30, "ini": 20}[by] == read(pytester, *arguments).max_length


@pytest.mark.parametrize("source", ["table", "ini", "command line"])
def test_a_relative_folder_starts_from_the_folder_of_its_source(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """For table and ini file this is the folder of the project, for the command line the current folder."""
    write(pytester, "data = 'mine'" if source == "table" else "", "glue_data = 'mine'" if source == "ini" else "")
    sub = pytester.mkdir("sub")
    for folder in (pytester.path, sub):
        (folder / "mine").mkdir()
    monkeypatch.chdir(sub)
    arguments = ["--glue-data=mine"] if source == "command line" else []
    found = Path(read(pytester, *arguments).data).resolve()
    assert (sub if source == "command line" else pytester.path) / "mine" == found


def test_a_stronger_source_replaces_values_and_merges_tables() -> None:
    """Recipes and thresholds merge key by key."""
    first = {"seeds": 2, "max_length": 16, "recipe": {"optim": "adafactor", "warmup_steps": 3}, "threshold": "cola=0.5"}
    second = {"seeds": 3, "recipe": ["warmup_steps=4"], "threshold": "rte=0.6,cola=0.4"}
    both = combined(first, second)
    assert ((42, 43, 44), 16) == (both.seeds, both.max_length)
    assert {"optim": "adafactor", "warmup_steps": 4} == both.recipe
    assert {"cola": 0.4, "rte": 0.6} == {task: floor for (task, _), floor in both.threshold.items()}


def test_a_table_holds_backend_and_search_space() -> None:
    """`[tool.pytest_glue.search]` is the space; its key `backend` turns the search on."""
    options = combined({"search": {"backend": "optuna", "learning_rate": [1e-5]}})
    assert ("optuna", {"learning_rate"}) == (options.search, set(options.space))


def test_a_flag_chooses_the_backend_and_keeps_the_space() -> None:
    """`--glue-search=ray` searches the space of the table; `off` turns the search off."""
    table = {"search": {"backend": "optuna", "learning_rate": [1e-5]}}
    other = combined(table, {"search": "ray"})
    assert ("ray", {"learning_rate"}) == (other.search, set(other.space))
    assert combined(table, {"search": "off"}).search is None


def test_sources_add_to_the_search_space() -> None:
    """Spaces merge field by field."""
    space = combined({"search": {"learning_rate": [1e-5]}}, {"search": {"weight_decay": [0.0]}}).space
    assert {"learning_rate", "weight_decay"} == set(space)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"learning_rate": {"low": 2.0, "high": 1.0}}, "low 2.0 is above high 1.0"),
        ({"learning_rat": [1.0]}, "did you mean learning_rate"),
    ],
)
def test_a_search_table_that_is_not_accepted(table: dict[str, Any], expected: str) -> None:
    """The message names the source."""
    with pytest.raises(OptionError) as caught:
        combined({"search": table})
    assert str(caught.value).startswith("[tool.pytest_glue] ")
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", ["save", "compare"])
def test_lower_bounds_exclude_baselines(name: str) -> None:
    """A baseline needs scores, and `--glue-stop-when-decided` leaves lower bounds."""
    with pytest.raises(OptionError, match=f"leaves lower bounds, and --glue-{name}=main needs scores: leave out one"):
        combined({"stop_when_decided": True, name: "main"})


def test_a_shard_is_not_submitted() -> None:
    """A submission has the predictions of all tasks."""
    with pytest.raises(OptionError, match="hold no predictions: leave out one of the two"):
        combined({"submission": "folder", "shard": "1/2"})


def test_an_unknown_key_is_refused_with_the_closest() -> None:
    with pytest.raises(OptionError) as caught:
        combined({"treshold": {}}, origin="[tool.pytest_glue] {name} in pyproject.toml")
    assert "[tool.pytest_glue] treshold in pyproject.toml: unknown option; did you mean threshold?" == str(caught.value)


def test_all_keys_are_listed_if_none_is_close() -> None:
    with pytest.raises(OptionError) as caught:
        combined({"quux": 1}, origin="@pytest.mark.glue({name}=...)")
    assert f"@pytest.mark.glue(quux=...): unknown option; accepted: {', '.join(sorted(OPTIONS))}" == str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "marker", "expected"),
    [
        (["--glue-max-length=1"], {}, "--glue-max-length: '1': expected an integer of at least 4"),
        ([], {"max_length": 1}, "@pytest.mark.glue(max_length=...): 1: expected an integer of at least 4"),
        (["--glue-config=no.toml"], {}, "--glue-config=no.toml: this file does not exist"),
        (["-o", "glue_config=no.toml"], {}, "glue_config = no.toml: this file does not exist"),
        (["-o", "glue_seeds=x"], {}, "glue_seeds: 'x': expected a count, as in 5 (seeds 42 to 46)"),
    ],
)
def test_a_message_names_the_source(
    pytester: pytest.Pytester, arguments: list[str], marker: dict[str, Any], expected: str
) -> None:
    """The source is a flag, an ini key, a marker or a file."""
    with pytest.raises(OptionError) as caught:
        read(pytester, *arguments, **marker)
    assert str(caught.value).startswith(expected)


def test_a_message_about_a_table_names_key_and_file(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.pytest_glue]\nmax_length = 1\n")
    with pytest.raises(OptionError) as caught:
        read(pytester)
    assert str(caught.value) == (
        "[tool.pytest_glue] max_length in pyproject.toml: 1: expected an integer of at least 4"
    )


def test_a_file_that_is_not_toml(pytester: pytest.Pytester) -> None:
    """The message names the line; the file is not treated as empty."""
    file = pytester.path / "glue.toml"
    file.write_text("[tool.pytest_glue]\ntasks = cola\n", encoding="utf-8")
    with pytest.raises(OptionError, match=r"glue\.toml is not valid TOML: .*line 2"):
        read(pytester, "--glue-config=glue.toml")


def test_a_marker_takes_keywords_only(pytester: pytest.Pytester) -> None:
    """The message shows an example."""
    sources = OptionSources.from_pytest_config(pytester.parseconfig())
    with pytest.raises(OptionError) as caught:
        sources.options(pytest.mark.glue("rte").mark)
    assert "takes keywords only, as in @pytest.mark.glue(tasks=['rte'], threshold={'rte': 0.6})" in str(caught.value)


def test_a_missing_baseline_is_saved_under_a_name() -> None:
    """A path of a file names one item's baseline, so that nothing can be recorded there for the others."""
    combined({"compare": "main.json", "on_missing_baseline": "skip"})
    combined({"compare": "main", "on_missing_baseline": "save"})
    with pytest.raises(
        OptionError, match=r"on-missing-baseline=save records under a name, and --glue-compare=.*\.json"
    ):
        combined({"compare": "main.json", "on_missing_baseline": "save"})


def test_a_certificate_needs_a_baseline(pytester: pytest.Pytester) -> None:
    """The flag without a baseline is refused; in a table it waits for one."""
    for baseline in ("--glue-compare=main", "--glue-save=main"):
        assert read(pytester, "--glue-certify", baseline).certify
    with pytest.raises(
        OptionError, match="--glue-certify compares predictions with those of a baseline: give --glue-c"
    ):
        read(pytester, "--glue-certify")
    pytester.makepyprojecttoml("[tool.pytest_glue]\ncertify = true\n")
    assert not read(pytester).certify
    assert read(pytester, "--glue-compare=main").certify


_OF_THE_TEST_RUN = {
    "alpha": 0.1,
    "executor": "ray",
    "family_size": 3,
    "history": "history.sqlite",
    "html": "out.html",
    "json": "out.json",
    "json_predictions": "on",
    "junit_properties": "off",
    "markdown": "out.md",
    "report_text": "none",
    "shard": "1/2",
    "submission": "folder",
    "task": {},
}


@pytest.mark.parametrize("name", _OF_THE_TEST_RUN)
def test_a_marker_takes_no_option_of_the_test_run(pytester: pytest.Pytester, name: str) -> None:
    """It would do nothing there. The message names the flag, and what a marker accepts."""
    with pytest.raises(OptionError) as caught:
        read(pytester, **{name: _OF_THE_TEST_RUN[name]})
    message, _, accepted = str(caught.value).partition("; a marker accepts ")
    assert message.startswith(f"@pytest.mark.glue({name}=...): {name} concerns the whole test run, not one test: ")
    remedy = "set it in [tool.pytest_glue]" if name == "task" else f"give --glue-{name.replace('_', '-')}"
    assert message.endswith(f": {remedy}")
    assert set(accepted.split(", ")) == OPTIONS.keys() - _OF_THE_TEST_RUN.keys()
