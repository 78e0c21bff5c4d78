"""Sources of options, and which one wins: command line, marker, ini file, table."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

SAMPLE = ("--glue-data=sample", "--glue-checkpoints=sample")
SHOWS_OPTIONS = """
import json
import pytest
from pathlib import Path

{marker}
def test_options(glue_options):
    shown = {{name: str(getattr(glue_options, name)) for name in vars(glue_options)}}
    task = glue_options.tasks[0].name
    floors = {{metric: floor for (name, metric), floor in glue_options.threshold.items() if name == task}}
    Path("shown.json").write_text(json.dumps(shown | {{"floors": floors}}))
"""
MARKER = "@pytest.mark.glue(threshold={'rte': 0.62, 'rte:accuracy': 0.63})"


def shown(pytester: pytest.Pytester) -> Any:
    """Return the options that `SHOWS_OPTIONS` wrote."""
    return json.loads((pytester.path / "shown.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("sources", "floor"),
    [
        ([], {}),
        (["table"], {"accuracy": 0.6}),
        (["table", "ini"], {"accuracy": 0.61}),
        (["table", "ini", "marker"], {"accuracy": 0.63}),
        (["table", "marker"], {"accuracy": 0.63}),
        (["table", "ini", "marker", "flag"], {"accuracy": 0.64}),
        (["ini", "flag"], {"accuracy": 0.64}),
    ],
)
def test_which_source_wins(pytester: pytest.Pytester, here: Run, sources: list[str], floor: dict[str, float]) -> None:
    """A flag beats a marker, a marker beats the ini file, and the ini file beats the table."""
    pytester.makepyprojecttoml("[tool.pytest_glue]\nthreshold = { rte = 0.60 }\n" if "table" in sources else "")
    pytester.makeini("[pytest]\n" + ("glue_threshold = rte=0.61\n" if "ini" in sources else ""))
    pytester.makepyfile(SHOWS_OPTIONS.format(marker=MARKER if "marker" in sources else ""))
    flags = ["--glue-threshold=rte:accuracy=0.64"] if "flag" in sources else []

    here("--glue-tasks=rte", *flags).assert_outcomes(passed=1)

    assert floor == shown(pytester)["floors"]


def test_thresholds_of_several_sources_are_merged(pytester: pytest.Pytester, here: Run) -> None:
    """A source that sets one threshold keeps those of other sources for other metrics."""
    pytester.makepyprojecttoml("[tool.pytest_glue.threshold]\nmrpc = { f1 = 0.8, accuracy = 0.7 }\nrte = 0.6\n")
    pytester.makepyfile(SHOWS_OPTIONS.format(marker=""))

    here("--glue-tasks=mrpc", "--glue-threshold=mrpc=0.75").assert_outcomes(passed=1)

    assert {"f1": 0.8, "accuracy": 0.75} == shown(pytester)["floors"]


@pytest.mark.parametrize("source", ["ini", "table", "config", "config in ini"])
def test_each_option_can_be_set_in_files(pytester: pytest.Pytester, here: Run, source: str) -> None:
    """A flag has an ini key and a key in the table of `pyproject.toml` or of `--glue-config`."""
    ini = """
        [pytest]
        glue_tasks = rte, cola
        glue_checkpoints = me/model
        glue_data = hub@main
        glue_seeds = 7,8
        glue_recipe =
            num_train_epochs=2
            learning_rate=1e-4
        glue_max_train_samples = 30
        glue_max_eval_samples = 20
        glue_max_length = 16
        glue_threshold =
            rte=0.5
            cola=0.1
        glue_cache = only
        glue_cache_dir = runs
        glue_json = reports/out.json
        """
    table = """
        [tool.pytest_glue]
        tasks = ["rte", "cola"]
        checkpoints = ["me/model"]
        data = "hub@main"
        seeds = [7, 8]
        recipe = { num_train_epochs = 2, learning_rate = 1e-4 }
        max_train_samples = 30
        max_eval_samples = 20
        max_length = 16
        threshold = { rte = 0.5, cola = 0.1 }
        cache = "only"
        cache_dir = "runs"
        json = "reports/out.json"
        """
    pytester.makeini(
        ini if source == "ini" else "[pytest]\n" + "glue_config = own.toml\n" * (source == "config in ini")
    )
    pytester.makefile(".toml", **{"pyproject" if source == "table" else "own": "" if source == "ini" else table})
    pytester.makepyfile(SHOWS_OPTIONS.format(marker=""))

    here(*(["--glue-config=own.toml"] if source == "config" else [])).assert_outcomes(passed=1)

    options = shown(pytester)
    assert ["cola", "rte"] == re.findall(r"Task\(name='(\w+)'", options["tasks"])
    assert "(me/model,)" == options["checkpoints"]
    assert "hub@main" == options["data"]
    assert "(7, 8)" == options["seeds"]
    assert "{'num_train_epochs': 2, 'learning_rate': 0.0001}" == options["recipe"]
    assert ["30", "20", "16"] == [options[f"max_{name}"] for name in ("train_samples", "eval_samples", "length")]
    assert "{('rte', 'accuracy'): 0.5, ('cola', 'matthews_correlation'): 0.1}" == options["threshold"]
    assert ("only", str(pytester.path / "runs")) == (options["cache"], options["cache_dir"])
    assert pytester.path / "reports" / "out.json" == Path(options["json"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["test_marked[cola-sample]", "test_marked[rte-sample]", "test_other[stsb-sample]"]),
        (["--glue-tasks=rte,stsb"], ["test_marked[rte-sample]", "test_other[rte-sample]", "test_other[stsb-sample]"]),
    ],
)
def test_the_tasks_of_a_marker(pytester: pytest.Pytester, here: Run, arguments: list[str], expected: list[str]) -> None:
    """They replace those of the table; the command line selects among them."""
    pytester.makepyprojecttoml("[tool.pytest_glue]\ntasks = 'stsb'\n")
    pytester.makepyfile(
        test_suite="""
        import pytest

        @pytest.mark.glue(tasks=["cola", "rte"])
        def test_marked(glue_evaluation): ...

        def test_other(glue_evaluation): ...
        """
    )

    result = here("--co", "-q", *SAMPLE, *arguments)

    assert expected == [line.partition("::")[2] for line in result.outlines if "::" in line]


def test_the_closest_marker_wins(pytester: pytest.Pytester, here: Run) -> None:
    """The marker of a test beats those of its class and module, which give what it leaves out."""
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.glue(seeds=1, max_length=10)

        @pytest.mark.glue(seeds=2, max_eval_samples=20)
        class TestIt:
            @pytest.mark.glue(seeds=3)
            def test_options(self, glue_options):
                assert (42, 43, 44) == glue_options.seeds
                assert (20, 10) == (glue_options.max_eval_samples, glue_options.max_length)
        """
    )

    here().assert_outcomes(passed=1)


def test_each_item_is_judged_by_its_own_threshold(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """A marker beats the table for its test only."""
    pytester.makepyprojecttoml("[tool.pytest_glue.threshold]\nstsb = 1.0\n")
    pytester.makepyfile(
        test_suite="""
        import pytest

        @pytest.mark.glue(threshold={"stsb": -1})
        def test_lenient(glue_evaluation):
            glue_evaluation.check()

        def test_strict(glue_evaluation):
            glue_evaluation.check()
        """
    )

    result = tiny("--glue-tasks=stsb", "--glue-json=out.json")

    result.assert_outcomes(passed=1, failed=1)
    assert [("pass", -1.0), ("fail", 1.0)] == [(each["verdict"], each["threshold"]) for each in report()["results"]]


def test_relative_paths_start_from_the_folder_of_their_source(
    pytester: pytest.Pytester, here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is the folder of the file for a table, and the current folder for the command line."""
    pytester.mkdir("data")
    pytester.makepyprojecttoml("[tool.pytest_glue]\ndata = 'data'\n")
    pytester.makepyfile(SHOWS_OPTIONS.format(marker=""))
    monkeypatch.chdir(pytester.mkdir("below"))

    here("..", "--rootdir=..").assert_outcomes(passed=1)
    assert str(pytester.path / "data") == json.loads(Path("shown.json").read_text("utf-8"))["data"]

    here("..", "--rootdir=..", "--glue-data=../data").assert_outcomes(passed=1)
    assert "../data" == json.loads(Path("shown.json").read_text("utf-8"))["data"]


def test_a_table_that_is_not_read_is_named(here: Run, pytester: pytest.Pytester) -> None:
    """An empty pytest.ini in the suite's folder makes it pytest's root folder: the table above is not read."""
    pytester.makepyprojecttoml("[tool.pytest_glue]\ndata = 'sample'\ncheckpoints = ['sample']\ntasks = ['rte']\n")
    suite = pytester.mkdir("suite")
    (suite / "test_suite.py").write_text("def test_glue(glue_task):\n    pass\n")
    assert "glue: options from [tool.pytest_glue] in pyproject.toml" in here("--co", "suite").outlines

    (suite / "pytest.ini").touch()
    cause = f"because pytest's root folder is {suite}"

    lines = here("--co", "suite").outlines
    assert "glue: no table [tool.pytest_glue] in suite/pyproject.toml" in lines
    unread = f"glue: [tool.pytest_glue] in pyproject.toml is not read, {cause}: give --glue-config=pyproject.toml"
    assert unread in lines
    here("--co", "suite", "--glue-config=pyproject.toml").stdout.fnmatch_lines(["glue: tasks rte; *"])


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "-n 2"])
def test_flags_without_an_effect(fresh: Run, pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """The test run says which flags do nothing, and that of a repeated flag the last one counts."""
    pytester.makepyfile(test_suite="def test_glue(glue_evaluation):\n    pass\n")
    flags = ("--glue-tasks=cola", "--glue-tasks=rte", "--glue-max-drop=0.1", "--glue-threshold=cola=0")

    lines = fresh("--glue-data=sample", "--glue-checkpoints=./none", *flags, *workers).outlines

    assert "glue: --glue-tasks is given 2 times, and the last one counts: rte; " in "\n".join(lines)
    prefix = "" if workers else "glue: "  # xdist's controller hears of it at the end
    needed = "no item is compared with a baseline; give --glue-compare=NAME"
    assert f"{prefix}--glue-max-drop has no effect: {needed}" in lines
    assert f"{prefix}--glue-threshold: the value for cola is not used: no item has this task" in lines
