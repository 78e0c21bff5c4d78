"""Without glue items the plugin is free: no heavy imports, no output and no files."""

import subprocess
import sys
from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

HEAVY = ["torch", "transformers", "datasets", "evaluate", "optuna", "ray", "numpy", "scipy", "sklearn", "msgspec"]
HEAVY += ["altair", "vl_convert"]
LISTS_IMPORTS_AT_EXIT = f"""
import atexit, sys
from pathlib import Path

@atexit.register
def _list():
    Path("imported.txt").write_text(" ".join(name for name in {HEAVY} if name in sys.modules))
"""
PLAIN_SUITE = "def test_plain(): pass"


@pytest.mark.parametrize(
    "module", ["pytest_glue", "pytest_glue.plugin", "pytest_glue.session.start", "pytest_glue.session.parametrize"]
)
def test_importing_the_plugin_is_free(module: str) -> None:
    """The modules that pytest loads before the first item import no heavy library."""
    code = f"import sys, pytest, {module}; print([name for name in {HEAVY} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize(
    ("suite", "arguments", "exit_code"),
    [
        pytest.param("", ["--help"], pytest.ExitCode.OK, id="help"),
        pytest.param("", ["--co", "--glue-data=sample", "--glue-checkpoints=sample"], pytest.ExitCode.OK, id="collect"),
        pytest.param(
            "",
            ["--co", "--glue-data=hub", "--glue-checkpoints=me/model", "--glue-recipe=lr_scheduler_type=cosine"],
            pytest.ExitCode.OK,
            id="collect-hub",
        ),
        pytest.param(PLAIN_SUITE, [], pytest.ExitCode.OK, id="no-items"),
        pytest.param(PLAIN_SUITE, ["--glue-tasks=rte", "--glue-json=out.json"], pytest.ExitCode.OK, id="only-flags"),
        pytest.param("", ["--glue-tasks=kola"], pytest.ExitCode.USAGE_ERROR, id="unknown-task"),
        pytest.param("", ["--glue-recipe=learning_rat=1"], pytest.ExitCode.USAGE_ERROR, id="unknown-recipe-key"),
        pytest.param("", ["--glue-json=test_suite.py/out.json"], pytest.ExitCode.USAGE_ERROR, id="unwritable-report"),
        pytest.param("", ["--glue-data=sample"], pytest.ExitCode.USAGE_ERROR, id="no-checkpoint"),
        pytest.param(
            "", ["--glue-data=sample", "--glue-checkpoints=./none"], pytest.ExitCode.TESTS_FAILED, id="no-such-folder"
        ),
    ],
)
def test_heavy_libraries_are_not_imported(
    pytester: pytest.Pytester, in_new_interpreter: Run, suite: str, arguments: list[str], exit_code: int
) -> None:
    """Help, collection, a usage error and other tests import no heavy library."""
    pytester.makeconftest(LISTS_IMPORTS_AT_EXIT)
    if suite:
        pytester.makepyfile(test_suite=suite)

    assert exit_code == in_new_interpreter(*arguments).ret
    assert "" == (pytester.path / "imported.txt").read_text("utf-8")


def test_the_check_notices_an_import(pytester: pytest.Pytester, in_new_interpreter: Run) -> None:
    """The list that the tests above use does contain an imported library."""
    pytester.makeconftest(LISTS_IMPORTS_AT_EXIT)
    pytester.makepyfile(test_suite="import numpy\ndef test_plain(): pass")

    in_new_interpreter()

    assert "numpy" == (pytester.path / "imported.txt").read_text("utf-8")


def test_a_run_without_items_shows_and_writes_nothing(
    pytester: pytest.Pytester, here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of other tests has the same output with and without the plugin, also with a table of options."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    pytester.makepyprojecttoml("[tool.pytest_glue]\ndata = 'sample'\ncheckpoints = ['sample']\njson = 'out.json'\n")
    pytester.makepyfile(test_suite=PLAIN_SUITE)
    before = sorted(pytester.path.rglob("*"))

    with_plugin = here("-p", "no:cacheprovider")
    without = here("-p", "no:cacheprovider", "-p", "no:glue")

    assert output(without) == output(with_plugin)
    assert before == sorted(pytester.path.rglob("*"))


def output(result: pytest.RunResult) -> list[str]:
    """Return the output without the list of plugins and the time."""
    return [line for line in result.outlines + result.errlines if "plugins:" not in line and " passed in " not in line]
