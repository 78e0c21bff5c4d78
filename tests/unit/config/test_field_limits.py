"""Limits of recipe values: what fails in the middle of a run, or trains nothing, is refused before it."""

from typing import Any

import pytest

from pytest_glue.config.field_limits import Limits
from pytest_glue.config.training_fields import find_field
from pytest_glue.core.errors import OptionError

TRAINS_NOTHING = "(a run that trains nothing has the score of the pretrained weights)"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("num_train_epochs", 0, f"a number above 0 {TRAINS_NOTHING}"),
        ("num_train_epochs", -1.5, f"a number above 0 {TRAINS_NOTHING}"),
        ("max_steps", 0, f"a number of at least 1, or -1 for none {TRAINS_NOTHING}"),
        ("max_steps", -2, "a number of at least 1, or -1 for none"),
        ("learning_rate", 0, f"a number above 0 {TRAINS_NOTHING}"),
        ("learning_rate", -1e-5, "a number above 0"),
        ("per_device_train_batch_size", 0, "a number of at least 1"),
        ("per_device_eval_batch_size", -1, "a number of at least 1"),
        ("gradient_accumulation_steps", 0, "a number of at least 1"),
        ("adam_beta1", 2, "a number of at least 0 and below 1"),
        ("label_smoothing_factor", 1.5, "a number of at least 0 and at most 1"),
        ("data_seed", 10**20, "a number of at least 0"),
        ("logging_steps", 10**20, "a number above 0"),
        ("eval_delay", 10**400, "is not a finite number"),
        ("torch_empty_cache_steps", 10**20, "a number of at least 1"),
        ("dataloader_num_workers", 10**6, "a number of at least 0 and at most 256"),
    ],
)
def test_a_number_outside_the_limits(name: str, value: Any, expected: str) -> None:
    """The message has the value, the range and, if it is not obvious, the reason."""
    field = find_field(name)
    for read, given in ((field.check, value), (field.parse, str(value))):
        with pytest.raises(OptionError) as caught:
            read(given)
        assert f"{name}=" in str(caught.value)
        assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_train_epochs", 0.01), ("max_steps", -1), ("adam_beta1", 0), ("max_grad_norm", 0), ("eval_delay", 0.5)],
)
def test_a_number_inside_the_limits(name: str, value: float) -> None:
    assert value == find_field(name).check(value)


def test_without_bounds_a_number_has_64_bits() -> None:
    assert "a number of at most 64 bits" == str(Limits())
    assert not Limits().holds(2**63)
