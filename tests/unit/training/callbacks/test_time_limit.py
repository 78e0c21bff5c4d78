"""The time limit: what it interrupts, what it ends, and what it leaves unchanged."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from transformers import Trainer, TrainerCallback

from pytest_glue.core.errors import FineTuningError
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.callbacks import time_limit as module
from pytest_glue.training.callbacks.time_limit import time_limit
from pytest_glue.training.fine_tune import fine_tune
from pytest_glue.training.metrics import LabelMapping

COLA = GLUE["cola"]
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('.', flush=True); time.sleep(600)"
MakeTrainer = Callable[..., Trainer]

unix = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="alarms are a thing of Unix")


class Meanwhile(TrainerCallback):
    """Calls a function at a step of the training."""

    def __init__(self, step: int, act: Callable[[], object]) -> None:
        self._step, self._act = step, act

    def on_step_begin(self, *given: Any, **_: Any) -> None:
        """Called by the trainer before each update."""
        if given[1].global_step == self._step:
            self._act()


def hang() -> None:
    """Sleep far longer than any limit."""
    time.sleep(600)


def hang_at_the_end() -> None:
    """Sleep when the time is nearly over."""
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.5)  # again, where it rang in a `__del__`
    hang()


def ended(trainer: Trainer, limit_s: float = 60.0) -> str:
    """Fine-tune with a time limit that is reached, and return the message."""
    with pytest.raises(FineTuningError) as caught, time_limit(trainer, "cola-a", 7, limit_s):
        fine_tune(trainer, LabelMapping(COLA, (0, 1)), 7)
    return str(caught.value)


@pytest.fixture
def no_alarm() -> Iterator[None]:
    """Check that the test leaves no alarm."""
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


@unix
def test_a_training_that_hangs_is_ended(tiny_trainer: MakeTrainer) -> None:
    """A training that hangs ends at the limit. The message names item, progress and remedy."""
    trainer = tiny_trainer()
    trainer.add_callback(Meanwhile(6, hang_at_the_end))
    start = time.monotonic()
    assert (
        "cola-a, seed 7: the fine-tuning took longer than --glue-timeout=60 and was ended at epoch 1.5 of 2, "
        "step 6 of 8; raise the limit, train less with --glue-max-train-samples or --glue-recipe num_train_epochs=N, "
        "or find out what hangs; with --glue-resume the next try continues after the last epoch"
    ) == ended(trainer)
    assert time.monotonic() - start < 60


@unix
def test_a_trainer_can_train_again(tiny_trainer: MakeTrainer) -> None:
    """The next training has a time limit of its own and an unchanged result."""
    expected = fine_tune(tiny_trainer(), LabelMapping(COLA, (0, 1)), 8)
    trainer = tiny_trainer()
    once = Meanwhile(2, hang_at_the_end)
    trainer.add_callback(once)
    ended(trainer)
    trainer.remove_callback(once)
    with time_limit(trainer, "cola-a", 8, 60.0):
        run = fine_tune(trainer, LabelMapping(COLA, (0, 1)), 8)
    assert (expected.metrics, expected.predictions) == (run.metrics, run.predictions)
    assert [(each.epoch, each.loss, each.metrics) for each in expected.history] == [
        (each.epoch, each.loss, each.metrics) for each in run.history
    ]
    # The last digit of a float32 mean depends on where its array lies in memory; two new trainers differ in it, too.
    losses = [each.evaluation_loss for each in run.history]
    assert losses == pytest.approx([each.evaluation_loss for each in expected.history], rel=1e-6)
    assert (0.0, 0.0) == signal.getitimer(signal.ITIMER_REAL)
    assert signal.SIG_DFL is signal.getsignal(signal.SIGALRM)


def test_without_a_limit_nothing_is_watched(tiny_trainer: MakeTrainer) -> None:
    """Without a limit there is no alarm and no callback."""
    trainer = tiny_trainer()
    before = list(trainer.callback_handler.callbacks)
    with time_limit(trainer, "cola-a", 7, None):
        assert before == trainer.callback_handler.callbacks
        assert (0.0, 0.0) == signal.getitimer(signal.ITIMER_REAL)


@unix
def test_an_except_of_the_users_does_not_hold_it(tiny_trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """`except Exception` does not catch the alarm, and a bare `except` is interrupted by the next one."""
    monkeypatch.setattr(module, "_AGAIN_S", 0.5)
    caught = []

    def stubborn() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.1, signal.getitimer(signal.ITIMER_REAL)[1])
        try:
            try:
                hang()
            except Exception:  # noqa: BLE001
                caught.append("exception")
        except BaseException:  # noqa: BLE001
            caught.append("all")
        hang()

    trainer = tiny_trainer()
    trainer.add_callback(Meanwhile(2, stubborn))
    assert "step 2 of 8" in ended(trainer)
    assert ["all"] == caught


def test_outside_the_main_thread_the_steps_look_at_the_clock(
    tiny_trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an alarm, the training ends after the step in which the time ran out."""
    now = [0.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    trainer = tiny_trainer()
    trainer.add_callback(Meanwhile(3, lambda: now.append(now.pop() + 61.0)))
    messages: list[str] = []
    thread = threading.Thread(target=lambda: messages.append(ended(trainer)))
    thread.start()
    thread.join()
    assert "step 4 of 8" in messages[0]


@unix
def test_workers_of_a_data_loader_are_gone(tiny_trainer: MakeTrainer) -> None:
    """The processes of a data loader are ended without a warning."""
    trainer = tiny_trainer(dataloader_num_workers=2)
    before = set(psutil.Process().children(recursive=True))
    seen: list[int] = []

    def count_and_hang() -> None:
        seen.append(len(set(psutil.Process().children(recursive=True)) - before))
        hang_at_the_end()

    trainer.add_callback(Meanwhile(1, count_and_hang))
    ended(trainer)
    assert [2] == seen
    assert before == set(psutil.Process().children(recursive=True))


@unix
def test_a_child_that_does_not_listen_is_killed(tiny_trainer: MakeTrainer) -> None:
    """Processes that the training started are ended, by SIGKILL if needed. Earlier ones are not."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        process.stdout.readline()
        return process

    with start() as other:
        trainer = tiny_trainer()
        trainer.add_callback(Meanwhile(1, lambda: started.append(start())))
        trainer.add_callback(Meanwhile(2, hang_at_the_end))
        ended(trainer)
        (process,) = started
        with process:
            assert not psutil.pid_exists(process.pid)
        assert None is other.poll()
        other.kill()


@unix
@pytest.mark.usefixtures("no_alarm")
def test_an_alarm_that_was_set_rings_when_it_should(tiny_trainer: MakeTrainer) -> None:
    """A later alarm that was already set gets back its handler and its remaining time."""
    rung: list[int] = []

    def handler(number: int, _frame: object) -> None:
        rung.append(number)

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 100.0, 7.0)
    trainer = tiny_trainer()
    trainer.add_callback(Meanwhile(2, hang_at_the_end))
    ended(trainer)
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    assert 50 < left < 99.9
    assert 7.0 == pytest.approx(interval)
    assert handler is signal.getsignal(signal.SIGALRM)
    assert [] == rung


@unix
@pytest.mark.usefixtures("no_alarm")
def test_an_earlier_alarm_comes_first(tiny_trainer: MakeTrainer) -> None:
    """An earlier alarm that was already set raises its own error, which the message shows."""

    def handler(_number: int, _frame: object) -> None:
        raise TimeoutError("theirs")

    trainer = tiny_trainer()
    trainer.add_callback(Meanwhile(2, hang))
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 1.0, 0.5)  # again, where it rang in a `__del__`
    with pytest.raises(FineTuningError, match="TimeoutError: theirs"), time_limit(trainer, "cola-a", 7, 60.0):
        fine_tune(trainer, LabelMapping(COLA, (0, 1)), 7)
