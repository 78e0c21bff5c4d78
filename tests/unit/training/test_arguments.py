"""From a recipe to `TrainingArguments` and back."""

from pathlib import Path

import pytest

from pytest_glue.core.errors import OptionError
from pytest_glue.core.recipe import HOUSEKEEPING, NOTEBOOK, Recipe, full_recipe
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.arguments import training_arguments, used_recipe


def test_the_users_recipe_replaces_defaults() -> None:
    """Values of the user replace the defaults, and the headline metric chooses the best epoch."""
    assert {**HOUSEKEEPING, **NOTEBOOK, "metric_for_best_model": "pearson", "num_train_epochs": 1} == full_recipe(
        GLUE["stsb"], {"num_train_epochs": 1}
    )


def test_the_arguments_of_a_run(tmp_path: Path) -> None:
    """The arguments have the run's seed and folder, the recipe's values, and a metric for which higher is better."""
    arguments = training_arguments(GLUE["cola"], {"warmup_steps": 7}, seed=3, output_dir=tmp_path)
    assert (3, str(tmp_path), 7, 2e-5) == (
        arguments.seed,
        arguments.output_dir,
        arguments.warmup_steps,
        arguments.learning_rate,
    )
    assert ("matthews_correlation", True, True) == (
        arguments.metric_for_best_model,
        arguments.greater_is_better,
        arguments.load_best_model_at_end,
    )
    assert ([], True) == (arguments.report_to, arguments.disable_tqdm)


@pytest.mark.parametrize(
    ("recipe", "cause"),
    [
        ({"eval_strategy": "no"}, "--load_best_model_at_end requires the save and eval strategy to match"),
        ({"save_strategy": "steps"}, "--load_best_model_at_end requires the save and eval strategy to match"),
        ({"warmup_steps": -1}, "warmup_steps"),
    ],
    ids=["no-evaluation", "strategies", "warmup"],
)
def test_values_that_contradict_each_other_are_rejected(tmp_path: Path, recipe: Recipe, cause: str) -> None:
    """Values that transformers rejects raise an `OptionError` with the user's recipe and transformers' reason."""
    with pytest.raises(OptionError) as caught:
        training_arguments(GLUE["cola"], recipe, seed=42, output_dir=tmp_path)
    start = f"TrainingArguments does not accept the recipe {dict(recipe)}: "
    assert str(caught.value).startswith(start)
    assert cause in str(caught.value).removeprefix(start)


def test_the_used_recipe_is_what_differs_from_the_defaults(tmp_path: Path) -> None:
    """The used recipe has the effective hyperparameters, but neither seed nor folder."""
    used = used_recipe(training_arguments(GLUE["rte"], {"num_train_epochs": 2}, seed=7, output_dir=tmp_path))
    assert (2, 2e-5, 0.01, "accuracy") == (
        used["num_train_epochs"],
        used["learning_rate"],
        used["weight_decay"],
        used["metric_for_best_model"],
    )
    assert set() == {"seed", "output_dir", "logging_dir", "run_name"} & used.keys()
    assert "adam_beta1" not in used


def test_the_used_recipe_does_not_depend_on_seed_or_folder(tmp_path: Path) -> None:
    """Two runs with one recipe report the same recipe."""
    recipes = [
        used_recipe(training_arguments(GLUE["rte"], {}, seed=seed, output_dir=tmp_path / str(seed))) for seed in (1, 2)
    ]
    assert recipes[0] == recipes[1]
