"""The encoding of predictions as text."""

import json

import pytest

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.tasks import Kind
from pytest_glue.gate.prediction_codec import Style, from_lines, to_lines


def test_classes_are_a_character_each() -> None:
    """A line has a hundred classes, and they are decoded unchanged."""
    classes = (0.0, 1.0, 2.0) * 83 + (35.0,)
    lines = to_lines(classes, Style.DIGITS)
    assert [100, 100, 50] == [len(line) for line in lines]
    assert "01201201201" == lines[0][:11]
    assert "z" == lines[-1][-1]
    assert classes == from_lines(lines, Style.DIGITS)


def test_numbers_have_four_decimals() -> None:
    """A line has sixteen numbers, and they are decoded with four decimals."""
    numbers = tuple(number / 7 - 1 for number in range(33))
    lines = to_lines(numbers, Style.DECIMALS)
    assert [16, 16, 1] == [len(line.split()) for line in lines]
    assert lines[0].startswith("-1.0000 -0.8571 -0.7143 ")
    assert tuple(round(number, 4) for number in numbers) == from_lines(lines, Style.DECIMALS)


def test_many_classes_and_sets_of_labels_are_integers() -> None:
    """More classes than there are digits, and numbers whose bits are labels, are decoded unchanged."""
    classes = (0.0, 36.0, 2.0**52 - 1) * 6
    lines = to_lines(classes, Style.INTEGERS)
    assert [16, 2] == [len(line.split()) for line in lines]
    assert classes == from_lines(lines, Style.INTEGERS)
    assert (Style.DIGITS, Style.INTEGERS) == (Style.of(Kind.CLASSIFICATION, 36), Style.of(Kind.CLASSIFICATION, 37))


@pytest.mark.parametrize("style", Style)
def test_no_predictions(style: Style) -> None:
    """No predictions give no lines."""
    assert [] == to_lines((), style)
    assert () == from_lines([], style)


@pytest.mark.parametrize(("n", "limit"), [(71, 100), (277, 400), (9815, 12_000), (40_430, 50_000)])
def test_the_bytes_of_a_seed(n: int, limit: int) -> None:
    """From WNLI to QQP, the predictions of a seed take little more than a byte an example."""
    assert len(json.dumps(to_lines((1.0,) * n, Style.DIGITS), indent=1).encode()) < limit


@pytest.mark.parametrize(
    ("line", "style", "message"),
    [
        ("01 10", Style.DIGITS, "its predictions contain something other than classes: "),
        ("0A", Style.DIGITS, "its predictions contain something other than classes: "),
        ("1.0 two", Style.DECIMALS, "its predictions contain something other than numbers: "),
        ("1.0 nan", Style.DECIMALS, "its predictions contain something other than numbers: "),
        ("1 2.5", Style.INTEGERS, "its predictions contain something other than numbers: "),
        ("1.0 inf", Style.DECIMALS, "its predictions contain something other than numbers: "),
    ],
)
def test_other_content_is_refused(line: str, style: Style, message: str) -> None:
    """A line with other content is refused."""
    with pytest.raises(BaselineError) as caught:
        from_lines([line], style)
    assert str(caught.value).startswith(message)
