"""Kills the gate at random times, and checks that nothing is lost, damaged or left.

`python -m benchmarks.kills --kills 60 --seed 1` runs three tasks of the sample with a small recipe, and sends each test
run SIGKILL, SIGTERM or SIGINT at a random time, in turn alone, with `-n 2` and with `--glue-executor=ray`. `--modes`
and `--signals` choose among them. Every test run has its own caches and its own folder for temporary files.

The time does not depend on the load of the machine: it is drawn from the time of an undisturbed test run, and counted
from the last file that this one had cached before (an encoded split or a run). Two thirds of the times lie between
the first and the last such file, the others before and after them in turn. Checked after each kill:

- every report that exists is valid: JSON against the package's schema, JUnit as XML; every cache entry can be read;
- the same tasks again, in a process that has imported the libraries, have the scores of an undisturbed test run, and
  no run that was in the cache is fine-tuned;
- after SIGTERM and SIGINT no process is left, and no temporary file; the reports exist if items had begun to run.

A line for each kill says what was wrong; the exit code is 1 if anything was. One kill takes half a minute on two idle
cores, most of it for importing torch. The verdicts do not matter: with so little training, an item may fail.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from bisect import bisect_right
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree as ET

import jsonschema
import psutil

from pytest_glue.cache.storage import RunCache
from pytest_glue.integrations.processes import descendants
from tests.forked_pytest import run_forked

MODES = {"alone": (), "-n 2": ("-n", "2"), "ray": ("--glue-executor=ray",)}
SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT")
SUITE = "def test_glue(glue_evaluation):\n    glue_evaluation.check()\n"
OPTIONS = (
    *("--glue-data=sample", "--glue-checkpoints=sample", "--glue-tasks=cola,rte,stsb"),
    *("--glue-max-train-samples=64", "--glue-max-eval-samples=32", "--glue-recipe=num_train_epochs=1"),
    *("--glue-json=out.json", "--junitxml=out.xml", "-p", "no:cacheprovider"),
)
LIBRARIES = ("torchinductor_", "pytest-of-")
"""The folders that torch and pytest keep for the user, one for all processes."""
END_S = 60
"""How long a test run may take to end after a signal."""
PHASES = ("start", "running", "running", "end", "running", "running")
"""Where the times of the kills lie, in turn."""
POLL_S = 0.01


def main() -> int:
    """Kill as often as the command line says, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="of the random times")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--signals", nargs="+", choices=SIGNALS, default=list(SIGNALS))
    given = parser.parse_args()
    chance = random.Random(given.seed)  # noqa: S311 - no secret
    bad = 0
    with TemporaryDirectory(prefix="kills-") as folder:
        whole = {mode: undisturbed(Path(folder) / f"whole-{mode}", mode) for mode in given.modes}
        for index in range(given.kills):
            mode = given.modes[index % len(given.modes)]
            name = given.signals[index // len(given.modes) % len(given.signals)]
            phase = PHASES[index // (len(given.modes) * len(given.signals)) % len(PHASES)]
            kill_time = whole[mode].kill_time(phase, chance)
            kill = Kill(Path(folder) / str(index), mode, name, kill_time, whole[mode])
            found = kill.problems()
            bad += bool(found)
            state = f"{mode:5s} {name:7s} {phase:7s} {kill_time}, {kill.state}"
            print(f"{index + 1:3d} {state}: {found or 'nothing wrong'}", flush=True)
            shutil.rmtree(kill.folder)
    print(f"{given.kills} kills, {bad} with a problem")
    return int(bad > 0)


@dataclass(frozen=True)
class KillTime:
    """The time of a kill in a test run, whatever the load of the machine."""

    n_files: int
    """How many files the test run has cached by then."""
    wait_s: float
    """The time since the last of them, or since the start."""

    def __str__(self) -> str:
        return f"{self.wait_s:4.1f} s after file {self.n_files}"


@dataclass(frozen=True)
class Undisturbed:
    """A test run that was not killed."""

    times_s: tuple[float, ...]
    """When it started (0), cached each file, and ended."""
    scores: dict[str, Any]
    """The metrics of each run, by node id and seed."""

    def kill_time(self, phase: str, chance: random.Random) -> KillTime:
        """Return a random time in a phase."""
        start, first, *_, last, end = self.times_s
        at = chance.uniform(*{"start": (start, first), "running": (first, last), "end": (last, end)}[phase])
        n_files = bisect_right(self.times_s[1:-1], at)
        return KillTime(n_files, at - self.times_s[n_files])


def undisturbed(folder: Path, mode: str) -> Undisturbed:
    """Make a test run, and return its times and scores."""
    process, start, times_s = started(folder, mode), time.monotonic(), [0.0]
    while process.poll() is None:
        times_s += [time.monotonic() - start] * (n_cached_files(folder) + 1 - len(times_s))
        time.sleep(POLL_S)
    if process.returncode not in {0, 1}:
        raise SystemExit(f"the undisturbed test run ends with {process.returncode}:\n{log_of(folder)}")
    return Undisturbed((*times_s, time.monotonic() - start), scores(folder))


def n_cached_files(folder: Path) -> int:
    """Return how many encoded splits and runs a test run has cached."""
    return len([*folder.glob("encoded/*/*.sha256"), *folder.glob("cache/*/*.run")])


def log_of(folder: Path) -> str:
    return (folder / "log").read_text("utf-8")


def started(folder: Path, mode: str) -> subprocess.Popen[bytes]:
    """Start a test run in a folder, which keeps its cache, and react to SIGINT even if a shell ignores it."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    (folder / "test_suite.py").write_text(SUITE)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with (folder / "log").open("w") as log:
            command = [sys.executable, "-m", "pytest", *OPTIONS, *MODES[mode]]
            return subprocess.Popen(command, cwd=folder, env=os.environ | variables(folder), stdout=log, stderr=log)
    finally:
        signal.signal(signal.SIGINT, before)


def variables(folder: Path) -> dict[str, str]:
    """Return the environment variables that name a test run's own folders."""
    names = {"PYTEST_GLUE_CACHE": "cache", "HF_DATASETS_CACHE": "encoded", "TMPDIR": "tmp"}
    return {name: str(folder / each) for name, each in names.items()}


def scores(folder: Path) -> dict[str, Any]:
    """Return the metrics of each run of the report."""
    report = json.loads((folder / "out.json").read_text("utf-8"))
    return {f"{each['nodeid']} {run['seed']}": run["metrics"] for each in report["results"] for run in each["runs"]}


@dataclass
class Kill:
    """A test run that is killed, and repeated."""

    folder: Path
    mode: str
    signal: str
    kill_time: KillTime
    whole: Undisturbed
    state: str = ""
    """How far the test run was."""

    def problems(self) -> list[str]:
        """Kill the test run, repeat it, and return what is wrong."""
        left = self._kill()
        return [*left, *self._invalid_files(), *self._rerun()]

    def _kill(self) -> list[str]:
        process = started(self.folder, self.mode)
        while n_cached_files(self.folder) < self.kill_time.n_files and process.poll() is None:
            time.sleep(POLL_S)
        time.sleep(self.kill_time.wait_s)
        tree = descendants(psutil.Process(process.pid))
        begun = "test_suite.py" in log_of(self.folder)
        process.send_signal(signal.Signals[self.signal])
        start = time.monotonic()
        try:
            code = process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return [f"it did not end within {END_S} s"]
        took = time.monotonic() - start
        left = [each for each in tree if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
        names = [path.name for path in (self.folder / "tmp").iterdir() if not path.name.startswith(LIBRARIES)]
        self.state = f"{self._entries()} runs cached, exit code {code} after {took:.1f} s"
        if self.signal == "SIGKILL":
            psutil.wait_procs(left, timeout=END_S)
            return []
        reports = [name for name in ("out.json", "out.xml") if not (self.folder / name).exists()]
        return [
            *([f"processes left: {[' '.join(each.cmdline())[:80] for each in left]}"] if left else []),
            *([f"temporary files left: {names}"] if names else []),
            *([f"reports missing: {reports}"] if reports and begun else []),
            *([f"exit code {code}"] if begun and code not in self._accepted() else []),
        ]

    def _accepted(self) -> set[int]:
        """Return the exit codes of a test run that was asked to end; when pytest has ended, the signal's is one."""
        has_ended = re.search(r"^=+ .* in [\d.]+s .*=+$", log_of(self.folder), re.MULTILINE)
        return {0, 1, 2} | ({-signal.Signals[self.signal]} if has_ended else set())

    def _entries(self) -> int:
        return len(RunCache(self.folder / "cache").files())

    def _invalid_files(self) -> list[str]:
        schema = json.loads((files("pytest_glue") / "reports" / "schema.json").read_text("utf-8"))
        found = [
            f"damaged entry: {file.path.name}" for file in RunCache(self.folder / "cache").files() if file.entry is None
        ]
        try:
            if (report := self.folder / "out.json").exists():
                jsonschema.validate(json.loads(report.read_text("utf-8")), schema, jsonschema.Draft202012Validator)
            if (junit := self.folder / "out.xml").exists():
                ET.parse(junit)  # noqa: S314 - written by pytest
        except (ValueError, jsonschema.ValidationError, ET.ParseError) as error:
            found.append(f"invalid report: {error}")
        return found

    def _rerun(self) -> list[str]:
        finished, before = self._entries(), _times(self.folder)
        with patch.dict(os.environ, variables(self.folder)), redirect_stdout(StringIO()) as log:
            code = run_forked(OPTIONS, self.folder).ret
        if code not in {0, 1}:
            return [f"the next test run ends with {code}: {log.getvalue()[-2000:]}"]
        report = json.loads((self.folder / "out.json").read_text("utf-8"))
        cached = sum(run["cached"] for each in report["results"] for run in each["runs"])
        rewritten = [name for name, stamp in _times(self.folder).items() if before.get(name, stamp) != stamp]
        return [
            *([] if scores(self.folder) == self.whole.scores else ["other scores than undisturbed"]),
            *([] if cached == finished else [f"{finished} runs were cached, {cached} were used"]),
            *([f"written again: {rewritten}"] if rewritten else []),
        ]


def _times(folder: Path) -> dict[str, int]:
    """Return the inode of each entry: a run that is written again is a new file, one that is read has a new time."""
    return {file.path.name: file.path.stat().st_ino for file in RunCache(folder / "cache").files()}


if __name__ == "__main__":
    sys.exit(main())
