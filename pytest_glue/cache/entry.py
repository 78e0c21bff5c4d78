"""Cache entries: a finished run with its key, as bytes with a digest."""

import hashlib
import json
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Self

from pytest_glue.cache.key import Key
from pytest_glue.core.metrics import METRICS, needs_logits
from pytest_glue.core.runs import Run, RunConditions, Scores
from pytest_glue.core.serialization import from_plain, to_plain
from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from pytest_glue.statistics.metrics import Floats

VERSION = 1


class EntryError(Exception):
    """Bytes are not a cache entry; the message begins with "is" or "was" and says what is wrong."""


@dataclass(frozen=True, slots=True)
class PredictedTexts:
    """Identities of the texts that a run predicts besides the evaluation examples; each is empty for none."""

    unlabelled: str = ""
    """`DataSource.unlabelled_identity`, with `--glue-certify`."""
    golden: str = ""
    """Of the texts of the golden examples."""
    submission: str = ""
    """`submission_identity` of the leaderboard's texts, with `--glue-submission`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A run with all that a report and a verdict need."""

    key: Key
    conditions: RunConditions
    run: Run
    trained_with: str = ""
    """The task whose fine-tuning also gave this run; empty if the fine-tuning was the run's own."""
    test_run: str = ""
    """The id of the test run that made it."""
    unlabelled: str = ""
    """As in `PredictedTexts`."""
    golden: str = ""
    submission: str = ""

    def with_only(self, texts: PredictedTexts) -> Self:
        """Return the entry as it would be if the run had predicted these texts only, which it has."""
        run, conditions = self.run, self.conditions
        if not texts.unlabelled:
            run = replace(run, unlabelled_predictions=None)
            conditions = replace(conditions, unlabelled_digest=None)
        if not texts.golden:
            run = replace(run, golden_predictions=None)
        if not texts.submission:
            run = replace(run, test_predictions=None)
        return replace(self, run=run, conditions=conditions, **asdict(texts))

    def to_bytes(self) -> bytes:
        """Return a line with version and digest, followed by the entry as compressed JSON."""
        payload = zlib.compress(json.dumps(to_plain(self)).encode(), level=6)
        return f"pytest-glue run {VERSION} {hashlib.sha256(payload).hexdigest()}\n".encode() + payload

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Inverse of `to_bytes`.

        Raises:
            EntryError: the bytes were not written by `to_bytes` of this version, or changed since.
        """
        head, _, payload = content.partition(b"\n")
        found = re.fullmatch(rb"pytest-glue run (\d+) (\S+)", head)
        if found is None:
            raise EntryError("is damaged: it does not begin like a cache entry")
        version, digest = (part.decode() for part in found.groups())
        if version != str(VERSION):
            message = f"was written by another version of pytest-glue (format {version}, this one reads {VERSION})"
            raise EntryError(message)
        if digest != hashlib.sha256(payload).hexdigest():
            raise EntryError("is damaged: its contents do not match its digest")
        try:
            entry = from_plain(json.loads(zlib.decompress(payload)), cls)
            task = from_plain(entry.key.task, Task)
        except (zlib.error, ValueError) as error:
            raise EntryError(f"is damaged: {error}") from None
        for contradiction in entry._contradictions(task):
            raise EntryError(f"is damaged: {contradiction}")
        return entry

    def check_scores(self) -> None:
        """Check that the scores are those of the predictions; this imports numpy.

        Raises:
            EntryError: one is not.
        """
        from pytest_glue.statistics.metrics import compute

        task = from_plain(self.key.task, Task)
        logits = self._logits()
        for name, found in compute(task, self.run.predictions, self.conditions.references, logits).items():
            recorded = self.run.metrics[name]
            if recorded is None or math.isnan(found):
                is_right = recorded is None and math.isnan(found)
            else:
                is_right = math.isclose(recorded, found, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
            if not is_right:
                score = "undefined" if math.isnan(found) else f"{found:.6g}"
                raise EntryError(f"is damaged: its {name} is {recorded}, and that of its predictions is {score}")

    def _logits(self) -> "Floats | None":
        """Return the run's logits, (n, labels); None if it has none.

        Raises:
            EntryError: they do not fit its predictions.
        """
        import numpy as np

        from pytest_glue.statistics.logits import decode_logits

        if self.run.logits is None:
            return None
        try:
            logits = decode_logits(self.run.logits, len(self.run.predictions))
        except ValueError as error:
            raise EntryError(f"is damaged: {error}") from None
        if (np.isfinite(logits).all(axis=1) != np.isfinite(self.run.predictions)).any():
            raise EntryError("is damaged: its logits are not finite where its predictions are")
        return logits

    def _contradictions(self, task: Task) -> Iterator[str]:
        """Yield a clause for each fact that no run of the task has: a digest shows accidents, but no edits."""
        run, conditions = self.run, self.conditions
        sizes = {len(run.predictions), len(conditions.references), conditions.n_eval}
        sizes |= set() if conditions.groups is None else {len(conditions.groups)}
        if len(sizes) > 1 or run.seed != self.key.seed or set(run.metrics) != set(task.metrics):
            yield "its parts do not match"
        if wrong := _not_labels(task, conditions.references):
            yield f"{wrong[0]} is not a reference of {task.name}"
        further = (run.unlabelled_predictions, run.golden_predictions, *(run.test_predictions or {}).values())
        predictions = (*run.predictions, *chain.from_iterable(each or () for each in further))
        others = int(conditions.evaluate_only)  # all other labels of a head, which count as one
        if wrong := [label for label in _not_labels(task, predictions, others) if math.isfinite(label)]:
            yield f"{wrong[0]} is not a prediction of {task.name}"
        if len({bool(self.unlabelled), run.unlabelled_predictions is not None, bool(conditions.unlabelled_digest)}) > 1:
            yield "its predictions of unlabelled text and their origin do not match"
        if bool(self.golden) is (run.golden_predictions is None):
            yield "its predictions of golden examples and their origin do not match"
        if bool(self.submission) != bool(run.test_predictions):
            yield "its predictions of the leaderboard's texts and their origin do not match"
        yield from _wrong_size(task, run)
        if not 0 <= run.duration_s < math.inf:
            yield f"its duration is {run.duration_s} seconds"
        yield from _out_of_range(run.metrics)
        for epoch in run.history:
            numbers = (epoch.epoch, epoch.loss or 0.0, epoch.evaluation_loss or 0.0)
            if not all(map(math.isfinite, numbers)):
                yield f"a number of epoch {epoch.epoch} is not finite"
            yield from _out_of_range(epoch.metrics)


_ROUNDING = 1e-6
"""Another machine may round a score in another way."""


def _not_labels(task: Task, labels: tuple[float, ...], others: int = 0) -> list[float]:
    """Return the numbers that are no label of the task, which may have so many others."""
    num_labels = task.num_labels + others
    if task.is_regression:
        return [label for label in labels if not math.isfinite(label)]
    if task.is_multi_label:
        return [label for label in labels if not (0 <= label < 2**num_labels and label == int(label))]
    return list(set(labels) - set(range(num_labels)))


def _wrong_size(task: Task, run: Run) -> Iterator[str]:
    """Yield a clause if the run has other than one logit for each example and label, where the task needs them."""
    n_logits = len(run.predictions) * task.num_labels if needs_logits(task) else 0
    if len(run.logits or "") != 4 * math.ceil(4 * n_logits / 3):  # as long as base64 of so many float32
        yield f"its logits are not {n_logits} numbers"


def _out_of_range(scores: Scores) -> Iterator[str]:
    """Yield a clause for each score that its metric cannot have."""
    for name, score in scores.items():
        metric = METRICS.get(name)
        if metric and score is not None and not metric.is_score(score):
            yield f"it has the {name} {score}"
