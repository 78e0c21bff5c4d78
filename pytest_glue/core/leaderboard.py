"""The files of a submission to GLUE's leaderboard: names, texts, label words and row counts.

Source: the FAQ of gluebenchmark.com, and the submissions that jiant and keras-hub write. Each file has the columns
`index` and `prediction`; MNLI, AX, QNLI and RTE have words for labels, STS-B has numbers from 0 to 5, the others have
0 and 1.
"""

from dataclasses import dataclass, replace

from pytest_glue.core.tasks import GLUE, Task

HEADER = "index\tprediction"
LOWEST, HIGHEST = 0.0, 5.0
"""The range of STS-B's labels; the leaderboard expects predictions in it."""


@dataclass(frozen=True, slots=True)
class LeaderboardFile:
    """One file of a submission."""

    name: str

    n_rows: int
    """The leaderboard refuses a file with another number of predictions."""

    texts: Task
    """A task whose unlabelled split holds the texts."""

    predicted_by: tuple[str, ...]
    """The names of the tasks whose models can predict it, the preferred one first."""

    has_words: bool
    """Whether labels are written as names; else as the numbers of the classes."""

    def word(self, prediction: float) -> str:
        """Return how the file writes a prediction: a class of the task, or a number, which is clipped to the range."""
        if self.texts.is_regression:
            return f"{min(max(LOWEST, prediction), HIGHEST):.3f}"
        return self.texts.labels[int(prediction)] if self.has_words else str(int(prediction))


def _file(name: str, n_rows: int, task: str, *, has_words: bool = False) -> LeaderboardFile:
    return LeaderboardFile(name, n_rows, GLUE[task], (task,), has_words)


_DIAGNOSTICS = replace(GLUE["mnli"], name="ax", configuration="ax", unlabelled_split="test")
"""The diagnostic set: pairs as in MNLI, without training data. Its labels are not public."""

FILES: tuple[LeaderboardFile, ...] = (
    LeaderboardFile("AX.tsv", 1_104, _DIAGNOSTICS, ("mnli", "mnli-mm"), has_words=True),
    _file("CoLA.tsv", 1_063, "cola"),
    LeaderboardFile("MNLI-m.tsv", 9_796, GLUE["mnli"], ("mnli", "mnli-mm"), has_words=True),
    LeaderboardFile("MNLI-mm.tsv", 9_847, GLUE["mnli-mm"], ("mnli-mm", "mnli"), has_words=True),
    _file("MRPC.tsv", 1_725, "mrpc"),
    _file("QNLI.tsv", 5_463, "qnli", has_words=True),
    _file("QQP.tsv", 390_965, "qqp"),
    _file("RTE.tsv", 3_000, "rte", has_words=True),
    _file("SST-2.tsv", 1_821, "sst2"),
    _file("STS-B.tsv", 1_379, "stsb"),
    _file("WNLI.tsv", 146, "wnli"),
)
"""All files, sorted by name: the leaderboard refuses a submission that lacks one."""


def files_of(task: Task) -> tuple[LeaderboardFile, ...]:
    """Return the files that a model of the task can predict, its own first; empty for a task that GLUE lacks."""
    found = [file for file in FILES if task.name in file.predicted_by]
    return tuple(sorted(found, key=lambda file: file.texts.name != task.name))


def is_own(file: LeaderboardFile, task: Task) -> bool:
    """Return whether the texts of a file are the task's own, so that its data has to have them."""
    return file.texts.name == task.name
