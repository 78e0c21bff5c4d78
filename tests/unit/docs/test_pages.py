"""The pages of the documentation, as Sphinx names them."""

from docs.tables import DOCS


def test_no_page_has_the_name_of_one_that_sphinx_writes() -> None:
    """Sphinx would overwrite it without a warning, and show its own in the navigation."""
    assert not {"search", "genindex", "modindex"} & {page.stem for page in DOCS.glob("*.md")}
