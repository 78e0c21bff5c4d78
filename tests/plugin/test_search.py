"""A hyperparameter search, then a fine-tuning on all data with the best hyperparameters."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import SAMPLE, SUITE
from tests.plugin.ray_cluster import wait_for

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

LIMITS = ("--glue-max-train-samples=160", "--glue-max-eval-samples=24")
BACKENDS = [
    pytest.param("optuna"),
    pytest.param("ray", marks=pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")),
]
TABLE = """
[tool.pytest_glue]
threshold = {rte = 0.0, mrpc = 0.0}

[tool.pytest_glue.search]
learning_rate = {low = 1e-4, high = 1e-3, log = true}
num_train_epochs = {low = 1, high = 2}
per_device_train_batch_size = [8, 16]
"""
ARGUMENTS = """
import pytest

USED = {}

@pytest.fixture
def glue_trainer(glue_trainer):
    import json
    train = glue_trainer.train
    def spy(*args, **kwargs):
        used = glue_trainer.args
        with open("used.jsonl", "a") as file:
            file.write(json.dumps({
                "learning_rate": used.learning_rate, "num_train_epochs": used.num_train_epochs,
                "per_device_train_batch_size": used.per_device_train_batch_size, "seed": used.seed,
                "batch": glue_trainer._train_batch_size, "examples": len(glue_trainer.train_dataset),
                "evaluated": len(glue_trainer.eval_dataset),
            }) + chr(10))
        return train(*args, **kwargs)
    glue_trainer.train = spy
    return glue_trainer
"""


@pytest.fixture(autouse=True)
def _table(pytester: pytest.Pytester) -> None:
    (pytester.path / "pyproject.toml").write_text(TABLE, "utf-8")
    (pytester.path / "pytest.ini").write_text("[pytest]\n", "utf-8")


@pytest.fixture
def _on_shared_cluster(request: pytest.FixtureRequest, backend: str) -> None:
    if backend == "ray":
        request.getfixturevalue("shared_cluster")


@pytest.fixture
def search(fresh: Run) -> Run:
    """Search on the sample, in a new process."""
    return lambda *args: fresh(*SAMPLE, *LIMITS, "--glue-tasks=rte", "--glue-trials=3", "--glue-json=out.json", *args)


def trials_of(report: Any) -> list[Any]:
    """Return the parts of trials that are reproducible."""
    (result,) = report["results"]
    return [{name: trial[name] for name in trial if name != "duration_s"} for trial in result["search"]["trials"]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_search_comes_before_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, search: Run, report: Report, backend: str
) -> None:
    """The verdict is on a run on all data with the best hyperparameters, and reports show the search."""
    home = pytester.path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))

    result = search(f"--glue-search={backend}", "--glue-search-fraction=0.25")

    result.assert_outcomes(passed=1)
    (found,) = report()["results"]
    study = found["search"]
    assert any(note.endswith("a search is stored as a study") for note in found["notes"])
    assert (backend, 3, 40, 32) == (study["terms"]["backend"], len(study["trials"]), study["n_train"], study["n_eval"])
    best = study["best"]["hyperparameters"]
    assert best == {name: found["recipe"][name] for name in best}
    assert (160, 24) == (found["n_train"], found["n_eval"])
    result.stdout.fnmatch_lines(
        [
            "search rte-sample: trial * of 3 *: * (learning_rate=*, num_train_epochs=*, *)*",
            f"rte · sample: {backend} ran 3 trials (*) on 40 examples in * s; best accuracy * with learning_rate=*",
        ]
    )
    loud = [line for line in result.outlines + result.errlines if "optuna" in line.lower() or "ray" in line.lower()]
    assert [] == [line for line in loud if "ran 3 trials" not in line and not line.startswith(("rootdir", "plugins"))]
    assert [] == list(home.iterdir())


def test_the_final_run_has_the_best_hyperparameters(pytester: pytest.Pytester, search: Run, report: Report) -> None:
    """The trainer uses each trial's hyperparameters on a part of the data, then the best ones on all data."""
    pytester.makeconftest(ARGUMENTS)

    search("--glue-search=optuna", "--glue-search-fraction=0.25", "--glue-seeds=42,7").assert_outcomes(passed=1)

    import json

    used = [json.loads(line) for line in (pytester.path / "used.jsonl").read_text("utf-8").splitlines()]
    (found,) = report()["results"]
    best = found["search"]["best"]["hyperparameters"]
    tried = [trial["hyperparameters"] for trial in found["search"]["trials"]]
    assert [*tried, best, best] == [{name: each[name] for name in best} for each in used]
    assert [42, 42, 42, 42, 7] == [each["seed"] for each in used]
    assert [(40, 32)] * 3 + [(160, 24)] * 2 == [(each["examples"], each["evaluated"]) for each in used]
    assert all(each["batch"] == each["per_device_train_batch_size"] for each in used)


def test_scoring_on_the_evaluation_split(search: Run, report: Report) -> None:
    """Trials can be scored on the evaluation split, as in the notebook, and the report says so."""
    result = search("--glue-search=optuna", "--glue-search-fraction=0.25", "--glue-search-split=evaluation")

    (found,) = report()["results"]
    assert ("evaluation", 24) == (found["search"]["terms"]["split"], found["search"]["n_eval"])
    result.stdout.fnmatch_lines(["*the trials were scored on the evaluation split*"])


@pytest.mark.usefixtures("_on_shared_cluster")
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_killed_search_is_resumed(pytester: pytest.Pytester, search: Run, report: Report, backend: str) -> None:
    """A search that is killed after its first trial has the same trials when resumed, and repeats no finished one."""
    pytester.makepyfile(test_suite=SUITE)
    arguments = (f"--glue-search={backend}", "--glue-search-fraction=0.25", "--glue-trials=3")
    command = [sys.executable, "-m", "pytest", *SAMPLE, *LIMITS, "--glue-tasks=rte", *arguments]
    with (pytester.path / "killed.log").open("w+") as log:
        killed = subprocess.Popen(command, cwd=pytester.path, stdout=log, stderr=log)
        try:
            wait_for(lambda: killed.poll() is not None or "trial 1 of 3" in Path(log.name).read_text("utf-8"))
            if backend == "ray":  # Ray Tune saves a finished trial after it has called its callbacks
                told = Path(log.name).read_text("utf-8").count(" complete: ")
                wait_for(lambda: killed.poll() is not None or _saved_trials(pytester.path) >= told)
        finally:
            killed.kill()
            killed.wait()

    resumed_output = search(*arguments).stdout.str()
    resumed = trials_of(report())
    search(*arguments, "--glue-search-storage=another").assert_outcomes(passed=1)

    assert "trial 1 of 3" not in resumed_output
    assert "trial 3 of 3" in resumed_output
    assert resumed == trials_of(report())


def _saved_trials(folder: Path) -> int:
    """Return the number of finished trials that Ray Tune has saved; trials run in parallel and end in any order."""
    finished = 0
    for file in folder.rglob("experiment_state-*.json"):
        with suppress(ValueError):  # it is being written
            trials = [json.loads(trial) for trial, _metadata in json.loads(file.read_text("utf-8"))["trial_data"]]
            finished = max(finished, sum(trial["status"] == "TERMINATED" for trial in trials))
    return finished


@pytest.mark.usefixtures("_on_shared_cluster")
@pytest.mark.parametrize("backend", BACKENDS)
def test_trials_that_fail(pytester: pytest.Pytester, search: Run, report: Report, backend: str) -> None:
    """A trial that raises and one whose scores are NaN are recorded, and the search continues."""
    (pytester.path / "pyproject.toml").write_text(
        "[tool.pytest_glue.search]\nper_device_train_batch_size = {low = 4, high = 16}\n", "utf-8"
    )
    pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def glue_compute_metrics(glue_compute_metrics, tmp_path):
            calls = tmp_path / "calls"
            calls.touch()
            def compute(output):
                number = len(calls.read_text())
                calls.write_text("x" * (number + 1))
                if number == 0:
                    raise ValueError("no score for this one")
                return {"accuracy": float("nan")} if number == 1 else glue_compute_metrics(output)
            return compute
    """)

    result = search(f"--glue-search={backend}", "--glue-search-fraction=0.25", "--glue-recipe=num_train_epochs=1")

    assert "errors" not in result.parseoutcomes()
    trials = trials_of(report())
    (failed,) = [trial for trial in trials if trial["state"] == "failed"]
    assert "ValueError: no score for this one" == failed["error"]
    assert 1 == [trial["objective"] for trial in trials].count(0.0)


def test_all_trials_fail(pytester: pytest.Pytester, search: Run, report: Report) -> None:
    """If no trial is complete, the item is an error that shows the first cause."""
    pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def glue_compute_metrics():
            def compute(output):
                raise ValueError("there is no metric")
            return compute
    """)

    result = search("--glue-search=optuna", "--glue-search-fraction=0.25")

    result.assert_outcomes(errors=1)
    (error,) = report()["errors"]
    assert "none of the 3 trials of study 'rte-sample-" in error["message"]
    assert error["message"].endswith("is complete; first cause: ValueError: there is no metric")


def test_two_workers_share_a_storage(fresh: Run, report: Report) -> None:
    """Two workers can search for two tasks in one storage, each with its own study."""
    arguments = (*SAMPLE, *LIMITS, "--glue-tasks=rte,mrpc", "--glue-trials=2", "--glue-json=out.json", "-n2")
    result = fresh(
        *arguments, "--glue-search=optuna", "--glue-search-fraction=0.25", "--glue-search-storage=sqlite:///s.db"
    )

    result.assert_outcomes(passed=2)
    names = [found["search"]["name"].rpartition("-")[0] for found in report()["results"]]
    assert ["mrpc-sample", "rte-sample"] == names


def test_searched_and_given_recipes_are_not_compared(here: Run) -> None:
    """A baseline with searched hyperparameters is not compared with a fixed recipe."""
    common = (*SAMPLE, *LIMITS, "--glue-tasks=rte", "--glue-trials=1", "--glue-search-fraction=0.25")
    here(*common, "--glue-search=optuna", "--glue-save=main").assert_outcomes(passed=1)

    result = here(*common, "--glue-compare=main")

    result.assert_outcomes(errors=1)
    assert "hyperparameters searched with optuna in the baseline, given here" in result.stdout.str()
    here(*common, "--glue-search=optuna", "--glue-compare=main").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--glue-search=ray", "--glue-search-storage=sqlite:///s.db"), "--glue-search=ray needs a folder, not a URL"),
        (("--glue-search=optuna", "--glue-search-fraction=0.001"), "raise --glue-search-fraction"),
    ],
)
def test_an_impossible_search(here: Run, arguments: tuple[str, ...], message: str) -> None:
    """A storage or a fraction that cannot be used is an error before anything is trained."""
    result = here(*SAMPLE, *LIMITS, "--glue-tasks=rte", *arguments)

    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()


def test_a_backend_that_is_not_installed(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the package is missing, the message says how to install it."""
    monkeypatch.setattr("pytest_glue.search.backend.find_spec", lambda _: None)

    result = here(*SAMPLE, "--glue-tasks=rte", "--glue-search=optuna")

    result.assert_outcomes(errors=1)
    assert "--glue-search=optuna needs a package that is not installed: pip install 'optuna'" in result.stdout.str()
