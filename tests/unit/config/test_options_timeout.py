"""The option `timeout`: seconds, or none."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import OptionSource, combine
from pytest_glue.core.errors import OptionError


@pytest.mark.parametrize(
    ("value", "expected"), [("90", 90.0), ("0.5", 0.5), (600, 600.0), ("off", None), (False, None)]
)
def test_a_limit(value: Any, expected: float | None) -> None:
    """A limit is a number of seconds; `off` takes away what another place asks for."""
    layers = [OptionSource("{name}", {"timeout": given}, Path()) for given in (30, value)]
    assert expected == combine(layers).timeout


@pytest.mark.parametrize("value", ["0", 0, "-1", "nan", "inf", "1 h", "", None, True, [3]])
def test_no_limit(value: Any) -> None:
    """What is no time above zero is refused, with what is accepted."""
    with pytest.raises(OptionError) as caught:
        combine([OptionSource("--glue-{option}", {"timeout": value}, Path())])
    assert f"--glue-timeout: {value!r}: expected seconds, a number above 0, or off" == str(caught.value)
