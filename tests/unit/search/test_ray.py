"""The Ray Tune backend, without trials; `tests/plugin/test_search.py` runs real ones."""

import json
import math
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

ray = pytest.importorskip("ray")

from ray import tune  # noqa: E402

from pytest_glue.config.search_space import Choices, Numbers  # noqa: E402
from pytest_glue.core.errors import ExecutorError, SearchError  # noqa: E402
from pytest_glue.core.study import Direction, TrialEpoch, TrialState  # noqa: E402
from pytest_glue.integrations import local_ray  # noqa: E402
from pytest_glue.integrations.processes import descendants  # noqa: E402
from pytest_glue.integrations.ray import RayConfig, ray_session  # noqa: E402
from pytest_glue.search.backend import StudySpec  # noqa: E402
from pytest_glue.search.ray import _check_identity, _convert, _domain, _number, _run_trial  # noqa: E402

MakeSpec = Callable[..., StudySpec]
CONFIG = {"learning_rate": 5e-5, "num_train_epochs": 3, "per_device_train_batch_size": 8, "weight_decay": 0.1}


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (Choices((8, 16)), tune.choice([8, 16])),
        (Numbers(0.1, 0.3, 0.1), tune.choice([0.1, 0.2, 0.3])),
        (Numbers(1, 5, 2, whole=True), tune.choice([1, 3, 5])),
        (Numbers(1, 5, whole=True), tune.randint(1, 6)),
        (Numbers(1, 64, log=True, whole=True), tune.lograndint(1, 65)),
        (Numbers(1e-5, 1e-4, log=True), tune.loguniform(1e-5, 1e-4)),
        (Numbers(0.0, 0.3), tune.uniform(0.0, 0.3)),
    ],
)
def test_conversion_of_a_distribution(distribution: Numbers | Choices, expected: Any) -> None:
    """Each distribution is converted to one of Ray Tune's that includes both ends."""
    found = _domain(distribution)
    assert type(expected) is type(found)
    assert str(expected.get_sampler()) == str(found.get_sampler())
    for name in {"lower", "upper", "categories"} & set(vars(expected)):
        assert pytest.approx(getattr(expected, name)) == getattr(found, name)


@pytest.mark.parametrize(
    ("result", "crash", "state", "objective", "error"),
    [
        ({"history": [(0.5, 0.7), (0.7, 0.7), (0.6, 0.7)]}, None, TrialState.COMPLETE, 0.7, None),
        ({"history": [(0.5, 0.7), (0.7, 0.7)]}, None, TrialState.PRUNED, 0.7, None),
        ({"history": [(0.5, 0.7)], "error": "ValueError: no"}, None, TrialState.FAILED, None, "ValueError: no"),
        (
            {"history": [(0.5, 0.7)]},
            RuntimeError("Task failed\nThe actor died"),
            TrialState.FAILED,
            None,
            "The actor died",
        ),
        ({}, None, TrialState.FAILED, None, None),
    ],
    ids=["complete", "stopped", "raised", "killed", "never reported"],
)
def test_the_state_of_a_trial(
    spec: MakeSpec,
    result: dict[str, Any],
    crash: Exception | None,
    state: TrialState,
    objective: float | None,
    error: str | None,
) -> None:
    """A trial is complete after its last epoch, pruned before it, and failed with an error or a dead worker."""
    folder = "_run_trial_200e5_00003_3_learning_rate=0.0001_2026-11-22_16-52-38"
    trial = _convert({**result, "config": CONFIG}, crash, folder, spec())
    assert trial == _convert({**result, "config": CONFIG}, crash, "200e5_00003", spec())
    assert (3, state, objective, error) == (trial.number, trial.state, trial.objective, trial.error)
    assert trial.hyperparameters == CONFIG


@pytest.mark.parametrize("prefix", ["1a2b3", "66316", "00007"])
def test_the_number_of_a_trial(prefix: str) -> None:
    """The number follows the experiment's id, which can consist of decimal digits only."""
    assert _number(f"{prefix}_00004") == 4
    assert _number(f"_run_trial_{prefix}_00004_4_learning_rate=0.0001,num_train_epochs=2_2026-11-22_19-48-34") == 4


def test_a_folder_of_another_study(spec: MakeSpec, tmp_path: Path) -> None:
    """A folder with a study of another task is an error with a remedy; the same study is accepted."""
    folder = tmp_path / "studies" / "rte-sample-0"
    _check_identity(folder, spec())
    _check_identity(folder, spec())
    with pytest.raises(SearchError, match=r"rte-sample-0 holds another study, of task 'rte' and not of 'cola': name"):
        _check_identity(folder, spec(identity={"task": "cola"}))


def test_a_folder_whose_process_was_killed_at_once(spec: MakeSpec, tmp_path: Path) -> None:
    """A folder without identity and experiment is used; a foreign experiment without identity is not."""
    folder = tmp_path / "studies" / "rte-sample-0"
    folder.mkdir(parents=True)
    _check_identity(folder, spec())
    assert spec().identity == json.loads((folder / "pytest-glue.json").read_text("utf-8"))


def test_a_folder_that_cannot_be_created(spec: MakeSpec, tmp_path: Path) -> None:
    """A file as storage is an error that names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SearchError, match=r"--glue-search-storage=\S+file cannot be used: "):
        _check_identity(tmp_path / "file" / "study", spec(storage=str(tmp_path / "file")))


def test_the_largest_number_of_epochs(spec: MakeSpec) -> None:
    """The largest number of epochs comes from the search space, or else from the recipe."""
    assert 4 == spec().max_epochs
    assert 6 == spec(space={"num_train_epochs": Choices((2, 6))}).max_epochs
    assert 3 == spec(space={"weight_decay": Choices((0.0,))}, epochs=2.5).max_epochs


def test_an_existing_session_is_left_running() -> None:
    """Ray is started if there is no session, and stopped at the end; an existing session is used and left running."""
    with ray_session(RayConfig({})):
        assert ray.is_initialized()
        with ray_session(RayConfig({})):
            assert ray.is_initialized()
        assert ray.is_initialized()
    assert not ray.is_initialized()


def test_ray_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray listens on the loopback address only, keeps handlers and variables, and leaves no process and no file.

    Its sockets do not fit into a long folder for temporary files, and its workers have a folder below Ray's own.
    """
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    handler, variables = signal.getsignal(signal.SIGTERM), dict(os.environ)
    earlier = descendants()  # a cluster that other tests share
    try:
        with ray_session(RayConfig({})):
            temporary, home = ray.get(ray.remote(lambda: (Path(tempfile.mkdtemp()), Path.home())).remote())
            processes = [process for process in descendants() if process not in earlier]
            addresses = {
                each.laddr.ip.removeprefix("::ffff:")
                for process in (psutil.Process(), *processes)
                for each in process.net_connections("inet")
                if each.status == psutil.CONN_LISTEN
            }
            os.kill(os.getpid(), signal.SIGTERM)
            assert temporary.is_dir()
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        current = signal.signal(signal.SIGTERM, before)

    assert {"127.0.0.1"} == addresses
    assert [signal.SIGTERM] * 2 == received
    assert handler is current
    assert Path.home() == home
    assert variables == dict(os.environ)
    assert temporary.parent.parent.name.startswith("glue-ray-")
    assert not temporary.parent.parent.exists()
    assert [] == list(long.iterdir())
    assert [] == [process for process in processes if process.is_running()]


def test_no_folder_with_a_short_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder that Ray's sockets fit into, the error names the limit and the remedy."""
    monkeypatch.setattr(tempfile, "tempdir", "/somewhere/" + "long/" * 20)
    monkeypatch.setattr(local_ray, "_SHORT_PARENTS", ())
    with pytest.raises(ExecutorError, match=r"a path of 111 characters, and Ray's sockets allow \d\d: set TMPDIR"):
        local_ray.local_folder().__enter__()


def test_where_lower_is_better_the_lowest_score_is_the_objective(spec: MakeSpec) -> None:
    """A trial's objective is the score of its best epoch, which is the lowest one."""
    result = {"history": [(0.9, 0.7), (0.4, 0.7), (0.6, 0.7)], "config": CONFIG}
    assert 0.4 == _convert(result, None, "abcde_00001", spec(direction=Direction.MINIMIZE)).objective
    assert 0.9 == _convert(result, None, "abcde_00001", spec()).objective


@pytest.mark.parametrize(("direction", "objective"), [(Direction.MAXIMIZE, 0.9), (Direction.MINIMIZE, 0.4)])
def test_what_a_trial_reports(monkeypatch: pytest.MonkeyPatch, direction: Direction, objective: float) -> None:
    """ASHA compares the best score so far; a trial that fails reports a worse one than any other."""
    reported: list[dict[str, Any]] = []
    monkeypatch.setattr(tune, "report", reported.append)
    monkeypatch.setattr("pytest_glue.search.ray.reset_device", lambda objective: objective)

    def trial(_: Any, report: Any) -> None:
        for score in (0.9, 0.4):
            report(TrialEpoch(score, 0.7))
        raise ValueError("out of memory")

    _run_trial({}, trial, direction)  # type: ignore[arg-type]
    assert [0.9, objective] == [each["objective"] for each in reported[:2]]
    assert -1e300 > direction.sign * reported[-1]["objective"] > -math.inf
