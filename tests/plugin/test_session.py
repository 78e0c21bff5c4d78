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
