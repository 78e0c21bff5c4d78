"""Settings: which place beats which, with pytest's own reading of files and command lines."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.config.sources import OptionSources


def read(pytester: pytest.Pytester, *arguments: str, **marker: Any) -> Options:
    """Return the options of a test with this marker in a run with these arguments."""
    settings = OptionSources.from_pytest_config(pytester.parseconfig(*arguments))
    return settings.options(*([pytest.mark.glue(**marker).mark] if marker else []))


def write(pytester: pytest.Pytester, table: str = "", ini: str = "") -> None:
    """Write the project's pyproject.toml."""
    pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\n{ini}\n[tool.pytest_glue]\n{table}\n")


PLACES = ["table", "ini", "marker", "command line"]


@pytest.mark.parametrize("last", range(4), ids=PLACES)
def test_command_line_beats_marker_beats_ini_beats_table(pytester: pytest.Pytester, last: int) -> None:
    """Of the places that give a value, the last one in this order counts."""
    write(pytester, "max_length = 10", "glue_max_length = '11'" if last >= 1 else "")
    marker = {"max_length": 12} if last >= 2 else {}
    arguments = ["--glue-max-length=13"] if last >= 3 else []
    assert 10 + last == read(pytester, *arguments, **marker).max_length


@pytest.mark.parametrize("last", range(4), ids=PLACES)
def test_recipes_are_merged_key_by_key(pytester: pytest.Pytester, last: int) -> None:
    """What an earlier place says holds for each key that no later place sets."""
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


@pytest.mark.parametrize("last", range(4), ids=PLACES)
def test_thresholds_are_merged_key_by_key(pytester: pytest.Pytester, last: int) -> None:
    """A floor holds until a later place sets the same task and metric."""
    write(pytester, "threshold = {cola = 0.1, rte = 0.9}", "glue_threshold = ['cola=0.2']" if last >= 1 else "")
    marker = {"threshold": {"cola": 0.3, "mrpc": {"f1": 0.8}}} if last >= 2 else {}
    arguments = ["--glue-threshold=cola=0.4"] if last >= 3 else []
    thresholds = read(pytester, *arguments, **marker).threshold.values()
    expected = {"cola": (last + 1) / 10, "rte": 0.9} | ({"mrpc": 0.8} if last >= 2 else {})
    assert expected == {threshold.task: threshold.value for threshold in thresholds}


def test_markers_of_class_and_function_are_merged_key_by_key(pytester: pytest.Pytester) -> None:
    """The closest marker wins, and what it does not set comes from the one around it."""
    outer = pytest.mark.glue(seeds=2, threshold={"cola": 0.1, "rte": 0.9}).mark
    inner = pytest.mark.glue(threshold={"cola": 0.2}).mark
    options = OptionSources.from_pytest_config(pytester.parseconfig()).options(inner, outer)
    assert {"cola": 0.2, "rte": 0.9} == {name: floor.value for (name, _), floor in options.threshold.items()}
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
def test_the_command_line_chooses_among_a_markers_tasks(
    pytester: pytest.Pytester, arguments: list[str], tasks: list[str], checkpoints: list[str]
) -> None:
    """A marker says what a test is for: the command line takes away, and never adds."""
    write(pytester, "tasks = ['stsb']\ncheckpoints = ['z']")
    options = read(pytester, *arguments, tasks=["cola", "rte"], checkpoints=["a", "b"])
    assert (tasks, checkpoints) == (
        [task.name for task in options.tasks],
        [checkpoint.name for checkpoint in options.checkpoints],
    )


def test_another_file_holds_the_table(pytester: pytest.Pytester) -> None:
    """`--glue-config` replaces pyproject.toml's table, and relative folders start from the file's own."""
    write(pytester, "max_length = 10\nseeds = 2")
    data = pytester.mkdir("gate") / "data"
    data.mkdir()
    (data.parent / "glue.toml").write_text("[tool.pytest_glue]\nmax_length = 20\ndata = 'data'\n", encoding="utf-8")
    options = read(pytester, "--glue-config=gate/glue.toml")
    assert (20, (42,), str(data)) == (options.max_length, options.seeds, options.data)


@pytest.mark.parametrize("by", ["flag", "ini"])
def test_a_config_file_is_found_from_the_place_that_names_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """A flag's path starts from the current folder, an ini key's from the project's root."""
    write(pytester, ini="glue_config = 'glue.toml'" if by == "ini" else "")
    sub = pytester.mkdir("sub")
    for folder, length in ((pytester.path, 20), (sub, 30)):
        (folder / "glue.toml").write_text(f"[tool.pytest_glue]\nmax_length = {length}\n", encoding="utf-8")
    monkeypatch.chdir(sub)
    arguments = ["--glue-config=glue.toml"] if by == "flag" else []
    assert {"flag": 30, "ini": 20}[by] == read(pytester, *arguments).max_length


@pytest.mark.parametrize("place", ["table", "ini", "command line"])
def test_a_relative_folder_starts_from_the_place_that_names_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """From a subfolder, table and ini mean the project's folder, and the command line means the current one."""
    write(pytester, "data = 'mine'" if place == "table" else "", "glue_data = 'mine'" if place == "ini" else "")
    sub = pytester.mkdir("sub")
    for folder in (pytester.path, sub):
        (folder / "mine").mkdir()
    monkeypatch.chdir(sub)
    arguments = ["--glue-data=mine"] if place == "command line" else []
    found = Path(read(pytester, *arguments).data).resolve()
    assert (sub if place == "command line" else pytester.path) / "mine" == found
