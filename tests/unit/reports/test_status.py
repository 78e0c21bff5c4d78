"""Names in node ids."""

import pytest

from pytest_glue.reports.status import names_in


@pytest.mark.parametrize(
    ("nodeid", "names"),
    [
        ("t.py::test_glue[mnli-mm-bert]", ("mnli-mm", "bert")),
        ("t.py::test_glue[mine-bert]", ("mine", "bert")),
        (r"t.py::test_glue[\u65e5\u672c-\u30e2]", ("日本", "モ")),
        ("t.py::test_glue[日本-モ]", ("日本", "モ")),
        (r"t.py::test_glue[odd\x]", (r"odd\x", "")),
        ("t.py", ("t.py", "")),
        ("", ("test run", "")),
    ],
)
def test_the_names_in_a_node_id(nodeid: str, names: tuple[str, str]) -> None:
    """Also of own tasks, and with characters that pytest escapes, unless it is told not to."""
    assert names == names_in(nodeid, ("mine", "日本"))
