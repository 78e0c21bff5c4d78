"""Golden examples: texts with the label that every run must predict, and those that a run predicts wrong."""

from dataclasses import dataclass

from pytest_glue.core.formatting import name_seeds

GOLDEN = "golden"
"""The split of a task's data that holds them."""


@dataclass(frozen=True, slots=True)
class GoldenMiss:
    """A golden example that runs predict wrong in the same way."""

    example: int
    """Its index in the file, from 0."""
    expected: str
    predicted: str
    seeds: tuple[int, ...]
    """Of the runs that predict this."""
    place: str = ""
    """File and line, as in `golden.csv:3`."""
    texts: tuple[str, ...] = ()
    """One or two; none with `--glue-report-text=none`. No report file has them."""

    def sentence(self, *, names_seeds: bool) -> str:
        """Return what was expected and predicted, for sentences, and with which seeds."""
        seeds = f" ({name_seeds(self.seeds)})" if names_seeds else ""
        return f"expected {self.expected}, predicted {self.predicted}{seeds}"


@dataclass(frozen=True, slots=True)
class GoldenResult:
    """What the runs of an item that trained predict for the golden examples."""

    file: str
    n_examples: int
    min_share: float
    """The share that every run has to predict right."""
    share: float
    """The share that the run with the most misses predicts right."""
    n_missed: int
    """The number of examples that a run predicts wrong."""
    misses: tuple[GoldenMiss, ...]
    """In the order of the file; at most 100."""
    digest: str = ""
    """Of the texts in the file."""

    @property
    def failed(self) -> bool:
        """Whether they fail the item."""
        return self.share < self.min_share - 1e-9
