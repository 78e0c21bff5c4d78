"""The exit codes of `docs/reference.md`: each row is driven once."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pytest_glue.cli import main
from tests.plugin.conftest import SUITE, TINY, KeptModules

Run = Callable[..., pytest.RunResult]

SIGTERM = """
import os, signal, pytest

@pytest.fixture
def glue_data(glue_data):
    os.kill(os.getpid(), signal.SIGTERM)
    return glue_data
"""
BROKEN_PLUGIN = """
def pytest_runtest_logreport(report):
    raise ValueError("broken")
"""


@pytest.fixture(scope="module")
def sst2(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The options of an item that is trained once for all tests of this file."""
    return (*TINY, "--glue-tasks=sst2", f"--glue-cache-dir={tmp_path_factory.mktemp('cache')}")


@pytest.mark.parametrize(
    ("code", "arguments", "files"),
    [
        pytest.param(0, ["--glue-threshold=sst2=0"], {}, id="pass"),
        pytest.param(0, ["--co"], {}, id="only collected"),
        pytest.param(1, ["--glue-threshold=sst2=1"], {}, id="fail"),
        pytest.param(1, ["--glue-cache=only", "--glue-tasks=stsb"], {}, id="a missing run"),
        pytest.param(1, ["--glue-checkpoints=./none"], {}, id="a missing checkpoint"),
        pytest.param(1, ["--glue-compare=none"], {}, id="a missing baseline"),
        pytest.param(1, ["--glue-threshold=sst2=0"], {"test_other": "def test(): assert 0"}, id="another test fails"),
        pytest.param(2, [], {"conftest": SIGTERM}, id="SIGTERM"),
        pytest.param(2, [], {"test_other": "import none_of_this_name"}, id="a file that cannot be collected"),
        pytest.param(3, ["--glue-threshold=sst2=0"], {"conftest": BROKEN_PLUGIN}, id="a broken plugin"),
        pytest.param(4, ["--glue-tasks=kola"], {}, id="an unknown task"),
        pytest.param(4, ["test_none.py"], {}, id="a missing test file"),
        pytest.param(5, ["-k", "nothing"], {}, id="nothing selected"),
        pytest.param(5, ["--glue-shard=2/2"], {}, id="an empty shard"),
    ],
)
def test_exit_codes(
    pytester: pytest.Pytester,
    kept_modules: KeptModules,
    sst2: tuple[str, ...],
    code: int,
    arguments: list[str],
    files: Mapping[str, str],
) -> None:
    """A test run ends with the code of its row."""
    pytester.makepyfile(test_suite=SUITE, **files)
    result = pytester.inline_run(*sst2, *arguments, plugins=[kept_modules], no_reraise_ctrlc=True)
    kept_modules.put_back()
    assert code == result.ret


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (0, ["--version"]),
        (0, ["cache", "show", "--cache-dir={}"]),
        (0, ["cache", "clear", "--yes", "--cache-dir={}/empty"]),
        (2, ["cache", "clear", "--cache-dir={}"]),
        (2, ["cache"]),
        (2, ["merge", "none.json"]),
        (2, ["merge", "none.json", "-o", "all.json"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_exit_codes_of_the_command(here: Run, sst2: tuple[str, ...], code: int, arguments: list[str]) -> None:
    """`pytest-glue` ends with the code of its row; `tests/unit/commands` has a cache that cannot be used."""
    here(*sst2)
    folder = sst2[-1].partition("=")[2]
    assert code == command([argument.format(folder) for argument in arguments])


def command(arguments: list[str]) -> int | str | None:
    """Return the exit code of `pytest-glue`."""
    try:
        return main(arguments)
    except SystemExit as error:
        return error.code


@pytest.mark.parametrize(("code", "threshold"), [(0, 0), (1, 1)])
def test_exit_codes_of_merge(here: Run, sst2: tuple[str, ...], code: int, threshold: int) -> None:
    """Merging ends with the code of an undivided test run."""
    here(*sst2, f"--glue-threshold=sst2={threshold}", "--glue-shard=1/1", "--glue-json=part.json")
    assert code == command(["merge", "part.json", "-o", "all.json"])
    assert Path("all.json").is_file()
