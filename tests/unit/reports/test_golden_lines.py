"""The lines below a failed item about golden examples."""

from pytest_glue.core.golden import GoldenMiss, GoldenResult
from pytest_glue.reports.golden_lines import golden_lines

MISS = GoldenMiss(0, "billing", "other", (42, 43), "golden.csv:2", ("pay\x1bme",))


def test_a_miss_has_its_text() -> None:
    """A checkpoint that is evaluated as it is has no seed to be named."""
    result = GoldenResult("golden.csv", 1, 1.0, 0.0, 1, (MISS,))
    line = r"golden.csv:2: “pay\x1bme” expected billing, predicted other"
    assert [f"{line} (seeds 42 and 43)"] == golden_lines(result)
    assert [line] == golden_lines(result, evaluate_only=True)
