"""The libraries' process-wide state is restored after each item."""

import os

import pytest

from pytest_glue.training.library_state import isolated_precision


@pytest.mark.parametrize("before", [None, "fp16"], ids=["unset", "set"])
def test_a_precision_stays_with_its_item(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    """The environment variable that an item's arguments set has its earlier value after the item."""
    monkeypatch.delenv("ACCELERATE_MIXED_PRECISION", raising=False)
    if before:
        monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", before)
    with isolated_precision():
        monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    assert before == os.environ.get("ACCELERATE_MIXED_PRECISION")
