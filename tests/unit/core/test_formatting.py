"""Numbers and foreign text for people."""

import math

import pytest

from pytest_glue.core.formatting import (
    count,
    decimal,
    fitting_digits,
    printable,
    printable_message,
    seconds,
    size,
)


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (61.6, "1 min 02 s"),
        (3599.7, "1 h 00 min"),
        (7380.0, "2 h 03 min"),
    ],
)
def test_a_duration(duration_s: float, expected: str) -> None:
    """Rounding never shows 60 seconds or 60 minutes."""
    assert expected == seconds(duration_s)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rte · a/b ≥ é", "rte · a/b ≥ é"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\n::error::b\r\t", r"a\n::error::b\r\t"),
        ("\u202eright to left", r"\u202eright to left"),
        ("caf\udce9", r"caf\udce9"),
    ],
)
def test_what_a_terminal_would_act_on_is_escaped(text: str, expected: str) -> None:
    """Letters of all languages stay; control characters, line breaks and what is no UTF-8 are escaped."""
    assert expected == printable(text)
    assert expected == printable(printable(text))


def test_lines_of_a_message_are_no_commands() -> None:
    """Each line but the first has a mark, once: a CI log takes a line that begins with `::` as a command."""
    message = printable_message("failed\n::error::x\n\n  ::warning::\x1b")
    assert "failed\n  | ::error::x\n\n  |   ::warning::\\x1b" == message
    assert message == printable_message(message)


def test_numbers() -> None:
    """Zero has no minus; one is singular; sizes are in the unit that shows them."""
    assert ["0.000", "+0.000", "-0.001", "1.5"] == [
        decimal(-0.0004),
        decimal(-0.0004, "+"),
        decimal(-0.0006),
        decimal(1.46, digits=1),
    ]
    assert ["0 runs", "1 run", "2 runs"] == [count(number, "run") for number in range(3)]
    assert ["0 B", "999 B", "1.0 KB", "2.35 MB"] == [size(number) for number in (0, 999, 1000, 2_345_678)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.81, "0.810"), (12.3456, "12.346"), (0.01234, "0.0123"), (0.000123456, "0.000123"), (-1234.5678, "-1234.57")],
)
def test_a_number_of_any_size_has_enough_digits(value: float, expected: str) -> None:
    """Small numbers have more digits after the point, and large ones fewer."""
    assert expected == decimal(value, digits=fitting_digits(value))


@pytest.mark.parametrize(("value", "digits"), [(0.0, 3), (math.inf, 3), (1e-30, 12), (1e30, 0)])
def test_the_number_of_digits_has_limits(value: float, digits: int) -> None:
    assert digits == fitting_digits(value)
