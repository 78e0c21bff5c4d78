"""Reports each run to experiment trackers, through the callbacks of transformers.

`Trainer` makes such a callback once, and it keeps the run, name and folder of its first training. An item trains once
for each seed, so here each run gets callbacks of its own. A tracker changes nothing else: its errors become notes, and
random states are what they are without it.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol

import pytest
from transformers import Trainer, TrainerCallback
from transformers.integrations.integration_utils import (
    MLflowCallback,
    TensorBoardCallback,
    TrackioCallback,
    WandbCallback,
)
from typing_extensions import override

from pytest_glue.core.choices import Tracker
from pytest_glue.core.errors import GlueError
from pytest_glue.core.formatting import shortened
from pytest_glue.core.secrets import mask
from pytest_glue.training.process_state import preserved_random_states
from pytest_glue.training.trainer.embedding_subset import IgnoresWeights
from pytest_glue.training.trainer.extensions import extensions_of

_LONGEST_CAUSE = 200
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """A run as trackers see it."""

    item: str
    """Groups the runs of all seeds."""
    seed: int
    name: str
    """Unique: it begins with item and seed."""
    folder: Path
    """Of TensorBoard's files, unless `TENSORBOARD_LOGGING_DIR` is set."""
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reporting:
    """Which trackers the runs of an item are reported to."""

    trackers: tuple[Tracker, ...]
    item: str
    folder: Path
    """As in `ReportedRun`."""
    tags: Mapping[str, str]
    """Of all runs of the item, for trackers with tags."""
    failed: set[Tracker]
    """Trackers that failed in this test run, to which nothing more is reported: each try may wait for a server."""

    @contextmanager
    def watch(self, trainer: Trainer, seed: int, note: Note) -> Iterator[None]:
        """Report the trainer's training inside the context.

        Args:
            trainer: of the item.
            seed: of the run.
            note: takes a sentence about a tracker that failed.
        """
        name = f"{self.item}-seed-{seed}-{token_hex(3)}"
        tags = {**self.tags, "glue.item": self.item, "glue.seed": str(seed)}
        run = ReportedRun(self.item, seed, name, self.folder, tags)
        usual, trainer.args.run_name = trainer.args.run_name, name
        report = _Report(run, note, self.failed, extensions_of(trainer).use_all_embeddings)
        report.start(self.trackers)
        trainer.add_callback(report)
        try:
            yield
        finally:
            trainer.remove_callback(report)
            report.close()
            trainer.args.run_name = usual


class _Report(IgnoresWeights, TrainerCallback):
    """Forwards what a training logs to the callbacks of trackers, as long as none of them fails."""

    def __init__(
        self, run: ReportedRun, note: Note, failed: set[Tracker], use_all_embeddings: Callable[[], None]
    ) -> None:
        self._run, self._note, self._failed = run, note, failed
        self._use_all_embeddings = use_all_embeddings
        self._open: dict[Tracker, _OpenRun] = {}

    def start(self, trackers: tuple[Tracker, ...]) -> None:
        """Make a callback for each tracker that has not failed before."""
        for tracker in trackers:
            if tracker in self._failed:
                self._note(f"seed {self._run.seed} is not reported to {tracker}, which failed before")
                continue
            with self._contained(tracker):
                self._open[tracker] = _KINDS[tracker](self._run)

    @override
    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._use_all_embeddings()  # trackers report the number of parameters
        self._forward("on_train_begin", args, state, control, **kwargs)

    @override
    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._forward("on_log", args, state, control, **kwargs)

    @override
    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._use_all_embeddings()  # trackers may store the model
        self._forward("on_train_end", args, state, control, **kwargs)
        self.close(has_failed=False)

    def close(self, *, has_failed: bool = True) -> None:
        """End the runs that are open; those of a training that ended are closed already."""
        while self._open:
            tracker, run = self._open.popitem()
            with self._contained(tracker):
                run.finish(has_failed=has_failed)

    def _forward(self, event: str, *arguments: Any, **more: Any) -> None:
        for tracker, run in list(self._open.items()):
            with self._contained(tracker), _variables(run.variables):
                getattr(run.callback, event)(*arguments, **more)

    @contextmanager
    def _contained(self, tracker: Tracker) -> Iterator[None]:
        """Turn an error of a tracker into a note, and leave random states as they are."""
        try:
            with preserved_random_states():
                yield
        except (GlueError, pytest.exit.Exception):
            raise
        except Exception as error:  # noqa: BLE001 - a tracker raises what its network, its server and its disk do
            self._give_up(tracker, error)

    def _give_up(self, tracker: Tracker, error: Exception) -> None:
        """Note the first error of a tracker, and end its run."""
        if tracker not in self._failed:
            cause = " ".join(f"{type(error).__name__}: {error}".split())
            seed = f"seed {self._run.seed}"
            self._note(f"{seed} is not reported to {tracker} completely: {shortened(mask(cause), _LONGEST_CAUSE)}")
        self._failed.add(tracker)
        if (run := self._open.pop(tracker, None)) is not None:
            with self._contained(tracker):
                run.finish(has_failed=True)


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables inside the context; what else a tracker sets stays."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield


class _OpenRun(Protocol):
    """A run in a tracker."""

    @property
    def callback(self) -> TrainerCallback:
        """That of transformers."""
        ...

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables that the callback reads."""
        ...

    def finish(self, *, has_failed: bool) -> None:
        """End the run if the callback has not ended it."""
        ...


class _TensorBoardRun:
    """Files in `FOLDER/ITEM/seed-SEED-...`, so that the curves of an item are beside each other."""

    variables: Mapping[str, str] = {}

    def __init__(self, run: ReportedRun) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            from tensorboardX import SummaryWriter  # type: ignore[no-redef]
        folder = Path(os.environ.get("TENSORBOARD_LOGGING_DIR") or run.folder).expanduser()
        writer = SummaryWriter(str(folder / run.item / run.name.removeprefix(f"{run.item}-")))
        self.callback = TensorBoardCallback(tb_writer=writer)  # type: ignore[no-untyped-call]

    def finish(self, *, has_failed: bool) -> None:  # noqa: ARG002 - its runs have no state
        if self.callback.tb_writer is not None:
            self.callback.tb_writer.close()


class _MLflowRun:
    """A run with tags."""

    def __init__(self, run: ReportedRun) -> None:
        self.callback = MLflowCallback()  # type: ignore[no-untyped-call]
        given = json.loads(os.environ.get("MLFLOW_TAGS") or "{}")
        self.variables = {"MLFLOW_TAGS": json.dumps({**run.tags, **given})}

    def finish(self, *, has_failed: bool) -> None:
        import mlflow

        if self.callback._auto_end_run and mlflow.active_run() is not None:
            mlflow.end_run("FAILED" if has_failed else "FINISHED")


class _WandbRun:
    """A run in the group of its item."""

    def __init__(self, run: ReportedRun) -> None:
        import wandb

        self.callback = WandbCallback()  # type: ignore[no-untyped-call]
        self.variables = {} if os.environ.get("WANDB_RUN_GROUP") else {"WANDB_RUN_GROUP": run.item}
        self._is_own = wandb.run is None

    def finish(self, *, has_failed: bool) -> None:
        import wandb

        if self._is_own and wandb.run is not None:
            wandb.finish(exit_code=int(has_failed))


class _TrackioRun:
    variables: Mapping[str, str] = {}

    def __init__(self, run: ReportedRun) -> None:  # noqa: ARG002 - the trainer's arguments have the name
        self.callback = TrackioCallback()  # type: ignore[no-untyped-call]

    def finish(self, *, has_failed: bool) -> None:  # noqa: ARG002 - its runs have no state
        import trackio

        if self.callback._initialized:
            trackio.finish()


_KINDS: Mapping[Tracker, Callable[[ReportedRun], _OpenRun]] = {
    Tracker.TENSORBOARD: _TensorBoardRun,
    Tracker.MLFLOW: _MLflowRun,
    Tracker.WANDB: _WandbRun,
    Tracker.TRACKIO: _TrackioRun,
}
