"""The golden examples of an item: which ones its runs predict wrong, and what that says about the item."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pytest_glue.core.errors import DataError
from pytest_glue.core.formatting import count
from pytest_glue.core.golden import GoldenMiss, GoldenResult
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import Task
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.label_names import label_name
from pytest_glue.gate.verdict_text import VerdictText

MAX_MISSES = 100
"""In a report."""
_NAMED = 3
"""The number of misses that a sentence names."""


def _numbered(index: int) -> str:
    return f"example {index + 1}"


@dataclass(frozen=True, slots=True)
class GoldenCriteria:
    """The golden examples of a task.

    Sentences name an example by its place, since they are in reports, which hold no texts.
    """

    task: Task
    texts: tuple[tuple[str, ...], ...]
    """One or two for each example, in the order in which runs predict them."""
    labels: tuple[float, ...]
    positions: tuple[int, ...]
    """The index of each example in the file, from 0."""
    shows_texts: bool = True
    """Whether the terminal may show them."""
    place: Callable[[int], str] = _numbered
    """Returns file and line of an example by its index."""
    digest: str = ""
    """Of the texts in the file."""

    def judge(self, runs: Sequence[Run]) -> GoldenResult:
        """Return what the runs predict for the golden examples.

        Args:
            runs: those that trained; at least one.

        Raises:
            DataError: a run predicted another number of examples.
        """
        task, n_examples = self.task, len(self.labels)
        wrong: dict[tuple[int, str], list[int]] = {}
        shares = []
        for run in runs:
            predictions = run.golden_predictions or ()
            if len(predictions) != n_examples:
                raise DataError(
                    f"task {task.name} has {count(n_examples, 'golden example')} in {task.golden}, and the run with "
                    f"seed {run.seed} predicted {len(predictions)}: keep all examples of the split golden"
                )
            missed = [index for index, each in enumerate(predictions) if not self._is_right(each, self.labels[index])]
            shares.append((n_examples - len(missed)) / n_examples)
            for index in missed:
                wrong.setdefault((index, label_name(task, predictions[index])), []).append(run.seed)
        n_missed = len({index for index, _ in wrong})
        in_file_order = sorted(wrong.items(), key=lambda each: (self.positions[each[0][0]], each[0][1]))
        misses = tuple(self._miss(index, predicted, seeds) for (index, predicted), seeds in in_file_order[:MAX_MISSES])
        return GoldenResult(task.golden, n_examples, task.golden_min, min(shares), n_missed, misses, self.digest)

    def _miss(self, index: int, predicted: str, seeds: Sequence[int]) -> GoldenMiss:
        expected, texts = label_name(self.task, self.labels[index]), self.texts[index] if self.shows_texts else ()
        position = self.positions[index]
        return GoldenMiss(position, expected, predicted, tuple(seeds), self.place(position), texts)

    def _is_right(self, predicted: float, expected: float) -> bool:
        if self.task.is_regression:
            return abs(predicted - expected) <= self.task.golden_tolerance
        return predicted == expected


def with_golden(answer: VerdictText, result: GoldenResult | None, *, evaluate_only: bool = False) -> VerdictText:
    """Return the answer on an item with what the golden examples say: it fails if a run misses too many.

    Args:
        answer: on the scores.
        result: None if there are no golden examples.
        evaluate_only: whether the only run is the checkpoint as it is, whose seed says nothing.
    """
    if result is None or not result.failed:
        return answer
    return replace(
        answer, verdict=Verdict.FAIL, text=f"{_misses(result, names_seeds=not evaluate_only)}; {answer.text}"
    )


def golden_notes(result: GoldenResult | None, *, evaluate_only: bool = False) -> tuple[str, ...]:
    """Return a note on golden examples that do not fail the item: all are right, or the misses are allowed."""
    if result is None or result.failed:
        return ()
    if not result.misses:
        return (f"golden examples: {result.n_examples} of {result.n_examples} predicted right",)
    return (f"{_misses(result, names_seeds=not evaluate_only)}; golden_min allows it",)


def _misses(result: GoldenResult, *, names_seeds: bool) -> str:
    """Return a clause that names some of the misses."""
    which = f"{result.n_missed} of {count(result.n_examples, 'golden example')} predicted wrong"
    if result.min_share < 1:
        which = f"{which}, and at least {100 * result.min_share:.3g} % of them must be right in every run"
    named = "; ".join(f"{each.place} {each.sentence(names_seeds=names_seeds)}" for each in result.misses[:_NAMED])
    n_others = len(result.misses) - _NAMED
    more = f"; and {n_others} more, in the JSON report (--glue-json)" if n_others > 0 else ""
    return f"{which}: {named}{more}"
