"""Suites of a user's own, run by pytest in this process or in a fresh one, and the reports that they leave."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

if TYPE_CHECKING:
    from types import ModuleType

SAMPLE = ("--glue-data=sample", "--glue-checkpoints=sample")
TINY = (*SAMPLE, "--glue-max-train-samples=48", "--glue-max-eval-samples=24", "--glue-recipe=num_train_epochs=1")
SUITE = """
def test_glue(glue_evaluation):
    glue_evaluation.check()
"""

Run = Callable[..., pytest.RunResult]


class KeptModules:
    """Libraries that a run in this process imports stay imported: torch cannot be imported twice, and it is slow.

    Pytester takes `sys.modules` back after each run, and once more as its fixture ends.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modules: dict[str, ModuleType] = {}

    def pytest_unconfigure(self) -> None:
        """Called as a run ends."""
        self.keep()

    def keep(self) -> None:
        """Keep what is imported now and is not of the test's own folder."""
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if not (file and Path(file).is_relative_to(self._folder)):
                self._modules[name] = module

    def put_back(self) -> None:
        """Called whenever pytester took something back."""
        for name, module in self._modules.items():
            sys.modules.setdefault(name, module)


@pytest.fixture(autouse=True)
def kept_modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptModules]:
    """Used by each test without its asking, so that it ends after `pytester` does."""
    kept = KeptModules(tmp_path_factory.getbasetemp())
    yield kept
    kept.put_back()


@pytest.fixture
def pytester(pytester: pytest.Pytester, kept_modules: KeptModules) -> Iterator[pytest.Pytester]:
    """Pytest's own; what the test itself imported stays, too."""
    yield pytester
    kept_modules.keep()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One thread in every process, no hub, an empty store of runs, and a terminal that shows whole sentences."""
    for name in [name for name in os.environ if name.startswith(("HF_", "GLUE_", "PYTEST_XDIST", "PYTEST_ADDOPTS"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTEST_GLUE_CACHE", str(tmp_path_factory.mktemp("store") / "runs"))
    monkeypatch.setenv("HF_HOME", str(tmp_path_factory.getbasetemp() / "huggingface"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("COLUMNS", "300")


@contextmanager
def _one_thread() -> Iterator[None]:
    torch: Any = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else None
    if torch:
        torch.set_num_threads(1)
    yield
    if torch:
        torch.set_num_threads(threads)


@pytest.fixture
def here(pytester: pytest.Pytester, kept_modules: KeptModules) -> Run:
    """Run pytest in the user's folder, in this process; without a test file there, `SUITE` is it."""

    def run(*args: str) -> pytest.RunResult:
        if not list(pytester.path.glob("**/test_*.py")):
            pytester.makepyfile(test_suite=SUITE)
        with _one_thread():
            result = pytester.runpytest_inprocess(*args, plugins=[kept_modules])
        kept_modules.put_back()
        return result

    return run


@pytest.fixture
def tiny(here: Run) -> Run:
    """The same on the sample, with fine-tunings of a few steps."""
    return lambda *args: here(*TINY, *args)


@pytest.fixture
def fresh(pytester: pytest.Pytester) -> Run:
    """Run pytest in the user's folder, in a process of its own, with one thread."""

    def run(*args: str) -> pytest.RunResult:
        if not list(pytester.path.glob("**/test_*.py")):
            pytester.makepyfile(test_suite=SUITE)
        return pytester.runpytest_subprocess(*args, timeout=300)

    return run


@pytest.fixture
def tiny_fresh(fresh: Run) -> Run:
    """The same on the sample, with fine-tunings of a few steps."""
    return lambda *args: fresh(*TINY, *args)


@pytest.fixture(scope="session")
def schema() -> Any:
    """The report's schema, as the package ships it."""
    from importlib.resources import files

    return json.loads((files("pytest_glue") / "reports" / "schema.json").read_text("utf-8"))


@pytest.fixture
def report(pytester: pytest.Pytester, schema: Any) -> Callable[..., Any]:
    """Read a JSON report, and make sure that it is valid."""

    def read(name: str = "out.json") -> Any:
        document = json.loads((pytester.path / name).read_text("utf-8"))
        jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
        return document

    return read


@pytest.fixture
def junit(pytester: pytest.Pytester) -> Callable[[], dict[str, ET.Element]]:
    """Read the test cases of `out.xml` by name."""

    def read() -> dict[str, ET.Element]:
        cases = ET.parse(pytester.path / "out.xml").iter("testcase")  # noqa: S314 - written by pytest, just now
        return {case.attrib["name"]: case for case in cases}

    return read
