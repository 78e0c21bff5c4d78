"""Text by the columns in which a terminal shows it."""

import unicodedata

import pytest

from pytest_glue.reports.width import padded, shortened_apart, shown_width, wrapped


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("日本", 4), ("e\u0301", 1), ("👍", 2), ("עברית", 5)],
    ids=["ascii", "wide", "combining", "emoji", "right to left"],
)
def test_padding_counts_columns(text: str, columns: int) -> None:
    left, right = padded(text, 10), padded(text, 10, is_right=True)
    assert 10 == shown_width(left) == shown_width(right)
    assert (10 - columns, 10 - columns) == (left.count(" "), right.count(" "))


def test_right_to_left_text_keeps_the_order_of_cells() -> None:
    """Between two left-to-right marks, so that a terminal does not show the number on its other side before it."""
    row = "  ".join([padded("עברית", 8), padded("0.614", 8)])
    strong = [each for each in row if unicodedata.bidirectional(each) in {"L", "R", "AL"}]
    assert ("\u200e", "\u200e") == (strong[0], strong[-1])
    assert "\u200e" not in padded("abc", 8)


def test_a_wrapped_line() -> None:
    """A word that is too long stays whole; what a terminal would act on is escaped."""
    assert ["one two", "  three", "  --glue-recipe=learning_rate", r"  four\x1b"] == wrapped(
        "one two three --glue-recipe=learning_rate four\x1b", 10
    )
    assert ["日本 日本", "  日本"] == wrapped("日本 日本 日本", 9)
    assert ["a  b"] == wrapped("a  b", None)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["distilbert-base-uncased", "bert"], ["disti…cased", "bert"]),
        (["日本語日本語", "x"], ["日本…本語", "x"]),
        (["run-of-april-a-uncased", "run-of-april-b-uncased"], ["…-a-uncased", "…-b-uncased"]),
        (["same-long-name-01", "same-long-name-02"], ["same-…me-01", "same-…me-02"]),
        (["a1-uncased-12345-base", "a1-uncased-67890-base"], ["…12345-base", "…67890-base"]),
        (["run-of-april-a-and-uncased", "run-of-april-b-and-uncased"], ["…a…", "…b…"]),
        (["first-of-many-x", "other-of-many-x"], ["first…any-x", "other…any-x"]),
        (["e\u0301" * 12], ["e\u0301" * 5 + "…" + "e\u0301" * 5]),
    ],
)
def test_names_are_cut_where_they_still_differ(names: list[str], shown: list[str]) -> None:
    assert shown == shortened_apart(names, 11)
    assert all(shown_width(each) <= 11 for each in shown)


def test_equal_names_stay_equal() -> None:
    assert 1 == len(set(shortened_apart(["a-name-that-is-long"] * 3, 8)))


def test_a_very_long_name() -> None:
    """100 kB do not take seconds, and do not make a line of 100 kB."""
    (cut,) = shortened_apart(["word " * 20_000], 20)
    assert 20 == shown_width(cut)
