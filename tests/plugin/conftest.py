"""Fixtures that run a user's suite with pytest, in this process or in a new one, and read its reports."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.environment import isolate
from tests.forked_pytest import run_forked
from tests.plugin.ray_cluster import running_cluster
from tests.plugin.started_run import StartedRun
from tests.tracing import coverage_interrupted

if TYPE_CHECKING:
    from types import ModuleType

SAMPLE = ("--glue-data=sample", "--glue-checkpoints=sample")
TINY = (*SAMPLE, "--glue-max-train-samples=48", "--glue-max-eval-samples=24", "--glue-recipe=num_train_epochs=1")
SUITE = """
def test_glue(glue_evaluation):
    glue_evaluation.check()
"""
RECORDS_TRAININGS = """
from pytest_glue.execution import fine_tuning

plain = fine_tuning.fine_tune

def fine_tune(trainer, labels, seed, *more, **options):
    with open("trained.txt", "a") as file:
        file.write(f"{labels.task.name} {seed}\\n")
    return plain(trainer, labels, seed, *more, **options)

fine_tuning.fine_tune = fine_tune
"""
WAITS_FOR_THE_OTHER = f"""{RECORDS_TRAININGS}
import os
import time
from pathlib import Path
from pytest_glue.cache import cached_runs

locked = cached_runs.locked

def announced(run_cache, keys, note):
    for key in keys:
        Path(f"asked-{{key.task['name']}}-{{os.getpid()}}").touch()
    return locked(run_cache, keys, note)

def fine_tune_beside_the_other(trainer, labels, *more, **options):
    while len(list(Path().glob(f"asked-{{labels.task.name}}-*"))) < 2:
        time.sleep(0.02)
    return fine_tune(trainer, labels, *more, **options)

cached_runs.locked = announced
fine_tuning.fine_tune = fine_tune_beside_the_other
"""
"""A process that is about to train a run waits until another process asks for the same run."""

TRACED = (*("bad_options", "errors", "exit_codes", "hooks", "other_plugins", "provenance", "search", "session"),)
"""The files whose tests coverage traces: with the unit tests they cover what all files do."""

Run = Callable[..., pytest.RunResult]


class KeptModules:
    """A plugin that keeps the modules that a run in this process imported: torch cannot be imported twice.

    Pytester restores `sys.modules` after each run and when its fixture is torn down.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = f"{folder}{os.sep}"
        self._modules: dict[str, ModuleType] = {}

    def pytest_unconfigure(self) -> None:
        self.keep()

    def keep(self) -> None:
        """Remember the imported modules, without those of the test's own folder."""
        for name, module in list(sys.modules.items()):
            if not str(getattr(module, "__file__", None)).startswith(self._folder):
                self._modules[name] = module

    def put_back(self) -> None:
        """Restore the remembered modules."""
        for name, module in self._modules.items():
            sys.modules.setdefault(name, module)


@pytest.fixture(scope="module", autouse=True)
def _traced(request: pytest.FixtureRequest) -> Iterator[None]:
    """Interrupt coverage in the files that are not to be traced."""
    is_traced = request.path.stem.removeprefix("test_") in TRACED
    with nullcontext() if is_traced else coverage_interrupted():
        yield


@pytest.fixture(autouse=True)
def kept_modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptModules]:
    """Restore modules after `pytester` is torn down, which was set up later."""
    kept = KeptModules(tmp_path_factory.getbasetemp())
    yield kept
    kept.put_back()


@pytest.fixture
def pytester(pytester: pytest.Pytester, kept_modules: KeptModules) -> Iterator[pytest.Pytester]:
    """Pytest's own fixture; modules that the test itself imported are kept too."""
    yield pytester
    kept_modules.keep()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One thread in every process, no hub, and an empty cache."""
    isolate(monkeypatch, tmp_path_factory)


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
    """Run pytest in this process, in the user's folder; `SUITE` is the test file if there is no other."""

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
    """The same on the sample, with a few training steps."""
    return lambda *args: here(*TINY, *args)


@pytest.fixture
def fresh(pytester: pytest.Pytester) -> Run:
    """Run pytest in a new process that has imported the heavy libraries, in the user's folder."""

    def run(*args: str) -> pytest.RunResult:
        if not list(pytester.path.glob("**/test_*.py")):
            pytester.makepyfile(test_suite=SUITE)
        return run_forked(args, pytester.path)

    return run


@pytest.fixture
def in_new_interpreter(pytester: pytest.Pytester) -> Run:
    """Run pytest in a new process that has imported nothing."""

    def run(*args: str) -> pytest.RunResult:
        if not list(pytester.path.glob("**/test_*.py")):
            pytester.makepyfile(test_suite=SUITE)
        return pytester.runpytest_subprocess(*args, timeout=300)

    return run


@pytest.fixture
def tiny_fresh(fresh: Run) -> Run:
    """The same on the sample, with a few training steps."""
    return lambda *args: fresh(*TINY, *args)


@pytest.fixture
def start(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., StartedRun]]:
    """Start pytest on the sample in a new process with its own folder for temporary files; it is killed at the end."""
    runs: list[StartedRun] = []
    with TemporaryDirectory(prefix="glue-") as temporary:  # short: Ray's sockets have paths below it
        monkeypatch.setenv("TMPDIR", temporary)

        def start(*args: str) -> StartedRun:
            if not list(pytester.path.glob("**/test_*.py")):
                pytester.makepyfile(test_suite=SUITE)
            named = ("--glue-json=out.json", "--junitxml=out.xml")
            runs.append(StartedRun([*SAMPLE, *named, *args], pytester.path, Path(temporary)))
            return runs[-1]

        yield start
        for run in runs:
            run.kill()


@pytest.fixture
def heeds_interrupts() -> Iterator[None]:
    """Child processes react to SIGINT, even if a shell started the tests in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = str(tmp_path_factory.mktemp("home"))
    with running_cluster(2, {"OMP_NUM_THREADS": "1", "HF_ENDPOINT": "http://127.0.0.1:9", "HOME": home}) as address:
        yield address


@pytest.fixture
def shared_cluster(_cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test's processes use a Ray cluster that all tests of this worker share, which saves seconds a start."""
    monkeypatch.setenv("RAY_ADDRESS", _cluster)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")


@pytest.fixture(scope="session")
def schema() -> jsonschema.Draft202012Validator:
    """The JSON Schema that the package ships."""
    from importlib.resources import files

    return jsonschema.Draft202012Validator(json.loads((files("pytest_glue") / "reports" / "schema.json").read_text()))


@pytest.fixture
def report(pytester: pytest.Pytester, schema: jsonschema.Draft202012Validator) -> Callable[..., Any]:
    """Read a JSON report and validate it."""

    def read(name: str = "out.json") -> Any:
        document = json.loads((pytester.path / name).read_text("utf-8"))
        schema.validate(document)
        return document

    return read


@pytest.fixture
def junit(pytester: pytest.Pytester) -> Callable[[], dict[str, ET.Element]]:
    """Read the test cases of `out.xml` by name."""

    def read() -> dict[str, ET.Element]:
        cases = ET.parse(pytester.path / "out.xml").iter("testcase")  # noqa: S314 - written by pytest, just now
        return {case.attrib["name"]: case for case in cases}

    return read
