"""From a recipe to `TrainingArguments` and back."""

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_glue.core.errors import OptionError
from pytest_glue.core.recipe import HOUSEKEEPING, NOTEBOOK, Recipe, full_recipe, recipe_notes
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.arguments import training_arguments, used_recipe


def test_the_users_recipe_replaces_defaults() -> None:
    """Values of the user replace the defaults, and the headline metric chooses the best epoch."""
    best = {"metric_for_best_model": "pearson", "greater_is_better": True}
    assert {**HOUSEKEEPING, **NOTEBOOK, **best, "num_train_epochs": 1} == full_recipe(
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
        ({"accelerator_config": {"no_such_key": 1}}, "TypeError: "),
        ({"accelerator_config": "missing.json"}, "FileNotFoundError: "),
        ({"lr_scheduler_kwargs": "{broken"}, "JSONDecodeError: "),
    ],
    ids=["no-evaluation", "strategies", "warmup", "unknown-key", "no-file", "json"],
)
def test_values_that_contradict_each_other_are_rejected(tmp_path: Path, recipe: Recipe, cause: str) -> None:
    """Values that transformers rejects raise an `OptionError` with the user's recipe and transformers' reason."""
    with pytest.raises(OptionError) as caught:
        training_arguments(GLUE["cola"], recipe, seed=42, output_dir=tmp_path)
    start = f"TrainingArguments does not accept the recipe {dict(recipe)}: "
    assert str(caught.value).startswith(start)
    assert cause in str(caught.value).removeprefix(start)


def test_the_message_shows_no_token(tmp_path: Path) -> None:
    with pytest.raises(OptionError) as caught:
        training_arguments(GLUE["cola"], {"eval_strategy": "no", "hub_token": "hf_SECRET"}, 42, tmp_path)
    assert "<HUB_TOKEN>" in str(caught.value)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({}, True),
        ({"metric_for_best_model": "eval_matthews_correlation"}, True),
        ({"metric_for_best_model": "loss"}, False),
        ({"metric_for_best_model": "eval_loss"}, False),
        ({"metric_for_best_model": None}, False),
        ({"metric_for_best_model": "loss", "greater_is_better": True}, True),
        ({"greater_is_better": False}, False),
    ],
    ids=str,
)
def test_the_direction_of_the_best_epoch(tmp_path: Path, recipe: Recipe, *, expected: bool) -> None:
    """A loss is minimised and a score maximised, unless the user says otherwise."""
    assert expected is training_arguments(GLUE["cola"], recipe, seed=3, output_dir=tmp_path).greater_is_better


def test_a_regression_has_no_label_smoothing(tmp_path: Path) -> None:
    """A recipe for all tasks smooths the labels of classes, and a note says that a regression has none."""
    recipe: Recipe = {"label_smoothing_factor": 0.1}
    factors = {name: training_arguments(GLUE[name], recipe, 3, tmp_path).label_smoothing_factor for name in GLUE}
    assert {name: 0.0 if name == "stsb" else 0.1 for name in GLUE} == factors
    note = "trained without label_smoothing_factor: a regression has no class labels to smooth"
    assert ((note,), ()) == (recipe_notes(GLUE["stsb"], recipe), recipe_notes(GLUE["rte"], recipe))
    assert () == recipe_notes(GLUE["stsb"], {})


def test_infinity_in_the_used_recipe_is_text(tmp_path: Path) -> None:
    """JSON has no infinity and no NaN."""
    arguments = training_arguments(GLUE["rte"], {}, seed=7, output_dir=tmp_path)
    assert "inf" == used_recipe(replace(arguments, max_grad_norm=float("inf")))["max_grad_norm"]


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
