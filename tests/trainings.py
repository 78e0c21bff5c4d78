"""Fine-tunings that end at once, for tests of what uses them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_glue.cache.entry import Entry
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.core.tasks import Task
from pytest_glue.training.trainer.resume_state import ResumeState

EntryOf = Callable[..., Entry]
NAMED = Checkpoint("./mine", Origin.FOLDER, None, f"sha256:{'1' * 64}")


@dataclass
class TrainerRunSource:
    """Fine-tunings that end at once and record their seeds."""

    entry_of: EntryOf
    device: str = ""
    seeds: list[int] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    passing_notes: tuple[str, ...] = ()
    resume_state: ResumeState | None = None
    asked: Sequence[Task] = ()
    shared_runs: Mapping[Task, tuple[Run, RunConditions]] = field(default_factory=dict)
    has_unlabelled: bool = False
    """Whether runs predict two unlabelled texts."""
    has_golden: bool = False
    """Whether runs predict a golden example."""
    has_submission: bool = False
    """Whether runs predict two texts of the leaderboard."""

    @property
    def conditions(self) -> RunConditions:
        """The conditions of any entry."""
        conditions = self.entry_of().conditions
        digest = conditions.data_digest if self.has_unlabelled else None
        return replace(conditions, device=self.device or conditions.device, unlabelled_digest=digest)

    def run(
        self,
        seed: int,
        resume_state: ResumeState | None = None,
        *,
        target_score: float | None = None,
        shared_tasks: Sequence[Task] = (),
    ) -> Run:
        """Return a run as if it had been trained; it stopped early if there is a target score."""
        self.resume_state, self.asked = resume_state, shared_tasks
        self.shared_runs = {task: (self.entry_of(seed).run, self.conditions) for task in shared_tasks}
        if resume_state:
            resume_state.note("went on")
        self.seeds.append(seed)
        predictions = (0.0, 1.0) if self.has_unlabelled else None
        stopped = target_score is not None
        golden = (1.0,) if self.has_golden else None
        of_files = {"RTE.tsv": (1.0, 0.0)} if self.has_submission else None
        run = replace(self.entry_of(seed).run, stopped=stopped, test_predictions=of_files)
        return replace(run, unlabelled_predictions=predictions, golden_predictions=golden)
