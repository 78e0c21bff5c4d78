"""The submission to GLUE's leaderboard: the files of each checkpoint, from the predictions of its best runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

from pytest_glue.core.checkpoints import Checkpoint, ids
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import count, decimal
from pytest_glue.core.leaderboard import FILES, HEADER, HIGHEST, LeaderboardFile
from pytest_glue.core.runs import Run


@dataclass(frozen=True, slots=True)
class Submission:
    """The files of one checkpoint, and what a reader should know about them."""

    contents: Mapping[str, str]
    """The text of each of `FILES`, by name."""
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """The run whose predictions a file holds."""

    evaluation: Evaluation
    run: Run
    predictions: Sequence[float]
    """Of the file; not finite where the model's output is not, or is no label of the task."""

    @property
    def score(self) -> float | None:
        return self.run.metrics[self.evaluation.headline_metric]

    @property
    def n_missing(self) -> int:
        """The number of rows without a prediction."""
        return sum(not isfinite(each) for each in self.predictions)

    @property
    def rank(self) -> tuple[bool, float]:
        """The best run has the highest: a run that predicted every row, and then the highest score."""
        return not self.n_missing, -inf if self.score is None else self.score


def submissions(evaluations: Iterable[Evaluation], sample: Mapping[str, str] | None = None) -> dict[str, Submission]:
    """Return the submission of each checkpoint by its id; empty if no run predicted a text of the leaderboard.

    Args:
        evaluations: those whose runs have no predictions of the leaderboard's texts are left out.
        sample: the contents of the files of the leaderboard's sample submission, as far as they are known.
    """
    by_checkpoint: dict[Checkpoint, list[Evaluation]] = {}
    for each in evaluations:
        if any(run.test_predictions for run in each.runs):
            by_checkpoint.setdefault(replace(each.checkpoint, digest=None), []).append(each)
    return {name: _submission(by_checkpoint[each], sample or {}) for name, each in ids(by_checkpoint).items()}


def _submission(evaluations: Sequence[Evaluation], sample: Mapping[str, str]) -> Submission:
    sources = {file.name: _best(evaluations, file) for file in FILES}
    contents = {file.name: _content(file, sources[file.name], sample) for file in FILES}
    predicted = {name: source for name, source in sources.items() if source is not None}
    missing = [file.name for file in FILES if sources[file.name] is None]
    return Submission(
        contents,
        (
            f"predicted: {', '.join(f'{name} ({_described(source)})' for name, source in predicted.items())}",
            *_filled_lines(missing, sample),
            *_incomplete_lines(predicted),
            *_refused_lines(contents),
        ),
    )


def _best(evaluations: Sequence[Evaluation], file: LeaderboardFile) -> _Source | None:
    """Return the best run that predicted the file, of the first task that has one; of equal scores, the first seed's.

    The score is the headline metric of the evaluation split.
    """
    for task in file.predicted_by:
        found = [
            _Source(each, run, run.test_predictions[file.name])
            for each in evaluations
            if each.task == task
            for run in each.runs
            if run.test_predictions and any(map(isfinite, run.test_predictions.get(file.name, ())))
        ]
        if found:
            return max(found, key=lambda source: source.rank)
    return None


def _content(file: LeaderboardFile, source: _Source | None, sample: Mapping[str, str]) -> str:
    if source is None:
        return sample.get(file.name) or _text(file, [_placeholder(file, index) for index in range(file.n_rows)])
    predictions = enumerate(source.predictions)
    return _text(file, [each if isfinite(each) else _placeholder(file, index) for index, each in predictions])


def _placeholder(file: LeaderboardFile, index: int) -> float:
    """Return what stands for a prediction that was not made: the first class, or for a correlation numbers in turn.

    All rows being equal, a correlation is undefined, and the leaderboard may refuse the file.
    """
    return float(index % (int(HIGHEST) + 1)) if file.texts.is_regression else 0.0


def _text(file: LeaderboardFile, predictions: Sequence[float]) -> str:
    rows = (f"{index}\t{file.word(prediction)}" for index, prediction in enumerate(predictions))
    return "\n".join((HEADER, *rows)) + "\n"


def _described(source: _Source) -> str:
    """Return task, seed and score of a run; the number of runs if there was a choice."""
    evaluation, score = source.evaluation, source.score
    choice = f", the best of {len(evaluation.runs)}" if len(evaluation.runs) > 1 else ""
    return f"{evaluation.task}, seed {source.run.seed}{choice}: {evaluation.headline_metric} {decimal(score)}"


def _filled_lines(missing: Sequence[str], sample: Mapping[str, str]) -> list[str]:
    """Return the lines about files that no run predicted."""
    copied = [name for name in missing if name in sample]
    filled = [name for name in missing if name not in sample]
    lines = []
    if copied:
        lines.append(f"not predicted, copied from the sample submission: {', '.join(copied)}")
    if filled:
        lines.append(
            f"not predicted, filled with one label (STS-B: 0 to 5 in turn): {', '.join(filled)}; their scores on the "
            "leaderboard, and the average, say nothing about the checkpoint"
        )
    return lines


def _incomplete_lines(predicted: Mapping[str, _Source]) -> list[str]:
    """Return a line about files some of whose rows the model could not predict."""
    rows = [f"{name} ({count(source.n_missing, 'row')})" for name, source in predicted.items() if source.n_missing]
    return [f"filled where the model predicted no label of the task: {', '.join(rows)}"] if rows else []


def _refused_lines(contents: Mapping[str, str]) -> list[str]:
    """Return a line about files with another number of rows than the leaderboard expects."""
    found = {file: contents[file.name].count("\n") - 1 for file in FILES}
    wrong = [
        f"{file.name} has {count(n_rows, 'row')} instead of {file.n_rows}"
        for file, n_rows in found.items()
        if n_rows != file.n_rows
    ]
    return [f"the leaderboard would refuse it: {', '.join(wrong)}"] if wrong else []
