"""The reference of all flags."""

from pathlib import Path

from pytest_glue.config.reference import options_table

REFERENCE = Path(__file__).parents[3] / "docs" / "reference.md"


def test_the_reference_holds_the_table_of_options() -> None:
    """To renew the table, run `python -m pytest_glue.config.reference`."""
    _, _, rest = REFERENCE.read_text("utf-8").partition("<!-- options -->\n")
    table, end, _ = rest.partition("\n<!-- /options -->")
    assert (options_table(), "\n<!-- /options -->") == (table, end)
