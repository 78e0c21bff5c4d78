"""The lines at the end of a test run: notes, reasons and warnings, and what there is with -v and -q."""

from collections.abc import Callable

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import SYNTHETIC_CHECKPOINT, SYNTHETIC_DATA, Evaluation
from pytest_glue.core.verdict import Verdict
from pytest_glue.data.sample import SampleSource
from pytest_glue.reports.terminal import Summary, notes, reasons, synthetic_lines, unused_lines

Like = Callable[..., Evaluation]


def test_details_are_shown_if_asked_for(like: Like) -> None:
    """Notes on batching, on the source of a variance and on shared trainings need `-v`; the beginnings are theirs.

    So does one on runs none of which failed.
    """
    found = [
        like(
            notes=(
                "batching: packed",
                "the interval covers examples and seeds (3 runs)",
                "trained together with mnli",
                "0 of 3 runs failed to train",
                "1 of 3 runs failed to train",
            )
        )
    ]
    assert ["rte: 1 of 3 runs failed to train"] == notes(found)
    assert 5 == len(notes(found, verbose=True))


def test_what_is_synthetic_is_said_last(like: Like) -> None:
    """Data, or a checkpoint on other data, with the tasks if others are real."""
    data = like(task="cola", data=SampleSource.description, checkpoint=Checkpoint("sample", Origin.SAMPLE))
    checkpoint = like(checkpoint=Checkpoint("sample", Origin.SAMPLE))
    assert [SYNTHETIC_DATA] == synthetic_lines([data])
    assert [SYNTHETIC_CHECKPOINT] == synthetic_lines([checkpoint])
    assert [f"cola: {SYNTHETIC_DATA}", f"rte: {SYNTHETIC_CHECKPOINT}"] == synthetic_lines([data, checkpoint, like()])
    assert (SYNTHETIC_DATA, "") == Summary([data]).lines()[-1]


def test_a_note_is_shown_once(evaluation: Evaluation, like: Like) -> None:
    """A note on several items is shown once, with their tasks."""
    found = [evaluation, like(task="cola"), like(task="wnli", notes=("slow tokenizer", "synthetic")), like(notes=())]
    assert ["rte, cola, wnli: slow tokenizer", "wnli: synthetic"] == notes(found)


def test_a_note_on_every_item_names_no_task(evaluation: Evaluation, like: Like) -> None:
    """A note on all of several items begins with `all`; a note on the only item begins with its task."""
    assert ["all: slow tokenizer"] == notes([evaluation, like(task="cola")])
    assert ["rte: slow tokenizer"] == notes([evaluation])


def test_a_verdict_that_pytest_does_not_show_has_its_reason(like: Like) -> None:
    """An inconclusive one, since its test passes; a plain pass with `-v`."""
    found = [like(verdict=each, reason=each) for each in Verdict]
    assert ["inconclusive"] == reasons(found)
    assert ["pass", "inconclusive"] == reasons(found, verbose=True)


def test_a_threshold_of_no_item_is_not_used(like: Like) -> None:
    """One of an item that ended in an error is no mistake, nor one of a task that is not known."""
    options = Options(threshold={("tickets", "accuracy"): 0.8})
    line = "the threshold of tickets is not used: no item of this test run has this task"
    assert [line] == unused_lines(options, [like()], ["cola"])
    assert [] == unused_lines(options, [like()], ["cola", "tickets"])
    assert [] == unused_lines(options, [like()], [None])
    assert [] == unused_lines(options, [like(task="tickets")])


def test_a_certified_item_has_its_reason(like: Like) -> None:
    """A pass by a certificate is said; one that the comparison shows is not, nor a certificate that did not pass."""

    def lines(verdict: Verdict, *, certified: bool) -> list[str]:
        baseline = {"name": "main", "baseline_score": 0.6, "certificate": {"certified": certified}}
        return reasons([like(baseline=baseline, verdict=verdict, reason="certified: ...")])

    assert ["certified: ..."] == lines(Verdict.PASS, certified=True)
    assert [] == lines(Verdict.PASS, certified=False) == lines(Verdict.FAIL, certified=True)


def test_thresholds_of_no_item(like: Like) -> None:
    """Own tasks may be defined by a fixture, so that only the end of the test run knows; those of GLUE are known."""
    options = Options(threshold={("mine", "accuracy"): 0.5, ("rte", "accuracy"): 0.5, ("sst2", "accuracy"): 0.5})
    expected = "the threshold of mine is not used: no item of this test run has this task"
    assert [expected] == unused_lines(options, [like()])


@pytest.mark.parametrize(
    ("verbosity", "expected"), [(-1, ["warned"]), (0, ["rte: noted", "warned"]), (1, ["rte: noted", "why", "warned"])]
)
def test_verbosity(like: Like, verbosity: int, expected: list[str]) -> None:
    """With -q there are no notes, and with -v there is the sentence of each verdict."""
    item = like(verdict=Verdict.PASS, failed=False, reason="why", notes=("noted",))
    lines = Summary([item], warnings=("warned",), verbosity=verbosity).lines()
    assert expected == [line for line, _ in lines[2:]]


def test_lines_fit_the_terminal(like: Like) -> None:
    """Sentences continue on further lines. A text of several lines has a mark, so that none is a command of CI."""
    long = "the interval is wide; " * 6
    item = like(notes=(long, "first\n::error::second"))
    lines = [line for line, _ in Summary([item], width=40).lines()]
    assert max(map(len, lines)) <= 40
    assert ["rte: first", "  | ::error::second"] == lines[-2:]
    assert long.split() == " ".join(lines).partition("rte: ")[2].split()[: len(long.split())]


def test_a_note_names_the_checkpoint(like: Like) -> None:
    """Where a task has several checkpoints and not all of them have the note."""
    one, other = (Checkpoint(name, Origin.HUB) for name in ("one", "two"))
    items = [like(checkpoint=one, notes=("a", "b")), like(checkpoint=other, notes=("b",)), like(task="cola", notes=())]
    assert ["rte · one: a", "rte: b"] == notes(items)
