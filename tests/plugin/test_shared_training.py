"""Shared training: tasks that differ in the evaluation split only are fine-tuned once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.execution import fine_tuning
from pytest_glue.sample.examples import sample_dataset
from pytest_glue.training.fine_tune import fine_tune as plain_fine_tune
from pytest_glue.training.trainer.glue_trainer import GlueTrainer
from tests.forked_pytest import run_at_once, run_forked
from tests.plugin.conftest import WAITS_FOR_THE_OTHER

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

ARGUMENTS = (
    *("--glue-data=sample", "--glue-checkpoints=sample", "--glue-json=out.json"),
    *("--glue-max-train-samples=48", "--glue-max-eval-samples=32", "--glue-recipe=num_train_epochs=2"),
    *("--glue-recipe=learning_rate=1e-3", "--glue-threshold=mnli=0", "--glue-threshold=mnli-mm=0"),
)
BOTH = (*ARGUMENTS, "--glue-tasks=mnli,mnli-mm")
WAITS_FOR_THE_OTHER_IN_AN_ORDER = f"""{WAITS_FOR_THE_OTHER}
import os

def pytest_collection_modifyitems(items):
    if "BACKWARDS" in os.environ:
        items.reverse()
"""


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The task and seed of each fine-tuning in this process."""
    names: list[str] = []

    def fine_tune(trainer: Any, labels: Any, seed: int, *more: Any, **options: Any) -> Any:
        names.append(f"{labels.task.name} {seed}")
        return plain_fine_tune(trainer, labels, seed, *more, **options)

    monkeypatch.setattr(fine_tuning, "fine_tune", fine_tune)
    return names


def results(report: Report) -> dict[str, Any]:
    """Return the results by task, without durations and notes."""
    found = report()["results"]
    for result in found:
        result.update(duration_s=None, notes=None, runs=[{**run, "duration_s": None} for run in result["runs"]])
    return {result["task"]: result for result in found}


def cached(report: Report) -> list[bool]:
    """Return for each run of each item whether it is marked as cached."""
    return [run["cached"] for result in report()["results"] for run in result["runs"]]


def test_one_fine_tuning_gives_the_results_of_two(here: Run, report: Report, trained: list[str]) -> None:
    """Both tasks are trained once, with the same scores, histories and intervals as alone; a note names the other."""
    alone: dict[str, Any] = {}
    for task in ("mnli", "mnli-mm"):
        here(*ARGUMENTS, f"--glue-tasks={task}", f"--glue-cache-dir={task}").assert_outcomes(passed=1)
        alone |= results(report)
    assert ["mnli 42", "mnli-mm 42"] == trained
    assert alone["mnli"]["metrics"] != alone["mnli-mm"]["metrics"]
    trained.clear()

    result = here(*BOTH, "-v")

    result.assert_outcomes(passed=2)
    assert (["mnli 42"], [False, False]) == (trained, cached(report))
    result.stdout.fnmatch_lines(["mnli-mm * s  pass", "mnli-mm: trained together with mnli"])
    assert alone == results(report)


def test_policies(here: Run, report: Report, trained: list[str]) -> None:
    """A later test run reads both runs; `refresh` trains once more, for both tasks."""
    here(*BOTH)
    for policy, expected in (("only", []), ("refresh", ["mnli 42"]), ("use", [])):
        trained.clear()
        here(*BOTH, f"--glue-cache={policy}").assert_outcomes(passed=2)
        assert expected == trained, policy
        assert [not expected] * 2 == cached(report)
        together = [note for result in report()["results"] for note in result["notes"] if "together" in note]
        assert ["trained together with mnli"] * len(expected) == together


def test_missing_seeds(here: Run, report: Report, trained: list[str]) -> None:
    """Each seed is trained once for both tasks, also if one seed of one task is cached."""
    here(*ARGUMENTS, "--glue-tasks=mnli-mm", "--glue-seeds=7,").assert_outcomes(passed=1)
    here(*BOTH, "--glue-seeds=7,8").assert_outcomes(passed=2)
    assert ["mnli-mm 7", "mnli 7", "mnli 8"] == trained
    assert [True, False, False, False] == cached(report)  # mnli-mm's are the first


@pytest.mark.parametrize("workers", [False, True], ids=["commands", "workers"])
def test_two_processes_at_once(pytester: pytest.Pytester, workers: bool) -> None:  # noqa: FBT001 - a parameter
    """Two processes, commands or workers, that start together with the two tasks train once."""
    pytester.makepyfile(test_suite="def test_glue(glue_evaluation):\n    glue_evaluation.check()")
    pytester.makeconftest(WAITS_FOR_THE_OTHER_IN_AN_ORDER)
    args = ["-p", "no:cacheprovider", *BOTH]
    if workers:
        results = [run_forked([*args, "-n", "2", "--glue-cache=refresh"], pytester.path)]
    else:
        one, two = ([*args, f"--glue-json={name}.json"] for name in ("one", "two"))
        results = run_at_once((one, {}), (two, {"BACKWARDS": "1"}), folder=pytester.path)

    assert {0} == {result.ret for result in results}
    assert 1 == len((pytester.path / "trained.txt").read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("--glue-batching=plain", ["mnli 42"]),
        ("--glue-resume", ["mnli 42"]),
        ("--glue-cache=off", ["mnli 42", "mnli-mm 42"]),
        ("--glue-recipe=output_dir=kept", ["mnli 42", "mnli-mm 42"]),
        ("--glue-stop-when-decided", ["mnli 42", "mnli-mm 42"]),
        ("--glue-recipe=load_best_model_at_end=false", ["mnli 42", "mnli-mm 42"]),
        ("--glue-recipe=eval_on_start=true", ["mnli 42", "mnli-mm 42"]),
    ],
)
def test_which_trainings_are_shared(here: Run, trained: list[str], asked: str, expected: list[str]) -> None:
    """Each task is trained if there is no cache, or if a run may stop early or end with another than the best epoch."""
    here(*BOTH, asked).assert_outcomes(passed=2)
    assert expected == trained


def test_an_item_that_was_deselected(pytester: pytest.Pytester, here: Run) -> None:
    """A training does not evaluate and cache a task whose item is deselected."""
    here(*BOTH, "-k", "not mm", "--glue-cache-dir=runs").assert_outcomes(passed=1, deselected=1)
    assert 1 == len(list((pytester.path / "runs").rglob("*.run")))


def test_items_of_another_test(pytester: pytest.Pytester, here: Run, trained: list[str]) -> None:
    """Items of different tests share no training, since their options and fixtures may differ."""
    suite = """
        import pytest

        @pytest.mark.glue(tasks=["mnli"])
        def test_one(glue_evaluation): glue_evaluation.verdict

        @pytest.mark.glue(tasks=["mnli-mm"], max_length=12)
        def test_two(glue_evaluation): glue_evaluation.verdict
        """
    pytester.makepyfile(test_suite=suite)
    here(*BOTH).assert_outcomes(passed=2)
    assert ["mnli 42", "mnli-mm 42"] == trained


@pytest.mark.parametrize("fixture", ["glue_model_init", "glue_task"])
def test_overridden_fixtures(
    pytester: pytest.Pytester, here: Run, report: Report, trained: list[str], fixture: str
) -> None:
    """With an overridden fixture each task is trained, since the fixture may depend on the task."""
    pytester.makeconftest(f"import pytest\n\n@pytest.fixture\ndef {fixture}({fixture}):\n    return {fixture}")
    here(*BOTH).assert_outcomes(passed=2)
    assert ["mnli 42", "mnli-mm 42"] == trained
    assert [] == [note for result in report()["results"] for note in result["notes"] if "together" in note]


def test_data_of_a_folder(here: Run, trained: list[str], tmp_path: Path) -> None:
    """Data in a folder has another identity for each task, and the training is shared all the same."""
    (tmp_path / "glue" / "mnli").mkdir(parents=True)
    for name, split in sample_dataset("mnli").items():
        split.to_parquet(tmp_path / "glue" / "mnli" / f"{name}-00000-of-00001.parquet")
    here(*BOTH, f"--glue-data={tmp_path / 'glue'}").assert_outcomes(passed=2)
    assert ["mnli 42"] == trained


def test_a_resumed_fine_tuning(here: Run, report: Report, trained: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A resumed fine-tuning gives the run of its own task only, so the other task is trained."""
    here(*BOTH, "--glue-cache-dir=whole").assert_outcomes(passed=2)
    expected = results(report)
    plain = GlueTrainer.training_step

    def fails_in_epoch_two(self: GlueTrainer, *given: Any, **named: Any) -> Any:
        if self.state.epoch and self.state.epoch > 1:
            raise RuntimeError("the power went off")
        return plain(self, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(GlueTrainer, "training_step", fails_in_epoch_two)
        here(*BOTH, "--glue-resume").assert_outcomes(errors=2)
    trained.clear()

    result = here(*BOTH, "--glue-resume")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["all: seed 42 resumed after epoch 1, where it had been interrupted"])
    assert ["mnli 42", "mnli-mm 42"] == trained
    assert expected == results(report)
