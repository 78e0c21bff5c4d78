"""The cache key: what changes a run changes its key, and nothing else does."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pytest_glue.cache import key as key_module
from pytest_glue.cache.key import Key
from pytest_glue.config.options import OPTIONS
from pytest_glue.core.recipe import NOTEBOOK

KeyOf = Callable[..., Key]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seed": 43}, "seed"),
        ({"task": "mrpc"}, "task"),
        ({"digest": "sha256:2"}, "checkpoint"),
        ({"data": "sample cola"}, "data"),
        ({"recipe": {"learning_rate": 3e-5}}, "recipe"),
        ({"recipe": {"lr_scheduler_kwargs": {"power": 2}}}, "recipe"),
        ({"max_train_samples": 8}, "options"),
        ({"max_eval_samples": 8}, "options"),
        ({"max_length": 8}, "options"),
    ],
)
def test_what_changes_a_run_changes_its_key(key_of: KeyOf, change: dict[str, Any], field: str) -> None:
    """Another seed, task, checkpoint, data, recipe or limit changes the key, and `differences` names the field."""
    plain, changed = key_of(), key_of(**change)
    assert plain.name != changed.name
    assert any(name.partition(".")[0] == field for name in plain.differences(changed))


def test_a_change_of_the_notebooks_recipe_changes_a_key(key_of: KeyOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key contains the default recipe too."""
    plain = key_of()
    monkeypatch.setattr("pytest_glue.core.recipe.NOTEBOOK", {**NOTEBOOK, "weight_decay": 0.02})
    assert {"recipe.weight_decay": (NOTEBOOK["weight_decay"], 0.02)} == plain.differences(key_of())


def test_equal_numbers_give_one_key(key_of: KeyOf) -> None:
    """A recipe holds 1 or 1.0, as the user wrote it; True is another value."""
    nested = [{"num_train_epochs": one, "lr_scheduler_kwargs": {"min_lr": [one]}} for one in (1, 1.0, True)]
    first, second, third = (key_of(recipe=recipe) for recipe in nested)
    assert first.name == second.name != third.name
    assert {} == first.differences(second)
    assert {"recipe.num_train_epochs", "recipe.lr_scheduler_kwargs"} == first.differences(third).keys()


@pytest.mark.parametrize("recipe", [{"learning_rate": 2e-5}, {"logging_steps": 3}, {"per_device_eval_batch_size": 8}])
def test_what_changes_no_run_changes_no_key(key_of: KeyOf, recipe: dict[str, Any]) -> None:
    """A default value and a hyperparameter without effect on the scores leave the key unchanged."""
    assert key_of().name == key_of(recipe=recipe).name


def test_a_library_changes_a_key(key_of: KeyOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of torch changes the key: its kernels may sum in another order."""
    plain = key_of()
    versions = dict.fromkeys(key_module.LIBRARIES, "1.0")
    monkeypatch.setattr(key_module, "library_versions", lambda: versions)
    assert {f"libraries.{name}" for name in versions} == set(plain.differences(key_of()))


@pytest.mark.parametrize(("variable", "counts"), [("ACCELERATE_MIXED_PRECISION", True), ("OMP_NUM_THREADS", False)])
def test_variables_that_change_scores(
    key_of: KeyOf, monkeypatch: pytest.MonkeyPatch, variable: str, *, counts: bool
) -> None:
    """A variable that changes the precision changes the key; the number of threads does not."""
    plain = key_of()
    monkeypatch.setenv(variable, "3")
    expected = {f"environment.{variable}": (None, "3")} if counts else {}
    assert expected == plain.differences(key_of())


def test_a_recipe_for_the_cpu(key_of: KeyOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `use_cpu` the key says `cpu`, also on a machine with an accelerator."""
    monkeypatch.setattr(key_module, "expected_device", lambda: "mps")
    assert ("mps", "cpu") == (key_of().device, key_of(recipe={"use_cpu": True}).device)


def test_options_that_affect_runs_are_in_the_key(key_of: KeyOf) -> None:
    """The declaration of an option decides; tasks, checkpoints, data, seeds and recipe have fields of their own."""
    affecting = {name for name, option in OPTIONS.items() if option.affects == "run"}
    assert affecting == key_of().options.keys()


def test_a_key_is_the_same_in_another_process(key_of: KeyOf) -> None:
    """Another hash seed gives the same key, and computing it imports no heavy library."""
    code = (
        "import sys\n"
        "from pytest_glue.core.checkpoints import Checkpoint, Origin\n"
        "from pytest_glue.config.evaluation_spec import EvaluationSpec\n"
        "from pytest_glue.config.options import Options\n"
        "from pytest_glue.cache.key import Key\n"
        "from pytest_glue.core.tasks import GLUE\n"
        f"checkpoint = Checkpoint('a/b', Origin.HUB, 'main', 'sha256:{'1' * 64}')\n"
        "print(Key.of(EvaluationSpec(Options(), GLUE['rte'], checkpoint), 'sample rte', 42).name)\n"
        "print([name for name in ('torch', 'transformers', 'datasets', 'numpy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [key_of().name, "[]"] == done.stdout.splitlines()
