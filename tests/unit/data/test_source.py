"""The choice of a data source by the value of `--glue-data`."""

import pytest

from pytest_glue.data.folder import FolderSource
from pytest_glue.data.hub import HubSource
from pytest_glue.data.sample import SampleSource
from pytest_glue.data.source import open_source


@pytest.mark.parametrize(
    ("text", "kind", "description"),
    [
        ("hub", HubSource, "nyu-mll/glue@bcdcba7"),
        ("hub@main", HubSource, "nyu-mll/glue@main"),
        ("hub@86b5e0934494bd15c9632b12f734a8a67f723594", HubSource, "nyu-mll/glue@86b5e09"),
        ("sample", SampleSource, "sample (synthetic data)"),
        ("./glue", FolderSource, "./glue"),
        ("hubble", FolderSource, "hubble"),
    ],
)
def test_a_source_is_chosen_by_its_name(text: str, kind: type, description: str) -> None:
    """`hub`, with or without a revision, and `sample` are names; everything else is a folder, which need not exist."""
    source = open_source(text)
    assert kind is type(source)
    assert description == source.description
