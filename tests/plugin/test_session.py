"""The plugin objects of a test run: which are registered, and when."""

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

SHOWS_PLUGIN_OBJECTS = """
def pytest_unconfigure(config):
    names = sorted(name for name, _ in config.pluginmanager.list_name_plugin() if name.startswith("glue-"))
    print("registered:", *names)
"""


def registered(result: pytest.RunResult) -> list[str]:
    """Return the names of the plugin objects."""
    (line,) = [line for line in result.outlines if "registered:" in line]
    return [name.removeprefix("glue-") for name in line.partition("registered:")[2].split()]


@pytest.mark.parametrize(
    ("suite", "arguments", "expected"),
    [
        ("def test_plain(): pass", [], []),
        ("def test_plain(): pass", ["--glue-tasks=rte"], ["progress", "reporter", "session", "termination"]),
        ("def test_task(glue_task): pass", [], ["progress", "reporter", "session", "termination"]),
        ("def test_options(glue_options): pass", [], ["progress", "reporter", "session", "termination"]),
        (
            "def test_task(glue_task): pass",
            ["--glue-executor=ray"],
            ["dispatcher", "progress", "reporter", "session", "termination"],
        ),
        (
            "def test_task(glue_task): pass",
            ["--glue-executor=ray", "--co"],
            ["progress", "reporter", "session"],
        ),
    ],
)
def test_plugin_objects(
    pytester: pytest.Pytester, here: Run, suite: str, arguments: list[str], expected: list[str]
) -> None:
    """Session, progress and reporter exist once a flag or test needs them, the dispatcher only with an executor."""
    pytester.makeconftest(SHOWS_PLUGIN_OBJECTS)
    pytester.makepyprojecttoml("[tool.pytest_glue]\ndata = 'sample'\ntasks = ['rte']\n")
    pytester.makepyfile(test_suite=suite)

    assert expected == registered(here(*arguments))


def test_an_executor_s_worker_leaves_baselines_to_the_controller(pytester: pytest.Pytester, here: Run) -> None:
    """The controller has checked every item; a machine of the cluster does not have the baselines."""
    pytester.makeconftest(
        """
        from pathlib import Path

        import pytest

        def pytest_configure(config):
            from pytest_glue.config.sources import OptionSource, combine
            given = {"data": "sample", "checkpoints": "sample", "tasks": "stsb"}
            given |= {"compare": "main", "save": "next", "storage": "/proc/none"}
            options = combine([OptionSource("test", given, Path.cwd())])
            names = ("test_suite.py::test_glue", "test_suite.py::test_glue[stsb-sample]")
            config.workerinput = {"workerid": "ray", "workercount": 1, "mainargv": ["pytest"]}
            config.workerinput["glue_options"] = dict.fromkeys(names, options)
            config.workeroutput = {}

        @pytest.fixture
        def glue_evaluation(glue_task, glue_checkpoint):
            pytest.skip("the run is made")
        """
    )
    here("-p", "no:xdist", "-p", "no:cacheprovider").assert_outcomes(skipped=1)
