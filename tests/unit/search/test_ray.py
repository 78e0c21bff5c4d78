"""The Ray Tune backend, without trials; `tests/plugin/test_search.py` runs real ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ray = pytest.importorskip("ray")

from ray import tune  # noqa: E402

from pytest_glue.config.search_space import Choices, Numbers  # noqa: E402
from pytest_glue.core.errors import SearchError  # noqa: E402
from pytest_glue.core.study import TrialState  # noqa: E402
from pytest_glue.integrations.ray import RayConfig, ray_session  # noqa: E402
from pytest_glue.search.backend import StudySpec  # noqa: E402
from pytest_glue.search.ray import _check_identity, _convert, _domain, _number  # noqa: E402

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
