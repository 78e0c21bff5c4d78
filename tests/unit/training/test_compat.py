"""Compat: what one item leaves behind in an older transformers does not reach the next."""

import os

import pytest

from pytest_glue.training.library_state import isolated_precision


@pytest.mark.parametrize("before", [None, "fp16"], ids=["unset", "set"])
def test_a_precision_stays_with_its_item(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    """What an item's arguments write into the environment is gone after it, and what was there is back."""
    monkeypatch.delenv("ACCELERATE_MIXED_PRECISION", raising=False)
    if before:
        monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", before)
    with isolated_precision():
        monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    assert before == os.environ.get("ACCELERATE_MIXED_PRECISION")
