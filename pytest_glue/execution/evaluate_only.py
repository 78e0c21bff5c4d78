"""The run of an item that is evaluated only: the predictions of its checkpoint as it is."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from datasets import Dataset
from transformers import EvalPrediction

from pytest_glue.core.errors import GlueError, PredictionError, ends_process
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.core.tasks import Task
from pytest_glue.progress.events import TrainingProgress
from pytest_glue.training.callbacks.progress import RunMonitor
from pytest_glue.training.callbacks.time_limit import ended_after
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.metrics import ComputeMetrics, LabelMapping, kept_logits, to_scores
from pytest_glue.training.predict import Predictor
from pytest_glue.training.trainer.device_memory import is_out_of_memory

NOTE = "evaluated only: the checkpoint was scored as it is, so there is no variance between seeds"


class EvaluatedRuns:
    """A `RunSource` that trains nothing: its run holds the predictions of the checkpoint as it is."""

    def __init__(
        self,
        predictor: Predictor,
        examples: Dataset,
        labels: LabelMapping,
        compute: ComputeMetrics,
        conditions: RunConditions,
        monitor: RunMonitor,
    ) -> None:
        """Create the source. Nothing is predicted.

        Args:
            predictor: has the model.
            examples: the encoded evaluation split.
            labels: the task and the model's labels.
            compute: the task's metrics.
            conditions: of the run.
            monitor: reports progress and limits the time.
        """
        self._predictor = predictor
        self._examples = examples
        self._labels = labels
        self._compute = compute
        self._monitor = monitor
        self.conditions = conditions
        self._notes: tuple[str, ...] = ()
        self.passing_notes: tuple[str, ...] = ()
        """Notes that concern this test run only, such as those about the cache of encoded data."""
        self.unlabelled: Dataset | None = None
        """Encoded texts that the checkpoint predicts too, with `--glue-certify`."""
        self.golden: Dataset | None = None
        """Encoded golden examples; None if the task has none."""
        self.submission: Mapping[str, Dataset] | None = None
        """Encoded texts of the leaderboard's files, with `--glue-submission`."""
        self.shared_runs: Mapping[Task, tuple[Run, RunConditions]] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        return (*self._notes, *self.passing_notes, *self._predictor.notes)

    def add_note(self, note: str) -> None:
        self._notes = (*self._notes, note)

    def run(
        self,
        seed: int,
        resume_state: Any = None,  # noqa: ARG002 - nothing is trained
        *,
        target_score: float | None = None,  # noqa: ARG002
        shared_tasks: Sequence[Task] = (),  # noqa: ARG002
    ) -> Run:
        """Predict the evaluation examples and score them.

        Args:
            seed: that the run gets; the predictions do not depend on it.
            resume_state: is not used, as the other arguments of a training are not.
            target_score: is not used.
            shared_tasks: are not used.

        Raises:
            PredictionError: the model failed, or the metrics lack the headline metric.
            FineTuningError: it took too long.
        """
        self._monitor.on_progress(TrainingProgress("evaluating"))
        start = time.perf_counter()
        with ended_after(self._monitor.limit_s, self._too_long), silence_libraries(), _explained():
            logits = self._predictor.logits(self._examples)
            found = self._compute(EvalPrediction(logits, _label_ids(self._examples)))
            further = self._further()
        headline_metric = self._labels.task.headline_metric
        if headline_metric not in found:
            raise PredictionError(
                f"compute_metrics returns {sorted(found)}, which lacks {self._labels.task.name}'s {headline_metric!r}"
            )
        return Run(
            seed=seed,
            metrics=to_scores(found),
            history=(),
            predictions=tuple(self._labels.to_predictions(logits).tolist()),
            duration_s=time.perf_counter() - start,
            logits=kept_logits(self._labels, logits),
            **further,
        )

    def _further(self) -> dict[str, Any]:
        """Return the predictions of texts outside the evaluation split, by field of `Run`."""
        files = None
        if self.submission is not None:
            files = {name: self._of_leaderboard(texts) for name, texts in self.submission.items()}
        return {
            "unlabelled_predictions": None if self.unlabelled is None else self._predicted(self.unlabelled),
            "golden_predictions": None if self.golden is None else self._predicted(self.golden),
            "test_predictions": files,
        }

    def _predicted(self, texts: Dataset) -> tuple[float, ...]:
        return tuple(self._labels.to_predictions(self._predictor.logits(texts)).tolist())

    def _of_leaderboard(self, texts: Dataset) -> tuple[float, ...]:
        """Return the predictions of a file of the leaderboard, which has no word for a label that the task lacks."""
        labels, n_labels = self._predicted(texts), len(self._labels.label_ids) or math.inf
        return tuple(label if label < n_labels else math.nan for label in labels)

    def _too_long(self) -> str:
        return (
            f"{self._monitor.item}: the evaluation took longer than --glue-timeout={self._monitor.limit_s:g} and was "
            "ended; raise the limit, or evaluate less with --glue-max-eval-samples"
        )


def _label_ids(examples: Dataset) -> Any:
    """Return the labels of encoded examples as an array."""
    return examples.with_format("numpy")[:]["label"]


@contextmanager
def _explained() -> Iterator[None]:
    """Turn an exception of the model or of the metrics into an error with cause and remedy."""
    try:
        yield
    except GlueError:
        raise
    except (Exception, SystemExit) as error:  # a user's own model or metric raises anything
        if ends_process(error):
            raise
        if is_out_of_memory(error):
            remedy = "truncate the inputs with --glue-max-length"
            raise PredictionError(f"out of memory with a single example; {remedy}") from error
        cause = ": ".join(part for part in (type(error).__name__, " ".join(str(error).split())) if part)
        raise PredictionError(f"the evaluation failed: {cause}; --full-trace shows the traceback") from error
