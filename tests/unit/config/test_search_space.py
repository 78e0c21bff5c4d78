"""The search space: accepted tables, and messages about others."""

from typing import Any

import pytest

from pytest_glue.config.search_space import DEFAULT, Choices, Numbers, parse_space, plain_space
from pytest_glue.core.errors import OptionError


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("learning_rate", {"low": 1e-5, "high": 1e-4, "log": True}, Numbers(1e-5, 1e-4, log=True)),
        ("weight_decay", {"low": 0, "high": 1}, Numbers(0.0, 1.0)),
        ("num_train_epochs", {"low": 1, "high": 5}, Numbers(1, 5, whole=True)),
        ("num_train_epochs", {"low": 0.5, "high": 2.0, "step": 0.5}, Numbers(0.5, 2.0, 0.5)),
        ("per_device_train_batch_size", {"low": 8, "high": 32, "step": 8}, Numbers(8, 32, 8, whole=True)),
        ("per_device_train_batch_size", [8, 16, 8], Choices((8, 16))),
        ("lr_scheduler_type", ["linear", "cosine"], Choices(("linear", "cosine"))),
    ],
)
def test_a_distribution_is_read(name: str, value: Any, expected: Numbers | Choices) -> None:
    """A table is a range, a list holds choices. A range with whole bounds is whole if the field counts something."""
    assert {name: expected} == parse_space({name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("learning_rat", [1e-5], "no field 'learning_rat': did you mean learning_rate"),
        ("seed", {"low": 1, "high": 40}, "seed is not part of a recipe: use --glue-seeds"),
        ("output_dir", ["a", "b"], "output_dir is the same in every trial: set it with --glue-recipe output_dir=VALUE"),
        ("learning_rate", 1e-5, "learning_rate = 1e-05 is not a distribution; accepted: {low = ..., high = ...}"),
        ("learning_rate", {"low": 1e-5}, "lacks low or high; accepted"),
        (
            "learning_rate",
            {"low": 1, "high": 2, "distribution": "normal"},
            "has the unknown key 'distribution'; accepted",
        ),
        ("learning_rate", {"low": 1e-4, "high": 1e-5}, "low 0.0001 is above high 1e-05"),
        ("learning_rate", {"low": 0.0, "high": 1e-5}, "learning_rate=0.0: expected a number above 0"),
        ("learning_rate", {"low": None, "high": 1e-5}, "lacks low or high; accepted"),
        ("weight_decay", {"low": 0.0, "high": 1e-5, "log": True}, "log needs a low above 0, and it is 0.0"),
        ("learning_rate", {"low": 0.1, "high": 0.2, "log": 1}, "log is true or false"),
        ("learning_rate", {"low": 0.1, "high": 0.2, "log": True, "step": 0.1}, "log and step exclude each other"),
        ("learning_rate", {"low": 0.1, "high": 0.2, "step": 0}, "step 0 is not above 0"),
        ("learning_rate", {"low": "a", "high": 0.2}, "learning_rate='a': expected a number"),
        (
            "per_device_train_batch_size",
            {"low": 1.5, "high": 3},
            "per_device_train_batch_size=1.5: expected an integer",
        ),
        ("lr_scheduler_type", {"low": 1, "high": 2}, "lr_scheduler_type is not a number"),
        ("lr_scheduler_type", ["cosin"], "lr_scheduler_type='cosin': did you mean cosine"),
        ("per_device_train_batch_size", [], "at least one plain value is needed"),
        ("learning_rate", [[1e-5]], "at least one plain value is needed"),
    ],
)
def test_what_is_not_accepted(name: str, value: Any, message: str) -> None:
    """The message has the field, the value and what is accepted."""
    with pytest.raises(OptionError) as caught:
        parse_space({name: value})
    assert message in str(caught.value)


def test_the_default_space_has_no_seed() -> None:
    """The parser accepts the default space, which has only hyperparameters."""
    assert "seed" not in DEFAULT
    assert dict(DEFAULT) == parse_space(plain_space(DEFAULT))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (Numbers(1, 6, 2, whole=True), (1, 3, 5)),
        (Numbers(0.1, 0.3, 0.1), (0.1, 0.2, 0.3)),
        (Numbers(2.0, 2.0, 1.0), (2.0,)),
    ],
)
def test_the_grid_of_a_step(numbers: Numbers, expected: tuple[float, ...]) -> None:
    """The grid starts at the low end and never exceeds the high end."""
    assert pytest.approx(expected) == numbers.grid
