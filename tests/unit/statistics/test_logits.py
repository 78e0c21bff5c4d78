"""Logits as text."""

import numpy as np
import pytest

from pytest_glue.statistics.logits import decode_logits, encode_logits


def test_round_trip() -> None:
    """Float32 survives exactly, and so do values that are not finite; any order of axes in memory is right."""
    logits = np.random.default_rng(1).normal(size=(7, 3)).astype(np.float32).T
    logits[0, 0] = np.nan
    np.testing.assert_array_equal(decode_logits(encode_logits(logits), 3), logits.astype(np.float64))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A", "no float32 in base64"),
        ("%%%%", "no float32 in base64"),
        ("AAAA", "no float32 in base64"),
        ("", "do not fit"),
        ("AAAAAAAAAAA=", "2 logits do not fit 3 examples"),
    ],
)
def test_damaged_text_is_refused(text: str, message: str) -> None:
    """What is no base64, or has another number of examples, is an error."""
    with pytest.raises(ValueError, match=message):
        decode_logits(text, 3)
